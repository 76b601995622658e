//! Watches with more to them: a tag, an answer address of their own, and a demonitor that spares a down already queued.
use crate::{
    CallId, Cx, Ref, Time, Vat, WatchId,
    door::Resume,
    refs::{Key, Kind},
    relations::Item,
    shots::Shot,
    turn::{Effect, Scope},
};

/// How to watch (semantics 7.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WatchOptions {
    tag: u64,
    of_identity: bool,
}

impl WatchOptions {
    /// The incarnation that lives now, or the one the ref is pinned to. Tag 0.
    #[must_use]
    pub const fn new() -> WatchOptions {
        WatchOptions { tag: 0, of_identity: false }
    }

    /// What the down brings back.
    #[must_use]
    pub const fn tag(self, tag: u64) -> Self {
        WatchOptions { tag, ..self }
    }

    /// Silent over restarts: one down when the identity is gone or buried.
    #[must_use]
    pub const fn identity(self) -> Self {
        WatchOptions { of_identity: true, ..self }
    }

    const fn scope(self) -> Scope {
        if self.of_identity { Scope::Identity } else { Scope::Incarnation }
    }
}

/// When a watch's answer address is given up, besides with its minter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alias {
    /// By its one answer, or by `Cx::cancel_call`.
    ExplicitUnalias,
    /// Also when the down comes, or by a demonitor.
    Demonitor,
    /// The same, and its answer ends the watch.
    ReplyDemonitor,
}

/// A watch and its answer address: send `reply` to whom you like, for one answer, which comes as the reply of `call`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aliased {
    pub watch: WatchId,
    pub call: CallId,
    pub reply: Ref,
}

/// What few watches have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extra {
    tag: u64,
    alias: Option<(Key, Alias)>,
}

impl Extra {
    pub const fn of_tag(tag: u64) -> Extra {
        Extra { tag, alias: None }
    }

    pub fn alias(self) -> Option<Key> {
        self.alias.map(|(shot, _)| shot)
    }
}

/// watch, with options
impl Cx<'_> {
    pub fn watch_with(&mut self, target: Ref, options: WatchOptions) -> WatchId {
        let watch = self.watch_as(target, options.scope());
        if options.tag != 0 {
            self.tables.relations.add_extra(watch.0, Extra { tag: options.tag, alias: None });
        }
        watch
    }

    /// A watch with an answer address (an alias). A late answer is counted and never seen.
    pub fn watch_alias(&mut self, target: Ref, options: WatchOptions, alias: Alias) -> Aliased {
        let watch = self.watch_as(target, options.scope());
        let shot = self.tables.shots.reserve(Shot::new(self.me, Time::NEVER, Key::NONE));
        self.tables.shots.bind(shot, watch.0);
        self.tables.relations.add_extra(watch.0, Extra { tag: options.tag, alias: Some((shot, alias)) });
        Aliased { watch, call: CallId(shot), reply: Ref::one_shot(shot) }
    }

    /// Removes the watch. A down that is queued already still comes; `unwatch` takes that back, too.
    pub fn demonitor(&mut self, watch: WatchId) {
        self.tables.turn.effects.push(Effect::Demonitor { node: watch.0 });
    }
}

impl Vat {
    pub(crate) fn tag_of(&self, node: Key) -> u64 {
        self.tables.relations.extra(node).map_or(0, |extra| extra.tag)
    }

    /// The watch is committed, and its answer address with it.
    pub(crate) fn mint_alias(&mut self, node: Key) {
        if let Some((shot, _)) = self.tables.relations.extra(node).and_then(|extra| extra.alias) {
            self.mint(shot);
        }
    }

    /// The watch is over. An answer that has come already is still seen.
    pub(crate) fn end_alias(&mut self, me: Key, node: Key) {
        if let Some((shot, Alias::Demonitor | Alias::ReplyDemonitor)) = self.tables.relations.extra(node).and_then(|extra| extra.alias)
            && self.tables.shots.open(shot).is_some()
        {
            self.abandon(shot);
            self.call_off(me, Resume::Reply(shot));
        }
    }

    /// The answer came.
    pub(crate) fn alias_answered(&mut self, me: Key, shot: Key) {
        let Some(node) = self.tables.shots.unbind(shot) else { return };
        if let Some((_, Alias::ReplyDemonitor)) = self.tables.relations.extra(node).and_then(|extra| extra.alias) {
            self.unwatch(me, node);
        }
    }

    pub(crate) fn demonitor(&mut self, me: Key, node: Key) {
        let is_queued = match self.tables.relations.get(node) {
            Some(Item::Watching { target, twin, .. }) => twin.is_none() && target.kind != Kind::Port,
            _ => return,
        };
        if !is_queued {
            self.unwatch(me, node);
        }
    }
}
