//! Typed addresses: of an actor that takes one kind of message, and of whoever waits for one answer.
use crate::Object;
use core::{fmt, marker::PhantomData};
use peerd_vat::Rights;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An actor that takes messages of type `M`. A capability: whoever has it can send. Copies are free.
pub struct Addr<M> {
    to: peerd_vat::Ref,
    takes: PhantomData<fn(M)>,
}

impl<M> Addr<M> {
    /// Trusts the caller that whoever is there takes such messages; one that does not crashes, or ignores them.
    #[must_use]
    pub const fn from_ref(to: peerd_vat::Ref) -> Addr<M> {
        Addr { to, takes: PhantomData }
    }

    #[must_use]
    #[allow(clippy::should_implement_trait, reason = "it gives a `Ref`, not a reference")]
    pub const fn as_ref(self) -> peerd_vat::Ref {
        self.to
    }

    /// The same address, keeping these rights when it is next put in a message. Without it: send and watch.
    #[must_use]
    pub const fn lending(self, rights: Rights) -> Addr<M> {
        Addr::from_ref(self.to.lending(rights))
    }
}

impl<M> Clone for Addr<M> {
    fn clone(&self) -> Addr<M> {
        *self
    }
}

impl<M> Copy for Addr<M> {}

impl<M> PartialEq for Addr<M> {
    fn eq(&self, other: &Addr<M>) -> bool {
        self.to == other.to
    }
}

impl<M> Eq for Addr<M> {}

impl<M> fmt::Debug for Addr<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to.fmt(f)
    }
}

impl<M> Serialize for Addr<M> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.to.serialize(to)
    }
}

impl<'de, M> Deserialize<'de> for Addr<M> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Addr<M>, D::Error> {
        peerd_vat::Ref::deserialize(from).map(Addr::from_ref)
    }
}

/// An object of some actor, by message: what `Near` is inside its actor. A capability: whoever has it can send, and do no more.
pub type Ref<T> = Addr<<T as Object>::Message>;

/// Whoever waits for a `T`: answered once, by `Context::reply`. Kept in the state, the call stays open; dropped, its caller is
/// told `noreply`; sent on, the receiver answers.
pub struct Reply<T> {
    /// None in the one that a caller writes: the kernel sends its own.
    to: Option<peerd_vat::Ref>,
    takes: PhantomData<fn(T)>,
}

impl<T> Reply<T> {
    pub(crate) const fn to(address: peerd_vat::Ref) -> Reply<T> {
        Reply { to: Some(address), takes: PhantomData }
    }

    /// What a question is made around: the kernel puts its own address there. For a host that asks for native code.
    #[must_use]
    pub const fn mine() -> Reply<T> {
        Reply { to: None, takes: PhantomData }
    }

    /// Where the answer goes. For a host whose native code was asked.
    #[must_use]
    pub const fn address(&self) -> Option<peerd_vat::Ref> {
        self.to
    }
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({:?})", self.to)
    }
}

impl<T> Serialize for Reply<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.to.serialize(to)
    }
}

impl<'de, T> Deserialize<'de> for Reply<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Reply<T>, D::Error> {
        Ok(Reply { to: Option::deserialize(from)?, takes: PhantomData })
    }
}
