//! The loop of a vat's thread: takes in what came, runs some turns, does what they ask, sleeps until there is more to do.
use crate::{
    End, clock,
    inbox::Item,
    line::Lines,
    pending::{Outcome, Slot},
    port::{Letter, Queue},
    root::{Order, Word},
    shared::Shared,
};
use peerd::Reader;
use peerd_vat::{Activity, DeadClass, DeadLetter, Input, Output, Outputs, PortId, Ref, Refused, Settle, Time, Vat, VatId};
use std::{
    any::Any,
    collections::{BTreeMap, VecDeque},
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// The root's.
pub(crate) const DOOR: PortId = PortId(0);
/// Turns before the clock is read again and what came is taken in: fewer when they are slow, so that it takes about so long.
const FUEL_MAX: u64 = 64;
const SLICE: Duration = Duration::from_millis(1);
/// Items taken in before turns are run.
const INTAKE: usize = 1_024;
/// Bytes of a dead letter's body that are kept, for people.
const HEAD_MAX: usize = 64;

pub(crate) struct Engine {
    vat: Vat,
    shared: Arc<Shared>,
    peers: BTreeMap<VatId, Arc<Shared>>,
    batch: VecDeque<Item>,
    lines: Lines,
    /// Whoever waits for a word of the root.
    slots: BTreeMap<u64, Arc<Slot>>,
    ports: BTreeMap<PortId, Arc<Queue>>,
    resting: Vec<Box<dyn FnOnce() + Send>>,
    until: Option<Instant>,
    end: Option<End>,
    fuel: u64,
    out: Outputs,
}

impl Engine {
    pub fn new(vat: Vat, shared: Arc<Shared>, lines: Lines, out: Outputs) -> Engine {
        Engine {
            vat,
            shared,
            peers: BTreeMap::new(),
            batch: VecDeque::new(),
            lines,
            slots: BTreeMap::new(),
            ports: BTreeMap::new(),
            resting: Vec::new(),
            until: None,
            end: None,
            fuel: 1,
            out,
        }
    }

    /// Has a connection to each of these. Before any of them is started: a vat must not hear another before it knows of it.
    pub fn connect(&mut self, others: &[Arc<Shared>]) {
        for other in others.iter().filter(|other| other.vat != self.shared.vat) {
            self.shared.inbox.push_always(Item::Host(Input::LinkUp { vat: other.vat }));
            self.peers.insert(other.vat, Arc::clone(other));
        }
    }

    pub const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// On a thread of its own, until it ends.
    ///
    /// # Panics
    /// When there can be no more threads.
    pub fn start(mut self) {
        let name = format!("vat {}", self.shared.vat.0);
        let live = move || {
            // A panic is a bug in a behaviour, or in the kernel: the vat is not looked into again, only dropped.
            let end = catch_unwind(AssertUnwindSafe(|| self.run())).unwrap_or_else(|panic| End::Bug(words(&*panic)));
            self.close(end);
        };
        thread::Builder::new().name(name).spawn(live).expect("there can be one thread more");
    }

    fn run(&mut self) -> End {
        loop {
            let now = self.shared.clock.now();
            self.take_in(now);
            self.run_slice(now);
            self.perform(now);
            for change in self.lines.advance(&mut self.vat, now, &mut self.out) {
                self.shared.inbox.set_full(change);
            }
            self.perform(now);
            if let Some(end) = self.is_over() {
                return end;
            }
            if self.batch.is_empty() {
                self.sleep(now);
            }
        }
    }

    fn run_slice(&mut self, now: Time) {
        let begun = Instant::now();
        self.vat.run(now, self.fuel, &mut self.out);
        self.fuel = if begun.elapsed() > SLICE { (self.fuel / 2).max(1) } else { (self.fuel * 2).min(FUEL_MAX) };
    }

    /// Nothing is answered any more: says so to all who wait. The actors are gone by then, and what they had.
    fn close(self, end: End) {
        let Engine { vat, shared, peers, batch, slots, ports, .. } = self;
        let end = match catch_unwind(AssertUnwindSafe(|| drop(vat))) {
            Ok(()) => end,
            Err(panic) => End::Bug(words(&*panic)),
        };
        let left = shared.inbox.close(end);
        for item in batch.into_iter().chain(left) {
            if let Item::Order { slot, .. } | Item::Expect { slot, .. } | Item::Open { slot, .. } = item {
                slot.settle(Err(Settle::Noconnection));
            }
        }
        for slot in slots.into_values() {
            slot.settle(Err(Settle::Noconnection));
        }
        for queue in ports.into_values() {
            queue.close();
        }
        for peer in peers.into_values() {
            peer.inbox.push_always(Item::Host(Input::LinkDown { vat: shared.vat }));
        }
    }

    fn is_over(&mut self) -> Option<End> {
        if self.end.is_none() && self.until.is_some_and(|until| clock::left(until).is_none()) {
            let lives = |activity| !matches!(activity, Activity::Ended | Activity::Buried);
            // The root is not counted.
            let left = self.vat.rows().iter().filter(|row| lives(row.state)).count().saturating_sub(1);
            self.end = Some(End::Cut { left });
        }
        self.end.clone()
    }

    /// Unless something is to be done now.
    fn sleep(&mut self, now: Time) {
        let wake_at = self.vat.wake_at();
        if wake_at.is_some_and(|at| at <= now) {
            return;
        }
        self.shared.inbox.take(&mut self.batch);
        if !self.batch.is_empty() {
            return;
        }
        for rested in self.resting.drain(..) {
            rested();
        }
        let next = wake_at.and_then(|at| self.shared.clock.when(at));
        self.shared.inbox.sleep(next.into_iter().chain(self.until).min());
    }

    fn take_in(&mut self, now: Time) {
        if self.batch.is_empty() {
            self.shared.inbox.take(&mut self.batch);
        }
        for _ in 0..INTAKE {
            let Some(item) = self.batch.pop_front() else { return };
            match item {
                Item::Input { about, input } => self.admit(now, about, input),
                Item::Order { about, id, input, slot } => {
                    self.slots.insert(id, slot);
                    self.admit(now, about, input);
                }
                Item::Expect { id, slot } => {
                    self.slots.insert(id, slot);
                }
                Item::Forget { id } => {
                    if self.slots.remove(&id).is_some() {
                        self.order(now, Order::Forget, id);
                    }
                }
                Item::Host(input) => self.handle(now, input),
                Item::Look(look) => look(&self.vat),
                Item::Rest(rested) => self.resting.push(rested),
                Item::Open { port, queue, slot } => {
                    self.ports.insert(port, queue);
                    slot.settle(Ok((Vec::new(), vec![self.vat.port(port)])));
                }
                Item::Close { port } => {
                    self.ports.remove(&port);
                }
                Item::Stop { until } => {
                    self.until = until;
                    self.order(now, Order::Stop, 0);
                }
            }
        }
    }

    fn order(&mut self, now: Time, order: Order, id: u64) {
        let input = self.shared.to_root(order, id, &[]);
        self.admit(now, self.shared.root, input);
    }

    fn admit(&mut self, now: Time, about: Ref, input: Input) {
        if let Some(change) = self.lines.admit(&mut self.vat, now, about, input, &mut self.out) {
            self.shared.inbox.set_full(change);
        }
    }

    /// What is for no mailbox, and so is never refused.
    fn handle(&mut self, now: Time, input: Input) {
        let taken = self.vat.handle(now, input, &mut self.out);
        assert!(!matches!(taken, Err(Refused::Full(_))), "only a mailbox is full");
    }

    /// What the vat asks for; an answer may make it ask for more.
    fn perform(&mut self, now: Time) {
        while !self.out.is_empty() {
            let mut out = mem::take(&mut self.out);
            for output in out.drain(..) {
                self.obey(now, output);
            }
            if self.out.is_empty() {
                self.out = out;
            }
        }
    }

    fn obey(&mut self, now: Time, output: Output) {
        match output {
            Output::Port { port: DOOR, body, refs, .. } => self.word(&body, refs),
            Output::Port { port, from, reply, body, refs, deadline: _ } => self.deliver(now, port, from, Letter { reply, body, refs }),
            Output::Dropped { port, reply } => {
                if let Some(queue) = self.ports.get(&port) {
                    queue.drop_call(reply);
                }
            }
            Output::Link { vat, bytes } => self.tell_peer(vat, Input::Link { vat: self.shared.vat, bytes }),
            Output::LinkClosed { vat, .. } => self.tell_peer(vat, Input::LinkDown { vat: self.shared.vat }),
            Output::Report(report) => self.shared.log.lock().unwrap_or_else(PoisonError::into_inner).report(report),
            Output::DeadLetter(letter) => self.bury(letter),
            Output::Ended { .. } => self.end = Some(End::Stopped),
            // No durable actor is spawned here; one that were must not believe that its record was kept.
            Output::Flush { .. } => self.end = Some(End::Bug("a flush was asked for of a host that keeps no journal".into())),
            Output::Append { .. } | Output::Trace(_) => {}
        }
    }

    fn word(&mut self, body: &[u8], refs: Vec<Ref>) {
        let Some(Word { id, said }) = Reader::new(body, &[], None).read() else { unreachable!("the root writes what is read here") };
        if let Some(slot) = self.slots.remove(&id) {
            let outcome: Outcome = said.map(|bytes| (bytes.0, refs));
            slot.settle(outcome);
        }
    }

    fn deliver(&mut self, now: Time, port: PortId, from: Ref, letter: Letter) {
        let refused = match self.ports.get(&port) {
            Some(queue) => queue.push(letter),
            None => Err((letter, Settle::Noproc)),
        };
        let Err((letter, settle)) = refused else { return };
        if let Some(to) = letter.reply {
            self.handle(now, Input::Fail { to, settle });
        } else {
            let class = if settle == Settle::Overloaded { DeadClass::Overloaded } else { DeadClass::Noproc };
            let length = u32::try_from(letter.body.len()).unwrap_or(u32::MAX);
            let head = letter.body[..letter.body.len().min(HEAD_MAX)].into();
            self.bury(DeadLetter { time: now, class, from: from.actor_id(), to: self.vat.port(port), length, head });
        }
    }

    fn bury(&mut self, letter: DeadLetter) {
        self.shared.log.lock().unwrap_or_else(PoisonError::into_inner).dead(letter);
    }

    fn tell_peer(&mut self, vat: VatId, input: Input) {
        if let Some(peer) = self.peers.get(&vat) {
            peer.inbox.push_always(Item::Host(input));
        }
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without words").into()
}
