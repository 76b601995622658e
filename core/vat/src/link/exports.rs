//! What of this vat others may name: the actors whose refs were lent to them, counted, until they are given back.
use crate::{Rights, VatId, refs::Key};
use alloc::{collections::BTreeMap, vec::Vec};

#[derive(Default)]
pub(crate) struct Exports {
    lent: BTreeMap<Key, Export>,
}

struct Export {
    /// All that was ever lent with it.
    rights: Rights,
    /// By holder. Less than none: it was given back by a vat that another vat has not yet said to have lent it to.
    copies: BTreeMap<VatId, i64>,
}

impl Exports {
    pub fn lend(&mut self, actor: Key, rights: Rights, to: VatId) {
        let export = self.lent.entry(actor).or_insert(Export { rights: Rights::NONE, copies: BTreeMap::new() });
        export.rights = export.rights.and(rights);
        *export.copies.entry(to).or_default() += 1;
        self.tidy(actor);
    }

    /// A holder has lent it on. Only what was lent can be, with the rights it was lent with.
    pub fn share(&mut self, actor: Key, rights: Rights, with: VatId) {
        if let Some(export) = self.lent.get(&actor) {
            let rights = rights.only(export.rights);
            self.lend(actor, rights, with);
        }
    }

    /// True: nobody has it any more.
    pub fn give_back(&mut self, actor: Key, copies: u32, by: VatId) -> bool {
        let Some(export) = self.lent.get_mut(&actor) else { return false };
        *export.copies.entry(by).or_default() -= i64::from(copies);
        self.tidy(actor)
    }

    pub fn rights(&self, actor: Key) -> Rights {
        self.lent.get(&actor).map_or(Rights::NONE, |export| export.rights)
    }

    /// A vat that is gone holds nothing any more. What nobody has now.
    pub fn forget_vat(&mut self, vat: VatId) -> Vec<Key> {
        let held: Vec<Key> = self.lent.iter().filter(|(_, export)| export.copies.contains_key(&vat)).map(|(key, _)| *key).collect();
        let mut gone = Vec::new();
        for actor in held {
            if let Some(export) = self.lent.get_mut(&actor) {
                export.copies.remove(&vat);
            }
            if self.tidy(actor) {
                gone.push(actor);
            }
        }
        gone
    }

    #[cfg(test)]
    pub fn live(&self) -> usize {
        self.lent.len()
    }

    fn tidy(&mut self, actor: Key) -> bool {
        let Some(export) = self.lent.get_mut(&actor) else { return false };
        export.copies.retain(|_, copies| *copies != 0);
        let is_gone = export.copies.is_empty();
        if is_gone {
            self.lent.remove(&actor);
        }
        is_gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTOR: Key = Key { index: 1, generation: 1 };

    #[test]
    fn a_ref_given_back_by_a_third_before_it_is_known_to_have_it_leaves_the_first_ones() {
        let mut exports = Exports::default();
        exports.lend(ACTOR, Rights::LENT, VatId(1));
        exports.give_back(ACTOR, 1, VatId(2));
        assert_eq!(exports.rights(ACTOR), Rights::LENT);
        exports.share(ACTOR, Rights::SEND, VatId(2));
        exports.give_back(ACTOR, 1, VatId(1));
        assert_eq!((exports.rights(ACTOR), exports.live()), (Rights::NONE, 0));
    }

    #[test]
    fn what_was_never_lent_cannot_be_shared_and_rights_are_not_gained_by_it() {
        let mut exports = Exports::default();
        exports.share(ACTOR, Rights::ALL, VatId(2));
        assert_eq!(exports.live(), 0);
        exports.lend(ACTOR, Rights::SEND, VatId(1));
        exports.share(ACTOR, Rights::ALL, VatId(2));
        assert_eq!(exports.rights(ACTOR), Rights::SEND);
    }
}
