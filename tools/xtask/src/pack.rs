//! `./x pack`: the extension as one zip.
use crate::args::Args;
use crate::build::{self, Files};
use crate::ground::{Done, Ground, Stop, files_below};
use crate::manifest::VARIANTS;
use crate::wasm::Profile;
use crate::zip::zip;

pub const HELP: &str = "\
./x pack [--variant store|dev] [--out FILE]

Makes target/peerd-VARIANT.zip (default: store). To use it in your own Chromium: unzip it into a folder that stays,
open chrome://extensions, switch on developer mode, and choose \"Load unpacked\".";

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let variant = args.value("--variant")?.unwrap_or_else(|| "store".into());
    let out = args.value("--out")?;
    args.done()?;
    let known = VARIANTS.into_iter().find(|known| *known == variant);
    let variant = known.ok_or_else(|| Stop::Lacking(format!("there is no variant `{variant}`")))?;
    build::variants(ground, &[variant], Profile::Release)?;
    let folder = ground.extension(variant);
    let mut files = Files::new();
    for path in files_below(&folder)? {
        let bytes = std::fs::read(folder.join(&path))?;
        files.insert(path, bytes);
    }
    let out = out.map_or_else(|| ground.path(&format!("target/peerd-{variant}.zip")), Into::into);
    std::fs::write(&out, zip(&files))?;
    println!("{}", out.display());
    Ok(())
}
