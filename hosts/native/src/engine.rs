//! The loop of a vat's thread: takes in what came, runs some turns, does what they ask, sleeps until there is more to do.
use crate::{
    End, Failed, clock, cluster::Gate, inbox::Item, keeper::Keeper, line::Lines, order::Order, pending::Slot, port::Queue, shared::Shared,
};
use peerd_journal::Image;
use peerd_vat::{Activity, Dial, Input, Outputs, PortId, Position, Ref, Refused, Settle, Time, Vat, VatId};
use std::{
    any::Any,
    collections::{BTreeMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// The root's.
pub(crate) const DOOR: PortId = PortId(0);
/// Turns before the clock is read again and what came is taken in: fewer when they are slow, so that it takes about so long.
const FUEL_MAX: u64 = 64;
const SLICE: Duration = Duration::from_millis(1);
/// How long at most before the time of day is looked at again: who sets the machine's clock moves alarms, within a minute.
const LOOK_MS: u64 = 60_000;
/// Items taken in before turns are run: not many more than turns, so that what does not keep up shows in the queue.
const INTAKE: usize = 64;

pub(crate) struct Engine {
    pub vat: Vat,
    keeper: Option<Keeper>,
    dial: Dial,
    pub shared: Arc<Shared>,
    pub peers: BTreeMap<VatId, Arc<Shared>>,
    /// Being taken in.
    batch: VecDeque<Item>,
    lines: Lines,
    /// Whoever waits for a word of the root.
    pub slots: BTreeMap<u64, Arc<Slot>>,
    pub ports: BTreeMap<PortId, Arc<Queue>>,
    resting: Vec<Box<dyn FnOnce() + Send>>,
    until: Option<Instant>,
    pub end: Option<End>,
    fuel: u64,
    pub out: Outputs,
    /// Of a shard: whether its lease is known to be good.
    gate: Option<Arc<Gate>>,
}

impl Engine {
    pub fn new(vat: Vat, keeper: Option<Keeper>, dial: Dial, shared: Arc<Shared>, lines: Lines, out: Outputs) -> Engine {
        Engine {
            vat,
            keeper,
            dial,
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
            gate: None,
        }
    }

    pub fn behind(self, gate: Arc<Gate>) -> Engine {
        Engine { gate: Some(gate), ..self }
    }

    /// Its lease may be another's by now: nothing that it does counts, and nothing may leave.
    pub fn is_fenced(&mut self) -> bool {
        let is_fenced = self.gate.as_ref().is_some_and(|gate| !gate.is_open());
        if is_fenced {
            self.end = Some(End::Fenced);
        }
        is_fenced
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
            self.look_at_dial(now);
            self.take_in(now);
            self.run_slice(now);
            self.perform(now);
            for change in self.lines.advance(&mut self.vat, now, &mut self.out) {
                self.shared.inbox.set_full(change);
            }
            self.perform(now);
            self.keep(now);
            if let Some(end) = self.is_over() {
                return end;
            }
            self.sleep(now);
        }
    }

    /// Alarms are of durable actors.
    fn look_at_dial(&mut self, now: Time) {
        if self.keeper.is_some()
            && let Some(wall) = self.dial.look(now, clock::wall())
        {
            self.handle(now, Input::Clock { wall });
        }
    }

    fn run_slice(&mut self, now: Time) {
        let begun = Instant::now();
        self.vat.run(now, self.fuel, &mut self.out);
        self.fuel = if begun.elapsed() > SLICE { (self.fuel / 2).max(1) } else { (self.fuel * 2).min(FUEL_MAX) };
    }

    /// Makes durable what has gathered, and does what waited for that. In the end everything.
    fn keep(&mut self, now: Time) {
        let is_busy = self.end.is_none() && !self.vat.is_full() && self.vat.wake_at().is_some_and(|at| at <= now);
        if self.keeper.as_mut().is_none_or(|keeper| !keeper.is_due(is_busy)) {
            return;
        }
        if self.land(now).is_err() {
            return;
        }
        let Some(keeper) = &mut self.keeper else { return };
        keeper.review();
        if self.end.is_none() && keeper.wants_snapshot() && self.vat.roll().is_ok() {
            let is_written = self.land(now).is_ok();
            if let Some(keeper) = self.keeper.as_mut().filter(|_| is_written && self.end.is_none()) {
                keeper.compact(&self.vat);
            }
        }
    }

    /// Makes all of it durable now.
    ///
    /// # Errors
    /// `Ended`: something could not be written, now or before.
    pub fn land(&mut self, now: Time) -> Result<(), Failed> {
        self.arm(now);
        while let (Some(keeper), Some(flight)) = (&mut self.keeper, self.vat.flight()) {
            let input = match keeper.land(flight) {
                // After the flush: a lease that was good before it says nothing about now.
                Ok(()) if self.is_fenced() => Input::FlushFailed { why: "the lease is over".into() },
                Ok(()) => Input::Landed,
                Err(error) => {
                    self.end = Some(End::Unwritten(error.to_string()));
                    Input::FlushFailed { why: error.to_string() }
                }
            };
            let taken = self.vat.handle(now, input, &mut self.out);
            assert!(taken.is_ok(), "the kernel takes word of its journal");
            self.arm(now);
        }
        self.perform(now);
        if matches!(self.end, Some(End::Unwritten(_) | End::Fenced)) { Err(Failed::Ended) } else { Ok(()) }
    }

    /// Whoever starts this program is told when, before what depends on that is written.
    fn arm(&mut self, now: Time) {
        while let Some(input) = self.keeper.as_ref().and_then(|keeper| keeper.arm(&mut self.vat)) {
            let declined = if let Input::NotArmed { why } = &input { Some(why.clone()) } else { None };
            self.handle(now, input);
            if let Some(why) = declined.filter(|_| self.vat.is_broken()) {
                self.end = Some(End::Unwritten(format!("nobody will start this program for an alarm: {why}")));
            }
        }
    }

    /// The actor as it was, durable when this returns: the place that undoes it.
    pub fn restore(&mut self, now: Time, actor: Ref, past: &Image) -> Result<Position, Failed> {
        let undo = self.vat.restore_actor(now, actor, past, &mut self.out);
        self.land(now)?;
        undo.map_err(Failed::NotRestored)
    }

    /// Nothing is answered any more: says so to all who wait. The actors are gone by then, and what they had.
    fn close(self, end: End) {
        let Engine { vat, keeper, shared, peers, batch, slots, ports, .. } = self;
        let end = match catch_unwind(AssertUnwindSafe(|| drop(vat))) {
            Ok(()) => end,
            Err(panic) => End::Bug(words(&*panic)),
        };
        // Whoever hears that this one has ended may open its journal, and connect it anew.
        drop(keeper);
        for peer in peers.into_values() {
            peer.inbox.push_always(Item::Host(Input::LinkDown { vat: shared.vat }));
        }
        for item in batch.into_iter().chain(shared.inbox.close(end)) {
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
        if !self.resting.is_empty() && self.shared.inbox.is_empty() {
            self.resting.drain(..).for_each(|rested| rested());
        }
        let look_at = wake_at.filter(|_| self.keeper.is_some()).map_or(Time::NEVER, |_| now.after(LOOK_MS));
        let next = wake_at.and_then(|at| self.shared.clock.when(at.min(look_at)));
        self.shared.inbox.sleep(next.into_iter().chain(self.until).min());
    }

    fn take_in(&mut self, now: Time) {
        self.until = self.shared.inbox.take(INTAKE, &mut self.batch);
        while let Some(item) = self.batch.pop_front() {
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
                Item::Tend(work) => work(self, now),
                Item::Rest(rested) => self.resting.push(rested),
                Item::Open { port, queue, slot } => {
                    self.ports.insert(port, queue);
                    slot.settle(Ok((Vec::new(), vec![self.vat.port(port)])));
                }
                Item::Close { port } => {
                    self.ports.remove(&port);
                }
                Item::Stop => self.order(now, Order::Stop, 0),
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
    pub fn handle(&mut self, now: Time, input: Input) {
        let taken = self.vat.handle(now, input, &mut self.out);
        assert!(!matches!(taken, Err(Refused::Full(_))), "only a mailbox is full");
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without words").into()
}
