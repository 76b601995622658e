//! Whether a class's text is a behaviour: told by the engine that will run its turns.
use alloc::{boxed::Box, string::String, vec::Vec};
use core::fmt;

use peerd_actor::wire::{Entries, Op};
use peerd_metered::{Engine, Input, Outcome, Product};

/// Why it is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoBehaviour {
    /// What the engine says of the text: the error's name, and its message with the place, `name.js:line:column`.
    Text { kind: String, message: String },
    /// The text did not end within the fuel or the memory of a start.
    Start(Box<str>),
    /// The host could not run it, for reasons of its own.
    Host(Box<str>),
}

impl fmt::Display for NoBehaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoBehaviour::Text { kind, message } => write!(f, "{kind}: {message}"),
            NoBehaviour::Start(why) => write!(f, "the module did not get as far as its default export: {why}"),
            NoBehaviour::Host(why) => write!(f, "{why}"),
        }
    }
}

impl core::error::Error for NoBehaviour {}

/// The names of what it handles. Nothing of a later turn depends on it.
pub fn check(engine: &mut impl Engine) -> Result<Vec<String>, NoBehaviour> {
    let mut product = Product::default();
    let outcome = engine.turn(&Input { state: &[], message: &[], fuel: i32::MAX as u64 }, &mut product);
    handles(outcome, &product)
}

/// The same, of what came of the turn with a [`text`](crate::text).
pub fn handles(outcome: Outcome, product: &Product) -> Result<Vec<String>, NoBehaviour> {
    match outcome {
        Outcome::Done => serde_json::from_slice(&product.state).map_err(|_| NoBehaviour::Host("no engine of JavaScript".into())),
        Outcome::Failed => Err(said(&product.outbox)),
        Outcome::Trapped(trap) => Err(NoBehaviour::Start(trap.kind().into())),
        Outcome::Exhausted => Err(NoBehaviour::Start("out of fuel".into())),
        // An instance that ends at its start is no turn: it is a fault of whoever instantiates it.
        Outcome::HostFault(why) => Err(NoBehaviour::Host(why)),
    }
}

fn said(outbox: &[u8]) -> NoBehaviour {
    let Some(Some(last)) = Entries::of(outbox).last() else { return NoBehaviour::Host("it did not say why".into()) };
    let length = (last.a as usize).min(last.payload.len());
    let (kind, message) = last.payload.split_at(if last.op == Op::Fail { length } else { 0 });
    NoBehaviour::Text { kind: String::from_utf8_lossy(kind).into(), message: String::from_utf8_lossy(message).into() }
}
