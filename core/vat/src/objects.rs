//! Refs to what is inside an actor (semantics 6, facets): a message through one says which of its objects it is for.
//!
//! A ref to an object names the actor and a number that only this actor gives a meaning. It sends and watches and can do nothing
//! else to the actor around it. Who has such a ref is counted, so that the actor can let an object go that nobody else knows. Nothing
//! is looked up on the way: the message has the address as the last of its refs, and no turn sees it there.
use crate::{
    Cx, Ref, Rights, Vat,
    entry::{Entry, Envelope, Marks},
    held::find_counted,
    refs::{Key, Kind},
    slab::Handle,
};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};

/// Numbers below are the behaviour's own, with a fixed meaning; those from here on are given out, and none twice to one identity.
const FRESH: u32 = 1_024;

#[derive(Default)]
pub(crate) struct Objects {
    held: BTreeMap<(Key, u32), Held>,
    /// Nobody has a ref to them any more, and their actor has not asked yet.
    left: BTreeSet<(Key, u32)>,
    /// The next fresh one of each actor that has had some.
    next: BTreeMap<Key, u32>,
}

#[derive(Default)]
struct Held {
    /// Messages, facets and other actors that have a ref to it.
    copies: u32,
    /// The turn whose new state was last found to have one.
    seen: u64,
}

/// For an actor that is more than one thing to others.
impl Cx<'_> {
    /// A ref to an object of this actor, to send and to watch.
    #[must_use]
    pub fn object(&self, number: u32) -> Ref {
        Ref::object_of(self.me, number)
    }

    /// A number that no object of this actor has had, in none of its lives in this vat's.
    ///
    /// # Panics
    /// After four billion objects of one identity.
    pub fn fresh_object(&mut self) -> u32 {
        let next = self.tables.objects.next.entry(self.me).or_insert(FRESH);
        let number = *next;
        *next = number.checked_add(1).expect("one actor has had four billion objects");
        number
    }

    /// Fresh numbers are above this one: for an actor that goes on from an earlier life's state.
    pub fn has_object(&mut self, number: u32) {
        let next = self.tables.objects.next.entry(self.me).or_insert(FRESH);
        *next = (*next).max(number.saturating_add(1));
    }

    /// Which object the message of this turn is for. None: it is for the actor itself.
    #[must_use]
    pub fn addressed(&self) -> Option<u32> {
        self.tables.turn.object
    }

    /// The number of this object, if it is one of this actor.
    #[must_use]
    pub fn own_object(&self, item: Ref) -> Option<u32> {
        (item.kind == Kind::Object && item.key == self.me).then_some(item.incarnation)
    }

    /// The numbers of this actor's objects whose refs lie in these bytes. Other bytes may look the same.
    pub fn own_objects_in(&self, bytes: &[u8]) -> impl Iterator<Item = u32> {
        find_counted(bytes).filter_map(|item| self.own_object(item))
    }

    /// Whether a message, a facet or another actor has a ref to it, as far as turns have committed. What a host has been given
    /// stays held.
    #[must_use]
    pub fn is_held(&self, number: u32) -> bool {
        self.tables.objects.held.contains_key(&(self.me, number))
    }

    /// How many objects of this actor have been let go of since it last forgot them.
    #[must_use]
    pub fn let_go(&self) -> usize {
        self.tables.objects.left.range((self.me, 0)..=(self.me, u32::MAX)).count()
    }

    /// It has looked after those that were let go of.
    pub fn forget_let_go(&mut self) {
        self.tables.objects.forget_left(self.me);
    }
}

impl Ref {
    const fn object_of(actor: Key, number: u32) -> Ref {
        Ref { kind: Kind::Object, rights: Rights::LENT, lends: Rights::LENT, key: actor, incarnation: number, priority: false }
    }

    /// The object of this number of that actor, for whoever has the control right over it; for others a ref to nobody.
    #[must_use]
    pub const fn object(self, number: u32) -> Ref {
        match self.kind {
            Kind::Actor if self.rights.contain(Rights::CONTROL) && !self.is_pinned() => Ref::object_of(self.key, number),
            _ => Ref::nobody(),
        }
    }

