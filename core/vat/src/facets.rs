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
    /// The names of objects that other vats know.
    exported: BTreeMap<Ref, u32>,
    /// Numbers given out. None is ever given twice in one life of the vat, which a facet names instead of an incarnation: what a
    /// durable state kept of an older one is revoked.
    numbers: u32,
    life: u32,
    tidy_at: usize,
}

struct Facet {
    /// None: the kernel, for an object that another vat knows.
    maker: Option<Sender>,
    target: Ref,
}

/// For the owner of a ref that lends it until further notice.
impl Cx<'_> {
    /// A ref to the same with the same rights, until this actor revokes it or ends. It is compared as itself, not as `to`. A
    /// reply address is lent as it is: its call ends it.
    #[must_use]
    pub fn facet(&mut self, to: Ref) -> Ref {
        let facets = &mut self.tables.facets;
        if to.is_one_shot() {
            return to;
        }
        let Some(number) = facets.take_number() else { return to.attenuated(Rights::NONE) };
        self.tables.turn.effects.push(Effect::Facet { number, target: to });
        facets.name(number, to)
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

    fn take_number(&mut self) -> Option<u32> {
        let number = self.numbers.checked_add(FIRST)?;
        self.numbers += 1;
        Some(number)
    }

    fn name(&self, number: u32, target: Ref) -> Ref {
        Ref { kind: Kind::Facet, key: Key { index: number, generation: 0 }, incarnation: self.life, priority: false, ..target }
    }

    #[cfg(test)]
    pub fn exported(&self) -> usize {
        self.exported.len()
    }

    fn get(&self, facet: Ref) -> Option<&Facet> {
        self.made.get(&facet.key.index).filter(|_| facet.incarnation == self.life)
    }
}

impl Vat {
    pub(crate) fn make_facet(&mut self, maker: Option<Sender>, number: u32, target: Ref) {
        if self.tables.facets.made.len() >= self.tables.facets.tidy_at {
            self.tidy_facets();
        }
        match target.kind {
            Kind::Far => self.links.hold(target.key),
            Kind::Object => self.tables.objects.hold(target),
            _ => {}
        }
        self.tables.facets.made.insert(number, Facet { maker, target });
    }

    pub(crate) fn revoke(&mut self, me: Key, facet: Ref) {
        let facets = &mut self.tables.facets;
        if facet.kind == Kind::Facet && facets.get(facet).is_some_and(|facet| facet.maker.is_some_and(|maker| maker.key == me)) {
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
            let facet = self.tables.facets.get(to).filter(|facet| self.stands(facet))?;
            to = facet.target.attenuated(to.rights);
        }
        Some(if to.kind == Kind::Lasting { self.stand_in_now(to) } else { to })
    }

    fn stands(&self, facet: &Facet) -> bool {
        facet.maker.is_none_or(|maker| self.is_incarnation(maker))
    }

    /// What other vats call this object, as long as one of them has a ref to it. None: no numbers are left.
    pub(crate) fn export_object(&mut self, object: Ref) -> Option<Ref> {
        let facets = &mut self.tables.facets;
        let number = match facets.exported.get(&object) {
            Some(number) => *number,
            None => {
                let number = facets.take_number()?;
                facets.exported.insert(object, number);
                self.make_facet(None, number, object.attenuated(Rights::LENT));
                number
            }
        };
        Some(self.tables.facets.name(number, object))
    }

    /// The object that another vat has this name of.
    pub(crate) fn exported_object(&self, facet: Ref) -> Option<Ref> {
        let facet = self.tables.facets.get(facet).filter(|facet| facet.maker.is_none())?;
        Some(facet.target)
    }

    /// No other vat has this name any more.
    pub(crate) fn end_export(&mut self, name: Key) {
        let facets = &mut self.tables.facets;
        if name.generation == 0 && facets.made.get(&name.index).is_some_and(|facet| facet.maker.is_none()) {
            let gone = facets.made.remove(&name.index);
            if let Some(facet) = &gone {
                facets.exported.remove(&facet.target);
            }
            self.let_facets_go(gone);
        }
    }

    fn tidy_facets(&mut self) {
        let mut made = core::mem::take(&mut self.tables.facets.made);
        let left: Vec<Facet> = made.extract_if(.., |_, facet| !self.stands(facet)).map(|(_, facet)| facet).collect();
        self.tables.facets.tidy_at = 2 * made.len().max(LEFT_BEHIND_MAX);
        self.tables.facets.made = made;
        self.let_facets_go(left);
    }

    fn let_facets_go(&mut self, facets: impl IntoIterator<Item = Facet>) {
        for facet in facets {
            match facet.target.kind {
                Kind::Far => self.links.let_go(facet.target.key),
                Kind::Object => self.tables.objects.let_go(facet.target),
                _ => {}
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
        facets.made.insert(FIRST, Facet { maker: None, target: facet(2) });
        assert!(facets.get(facet(2)).is_some() && facets.get(facet(1)).is_none());
    }
}
