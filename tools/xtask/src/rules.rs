//! The rules of the house that a machine can check: which crate may know which, what core may not touch, how files begin.
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::COMMANDS;
use crate::ground::{Ground, answer};

/// A package, its ring, and the workspace packages it may depend on.
const ARROWS: &[(&str, &str, &[&str])] = &[
    ("peerd-vat", "core/", &["peerd-journal"]),
    ("peerd-otp", "core/", &["peerd-vat"]),
    ("peerd-caps", "core/", &["peerd-vat", "peerd-otp"]),
    ("peerd-journal", "core/", &[]),
    ("peerd-seal", "core/", &["peerd-journal"]),
    ("peerd-syrup", "core/", &[]),
    ("peerd-captp", "core/", &["peerd-syrup"]),
    ("peerd-gateway", "core/", &["peerd-captp", "peerd-journal", "peerd-otp", "peerd-syrup", "peerd-vat"]),
    ("peerd-egress", "core/", &["peerd-caps", "peerd-captp", "peerd-gateway", "peerd-otp", "peerd-vat"]),
    ("peerd-hostile", "hosts/", &["peerd-captp", "peerd-syrup"]),
    ("peerd-mesh", "core/", &["peerd-vat", "peerd-otp"]),
    ("peerd-guest", "core/", &[]),
    ("peerd-guestlab", "hosts/", &["peerd-guest"]),
    ("peerd-derive", "tools/", &[]),
    ("peerd", "core/", &["peerd-vat", "peerd-otp", "peerd-caps", "peerd-derive"]),
    ("peerd-actor", "core/", &["peerd-derive"]),
    ("peerd-guests", "examples/", &["peerd-actor"]),
    ("peerd-metered", "core/", &["peerd-actor", "peerd-vat"]),
    ("peerd-script", "core/", &["peerd-actor", "peerd-guest", "peerd-metered"]),
    ("peerd-agent", "core/", &["peerd-vat", "peerd-otp", "peerd-caps", "peerd-captp", "peerd-egress", "peerd-gateway", "peerd-metered"]),
    ("peerd-sim", "hosts/", &["peerd-vat", "peerd-otp", "peerd-agent", "peerd-journal", "peerd-mesh"]),
    ("peerd-crash", "hosts/", &["peerd-vat", "peerd", "peerd-journal", "peerd-seal", "peerd-sim"]),
    ("peerd-opfs", "hosts/", &["peerd-journal", "peerd-vat"]),
    ("peerd-workers", "hosts/", &["peerd-vat"]),
    ("peerd-crowd", "hosts/", &["peerd", "peerd-guest", "peerd-metered", "peerd-vat", "peerd-webassembly", "peerd-workers"]),
    ("peerd-drill", "hosts/", &["peerd", "peerd-vat", "peerd-journal", "peerd-opfs", "peerd-otp", "peerd-workers"]),
    ("peerd-simpage", "hosts/", &["peerd-vat", "peerd-otp", "peerd-sim"]),
    ("peerd-conformance", "hosts/", &["peerd-vat", "peerd-otp", "peerd-journal", "peerd-mesh"]),
    ("peerd-js", "hosts/", &["peerd-vat", "peerd-otp"]),
    ("peerd-captp-js", "hosts/", &["peerd-captp"]),
    ("peerd-proxy", "hosts/", &[]),
    ("peerd-wasmtime", "hosts/", &["peerd-guest", "peerd-metered", "peerd-vat"]),
    ("peerd-webassembly", "hosts/", &["peerd-guest", "peerd-metered", "peerd-vat"]),
    ("peerd-native", "hosts/", &["peerd-vat", "peerd-otp", "peerd", "peerd-journal", "peerd-mesh", "peerd-seal"]),
    (
        "peerd-browser",
        "hosts/",
        &[
            "peerd-vat",
            "peerd-otp",
            "peerd-agent",
            "peerd-egress",
            "peerd-gateway",
            "peerd-journal",
            "peerd-opfs",
            "peerd-guest",
            "peerd-metered",
            "peerd-script",
            "peerd-webassembly",
        ],
    ),
    ("peerd-ocapn", "hosts/", &["peerd-captp"]),
    ("peerd-meeting", "hosts/", &["peerd-captp"]),
    ("peerd-ui", "apps/", &["peerd-agent"]),
    ("peerd-command", "apps/", &["peerd-captp", "peerd-ocapn"]),
    ("bindgen", "tools/", &[]),
    ("oracle", "tools/", &["peerd-vat", "peerd-otp", "peerd-journal"]),
    ("xtask", "tools/", &[]),
];