    /// What is sent through it goes ahead of all that waits (EEP 76). Needs the control right, as `object` does; without it the ref
    /// is as it was.
    #[must_use]
    pub const fn object_ahead(self, number: u32) -> Ref {
        Ref { priority: true, ..self.object(number) }
    }

    /// The refs in these bytes whose holders are counted, for `Behaviour::encode_held`. Other bytes may look the same.
    pub fn counted_in(bytes: &[u8]) -> impl Iterator<Item = Ref> {
        find_counted(bytes)
    }

    /// To nobody, and without a right: what is asked of it settles `revoked`.
    #[must_use]
    pub const fn nobody() -> Ref {
        Ref::actor(Key::NONE, 0, Rights::NONE)
    }

    /// As it stands last among the refs of a message for this object.
    pub(crate) const fn as_address(self) -> Ref {
        Ref { kind: Kind::Address, ..self }
    }
}

impl Objects {
    pub fn hold(&mut self, object: Ref) {
        self.held.entry(place(object)).or_default().copies += 1;
        self.left.remove(&place(object));
    }

    pub fn let_go(&mut self, object: Ref) {
        let Some(held) = self.held.get_mut(&place(object)) else { return };
        held.copies -= 1;
        if held.copies == 0 {
            self.held.remove(&place(object));
            self.left.insert(place(object));
        }
    }

    /// A state has it, at this turn.
    pub fn see(&mut self, object: Ref, turn: u64) {
        if let Some(held) = self.held.get_mut(&place(object)) {
            held.seen = turn;
        }
    }

    pub fn was_seen(&self, object: Ref, turn: u64) -> bool {
        self.held.get(&place(object)).is_some_and(|held| held.seen == turn)
    }

    /// Its identity is no more. Copies that are left find nothing here, and nobody there.
    pub fn forget(&mut self, actor: Key) {
        if self.next.is_empty() && self.held.is_empty() && self.left.is_empty() {
            return;
        }
        self.next.remove(&actor);
        self.forget_left(actor);
        let held: Vec<(Key, u32)> = self.held.range((actor, 0)..=(actor, u32::MAX)).map(|(place, _)| *place).collect();
        for place in held {
            self.held.remove(&place);
        }
    }

    fn forget_left(&mut self, actor: Key) {
        while let Some(place) = self.left.range((actor, 0)..=(actor, u32::MAX)).next().copied() {
            self.left.remove(&place);
        }
    }

    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.held.len()
    }

    #[cfg(test)]
    pub fn live(&self) -> usize {
        self.held.len() + self.left.len() + self.next.len()
    }
}

const fn place(object: Ref) -> (Key, u32) {
    (object.key, object.incarnation)
}

/// The object that the message with these refs is for, and the refs that its sender put into it.
pub(crate) fn split_address(refs: &[Ref]) -> (Option<u32>, &[Ref]) {
    match refs.split_last() {
        Some((address, rest)) if address.kind == Kind::Address => (Some(address.incarnation), rest),
        _ => (None, refs),
    }
}

impl Vat {
    /// The message as this object's actor takes it. One that was sent through a facet was written before anybody knew for whom.
    pub(crate) fn addressed(&mut self, to: Ref, entry: Handle) -> Handle {
        if to.kind != Kind::Object {
            return entry;
        }
        let written = self.tables.messages.entry(entry);
        let mut refs: Vec<Ref> = written.refs().collect();
        if split_address(&refs).0.is_some() {
            return entry;
        }
        refs.push(to.as_address());
        let body = written.body().to_vec();
        let readdressed = of(written, &body, &refs);
        let readdressed = self.tables.messages.write(&readdressed);
        self.tables.messages.free(entry);
        readdressed
    }
}

fn of<'a>(entry: Entry<'_>, body: &'a [u8], refs: &'a [Ref]) -> Envelope<'a> {
    Envelope { from: entry.from(), kind: entry.kind(), marks: Marks::default(), about: entry.about(), cause: entry.cause(), body, refs }
}
