//! `./x test`: every check there is, in the order from cheap to dear.
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread;

use crate::args::Args;
use crate::ground::{Done, Ground, answer, must, step};
use crate::rows::{Rows, Verdict};
use crate::wasm::Profile;
use crate::{
    bench, browser, build, conformance, corpus, crash, fuzz, interop, js, manifest, mutants, node, opfs, oracle, setup, sim, simpage,
    variants, workers,
};

pub const HELP: &str = "\
./x test [--no-browser] [--json FILE]

Sets up what is missing and runs everything: formatting, lints (in CI, where warnings are errors), the Rust tests with the
rules of the house among them, the oracle's corpus and some live programs (./x oracle), the conformance cases (./x conformance), Spritely Goblins live (./x interop), the JavaScript module (./x js), and while the three variants of the
extension are built, a bounded ./x sim, its page (./x sim --page), drawn guests on all engines (./x corpus), guests in several Workers (./x workers), a few of ./x mutants, a bounded ./x crash, the journal in
Chromium with a few kills, a brief ./x fuzz; then the scripts' tests, the benchmark programs once, the browser tests (./x e2e), ./x escape in brief, a bounded ./x miniwob. Ends with `N passed, N failed, N skipped`.

  --no-browser   leaves out what needs a browser; it counts as skipped";

/// Few, because each seed of all tasks is minutes; `./x miniwob` alone runs five.
const MINIWOB_SEEDS: &str = "11";

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let no_browser = args.flag("--no-browser");
    let file = args.value("--json")?;
    args.done()?;
    setup::for_build(ground)?;
    let mut rows = Rows::default();

    for (case, manifest) in [("formatting", "Cargo.toml"), ("formatting-bench", "tools/bench/Cargo.toml")] {
        let mut fmt = ground.program("cargo");
        fmt.args(["fmt", "--all", "--check", "--manifest-path", manifest]).stdout(Stdio::null());
        rows.judge("style", case, must(&mut fmt, "cargo fmt --check"))?;
    }
    if std::env::var_os("CI").is_some() {
        let clippy = step("clippy", || {
            must(
                ground.program("cargo").args([
                    "clippy",
                    "--quiet",
                    "--workspace",
                    "--all-targets",
                    "--exclude",
                    "bindgen",
                    "--",
                    "-Dwarnings",
                ]),
                "clippy",
            )
        });
        rows.judge("style", "clippy", clippy)?;
    } else {
        rows.add("style", "clippy", Verdict::Skipped, "runs where CI is set");
    }
    step("Rust tests", || rust(ground, &mut rows))?;
    step("oracle", || oracle::test(ground, &mut rows))?;
    step("conformance", || conformance::play(ground, "", no_browser, &mut rows))?;
    if no_browser {
        rows.add("conformance-chromium", "all", Verdict::Skipped, "--no-browser");
    }
    step("Spritely Goblins", || interop::test(ground, no_browser, &mut rows))?;
    step("JavaScript module", || js::play(ground, no_browser, &mut rows))?;
    // The compiler of the extension leaves one core idle for minutes.
    let built = thread::scope(|scope| {
        let build = scope.spawn(|| build::variants(ground, &manifest::VARIANTS, Profile::Release));
        let played = beside_a_build(ground, no_browser, &mut rows);
        let built = build.join().expect("a build ends in words");
        played.map(|()| built)
    })?;
    let whole = built.is_ok();
    rows.judge("extension", "build", built)?;
    if whole {
        rows.judge("extension", "variants-differ-in-the-manifest-only", variants::check(ground).map(|_| ()))?;
    }
    step("script tests", || scripts(ground, &mut rows))?;
    step("benchmark programs, small", || bench::smoke::run(ground, &mut rows, no_browser))?;

    for (check, path, words) in [
        ("e2e", "tools/e2e/run.mjs", vec![]),
        ("escape", "tools/escape/run.mjs", vec!["--brief"]),
        ("miniwob", "tools/miniwob/run.mjs", vec!["--seeds", MINIWOB_SEEDS]),
    ] {
        if no_browser || !whole {
            rows.add(check, "all", Verdict::Skipped, if no_browser { "--no-browser" } else { "there is no extension" });
            continue;
        }
        browser::ensure()?;
        setup::pip()?;
        let out = ground.path(&format!("target/{check}-rows.json"));
        let _ = std::fs::remove_file(&out);
        let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        words.extend(["--json".to_owned(), out.display().to_string()]);
        let ended = step(check, || node::script(ground, path, words));
        rows.take(check, &out, ended)?;
    }
    rows.end(file.as_deref())
}

/// What measures nothing.
fn beside_a_build(ground: &Ground, no_browser: bool, rows: &mut Rows) -> Done {
    step("simulator", || sim::bounded(ground, rows))?;
    if no_browser {
        rows.add("simpage", "all", Verdict::Skipped, "--no-browser");
    } else {
        step("simulator as a page", || simpage::test(ground, rows))?;
    }
    step("guests on all engines", || corpus::bounded(ground, no_browser, rows))?;
    if no_browser {
        rows.add("workers", "all", Verdict::Skipped, "--no-browser");
    } else {
        step("guests in several Workers", || workers::test(ground, rows))?;
    }
    step("a few mutants", || mutants::bounded(ground, rows))?;
    step("power cuts", || crash::bounded(ground, rows))?;
    if no_browser {
        rows.add("opfs", "all", Verdict::Skipped, "--no-browser");
    } else {
        step("the journal in Chromium", || opfs::test(ground, rows))?;
    }
    step("fuzzers, briefly", || fuzz::smoke(ground, rows))
}

