//! Typed addresses: of an actor that takes one kind of message, and of whoever waits for one answer. Inside they are numbers that mean
//! something in one turn only: kept in the state or sent, they are translated by the host.
use crate::{
    Message, Reader, Writer,
    wire::{INDEX, RIGHTS_SHIFT},
};
use core::{fmt, marker::PhantomData};

/// An actor that takes messages of type `M`. A capability: whoever has it can send. Copies are free.
pub struct Addr<M> {
    /// With what it lends in the high bits.
    index: u32,
    takes: PhantomData<fn(M)>,
}

/// What a ref allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights(pub(crate) u8);

impl Rights {
    pub const SEND: Rights = Rights(1);
    pub const WATCH: Rights = Rights(2);
    pub const LINK: Rights = Rights(4);
    pub const CONTROL: Rights = Rights(8);
    pub const ALL: Rights = Rights(15);

    #[must_use]
    pub const fn and(self, more: Rights) -> Rights {
        Rights(self.0 | more.0)
    }
}

impl<M> Addr<M> {
    pub(crate) const fn of(index: u32) -> Addr<M> {
        Addr { index, takes: PhantomData }
    }

    pub(crate) const fn index(self) -> u32 {
        self.index & INDEX
    }

    /// The same address, keeping these rights when it is next put in a message. Without it: send and watch.
    #[must_use]
    pub const fn lending(self, rights: Rights) -> Addr<M> {
        Addr::of(self.index & INDEX | (rights.0 as u32) << RIGHTS_SHIFT)
    }

    /// Trusts the caller that whoever is there takes such messages.
    #[must_use]
    pub const fn cast<N>(self) -> Addr<N> {
        Addr::of(self.index)
    }
}

impl<M> Clone for Addr<M> {
    fn clone(&self) -> Addr<M> {
        *self
    }
}

impl<M> Copy for Addr<M> {}

impl<M> fmt::Debug for Addr<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Addr({})", self.index())
    }
}

impl<M> Message for Addr<M> {
    fn put(&self, to: &mut Writer<'_>) {
        to.reference(self.index);
    }

    fn get(from: &mut Reader<'_>) -> Option<Addr<M>> {
        from.reference().map(Addr::of)
    }
}

/// Whoever waits for a `T`: answered once, by `Context::reply`. Kept in the state, the call stays open; dropped, its caller is told
/// `noreply`; sent on, the receiver answers.
pub struct Reply<T> {
    /// None in the one that a caller writes: the kernel sends its own.
    index: Option<u32>,
    takes: PhantomData<fn(T)>,
}

impl<T> Reply<T> {
    pub(crate) const fn mine() -> Reply<T> {
        Reply { index: None, takes: PhantomData }
    }

    pub(crate) const fn index(&self) -> Option<u32> {
        self.index
    }
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({:?})", self.index)
    }
}

/// Nothing is written for the address that comes with the call. One that was received goes among the refs: who gets it answers.
impl<T> Message for Reply<T> {
    fn put(&self, to: &mut Writer<'_>) {
        if let Some(index) = self.index {
            to.reference(index);
        }
    }

    fn get(from: &mut Reader<'_>) -> Option<Reply<T>> {
        let index = from.reply().or_else(|| from.reference())?;
        Some(Reply { index: Some(index), takes: PhantomData })
    }
}
