//! The behaviour of a class of guests: from an event to a turn of the engine, and from what that leaves to the kernel's verbs.
use crate::{
    Class, Engine, Input, Outcome, Product,
    given::Given,
    outbox::{self, Look},
    pending::Pending,
    rest::Rest,
    slow,
};
use alloc::{borrow::Cow, boxed::Box, format, string::String, vec::Vec};
use core::{fmt::Write, mem};
use peerd_actor::wire::{CALL, Entries, FAILED, HEADER, Header, KEYS, Kind, Op, TAGS};
use peerd_vat::{Behaviour, CallId, Code, Crash, Cx, Event, INFINITY_MS, Place, Reason, Ref, Settle, StateId, WatchId};

/// What can't wait, an upgrade's or a last turn, has so many times as much, and fails behind that.
const AT_ONCE: u64 = 100;
/// Fuel that counts as one of the kernel's reductions.
const REDUCTION: u64 = 1_000;
/// A class that was slow so often in a row is so from the start, until a turn was not.
const SLOW_TURNS: u8 = 3;
/// A turn that has gone down with so many lives of a durable actor, as those of its vat end, is not begun again.
const LIVES_MAX: u32 = 6;
/// The host is asked again after so long, then after twice as long each time.
const AGAIN_MS: u64 = 100;
const AGAIN_MS_MAX: u64 = 30_000;
/// In the kernel's tag: the first turn was slow, and is over.
const BEGUN: u32 = TAGS;

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour(class: Class, engine: impl Engine + 'static) -> Box<dyn Behaviour> {
    Box::new(Guest { class, engine, slow_turns: 0, is_failing: false, desk: Desk::default() })
}

/// What the guest itself wrote down, of an actor's state as the kernel has it. None: it is no guest's.
#[must_use]
pub fn own_state(state: &[u8]) -> Option<&[u8]> {
    let mut rest = Rest::default();
    if rest.read(state) { state.get(rest.state_at..) } else { None }
}

struct Guest<E> {
    class: Class,
    engine: E,
    slow_turns: u8,
    /// The turn that ends well here is one that has failed: there are no last words.
    is_failing: bool,
    desk: Desk,
}

/// Room that all turns use.
#[derive(Default)]
struct Desk {
    rest: Rest,
    /// What is handled: header and body, its refs, who waits.
    message: Vec<u8>,
    refs: Vec<Ref>,
    reply: Option<Ref>,
    /// The mark under which what is handled was waited for.
    mark: Option<Mark>,
    product: Product,
    bytes: Vec<u8>,
    /// The turn's product has the state that there was.
    is_same: bool,
}

#[derive(Clone, Copy)]
enum Mark {
    Call(u32, CallId),
    Watch(u32, WatchId),
}

/// What is to be handled, beside its body and its refs.
struct Head {
    kind: Kind,
    flags: u16,
    mark: u32,
    key: u64,
}

impl Head {
    const fn new(kind: Kind) -> Head {
        Head { kind, flags: 0, mark: 0, key: 0 }
    }
}

impl Desk {
    fn read(&mut self, state: &[u8]) -> Result<(), Crash> {
        if self.rest.read(state) { Ok(()) } else { Err(Crash::new("decode", "no guest at rest")) }
    }

    fn write_down(&mut self, head: &Head, body: &[u8], refs: &[Ref], reply: Option<Ref>, cx: &mut Cx<'_>) {
        let header = Header {
            kind: head.kind,
            flags: head.flags | if reply.is_some() { CALL } else { 0 },
            state_refs: self.rest.refs.len() as u32,
            message_refs: refs.len() as u32,
            mark: head.mark,
            key: head.key,
            now_ms: cx.now().0,
            seed: cx.random(),
        };
        self.message.clear();
        self.message.extend_from_slice(&header.to_bytes());
        self.message.extend_from_slice(body);
        self.refs.clear();
        self.refs.extend_from_slice(refs);
        (self.reply, self.mark) = (reply, None);
    }

