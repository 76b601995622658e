//! The extension's plain files: scripts, pages, styles, recipes, and the page scripts bundled into one file each.
use std::fs;
use std::path::{Path, PathBuf};

use crate::build::Files;
use crate::ground::{Done, Ground, Stop, must};
use crate::wasm::{self, Profile};
use crate::{assembly, js, quickjs, setup};

/// What runs inside pages, each one classic script: the source's entry and its name in the extension.
const PAGE: [(&str, &str); 2] = [("apps/extension/page/main.js", "content.js"), ("apps/extension/page/recorder.js", "recorder.js")];

/// What the Linux machine takes from npm: its emulator and its terminal.
const FROM_NPM: [(&str, &str); 6] = [
    ("v86/build/v86.wasm", "linux/v86.wasm"),
    ("v86/LICENSE", "linux/LICENSE.v86"),
    ("@xterm/xterm/lib/xterm.mjs", "linux/xterm.mjs"),
    ("@xterm/xterm/css/xterm.css", "linux/xterm.css"),
    ("@xterm/xterm/LICENSE", "linux/LICENSE.xterm"),
    ("@xterm/addon-fit/lib/addon-fit.mjs", "linux/addon-fit.mjs"),
];

/// What of the Linux machine runs on the extension's own origin.
const LINUX: [&str; 3] = ["box.js", "images.js", "start.js"];

/// What runs in the Worker of a sandbox, each one classic script: a module does not start there.
const GUESTS: [(&str, &str); 3] = [
    ("apps/extension/guest/compute.js", "compute.js"),
    ("apps/extension/guest/notebook.js", "notebook.js"),
    ("apps/extension/guest/app.js", "app.js"),
];

/// The pages of notebooks and apps, with what they take from npm.
const WORKS: [&str; 2] = ["apps/extension/works/notebook.js", "apps/extension/works/apps.js"];

pub fn files(ground: &Ground, profile: Profile) -> Done<Files> {
    let mut files = Files::new();
    flat(&ground.path("apps/extension"), Path::new(""), &["js", "html", "css"], &mut files)?;
    for folder in ["sw", "host"] {
        flat(&ground.path("apps/extension").join(folder), Path::new(folder), &["js"], &mut files)?;
    }
    flat(&ground.path("hosts/webassembly/js"), Path::new("guests"), &["js"], &mut files)?;
    match quickjs::build(ground) {
        Ok(engine) => {
            files.insert("guests/LICENSE.quickjs".into(), fs::read(quickjs::licence(&engine))?);
            files.insert("guests/quickjs.wasm".into(), fs::read(engine)?);
        }
        Err(Stop::Failed(why) | Stop::Lacking(why)) => eprintln!("x: the extension is without JavaScript actors: {why}"),
    }
    linux(ground, profile, &mut files)?;
    flat(&ground.path("apps/ui/assets"), Path::new(""), &["js", "html", "css", "svg", "woff2"], &mut files)?;
    flat(&ground.path("apps/practice/recipes"), Path::new("recipes"), &["json"], &mut files)?;
    for (from, to) in FROM_NPM {
        let path = ground.path("node_modules").join(from);
        let bytes = fs::read(&path).map_err(|error| Stop::Failed(format!("{}: {error}", path.display())))?;
        files.insert(to.into(), bytes);
    }
    let names: Vec<String> = files
        .keys()
        .filter(|path| path.starts_with("recipes"))
        .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
        .collect();
    files.insert("recipes/index.json".into(), serde_json::to_vec_pretty(&names).expect("a list of names is JSON"));
    for (entry, name) in PAGE {
        files.insert(Path::new("page").join(name), one_script(ground, entry, name, &[])?);
    }
    guests(ground, profile, &mut files)?;
    works(ground, &mut files)?;
    Ok(files)
}

/// The one script that may start in a sandbox's frame, as it stands in the page and is named by its hash in the manifest.
pub fn frame(ground: &Ground) -> Done<String> {
    let path = ground.path("apps/extension/guest/frame.js");
    fs::read_to_string(&path).map_err(|error| Stop::Failed(format!("{}: {error}", path.display())))
}

/// What runs for code that was not written by us: the frame's page, and the Worker's script with captp.js in it.
fn guests(ground: &Ground, profile: Profile, files: &mut Files) -> Done {
    let frame = frame(ground)?;
    let page = format!("<!doctype html>\n<meta charset=\"utf-8\">\n<title>sandbox</title>\n<script>{frame}</script>\n");
    files.insert("sandbox.html".into(), page.into_bytes());
    let captp = js::captp(ground, profile)?;
    for (entry, name) in GUESTS {
        files.insert(Path::new("guest").join(name), one_script(ground, entry, name, &guest_words(&captp))?);
    }
    files.insert("guest/assembly.js".into(), compiler(ground, &captp)?);
    files.insert("guest/LICENSE.assemblyscript".into(), fs::read(ground.path("node_modules/assemblyscript/LICENSE"))?);
    files.insert("guest/endpoint_bg.wasm".into(), fs::read(captp.join("endpoint_bg.wasm"))?);
    Ok(())
}

