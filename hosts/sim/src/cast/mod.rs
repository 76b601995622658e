//! The actors that worlds are peopled with. Each does one thing, and says what it did to the book (port 1).
mod callboard;
mod caller;
mod counsel;
mod counter;
mod forger;
mod member;
mod newer;
mod ponger;
mod stage;
mod watcher;
mod worker;

pub use callboard::Callboard;
pub use caller::{Answerer, Caller};
pub use counsel::{Advice, Counsel, Sway};
pub use counter::Counter;
pub(crate) use forger::forgeries;
pub(crate) use member::BROKEN;
pub use member::Member;
pub(crate) use newer::MIGRATED;
pub use newer::{DeadEnd, Newer};
pub use ponger::{Pinger, Ponger};
pub use stage::{ANNOUNCE, COUNSEL, Order, Stage, TOP};
pub use watcher::{Ticker, Watcher};
pub use worker::{Begin, Manner, Plan, Worker};

use crate::inject::Injector;
pub(crate) use peerd_otp::Server;
use peerd_otp::{behaviour, supervisor};
use peerd_vat::{Behaviour, Crash, Cx};

/// All of them and the supervisor; all but the stage may be struck.
pub(crate) fn behaviours(injector: &Injector, plan: &Plan, sway: &Sway, board: &Callboard) -> Vec<Box<dyn Behaviour>> {
    let mut cast: Vec<Box<dyn Behaviour>> = [
        supervisor::behaviour(),
        behaviour::<Caller>(),
        behaviour::<Answerer>(),
        behaviour::<Counter>(),
        behaviour::<Pinger>(),
        behaviour::<Ponger>(),
        behaviour::<Watcher>(),
        behaviour::<Ticker>(),
        worker::behaviour(plan),
        member::behaviour(plan),
        newer::behaviour(plan),
        behaviour::<DeadEnd>(),
        Box::new(Counsel { sway: sway.clone() }),
    ]
    .into_iter()
    .map(|behaviour| injector.wrap(behaviour))
    .collect();
    cast.push(Box::new(Stage { board: board.clone() }));
    cast
}

/// The words of an order: `ping 3` is `("ping", "3")`.
pub(crate) fn words(body: &[u8]) -> (&str, &str) {
    let text = std::str::from_utf8(body).unwrap_or_default();
    text.split_once(' ').unwrap_or((text, ""))
}

/// A word to the world.
pub(crate) fn tell_book(cx: &mut Cx<'_>, book: peerd_vat::Ref, text: &str) {
    cx.send(book, text.as_bytes());
}

/// The endowment of everybody on stage: the book first.
pub(crate) fn book(refs: &[peerd_vat::Ref]) -> Result<peerd_vat::Ref, Crash> {
    refs.first().copied().ok_or_else(|| Crash::new("bad_args", "nobody plays without the book"))
}
