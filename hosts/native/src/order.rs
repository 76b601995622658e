//! What native code and the root of its vat say to each other.
use peerd::{Message, Reader, Writer};
use peerd_vat::{Reason, Settle};

/// What native code wants of the root, after the number under which it waits for one word.
#[derive(Message)]
pub(crate) enum Order {
    /// Refs: the arguments'.
    Spawn { behaviour: String, args: Bytes },
    /// The one of this id: durable, or a supervisor or a namespace of such. Refs: the arguments'.
    Keep { id: String, behaviour: String, args: Bytes },
    /// Refs: who is asked, then the question's.
    Ask { ms: u64, body: Bytes },
    /// Refs: whose end is waited for.
    Watch,
    /// Refs: an actor of another vat, then the message's. What is told an actor of this vat does not go by the root.
    Tell { body: Bytes },
    /// Refs: an actor of another vat.
    Exit { reason: Reason },
    /// Refs: whom the root of that vat is to know.
    Introduce { to: u32 },
    /// From another root. Refs: whom native code of this vat asked it for.
    Meet,
    /// The word is not waited for any more.
    Forget,
    /// All that were spawned end, the last first, and then the root.
    Stop,
}

impl Order {
    /// It is about the actor that its first ref is of.
    pub const fn is_about_first(&self) -> bool {
        match self {
            Order::Ask { .. } | Order::Watch | Order::Tell { .. } | Order::Exit { .. } => true,
            Order::Spawn { .. } | Order::Keep { .. } | Order::Introduce { .. } | Order::Meet | Order::Forget | Order::Stop => false,
        }
    }
}

/// What the root says to native code, with the refs of it.
#[derive(Message)]
pub(crate) struct Word {
    pub id: u64,
    pub said: Result<Bytes, Settle>,
}

/// Written at once, not byte by byte.
pub(crate) struct Bytes(pub Vec<u8>);

impl Message for Bytes {
    fn put(&self, to: &mut Writer<'_>) {
        to.length(self.0.len());
        to.bytes(&self.0);
    }

    fn get(from: &mut Reader<'_>) -> Option<Bytes> {
        let length = from.length()?;
        from.bytes(length).map(|bytes| Bytes(bytes.into()))
    }
}
