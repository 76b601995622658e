//! Links and watches with one end in another vat.
//!
//! A link may be made and undone from both ends at once. Each side is in one of three states: no link, a link, or a link it
//! has undone and whose undoing is not yet acknowledged. In the last it ignores `Link` and `Exit`, so that nothing the other
//! side said of the old link takes effect; making the link anew leaves that state, and the acknowledgement that comes then is
//! void. Both sides agree when nothing is under way, whatever crossed.
use super::{Parcel, peer::Phase};
use crate::{
    Reason, Ref, Rights, Vat,
    bonds::REVOKED,
    entry::Sender,
    refs::{Key, Kind},
    relations::Item,
    turn::Scope,
};
use alloc::collections::BTreeMap;

#[derive(Default)]
pub(crate) struct Bonds {
    /// Undone here, not acknowledged: actor and stand-in, and the number of the undoing.
    unlinking: BTreeMap<(Key, Key), u64>,
    undone: u64,
    /// Watches from other vats: watcher's stand-in and its name of the watch, and ours.
    watches: BTreeMap<(Key, Key), Key>,
    theirs: BTreeMap<Key, Key>,
}

impl Bonds {
    pub fn is_unlinking(&self, far: Key) -> bool {
        self.unlinking.keys().any(|(_, other)| *other == far)
    }

    pub fn forget(&mut self, far: Key) {
        self.unlinking.retain(|(_, other), _| *other != far);
        let theirs = &mut self.theirs;
        self.watches.retain(|(watcher, _), ours| {
            if *watcher == far {
                theirs.remove(ours);
            }
            *watcher != far
        });
    }
}

/// From here to there.
impl Vat {
    pub(crate) fn link_far(&mut self, me: Sender, to: Ref) {
        let there = Sender { key: to.key, incarnation: to.incarnation };
        let Some(reason) = self.unreachable(to) else {
            if !to.rights.contain(Rights::LINK) {
                return self.no_link(there, me.key, &Reason::Other(REVOKED.into()));
            }
            if self.find_link(me.key, to.key).is_none() {
                self.links.bonds.unlinking.remove(&(me.key, to.key));
                self.join(me.key, to.key);
                self.post_bond(me, to, Parcel::Link);
            }
            return;
        };
        self.no_link(there, me.key, &reason);
    }

    /// The link is cut here already.
    pub(crate) fn unlink_far(&mut self, me: Key, from: Ref) {
        if from.kind == Kind::Far && !self.is_vat(from.key) {
            self.links.bonds.undone += 1;
            let id = self.links.bonds.undone;
            self.links.bonds.unlinking.insert((me, from.key), id);
            self.mail(self.sender(me), from, Parcel::Unlink { id });
        }
    }

    /// `rights`: those it is watched with, which its watcher may not have.
    pub(crate) fn watch_far(&mut self, me: Key, node: Key, target: Ref, rights: Rights, scope: Scope) {
        if let Some(reason) = self.unreachable(target) {
            return self.tell_down(Sender::HOST, me, node, target, &reason);
        }
        let watched = Item::Watched { watcher: me, twin: node, scope };
        let twin = self.tables.relations.push(&mut self.tables.slots.life_mut(target.key).edges, watched);
        self.tables.relations.set(node, Item::Watching { watcher: me, target, twin: Some(twin) });
        self.post_bond(self.sender(me), Ref { rights, ..target }, Parcel::Monitor { watch: node, scope });
    }

    /// Its two ends here are taken apart already.
    pub(crate) fn unwatch_far(&mut self, me: Key, target: Ref, node: Key) {
        if target.kind == Kind::Far && !self.is_vat(target.key) {
            self.mail(self.sender(me), target, Parcel::Demonitor { watch: node });
        }
    }

