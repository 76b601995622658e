//! Keyed calls in the types of this crate: what is kept under a key is a Rust value, changed by one call at a time.
mod hand;

pub use hand::{Hand, Heard};
pub use peerd_otp::keyed::{Access, Spec, Told, Which, behaviours};

use crate::{Actor, Addr, Context, Message, Reader, encode};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use core::marker::PhantomData;
use peerd_otp::{
    keyed::{self, Outcome, Refused, Reply, Request},
    message::decode,
};
use peerd_vat::{Answer, Behaviour, CALL_MS, Crash, Ref, Settle};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// What is kept under one key, and the handler of its calls. Before anybody has changed it, it is its default.
///
/// A turn that returns `Err` never happened, and is tried again later; what gives up for good is `Step::Failed`.
pub trait Keyed: Serialize + DeserializeOwned + Default + Send + Sync + 'static {
    /// Unique among the behaviours of its vat.
    const NAME: &'static str;
    /// Raised when the meaning of what is kept changes, or of `Run`.
    const VERSION: u32 = 1;
    type Request: Message;
    /// Without addresses: it may outlive them.
    type Answer: Message;
    /// What a call of more than one turn has between them.
    type Run: Serialize + DeserializeOwned + Send + Sync;

    /// A shared call only reads; it waits for nobody, and nobody waits for it.
    fn access(request: &Self::Request) -> Access {
        let _ = request;
        Access::Exclusive
    }

    fn begin(&mut self, request: Self::Request, hand: &mut Hand<'_, '_, '_>) -> Result<Step<Self>, Crash>;

    /// What it waited for has come.
    fn heard(&mut self, run: Self::Run, heard: Heard<'_>, hand: &mut Hand<'_, '_, '_>) -> Result<Step<Self>, Crash>;

    /// It is cancelled, and all that it had called has ended: it may clean up, in as many turns as it likes.
    fn cancelled(&mut self, run: Self::Run, hand: &mut Hand<'_, '_, '_>) -> Result<Step<Self>, Crash> {
        let _ = (run, hand);
        Ok(Step::Failed("cancelled".into()))
    }

    /// What another version kept.
    ///
    /// # Errors
    /// When this version can't read that.
    fn migrate(kept: &[u8], from: u32) -> Result<Self, Crash> {
        let _ = kept;
        Err(Crash::new("no_migration", format!("{} version {} knows no version {from}", Self::NAME, Self::VERSION)))
    }
}

/// What a turn of a handler leaves to be done.
pub enum Step<K: Keyed> {
    Done(K::Answer),
    Failed(String),
    /// For what this or an earlier turn has asked.
    Wait(K::Run),
}

/// What a front of `K`s takes: nothing that anybody could send by hand.
pub struct Orders<K>(PhantomData<fn(K)>);

/// A capability: whoever has it can call all keys.
pub type Keys<K> = Addr<Orders<K>>;

/// A call to be.
pub struct Order<K> {
    order: keyed::Order,
    refs: Vec<Ref>,
    within_ms: u64,
    of: PhantomData<fn(K)>,
}

impl<K: Keyed> Order<K> {
    /// Waited for at most 5 s.
    pub fn new(request: &K::Request) -> Order<K> {
        let (body, refs) = encode(request);
        Order { order: keyed::Order::new(K::access(request), &body), refs, within_ms: CALL_MS, of: PhantomData }
    }

    /// An idempotency key: a later order of this name at the same key, whatever it asks, is this call, as long as results are kept.
    #[must_use]
    pub fn named(self, name: &str) -> Order<K> {
        Order { order: self.order.named(name.as_bytes()), ..self }
    }

    /// It comes to the queue only then.
    #[must_use]
    pub fn after(self, ms: u64) -> Order<K> {
        Order { order: self.order.after(ms), ..self }
    }

    /// Waited for at most so long; the call goes on, and who has named it can ask again.
    #[must_use]
    pub fn within(self, ms: u64) -> Order<K> {
        Order { within_ms: ms, ..self }
    }

    /// As it is asked of a front: at its end, with how long that is waited for. For hosts.
    #[must_use]
    pub fn call(self, key: &str) -> (Vec<u8>, Vec<Ref>, u64) {
        (asked(key, Request::Call(self.order)), self.refs, self.within_ms)
    }

    /// The same, answered when it is written down.
    #[must_use]
    pub fn send(self, key: &str) -> (Vec<u8>, Vec<Ref>) {
        (asked(key, Request::Send(self.order)), self.refs)
    }
}

/// Why a call has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotDone {
    /// The handler says so.
    Failed(String),
    Cancelled,
    Killed,
    /// Its turns failed too often, the last time for this.
    Crashed(String),
    /// It was done; its answer had no room to be kept.
    Lost,
    Refused(Refused),
    /// Nobody knows.
    Call(Settle),
}

