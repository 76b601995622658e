//! What a handler of keyed calls has in a turn, and what it hears, in the types of this crate.
use super::{Keyed, Keys, NotDone, Order, Step, Typed, answer};
use crate::{Addr, Message, Reader, Reply, encode};
use alloc::{format, string::String};
use peerd_otp::keyed::{self, Access, Handler, Told};
use peerd_vat::{Crash, Cx, Ref, Settle};

/// For one turn. What it asks for happens if the turn commits, and is heard in a later one, by the number that is given for it here.
pub struct Hand<'a, 'h, 'k>(&'a mut keyed::Hand<'h, 'k>);

impl<'k> Hand<'_, '_, 'k> {
    #[must_use]
    pub fn key(&self) -> &str {
        self.0.key()
    }

    /// Of its own kind: for calls of other keys.
    #[must_use]
    pub fn keys<K: Keyed>(&self) -> Keys<K> {
        Addr::from_ref(self.0.front())
    }

    /// As a branch of this call: cancelled and killed with it. An order that somebody else has named before goes on without it.
    pub fn order<K: Keyed>(&mut self, keys: Keys<K>, key: &str, order: Order<K>) -> u32 {
        self.0.call(keys.as_ref(), key, order.order, &order.refs)
    }

    pub fn ask<M: Message, T: Message>(&mut self, ms: u64, to: Addr<M>, ask: impl FnOnce(Reply<T>) -> M) -> u32 {
        let (body, refs) = encode(&ask(Reply::mine()));
        self.0.ask(to.as_ref(), &body, &refs, ms)
    }

    /// By the time of day.
    pub fn sleep(&mut self, ms: u64) -> u32 {
        self.0.sleep(ms)
    }

    pub fn send<M: Message>(&mut self, to: Addr<M>, message: &M) {
        self.0.kernel().send_written(to.as_ref(), |writer| message.put(writer));
    }

    /// The kernel's own turn. Calls that are made there are nobody's: their replies are not heard.
    pub fn kernel(&mut self) -> &mut Cx<'k> {
        self.0.kernel()
    }
}

/// What a call waited for.
#[derive(Debug)]
pub struct Heard<'a>(keyed::Heard<'a>);

impl Heard<'_> {
    /// Of what was asked.
    #[must_use]
    pub const fn token(&self) -> u32 {
        self.0.token
    }

    /// Of another key's call.
    ///
    /// # Errors
    /// As that ended.
    pub fn done<K: Keyed>(self) -> Result<K::Answer, NotDone> {
        match self.0.told {
            Told::Ended(outcome) => answer::<K>(outcome),
            Told::Refused(why) => Err(NotDone::Refused(why)),
            Told::Failed(settle) => Err(NotDone::Call(settle)),
            Told::Time | Told::Answer(_) => Err(NotDone::Call(Settle::Noreply)),
        }
    }

    /// Of an actor.
    ///
    /// # Errors
    /// As the question settled; nobody knows then.
    pub fn answer<T: Message>(self) -> Result<T, Settle> {
        match self.0.told {
            Told::Answer(body) => Reader::new(&body, self.0.refs, None).read().ok_or(Settle::Noreply),
            Told::Failed(settle) => Err(settle),
            Told::Time | Told::Ended(_) | Told::Refused(_) => Err(Settle::Noreply),
        }
    }
}

impl<K: Keyed> Handler for Typed<K> {
    const NAME: &'static str = K::NAME;
    const VERSION: u32 = K::VERSION;
    type Run = K::Run;

    /// What can't be read fails as soon as it has the key.
    fn access(request: &[u8], refs: &[Ref]) -> Access {
        Reader::new(request, refs, None).read().map_or(Access::Exclusive, |request| K::access(&request))
    }

    fn begin(&mut self, request: &[u8], refs: &[Ref], hand: &mut keyed::Hand<'_, '_>) -> Result<keyed::Step<K::Run>, Crash> {
        match Reader::new(request, refs, None).read() {
            Some(request) => self.0.begin(request, &mut Hand(hand)).map(written),
            None => Ok(keyed::Step::Failed(format!("this is no request of {}", K::NAME))),
        }
    }

    fn heard(&mut self, run: K::Run, heard: keyed::Heard<'_>, hand: &mut keyed::Hand<'_, '_>) -> Result<keyed::Step<K::Run>, Crash> {
        self.0.heard(run, Heard(heard), &mut Hand(hand)).map(written)
    }

    fn cancelled(&mut self, run: K::Run, hand: &mut keyed::Hand<'_, '_>) -> Result<keyed::Step<K::Run>, Crash> {
        self.0.cancelled(run, &mut Hand(hand)).map(written)
    }

    fn migrate(kept: &[u8], from: u32) -> Result<Typed<K>, Crash> {
        K::migrate(kept, from).map(Typed)
    }
}

fn written<K: Keyed>(step: Step<K>) -> keyed::Step<K::Run> {
    match step {
        Step::Done(answer) => match encode(&answer) {
            (body, refs) if refs.is_empty() => keyed::Step::Done(body),
            _ => keyed::Step::Failed(String::from("an answer holds no addresses")),
        },
        Step::Failed(why) => keyed::Step::Failed(why),
        Step::Wait(run) => keyed::Step::Wait(run),
    }
}
