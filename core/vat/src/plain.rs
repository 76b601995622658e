//! The turn that most turns are: a message that is no call and brings no refs, for an actor with nothing unusual about it,
//! that does no more than send. All other turns are `step`'s; the two differ in nothing but what they need not look at.
use crate::{
    ActorId, Crash, Cx, Last, Ref, Rights, Vat, What,
    entry::{HEADER, Sender},
    refs::Key,
    slab::Handle,
    slots::Flags,
    step::Actor,
    told::told,
    turn::{Effect, Touched},
};

impl Vat {
    /// False if the next turn of this actor is no such turn: then nothing has happened.
    #[inline]
    pub(crate) fn plain_turn(&mut self, me: Key) -> bool {
        let tables = &mut self.tables;
        let Some(header) = tables.slots.find_mut(me, Flags::LIVE, Flags::UNUSUAL) else { return false };
        let Some((handle, life)) = tables.messages.pop_plain(&mut header.mailbox, &mut self.current) else { return false };
        let length = self.current.length as usize;
        header.load.count_out(HEADER + length);
        header.count_turn();
        let (behaviour, incarnation) = (usize::from(header.behaviour), header.incarnation);
        let state_id = header.state_id();
        self.begin_plain(me, handle);
        let now = self.ledger.now;
        let mut cx = Cx { tables: &mut self.tables, state_id, refs: &[], me, incarnation, from_life: life, now };
        let result = self.behaviours[behaviour].message(&self.current.data[..length], &mut cx);
        match (&result, self.tables.turn.touched) {
            (Ok(()), Touched::NOTHING) if self.tell_whole(Sender { key: me, incarnation }) => self.done(me, handle),
            (Ok(()), Touched::STOP) => self.plain_stop(Sender { key: me, incarnation }, handle),
            _ => self.not_plain(me, handle, result),
        }
        true
    }

    /// The first turn of an actor that nobody waits for. False as above.
    #[inline(never)]
    pub(crate) fn plain_init(&mut self, me: Key) -> bool {
        let tables = &mut self.tables;
        let Some(header) = tables.slots.find_mut(me, Flags::LIVE, Flags::UNUSUAL) else { return false };
        let (behaviour, incarnation) = (usize::from(header.behaviour), header.incarnation);
        let Some(handle) = tables.messages.oldest(header.mailbox) else { return false };
        // A later life has more to see to: what an earlier one kept.
        if !tables.messages.cell(handle).is_plain_init() || incarnation > 1 {
            return false;
        }
        let entry = tables.messages.entry(handle);
        if entry.has_counted() {
            return false;
        }
        entry.refs_into(&mut self.refs);
        tables.messages.pop_front(&mut header.mailbox);
        header.count_turn();
        let cell = tables.messages.cell(handle);
        let (length, from_life) = (cell.length as usize, cell.from.incarnation);
        self.current.data = cell.data;
        self.begin_plain(me, handle);
        let now = self.ledger.now;
        let mut cx = Cx { tables: &mut self.tables, state_id: None, refs: &self.refs, me, incarnation, from_life, now };
        let result = self.behaviours[behaviour].init(&self.current.data[..length], &mut cx);
        let turn = &self.tables.turn;
        let plain = turn.touched == Touched::NOTHING || turn.touched == Touched::STATE_ID;
        if result.is_ok() && plain && self.tell_whole(Sender { key: me, incarnation }) {
            if let Some(id) = self.tables.turn.state_id.take() {
                self.tables.slots.get_mut(me).expect("it has just had a turn").keep_at(id);
            }
            self.tables.turn.touched = Touched::NOTHING;
            self.done(me, handle);
        } else {
            let actor = Actor::of(me, self.tables.slots.get(me).expect("it has just had a turn"));
            self.tables.messages.copy(handle, &mut self.current, &mut self.apart);
            self.conclude(actor, handle, result, None);
        }
        true
    }

    #[inline(always)]
    fn begin_plain(&mut self, me: Key, handle: Handle) {
        self.taken = handle;
        self.ledger.counters.turns += 1;
        self.tables.turn.random = self.chance();
        if self.ledger.is_told() {
            self.tell_received(me, handle);
        }
    }

    /// The turn is committed, and its message is no more.
    #[inline]
    fn done(&mut self, me: Key, handle: Handle) {
        if self.ledger.is_told() {
            self.ledger.fact(Some(ActorId(me)), || What::Committed);
        }
        self.ledger.counters.handled += 1;
        self.tables.messages.free_plain(handle);
    }

