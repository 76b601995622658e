//! An image cut into pieces, in the one order that its hash is over.
use crate::{Actor, Hash, Image, Part, check::Digest};
use alloc::{boxed::Box, vec::Vec};
use core::ops::Bound;

/// A piece that has not been given out yet: so many of its section have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    section: Section,
    given: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Vat,
    Actor(Actor),
    Rest,
    End,
}

impl Cursor {
    pub const START: Cursor = Cursor { section: Section::Vat, given: 0 };

    pub fn is_end(self) -> bool {
        self.section == Section::End
    }
}

impl Image {
    /// Gives out the pieces from `from` on, as long as `visit` takes them. The one that it refuses is the next to come.
    pub(crate) fn pieces(&self, from: Cursor, visit: &mut dyn FnMut(Part<'_>) -> bool) -> Cursor {
        let mut at = from;
        while let Some(parts) = self.section(at.section) {
            for part in parts.skip(at.given) {
                if !visit(part) {
                    return at;
                }
                at.given += 1;
            }
            at = Cursor { section: self.after(at.section), given: 0 };
        }
        at
    }

    fn section(&self, section: Section) -> Option<Box<dyn Iterator<Item = Part<'_>> + '_>> {
        let Image { position, epoch, is_closed, over, .. } = *self;
        Some(match section {
            Section::Vat => Box::new(core::iter::once(Part::Vat { position, epoch, is_closed, over })),
            Section::Actor(actor) => Box::new(self.actors[&actor].parts(actor)),
            Section::Rest => Box::new(self.rest()),
            Section::End => return None,
        })
    }

    fn after(&self, section: Section) -> Section {
        let above = match section {
            Section::Vat => Bound::Unbounded,
            Section::Actor(actor) => Bound::Excluded(actor),
            Section::Rest | Section::End => return Section::End,
        };
        self.actors.range((above, Bound::Unbounded)).next().map_or(Section::Rest, |(actor, _)| Section::Actor(*actor))
    }

    fn rest(&self) -> impl Iterator<Item = Part<'_>> {
        let outbox = self.outbox.iter().map(|(&(peer, epoch, seq), bytes)| Part::Out { peer, epoch, seq, bytes });
        let inbox = self.inbox.iter().map(|(&peer, &(epoch, seq))| Part::Inbox { peer, epoch, seq });
        let asked = self.asked.iter().map(|(&id, asked)| Part::Asked {
            id,
            actor: asked.actor,
            delivery: asked.delivery,
            is_attempted: asked.is_attempted,
            bytes: &asked.bytes,
        });
        let leases = self.leases.iter().map(|(&shard, lease)| Part::Lease {
            shard,
            epoch: lease.epoch,
            holder: lease.holder,
            is_sealed: lease.is_sealed,
        });
        let carried = self.carried.iter().map(|(&actor, bytes)| Part::Carried { actor, bytes });
        outbox.chain(inbox).chain(asked).chain(leases).chain(carried)
    }

    /// Of all pieces: equal images have equal hashes, and no others.
    #[must_use]
    pub fn hash(&self) -> Hash {
        let (mut digest, mut bytes) = (Digest::default(), Vec::new());
        self.pieces(Cursor::START, &mut |part| {
            digest.part(part, &mut bytes);
            true
        });
        digest.hash()
    }
}
