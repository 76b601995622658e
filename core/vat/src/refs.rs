//! What an actor may hold: unforgeable references with rights, and the ids it gets back from verbs.
use core::{cmp::Ordering, fmt, hash};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};

/// Index and generation of a place in one of the kernel's tables. A generation is never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Key {
    pub index: u32,
    pub generation: u32,
}

/// A capability to an actor, to one answer, or to the host.
///
/// Obtained by `spawn`, from a message or as an endowment, never made. Two refs are equal when they name the same thing;
/// rights don't count, so that a lent ref is found among one's own.
///
/// It serialises for native state only, between the turns of the actor that holds it (binary formats; a text format is
/// refused). In messages refs travel in the envelope's table, nowhere else.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Ref {
    pub(crate) kind: Kind,
    pub(crate) rights: Rights,
    /// What remains of the rights when this ref is put in a message.
    pub(crate) lends: Rights,
    /// For an actor: what is sent through it goes ahead of what waits.
    pub(crate) priority: bool,
    pub(crate) key: Key,
    /// For an actor: the one incarnation it is pinned to, 0 = whichever lives.
    pub(crate) incarnation: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(crate) enum Kind {
    Actor = 1,
    Port = 2,
    OneShot = 3,
    /// An actor of another vat, by the slot that stands for it here.
    Far = 4,
    /// What stands for another ref until its maker takes it back.
    Facet = 5,
    /// A durable actor of another vat, by its own name there, which is good in all lives of both vats. No slot stands for it before
    /// it is used.
    Lasting = 6,
    /// Something inside an actor of this vat. Its number stands where others have an incarnation: it is of the identity.
    Object = 7,
    /// Last among the refs of a message, and nowhere else: the object that it is for.
    Address = 8,
}

/// What a ref allows (semantics 6). A missing right settles `revoked`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights(pub(crate) u8);

impl Rights {
    pub const NONE: Rights = Rights(0);
    pub const SEND: Rights = Rights(1);
    pub const WATCH: Rights = Rights(2);
    pub const LINK: Rights = Rights(4);
    /// Exit and kill, and system messages: suspend, state, upgrade, trace, rest.
    pub const CONTROL: Rights = Rights(8);
    pub const ALL: Rights = Rights(15);
    /// What a ref keeps when it is put in a message and nothing else was named.
    pub const LENT: Rights = Rights(1 | 2);

    #[must_use]
    pub const fn and(self, more: Rights) -> Rights {
        Rights(self.0 | more.0)
    }

    #[must_use]
    pub const fn contain(self, all: Rights) -> bool {
        self.0 & all.0 == all.0
    }

    pub(crate) const fn only(self, at_most: Rights) -> Rights {
        Rights(self.0 & at_most.0)
    }
}

impl Key {
    /// Nothing is ever found under it: generations begin at 1.
    pub const NONE: Key = Key { index: 0, generation: 0 };

    #[inline]
    pub const fn to_bytes(self) -> [u8; 8] {
        (self.index as u64 | (self.generation as u64) << 32).to_le_bytes()
    }

    #[inline]
    pub const fn from_bytes(bytes: [u8; 8]) -> Key {
        let both = u64::from_le_bytes(bytes);
        Key { index: both as u32, generation: (both >> 32) as u32 }
    }
}

impl Ref {
    pub(crate) const fn actor(key: Key, incarnation: u32, rights: Rights) -> Ref {
        Ref { kind: Kind::Actor, rights, lends: Rights::LENT, key, incarnation, priority: false }
    }

    pub(crate) const fn far(key: Key, incarnation: u32, rights: Rights) -> Ref {
        Ref { kind: Kind::Far, rights, lends: Rights::LENT, key, incarnation, priority: false }
    }

    /// Whose vat it is stands where others have an incarnation: it is of the identity.
    pub(crate) const fn lasting(VatId(vat): VatId, key: Key, rights: Rights) -> Ref {
        Ref { kind: Kind::Lasting, rights, lends: Rights::LENT, key, incarnation: vat, priority: false }
    }

