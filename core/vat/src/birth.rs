//! A new incarnation: its bonds hold before its first turn, and its init is the head of its mailbox.
use crate::{
    ActorId, Crash, Durability, Handled, MessageKind, Reason, Ref, Rights, Settle, Vat, What, Why,
    behaviour::BehaviourId,
    durable::Lasting,
    entry::Sender,
    refs::Key,
    settle::Outcome,
    signals::Death,
    slab::Handle,
    slots::Flags,
    turn::{Birth, Effect, Scope, Spawn},
};
use alloc::{boxed::Box, format, string::ToString};

impl Vat {
    pub(crate) fn spawn(&mut self, parent: Sender, spawn: &Spawn, bytes: &[u8]) {
        let text = |range: &core::ops::Range<usize>| core::str::from_utf8(&bytes[range.clone()]).expect("kept from a str");
        let child = spawn.child;
        self.swap_in(child);
        if let Some(started) = spawn.started {
            self.mint(started);
        }
        let stands = self.tables.slots.get(child).map(|header| header.flags.has(Flags::LIVE));
        if spawn.birth == Birth::Found && self.is_left_parked(child) {
            if let Some(node) = spawn.monitor {
                self.watch(parent.key, node, Ref::actor(child, 0, Rights::ALL), Scope::Incarnation);
            }
            return self.no_birth(spawn, &Settle::Parked);
        }
        if stands == Some(false) {
            if spawn.birth.is_first() {
                self.tables.slots.life_mut(child).parent = Some(parent.key);
            }
            if spawn.birth == Birth::Kept {
                self.keep_identity(parent.key, child, text(&spawn.kept_as));
            }
            if spawn.birth != Birth::Fresh {
                self.tables.slots.rare_mut(child).owner_life = parent.incarnation;
            }
            if !spawn.label.is_empty() {
                self.tables.slots.rare_mut(child).label = text(&spawn.label).into();
            }
            self.begin(child, spawn.behaviour);
            if spawn.birth == Birth::Kept {
                self.adopt(child);
            }
            self.tables.slots.get_mut(child).expect("it has just begun").flags.set_class(spawn.class);
            self.catch_faults(parent, child, spawn.faults);
            self.cap(child, spawn.memory_max);
            if self.journal.is_some() {
                self.last(child, spawn.durability);
            }
        }
        let is_known = self.is_known(child) && !spawn.birth.is_first();
        let recorded = if stands == Some(false) { self.record_birth(parent.key, spawn, bytes) } else { Ok(()) };
        if spawn.link {
            self.link(parent, Ref::actor(child, 0, Rights::ALL));
        }
        if let Some(node) = spawn.monitor {
            self.watch(parent.key, node, Ref::actor(child, 0, Rights::ALL), Scope::Incarnation);
        }
        match stands {
            Some(false) if is_known && self.has_begun(child) && spawn.behaviour.is_some() => return self.go_on(parent, spawn),
            Some(false) if is_known => self.take_over_init(child, spawn.init),
            Some(false) => {}
            Some(true) if self.is_ownerless(child) => return self.take_back(parent, spawn),
            // It was restarted twice, or its owner had forgotten it in this very turn.
            Some(true) => return self.no_birth(spawn, &Settle::Exit(Reason::Other("already_started".into()))),
            None => return self.no_birth(spawn, &Settle::Noproc),
        }
        self.first_message(parent, child, spawn.init, spawn.started, spawn.why);
        let fault = if spawn.behaviour.is_none() {
            Some(Crash::new("no_behaviour", format!("no behaviour is named {:?}", text(&spawn.missing))))
        } else if spawn.durability != Durability::Volatile && self.journal.is_none() {
            Some(Crash::new("no_journal", "this vat writes nothing down"))
        } else {
            recorded.err()
        };
        if let Some(crash) = fault {
            let incarnation = self.tables.slots.get(child).map_or(0, |header| header.incarnation);
            self.deaths.push_back(Death { actor: child, incarnation, reason: Reason::Crash(crash), said: Handled::As("spawn") });
            self.settle_deaths();
        }
    }

