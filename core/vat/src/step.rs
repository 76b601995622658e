//! One message becomes one turn, or is passed over because nobody waits for it any more.
use crate::{
    Answer, CallId, Cx, DeadClass, Event, MessageKind, Reason, Ref, Rights, Settle, Time, Vat, WatchId, What, cx,
    entry::{Cell, Entry, Marks, Sender},
    refs::Key,
    slab::Handle,
    slots::Flags,
    state,
    told::{failure, in_few_words, told},
    turn::mix,
};

/// What became of the message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Turned,
    /// A dead letter: no turn.
    PassedOver,
    Empty,
}

impl Vat {
    pub(crate) fn step(&mut self, me: Key) -> Step {
        let Some(header) = self.slots.get_mut(me).filter(|header| header.flags.has(Flags::LIVE)) else { return Step::Empty };
        let has_door = header.flags.has(Flags::DOOR);
        let next = if has_door { self.take_at_door(me) } else { self.messages.pop_front(&mut header.mailbox) };
        let Some(handle) = next else { return Step::Empty };
        self.taken = handle;
        // A copy, so that the turn can write messages while it reads this one.
        self.current = self.messages.copy(handle, &mut self.apart);
        let header = self.slots.get_mut(me).expect("found above");
        if self.current.kind == MessageKind::User {
            header.count_out(self.current.weight());
        }
        if header.flags.has(Flags::AHEAD) && self.slots.life(me).ahead == handle {
            self.slots.set_ahead(me, Handle::NONE);
        }
        if self.current.marks.has(Marks::ABOUT)
            && let Err(class) = self.look_up(me)
        {
            self.discard(me, handle, class, &class.settles());
            return Step::PassedOver;
        }
        if has_door && let Some(crash) = self.rejected(me, handle) {
            self.discard(me, handle, DeadClass::Crashed, &Settle::Exit(Reason::Crash(crash)));
            return Step::PassedOver;
        }
        self.turn(me, handle);
        Step::Turned
    }

