//! One message becomes one turn, or is passed over because nobody waits for it any more.
use crate::{
    Answer, CallId, Crash, Cx, DeadClass, Event, Last, MessageKind, Reason, Ref, Rights, Settle, StateId, Time, Vat, WatchId, What,
    behaviour::BehaviourId,
    cx,
    durable::{Blame, Tick, Verdict},
    entry::{Cell, Entry, Marks, Sender},
    objects::split_address,
    refs::Key,
    slab::Handle,
    slots::{Flags, Header},
    told::{failure, last_event},
    turn::{Touched, mix},
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
    #[inline(never)]
    pub(crate) fn step(&mut self, me: Key) -> Step {
        let Some(header) = self.tables.slots.get_mut(me).filter(|header| header.flags.has(Flags::LIVE)) else { return Step::Empty };
        let flags = header.flags;
        if flags.has(Flags::PASSIVE) {
            self.swap_in(me);
            if self.broken {
                return Step::Empty;
            }
        }
        let header = self.tables.slots.get_mut(me).expect("found above");
        let (next, header) = if flags.has(Flags::DOOR) {
            (self.take_at_door(me), self.tables.slots.get_mut(me).expect("found above"))
        } else {
            (self.tables.messages.pop_front(&mut header.mailbox), header)
        };
        let Some(handle) = next else { return Step::Empty };
        self.taken = handle;
        // A copy, so that the turn can write messages while it reads this one.
        let weight = self.tables.messages.copy(handle, &mut self.current, &mut self.apart);
        if self.current.kind == MessageKind::User {
            header.load.count_out(weight);
        }
        header.count_turn();
        let mut actor = Actor::of(me, header);
        if flags.is_special() || self.current.marks.has(Marks::ABOUT) {
            if let Err((class, settle)) = self.check(actor, handle) {
                self.tables.slots.get_mut(me).expect("found above").turns -= 1;
                self.discard(me, handle, class, &settle);
                return Step::PassedOver;
            }
            if self.current.kind.is_system() {
                self.serve(actor.sender(), handle);
                self.tables.turn.end();
                return Step::Turned;
            }
            // Its state may have been taken up.
            actor = Actor::of(me, self.tables.slots.get(me).expect("found above"));
        }
        self.turn(actor, handle);
        Step::Turned
    }

    /// What only few messages need.
    fn check(&mut self, actor: Actor, handle: Handle) -> Result<(), (DeadClass, Settle)> {
        let me = actor.key;
        if actor.flags.has(Flags::AHEAD) && self.tables.slots.life(me).ahead == handle {
            self.tables.slots.set_ahead(me, Handle::NONE);
        }
        let rejected = |crash| (DeadClass::Crashed, Settle::Exit(Reason::Crash(crash)));
        // Before what the message refers to is used up.
        if actor.flags.has(Flags::PASSIVE) && !self.current.kind.is_system() {
            self.activate(me).map_err(rejected)?;
        }
        self.look_up(me).map_err(|class| (class, class.settles()))?;
        if self.current.kind.is_system() {
            return Ok(());
        }
        if actor.flags.has(Flags::DOOR) { self.ready_at_door(me, handle).map_err(rejected) } else { Ok(()) }
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
            MessageKind::User => self.tables.shots.get(about.key).is_some() || seen || !self.is_incarnation(from),
            MessageKind::Reply => seen || self.forget_shot(about.key).is_some(),
            MessageKind::Down => seen || self.tables.relations.remove(&mut self.tables.slots.life_mut(me).edges, about.key).is_some(),
            MessageKind::Timer => seen || self.remove_timer(me, about.key),
            MessageKind::Alarm => {
                let tick = Tick::of_bytes(entry.body());
                self.fire(me, about, tick)
            }
            MessageKind::Init | MessageKind::Recovered | MessageKind::Exit => true,
            kind if kind.is_system() && about.deadline() <= self.ledger.now => return Err(DeadClass::Expired),
            MessageKind::Suspend | MessageKind::Resume | MessageKind::System => self.tables.shots.get(about.key).is_some(),
            MessageKind::Upgrade | MessageKind::Passivate | MessageKind::Activate => self.tables.shots.get(about.key).is_some(),
        };
        if stands { Ok(()) } else { Err(DeadClass::Cancelled) }
    }

    pub(crate) fn is_incarnation(&self, of: Sender) -> bool {
        self.tables.slots.is_live(of.key) && self.tables.slots.get(of.key).is_some_and(|header| header.incarnation == of.incarnation)
    }

    fn turn(&mut self, actor: Actor, handle: Handle) {
        let me = actor.key;
        let kind = self.current.kind;
        self.refs.clear();
        let (mut inherited, mut handling, mut object) = (None, Key::NONE, None);
        if self.current.refs > 0 || self.current.marks.has(Marks::ABOUT) {
            let entry = current(&self.current, &self.apart);
            entry.refs_into(&mut self.refs);
            object = split_address(&self.refs).0;
            if let Some(about) = entry.about().filter(|_| matches!(kind, MessageKind::User | MessageKind::Init)) {
                handling = about.key;
                inherited = Some(about.deadline()).filter(|at| kind == MessageKind::User && *at != Time::NEVER);
            }
        }
        self.ledger.counters.turns += 1;
        self.tables.turn.begin(self.chance(), inherited, handling);
        self.tables.turn.object = object;
        if actor.flags.has(Flags::DOOR) {
            self.pass(me, handle);
        }
        if kind == MessageKind::Recovered
            && let Some(foreign) = self.foreign(me).cloned()
        {
            return self.take_over(&foreign, actor, handle);
        }
        let before = if actor.flags.has(Flags::MINDED) && kind != MessageKind::Init { self.remember(me) } else { None };
        if self.ledger.is_told() {
            self.tell_received(me, handle);
        }
        let entry = current(&self.current, &self.apart);
        let refs = split_address(&self.refs).1;
        let mut cx = Cx {
            tables: &mut self.tables,
            state_id: actor.state_id(),
            refs,
            me,
            incarnation: actor.incarnation,
            from_life: entry.from().incarnation,
            now: self.ledger.now,
        };
        let behaviour = &mut self.behaviours[usize::from(actor.behaviour)];
        let result = match kind {
            MessageKind::Init => behaviour.init(entry.body(), &mut cx),
            MessageKind::Recovered => behaviour.recovered(&mut cx),
            _ => behaviour.turn(event(entry, refs), &mut cx),
        };
        self.conclude(actor, handle, result, before.as_deref());
    }

    /// Where the random numbers of this turn start.
    #[inline]
    pub(crate) fn chance(&self) -> u64 {
        self.seed ^ self.ledger.counters.turns.wrapping_mul(TURN)
    }

    /// Commits the turn or drops it. `before`: the state to go back to, if the actor may go on.
    pub(crate) fn conclude(&mut self, actor: Actor, handle: Handle, mut result: Result<(), Crash>, before: Option<&[u8]>) {
        if self.tables.turn.touched != Touched::NOTHING
            && !self.tables.turn.is_plain()
            && let (Ok(()), Some(fault)) = (&result, self.find_fault(actor.key))
        {
            result = Err(fault);
        }
        let mut blame = Blame::Actor;
        if result.is_ok() && actor.flags.has(Flags::MINDED) && self.is_durable(actor.key) {
            result = self.record(actor, handle);
            // What it asks for is its own affair; that nothing is written down is the host's.
            blame = if result.is_err() && self.takes_nothing() { Blame::Host } else { Blame::Actor };
        }
        match result {
            Ok(()) => self.commit(actor, handle),
            Err(crash) => self.abort(actor, handle, Reason::Crash(crash), blame, before),
        }
        if !self.deaths.is_empty() {
            self.settle_deaths();
        }
        self.tables.turn.end();
    }

    /// An aborted turn leaves a report and nothing else. `before`: the state to go back to, if the actor may go on.
    fn abort(&mut self, actor: Actor, handle: Handle, reason: Reason, blame: Blame, before: Option<&[u8]>) {
        let me = actor.key;
        let discarded = self.tables.turn.effects.len() as u32;
        cx::abort(&mut self.tables);
        if let Some(id) = self.tables.turn.state_id.take() {
            self.behaviour_of(me).forget(id);
        }
        self.ledger.counters.aborted += 1;
        self.ledger.fact(Some(crate::ActorId(me)), || What::Aborted { reason: reason.clone() });
        let last = Last { discarded, ..last_event(self.current()) };
        let catches = actor.flags.has(Flags::MINDED) && self.current.kind != MessageKind::Init;
        let verdict = if self.journal.is_some() { self.judge(actor, handle, &reason, blame) } else { Verdict::Dropped };
        self.dispose(me, handle, verdict, &reason);
        if verdict == Verdict::Parked || !catches || !self.hold(me, before, &reason, &last) {
            self.end(me, reason, last);
        }
        match verdict {
            Verdict::Again(ms) => self.back_off(me, ms),
            Verdict::Parked => self.stay_parked(me),
            Verdict::Dropped | Verdict::Alarm => {}
        }
    }

    /// The last turn of an actor that stopped itself.
    pub(crate) fn terminate(&mut self, me: Sender, reason: &Reason) {
        let header = self.tables.slots.get(me.key).expect("it has just had a turn");
        let (behaviour, state_id) = (header.behaviour, header.state_id());
        let seed = mix(self.tables.turn.random.wrapping_add(1));
        self.tables.turn.begin(seed, None, Key::NONE);
        let mut cx = Cx {
            tables: &mut self.tables,
            state_id,
            refs: &[],
            me: me.key,
            incarnation: me.incarnation,
            from_life: 0,
            now: self.ledger.now,
        };
        self.behaviours[usize::from(behaviour)].terminate(reason, &mut cx);
        self.apply_all(me);
    }
}