    /// What was pending is handled as if it came now.
    fn take_up(&mut self, pending: &Pending, cx: &mut Cx<'_>) {
        let Some((header, body)) = Header::split(&pending.message) else { return };
        let head = Head { kind: header.kind, flags: header.flags & !CALL, mark: header.mark, key: header.key };
        let (reply, refs) = pending.split_refs();
        let (body, refs) = (body.to_vec(), refs.to_vec());
        self.write_down(&head, &body, &refs, reply, cx);
    }

    /// The same as it was: what it handles is fixed while it is pending.
    fn take_back(&mut self, pending: &Pending) {
        self.message.clone_from(&pending.message);
        let (reply, refs) = pending.split_refs();
        self.reply = reply;
        self.refs.clear();
        self.refs.extend_from_slice(refs);
    }

    fn pending(&self, id: u32) -> Pending {
        let refs = self.reply.iter().chain(&self.refs).copied().collect();
        Pending { id, call: None, set_aside: false, lives: 0, faults: 0, message: self.message.clone(), refs }
    }

    /// Rest with this state of the guest's, unless nothing is different.
    fn commit(&mut self, state: &[u8], cx: &mut Cx<'_>) {
        self.bytes.clear();
        if self.rest.is_as_it_was() {
            self.bytes.extend_from_slice(&cx.state()[..self.rest.state_at]);
            self.bytes.extend_from_slice(state);
        } else {
            self.rest.write(state, &mut self.bytes);
        }
        if cx.state() != self.bytes {
            cx.become_state(&self.bytes);
        }
    }
}

impl<E: Engine> Guest<E> {
    /// The turn at hand, which is on the desk, with little fuel. `pending`: where it comes from, if it was begun before.
    fn begin(&mut self, pending: Option<Pending>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        if self.slow_turns >= SLOW_TURNS && self.class.slow.is_some() {
            return self.go_slow(pending, cx);
        }
        let outcome = self.run(self.class.fuel, cx);
        cx.charge((self.desk.product.fuel / REDUCTION) as u32);
        match outcome {
            Outcome::Exhausted => {
                // A turn that is begun again is the same one.
                self.slow_turns = self.slow_turns.saturating_add(u8::from(pending.is_none()));
                self.go_slow(pending, cx)
            }
            outcome => {
                self.slow_turns = 0;
                self.conclude(outcome, pending, cx)
            }
        }
    }

    fn run(&mut self, fuel: u64, cx: &Cx<'_>) -> Outcome {
        let Desk { rest, message, product, .. } = &mut self.desk;
        product.clear();
        let state = cx.state().get(rest.state_at..).unwrap_or_default();
        let outcome = self.engine.turn(&Input { state, message, fuel }, product);
        self.desk.is_same = product.state == state;
        outcome
    }

    /// What came of the turn whose inputs are on the desk and whose product is there, too.
    fn conclude(&mut self, outcome: Outcome, pending: Option<Pending>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match outcome {
            Outcome::Done if pending.is_none() => self.apply(None, cx),
            Outcome::Done => match self.check(cx) {
                Ok(()) => self.apply(pending, cx),
                Err(crash) => self.fail(pending, crash, cx),
            },
            Outcome::Failed => self.fail(pending, outbox::failure(&self.desk.product.outbox), cx),
            Outcome::Trapped(trap) => self.fail(pending, trap.crash(), cx),
            Outcome::Exhausted => {
                // Its effects are none, and what it handled is over with it. Of a first turn it is kept that there was none.
                if let Some(pending) = pending.filter(|pending| is_first(pending, cx)) {
                    self.desk.rest.pending.push(Pending { call: None, set_aside: true, lives: LIVES_MAX, ..pending });
                }
                let state = cx.state().get(self.desk.rest.state_at..).unwrap_or_default().to_vec();
                self.desk.commit(&state, cx);
                // Dropped, its call would look like one that was handled and left unanswered.
                self.desk.reply.iter().for_each(|reply| cx.refuse(*reply, &Settle::Exit(Reason::Killed)));
                cx.report("killed", format!("a turn of {} used up all the fuel it could have", self.class.name));
                cx.exit(cx.me(), Reason::Kill);
                Ok(())
            }
            Outcome::HostFault(why) => {
                self.put_off(pending, &why, cx);
                Ok(())
            }
        }
    }