    /// Of a lasting one.
    pub(crate) const fn vat(self) -> VatId {
        VatId(self.incarnation)
    }

    pub(crate) const fn one_shot(key: Key) -> Ref {
        Ref { kind: Kind::OneShot, rights: Rights::SEND, lends: Rights::LENT, key, incarnation: 0, priority: false }
    }

    pub(crate) const fn port(port: PortId) -> Ref {
        let key = Key { index: port.0 as u32, generation: 0 };
        Ref { kind: Kind::Port, rights: Rights::LENT, lends: Rights::LENT, key, incarnation: 0, priority: false }
    }

    #[must_use]
    pub const fn rights(self) -> Rights {
        self.rights
    }

    /// The same ref with at most these rights.
    #[must_use]
    pub const fn attenuated(self, at_most: Rights) -> Ref {
        Ref { rights: self.rights.only(at_most), ..self }
    }

    /// The same ref, keeping these rights (as far as it has them) when it is next put in a message.
    #[must_use]
    pub const fn lending(self, rights: Rights) -> Ref {
        Ref { lends: rights, ..self }
    }

    /// What arrives when this ref is put in a message.
    pub(crate) const fn lent(self) -> Ref {
        Ref { rights: self.rights.only(self.lends), lends: Rights::LENT, ..self }
    }

    /// True for a ref that breaks for ever when the incarnation it names ends.
    #[must_use]
    pub const fn is_pinned(self) -> bool {
        self.incarnation != 0 && !matches!(self.kind, Kind::Facet | Kind::Lasting | Kind::Object | Kind::Address)
    }

    /// True when its actor is in this vat. A reply address and a facet are near: what stands behind it is the kernel's business.
    #[must_use]
    pub const fn is_near(self) -> bool {
        !matches!(self.kind, Kind::Far | Kind::Lasting)
    }

    /// True for a ref that its actor minted by `Cx::priority`.
    #[must_use]
    pub const fn is_priority(self) -> bool {
        self.priority
    }

    /// Whoever lives there, through the normal lane, and a send is allowed.
    #[inline]
    pub(crate) const fn is_plain(self) -> bool {
        // One comparison of one word: this is asked of every message.
        let asked = u32::from_le_bytes([self.kind as u8, self.rights.0 & Rights::SEND.0, 0, self.priority as u8]);
        asked == u32::from_le_bytes([Kind::Actor as u8, Rights::SEND.0, 0, 0]) && self.incarnation == 0
    }

    /// True for a reply address.
    #[must_use]
    pub const fn is_one_shot(self) -> bool {
        matches!(self.kind, Kind::OneShot)
    }

    /// The port this ref stands for, if it does.
    #[must_use]
    pub const fn as_port(self) -> Option<PortId> {
        match self.kind {
            Kind::Port => Some(PortId(self.key.index as u16)),
            Kind::Actor | Kind::Far | Kind::OneShot | Kind::Facet | Kind::Lasting | Kind::Object | Kind::Address => None,
        }
    }

    /// The actor's id, as rows, reports and traces name it.
    #[must_use]
    pub const fn actor_id(self) -> Option<ActorId> {
        match self.kind {
            Kind::Actor | Kind::Far => Some(ActorId(self.key)),
            Kind::Port | Kind::OneShot | Kind::Facet | Kind::Lasting | Kind::Object | Kind::Address => None,
        }
    }

    /// Whether those who have it are counted.
    pub(crate) const fn is_counted(self) -> bool {
        matches!(self.kind, Kind::OneShot | Kind::Far | Kind::Object | Kind::Address)
    }

    const fn identity(self) -> (Kind, Key, u32) {
        (self.kind, self.key, self.incarnation)
    }

    /// The form a ref has in state, by which the kernel finds what a state holds (see `held.rs`).
    #[must_use]
    pub const fn to_bytes(self) -> [u8; REF_BYTES] {
        let (i, g, n) = (self.key.index.to_le_bytes(), self.key.generation.to_le_bytes(), self.incarnation.to_le_bytes());
        let kind = self.kind as u8 | if self.priority { PRIORITY_BIT } else { 0 };
        [REF_MARK, kind, self.rights.0, self.lends.0, i[0], i[1], i[2], i[3], g[0], g[1], g[2], g[3], n[0], n[1], n[2], n[3]]
    }