/// The bytes of a request. For hosts.
#[must_use]
pub fn asked(key: &str, request: Request) -> Vec<u8> {
    peerd_otp::message::encode(&(key, request))
}

/// Reads the answer to a call. For hosts.
///
/// # Errors
/// As the call ended.
pub fn done<K: Keyed>(told: Result<&[u8], Settle>) -> Result<K::Answer, NotDone> {
    match reply(told)? {
        Reply::Ended(outcome) => answer::<K>(outcome),
        Reply::Sent { .. } | Reply::Ok => Err(NotDone::Call(Settle::Noreply)),
        Reply::Refused(why) => Err(NotDone::Refused(why)),
    }
}

/// Reads the answer to a send: the number of the call. For hosts.
///
/// # Errors
/// When there is no such call.
pub fn sent(told: Result<&[u8], Settle>) -> Result<u64, NotDone> {
    match reply(told)? {
        Reply::Sent { number, .. } => Ok(number),
        Reply::Ended(_) | Reply::Ok => Err(NotDone::Call(Settle::Noreply)),
        Reply::Refused(why) => Err(NotDone::Refused(why)),
    }
}

/// Reads the answer to a cancel or a kill. For hosts.
///
/// # Errors
/// When there is no such call under way.
pub fn told(told: Result<&[u8], Settle>) -> Result<(), NotDone> {
    match reply(told)? {
        Reply::Ok => Ok(()),
        Reply::Ended(_) | Reply::Sent { .. } => Err(NotDone::Call(Settle::Noreply)),
        Reply::Refused(why) => Err(NotDone::Refused(why)),
    }
}

fn reply(told: Result<&[u8], Settle>) -> Result<Reply, NotDone> {
    decode(told.map_err(NotDone::Call)?).ok_or(NotDone::Call(Settle::Noreply))
}

fn answer<K: Keyed>(outcome: Outcome) -> Result<K::Answer, NotDone> {
    match outcome {
        Outcome::Done(body) => Reader::new(&body, &[], None).read().ok_or(NotDone::Call(Settle::Noreply)),
        Outcome::Failed(why) => Err(NotDone::Failed(why)),
        Outcome::Cancelled => Err(NotDone::Cancelled),
        Outcome::Killed => Err(NotDone::Killed),
        Outcome::Crashed(why) => Err(NotDone::Crashed(why)),
        Outcome::Lost => Err(NotDone::Lost),
    }
}

impl<A: Actor> Context<'_, '_, A> {
    /// A front of `K`s, linked to this actor and kept by it under this label.
    pub fn keyed<K: Keyed>(&mut self, label: &str, spec: impl FnOnce(Spec) -> Spec) -> Keys<K> {
        Addr::from_ref(keyed::spawn(self.cx, label, &spec(Spec::new(K::NAME)), &[]))
    }

    /// Calls a key.
    pub fn order<K: Keyed>(
        &mut self,
        keys: Keys<K>,
        key: &str,
        order: Order<K>,
        then: impl FnOnce(Result<K::Answer, NotDone>) -> A::Message + Send + 'static,
    ) {
        let (body, refs, ms) = order.call(key);
        self.write(&body, &refs);
        self.call(ms, keys.as_ref(), move |result| then(done::<K>(body_of(result))));
    }

    /// The same, and nobody waits: `then` is given its number when it is written down.
    pub fn order_later<K: Keyed>(
        &mut self,
        keys: Keys<K>,
        key: &str,
        order: Order<K>,
        then: impl FnOnce(Result<u64, NotDone>) -> A::Message + Send + 'static,
    ) {
        let (body, refs) = order.send(key);
        self.write(&body, &refs);
        self.call(CALL_MS, keys.as_ref(), move |result| then(sent(body_of(result))));
    }

    /// It hears of it when all that it has called has ended, and may clean up.
    pub fn cancel_order<K: Keyed>(&mut self, keys: Keys<K>, key: &str, which: Which) {
        keyed::tell(keys.as_ref(), key, Request::Cancel(which), &[], self.cx);
    }

    /// It ends where it stands, and so does all that it has called.
    pub fn kill_order<K: Keyed>(&mut self, keys: Keys<K>, key: &str, which: Which) {
        keyed::tell(keys.as_ref(), key, Request::Kill(which), &[], self.cx);
    }
}

fn body_of(result: Result<Answer<'_>, Settle>) -> Result<&[u8], Settle> {
    result.map(|answer| answer.body)
}

/// The entry of a handler for a vat's behaviour table.
#[must_use]
pub fn behaviour<K: Keyed>() -> Box<dyn Behaviour> {
    keyed::behaviour::<Typed<K>>()
}

/// A `Keyed` as the library below knows handlers.
#[derive(Serialize, Deserialize)]
#[serde(transparent, bound = "")]
struct Typed<K: Keyed>(K);

impl<K: Keyed> Default for Typed<K> {
    fn default() -> Typed<K> {
        Typed(K::default())
    }
}