/// What core may use from outside: formats, nothing that touches the world.
const CORE_MAY_USE: [&str; 3] = ["serde", "serde_json", "postcard"];

/// And what one crate may use besides, because writing it ourselves would be worse: pure functions of bytes, no_std, without C.
const ONE_MAY_USE: &[(&str, &[&str])] = &[
    ("peerd-journal", &["blake3"]),
    ("peerd-seal", &["blake3", "aes-gcm-siv"]),
    ("peerd-captp", &["ed25519-dalek", "sha2"]),
    ("peerd-egress", &["url"]),
    ("peerd-agent", &["base64"]),
    ("peerd-guest", &["wasm-encoder", "wasmparser"]),
    ("peerd-script", &["wasm-encoder", "wasmparser"]),
];

/// Cargo writes its index into these itself.
const LOCKS: [&str; 4] = ["Cargo.lock", "tools/bench/Cargo.lock", "tools/fuzz/Cargo.lock", "tools/quickjs/Cargo.lock"];

/// Limit: a file that outgrows this is missing a noun (STYLE.md 32).
const LINES_MAX: usize = 600;

fn packages() -> Vec<Value> {
    let ground = Ground::find();
    let text = answer(ground.program("cargo").args(["metadata", "--no-deps", "--format-version", "1", "--offline"]))
        .expect("cargo metadata answers in a workspace");
    let metadata: Value = serde_json::from_str(&text).expect("it is JSON");
    metadata["packages"].as_array().expect("a workspace has packages").clone()
}

/// Every file git knows of or would add, with its text; what is not text is left out.
fn files() -> Vec<(String, String)> {
    let ground = Ground::find();
    let mut git = Command::new("git");
    git.current_dir(&ground.root).args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let names = answer(&mut git).expect("the tree is a git checkout");
    names.lines().filter_map(|name| Some((name.to_owned(), fs::read_to_string(ground.path(name)).ok()?))).collect()
}

fn offenders(found: impl Iterator<Item = String>) -> Vec<String> {
    found.take(20).collect()
}

fn assert_none(what: &str, found: impl Iterator<Item = String>) {
    let found = offenders(found);
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

fn is_source(name: &str) -> bool {
    [".rs", ".js", ".mjs"].iter().any(|kind| name.ends_with(kind))
}

/// The part of a Rust file before its tests.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod").next().unwrap_or(text)
}

#[test]
fn arrows_point_inwards() {
    for package in packages() {
        let name = package["name"].as_str().expect("a package has a name");
        let (_, ring, may) = ARROWS.iter().find(|(known, ..)| *known == name).unwrap_or_else(|| panic!("{name} has no place in ARROWS"));
        let manifest = package["manifest_path"].as_str().expect("a package has a manifest");
        assert!(manifest.contains(&format!("/{ring}")), "{name} stands outside {ring}");
        for dependency in package["dependencies"].as_array().expect("a list") {
            let to = dependency["name"].as_str().expect("a dependency has a name");
            let inside = ARROWS.iter().any(|(known, ..)| *known == to);
            let for_tests = dependency["kind"] == "dev";
            assert!(!inside || may.contains(&to) || for_tests, "{name} may not depend on {to}");
            let alone = ONE_MAY_USE.iter().any(|(who, what)| *who == name && what.contains(&to));
            let allowed = CORE_MAY_USE.contains(&to) || alone;
            assert!(inside || for_tests || *ring != "core/" || allowed, "{name} is core: {to} is not on its list");
        }
    }
}

