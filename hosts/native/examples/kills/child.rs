//! The process that is killed: it opens the journal, writes group after group, and says what it is at and what was acknowledged.
use crate::history::{VAT, begin, go_on, waiting};
use peerd_native::Journal;
use peerd_sim::Draw;
use std::{
    error::Error,
    io::{Write, stdout},
    path::Path,
    process::ExitCode,
};

pub const OPENING: &str = "opening";
pub const COMPACTING: &str = "compacting";
pub const WRITING: &str = "writing";

/// It has no end of its own. With nobody at the other end of the pipe it can't say anything, and ends.
pub fn write(folder: &Path, seed: u64) -> ExitCode {
    match go(folder, seed) {
        Ok(never) => match never {},
        Err(why) => {
            eprintln!("the child: {why}");
            ExitCode::from(2)
        }
    }
}

enum Never {}

fn go(folder: &Path, seed: u64) -> Result<Never, Box<dyn Error>> {
    let mut draw = Draw::new(seed);
    say(OPENING)?;
    let (mut journal, found) = Journal::open(folder, VAT)?;
    let (mut newest, mut there) = waiting(&found.image)?;
    if found.image.actors.is_empty() {
        begin(&mut journal)?;
        journal.commit()?;
    }
    say(WRITING)?;
    loop {
        let first = newest + 1;
        newest += draw.between(1, 12);
        for n in first..=newest {
            go_on(&mut journal, n, &mut there)?;
        }
        journal.commit()?;
        // Said once it is durable: one write to the pipe, of which a kill leaves whole lines.
        say(&there.range(first..).map(|(n, position)| format!("{n} {}", position.0)).collect::<Vec<_>>().join("\n"))?;
        if draw.one_in(8) {
            say(COMPACTING)?;
            journal.compact(None)?;
            say(WRITING)?;
        }
    }
}

fn say(lines: &str) -> Result<(), Box<dyn Error>> {
    let mut out = stdout().lock();
    out.write_all(format!("{lines}\n").as_bytes())?;
    Ok(out.flush()?)
}
