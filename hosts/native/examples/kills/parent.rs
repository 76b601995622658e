//! Starts the child, kills it at a moment that was drawn, and opens what it leaves behind.
use crate::{
    child::{COMPACTING, OPENING, WRITING},
    history::VAT,
    ledger::{Ledger, Sums},
};
use peerd_crash::Tally;
use peerd_journal::{File, Identity, Note};
use peerd_native::{Failed, Journal, Store};
use peerd_sim::Draw;
use std::{
    collections::BTreeSet,
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

/// Limit: the longest wait for the drawn moment is two to this power, in microseconds.
const WAIT_BITS: u64 = 14;

/// Limit: so much it says before it is killed while it writes.
const LINES_MAX: u64 = 100;

/// Until something does not hold.
pub fn kill(folder: &Path, kills: u64, seed: u64, tally: &mut Tally) -> Sums {
    let (mut draw, mut parent) =
        (Draw::new(seed), Parent { folder, identity: None, seen: BTreeSet::new(), ledger: Ledger::default(), tally });
    for n in 1..=kills {
        let moment = Moment::drawn(&mut draw, n == 1);
        let (at, result) = match one(folder, draw.number(), moment) {
            Ok((at, lines)) => (at, parent.look(&lines)),
            Err(why) => ("never killed", Err(why)),
        };
        let is_over = result.is_err();
        parent.tally.judged(at, result.map_err(|why| format!("seed {seed}, kill {n}: {why}")));
        if is_over {
            break;
        }
    }
    parent.ledger.sums()
}

/// When the child is killed.
#[derive(Clone, Copy)]
struct Moment {
    /// It has said this,
    mark: &'static str,
    /// and then so many lines more,
    lines: u64,
    /// and so long ago.
    wait: Duration,
}

impl Moment {
    fn drawn(draw: &mut Draw, is_first: bool) -> Moment {
        let (bits, is_at_once) = (draw.between(1, WAIT_BITS), draw.one_in(3));
        let wait = if is_at_once { Duration::ZERO } else { Duration::from_micros(draw.below(1 << bits)) };
        // The first is killed while it opens what never was.
        let mark = if is_first { OPENING } else { draw.pick(&[OPENING, COMPACTING, WRITING, WRITING]).expect("four") };
        let lines = if mark == WRITING { draw.below(LINES_MAX) } else { 0 };
        Moment { mark, lines, wait }
    }
}

/// A child from its start to its end: what it was at then, and all that it acknowledged.
fn one(folder: &Path, seed: u64, moment: Moment) -> Result<(&'static str, Vec<String>), String> {
    let program = env::current_exe().map_err(|error| format!("this program does not know where it is: {error}"))?;
    let mut command = Command::new(program);
    command.arg("--child").arg(folder).arg(seed.to_string()).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("the child can't be started: {error}"))?;
    let mut said = BufReader::new(child.stdout.take().expect("it was asked for"));
    let (mut at, mut lines) = ("killed opening", Vec::new());
    let (mut is_marked, mut left, mut is_killed) = (false, moment.lines, false);
    let mut line = String::new();
    loop {
        line.clear();
        said.read_line(&mut line).map_err(|error| format!("the child can't be heard: {error}"))?;
        // What a kill has left of a line says nothing.
        let Some(whole) = line.strip_suffix('\n') else { break };
        match whole {
            OPENING => at = "killed opening",
            COMPACTING => at = "killed compacting",
            WRITING => at = "killed writing",
            _ => lines.push(whole.to_owned()),
        }
        if is_marked {
            left = left.saturating_sub(1);
        }
        is_marked |= whole == moment.mark;
        if is_marked && left == 0 && !is_killed {
            // It goes on meanwhile, and what it says waits in the pipe.
            thread::sleep(moment.wait);
            child.kill().map_err(|error| format!("the child can't be killed: {error}"))?;
            is_killed = true;
        }
    }
    let status = child.wait().map_err(|error| format!("the child's end is not known: {error}"))?;
    if !is_killed || status.code().is_some() {
        return Err(format!("the child ended by itself: {status}"));
    }
    Ok((at, lines))
}

struct Parent<'a> {
    folder: &'a Path,
    identity: Option<Identity>,
    /// What was not taken of a file is noted at each opening as long as the file lies there, and counted once.
    seen: BTreeSet<File>,
    ledger: Ledger,
    tally: &'a mut Tally,
}

impl Parent<'_> {
    /// Opens the journal as its next owner, after one that is gone with everything it held.
    fn look(&mut self, lines: &[String]) -> Result<(), String> {
        self.ledger.killed();
        lines.iter().try_for_each(|line| self.ledger.acknowledge(line))?;
        let (journal, found) =
            Journal::open(self.identity.into_iter().fold(Store::at(self.folder), Store::expecting), VAT).map_err(|failed| {
                if let Failed::Refused(refusal) = &failed {
                    self.tally.refusal(refusal);
                }
                failed.to_string()
            })?;
        let new: Vec<Note> = found.notes.into_iter().filter(|note| self.seen.insert(note.file)).collect();
        self.tally.notes(&new);
        self.identity = Some(journal.identity());
        self.ledger.judge(&found.image)
    }
}
