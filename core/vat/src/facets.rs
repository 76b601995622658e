//! Refs that their maker can take back (semantics 6): what a revoked one is asked settles `revoked`.
//!
//! A facet has a key that no slot has, and stands for another ref; who sends through it is looked up when the send is
//! committed. A plain ref is never looked up here.
use crate::{
    Cx, Ref, Rights, Vat,
    entry::Sender,
    refs::{Key, Kind},
    turn::Effect,
};
use alloc::{collections::BTreeMap, vec::Vec};

/// The first number of a facet. Below are the ports, in what other vats are told; slots have a generation besides.
pub(crate) const FIRST: u32 = 1 << 17;
/// So many may be left behind by makers that have ended before they are looked for.
const LEFT_BEHIND_MAX: usize = 64;

#[derive(Default)]
pub(crate) struct Facets {
    made: BTreeMap<u32, Facet>,
    /// Numbers given out. None is ever given twice in one life of the vat, which a facet names instead of an incarnation: what a
    /// durable state kept of an older one is revoked.
    numbers: u32,
    life: u32,
    tidy_at: usize,
}

struct Facet {
    maker: Sender,
    target: Ref,
}

/// For the owner of a ref that lends it until further notice.
impl Cx<'_> {
    /// A ref to the same with the same rights, until this actor revokes it or ends. It is compared as itself, not as `to`. A
    /// reply address is lent as it is: its call ends it.
    #[must_use]
    pub fn facet(&mut self, to: Ref) -> Ref {
        let facets = &mut self.tables.facets;
        if to.is_one_shot() || facets.numbers > u32::MAX - FIRST {
            return to.attenuated(if to.is_one_shot() { Rights::ALL } else { Rights::NONE });
        }
        let number = FIRST + facets.numbers;
        facets.numbers += 1;
        self.tables.turn.effects.push(Effect::Facet { number, target: to });
        Ref { kind: Kind::Facet, key: Key { index: number, generation: 0 }, incarnation: facets.life, priority: false, ..to }
    }

    /// From the commit on nothing goes through it. What went through it before stands, links and watches, too.
    pub fn revoke(&mut self, facet: Ref) {
        self.tables.turn.effects.push(Effect::Revoke { facet });
    }
}

impl Facets {
    pub fn of_epoch(epoch: u64) -> Facets {
        // Epochs are counted by hand or by the host; none has that many.
        Facets { life: epoch as u32, ..Facets::default() }
    }

    fn get(&self, facet: Ref) -> Option<&Facet> {
        self.made.get(&facet.key.index).filter(|_| facet.incarnation == self.life)
    }
}

impl Vat {
    pub(crate) fn make_facet(&mut self, maker: Sender, number: u32, target: Ref) {
        if self.tables.facets.made.len() >= self.tables.facets.tidy_at {
            self.tidy_facets();
        }
        if target.kind == Kind::Far {
            self.links.hold(target.key);
        }
        self.tables.facets.made.insert(number, Facet { maker, target });
    }

    pub(crate) fn revoke(&mut self, me: Key, facet: Ref) {
        let facets = &mut self.tables.facets;
        if facet.kind == Kind::Facet && facets.get(facet).is_some_and(|facet| facet.maker.key == me) {
            let gone = facets.made.remove(&facet.key.index);
            self.let_facets_go(gone);
        }
    }

    /// The ref that this one stands for, with what both allow: never a facet, or one that no slot stands for. None: it is revoked,
    /// or its maker has ended.
    pub(crate) fn behind(&mut self, to: Ref) -> Option<Ref> {
        let mut to = to;
        // A facet stands for an older one or for none: this ends.
        while to.kind == Kind::Facet {
            let facet = self.tables.facets.get(to).filter(|facet| self.is_incarnation(facet.maker))?;
            to = facet.target.attenuated(to.rights);
        }
        Some(if to.kind == Kind::Lasting { self.stand_in_now(to) } else { to })
    }

    fn tidy_facets(&mut self) {
        let mut made = core::mem::take(&mut self.tables.facets.made);
        let left: Vec<Facet> = made.extract_if(.., |_, facet| !self.is_incarnation(facet.maker)).map(|(_, facet)| facet).collect();
        self.tables.facets.tidy_at = 2 * made.len().max(LEFT_BEHIND_MAX);
        self.tables.facets.made = made;
        self.let_facets_go(left);
    }

    fn let_facets_go(&mut self, facets: impl IntoIterator<Item = Facet>) {
        for facet in facets {
            if facet.target.kind == Kind::Far {
                self.links.let_go(facet.target.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_facet_of_an_older_life_of_the_vat_is_nobodys() {
        let facet = |life| Ref { kind: Kind::Facet, ..Ref::actor(Key { index: FIRST, generation: 0 }, life, Rights::ALL) };
        let mut facets = Facets::of_epoch(2);
        facets.made.insert(FIRST, Facet { maker: Sender::HOST, target: facet(2) });
        assert!(facets.get(facet(2)).is_some() && facets.get(facet(1)).is_none());
    }
}
