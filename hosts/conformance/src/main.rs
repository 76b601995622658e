//! `./x conformance --native`: plays every case in this process.
#![allow(clippy::disallowed_methods, reason = "a program of the house: what a claim says about cost is measured in real time")]
use peerd_conformance::judge;
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::OnceLock,
    time::Instant,
};

/// The check's name in rows.
const CHECK: &str = "conformance";

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let (Some(folder), wanted, json) = (words.next(), words.next().unwrap_or_default(), words.next()) else {
        eprintln!("usage: peerd-conformance FOLDER [CASE [JSON]]");
        return ExitCode::from(2);
    };
    let cases = match cases(Path::new(&folder)) {
        Ok(cases) => cases,
        Err(error) => {
            eprintln!("conformance: {folder}: {error}");
            return ExitCode::from(2);
        }
    };
    let (mut rows, mut failed) = (String::new(), 0);
    for (name, path) in cases.iter().filter(|(name, _)| name.contains(&wanted)) {
        let text = fs::read_to_string(path).unwrap_or_default();
        let row = judge(name, &text, elapsed_ms);
        failed += usize::from(row.result.is_err());
        println!("{}", row.line());
        rows += &row.json(CHECK);
        rows.push('\n');
    }
    if let Some(file) = json
        && let Err(error) = fs::write(&file, &rows)
    {
        eprintln!("conformance: {file}: {error}");
        return ExitCode::from(2);
    }
    let all = rows.lines().count();
    println!("{} passed, {failed} failed, 0 skipped", all - failed);
    ExitCode::from(u8::from(failed > 0 || all == 0))
}

/// Group and name of every case, sorted, with its file.
fn cases(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut cases = Vec::new();
    for group in fs::read_dir(folder)? {
        let group = group?.path();
        for file in fs::read_dir(&group)? {
            let path = file?.path();
            if path.extension().is_some_and(|kind| kind == "case") {
                let told = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                cases.push((format!("{}/{}", told(&group), told(&path)), path));
            }
        }
    }
    cases.sort();
    Ok(cases)
}

fn elapsed_ms() -> f64 {
    static BEGUN: OnceLock<Instant> = OnceLock::new();
    BEGUN.get_or_init(Instant::now).elapsed().as_secs_f64() * 1_000.0
}
