//! What an owner sees of those whose identities it keeps.
use crate::{Cx, Ref, Rights, refs::Key, slots::Flags};

/// A child whose identity this actor keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptChild<'a> {
    /// Under which it is kept; empty for one that only its ref leads to.
    pub id: &'a str,
    pub actor: Ref,
    pub is_live: bool,
    /// Something waits for its next turn.
    pub has_messages: bool,
}

impl Cx<'_> {
    /// The one kept under this id, as turns before this one left it.
    #[must_use]
    pub fn kept_child(&self, id: &str) -> Option<KeptChild<'_>> {
        self.tables.slots.kept_child(self.me, id).map(|child| self.see(child))
    }

    /// All of them, eldest first; at init also those that an earlier life of its vat has left, which nobody has started yet.
    pub fn kept_children(&self) -> impl Iterator<Item = KeptChild<'_>> {
        self.tables.slots.kept(self.me).map(|child| self.see(child))
    }

    fn see(&self, child: Key) -> KeptChild<'_> {
        let header = self.tables.slots.get(child).expect("a kept child has its slot");
        KeptChild {
            id: self.tables.slots.life(child).rare.as_ref().map_or("", |rare| &rare.kept_as),
            actor: Ref::actor(child, 0, Rights::ALL),
            is_live: header.flags.has(Flags::LIVE),
            has_messages: !header.mailbox.is_none() || header.load.entries() > 0,
        }
    }
}