    /// Of bytes that `to_bytes` gave.
    #[inline]
    pub(crate) fn is_counted_as_bytes(bytes: &[u8]) -> bool {
        const ONE_SHOT: u8 = Kind::OneShot as u8;
        const FAR: u8 = Kind::Far as u8;
        const OBJECT: u8 = Kind::Object as u8;
        const ADDRESS: u8 = Kind::Address as u8;
        matches!(bytes[1] & !PRIORITY_BIT, ONE_SHOT | FAR | OBJECT | ADDRESS)
    }

    /// None: these bytes are no ref.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Ref> {
        let bytes: &[u8; REF_BYTES] = bytes.try_into().ok()?;
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let priority = bytes[1] & PRIORITY_BIT != 0;
        let kind = match (bytes[0], bytes[1] & !PRIORITY_BIT) {
            (REF_MARK, 1) => Kind::Actor,
            (REF_MARK, 4) => Kind::Far,
            (REF_MARK, 6) => Kind::Lasting,
            (REF_MARK, 7) => Kind::Object,
            (REF_MARK, 8) => Kind::Address,
            _ if priority => return None,
            (REF_MARK, 2) => Kind::Port,
            (REF_MARK, 3) => Kind::OneShot,
            (REF_MARK, 5) => Kind::Facet,
            _ => return None,
        };
        let key = Key { index: word(4), generation: word(8) };
        Some(Ref { kind, rights: Rights(bytes[2]), lends: Rights(bytes[3]), key, incarnation: word(12), priority })
    }
}

pub(crate) const REF_BYTES: usize = 16;
pub(crate) const REF_MARK: u8 = 0xA7;
const PRIORITY_BIT: u8 = 0x80;

impl PartialEq for Ref {
    fn eq(&self, other: &Ref) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Ref {}

impl PartialOrd for Ref {
    fn partial_cmp(&self, other: &Ref) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ref {
    fn cmp(&self, other: &Ref) -> Ordering {
        self.identity().cmp(&other.identity())
    }
}

impl hash::Hash for Ref {
    fn hash<H: hash::Hasher>(&self, to: &mut H) {
        self.identity().hash(to);
    }
}

impl fmt::Debug for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({}:{})", self.kind, self.key.index, self.key.generation)?;
        if self.is_pinned() { write!(f, "#{}", self.incarnation) } else { Ok(()) }
    }
}

impl Serialize for Ref {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() {
            return Err(S::Error::custom("a ref travels in the message's table of refs, not in its text"));
        }
        self.to_bytes().serialize(to)
    }
}

/// How a ref to nobody lies in a state: for whoever makes up a state to see what it is made of.
pub const REF_TO_NOBODY: [u8; REF_BYTES] = Ref::actor(Key::NONE, 0, Rights::NONE).to_bytes();

impl<'de> Deserialize<'de> for Ref {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Ref, D::Error> {
        if from.is_human_readable() {
            return Err(D::Error::custom("a ref travels in the message's table of refs, not in its text"));
        }
        let bytes = <[u8; REF_BYTES]>::deserialize(from)?;
        Ref::from_bytes(&bytes).ok_or_else(|| D::Error::custom("not a ref"))
    }
}

/// Names an actor for people and tools. Not a capability: nothing can be sent to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ActorId(pub(crate) Key);

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0.index, self.0.generation)
    }
}

/// Which life of an actor: 1 at birth, one more per restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Incarnation(pub u32);

/// Names a vat of this installation. Not a capability: what reaches it is a ref.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct VatId(pub u32);

/// A door to the host, named by a small number that host and boot agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortId(pub u16);

/// One call of this actor, until its reply event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CallId(pub(crate) Key);

/// One watch of this actor, until its down event or `unwatch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WatchId(pub(crate) Key);
