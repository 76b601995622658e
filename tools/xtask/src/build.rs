//! `./x build`: the extension's three variants, in target/extension/{store,dev,e2e}.
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::args::Args;
use crate::ground::{Done, Ground, Stop, files_below, step, write};
use crate::wasm::{self, Profile};
use crate::{bundle, icons, linux, manifest, setup, variants};

pub const HELP: &str = "\
./x build [--variant store|dev|e2e|all] [--fast]

Builds the extension into target/extension/VARIANT. The variants differ in manifest.json and in nothing else:
  store   sites are asked for by a click (<all_urls> is optional); no debugger
  dev     the same, with the debugger (trusted clicks, screenshots of tabs in the background)
  e2e     store with the sites' permission granted; for tests and for ./x run
  all     the three of them (default)

JavaScript actors are in it where Debian's clang for wasm is here or can be installed (./x quickjs, once, a minute).
The Linux machine's small image is in it where Debian's tools are here to build it (once, half a minute), the large one when
./x linux build has made it.

  --fast  less optimised wasm, for the time while you change it";

/// Path inside the extension to its bytes.
pub type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Path inside the extension to a file of this machine.
pub type Links = BTreeMap<PathBuf, PathBuf>;

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let variant = args.value("--variant")?.unwrap_or_else(|| "all".into());
    let profile = if args.flag("--fast") { Profile::Fast } else { Profile::Release };
    args.done()?;
    let wanted: Vec<&str> = match variant.as_str() {
        "all" => manifest::VARIANTS.to_vec(),
        one => vec![
            manifest::VARIANTS
                .into_iter()
                .find(|known| *known == one)
                .ok_or_else(|| Stop::Lacking(format!("there is no variant `{one}`: store, dev, e2e or all")))?,
        ],
    };
    variants(ground, &wanted, profile)?;
    for variant in wanted {
        println!("{}", ground.extension(variant).display());
    }
    Ok(())
}

pub fn variants(ground: &Ground, wanted: &[&str], profile: Profile) -> Done {
    let cargo = setup::for_build(ground)?;
    // One build at a time: two would overwrite each other's files half way.
    fs::create_dir_all(ground.path("target/x"))?;
    let lock = fs::File::create(ground.path("target/x/build.lock"))?;
    lock.lock()?;
    let mut files = wasm::files(ground, &cargo, profile)?;
    let images = linux::carried(ground)?;
    step("the extension's folders", || {
        files.extend(bundle::files(ground, profile)?);
        files.extend(icons::files());
        for variant in wanted {
            let mut files = files.clone();
            files.insert("manifest.json".into(), manifest::text(ground, variant)?.into_bytes());
            place(&ground.extension(variant), &files, &images)?;
        }
        Ok(())
    })?;
    if wanted.len() == manifest::VARIANTS.len() {
        variants::check(ground)?;
    }
    Ok(())
}

/// Makes the folder hold exactly these files. `linked` are large, and the same file in all variants.
fn place(folder: &Path, files: &Files, linked: &Links) -> Done {
    fs::create_dir_all(folder)?;
    for old in files_below(folder)? {
        if !files.contains_key(&old) && !linked.contains_key(&old) {
            fs::remove_file(folder.join(old))?;
        }
    }
    for (path, bytes) in files {
        write(&folder.join(path), bytes)?;
    }
    for (path, from) in linked {
        link(from, &folder.join(path))?;
    }
    Ok(())
}

fn link(from: &Path, to: &Path) -> Done {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    let _ = fs::remove_file(to);
    // Another file system may be below.
    if fs::hard_link(from, to).is_err() {
        fs::copy(from, to)?;
    }
    Ok(())
}
