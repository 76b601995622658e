//! Objects inside an actor: one calls another in the turn at hand, and others have refs to them.
use super::{Actor, Context, objects::Thing, shell::Ask};
use crate::{Message, Reader, Ref, Reply, schema};
use alloc::{boxed::Box, format, string::String};
use core::{
    fmt,
    marker::PhantomData,
    ops::{Index, IndexMut},
};
use peerd_caps::Letter;
use peerd_vat::{Answer, CALL_MS, Crash, Settle};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

/// Something inside an actor that others may have a ref to. An actor has any number of them; its turn is theirs.
///
/// They reach each other by `Near`: `cx[purse].balance` is the other object's own field, and any function of yours may take
/// `(me, .., cx)` and call the next, as deep as it likes and back to where it came from. Nobody else sees what is in between: the turn
/// commits all of it, or, when it returns `Err`, nothing, and its actor ends as by any crash. What is refused without an `Err` is
/// looked at before anything is changed.
///
/// Everybody else reaches them by `Ref`, with messages.
pub trait Object: Serialize + DeserializeOwned + Send + 'static {
    /// Unique among the objects of its actor.
    const NAME: &'static str;
    /// The kind of actor that it lives in, whose `OBJECTS` has it.
    type Home: Actor;
    type Message: Message + Send;

    fn handle(me: Near<Self>, message: Self::Message, cx: &mut Context<'_, '_, Self::Home>) -> Result<(), Crash>;
}

/// An object of the same actor. To keep in other objects and in the actor itself; it can't be sent. What nobody keeps and nobody
/// outside has a ref to is forgotten.
pub struct Near<T> {
    object: peerd_vat::Ref,
    of: PhantomData<fn(T)>,
}

impl<T: Object> Near<T> {
    pub(super) const fn of(object: peerd_vat::Ref) -> Near<T> {
        Near { object, of: PhantomData }
    }

    /// The same for everybody: to send in a message.
    #[must_use]
    pub const fn lend(self) -> Ref<T> {
        Ref::<T>::from_ref(self.object)
    }
}

impl<T> Clone for Near<T> {
    fn clone(&self) -> Near<T> {
        *self
    }
}

impl<T> Copy for Near<T> {}

impl<T> PartialEq for Near<T> {
    fn eq(&self, other: &Near<T>) -> bool {
        self.object == other.object
    }
}

impl<T> Eq for Near<T> {}

impl<T> fmt::Debug for Near<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Near({:?})", self.object)
    }
}

/// As a ref: the kernel finds it there.
impl<T> Serialize for Near<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.object.serialize(to)
    }
}

impl<'de, T: Object> Deserialize<'de> for Near<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Near<T>, D::Error> {
        peerd_vat::Ref::deserialize(from).map(Near::of)
    }
}

/// A kind of object, as an actor's `OBJECTS` lists it.
pub struct Kind<A: Actor> {
    pub(super) name: &'static str,
    schema: fn() -> String,
    pub(super) decode: Decode,
    pub(super) handle: fn(peerd_vat::Ref, Letter<'_>, &mut Context<'_, '_, A>) -> Result<(), Crash>,
}

type Decode = fn(&[u8]) -> Result<Box<dyn Thing>, Crash>;

impl<A: Actor> Kind<A> {
    #[must_use]
    pub const fn of<T: Object<Home = A>>() -> Kind<A> {
        assert!(T::NAME.len() < 256, "it is written with a length of one byte");
        Kind { name: T::NAME, schema: schema::<T>, decode: decode::<T>, handle: handle::<T> }
    }

    pub(super) fn schema(&self) -> String {
        format!("; {}: {}", self.name, (self.schema)())
    }
}

fn decode<T: Object>(bytes: &[u8]) -> Result<Box<dyn Thing>, Crash> {
    let value: T = postcard::from_bytes(bytes).map_err(|error| Crash::new("decode", format!("object {}: {error}", T::NAME)))?;
    Ok(Box::new(value))
}

fn handle<T: Object>(me: peerd_vat::Ref, letter: Letter<'_>, cx: &mut Context<'_, '_, T::Home>) -> Result<(), Crash> {
    match Reader::new(letter.body, letter.refs, letter.reply).read::<T::Message>() {
        Some(message) => T::handle(Near::of(me), message, cx),
        None => {
            cx.report("malformed", format!("a message to {} could not be read", T::NAME));
            Ok(())
        }
    }
}

impl<A: Actor> Context<'_, '_, A> {
    /// A new object of this actor.
    ///
    /// # Panics
    /// When `OBJECTS` does not have its kind.
    pub fn object<T: Object<Home = A>>(&mut self, value: T) -> Near<T> {
        let kind = A::OBJECTS.iter().position(|kind| kind.name == T::NAME);
        let kind = kind.unwrap_or_else(|| panic!("{} has {} not in its OBJECTS", A::NAME, T::NAME));
        Near::of(self.put_thing(kind, Box::new(value)))
    }

    /// The object that this ref is of, if it is one of this actor and of this kind: the only way from a `Ref` to a `Near`.
    #[must_use]
    pub fn near<T: Object<Home = A>>(&self, to: Ref<T>) -> Option<Near<T>> {
        let number = self.cx.own_object(to.as_ref())?;
        self.is_of_kind(number, T::NAME).then(|| Near::of(to.as_ref()))
    }

    /// `ask` by an object: what came is a message to it.
    pub fn ask_for<O: Object<Home = A>, M: Message, T: Message + 'static>(
        &mut self,
        me: Near<O>,
        to: crate::Addr<M>,
        ask: impl FnOnce(Reply<T>) -> M,
        then: impl FnOnce(Result<T, Settle>) -> O::Message + Send + 'static,
    ) {
        self.paper.write(|writer| ask(Reply::mine()).put(writer));
        let call = self.cx.call(to.as_ref(), self.paper.body(), self.paper.refs(), CALL_MS);
        let then = Box::new(move |result: Result<Answer<'_>, Settle>, _: &mut A, cx: &mut Context<'_, '_, A>| {
            let answer = result.and_then(|answer| Reader::new(answer.body, answer.refs, None).read().ok_or(Settle::Noreply));
            O::handle(me, then(answer), cx)
        });
        let by = self.cx.own_object(me.object);
        self.own.desk().asks.push(Ask { call, by, then });
    }
}

/// # Panics
/// For a `Near` of another actor, which can only be had by reading one out of bytes.
impl<T: Object> Index<Near<T>> for Context<'_, '_, T::Home> {
    type Output = T;

    fn index(&self, near: Near<T>) -> &T {
        let thing: &dyn core::any::Any = self.thing(near.object);
        thing.downcast_ref().expect("a near names an object of its type")
    }
}

impl<T: Object> IndexMut<Near<T>> for Context<'_, '_, T::Home> {
    fn index_mut(&mut self, near: Near<T>) -> &mut T {
        let thing: &mut dyn core::any::Any = self.thing_mut(near.object);
        thing.downcast_mut().expect("a near names an object of its type")
    }
}
