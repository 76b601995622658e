//! The end of an incarnation, in the order of semantics 7.4.
use crate::{
    ActorId, DeadClass, Incarnation, Last, MessageKind, Output, Reason, Ref, Report, Rights, Said, Settle, Vat, What,
    entry::{Marks, Sender},
    held::counted,
    ledger::Lost,
    refs::Key,
    relations::Item,
    signals::Via,
    slab::Handle,
    slots::{Flags, Load},
    told::told,
    turn::Scope,
};

impl Vat {
    /// Whoever the links doom waits in `deaths`.
    pub(crate) fn end(&mut self, me: Key, reason: Reason, last: Last) {
        if self.tables.swap.is_some() {
            self.swap_in(me);
            self.swap_in_children(me);
        }
        let header = self.tables.slots.get_mut(me).expect("only the living die");
        let flags = &mut header.flags;
        let is_kept = flags.has(Flags::KEPT);
        for flag in [Flags::LIVE, Flags::READY, Flags::TRAPS, Flags::PASSIVE] {
            flags.set(flag, false);
        }
        let is_alone = header.mailbox.is_none();
        let from = Sender { key: me, incarnation: header.incarnation };
        self.ledger.counters.ended += 1;
        self.ledger.fact(Some(ActorId(me)), || What::Ended { incarnation: from.incarnation, reason: reason.clone() });
        if !reason.is_orderly() {
            let last = self.with_state(me, last);
            self.report(me, Said::Crashed { reason: reason.clone(), last });
        }
        if self.journal.is_some() {
            self.record_end(me, from.incarnation, &reason, is_kept || self.is_over());
        }
        let is_root = self.root.is_some_and(|root| root.key == me);
        if !is_kept && !is_root && is_alone && self.tables.slots.life(me).is_simple() {
            self.forget_state(me);
            if !self.tables.slots.life(me).edges.is_empty() {
                self.tell_bound(from, &reason);
                self.tell_identity_watchers(from, &reason);
            }
            self.ledger.unwatch(ActorId(me));
            return self.tables.slots.release(me);
        }
        self.release_own(me);
        self.settle_held(me, &reason);
        self.sort_mailbox(me, &reason, is_kept);
        self.lay_down(me);
        if let Some(rare) = &mut self.tables.slots.life_mut(me).rare {
            rare.faults = None;
            // A volatile one's ends with the state.
            rare.map.take_if(|_| rare.lasting.is_none());
        }
        self.tell_bound(from, &reason);
        self.fail_held_of(from);
        if is_kept {
            self.tables.slots.rare_mut(me).last_exit = Some(reason.clone());
        } else {
            self.vanish(from, &reason);
        }
        if is_root {
            self.root = None;
            self.ledger.out.push(Output::Ended { reason });
        }
    }

    pub(crate) fn with_state(&mut self, me: Key, last: Last) -> Last {
        let state = self.shown_state(me);
        let (state_bytes, state_hash) = (u32::try_from(state.len()).unwrap_or(u32::MAX), hash(&state));
        Last { state_bytes, state_hash, ..last }
    }

    /// Its timers and the calls it waits for.
    pub(crate) fn release_own(&mut self, me: Key) {
        while let Some((node, _)) = self.tables.relations.first(self.tables.slots.life(me).timers) {
            self.remove_timer(me, node);
        }
        while let Some((_, Item::Minted { shot })) = self.tables.relations.first(self.tables.slots.life(me).minted) {
            self.abandon(shot);
        }
    }

    /// The calls it had accepted and not answered, and the far refs it had.
    fn settle_held(&mut self, me: Key, reason: &Reason) {
        let mut settle = None;
        while let Some((node, Item::Held { held })) = self.tables.relations.first(self.tables.slots.life(me).held) {
            self.tables.relations.remove(&mut self.tables.slots.life_mut(me).held, node);
            self.drop_ref(held, settle.get_or_insert_with(|| Settle::Exit(reason.clone())));
        }
    }

