//! Keys that are not the journal's: nothing is taken for lost, and nothing for a beginning.
use crate::{Store, Tally, Tape, play::recover_under};
use peerd_journal::{Recovered, Refusal, Until};
use peerd_seal::Key;

/// Of workloads that are sealed, and of the sealed journal in the tree.
pub const KEY: Key = Key::new(*b"a key for tests known to anybody");
const OTHER: Key = Key::new(*b"another key that nobody has used");

/// Whoever has another key than the journal, or has none, is refused, or there is nothing yet that they could lose: then they find the
/// same as who has the right one.
pub fn hold(tape: &Tape, store: &Store, right: Option<&Recovered>, place: &str, tally: &mut Tally) {
    let wrong = if tape.key.is_some() { [Some(OTHER), None] } else { [Some(OTHER), Some(KEY)] };
    for key in wrong {
        let result = match recover_under(key, store, None, Until::End) {
            Err(refusal @ (Refusal::Sealed { .. } | Refusal::Codec { .. })) => {
                tally.refusal(&refusal);
                Ok(())
            }
            Ok(found) if right.is_some_and(|right| found.image == right.image && found.end == right.end) => Ok(()),
            Ok(found) => Err(format!("{place}: with {key:?} up to {:?} is taken", found.image.position)),
            // What is wrong for everybody.
            Err(_) if right.is_none() => Ok(()),
            Err(refusal) => Err(format!("{place}: with {key:?}: {refusal:?}")),
        };
        tally.judged("keys", result);
    }
}
