//! Event-sourced actors in the types of this crate: what is kept is what happened, and the state is what that comes to.
use crate::{Actor, Context, Message, Signal, actor::leaves_with_parent};
use peerd_otp::event_sourced::{Fold, STEP_KEY, Sourced};
use peerd_vat::{Crash, Reason};

/// An actor whose state is a `Fold` of events. In a table and at a spawn it is `Sourced<Self>`.
///
/// ```ignore
/// fn handle(till: &mut Sourced<Till>, message: Order, cx: &mut Context<'_, '_, Sourced<Till>>) -> Result<(), Crash> {
///     cx.persist(till, Paid { amount: 3 })?;
///     cx.reply(reply, &till.total);
/// }
/// ```
pub trait EventSourced: Fold {
    /// Unique among the behaviours of its vat.
    const NAME: &'static str;
    /// Raised when the meaning of the state or of its events changes.
    const VERSION: u32 = 1;
    type Args: Message;
    type Message: Message + Send;

    /// The state before any event, in the first life only.
    fn init(args: Self::Args, cx: &mut Context<'_, '_, Sourced<Self>>) -> Result<Self, Crash>;

    fn handle(state: &mut Sourced<Self>, message: Self::Message, cx: &mut Context<'_, '_, Sourced<Self>>) -> Result<(), Crash>;

    /// As an actor's.
    fn signal(state: &mut Sourced<Self>, signal: Signal, cx: &mut Context<'_, '_, Sourced<Self>>) -> Result<(), Crash> {
        let _ = state;
        leaves_with_parent(&signal, cx);
        Ok(())
    }

    /// The state has been made of its events, in a later life or after a rest: what was sent meanwhile comes after this.
    fn recovered(state: &mut Sourced<Self>, cx: &mut Context<'_, '_, Sourced<Self>>) -> Result<(), Crash> {
        let _ = (state, cx);
        Ok(())
    }

    /// As an actor's.
    fn terminate(state: &Sourced<Self>, reason: &Reason, cx: &mut Context<'_, '_, Sourced<Self>>) {
        let _ = (state, reason, cx);
    }
}

impl<E: EventSourced> Actor for Sourced<E> {
    const NAME: &'static str = E::NAME;
    const VERSION: u32 = E::VERSION;
    const MINDS_RECOVERY: bool = true;
    type Args = E::Args;
    type Message = E::Message;

    fn init(args: E::Args, cx: &mut Context<'_, '_, Sourced<E>>) -> Result<Sourced<E>, Crash> {
        Sourced::begin(E::init(args, cx)?, cx.kernel())
    }

    fn handle(&mut self, message: E::Message, cx: &mut Context<'_, '_, Sourced<E>>) -> Result<(), Crash> {
        if self.is_ready_or_defers(cx.kernel()) { E::handle(self, message, cx) } else { Ok(()) }
    }

    fn recovered(&mut self, cx: &mut Context<'_, '_, Sourced<E>>) -> Result<(), Crash> {
        if self.recover(cx.kernel())? { E::recovered(self, cx) } else { Ok(()) }
    }

    fn signal(&mut self, signal: Signal, cx: &mut Context<'_, '_, Sourced<E>>) -> Result<(), Crash> {
        match signal {
            Signal::Timer { key: STEP_KEY } => self.recovered(cx),
            signal if self.is_ready_or_defers(cx.kernel()) => E::signal(self, signal, cx),
            _ => Ok(()),
        }
    }

    fn terminate(&mut self, reason: &Reason, cx: &mut Context<'_, '_, Sourced<E>>) {
        // Before it is recovered it has nothing to say.
        if self.is_recovered() {
            E::terminate(self, reason, cx);
        }
    }
}

impl<E: EventSourced> Context<'_, '_, Sourced<E>> {
    /// It happened: kept if this turn commits, and in the state from here on. Whoever is answered after it hears that when it is on
    /// the disk. Returns its number.
    ///
    /// # Errors
    /// `encode` in its own words, `map` when it does not fit, and what `apply` said. That event alone is rejected then: nothing has
    /// changed, and the turn may go on.
    pub fn persist(&mut self, state: &mut Sourced<E>, event: E::Event) -> Result<u64, Crash> {
        state.persist(event, self.cx)
    }
}
