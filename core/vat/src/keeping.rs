//! What an owner sees of those whose identities it keeps.
use crate::{
    ActorId, Cx, Ref, Rights,
    refs::Key,
    slots::Flags,
    turn::{Effect, Touched},
};
use alloc::string::String;

/// A child whose identity this actor keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptChild<'a> {
    /// Under which it is kept; empty for one that only its ref leads to.
    pub id: &'a str,
    pub actor: Ref,
    pub is_live: bool,
    /// Something waits for its next turn.
    pub has_messages: bool,
    /// `recover_children` begins its next life.
    pub recovers: bool,
}

impl Cx<'_> {
    /// The one kept under this id, as turns before this one left it.
    #[must_use]
    pub fn kept_child<'k>(&self, id: &'k str) -> Option<KeptChild<'k>> {
        self.tables.kept_child(self.me, id).map(|child| self.see(child, id))
    }

    /// Those that are in memory, eldest first; at init all that an earlier life of its vat has left, which nobody has started yet.
    pub fn kept_children(&self) -> impl Iterator<Item = KeptChild<'_>> {
        self.tables.slots.kept(self.me).map(|child| self.see(child, self.tables.slots.id(child)))
    }

    /// Begins the next life of all that an earlier life of their vat has left, or that have ended, and whose init has committed:
    /// linked, with the state of their last commit, in line for what waits for them. Nobody else has a turn for that.
    pub fn recover_children(&mut self) {
        self.tables.turn.touch(Touched::MORE);
        self.tables.turn.effects.push(Effect::RecoverChildren);
    }

    /// The ids of all, in no order. One that is out of memory is looked up there.
    pub fn kept_ids(&self) -> impl Iterator<Item = String> {
        let ours = self.tables.slots.keys_from(0).filter(|key| self.tables.slots.is_kept_by(*key, self.me));
        ours.map(|key| self.tables.id_of(key)).filter(|id| !id.is_empty())
    }

    /// Under which this child is kept. None: it is no child of this actor, or is kept under none.
    #[must_use]
    pub fn kept_id(&self, child: Ref) -> Option<String> {
        let ActorId(key) = child.actor_id().filter(|id| self.tables.slots.is_kept_by(id.0, self.me))?;
        Some(self.tables.id_of(key)).filter(|id| !id.is_empty())
    }

    fn see<'k>(&self, child: Key, id: &'k str) -> KeptChild<'k> {
        let header = self.tables.slots.get(child).expect("a kept child has its slot");
        KeptChild {
            id,
            actor: Ref::actor(child, 0, Rights::ALL),
            is_live: header.flags.has(Flags::LIVE),
            recovers: self.tables.slots.recovers(child),
            has_messages: !header.mailbox.is_none() || header.load.entries() > 0,
        }
    }
}
