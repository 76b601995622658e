//! The turn that most turns are: a message that is no call and brings no refs, for an actor with nothing unusual about it,
//! that does no more than send. All other turns are `step`'s; the two differ in nothing but what they need not look at.
use crate::{
    Crash, Cx, Ref, Rights, Vat,
    entry::{HEADER, Sender},
    refs::Key,
    slab::Handle,
    slots::{Flags, Header},
    step::{Actor, TURN},
    turn::Effect,
};

impl Vat {
    /// False if the next turn of this actor is no such turn: then nothing has happened.
    #[inline]
    pub(crate) fn plain_turn(&mut self, me: Key) -> bool {
        let Some(header) = self.slots.get_mut(me).filter(|header| header.flags.is_plain()) else { return false };
        if self.ledger.is_told() {
            return false;
        }
        let Some(handle) = self.messages.pop_plain(&mut header.mailbox, &mut self.current) else { return false };
        let length = self.current.length as usize;
        header.count_out(HEADER + length);
        header.count_turn();
        let actor = Actor::of(me, header);
        self.taken = handle;
        self.ledger.counters.turns += 1;
        self.turn.random = self.seed ^ self.ledger.counters.turns.wrapping_mul(TURN);
        let mut cx = Cx {
            turn: &mut self.turn,
            slots: &mut self.slots,
            relations: &mut self.relations,
            shots: &mut self.shots,
            messages: &mut self.messages,
            names: &self.names,
            keyed: &self.keyed,
            state: actor.state_bytes(&self.states),
            state_id: actor.state_id(),
            refs: &[],
            me,
            incarnation: actor.incarnation,
            from_life: self.current.from.incarnation,
            now: self.ledger.now,
        };
        let result = self.behaviours[usize::from(actor.behaviour)].message(&self.current.data[..length], &mut cx);
        if result.is_ok() && !self.turn.touched {
            let told = self.tell_all(actor.sender());
            if told == self.turn.effects.len() {
                self.turn.effects.clear();
                self.ledger.counters.handled += 1;
                self.messages.free_plain(handle);
                return true;
            }
            self.turn.effects.drain(..told);
        }
        self.not_plain(actor, handle, result);
        true
    }

    /// It asked for more. The messages at the head of its outbox are sent already: nothing that follows can undo that.
    #[inline(never)]
    fn not_plain(&mut self, actor: Actor, handle: Handle, result: Result<(), Crash>) {
        self.current.be_plain();
        self.refs.clear();
        self.conclude(actor, handle, result, None);
    }

    /// Sends the messages at the head of the outbox, up to the first that is not plain. How many.
    #[inline]
    fn tell_all(&mut self, me: Sender) -> usize {
        let mut at = 0;
        while let Some(Effect::Tell { to, entry, weight }) = self.turn.effects.get(at).copied() {
            self.tell(me, to, entry, weight as usize);
            at += 1;
        }
        at
    }

    /// The plain case of `send`: one look at the receiver.
    #[inline]
    pub(crate) fn tell(&mut self, from: Sender, to: Key, entry: Handle, weight: usize) {
        let open = |header: &&mut Header| header.flags.is_open() && header.has_room(weight, &self.config);
        let Some(header) = self.slots.get_mut(to).filter(open).filter(|_| !self.ledger.trace) else {
            return self.send(from, Ref::actor(to, 0, Rights::SEND), entry);
        };
        self.ledger.counters.sent += 1;
        header.count_in(weight);
        self.messages.push_back(&mut header.mailbox, entry);
        if !header.flags.has(Flags::READY) {
            header.flags.set(Flags::READY, true);
            self.ready.push(header.flags.class(), to);
        }
    }
}
