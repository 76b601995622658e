//! Virtual actors in the types of this crate: one actor of a kind for each key.
use crate::{Actor, Addr, Context, Message, Reader, Writer};
use alloc::string::String;
use core::{fmt, marker::PhantomData};
use peerd_otp::namespace::{self, Reply, Request, Spec};
use peerd_vat::{CALL_MS, Durability, Ref, Settle};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Turns keys into actors that take messages of type `M`. A capability: whoever has it can reach all of them.
pub struct Namespace<M> {
    namespace: Ref,
    takes: PhantomData<fn(M)>,
}

impl<M> Namespace<M> {
    /// Trusts the caller that a namespace of such actors is there.
    #[must_use]
    pub const fn from_ref(namespace: Ref) -> Namespace<M> {
        Namespace { namespace, takes: PhantomData }
    }

    #[must_use]
    #[allow(clippy::should_implement_trait, reason = "it gives a `Ref`, not a reference")]
    pub const fn as_ref(self) -> Ref {
        self.namespace
    }
}

impl<M> Clone for Namespace<M> {
    fn clone(&self) -> Namespace<M> {
        *self
    }
}

impl<M> Copy for Namespace<M> {}

impl<M> fmt::Debug for Namespace<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.namespace.fmt(f)
    }
}

impl<M> Serialize for Namespace<M> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.namespace.serialize(to)
    }
}

impl<'de, M> Deserialize<'de> for Namespace<M> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Namespace<M>, D::Error> {
        Ref::deserialize(from).map(Namespace::from_ref)
    }
}

impl<M> Message for Namespace<M> {
    fn put(&self, to: &mut Writer<'_>) {
        to.reference(self.namespace);
    }

    fn get(from: &mut Reader<'_>) -> Option<Namespace<M>> {
        from.reference().map(Namespace::from_ref)
    }
}

/// Why a key gives no actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotFound {
    Refused(namespace::Failure),
    /// The namespace did not answer.
    Call(Settle),
}

/// The arguments of a namespace of actors whose own argument is their key. For hosts.
#[must_use]
pub fn spec<A: Actor<Args = String>>(durability: Durability) -> Spec {
    Spec::new(A::NAME).durability(durability)
}

/// Reads what a namespace answered. For hosts.
///
/// # Errors
/// As the namespace says.
pub fn answer(body: &[u8]) -> Result<Reply, NotFound> {
    match peerd_otp::message::decode(body) {
        Some(Reply::Failed(why)) => Err(NotFound::Refused(why)),
        Some(reply) => Ok(reply),
        None => Err(NotFound::Call(Settle::Noreply)),
    }
}

/// Reads the answer to `Request::Get`. For hosts.
///
/// # Errors
/// As the namespace says.
pub fn found<M>(told: Result<(&[u8], &[Ref]), Settle>) -> Result<Addr<M>, NotFound> {
    let (body, refs) = told.map_err(NotFound::Call)?;
    answer(body)?;
    refs.first().map(|actor| Addr::from_ref(*actor)).ok_or(NotFound::Call(Settle::Noreply))
}

impl<A: Actor> Context<'_, '_, A> {
    /// A namespace of `B`s, linked to this actor and kept by it under this label.
    pub fn namespace<B: Actor<Args = String>>(&mut self, label: &str, durability: Durability) -> Namespace<B::Message> {
        Namespace::from_ref(namespace::spawn(self.cx, label, &spec::<B>(durability), &[]))
    }

    /// The actor of this key, made now if there is none.
    pub fn find<M: 'static>(
        &mut self,
        namespace: Namespace<M>,
        key: &str,
        then: impl FnOnce(Result<Addr<M>, NotFound>) -> A::Message + Send + 'static,
    ) {
        self.write(&peerd_otp::message::encode(&Request::Get(key.into())), &[]);
        self.call(CALL_MS, namespace.namespace, move |result| then(found(result.map(|answer| (answer.body, answer.refs)))));
    }
}
