//! `./x size`: each wasm file and the whole extension, gzipped.
use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::args::Args;
use crate::build;
use crate::ground::{Done, Ground, files_below};
use crate::rows::measured;
use crate::wasm::Profile;

pub const HELP: &str = "\
./x size [--json FILE]

Builds the store variant and prints the size of each wasm file and of the whole extension, gzipped (each file by
itself, as a browser store delivers them). The aim is below 1.5 MB.";

pub fn command(ground: &Ground, args: &mut Args) -> Done {
    let file = args.value("--json")?;
    args.done()?;
    build::variants(ground, &["store"], Profile::Release)?;
    let folder = ground.extension("store");
    let mut total = 0;
    let mut rows = Vec::new();
    let mut row = |note: String, bytes: usize| {
        println!("{:>9.1} KB  {note}", bytes as f64 / 1000.0);
        rows.push(json!({"bench": "size", "program": "extension-gzip", "subject": "peerd-chromium", "value": bytes, "unit": "B",
            "better": "lower", "rounds": 1, "min": bytes, "max": bytes, "note": note}));
    };
    for path in files_below(&folder)? {
        let bytes = gzipped(&std::fs::read(folder.join(&path))?);
        total += bytes;
        if path.extension() == PathBuf::from("x.wasm").extension() {
            row(path.display().to_string(), bytes);
        }
    }
    row("the whole extension".into(), total);
    measured(file.as_deref(), &rows)
}

fn gzipped(bytes: &[u8]) -> usize {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes).expect("a Vec takes everything");
    packer.finish().expect("a Vec takes everything").len()
}
