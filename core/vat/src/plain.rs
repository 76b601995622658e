//! The turn that most turns are: a message that is no call and brings no refs, for an actor with nothing unusual about it,
//! that does no more than send. All other turns are `step`'s; the two differ in nothing but what they need not look at.
use crate::{
    ActorId, Crash, Cx, MessageKind, Ref, Rights, Vat, What,
    entry::{HEADER, Sender},
    refs::Key,
    slab::Handle,
    slots::Flags,
    step::{Actor, TURN},
    told::told,
    turn::Effect,
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
        self.taken = handle;
        self.ledger.counters.turns += 1;
        tables.turn.random = self.seed ^ self.ledger.counters.turns.wrapping_mul(TURN);
        if self.ledger.is_told() {
            self.tell_received(me, handle);
        }
        let now = self.ledger.now;
        let mut cx = Cx { tables: &mut self.tables, state_id, refs: &[], me, incarnation, from_life: life, now };
        let result = self.behaviours[behaviour].message(&self.current.data[..length], &mut cx);
        if result.is_ok() && !self.tables.turn.touched {
            let told = self.tell_all(me);
            if told == self.tables.turn.effects.len() {
                self.tables.turn.effects.clear();
                if self.ledger.is_told() {
                    self.ledger.fact(Some(ActorId(me)), || What::Committed);
                }
                self.ledger.counters.handled += 1;
                self.tables.messages.free_plain(handle);
                return true;
            }
            self.tables.turn.effects.drain(..told);
        }
        self.not_plain(me, handle, result);
        true
    }

    #[cold]
    #[inline(never)]
    fn tell_received(&mut self, me: Key, handle: Handle) {
        let entry = self.tables.messages.entry(handle);
        let incarnation = self.tables.slots.get(me).map_or(0, |header| header.incarnation);
        self.ledger.fact(Some(ActorId(me)), || What::Received {
            from: entry.from().actor_id(),
            kind: MessageKind::User,
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

    /// Sends the messages at the head of the outbox, up to the first that is not plain. How many.
    #[inline]
    fn tell_all(&mut self, me: Key) -> usize {
        let mut at = 0;
        while let Some(Effect::Tell { to, entry, weight }) = self.tables.turn.effects.get(at).copied() {
            if self.ledger.is_told() {
                self.tell_sent(Some(ActorId(me)), Ref::actor(to, 0, Rights::SEND), entry);
            }
            if !self.tell(to, entry, weight as usize) {
                self.tell_closed(me, to, entry);
            }
            at += 1;
        }
        at
    }

    /// Whoever is there can't be told as plainly, or nobody is.
    #[cold]
    #[inline(never)]
    fn tell_closed(&mut self, me: Key, to: Key, entry: Handle) {
        let incarnation = self.tables.slots.get(me).map_or(0, |header| header.incarnation);
        self.post(Sender { key: me, incarnation }, Ref::actor(to, 0, Rights::SEND), entry, None);
    }

    /// The plain case of `send`: one look at the receiver. False if it is not that.
    #[inline]
    fn tell(&mut self, to: Key, entry: Handle, weight: usize) -> bool {
        let tables = &mut self.tables;
        let Some(header) = tables.slots.find_mut(to, Flags::LIVE, Flags::DOOR) else { return false };
        if !header.load.has_room(weight, &self.config) {
            return false;
        }
        self.ledger.counters.sent += 1;
        header.load.count_in(weight);
        tables.messages.push_back(&mut header.mailbox, entry);
        if !header.flags.has(Flags::READY) {
            header.flags.set(Flags::READY, true);
            self.ready.push(header.flags.class(), to);
        }
        true
    }
}
