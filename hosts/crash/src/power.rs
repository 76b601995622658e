//! Power cuts under a real host: from a trace of its system calls, every state its disk may have been left in is drawn and opened.
use crate::{Disk, Fate, Store, Tally, disk::Op, play::recover, trace::Seen};
use peerd_journal::{Image, Position, Until};
use peerd_sim::Draw;

/// A host that does what the trace says, or one that is wrong in a way that only a power cut shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Host {
    AsTraced,
    /// Its flushes are left out.
    NeverFlushes,
    /// It says that something is durable when it has written it.
    SpeaksEarly,
}

/// How often each place is drawn.
const DRAWS: u64 = 6;
/// A power cut writes whole sectors, or tears within one.
const SECTORS: [usize; 4] = [1, 16, 64, 512];

/// Every step of the trace is a place for the power to go.
pub fn power(kind: &'static str, seen: &[Seen], host: Host, seed: u64, tally: &mut Tally) {
    let (mut disk, mut draw) = (Disk::default(), Draw::new(seed ^ 0x90e5));
    let (mut acked, mut is_begun) = (0, false);
    for (n, step) in seen.iter().enumerate() {
        match step {
            Seen::Did(Op::Flush(_)) if host == Host::NeverFlushes => {}
            Seen::Did(op) => disk.apply(op),
            Seen::Begun(position) => (acked, is_begun) = (acked.max(*position), true),
            Seen::Acked(position) => acked = acked.max(*position),
        }
        if host == Host::SpeaksEarly && matches!(step, Seen::Did(Op::Write { .. })) {
            acked = acked.max(next_word(&seen[n..]));
        }
        for again in 0..=DRAWS {
            let size = *draw.pick(&SECTORS).expect("four");
            let store = if again == 0 { disk.crash(Fate::Lost) } else { disk.crash(Fate::Sectors(size, &mut draw)) };
            let result = stands(&store, acked, is_begun, tally);
            tally.judged(kind, result.map_err(|why| format!("seed {seed}, after step {n}: {why}")));
        }
    }
}

/// What is said after this, before anything else is written.
fn next_word(seen: &[Seen]) -> u64 {
    let rest = seen.iter().skip(1).take_while(|step| !matches!(step, Seen::Did(Op::Write { .. })));
    rest.filter_map(|step| if let Seen::Acked(position) = step { Some(*position) } else { None }).max().unwrap_or(0)
}

fn stands(store: &Store, acked: u64, is_begun: bool, tally: &mut Tally) -> Result<(), String> {
    if is_begun && store.0.is_empty() {
        return Err("nothing is left".into());
    }
    match recover(store, None, Until::End) {
        Err(refusal) => {
            tally.refusal(&refusal);
            Err(format!("{refusal:?}"))
        }
        Ok(found) => {
            tally.notes(&found.notes);
            if found.image.position < Position(acked) {
                return Err(format!("{acked} was acknowledged, {:?} is left", found.image.position));
            }
            is_what_was_written(&found.image)
        }
    }
}

/// The writer makes each state out of the position of its record.
fn is_what_was_written(image: &Image) -> Result<(), String> {
    for (actor, durable) in &image.actors {
        if durable.state != [durable.last.0.to_le_bytes(); 8].concat() {
            return Err(format!("{actor:?} at {:?} is not what was written", durable.last));
        }
    }
    Ok(())
}
