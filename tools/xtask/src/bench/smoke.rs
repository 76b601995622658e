//! For `./x test`: every program once, small, on this kernel. No floors, but each must complete and its accounting hold.
use super::contestant::gather;
use super::programs::PROGRAMS;
use crate::ground::{Done, Ground};
use crate::rows::{Rows, Verdict};

const SCALE: f64 = 0.01;

pub fn run(ground: &Ground, rows: &mut Rows, no_browser: bool) -> Done {
    for subject in ["peerd-native", "peerd-chromium"] {
        if no_browser && subject == "peerd-chromium" {
            rows.add("bench", subject, Verdict::Skipped, "--no-browser");
            continue;
        }
        for mut contestant in gather(ground, &[subject.to_owned()])? {
            for program in PROGRAMS.iter().filter(|program| program.players.contains(&subject)) {
                let played = contestant.ask(program.name, program.units(SCALE), program.fresh);
                rows.judge("bench", &format!("{}-{subject}", program.name), played.map(drop))?;
            }
        }
    }
    if no_browser {
        rows.add("bench", "guests", Verdict::Skipped, "--no-browser");
        return Ok(());
    }
    super::guests::smoke(ground, rows)
}
