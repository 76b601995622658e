//! A counter that forgets when it crashes: `inc`, `boom`, and `get`, answered to the book.
use super::{Server, book, tell_book, words};
use peerd_vat::{Crash, Cx, Event, Ref};

pub struct Counter;

impl Server for Counter {
    const NAME: &'static str = "counter";
    type State = (Ref, u64);

    fn init(_args: &[u8], refs: &[Ref], _cx: &mut Cx<'_>) -> Result<(Ref, u64), Crash> {
        Ok((book(refs)?, 0))
    }

    fn handle((book, count): &mut (Ref, u64), event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body, .. } = event else { return Ok(()) };
        match words(body) {
            ("inc", _) => *count += 1,
            ("boom", _) => {
                // Said in vain: it is dropped with the turn.
                tell_book(cx, *book, "about to boom");
                return Err(Crash::new("boom", "boom"));
            }
            ("get", _) => tell_book(cx, *book, &format!("count {count}")),
            _ => {}
        }
        Ok(())
    }
}
