//! `./x linux`: the Linux machine's images, built from Debian's i386 packages and what is in tools/linux.
//!
//!     packages ──▶ tree ──▶ image
//!     .deb files   files      kernel, initrd, firmware, a disk, and image.json with their hashes
use std::fs;
use std::path::{Path, PathBuf};

use crate::args::Args;
use crate::build::Links;
use crate::ground::{Done, Ground, Stop, answer, files_below, fingerprint, step};
use crate::setup;

mod cpio;
mod guest;
mod image;
mod packages;

pub const HELP: &str = "\
./x linux build [--image small|large|all] [--fresh]

Builds the images of the Linux machine into target/linux/NAME: the kernel, the initrd, the firmware, for the large one a
disk, and image.json with the packages' versions and all hashes. Nothing of it is in this repository: it is taken from
Debian's i386 packages with apt's own lists and keys in a private folder. The same packages give the same bytes.
What is there already is kept.

  small     kernel and busybox (in every ./x build where Debian's tools are here)
  large     with bash, coreutils, git, curl, python3-minimal besides
  --fresh   Debian's lists and packages are fetched anew (security updates)";

/// The images and what is in each: Debian packages with all they need, or only themselves.
pub struct Recipe {
    pub name: &'static str,
    /// Packages that are on its disk with what they depend on. None: there is no disk.
    pub disk: &'static [&'static str],
    /// More than 64: that is where the emulator puts the initrd. A third of the small one's is the kernel's.
    pub memory_mb: u32,
}

pub const RECIPES: [Recipe; 2] = [
    Recipe { name: "small", disk: &[], memory_mb: 96 },
    Recipe {
        name: "large",
        disk: &[
            "bash",
            "coreutils",
            "git",
            "curl",
            "python3-minimal",
            "grep",
            "sed",
            "mawk",
            "findutils",
            "diffutils",
            "gzip",
            "tar",
            "less",
            "procps",
        ],
        memory_mb: 256,
    },
];

/// Beside an image: what it was made from.
const MADE_FROM: &str = ".made-from";

/// What the builder starts: without one of these there is no image, and everything else can be built.
const TOOLS: [(&str, &str); 4] = [("apt-get", "apt"), ("dpkg-deb", "dpkg"), ("gcc", "gcc"), ("sha256sum", "coreutils")];

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    match args.first().as_deref() {
        Some("build") => {}
        other => return Err(Stop::Lacking(format!("./x linux {}: there is only `build`", other.unwrap_or("")))),
    }
    let wanted = args.value("--image")?.unwrap_or_else(|| "all".into());
    let fresh = args.flag("--fresh");
    args.done()?;
    if fresh {
        let _ = fs::remove_dir_all(ground.path("target/linux"));
    }
    let known: Vec<&Recipe> = RECIPES.iter().filter(|recipe| wanted == "all" || wanted == recipe.name).collect();
    if known.is_empty() {
        return Err(Stop::Lacking(format!("there is no image `{wanted}`: small, large or all")));
    }
    for recipe in known {
        println!("{}", ensure(ground, recipe)?.display());
    }
    Ok(())
}

/// Why there can be no image here, if so.
pub fn lacking() -> Option<String> {
    let missing = TOOLS.iter().find(|(tool, package)| !setup::there(&[tool], package));
    missing.map(|(tool, _)| format!("the Linux machine's image is made of Debian packages, and there is no {tool} here"))
}

/// The folder of an image, which is built when what it is made from has changed.
pub fn ensure(ground: &Ground, recipe: &Recipe) -> Done<PathBuf> {
    if let Some(why) = lacking() {
        return Err(Stop::Lacking(why));
    }
    let folder = ground.path("target/linux").join(recipe.name);
    let key = key(ground, recipe)?;
    let stamp = folder.join(MADE_FROM);
    if fs::read_to_string(&stamp).is_ok_and(|made| made == key) {
        return Ok(folder);
    }
    step(&format!("the Linux machine's {} image, from Debian's packages (once)", recipe.name), || image::build(ground, recipe, &folder))?;
    fs::write(stamp, key)?;
    Ok(folder)
}

/// What the extension carries: the small image where it can be built, the large one where it was.
pub fn carried(ground: &Ground) -> Done<Links> {
    let mut links = Links::new();
    if let Some(why) = lacking() {
        eprintln!("x: the extension is without a Linux machine: {why}");
        return Ok(links);
    }
    for recipe in &RECIPES {
        if recipe.disk.is_empty() || ground.path("target/linux").join(recipe.name).join(MADE_FROM).exists() {
            // What it is made of comes from Debian's mirrors: that they are not to be had now must not keep anybody from the rest.
            let folder = match ensure(ground, recipe) {
                Ok(folder) => folder,
                Err(Stop::Failed(why) | Stop::Lacking(why)) => {
                    eprintln!("x: the extension is without the Linux machine's {} image: {why}", recipe.name);
                    continue;
                }
            };
            for file in files_below(&folder)?.into_iter().filter(|file| !file.ends_with(MADE_FROM)) {
                links.insert(Path::new("linux").join(recipe.name).join(&file), folder.join(&file));
            }
        }
    }
    Ok(links)
}

/// Of all that an image is made from, apart from Debian's packages.
fn key(ground: &Ground, recipe: &Recipe) -> Done<String> {
    let mut all = Vec::new();
    for folder in ["tools/linux", "tools/xtask/src/linux"] {
        for file in files_below(&ground.path(folder))? {
            all.extend(fs::read(ground.path(folder).join(file))?);
        }
    }
    all.extend(answer(std::process::Command::new("gcc").arg("--version")).unwrap_or_default().into_bytes());
    Ok(format!("{} {:016x}", recipe.name, fingerprint(&all)))
}