    /// Of an actor of this vat, to a watcher in another.
    pub(crate) fn down_far(&mut self, from: Sender, watcher: Key, watch: Key, reason: &Reason) {
        self.tables.relations.remove(&mut self.tables.slots.life_mut(watcher).edges, watch);
        let Some(theirs) = self.links.bonds.theirs.remove(&watch) else { return };
        self.links.bonds.watches.remove(&(watcher, theirs));
        self.mail(from, Ref::far(watcher, 0, Rights::NONE), Parcel::Down { watch: theirs, reason: reason.clone() });
    }

    /// A bond with a vat itself is with its connection: nobody there is told.
    fn post_bond(&mut self, me: Sender, to: Ref, parcel: Parcel<'_>) {
        if !self.is_vat(to.key) {
            self.mail(me, to, parcel);
        }
    }

    fn unreachable(&mut self, to: Ref) -> Option<Reason> {
        let Some((vat, epoch, name)) = self.far_name(to.key, 0) else { return Some(Reason::Noproc) };
        match self.reach(vat) {
            Phase::Down => Some(Reason::Noconnection),
            Phase::Open if name.key != Key::NONE && !self.links.is_met(vat, epoch) => Some(Reason::Noproc),
            Phase::Greeting | Phase::Open => None,
        }
    }

    pub(crate) fn is_vat(&self, key: Key) -> bool {
        self.links.fars.get(key).is_some_and(|far| far.key == Key::NONE)
    }

    pub(crate) fn sender(&self, me: Key) -> Sender {
        Sender { key: me, incarnation: self.tables.slots.get(me).map_or(0, |header| header.incarnation) }
    }
}

/// From there to here.
impl Vat {
    /// `to` is live, and the peer may link to it.
    pub(crate) fn linked(&mut self, from: Key, to: Key) {
        if self.find_link(to, from).is_none() && !self.links.bonds.unlinking.contains_key(&(to, from)) {
            self.join(to, from);
        }
    }

    pub(crate) fn unlinked(&mut self, from: Key, to: Key, id: u64) {
        self.cut_link(to, from);
        self.mail(self.sender(to), Ref::far(from, 0, Rights::NONE), Parcel::Unlinked { id });
    }

    pub(crate) fn unlink_acknowledged(&mut self, from: Key, to: Key, id: u64) {
        if self.links.bonds.unlinking.get(&(to, from)) == Some(&id) {
            self.links.bonds.unlinking.remove(&(to, from));
            self.links.fars.may_be_idle(from);
        }
    }

    /// `target` exists in the sense of `scope`.
    pub(crate) fn watched(&mut self, watcher: Key, theirs: Key, target: Ref, scope: Scope) {
        if self.links.bonds.watches.contains_key(&(watcher, theirs)) {
            return;
        }
        let node =
            self.tables.relations.push(&mut self.tables.slots.life_mut(watcher).edges, Item::Watching { watcher, target, twin: None });
        let watched = Item::Watched { watcher, twin: node, scope };
        let twin = self.tables.relations.push(&mut self.tables.slots.life_mut(target.key).edges, watched);
        self.tables.relations.set(node, Item::Watching { watcher, target, twin: Some(twin) });
        self.links.bonds.watches.insert((watcher, theirs), node);
        self.links.bonds.theirs.insert(node, theirs);
    }

    pub(crate) fn unwatched(&mut self, watcher: Key, theirs: Key) {
        if let Some(node) = self.links.bonds.watches.remove(&(watcher, theirs)) {
            self.links.bonds.theirs.remove(&node);
            self.unwatch(watcher, node);
            self.links.fars.may_be_idle(watcher);
        }
    }

    /// Of an actor there, for a watcher here that may have lost interest meanwhile.
    pub(crate) fn down_came(&mut self, from: Sender, to: Key, watch: Key, reason: &Reason) {
        if let Some(Item::Watching { watcher, target, twin: Some(twin) }) = self.tables.relations.get(watch)
            && watcher == to
            && target.key == from.key
        {
            self.tables.relations.remove(&mut self.tables.slots.life_mut(target.key).edges, twin);
            self.tell_down(from, watcher, watch, target, reason);
        }
    }
}