    /// A turn begun before is in the state of a durable actor: dropped like any that fails, it would be begun again by the next life, and
    /// by each after it. So the life ends with the crash and without that turn. A first turn stays: there is no state without it, and
    /// whoever started it is told.
    fn fail(&mut self, pending: Option<Pending>, crash: Crash, cx: &mut Cx<'_>) -> Result<(), Crash> {
        if !cx.is_durable() || pending.is_none_or(|pending| is_first(&pending, cx)) {
            return Err(crash);
        }
        let state = cx.state().get(self.desk.rest.state_at..).unwrap_or_default().to_vec();
        self.desk.commit(&state, cx);
        self.is_failing = true;
        cx.stop(Reason::Crash(crash));
        Ok(())
    }

    /// Whether its product can be applied whole.
    fn check(&mut self, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Desk { rest, refs, reply, product, .. } = &mut self.desk;
        let kept = rest.refs.clone();
        let mut given = Given::new(cx.me(), *reply, &kept, refs);
        let class = &self.class;
        class.uncounted(|| outbox::apply(Look::Only, &product.outbox, class, &mut given, rest, cx))?;
        if product.state.len() > self.engine.limits().state_max { Err(crate::Trap::State.crash()) } else { Ok(()) }
    }

    fn apply(&mut self, pending: Option<Pending>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let product = mem::take(&mut self.desk.product);
        let Desk { rest, refs, reply, .. } = &mut self.desk;
        let mut kept = mem::take(&mut rest.refs);
        let mut given = Given::new(cx.me(), *reply, &kept, refs);
        let asked = outbox::apply(Look::Ask, &product.outbox, &self.class, &mut given, rest, cx)?;
        if product.state.len() > self.engine.limits().state_max {
            return Err(crate::Trap::State.crash());
        }
        if let Some(keeps) = asked.keeps {
            kept = keeps;
            self.desk.rest.was_idle = false;
        }
        self.desk.rest.refs = kept;
        let begins = cx.tag() & BEGUN;
        let is_first = pending.as_ref().is_some_and(|pending| is_first(pending, cx));
        if is_first || asked.tag.is_some() {
            let tag = asked.tag.unwrap_or(cx.tag() & !BEGUN);
            cx.become_tag(tag | if is_first { BEGUN } else { begins });
        }
        if asked.defers {
            cx.defer();
            let Desk { rest, mark, .. } = &mut self.desk;
            match (pending, *mark) {
                // Of one that was begun before, the event at hand is what stands for it from now on.
                (Some(pending), _) => rest.pending.push(Pending { set_aside: true, ..pending }),
                (None, Some(Mark::Call(mark, call))) => rest.calls.push((mark, call)),
                (None, Some(Mark::Watch(mark, watch))) => rest.watches.push((mark, watch)),
                (None, None) => {}
            }
        }
        // Most turns of most guests: nothing is to be written.
        if !(self.desk.is_same && self.desk.rest.is_as_it_was()) {
            self.desk.commit(&product.state, cx);
        }
        self.desk.product = product;
        Ok(())
    }

    /// The turn at hand becomes a call of the host, and the mailbox is closed until it is answered.
    fn go_slow(&mut self, pending: Option<Pending>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Some(port) = self.class.slow else { return self.conclude(Outcome::Exhausted, pending, cx) };
        let state = cx.state().get(self.desk.rest.state_at..).unwrap_or_default().to_vec();
        let (name, version) = (Cow::Borrowed(self.class.name), self.class.version);
        let request = slow::Request { name, version, state: Cow::Borrowed(&state), message: Cow::Borrowed(&self.desk.message) };
        let call = cx.call(port, &request.encode(), &[], INFINITY_MS);
        cx.await_reply(call);
        self.wait(pending, Some(call), &state, cx);
        Ok(())
    }