/// What runs in the frame of the Linux machine is one classic script, and is given its wasm; the rest is modules of ours.
fn linux(ground: &Ground, profile: Profile, files: &mut Files) -> Done {
    for name in LINUX {
        files.insert(Path::new("linux").join(name), fs::read(ground.path("apps/extension/linux").join(name))?);
    }
    let glue = match proxy(ground, profile, files) {
        Ok(glue) => glue,
        Err(Stop::Failed(why) | Stop::Lacking(why)) => {
            eprintln!("x: the Linux machine is without a network: {why}");
            ground.path("apps/extension/linux/no_proxy.js")
        }
    };
    let words = [
        format!("--alias:proxy={}", glue.display()),
        format!("--alias:v86={}", ground.path("node_modules/v86/build/libv86.mjs").display()),
        "--define:import.meta.url='https://linux.invalid/'".into(),
        // The emulator has a part for node, which is not taken.
        "--external:node:*".into(),
        "--external:crypto".into(),
        "--external:fs".into(),
        "--external:perf_hooks".into(),
    ];
    files.insert("linux/worker.js".into(), one_script(ground, "apps/extension/linux/worker.js", "linux.js", &words)?);
    Ok(())
}

/// What programs in the Linux machine reach the network by: its glue. Its TLS has C in it.
fn proxy(ground: &Ground, profile: Profile, files: &mut Files) -> Done<PathBuf> {
    quickjs::tools()?;
    let cargo = setup::for_build(ground)?;
    let folder = wasm::library_as(ground, &cargo, "peerd-proxy", "proxy", profile)?;
    files.insert("linux/proxy_bg.wasm".into(), fs::read(folder.join("proxy_bg.wasm"))?);
    Ok(folder.join("proxy.js"))
}

/// The compiler of AssemblyScript, as a function before what speaks for it: what it takes waits at its top for wasm of its own, as a classic script
/// can't. A part of that it would fetch from a `data:` address, which a sandbox may not.
fn compiler(ground: &Ground, captp: &Path) -> Done<Vec<u8>> {
    let out = ground.path("target/x/page/compiler.js");
    let mut esbuild = ground.program(ground.path("node_modules/.bin/esbuild"));
    esbuild.args(["apps/extension/guest/assembly/offered.js", "--bundle", "--format=esm", "--target=chrome128", "--charset=utf8"]);
    esbuild.args(["--minify-whitespace", "--minify-syntax", "--legal-comments=inline", "--log-level=warning"]);
    // Of the parts for node, which are not taken.
    esbuild.args(["--external:node:module", "--external:fs", "--external:module", "--external:path", "--external:url"]);
    let bytes = "Uint8Array.from(atob(url.split(',')[1]),(unit)=>unit.charCodeAt(0))";
    let inlined = format!("const peerdInlined=(url)=>new Response({bytes},{{headers:{{'content-type':'application/wasm'}}}});");
    esbuild.arg(format!("--banner:js=var peerdCompiler=async()=>{{{inlined}")).arg("--footer:js=;return globalThis.peerdCompile};");
    esbuild.args(["--define:fetch=peerdInlined", "--define:import.meta.url='https://compiler.invalid/'"]);
    esbuild.args(assembly::words(ground)).arg(format!("--outfile={}", out.display()));
    must(&mut esbuild, "esbuild of the compiler of AssemblyScript")?;
    let mut script = fs::read(out)?;
    script.extend(one_script(ground, "apps/extension/guest/assembly.js", "assembly.js", &guest_words(captp))?);
    Ok(script)
}

/// What both pages have is in a file of its own.
fn works(ground: &Ground, files: &mut Files) -> Done {
    let out = ground.path("target/x/works");
    let _ = fs::remove_dir_all(&out);
    let mut esbuild = ground.program(ground.path("node_modules/.bin/esbuild"));
    esbuild.args(WORKS).args([
        "--bundle",
        "--splitting",
        "--format=esm",
        "--target=chrome128",
        "--charset=utf8",
        "--minify-syntax",
        "--minify-whitespace",
    ]);
    esbuild.args(["--legal-comments=inline", "--log-level=warning"]).arg(format!("--outdir={}", out.display()));
    must(&mut esbuild, "esbuild of the pages of notebooks and apps")?;
    flat(&out, Path::new("works"), &["js"], files)
}

/// A guest's script is given its wasm, and has no address to fetch it from.
fn guest_words(captp: &Path) -> [String; 3] {
    [
        // Of the part for node, which is not taken.
        "--external:node:fs/promises".into(),
        format!("--alias:captp={}", captp.join("captp.js").display()),
        "--define:import.meta.url='https://captp.invalid/'".into(),
    ]
}

/// The files of these kinds right in the folder; tests beside them stay out.
fn flat(folder: &Path, inside: &Path, kinds: &[&str], files: &mut Files) -> Done {
    let entries = fs::read_dir(folder).map_err(|error| Stop::Failed(format!("{}: {error}", folder.display())))?;
    for entry in entries {
        let path = entry?.path();
        let kind = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() && kinds.contains(&kind.as_str()) && !name.contains(".test.") {
            files.insert(inside.join(name), fs::read(&path)?);
        }
    }
    Ok(())
}

fn one_script(ground: &Ground, entry: &str, name: &str, words: &[String]) -> Done<Vec<u8>> {
    let out = ground.path("target/x/page").join(name);
    let mut esbuild = ground.program(ground.path("node_modules/.bin/esbuild"));
    esbuild.args([
        entry,
        "--bundle",
        "--format=iife",
        "--target=chrome128",
        "--charset=utf8",
        "--legal-comments=inline",
        "--log-level=warning",
    ]);
    esbuild.args(words).arg(format!("--outfile={}", out.display()));
    must(&mut esbuild, &format!("esbuild {entry}"))?;
    Ok(fs::read(out)?)
}