#[test]
fn core_is_pure() {
    let core: Vec<_> = files().into_iter().filter(|(name, _)| name.starts_with("core/") && name.ends_with(".rs")).collect();
    assert_none(
        "not no_std",
        core.iter().filter(|(name, text)| name.ends_with("src/lib.rs") && !text.contains("#![no_std]")).map(|(name, _)| name.clone()),
    );
    let words =
        ["std::time", "std::net", "std::fs", "std::env", "std::thread", "extern crate std", "HashMap", "HashSet", "async fn", "static mut"];
    let uses = core.iter().filter(|(name, _)| name.contains("/src/")).flat_map(|(name, text)| {
        words.iter().filter(|word| without_tests(text).contains(**word)).map(move |word| format!("{name}: {word}"))
    });
    assert_none("core touches the world, or its order depends on a hash", uses);
}

#[test]
fn files_begin_by_saying_what_they_are_for() {
    let silent = files().into_iter().filter(|(name, _)| is_source(name)).filter(|(_, text)| {
        let first = text.lines().find(|line| !line.starts_with("#!")).unwrap_or_default();
        !first.starts_with("//! ")
    });
    assert_none("no `//!` line", silent.map(|(name, _)| name));
}

#[test]
fn files_stay_small() {
    let large = files().into_iter().filter(|(name, text)| (is_source(name) || name.ends_with(".ts")) && text.lines().count() > LINES_MAX);
    assert_none("too long", large.map(|(name, text)| format!("{name}: {}", text.lines().count())));
}

#[test]
fn nothing_is_left_unfinished_or_switched_off() {
    let marks = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("FIX", "ME"),
        concat!("#[ign", "ore"),
        concat!("test.ski", "p("),
        concat!("\nxi", "t("),
    ];
    let left = files().into_iter().filter(|(name, _)| is_source(name)).flat_map(|(name, text)| {
        marks.iter().filter(|mark| text.contains(**mark)).map(|mark| format!("{name}: {mark}")).collect::<Vec<_>>()
    });
    assert_none("unfinished", left);
}

#[test]
fn no_file_names_a_machine_or_a_registry() {
    let hosts = [
        concat!("registry.npm", "js"),
        concat!("crates", ".io"),
        concat!("pypi", ".org"),
        concat!("python", "hosted"),
        concat!("deb.deb", "ian"),
    ];
    let paths = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];
    // Inside the Linux machine there is this one, of nobody.
    let nobodys = concat!("/ho", "me/user");
    let named = files().into_iter().filter(|(name, _)| !LOCKS.contains(&name.as_str())).flat_map(|(name, text)| {
        let text = text.replace(nobodys, "");
        hosts.iter().chain(&paths).filter(|word| text.contains(**word)).map(|word| format!("{name}: {word}")).collect::<Vec<_>>()
    });
    assert_none("a host or a path of one machine", named);
}

#[test]
fn the_readmes_two_commands_are_what_ci_and_the_help_know() {
    let ground = Ground::find();
    let read = |name: &str| fs::read_to_string(ground.path(name)).unwrap_or_else(|_| panic!("{name} is missing"));
    assert!(read(".ci/run").contains("./x test"));
    for command in ["./x run", "./x test"] {
        assert!(read("README.md").contains(command), "the README does not name {command}");
    }
    for page in ["ARCHITECTURE.md", "STYLE.md", "CHANGELOG.md", "SECURITY.md", "LICENSE", "docs/protocol.md"] {
        assert!(!read(page).trim().is_empty(), "{page} is empty");
    }
}

#[test]
fn the_readme_names_every_command() {
    let ground = Ground::find();
    let readme = fs::read_to_string(ground.path("README.md")).expect("there is a README");
    let named = |name: &str| [format!("`{name}`"), format!("./x {name}")].iter().any(|form| readme.contains(form));
    assert_none("not in the README", COMMANDS.iter().filter(|command| !named(command.name)).map(|command| command.name.to_owned()));
}