    /// The host could not: again later.
    fn put_off(&mut self, pending: Option<Pending>, why: &str, cx: &mut Cx<'_>) {
        let state = cx.state().get(self.desk.rest.state_at..).unwrap_or_default().to_vec();
        let mut pending = pending.unwrap_or_else(|| self.desk.pending(self.next_id()));
        let after = AGAIN_MS.saturating_mul(1 << pending.faults.min(16)).min(AGAIN_MS_MAX);
        pending.faults = pending.faults.saturating_add(1);
        // Each doubling is one word, not each try.
        if pending.faults.is_power_of_two() {
            cx.report("host_fault", format!("a turn of {} could not be run: {why}", self.class.name));
        }
        let key = KEYS | u64::from(pending.id);
        cx.timer(key, after);
        cx.await_timer(key);
        self.wait(Some(pending), None, &state, cx);
    }

    fn wait(&mut self, pending: Option<Pending>, call: Option<CallId>, state: &[u8], cx: &mut Cx<'_>) {
        let mut pending = pending.unwrap_or_else(|| self.desk.pending(self.next_id()));
        pending.message.clone_from(&self.desk.message);
        (pending.call, pending.set_aside) = (call, false);
        if is_first(&pending, cx) && !cx.has_state() {
            // Whoever started it waits until it is over: the first turn comes again with the tag that says so.
            cx.defer();
        }
        self.desk.rest.pending.push(pending);
        self.desk.commit(state, cx);
    }

    fn next_id(&self) -> u32 {
        self.desk.rest.pending.iter().map(|pending| pending.id + 1).max().unwrap_or(0)
    }

    /// The host has answered, or can't.
    fn answered(&mut self, pending: Pending, result: Result<&[u8], Settle>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        self.desk.take_back(&pending);
        let answer = match result {
            Ok(body) => slow::Answer::decode(body),
            // The deadline was that of a caller who is gone: the turn is not.
            Err(Settle::Timeout) => return self.go_slow(Some(pending), cx),
            Err(settle) => {
                self.put_off(Some(pending), &format!("{settle}"), cx);
                return Ok(());
            }
        };
        let Some(answer) = answer else {
            self.put_off(Some(pending), "what the host answered is no answer", cx);
            return Ok(());
        };
        if answer.version != self.class.version {
            // It was upgraded meanwhile.
            self.desk.take_up(&pending, cx);
            return self.begin(Some(pending), cx);
        }
        if answer.fuel <= self.class.fuel {
            self.slow_turns = 0;
        }
        let slow::Answer { outcome, fuel, state, outbox, .. } = answer;
        self.desk.product = Product { fuel, state: state.into_owned(), outbox: outbox.into_owned() };
        self.desk.is_same = false;
        self.conclude(outcome, Some(pending), cx)
    }

    /// An event that stands for a turn begun before: whether it did, and what came of it.
    fn go_on(&mut self, event: &Event<'_>, cx: &mut Cx<'_>) -> Option<Result<(), Crash>> {
        let at = match event {
            Event::Reply { call, .. } => self.desk.rest.pending.iter().position(|pending| pending.call == Some(*call))?,
            Event::Timer { key } if *key >= KEYS => {
                match self.desk.rest.pending.iter().position(|pending| KEYS | u64::from(pending.id) == *key) {
                    Some(at) => at,
                    // Of a turn that is over.
                    None => return Some(Ok(())),
                }
            }
            Event::User { .. } | Event::Down { .. } | Event::Exit { .. } | Event::Timer { .. } | Event::Alarm { .. } => return None,
        };
        let pending = self.desk.rest.pending.remove(at);
        Some(match event {
            Event::Reply { result, .. } if !pending.set_aside => {
                self.answered(pending, result.as_ref().map(|answer| answer.body).map_err(Settle::clone), cx)
            }
            _ => {
                self.desk.take_up(&pending, cx);
                self.begin(Some(pending), cx)
            }
        })
    }

    /// What was begun comes again, in order, before what is new. What else stands for it comes to nothing.
    fn begin_again(&mut self, cx: &mut Cx<'_>) {
        for pending in &mut self.desk.rest.pending {
            pending.lives += u32::from(!pending.set_aside);
            (pending.call, pending.set_aside) = (None, true);
        }
        let poison = |pending: &Pending| pending.lives >= LIVES_MAX && !is_first(pending, cx);
        let begun = self.desk.rest.pending.len();
        self.desk.rest.pending.retain(|pending| !poison(pending));
        if self.desk.rest.pending.len() < begun {
            cx.report("poison", format!("a slow turn of {} went down with {LIVES_MAX} lives and is given up", self.class.name));
        }
        for pending in &self.desk.rest.pending {
            cx.insert(KEYS | u64::from(pending.id), Place::BeforeNew);
        }
    }