/// What a turn needs of its actor's header, read once.
#[derive(Clone, Copy)]
pub(crate) struct Actor {
    pub key: Key,
    pub incarnation: u32,
    pub flags: Flags,
    pub behaviour: BehaviourId,
    state: Handle,
}

impl Actor {
    pub fn of(key: Key, header: &Header) -> Actor {
        Actor { key, incarnation: header.incarnation, behaviour: header.behaviour, state: header.state, flags: header.flags }
    }

    pub fn sender(self) -> Sender {
        Sender { key: self.key, incarnation: self.incarnation }
    }

    pub fn state_id(self) -> Option<StateId> {
        self.flags.has(Flags::SHELVED).then(|| StateId(self.state.to_u32()))
    }
}

/// Odd, so that no two turns start their random numbers at the same point.
const TURN: u64 = 0xD134_2543_DE82_EF95;

#[inline]
pub(crate) fn current<'a>(cell: &'a Cell, apart: &'a [u8]) -> Entry<'a> {
    Entry { cell, data: if cell.block().is_some() { apart } else { &cell.data } }
}

#[inline]
fn event<'a>(entry: Entry<'a>, refs: &'a [Ref]) -> Event<'a> {
    let about = || entry.about().expect("written with what it is about");
    let reason = || postcard::from_bytes::<Reason>(entry.body()).expect("written by the kernel");
    match entry.kind() {
        MessageKind::User if entry.marks() == Marks::default() => {
            Event::User { body: &entry.data[..entry.cell.length as usize], refs, reply: None }
        }
        MessageKind::Init | MessageKind::Recovered => unreachable!("no event but a method of its own"),
        MessageKind::User => Event::User { body: entry.body(), refs, reply: entry.about().map(|about| Ref::one_shot(about.key)) },
        MessageKind::Reply => Event::Reply {
            call: CallId(about().key),
            result: match failure(entry) {
                None => Ok(Answer { body: entry.body(), refs }),
                Some(settle) => Err(settle),
            },
        },
        MessageKind::Down => Event::Down { watch: WatchId(about().key), tag: about().word, target: refs[0], reason: reason() },
        MessageKind::Exit => Event::Exit { from: refs[0].attenuated(Rights::NONE), reason: reason() },
        MessageKind::Timer => Event::Timer { key: about().word },
        MessageKind::Alarm => {
            let Tick { due, missed } = Tick::of_bytes(entry.body());
            Event::Alarm { key: about().word, due, missed }
        }
        MessageKind::Suspend | MessageKind::Resume | MessageKind::System => unreachable!("the kernel serves it"),
        MessageKind::Upgrade | MessageKind::Passivate | MessageKind::Activate => unreachable!("the kernel serves it"),
    }
}