    /// What is for the identity waits for its owner's decision, in order, what was deferred first. The rest is dead.
    fn sort_mailbox(&mut self, me: Key, reason: &Reason, is_kept: bool) {
        self.clear_door(me);
        self.retry_deferred(me);
        self.tables.slots.set_ahead(me, Handle::NONE);
        let header = self.tables.slots.get_mut(me).expect("still in use");
        let mut all = core::mem::take(&mut header.mailbox);
        header.load = Load::default();
        while let Some(handle) = self.tables.messages.pop_front(&mut all) {
            let entry = self.tables.messages.entry(handle);
            let (kind, length) = (entry.kind(), entry.length());
            // What it deferred it had accepted, and has not answered.
            let accepted = kind == MessageKind::Init || entry.marks().has(Marks::SEEN);
            if is_kept && kind == MessageKind::User && !entry.marks().has(Marks::PINNED) {
                self.tables.slots.get_mut(me).expect("still in use").load.count_in(length);
                self.queue_at_door(me, handle);
                continue;
            }
            let class = match kind {
                MessageKind::Reply => DeadClass::LateReply,
                // It stays set.
                MessageKind::Alarm => DeadClass::Cancelled,
                _ => DeadClass::Noproc,
            };
            let settle = if accepted { Settle::Exit(reason.clone()) } else { Settle::Noproc };
            self.discard(me, handle, class, &settle);
        }
    }

    /// Exits and downs, after everything it had sent before.
    pub(crate) fn tell_bound(&mut self, from: Sender, reason: &Reason) {
        let me = from.key;
        let mut at = self.tables.relations.first(self.tables.slots.life(me).edges);
        while let Some((node, item)) = at {
            at = self.tables.relations.after(self.tables.slots.life(me).edges, node);
            match item {
                // A watcher of the identity hears nothing of one life's end.
                Item::Watched { scope: Scope::Identity, .. } => continue,
                Item::Watched { watcher, twin, .. } => self.down_to(from, watcher, twin, reason),
                Item::Watching { target, twin: Some(twin), .. } if target.key != me => {
                    self.tables.relations.remove(&mut self.tables.slots.life_mut(target.key).edges, twin);
                    self.unwatch_far(me, target, node);
                }
                Item::Watching { .. } => {}
                Item::Link { peer, twin } => {
                    self.tables.relations.remove(&mut self.tables.slots.life_mut(peer).edges, twin);
                    self.signal(from, peer, reason, Via::Link);
                }
                Item::Timer { .. } | Item::Minted { .. } | Item::Held { .. } => unreachable!("in lists of their own"),
            }
            self.tables.relations.remove(&mut self.tables.slots.life_mut(me).edges, node);
        }
    }

    /// The down of a watch whose watched end is going away.
    pub(crate) fn down_to(&mut self, from: Sender, watcher: Key, watch: Key, reason: &Reason) {
        if self.tables.slots.is_far(watcher) {
            return self.down_far(from, watcher, watch, reason);
        }
        if watcher != from.key
            && let Some(Item::Watching { target, .. }) = self.tables.relations.get(watch)
        {
            self.tell_down(from, watcher, watch, target, reason);
        }
    }

    /// A written message becomes a dead letter; `settle` is what the calls in it are told.
    pub(crate) fn discard(&mut self, to: Key, handle: Handle, class: DeadClass, settle: &Settle) {
        let entry = self.tables.messages.entry(handle);
        let (kind, from) = (entry.kind(), entry.from());
        let me = to;
        let to = Ref::actor(to, 0, Rights::SEND);
        self.ledger.lose(&Lost { class, from, to, kind, body: &told(entry) });
        let call =
            entry.about().filter(|_| matches!(kind, MessageKind::User | MessageKind::Init) || kind.is_system()).map(|about| about.key);
        let mut refs = core::mem::take(&mut self.lost_refs);
        entry.refs_into(&mut refs);
        for held in call.map(Ref::one_shot).into_iter().chain(counted(&refs)) {
            self.drop_ref(held, settle);
        }
        self.lost_refs = refs;
        self.free_entry(me, handle);
    }

    pub(crate) fn report(&mut self, me: Key, what: Said) {
        let header = *self.tables.slots.get(me).expect("who reports exists");
        self.ledger.out.push(Output::Report(Report {
            time: self.ledger.now,
            actor: ActorId(me),
            incarnation: Incarnation(header.incarnation),
            label: self.tables.slots.shared_label(me),
            behaviour: self.tables.names.name(header.behaviour),
            what,
        }));
    }
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3))
}