    /// Too long for its buffer: its sender's mistake, which must not end this actor.
    #[inline]
    fn refuses(&self, body: &[u8], cx: &mut Cx<'_>) -> bool {
        let is_long = HEADER + body.len() > self.engine.limits().message_max;
        if is_long {
            cx.report("malformed", format!("a message of {} bytes is too long for {}", body.len(), self.class.name));
        }
        is_long
    }

    /// Now or never: no fuel after this, and no waiting.
    fn at_once(&mut self, cx: &Cx<'_>) -> Result<(), Crash> {
        match self.run(self.class.fuel.saturating_mul(AT_ONCE), cx) {
            Outcome::Done => Ok(()),
            Outcome::Failed => Err(outbox::failure(&self.desk.product.outbox)),
            Outcome::Trapped(trap) => Err(trap.crash()),
            Outcome::Exhausted => Err(Crash::new("fuel", "a turn that can't wait took too long")),
            Outcome::HostFault(why) => Err(Crash::new("host_fault", why)),
        }
    }
}

impl<E: Engine> Behaviour for Guest<E> {
    fn name(&self) -> &'static str {
        self.class.name
    }

    fn version(&self) -> u32 {
        self.class.version
    }

    /// The module.
    fn schema(&self) -> String {
        self.class.hash.iter().fold(String::from("guest "), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        // A deferred first turn comes back when it is over.
        if cx.has_state() {
            return Ok(());
        }
        if self.refuses(args, cx) {
            return Err(Crash::new("bad_args", "the arguments are too long"));
        }
        self.desk.rest.clear();
        self.desk.write_down(&Head::new(Kind::Init), args, cx.refs(), None, cx);
        self.begin(None, cx)
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        self.is_failing = false;
        self.desk.read(cx.state())?;
        if let Some(done) = self.go_on(&event, cx) {
            return done;
        }
        if let Event::Exit { from, reason } = &event
            && self.class.holds()
            && cx.parent().is_some_and(|parent| parent.actor_id() == from.actor_id())
        {
            cx.stop(if *reason == Reason::Normal { Reason::Shutdown } else { reason.clone() });
            return Ok(());
        }
        // An await that nobody waits for any more is over: it was resumed from a failed turn, or called off.
        let stale = |pending: &Pending| !pending.set_aside;
        self.desk.rest.pending.retain(|pending| !stale(pending));
        let body: Vec<u8>;
        let one: [Ref; 1];
        let mut waited = None;
        let (head, body, refs, reply): (Head, &[u8], &[Ref], Option<Ref>) = match event {
            Event::User { body, refs, reply } => (Head::new(Kind::Message), body, refs, reply),
            Event::Reply { call, result } => {
                let Some(mark) = self.desk.rest.take_call(call) else { return Ok(()) };
                waited = Some(Mark::Call(mark, call));
                let head = Head { mark, ..Head::new(Kind::Reply) };
                match result {
                    Ok(answer) => (head, answer.body, answer.refs, None),
                    Err(settle) => {
                        body = bytes(&settle);
                        (Head { flags: FAILED, ..head }, &body, &[], None)
                    }
                }
            }
            Event::Down { watch, target, reason, .. } => {
                let Some(mark) = self.desk.rest.take_watch(watch) else { return Ok(()) };
                waited = Some(Mark::Watch(mark, watch));
                (body, one) = (bytes(&reason), [target]);
                (Head { mark, ..Head::new(Kind::Down) }, &body, &one, None)
            }
            Event::Exit { from, reason } => {
                (body, one) = (bytes(&reason), [from]);
                (Head::new(Kind::Exit), &body, &one, None)
            }
            Event::Timer { key } => (Head { key, ..Head::new(Kind::Timer) }, &[], &[], None),
            Event::Alarm { key, due, missed } => {
                body = [due.0.to_le_bytes(), missed.to_le_bytes()].concat();
                (Head { key, ..Head::new(Kind::Alarm) }, &body, &[], None)
            }
        };
        if self.refuses(body, cx) {
            return Ok(());
        }
        self.desk.write_down(&head, body, refs, reply, cx);
        self.desk.mark = waited;
        self.begin(None, cx)
    }

    /// What was begun is begun again, in order, before what is new: its calls ended with the life before.
    fn recovered(&mut self, cx: &mut Cx<'_>) -> Result<(), Crash> {
        self.is_failing = false;
        self.desk.read(cx.state())?;
        self.begin_again(cx);
        self.desk.rest.calls.clear();
        self.desk.rest.watches.clear();
        if let Some(init) = self.desk.rest.pending.iter().find(|pending| is_first(pending, cx)) {
            if init.lives >= LIVES_MAX {
                return Err(Crash::new("poison", format!("the first turn of {} has never ended well", self.class.name)));
            }
            let state = cx.state().get(self.desk.rest.state_at..).unwrap_or_default().to_vec();
            self.desk.commit(&state, cx);
            return Ok(());
        }
        self.desk.write_down(&Head::new(Kind::Recovered), &[], &[], None, cx);
        self.begin(None, cx)
    }

    fn minds_recovery(&self) -> bool {
        true
    }

    fn terminate(&mut self, reason: &Reason, cx: &mut Cx<'_>) {
        if mem::take(&mut self.is_failing)
            || self.desk.read(cx.state()).is_err()
            || self.desk.rest.pending.iter().any(|pending| is_first(pending, cx))
        {
            return;
        }
        self.desk.write_down(&Head::new(Kind::Terminate), &bytes(reason), &[], None, cx);
        // Nobody could drop half of them any more: all of its last words are said, or none.
        if self.at_once(cx).is_ok() && self.check(cx).is_ok() {
            let Desk { rest, product, .. } = &mut self.desk;
            let refs = mem::take(&mut rest.refs);
            let mut given = Given::new(cx.me(), None, &refs, &[]);
            outbox::apply(Look::Ask, &product.outbox, &self.class, &mut given, rest, cx).expect("it has been looked at");
        }
    }

    fn decode(&mut self, state: &[u8]) -> Result<Option<StateId>, Crash> {
        self.desk.read(state).map(|()| None)
    }

    fn refs_in<'a>(&self, state: &'a [u8]) -> &'a [u8] {
        &state[..Rest::refs_end(state)]
    }

    fn migrate(&mut self, state: &[u8], from: Code<'_>, extra: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        self.desk.read(state).map_err(|_| Crash::new("no_migration", format!("{from} was no guest")))?;
        let own = state.len() - self.desk.rest.state_at;
        let word = [&from.version.to_le_bytes()[..], &(from.name.len() as u32).to_le_bytes(), from.name.as_bytes(), extra].concat();
        if own > self.engine.limits().state_max || HEADER + word.len() > self.engine.limits().message_max {
            return Err(Crash::new("no_migration", "the old state is too long for the new code"));
        }
        // An upgrade waits for what is under way; what a life before this one had begun goes on with this code.
        self.begin_again(cx);
        self.desk.rest.calls.retain(|(_, call)| cx.waits_for(*call));
        if self.desk.rest.pending.iter().any(|pending| is_first(pending, cx)) {
            // There is no state yet.
            self.desk.commit(&[], cx);
            return Ok(());
        }
        self.desk.write_down(&Head::new(Kind::Migrate), &word, &[], None, cx);
        self.at_once(cx)?;
        self.apply(None, cx)?;
        // There is no message to be set aside.
        if Entries::of(&self.desk.product.outbox).flatten().any(|entry| entry.op == Op::Defer) {
            return Err(Crash::new("entry", "a migration that defers"));
        }
        Ok(())
    }
}

/// Whether there is no state before this turn is over.
fn is_first(pending: &Pending, cx: &Cx<'_>) -> bool {
    pending.is_init() && cx.tag() & BEGUN == 0
}

fn bytes<T: serde::Serialize>(term: &T) -> Vec<u8> {
    postcard::to_allocvec(term).expect("plain data encodes")
}
