//! The generic state machine: a state, its data, and for each event where to go and what to do on the way (semantics 9).
//!
//! ```text
//! event ─▶ handle ─▶ Step { keep │ to(state) │ repeat │ stop, actions }
//!                      │
//!                      ▼ in this order, all within the turn that handled the event
//!            change of module, state, `enter` ─▶ time-outs ─▶ commit
//!                      │
//!                      ▼ what is handled next
//!            inserted events ─▶ postponed ones, oldest first, if the state changed ─▶ zero time-outs ─▶ the mailbox
//! ```
//!
//! Postponed events wait in the kernel (`Cx::defer`), with their deadlines, and count in the mailbox's bound. The tag is the
//! library's: a callback changes neither it nor timers with keys from `OWN_KEYS` on.
//!
//! ```
//! use peerd_otp::message::{Caller, Never};
//! use peerd_otp::statem::{Init, Machine, Step, Trigger};
//! use peerd_vat::{Crash, Cx, Ref};
//! use serde::{Deserialize, Serialize};
//!
//! /// Opens by a code, and closes after ten seconds.
//! struct Door;
//!
//! #[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
//! enum State {
//!     Locked,
//!     Open,
//! }
//!
//! impl Machine for Door {
//!     const NAME: &'static str = "door";
//!     type State = State;
//!     type Data = u32; // the code
//!     type Call = u32;
//!     type Cast = Never;
//!     type Own = ();
//!     type Timer = Never;
//!
//!     fn init(_args: &[u8], _refs: &[Ref], _cx: &mut Cx<'_>) -> Result<Init<Door>, Crash> {
//!         Ok(Init::Ready(State::Locked, 1234))
//!     }
//!
//!     fn handle(state: &State, trigger: Trigger<'_, Door>, code: &mut u32, cx: &mut Cx<'_>) -> Result<Step<Door>, Crash> {
//!         Ok(match (state, trigger) {
//!             (State::Locked, Trigger::Call(tried, caller)) => {
//!                 caller.answer(&(tried == *code), cx);
//!                 if tried == *code { Step::to(State::Open).state_timeout(10_000, ()) } else { Step::keep() }
//!             }
//!             // Whoever tries a code at an open door is answered when it is closed again.
//!             (State::Open, Trigger::Call(..)) => Step::keep().postpone(),
//!             (State::Open, Trigger::StateTimeout(())) => Step::to(State::Locked),
//!             _ => Step::keep(),
//!         })
//!     }
//! }
//! ```
mod shell;
mod step;
mod timers;

pub use crate::gen_server::OWN_KEYS;
use crate::message::Caller;
use alloc::{boxed::Box, format, string::String};
use core::fmt::Debug;
use peerd_vat::{Behaviour, Code, Crash, Cx, Event, Reason, Ref};
use serde::{Serialize, de::DeserializeOwned};
pub use step::{Action, Goal, Set, Step, Switch, Which};

pub trait Machine: Send + Sync + Sized + 'static {
    const NAME: &'static str;
    const VERSION: u32 = 1;
    /// Whether `enter` is called: at the start, at each change of state, and when a step repeats the state.
    const ENTERS: bool = false;

    /// Events are postponed until it changes: what is not equal is another state.
    type State: Clone + PartialEq + Debug + Serialize + DeserializeOwned + Send;
    type Data: Serialize + DeserializeOwned + Send;
    /// What is asked. The refs that come with it are `cx.refs()`.
    type Call: Serialize + DeserializeOwned;
    /// What is told.
    type Cast: Serialize + DeserializeOwned;
    /// What it tells itself, by inserted events and time-outs.
    type Own: Serialize + DeserializeOwned + Send;
    /// The names of its timers, besides the state's and the event's.
    type Timer: Clone + PartialEq + Serialize + DeserializeOwned + Send;

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Init<Self>, Crash>;

    fn handle(state: &Self::State, trigger: Trigger<'_, Self>, data: &mut Self::Data, cx: &mut Cx<'_>) -> Result<Step<Self>, Crash>;

    /// May set time-outs and stop; may not change the state or the module, postpone or insert. At the start both are the same.
    fn enter(from: &Self::State, to: &Self::State, data: &mut Self::Data, cx: &mut Cx<'_>) -> Result<Step<Self>, Crash> {
        let _ = (from, to, data, cx);
        Ok(Step::keep())
    }

    /// Other callbacks that a step may switch to, by name.
    fn module(name: &str) -> Option<Module<Self>> {
        let _ = name;
        None
    }

    /// The last turn, when the machine stopped, or it traps exits and its parent told it to go.
    fn terminate(state: &Self::State, reason: &Reason, data: &mut Self::Data, cx: &mut Cx<'_>) {
        let _ = (state, reason, data, cx);
    }

    /// State and data of this version, made of another one's as they were encoded. An error leaves the old version in force.
    fn migrate(inner: &[u8], from: Code<'_>, extra: &[u8], cx: &mut Cx<'_>) -> Result<(Self::State, Self::Data), Crash> {
        let _ = (inner, extra, cx);
        Err(Crash::new("no_migration", format!("{} version {} knows no state of {from}", Self::NAME, Self::VERSION)))
    }

    /// State and data as status and reports may show them. What is secret is left out here.
    fn status(state: &Self::State, data: &Self::Data) -> Result<String, Crash> {
        Ok(format!("{state:?}, {} bytes of data", crate::message::encode(data).len()))
    }
}

/// What came of an init that did not crash.
pub enum Init<M: Machine> {
    Ready(M::State, M::Data),
    /// The actions are carried out before the first event.
    With(M::State, M::Data, Step<M>),
    /// Ready when the directory has taken the name; ends with `already_started` if it is taken.
    Named {
        state: M::State,
        data: M::Data,
        directory: Ref,
        name: String,
    },
    /// Not wanted: no start, no fault.
    Ignore,
    Stop(Reason),
}

/// What is to be handled.
pub enum Trigger<'a, M: Machine> {
    Call(M::Call, Caller),
    Cast(M::Cast),
    /// Everything else that the kernel delivers, messages that are neither `Call` nor `Cast` among it.
    Info(Event<'a>),
    Inserted(&'a M::Own),
    StateTimeout(&'a M::Own),
    EventTimeout(&'a M::Own),
    Timeout(&'a M::Timer, &'a M::Own),
}

/// A pair of callbacks.
pub struct Module<M: Machine> {
    pub handle: Handle<M>,
    pub enter: Enter<M>,
}

pub type Handle<M> = fn(&<M as Machine>::State, Trigger<'_, M>, &mut <M as Machine>::Data, &mut Cx<'_>) -> Result<Step<M>, Crash>;
pub type Enter<M> = fn(&<M as Machine>::State, &<M as Machine>::State, &mut <M as Machine>::Data, &mut Cx<'_>) -> Result<Step<M>, Crash>;

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour<M: Machine>() -> Box<dyn Behaviour> {
    crate::behaviour::<shell::Callbacks<M>>()
}
