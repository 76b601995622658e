//! An actor as a Rust struct: its messages an enum, its turn a method.
mod context;
mod near;
mod objects;
mod shell;
mod table;

pub use context::{Context, crash};
pub use near::{Kind, Near, Object};
pub use shell::behaviour;
pub use table::Table;

use crate::Message;
use peerd_vat::{Crash, Reason, Ref, Wall, WatchId};
use serde::{Serialize, de::DeserializeOwned};

/// A kind of actor. The value is its state: it stays as it is between turns, and is written as postcard when the actor is at
/// rest or looked at, which is why it must be `Serialize`.
///
/// A turn that returns `Err` is dropped whole, nothing it sent goes out, and the incarnation ends; what comes next is its
/// supervisor's decision.
pub trait Actor: Serialize + DeserializeOwned + Send + 'static {
    /// Unique among the behaviours of its vat.
    const NAME: &'static str;
    /// Raised when the meaning of the state changes.
    const VERSION: u32 = 1;
    /// Whether later lives of a durable actor begin with `recovered`, and so with a turn.
    const MINDS_RECOVERY: bool = false;
    /// The kinds of objects that may live in it, if it has any.
    const OBJECTS: &'static [Kind<Self>] = &[];
    type Args: Message;
    type Message: Message + Send;

    /// The first turn. `cx.stop(Reason::Normal)` here means *ignore*: not wanted, no fault.
    fn init(args: Self::Args, cx: &mut Context<'_, '_, Self>) -> Result<Self, Crash>;

    fn handle(&mut self, message: Self::Message, cx: &mut Context<'_, '_, Self>) -> Result<(), Crash>;

    /// The first turn of a later life of a durable actor that minds it: the state is that of the last commit; calls, timers and watches ended with the life before.
    fn recovered(&mut self, cx: &mut Context<'_, '_, Self>) -> Result<(), Crash> {
        let _ = cx;
        Ok(())
    }

    /// What comes from the kernel and not from another actor. By default downs and ticks are ignored, and an actor that traps
    /// exits goes when its parent says so.
    fn signal(&mut self, signal: Signal, cx: &mut Context<'_, '_, Self>) -> Result<(), Crash> {
        leaves_with_parent(&signal, cx);
        Ok(())
    }

    /// The last turn, when it stopped itself, or it traps exits and its parent told it to go. Not after a crash or a kill.
    fn terminate(&mut self, reason: &Reason, cx: &mut Context<'_, '_, Self>) {
        let _ = (reason, cx);
    }
}

pub(crate) fn leaves_with_parent<A: Actor>(signal: &Signal, cx: &mut Context<'_, '_, A>) {
    if let Signal::Exit { from, reason } = signal
        && cx.is_parent(*from)
    {
        cx.stop(reason.clone());
    }
}

/// Word from the kernel.
#[derive(Debug)]
pub enum Signal {
    /// The last word of an actor that was watched.
    Down { watch: WatchId, target: Ref, reason: Reason },
    /// An exit signal, for an actor that traps exits.
    Exit { from: Ref, reason: Reason },
    /// The timer set under this key.
    Timer { key: u64 },
    /// The alarm set under this key, which was due at this time of day. `missed`: how many ticks of a periodic one it stands for
    /// besides its own, or were passed over.
    Alarm { key: u64, due: Wall, missed: u64 },
}
