//! A kind of actor: its state a struct, its messages an enum, its turn a method.
use crate::{Context, Crash, Message, Reader, Reason, Settle};
use alloc::string::String;

/// The value is the actor's state. It is read from its bytes before each turn and written back after it, so it costs what it is long.
///
/// A turn that returns `Err` is dropped whole, nothing it asked for happens, and the incarnation ends; what comes next is its
/// supervisor's decision.
pub trait Actor: Message {
    /// What its modules are called where they are loaded.
    const NAME: &'static str;
    /// Bytes that the state may have. A turn that leaves more fails.
    const STATE_MAX: usize = 4_096;
    /// Bytes that a message may have, with the 40 before it. A longer one is not for this actor.
    const MESSAGE_MAX: usize = 4_096;
    type Args: Message;
    type Message: Message;

    /// The first turn. `cx.stop(Reason::Normal)` here means *ignore*: not wanted, no fault.
    fn init(args: Self::Args, cx: &mut Context<'_, Self>) -> Result<Self, Crash>;

    fn handle(&mut self, message: Self::Message, cx: &mut Context<'_, Self>) -> Result<(), Crash>;

    /// What comes from the kernel and not from another actor. By default all of it is ignored.
    fn signal(&mut self, signal: Signal<'_>, cx: &mut Context<'_, Self>) -> Result<(), Crash> {
        let _ = (signal, cx);
        Ok(())
    }

    /// The first turn of a later life of a durable actor: its calls, timers and watches ended with the life before.
    fn recovered(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Crash> {
        let _ = cx;
        Ok(())
    }

    /// The state of another module of this name becomes one of this one. A failure leaves the actor with the other.
    fn migrate(old: Old<'_>, cx: &mut Context<'_, Self>) -> Result<Self, Crash> {
        let _ = cx;
        Err(Crash::new("no_migration", old.name))
    }

    /// The last turn, when it stopped itself or was told to go by its parent. Not after a crash or a kill.
    fn terminate(&mut self, reason: &Reason, cx: &mut Context<'_, Self>) {
        let _ = (reason, cx);
    }
}

/// Word from the kernel.
#[derive(Debug)]
pub enum Signal<'a> {
    /// What came of the call that was given this mark. It comes once.
    Answer { mark: u32, result: Result<Answer<'a>, Settle> },
    /// The last word of the actor that is watched under this mark.
    Down { mark: u32, reason: Reason },
    /// An exit signal, if it traps them.
    Exit { reason: Reason },
    /// The timer set under this key.
    Timer { key: u64 },
    /// The alarm set under this key. `missed`: ticks that it stands for besides its own.
    Alarm { key: u64, due_ms: u64, missed: u64 },
}

/// An answer, of a type that who asked knows.
#[derive(Debug)]
pub struct Answer<'a> {
    pub(crate) body: &'a [u8],
    pub(crate) first: u32,
    pub(crate) refs: u32,
}

impl Answer<'_> {
    /// None: it is no `T`.
    #[must_use]
    pub fn read<T: Message>(&self) -> Option<T> {
        Reader::new(self.body, self.first, self.refs, None).read()
    }
}

/// What another module left.
#[derive(Debug)]
pub struct Old<'a> {
    pub name: String,
    pub version: u32,
    /// Of whoever asked for the upgrade; empty if nobody did.
    pub extra: &'a [u8],
    pub(crate) state: &'a [u8],
    pub(crate) refs: u32,
}

impl Old<'_> {
    /// Its state, as that module's type. None: it is no `S`.
    #[must_use]
    pub fn read<S: Message>(&self) -> Option<S> {
        Reader::new(self.state, crate::wire::FIRST, self.refs, None).read()
    }
}
