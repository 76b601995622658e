//! The generic server: calls, casts and the rest each in a callback of its own, and what comes next as a value.
//!
//! ```text
//! start ─▶ init ─▶ Ready ───────────────▶ call, cast, info ─▶ Go        wait for the next message
//!                  Continue ─▶ proceed ─┘        ▲   ▲        Continue  `proceed` first, before anything that waits
//!                  Named ─▶ a directory ┘        │   └─ wake ◀ Hibernate  until the next message
//!                  Ignore, Stop                  └────────── Stop      `terminate`, then the end
//! ```
//!
//! ```
//! use peerd_otp::gen_server::{GenServer, Init, Next};
//! use peerd_otp::message::{Caller, Never};
//! use peerd_vat::{Crash, Cx, Ref};
//!
//! struct Counter;
//!
//! #[derive(serde::Serialize, serde::Deserialize)]
//! enum Ask {
//!     Add(u64),
//!     Total,
//! }
//!
//! impl GenServer for Counter {
//!     const NAME: &'static str = "counter";
//!     type State = u64;
//!     type Call = Ask;
//!     type Cast = Never;
//!     type Continue = Never;
//!
//!     fn init(_args: &[u8], _refs: &[Ref], _cx: &mut Cx<'_>) -> Result<Init<Counter>, Crash> {
//!         Ok(Init::Ready(0))
//!     }
//!
//!     fn call(total: &mut u64, ask: Ask, caller: Caller, cx: &mut Cx<'_>) -> Result<Next<Counter>, Crash> {
//!         if let Ask::Add(more) = ask {
//!             *total += more;
//!         }
//!         caller.answer(total, cx);
//!         Ok(Next::Go)
//!     }
//! }
//!
//! let entry = peerd_otp::gen_server::behaviour::<Counter>(); // for the vat's behaviour table
//! ```
mod shell;
mod start;

use crate::message::Caller;
use alloc::{boxed::Box, format, string::String, vec::Vec};
use peerd_vat::{Behaviour, Code, Crash, Cx, Event, Reason, Ref};
use serde::{Serialize, de::DeserializeOwned};

pub use start::{Started, Starting, stop, stopped};

/// Timers with a key from here on are the library's own.
pub const OWN_KEYS: u64 = 1 << 63;

pub trait GenServer: Send + Sync + Sized + 'static {
    const NAME: &'static str;
    const VERSION: u32 = 1;
    /// Hibernates after this long without a message.
    const HIBERNATE_AFTER_MS: Option<u64> = None;

    type State: Serialize + DeserializeOwned + Send;
    /// What is asked. The refs that come with it are `cx.refs()`.
    type Call: Serialize + DeserializeOwned;
    /// What is told.
    type Cast: Serialize + DeserializeOwned;
    /// What the server leaves itself to do next.
    type Continue: Serialize + DeserializeOwned + Send;

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Init<Self>, Crash>;

    fn call(state: &mut Self::State, request: Self::Call, caller: Caller, cx: &mut Cx<'_>) -> Result<Next<Self>, Crash>;

    fn cast(state: &mut Self::State, message: Self::Cast, cx: &mut Cx<'_>) -> Result<Next<Self>, Crash> {
        let _ = (state, message, cx);
        Ok(Next::Go)
    }

    /// Everything else: replies, downs, exits, ticks, and messages that are neither `Call` nor `Cast`.
    fn info(state: &mut Self::State, event: Event<'_>, cx: &mut Cx<'_>) -> Result<Next<Self>, Crash> {
        let _ = (state, event, cx);
        Ok(Next::Go)
    }

    /// A turn of its own, before anything that was queued when it was asked for.
    fn proceed(state: &mut Self::State, with: Self::Continue, cx: &mut Cx<'_>) -> Result<Next<Self>, Crash> {
        let _ = (state, with, cx);
        Ok(Next::Go)
    }

    /// The last turn, when the server stopped, or it traps exits and its parent told it to go.
    fn terminate(state: &mut Self::State, reason: &Reason, cx: &mut Cx<'_>) {
        let _ = (state, reason, cx);
    }

    /// Nothing is expected for a while: let go of what can be made again.
    fn hibernate(state: &mut Self::State, cx: &mut Cx<'_>) {
        let _ = (state, cx);
    }

    /// Before the message that ends the sleep is handled.
    fn wake(state: &mut Self::State, cx: &mut Cx<'_>) {
        let _ = (state, cx);
    }

    /// A state of this version, made of another one's as it was encoded. An error leaves the old version in force.
    fn migrate(state: &[u8], from: Code<'_>, extra: &[u8], cx: &mut Cx<'_>) -> Result<Self::State, Crash> {
        let _ = (state, extra, cx);
        Err(Crash::new("no_migration", format!("{} version {} knows no state of {from}", Self::NAME, Self::VERSION)))
    }

    /// The reply refs and far refs in the state, for a server that can tell them faster than by encoding all of it.
    fn held(state: &Self::State) -> Option<Vec<Ref>> {
        let _ = state;
        None
    }

    /// The state as status and reports may show it. What is secret is left out here.
    fn status(state: &Self::State) -> Result<String, Crash> {
        Ok(format!("{} bytes of state", crate::message::encode(state).len()))
    }
}

/// What came of an init that did not crash.
pub enum Init<G: GenServer> {
    Ready(G::State),
    Continue(G::State, G::Continue),
    /// Ready when the directory has taken the name; ends with `already_started` if it is taken.
    Named {
        state: G::State,
        directory: Ref,
        name: String,
    },
    /// Not wanted: no start, no fault.
    Ignore,
    Stop(Reason),
}

/// What a callback leaves to be done.
pub enum Next<G: GenServer> {
    Go,
    Continue(G::Continue),
    Hibernate,
    /// The turn commits, so what it answered goes out first.
    Stop(Reason),
}

/// The calling actor goes on as this server, from the next message (OTP's `enter_loop`). A name that is given must be its own
/// in that directory, else it exits with `process_not_registered`. Its parent stays who it was.
pub fn enter<G: GenServer>(state: G::State, name: Option<(Ref, &str)>, cx: &mut Cx<'_>) {
    shell::enter::<G>(state, name, cx);
}

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour<G: GenServer>() -> Box<dyn Behaviour> {
    crate::behaviour::<shell::Callbacks<G>>()
}
