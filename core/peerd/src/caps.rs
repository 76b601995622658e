//! Patterns of capabilities in the types of this crate. What each promises is said in `peerd_caps`; their behaviours are `behaviours`.
use crate::{Actor, Addr, Context, Message, Reader, encode};
use alloc::{boxed::Box, vec::Vec};
use core::marker::PhantomData;
use peerd_caps::{Letter, attenuator, caretaker, membrane, pubsub, sealer, swappable};
use peerd_vat::{Answer, Behaviour, CALL_MS, Ref, Settle};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub use peerd_caps::{Terms, behaviours};

/// An address to lend, and what ends it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Lent<M> {
    pub face: Addr<M>,
    /// It may be given away: it revokes, and can't use what it revokes.
    pub revoker: Revoker,
}

/// To be given to `revoke`.
pub type Revoker = Addr<Revoking>;
/// To be given to `swap`.
pub type Swapper<M> = Addr<Swapping<M>>;
/// To be given to `seal`.
pub type Sealer<T> = Addr<Sealing<T>>;
/// To be given to `unseal`.
pub type Unsealer<T> = Addr<Unsealing<T>>;
/// A box with a `T` in it, which tells nothing.
pub type Sealed<T> = Addr<Closed<T>>;
/// To be given to `subscribe`.
pub type Subscriber<M> = Addr<Subscribing<M>>;

/// The words of an address that is only ever given to a method of `Context`: nobody has one.
macro_rules! words {
    ($($name:ident $(<$of:ident>)?)*) => {$(
        #[doc(hidden)]
        #[derive(Debug)]
        pub struct $name $(<$of>)? (core::convert::Infallible, $(PhantomData<$of>)?);
    )*};
}

words!(Revoking Swapping<M> Sealing<T> Unsealing<T> Closed<T> Subscribing<M>);

/// A rule that makes what its target takes of what others may say: fewer messages, or smaller ones.
///
/// ```ignore
/// fn pass(&mut self, order: Order) -> Result<Order, Settle> {
///     if order.price > self.price_max { Err(Settle::Revoked) } else { Ok(order) }
/// }
/// ```
pub trait Attenuator: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Unique among the behaviours of its vat.
    const NAME: &'static str;
    type Takes: Message;
    type Gives: Message;

    /// A `Reply` in it is its caller's: passed on, the target answers it.
    ///
    /// # Errors
    /// What a caller is told whose message goes no further.
    fn pass(&mut self, message: Self::Takes) -> Result<Self::Gives, Settle>;
}

/// The entry for a vat's behaviour table.
#[must_use]
pub fn attenuator<R: Attenuator>() -> Box<dyn Behaviour> {
    attenuator::behaviour::<Rule<R>>()
}

#[derive(Serialize, Deserialize)]
#[serde(transparent, bound = "")]
struct Rule<R: Attenuator>(R);

impl<R: Attenuator> attenuator::Attenuate for Rule<R> {
    const NAME: &'static str = R::NAME;

    fn pass(&mut self, letter: Letter<'_>) -> Result<(Vec<u8>, Vec<Ref>), Settle> {
        // What can't be read would not be answered by the target either.
        let message = Reader::passing(letter).read().ok_or(Settle::Noreply)?;
        self.0.pass(message).map(|message| encode(&message))
    }
}

impl<A: Actor> Context<'_, '_, A> {
    /// That address under terms, until they are over or it is revoked.
    pub fn lend<M>(&mut self, to: Addr<M>, terms: &Terms) -> Lent<M> {
        let caretaker::Caretaker { face, revoker, .. } = caretaker::spawn(self.cx, to.as_ref(), terms);
        Lent { face: Addr::from_ref(face), revoker: Addr::from_ref(revoker) }
    }

    /// That address, with all that ever comes out of it or goes in through it, until it is revoked.
    pub fn membrane<M>(&mut self, around: Addr<M>) -> Lent<M> {
        let membrane::Membrane { face, revoker } = membrane::spawn(self.cx, around.as_ref());
        Lent { face: Addr::from_ref(face), revoker: Addr::from_ref(revoker) }
    }

    /// At once: what waits goes no further, what is under way settles `revoked`.
    pub fn revoke(&mut self, revoker: Revoker) {
        // To a membrane's revoker any message says so.
        peerd_otp::message::cast(revoker.as_ref(), &caretaker::Request::Revoke, &[], self.cx);
    }

    /// An address for whoever may say less.
    pub fn attenuate<R: Attenuator>(&mut self, to: Addr<R::Gives>, rule: R) -> Addr<R::Takes> {
        Addr::from_ref(attenuator::spawn(self.cx, to.as_ref(), &Rule(rule)))
    }

    /// An address whose target `swap` changes.
    pub fn swappable<M>(&mut self, to: Addr<M>) -> (Addr<M>, Swapper<M>) {
        let swappable::Swappable { face, swapper } = swappable::spawn(self.cx, to.as_ref());
        (Addr::from_ref(face), Addr::from_ref(swapper))
    }

    pub fn swap<M>(&mut self, swapper: Swapper<M>, to: Addr<M>) {
        self.cx.send_with(swapper.as_ref(), &[], &[to.as_ref()]);
    }

    /// A new brand of boxes.
    pub fn brand<T>(&mut self) -> (Sealer<T>, Unsealer<T>) {
        let brand = sealer::spawn(self.cx);
        (Addr::from_ref(brand.sealer), Addr::from_ref(brand.unsealer))
    }

    pub fn seal<T: Message>(
        &mut self,
        sealer: Sealer<T>,
        value: &T,
        then: impl FnOnce(Result<Sealed<T>, Settle>) -> A::Message + Send + 'static,
    ) {
        self.paper.write(|writer| value.put(writer));
        self.call(CALL_MS, sealer.as_ref(), move |result| then(read(result)));
    }

    /// `Revoked`: that is no box of this brand.
    pub fn unseal<T: Message>(
        &mut self,
        unsealer: Unsealer<T>,
        sealed: Sealed<T>,
        then: impl FnOnce(Result<T, Settle>) -> A::Message + Send + 'static,
    ) {
        self.paper.write(|writer| writer.reference(sealed.as_ref()));
        self.call(CALL_MS, unsealer.as_ref(), move |result| then(read(result)));
    }

    /// Who publishes and who listens: what is sent to the first all hear who `subscribe` by the second.
    pub fn topic<M>(&mut self) -> (Addr<M>, Subscriber<M>) {
        let topic = pubsub::spawn(self.cx);
        (Addr::from_ref(topic.publisher), Addr::from_ref(topic.subscriber))
    }

    /// Until the listener ends.
    pub fn subscribe<M>(&mut self, to: Subscriber<M>, listener: Addr<M>) {
        self.cx.send_with(to.as_ref(), &[], &[listener.as_ref()]);
    }
}

fn read<T: Message>(result: Result<Answer<'_>, Settle>) -> Result<T, Settle> {
    result.and_then(|answer| Reader::new(answer.body, answer.refs, None).read().ok_or(Settle::Noreply))
}