    /// It said that it goes, and nothing else that is not plain.
    #[inline(never)]
    fn plain_stop(&mut self, me: Sender, handle: Handle) {
        let reason = self.tables.turn.stop.take().expect("it has touched that");
        if !reason.is_orderly() {
            self.tables.turn.stop = Some(reason);
            return self.not_plain(me.key, handle, Ok(()));
        }
        self.committing = Some(me.key);
        self.apply_all(me);
        self.done(me.key, handle);
        self.terminate(me, &reason);
        self.committing = None;
        // It stopped before any signal could end it.
        self.postponed = None;
        self.end(me.key, reason, Last::default());
        if !self.deaths.is_empty() {
            self.settle_deaths();
        }
        self.tables.turn.end();
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn tell_received(&mut self, me: Key, handle: Handle) {
        let entry = self.tables.messages.entry(handle);
        let incarnation = self.tables.slots.get(me).map_or(0, |header| header.incarnation);
        self.ledger.fact(Some(ActorId(me)), || What::Received {
            from: entry.from().actor_id(),
            kind: entry.kind(),
            text: told(entry).into_owned(),
            incarnation,
        });
    }

    /// It asked for more. The messages at the head of its outbox are sent already: nothing that follows can undo that.
    #[inline(never)]
    fn not_plain(&mut self, me: Key, handle: Handle, result: Result<(), Crash>) {
        self.tables.messages.copy(handle, &mut self.current, &mut self.apart);
        self.refs.clear();
        let actor = Actor::of(me, self.tables.slots.get(me).expect("it has just had a turn"));
        self.conclude(actor, handle, result, None);
    }

    /// The whole outbox, if it is plain; else it is left from the first effect on that is not.
    #[inline(always)]
    fn tell_whole(&mut self, me: Sender) -> bool {
        let mut told = 0;
        while let Some(Effect::Tell { to, entry, weight }) = self.tables.turn.effects.get(told).copied() {
            self.tell_one(me, to, entry, weight);
            told += 1;
        }
        if told < self.tables.turn.effects.len() {
            told += self.tell_all(me, told);
        }
        let whole = told == self.tables.turn.effects.len();
        if whole {
            self.tables.turn.effects.clear();
        } else {
            self.tables.turn.effects.drain(..told);
        }
        whole
    }

    /// Messages and births, from here in the outbox to the first effect that is something else. How many.
    #[inline(never)]
    pub(crate) fn tell_all(&mut self, me: Sender, from: usize) -> usize {
        let mut at = from;
        loop {
            match self.tables.turn.effects.get(at).copied() {
                Some(Effect::Tell { to, entry, weight }) => self.tell_one(me, to, entry, weight),
                Some(effect @ Effect::Bear { .. }) => self.bear(me, effect),
                _ => return at - from,
            }
            at += 1;
        }
    }

    #[inline(always)]
    fn tell_one(&mut self, me: Sender, to: Key, entry: Handle, weight: u32) {
        if self.ledger.is_told() {
            self.tell_sent(me.actor_id(), Ref::actor(to, 0, Rights::SEND), entry);
        }
        if !self.tell(to, entry, weight as usize) {
            self.tell_closed(me, to, entry);
        }
    }

    /// Whoever is there can't be told as plainly, or nobody is.
    #[cold]
    #[inline(never)]
    fn tell_closed(&mut self, me: Sender, to: Key, entry: Handle) {
        self.post(me, Ref::actor(to, 0, Rights::SEND), entry, None);
    }

    /// The plain case of `send`: one look at the receiver. False if it is not that.
    #[inline(always)]
    fn tell(&mut self, to: Key, entry: Handle, weight: usize) -> bool {
        let tables = &mut self.tables;
        let Some(header) = tables.slots.find_mut(to, Flags::LIVE, Flags::DOOR) else { return false };
        if !header.load.has_room(weight, &self.config) {
            return false;
        }
        self.ledger.counters.sent += 1;
        header.load.count_in(weight);
        tables.messages.push_new(&mut header.mailbox, entry);
        if !header.flags.has(Flags::READY) {
            header.flags.set(Flags::READY, true);
            self.ready.push(header.flags.class(), to);
        }
        true
    }
}
