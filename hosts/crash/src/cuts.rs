//! The power goes: at every byte of every append, between any two steps, with sectors that arrive in any order or not at all.
use crate::{Disk, Fate, Mark, Op, Store, Tally, Tape, disk::write, keys, play::recover_under};
use peerd_journal::Until;
use peerd_sim::Draw;

/// How often each place is tried with sectors drawn anew.
const DRAWS: u64 = 4;

/// Of different sizes: a group is often smaller than a real sector.
const SECTORS: [usize; 3] = [16, 64, 512];

pub fn cut(seed: u64, tape: &Tape, tally: &mut Tally) {
    let (mut disk, mut draw) = (Disk::default(), Draw::new(seed ^ 0xc07));
    for (n, (op, mark)) in tape.ops.iter().enumerate() {
        if let Op::Write { file, at, bytes } = op {
            let before = disk.crash(Fate::All);
            for cut in 0..=bytes.len() {
                let mut store = before.clone();
                if cut > 0 {
                    write(store.0.entry(*file).or_default(), *at, &bytes[..cut]);
                }
                holds(tape, mark, &store, "cut", &format!("seed {seed}, step {n}, byte {cut}"), tally);
            }
        }
        disk.apply(op);
        // What was acknowledged right after this step.
        let mark = tape.ops.get(n + 1).map_or(&tape.mark, |(_, mark)| mark);
        holds(tape, mark, &disk.crash(Fate::Lost), "between", &format!("seed {seed}, after step {n}, unflushed lost"), tally);
        for again in 0..DRAWS {
            let size = *draw.pick(&SECTORS).expect("three");
            let store = disk.crash(Fate::Sectors(size, &mut draw));
            holds(tape, mark, &store, "sectors", &format!("seed {seed}, after step {n}, draw {again} of {size} bytes"), tally);
        }
    }
}

/// Recovery gives a prefix of what was written, with everything that was acknowledged.
pub fn holds(tape: &Tape, mark: &Mark, store: &Store, kind: &'static str, place: &str, tally: &mut Tally) {
    let found = recover_under(tape.key, store, mark.is_begun.then_some(tape.identity), Until::End);
    keys::hold(tape, store, found.as_ref().ok(), place, tally);
    let result = match found {
        Ok(found) => {
            tally.notes(&found.notes);
            if found.image.position < mark.acked {
                Err(format!("{place}: {:?} was acknowledged, {:?} is what is left", mark.acked, found.image.position))
            } else if !tape.knows(&found.image) {
                Err(format!("{place}: at {:?} it is the fold of nothing that was written", found.image.position))
            } else {
                Ok(())
            }
        }
        Err(refusal) => {
            tally.refusal(&refusal);
            Err(format!("{place}: refused: {refusal:?}"))
        }
    };
    tally.judged(kind, result);
}