/// cargo-nextest where there is one, else `cargo test`; either way a row per test.
fn rust(ground: &Ground, rows: &mut Rows) -> Done {
    let nextest = answer(Command::new("cargo-nextest").args(["nextest", "--version"])).is_some();
    let mut command = ground.program("cargo");
    let what = if nextest { ["nextest", "run"].as_slice() } else { ["test"].as_slice() };
    command.args(what).args(["--workspace", "--exclude", "bindgen", "--no-fail-fast"]);
    if nextest {
        command.args(["--status-level", "all", "--final-status-level", "none", "--color", "never", "--hide-progress-bar"]);
    }
    // nextest tells its results on stderr, `cargo test` on stdout; the other stream is the person's.
    let told = if nextest { command.stderr(Stdio::piped()).spawn() } else { command.stdout(Stdio::piped()).spawn() };
    let mut child = told?;
    let lines: Box<dyn BufRead> = match (child.stderr.take(), child.stdout.take()) {
        (Some(stderr), _) => Box::new(BufReader::new(stderr)),
        (_, Some(stdout)) => Box::new(BufReader::new(stdout)),
        _ => unreachable!("one of them is piped"),
    };
    let mark = rows.mark();
    for line in lines.lines() {
        let line = line?;
        match if nextest { of_nextest(&line) } else { of_cargo(&line) } {
            Some((verdict, case)) => rows.add("rust", &case, verdict, ""),
            None => eprintln!("{line}"),
        }
    }
    let status = child.wait()?;
    if !status.success() && !rows.failed_since(mark) {
        rows.add("rust", "build", Verdict::Failed, "the tests did not compile or did not start");
    }
    Ok(())
}

/// `        PASS [   0.004s] ( 1/20) peerd-vat mailbox::tests::name`
fn of_nextest(line: &str) -> Option<(Verdict, String)> {
    let (word, rest) = line.trim_start().split_once(' ')?;
    let verdict = match word {
        "PASS" => Verdict::Passed,
        "FAIL" | "TIMEOUT" | "SIGABRT" | "SIGSEGV" => Verdict::Failed,
        "SKIP" => Verdict::Skipped,
        _ => return None,
    };
    let (_, name) = rest.split_once(']')?;
    let name = name.trim_start();
    let name = if name.starts_with('(') { name.split_once(')')?.1 } else { name };
    Some((verdict, name.trim().to_owned()))
}

/// `test mailbox::tests::name ... ok`
fn of_cargo(line: &str) -> Option<(Verdict, String)> {
    let (name, end) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let verdict = match end.split(' ').next()? {
        "ok" => Verdict::Passed,
        "FAILED" => Verdict::Failed,
        "ignored" | "ignored," => Verdict::Skipped,
        _ => return None,
    };
    Some((verdict, name.to_owned()))
}

/// Node's own test runner over every `*.test.mjs` outside node_modules.
fn scripts(ground: &Ground, rows: &mut Rows) -> Done {
    let listed = answer(ground.program("git").args(["ls-files", "--cached", "--others", "--exclude-standard", "*.test.mjs"]));
    let files: Vec<String> = listed.unwrap_or_default().lines().map(str::to_owned).collect();
    if files.is_empty() {
        return Ok(());
    }
    let output = ground.program("node").args(["--test", "--test-reporter=tap"]).args(&files).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mark = rows.mark();
    for line in text.lines() {
        let line = line.trim_start();
        let (verdict, rest) = match (line.strip_prefix("ok "), line.strip_prefix("not ok ")) {
            (Some(rest), _) if rest.contains("# SKIP") => (Verdict::Skipped, rest),
            (Some(rest), _) => (Verdict::Passed, rest),
            (_, Some(rest)) => (Verdict::Failed, rest),
            _ => continue,
        };
        rows.add("scripts", rest.split_once(" - ").map_or(rest, |(_, name)| name), verdict, "");
    }
    if rows.failed_since(mark) || !output.status.success() {
        eprintln!("{text}");
    }
    if !output.status.success() && !rows.failed_since(mark) {
        rows.add("scripts", "exit-code", Verdict::Failed, "node --test failed");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runners_lines_become_rows() {
        let read = |line| of_nextest(line).map(|(verdict, case)| (verdict == Verdict::Passed, case));
        assert_eq!(read("        PASS [   0.004s] ( 1/20) peerd-vat a::b"), Some((true, "peerd-vat a::b".into())));
        assert_eq!(read("        FAIL [   0.004s] peerd-vat a::b"), Some((false, "peerd-vat a::b".into())));
        assert_eq!(read("    Starting 20 tests across 3 binaries"), None);
        assert!(of_cargo("test a::b ... ok").is_some_and(|(verdict, case)| verdict == Verdict::Passed && case == "a::b"));
    }
}
