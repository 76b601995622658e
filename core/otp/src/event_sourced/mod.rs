//! Event-sourced actors: what is kept is what happened, and the state is what that comes to (Akka's `EventSourcedBehavior`).
//!
//! ```text
//! command ─▶ handle ─▶ persist(event) ─▶ the event in the actor's map, `apply` makes the new state ─▶ the turn commits
//! next life ─▶ newest snapshot ─▶ `apply` of each later event, so many a turn ─▶ `recovered` ─▶ what waited meanwhile, in order
//! ```
//!
//! A turn is one record, so its events are there together or not at all, and what it sends or answers leaves when they are on the
//! disk: an answer after `persist` is Akka's `thenReply`. What a command can do is what any actor can; only the state is read-only to it.
//! There is one writer, because a journal has one owner: nothing ever has to be merged. The events lie in the actor's map (16 MiB).
//!
//! ```
//! use peerd_otp::event_sourced::{EventSourced, Fold, Sourced};
//! use peerd_vat::{Crash, Cx, Event, Ref};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Total(u64);
//!
//! #[derive(Serialize, Deserialize)]
//! struct Paid(u64);
//!
//! impl Fold for Total {
//!     type Event = Paid;
//!
//!     fn apply(&mut self, paid: Paid) -> Result<(), Crash> {
//!         self.0 += paid.0;
//!         Ok(())
//!     }
//! }
//!
//! struct Till;
//!
//! impl EventSourced for Till {
//!     const NAME: &'static str = "till";
//!     type State = Total;
//!
//!     fn init(_: &[u8], _: &[Ref], _: &mut Cx<'_>) -> Result<Total, Crash> {
//!         Ok(Total(0))
//!     }
//!
//!     fn handle(total: &mut Sourced<Total>, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
//!         if let Event::User { body: [amount], reply: Some(reply), .. } = event {
//!             total.persist(Paid(u64::from(*amount)), cx)?;
//!             cx.reply(reply, &total.0.to_le_bytes(), &[]);
//!         }
//!         Ok(())
//!     }
//! }
//! ```
mod log;
mod recovery;
mod sourced;

pub use log::Snapshot;
pub use recovery::STEP_KEY;
pub use sourced::{Snapshots, Sourced};

use crate::Server;
use alloc::boxed::Box;
use core::marker::PhantomData;
use peerd_vat::{Behaviour, Crash, Cx, Event, Reason, Ref};
use serde::{Serialize, de::DeserializeOwned};

/// A state that is what some events come to.
pub trait Fold: Serialize + DeserializeOwned + Send + 'static {
    /// What happened. A ref in it is data, as in any map.
    type Event: Serialize + DeserializeOwned + Send;
    /// When a state is written whole, so that a later life begins from there.
    const SNAPSHOTS: Snapshots = Snapshots::NEVER;

    /// The same for the same event and state, whenever it is. An event that it does not accept is not kept: it must have changed
    /// nothing then.
    ///
    /// # Errors
    /// Given to whoever persists the event. Of one that was kept, the life ends with it: crash `recovery`.
    fn apply(&mut self, event: Self::Event) -> Result<(), Crash>;
}

/// An actor with such a state.
pub trait EventSourced: Send + Sync + 'static {
    const NAME: &'static str;
    /// Raised when the meaning of the state or of its events changes.
    const VERSION: u32 = 1;
    type State: Fold;

    /// The state before any event. The endowment is `refs`.
    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Self::State, Crash>;

    fn handle(state: &mut Sourced<Self::State>, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash>;

    /// The state has been made of its events, in a later life or after a rest: what was sent meanwhile comes after this.
    fn recovered(state: &mut Sourced<Self::State>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let _ = (state, cx);
        Ok(())
    }

    fn terminate(state: &Sourced<Self::State>, reason: &Reason, cx: &mut Cx<'_>) {
        let _ = (state, reason, cx);
    }
}

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour<E: EventSourced>() -> Box<dyn Behaviour> {
    crate::behaviour::<Code<E>>()
}

struct Code<E>(PhantomData<fn() -> E>);

impl<E: EventSourced> Server for Code<E> {
    const NAME: &'static str = E::NAME;
    const VERSION: u32 = E::VERSION;
    const MINDS_RECOVERY: bool = true;
    type State = Sourced<E::State>;

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Sourced<E::State>, Crash> {
        Sourced::begin(E::init(args, refs, cx)?, cx)
    }

    fn recovered(state: &mut Sourced<E::State>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        step::<E>(state, cx)
    }

    fn handle(state: &mut Sourced<E::State>, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::Timer { key: STEP_KEY } => step::<E>(state, cx),
            event if state.is_ready_or_defers(cx) => E::handle(state, event, cx),
            _ => Ok(()),
        }
    }

    fn terminate(state: &mut Sourced<E::State>, reason: &Reason, cx: &mut Cx<'_>) {
        // Before it is recovered it has nothing to say.
        if state.is_recovered() {
            E::terminate(state, reason, cx);
        }
    }
}

fn step<E: EventSourced>(state: &mut Sourced<E::State>, cx: &mut Cx<'_>) -> Result<(), Crash> {
    if state.recover(cx)? { E::recovered(state, cx) } else { Ok(()) }
}