    /// A spawn of the plain kind: of a slot that its turn has reserved, and of a behaviour that there is.
    pub(crate) fn bear(&mut self, parent: Sender, effect: Effect) {
        let Effect::Bear { child, init, behaviour, class, link, monitor } = effect else { unreachable!("the caller looked") };
        let tables = &mut self.tables;
        let header = tables.slots.get_mut(child).expect("reserved by this turn");
        header.incarnation = 1;
        header.behaviour = behaviour;
        header.flags.be_born(class);
        tables.messages.push_new(&mut header.mailbox, init);
        tables.slots.life_mut(child).parent = Some(parent.key);
        self.ready.push(class, child);
        self.ledger.counters.spawned += 1;
        self.ledger.counters.sent += 1;
        if link {
            self.link(parent, Ref::actor(child, 0, Rights::ALL));
        }
        if let Some(node) = monitor {
            self.watch(parent.key, node, Ref::actor(child, 0, Rights::ALL), Scope::Incarnation);
        }
        if self.tables.messages.entry(init).has_counted() {
            self.carry_all(child, init, None);
        }
        if self.ledger.is_told() {
            self.tell_spawned(parent, child, Why::Unsaid);
        }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn tell_spawned(&mut self, parent: Sender, child: Key, why: Why) {
        let header = *self.tables.slots.get(child).expect("it has just begun");
        self.ledger.fact(parent.actor_id(), || What::Spawned {
            child: ActorId(child),
            incarnation: header.incarnation,
            behaviour: self.tables.names.name(header.behaviour),
            label: self.tables.slots.label(child).into(),
            note: why.to_string(),
        });
    }

    pub(crate) fn last(&mut self, child: Key, durability: Durability) {
        // What the journal knows stays durable, whatever its next life is spawned with.
        if durability == Durability::Volatile && !self.is_durable(child) {
            return;
        }
        let lasting = &mut self.tables.slots.rare_mut(child).lasting;
        lasting.get_or_insert_with(|| Box::new(Lasting::new(durability)));
        self.tables.slots.get_mut(child).expect("it has just begun").flags.set(Flags::MINDED, true);
    }

    /// A later life of a durable actor needs no init: it has the state of the one before, or the init that waits in its mailbox.
    fn go_on(&mut self, parent: Sender, spawn: &Spawn) {
        let child = spawn.child;
        self.tables.messages.free(spawn.init);
        self.recover(child);
        self.link_kept(child);
        if self.lasting(child).is_some_and(|lasting| lasting.is_over) {
            // A journal that takes nothing any more has ended the vat already, or will.
            let _ = self.record_life(child);
        }
        if self.ledger.is_told() {
            self.tell_spawned(parent, child, spawn.why);
        }
        if let Some(started) = spawn.started {
            let incarnation = self.tables.slots.get(child).map_or(0, |header| header.incarnation);
            self.settle(started, Sender { key: child, incarnation }, Outcome::Answer { body: &[], refs: &[] });
        }
        self.wake(child);
    }

    /// Its init has not committed in any life: the one at hand stands for the one that may still wait.
    fn take_over_init(&mut self, child: Key, init: Handle) {
        let header = self.tables.slots.get_mut(child).expect("it has just begun");
        let Some(waiting) = self.tables.messages.oldest(header.mailbox) else { return };
        if self.tables.messages.cell(waiting).kind == MessageKind::Init {
            self.tables.messages.pop_front(&mut header.mailbox);
            if let Some(id) = self.tables.messages.recorded(waiting) {
                self.tables.messages.record(init, id);
            }
            self.tables.messages.free(waiting);
            self.ledger.counters.handled += 1;
        }
    }

    fn no_birth(&mut self, spawn: &Spawn, settle: &Settle) {
        self.tables.messages.free(spawn.init);
        self.settle_failed(spawn.started, settle);
    }

    /// The next incarnation of a slot that has none.
    pub(crate) fn begin(&mut self, child: Key, behaviour: Option<BehaviourId>) {
        let header = self.tables.slots.get_mut(child).expect("reserved or kept");
        header.incarnation += 1;
        header.behaviour = behaviour.unwrap_or(BehaviourId::MAX);
        header.flags.set(Flags::LIVE, true);
        header.flags.set(Flags::BURIED, false);
        header.flags.set(Flags::PARKED, false);
        self.tables.slots.life_mut(child).tag = 0;
        self.ledger.counters.spawned += 1;
        self.wait_for_alarms(child);
    }

    /// Ahead of what waited for a new incarnation.
    pub(crate) fn first_message(&mut self, parent: Sender, child: Key, init: Handle, started: Option<Key>, why: Why) {
        if self.ledger.is_told() {
            self.tell_spawned(parent, child, why);
        }
        if started.is_some() || self.tables.messages.cell(init).refs > 0 {
            self.carry_all(child, init, started);
        }
        self.ledger.counters.sent += 1;
        self.queue_first(child, init);
        self.wake(child);
    }

    fn keep_identity(&mut self, owner: Key, child: Key, id: &str) {
        self.tables.slots.keep_as(owner, child, id);
        self.tables.slots.adopt(owner, child);
        let header = self.tables.slots.get_mut(child).expect("reserved by this turn");
        header.flags.set(Flags::KEPT, true);
    }
}
