//! Writes a journal and says on standard output what is durable, for `./x crash --power`: FOLDER GROUPS.
//!
//! Each turn's state is the position of its record, eight times: whoever recovers the journal can tell what it must hold.
use peerd_journal::{Actor, Change, Code, Commit, Consumed, Hash, List, Record, Vat};
use peerd_native::{Failed, Journal};
use std::{
    io::{self, Write},
    path::Path,
    process,
};

const ACTORS: u64 = 5;
/// One in so many groups is followed by a compaction.
const COMPACTS: u64 = 7;

fn main() -> Result<(), Failed> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (Some(folder), Some(groups)) = (words.first(), words.get(1).and_then(|word| word.parse::<u64>().ok())) else {
        eprintln!("writes FOLDER GROUPS");
        process::exit(2);
    };
    let (mut journal, found) = Journal::open(Path::new(folder), Vat(3))?;
    let mut turns: Vec<(u32, u64)> =
        (0..ACTORS).map(|n| found.image.actors.get(&Actor(n)).map_or((0, 0), |actor| (actor.life, actor.turn))).collect();
    let mut position = journal.commit()?;
    say(&format!("begun {}\n", position.0));
    let mut list = List::default();
    for group in 0..groups {
        for n in 0..=group % 4 {
            let actor = (group + n) % ACTORS;
            let (life, turn) = turns[actor as usize];
            let at = position.after(1).0;
            let state = [at.to_le_bytes(); 8].concat();
            list.clear();
            if turn == 0 {
                list.push(Change::Born { actor: Actor(actor), code: Code { name: "writer", hash: Hash([1; 32]) }, options: &[] });
            }
            list.push(Change::State(&state));
            let (life, turn, consumed, changes) = (life.max(1), turn + 1, Consumed::Nothing, list.changes());
            let commit = Commit { actor: Actor(actor), life, turn, now: at, seed: at, is_confirmed: true, consumed, changes };
            position = journal.append(&Record::Commit(commit))?;
            turns[actor as usize] = (life, turn);
        }
        let durable = journal.commit()?;
        say(&format!("acked {}\n", durable.0));
        if (group + 1) % COMPACTS == 0 {
            journal.compact(None)?;
            // The other file's opening has a position of its own.
            position = journal.commit()?;
        }
    }
    Ok(())
}

/// One system call: a trace shows when it was said.
fn say(line: &str) {
    // Nobody reads any more: what was said is on the trace.
    let _ = io::stdout().write_all(line.as_bytes()).and_then(|()| io::stdout().flush());
}
