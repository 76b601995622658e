//! Patterns of capabilities as ordinary behaviours: less authority, for a while, or only together with somebody else's.
//!
//! ```text
//! caller ─▶ [caretaker: facet, budget, rate, expiry] ─▶ target     one ref, taken back at once
//!        ─▶ [membrane] ◀─▶ everything that crosses                  a whole world of refs, taken back at once
//!        ─▶ [attenuator] ─▶ target      each message is another one, or none
//!        ─▶ [swappable]  ─▶ this one today, another one tomorrow
//!        ─▶ [joiner]     ─▶ many: all answers, the first, or the one on which all agree
//!        ─▶ [pubsub]     ─▶ whoever listens
//! sealer    what only one of two may open             ward     what only both together may ask
//! petnames  whom I mean, in my own words
//! ```
//!
//! Each is spawned by its owner, who gets refs to its faces at once and lends them. All refs that they give send and watch and do
//! nothing else. A pattern that is spawned durable keeps what it is over lives, a revocation above all.
//! Sources: M. Miller, "Robust Composition" (2006), ch. 9 and 11; the actor library of Spritely Goblins; M. Stiegler, "Petname
//! Systems" (2005).
#![no_std]
extern crate alloc;

mod letter;
mod relay;

mod budget;
mod facet;
mod rate;
mod terms;

pub mod attenuator;
pub mod caretaker;
pub mod joiner;
pub mod membrane;
pub mod petnames;
pub mod pubsub;
pub mod sealer;
pub mod swappable;
pub mod ward;

mod numbers;

pub use letter::Letter;
pub use rate::Rate;
pub use terms::Terms;

use alloc::{boxed::Box, vec, vec::Vec};
use peerd_vat::Behaviour;

/// All that need no type of yours, for a vat's table.
#[must_use]
pub fn behaviours() -> Vec<Box<dyn Behaviour>> {
    vec![
        caretaker::behaviour(),
        joiner::behaviour(),
        membrane::behaviour(),
        petnames::behaviour(),
        pubsub::behaviour(),
        sealer::behaviour(),
        swappable::behaviour(),
        ward::behaviour(),
    ]
}
