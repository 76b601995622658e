//! Links and watches: made, undone, and looked up from whichever side is shorter.
use crate::{
    ActorId, MessageKind, Reason, Ref, Rights, Vat,
    door::Resume,
    entry::{Envelope, Sender},
    refs::{Key, Kind},
    relations::Item,
    signals::Via,
    slots::Flags,
    turn::Scope,
};

/// A link or watch that the ref does not allow.
pub(crate) const REVOKED: &str = "revoked";

impl Vat {
    pub(crate) fn watch(&mut self, me: Key, node: Key, target: Ref, scope: Scope) {
        self.tables.relations.append(&mut self.tables.slots.life_mut(me).edges, node);
        self.mint_alias(node);
        let Some(behind) = self.behind(target).filter(|behind| behind.rights.contain(Rights::WATCH)) else {
            return self.tell_down(Sender::HOST, me, node, target, &Reason::Other(REVOKED.into()));
        };
        let target = match target.kind {
            // The down must not bring what a facet hides: only something to compare.
            Kind::Facet => behind.attenuated(Rights::NONE),
            Kind::Lasting => behind,
            _ => target,
        };
        let stands = match target.kind {
            // The host outlives the vat.
            Kind::Port => return,
            Kind::OneShot => false,
            Kind::Facet | Kind::Lasting | Kind::Address => unreachable!("what is behind is neither"),
            Kind::Far => return self.watch_far(me, node, target, behind.rights, scope),
            Kind::Actor | Kind::Object => self.tables.slots.get(target.key).is_some_and(|header| match scope {
                Scope::Incarnation => header.flags.has(Flags::LIVE) && (!target.is_pinned() || target.incarnation == header.incarnation),
                Scope::Identity => !header.flags.has(Flags::BURIED),
            }),
        };
        if !stands {
            return self.tell_down(Sender::HOST, me, node, target, &Reason::Noproc);
        }
        let watched = Item::Watched { watcher: me, twin: node, scope };
        let twin = self.tables.relations.push(&mut self.tables.slots.life_mut(target.key).edges, watched);
        self.tables.relations.set(node, Item::Watching { watcher: me, target, twin: Some(twin) });
    }

    /// Without its relation a down that is queued already means nothing any more.
    pub(crate) fn unwatch(&mut self, me: Key, node: Key) {
        let Some(Item::Watching { watcher, target, twin }) = self.tables.relations.get(node) else { return };
        if watcher != me {
            return;
        }
        self.end_alias(me, node);
        if let Some(twin) = twin {
            self.tables.relations.remove(&mut self.tables.slots.life_mut(target.key).edges, twin);
            self.unwatch_far(me, target, node);
        }
        self.tables.relations.remove(&mut self.tables.slots.life_mut(me).edges, node);
        self.call_off(me, Resume::Down(node));
    }

    /// The watch stays among the watcher's relations until the down is handled.
    pub(crate) fn tell_down(&mut self, from: Sender, watcher: Key, node: Key, target: Ref, reason: &Reason) {
        let body = self.encode(reason);
        let target = self.as_held(target);
        self.tables.relations.set(node, Item::Watching { watcher, target, twin: None });
        self.enqueue(watcher, &Envelope::new(from, MessageKind::Down, &body).about(node, self.tag_of(node)).refs(&[target]));
        self.scratch = body;
        self.end_alias(watcher, node);
        self.carry(watcher, None, &[target]);
    }

    pub(crate) fn link(&mut self, me: Sender, to: Ref) {
        let Some(to) = self.behind(to) else { return self.no_link(Sender::HOST, me.key, &Reason::Other(REVOKED.into())) };
        let (mine, its) = (me.key, to.key);
        match to.kind {
            // The host outlives the vat.
            Kind::Port => return,
            Kind::OneShot => return self.no_link(Sender::HOST, mine, &Reason::Noproc),
            Kind::Facet | Kind::Lasting | Kind::Address => unreachable!("what is behind is neither"),
            // It is no end of a link, whoever asks.
            Kind::Object => return self.no_link(Sender::HOST, mine, &Reason::Other(REVOKED.into())),
            Kind::Far => return self.link_far(me, to),
            Kind::Actor if mine == its => return,
            Kind::Actor => self.swap_in(its),
        }
        let live = self.tables.slots.get(its).filter(|header| header.flags.has(Flags::LIVE));
        let there = Sender { key: its, incarnation: live.map_or(0, |header| header.incarnation) };
        if live.is_none() || (to.is_pinned() && to.incarnation != there.incarnation) {
            return self.no_link(there, mine, &Reason::Noproc);
        }
        let is_family = self.tables.slots.parent(its) == Some(mine) || self.tables.slots.parent(mine) == Some(its);
        if !is_family && !to.rights.contain(Rights::LINK) {
            return self.no_link(there, mine, &Reason::Other(REVOKED.into()));
        }
        if self.find_link(mine, its).is_some() {
            return;
        }
        self.join(mine, its);
    }

    /// The linker is told as if the link had been and had ended.
    pub(crate) fn no_link(&mut self, there: Sender, me: Key, reason: &Reason) {
        self.signal(there, me, reason, Via::Link);
        self.settle_deaths();
    }

    /// From now on the link has no effect; an exit message that is queued already stays.
    pub(crate) fn unlink(&mut self, mine: Key, from: Ref) {
        let Some(from) = self.behind(from) else { return };
        let Some(ActorId(its)) = from.actor_id() else { return };
        if self.cut_link(mine, its) {
            self.unlink_far(mine, from);
        }
    }

    /// Both ends. False: there is no link.
    pub(crate) fn cut_link(&mut self, mine: Key, its: Key) -> bool {
        if self.tables.slots.get(mine).is_none() {
            return false;
        }
        self.swap_in(mine);
        self.swap_in(its);
        let Some((here, there)) = self.find_link(mine, its) else { return false };
        self.tables.relations.remove(&mut self.tables.slots.life_mut(mine).edges, here);
        self.tables.relations.remove(&mut self.tables.slots.life_mut(its).edges, there);
        true
    }

    pub(crate) fn join(&mut self, mine: Key, its: Key) {
        let here = self.tables.relations.push(&mut self.tables.slots.life_mut(mine).edges, Item::Link { peer: its, twin: Key::NONE });
        let there = self.tables.relations.push(&mut self.tables.slots.life_mut(its).edges, Item::Link { peer: mine, twin: here });
        self.tables.relations.set(here, Item::Link { peer: its, twin: there });
    }

    /// Both ends of the link. Walks the two actors' relations side by side: a supervisor has many, its child few.
    pub(crate) fn find_link(&self, mine: Key, its: Key) -> Option<(Key, Key)> {
        self.tables.slots.get(its)?;
        let mut from_here = self.tables.relations.iter(self.tables.slots.life(mine).edges);
        let mut from_there = self.tables.relations.iter(self.tables.slots.life(its).edges);
        loop {
            match from_here.next()? {
                (here, Item::Link { peer, twin }) if peer == its => return Some((here, twin)),
                _ => {}
            }
            match from_there.next()? {
                (there, Item::Link { peer, twin }) if peer == mine => return Some((twin, there)),
                _ => {}
            }
        }
    }
}