    /// The message of this turn.
    pub(crate) fn current(&self) -> Entry<'_> {
        current(&self.current, &self.apart)
    }

    /// Whether the message still means something. What it refers to is used up by that: a reply's call, a tick's timer.
    fn look_up(&mut self, me: Key) -> Result<(), DeadClass> {
        let entry = self.current();
        let (kind, from) = (entry.kind(), entry.from());
        let seen = entry.marks().has(Marks::SEEN);
        let Some(about) = entry.about() else { return Ok(()) };
        let stands = match kind {
            MessageKind::User if about.deadline() <= self.ledger.now => return Err(DeadClass::Expired),
            // A call whose caller lives and has no such call any more was cancelled.
            MessageKind::User => self.shots.get(about.key).is_some() || seen || !self.is_incarnation(from),
            MessageKind::Reply => seen || self.forget_shot(about.key).is_some(),
            MessageKind::Down => seen || self.relations.remove(&mut self.slots.life_mut(me).edges, about.key).is_some(),
            MessageKind::Timer => seen || self.remove_timer(me, about.key),
            MessageKind::Init | MessageKind::Exit => true,
        };
        if stands { Ok(()) } else { Err(DeadClass::Cancelled) }
    }

    pub(crate) fn is_incarnation(&self, of: Sender) -> bool {
        self.slots.is_live(of.key) && self.slots.get(of.key).is_some_and(|header| header.incarnation == of.incarnation)
    }

    fn turn(&mut self, me: Key, handle: Handle) {
        let header = self.slots.get_mut(me).expect("it has a mailbox");
        header.turns = header.turns.saturating_add(1);
        let header = *header;
        let entry = current(&self.current, &self.apart);
        let kind = entry.kind();
        entry.refs_into(&mut self.refs);
        self.ledger.counters.turns += 1;
        let about = if matches!(kind, MessageKind::User | MessageKind::Init) { entry.about() } else { None };
        let inherited = about.filter(|_| kind == MessageKind::User).map(|about| about.deadline()).filter(|at| *at != Time::NEVER);
        self.turn.clear(self.seed ^ self.ledger.counters.turns.wrapping_mul(TURN), inherited);
        self.turn.handling = about.map_or(Key::NONE, |about| about.key);
        if header.flags.has(Flags::DOOR) {
            self.pass(me, handle);
        }
        let entry = current(&self.current, &self.apart);
        self.ledger.fact(Some(crate::ActorId(me)), || What::Received {
            from: entry.from().actor_id(),
            kind,
            text: told(entry).into_owned(),
            incarnation: header.incarnation,
        });
        let mut cx = Cx {
            turn: &mut self.turn,
            slots: &mut self.slots,
            relations: &mut self.relations,
            shots: &mut self.shots,
            messages: &mut self.messages,
            names: &self.names,
            state: state::of(&self.states, &header),
            state_id: header.state_id(),
            refs: &self.refs,
            me,
            incarnation: header.incarnation,
            now: self.ledger.now,
        };
        let behaviour = &mut self.behaviours[usize::from(header.behaviour)];
        let result = match kind {
            MessageKind::Init => behaviour.init(entry.body(), &mut cx),
            _ => behaviour.turn(event(entry, &self.refs), &mut cx),
        };
        let sender = Sender { key: me, incarnation: header.incarnation };
        let fault = if self.turn.is_plain() { None } else { self.find_fault(me) };
        match result.and(fault.map_or(Ok(()), Err)) {
            Ok(()) => self.commit(sender, handle),
            Err(crash) => self.abort(me, handle, Reason::Crash(crash)),
        }
        if !self.deaths.is_empty() {
            self.settle_deaths();
        }
    }

    /// An aborted turn leaves a report and nothing else.
    fn abort(&mut self, me: Key, handle: Handle, reason: Reason) {
        cx::abort(&mut self.turn, &mut self.slots, &mut self.relations, &mut self.shots, &mut self.messages);
        if let Some(id) = self.turn.state_id.take() {
            self.behaviour_of(me).forget(id);
        }
        self.ledger.counters.aborted += 1;
        self.ledger.fact(Some(crate::ActorId(me)), || What::Aborted { reason: reason.clone() });
        let said = in_few_words(self.current());
        self.discard(me, handle, DeadClass::Crashed, &Settle::Exit(reason.clone()));
        self.end(me, reason, said.into());
    }

    /// The last turn of an actor that stopped itself.
    pub(crate) fn terminate(&mut self, me: Sender, reason: &Reason) {
        let header = *self.slots.get(me.key).expect("it has just had a turn");
        let seed = mix(self.turn.random.wrapping_add(1));
        self.turn.clear(seed, None);
        let mut cx = Cx {
            turn: &mut self.turn,
            slots: &mut self.slots,
            relations: &mut self.relations,
            shots: &mut self.shots,
            messages: &mut self.messages,
            names: &self.names,
            state: state::of(&self.states, &header),
            state_id: header.state_id(),
            refs: &[],
            me: me.key,
            incarnation: me.incarnation,
            now: self.ledger.now,
        };
        self.behaviours[usize::from(header.behaviour)].terminate(reason, &mut cx);
        self.apply_all(me);
    }
}

/// Odd, so that no two turns start their random numbers at the same point.
const TURN: u64 = 0xD134_2543_DE82_EF95;

fn current<'a>(cell: &'a Cell, apart: &'a [u8]) -> Entry<'a> {
    Entry { cell, data: if cell.block().is_some() { apart } else { &cell.data } }
}

fn event<'a>(entry: Entry<'a>, refs: &'a [Ref]) -> Event<'a> {
    let about = || entry.about().expect("written with what it is about");
    let reason = || postcard::from_bytes::<Reason>(entry.body()).expect("written by the kernel");
    match entry.kind() {
        MessageKind::Init => unreachable!("init is no event"),
        MessageKind::User => Event::User { body: entry.body(), refs, reply: entry.about().map(|about| Ref::one_shot(about.key)) },
        MessageKind::Reply => Event::Reply {
            call: CallId(about().key),
            result: match failure(entry) {
                None => Ok(Answer { body: entry.body(), refs }),
                Some(settle) => Err(settle),
            },
        },
        MessageKind::Down => Event::Down { watch: WatchId(about().key), target: refs[0], reason: reason() },
        MessageKind::Exit => Event::Exit { from: refs[0].attenuated(Rights::NONE), reason: reason() },
        MessageKind::Timer => Event::Timer { key: about().word },
    }
}
