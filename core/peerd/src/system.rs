//! A vat to develop and test with: start actors, talk to them, set the time, break them.
//!
//! It is pure: time stands still until it is advanced. A host that wants the real clock drives a `Vat` itself; the actors are
//! the same.
use crate::{Actor, Addr, Child, Message, Reader, Reply, Supervised, Supervisor, encode, fallible::Faults};
use alloc::{boxed::Box, collections::VecDeque, rc::Rc, string::String, vec::Vec};
use core::{cell::RefCell, marker::PhantomData, mem};
use peerd_vat::{
    Behaviour, CALL_MS, CallId, Config, Counters, Crash, Cx, DeadLetter, Event, Input, Output, Outputs, PortId, Reason, Ref, Report, Row,
    Settle, SpawnOptions, Time, Vat,
};

/// The system's own port; those of probes follow.
const DOOR: PortId = PortId(0);
/// Turns before `run` decides that it will never be idle.
const TURNS_MAX: u64 = 10_000_000;
/// Fuel of one call of the kernel. Not all of it at once: a browser's compiler puts better code in a function's place only when
/// the function is entered again.
const SLICE: u64 = 4_096;

/// A vat with a root that starts what you ask for.
pub struct System {
    vat: Vat,
    root: Ref,
    out: Outputs,
    now: Time,
    ports: u16,
    /// What probes have been sent and have not taken.
    post: Post,
    /// What the root has said to this system and nobody has taken.
    said: VecDeque<(Vec<u8>, Vec<Ref>)>,
    reports: Vec<Report>,
    dead: Vec<DeadLetter>,
    faults: Faults,
}

type Post = Rc<RefCell<VecDeque<(PortId, Vec<u8>, Vec<Ref>)>>>;

impl System {
    /// With the supervisor and these behaviours.
    ///
    /// # Panics
    /// When two behaviours have one name.
    #[must_use]
    pub fn new(behaviours: Vec<Box<dyn Behaviour>>) -> System {
        System::with(Config { dead_letters: true, ..Config::default() }, behaviours)
    }

    /// The same, and `fail_next_turn_of` works.
    ///
    /// # Panics
    /// As `new`.
    #[must_use]
    pub fn fallible(behaviours: Vec<Box<dyn Behaviour>>) -> System {
        let mut faults = Faults::default();
        let behaviours = behaviours.into_iter().map(|behaviour| faults.wrap(behaviour)).collect();
        System { faults, ..System::new(behaviours) }
    }

    /// The next turn of some actor of this kind fails after it has done all its work.
    ///
    /// # Panics
    /// When the system is not a `fallible` one, or has no such actors.
    pub fn fail_next_turn_of<A: Actor>(&mut self) {
        assert!(self.faults.arm(A::NAME), "no fallible behaviour is named {:?}", A::NAME);
    }

    /// # Panics
    /// As `new`.
    #[must_use]
    pub fn with(config: Config, mut behaviours: Vec<Box<dyn Behaviour>>) -> System {
        behaviours.push(Box::new(Root));
        behaviours.extend([peerd_otp::supervisor::behaviour(), peerd_otp::namespace::behaviour(), peerd_otp::work_pulling::behaviour()]);
        behaviours.extend(crate::keyed::behaviours());
        let mut vat = Vat::new(config, behaviours);
        let door = vat.port(DOOR);
        let boot = Input::Boot { behaviour: Root::NAME.into(), args: Vec::new(), refs: [door].into() };
        let mut out = Outputs::new();
        vat.handle(Time(0), boot, &mut out).expect("the root is in the table");
        let root = vat.root().expect("it was booted");
        let mut system = System {
            vat,
            root,
            out,
            now: Time(0),
            ports: DOOR.0,
            post: Post::default(),
            said: VecDeque::new(),
            reports: Vec::new(),
            dead: Vec::new(),
            faults: Faults::default(),
        };
        system.run();
        system
    }

    /// Whose behaviour is not in the table ends at once, with a report.
    pub fn spawn<A: Actor>(&mut self, args: &A::Args) -> Addr<A::Message> {
        let (args, refs) = encode(args);
        Addr::from_ref(self.start(A::NAME, args, &refs))
    }

    /// A supervisor with its children.
    pub fn supervise(&mut self, supervisor: &Supervisor) -> Supervised {
        Supervised::from_ref(self.start(peerd_otp::supervisor::NAME, supervisor.spec.encode(), &supervisor.refs))
    }

    fn start(&mut self, name: &str, args: Vec<u8>, refs: &[Ref]) -> Ref {
        self.order(&Order::Spawn { behaviour: name.into(), args }, refs);
        let (_, refs) = self.said.pop_back().expect("the root answers a spawn at once");
        refs[0]
    }

    /// Starts a child under a supervisor; None if that was refused.
    pub fn start_child<A: Actor>(&mut self, supervisor: Supervised, child: Child) -> Option<Addr<A::Message>> {
        let (request, refs) = child.into_request();
        let (_, refs) = self.settle(supervisor.as_ref(), request.encode(), &refs).ok()?;
        refs.first().map(|started| Addr::from_ref(*started))
    }

    /// # Panics
    /// When the mailbox is full.
    pub fn send<M: Message>(&mut self, to: Addr<M>, message: &M) {
        let (body, refs) = encode(message);
        self.input(Input::Message { to: to.as_ref(), body, refs });
    }

    /// Asks, and lets time pass until it is answered or 5 s are over.
    ///
    /// # Errors
    /// Why there is no answer; `Noreply` too when it could not be read.
    pub fn ask<M: Message, T: Message>(&mut self, to: Addr<M>, ask: impl FnOnce(Reply<T>) -> M) -> Result<T, Settle> {
        let (question, refs) = encode(&ask(Reply::mine()));
        let (body, refs) = self.settle(to.as_ref(), question, &refs)?;
        Reader::new(&body, &refs, None).read().ok_or(Settle::Noreply)
    }

    fn settle(&mut self, to: Ref, body: Vec<u8>, refs: &[Ref]) -> Result<(Vec<u8>, Vec<Ref>), Settle> {
        let refs: Vec<Ref> = [to].iter().chain(refs).copied().collect();
        self.order(&Order::Ask { body }, &refs);
        while self.said.is_empty() {
            let next = self.vat.wake_at().expect("a call has a deadline");
            self.advance(next.since(self.now));
        }
        let (body, refs) = self.said.pop_front().expect("it was looked at");
        match Reader::new(&body, &[], None).read::<Result<Vec<u8>, Settle>>() {
            Some(Ok(body)) => Ok((body, refs)),
            Some(Err(settle)) => Err(settle),
            None => unreachable!("the root writes what is read here"),
        }
    }

    /// An exit signal from outside, unlinked: `Reason::Kill` can't be trapped.
    pub fn exit<M>(&mut self, to: Addr<M>, reason: Reason) {
        self.input(Input::Exit { to: to.as_ref(), reason });
    }

    /// Time passes, and everything that becomes due meanwhile is handled at its time.
    pub fn advance(&mut self, ms: u64) {
        let end = self.now.after(ms);
        while let Some(next) = self.vat.wake_at().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.run();
        }
        self.now = end;
        self.run();
    }

    #[must_use]
    pub fn now(&self) -> Time {
        self.now
    }

    /// Someone to be given to actors, whose messages a test looks at.
    ///
    /// # Panics
    /// Limit: 65,535 probes.
    pub fn probe<M: Message>(&mut self) -> Probe<M> {
        self.ports = self.ports.checked_add(1).expect("fewer than 65,536 probes");
        let port = PortId(self.ports);
        Probe { port, addr: Addr::from_ref(self.vat.port(port)), post: Rc::clone(&self.post), takes: PhantomData }
    }

    /// Crashes and other words for people since the last call.
    pub fn take_reports(&mut self) -> Vec<Report> {
        mem::take(&mut self.reports)
    }

    /// Messages since the last call that nobody will handle.
    pub fn take_dead_letters(&mut self) -> Vec<DeadLetter> {
        mem::take(&mut self.dead)
    }

    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        self.vat.rows()
    }

    #[must_use]
    pub fn counters(&self) -> Counters {
        self.vat.counters()
    }

    fn order(&mut self, order: &Order, refs: &[Ref]) {
        let (body, _) = encode(order);
        self.input(Input::Message { to: self.root, body, refs: refs.into() });
    }

    fn input(&mut self, input: Input) {
        self.vat.handle(self.now, input, &mut self.out).expect("mailboxes of a test have room");
        self.run();
    }

    fn run(&mut self) {
        let mut turns = 0;
        loop {
            let ran = self.vat.run(self.now, SLICE, &mut self.out);
            turns += ran.turns;
            if ran.idle {
                break;
            }
            assert!(turns < TURNS_MAX, "actors that never come to rest: {turns} turns");
        }
        for output in mem::take(&mut self.out) {
            match output {
                Output::Port { port: DOOR, body, refs, .. } => self.said.push_back((body, refs)),
                Output::Port { port, body, refs, .. } => self.post.borrow_mut().push_back((port, body, refs)),
                Output::Report(report) => self.reports.push(report),
                Output::DeadLetter(letter) => self.dead.push(letter),
                _ => {}
            }
        }
    }
}

/// Takes messages of type `M` for a test to look at.
pub struct Probe<M> {
    port: PortId,
    addr: Addr<M>,
    post: Post,
    takes: PhantomData<M>,
}

impl<M: Message> Probe<M> {
    #[must_use]
    pub fn addr(&self) -> Addr<M> {
        self.addr
    }

    /// The oldest message that was not taken yet.
    ///
    /// # Panics
    /// When it is no `M`.
    pub fn take(&self) -> Option<M> {
        let mut post = self.post.borrow_mut();
        let at = post.iter().position(|(port, ..)| *port == self.port)?;
        let (_, body, refs) = post.remove(at)?;
        Some(Reader::new(&body, &refs, None).read().expect("a probe is sent what it takes"))
    }

    /// # Panics
    /// When there is none.
    pub fn expect_msg(&self) -> M {
        self.take().expect("a message should have come")
    }

    /// # Panics
    /// When there is one.
    pub fn expect_no_msg(&self) {
        assert!(!self.post.borrow().iter().any(|(port, ..)| *port == self.port), "a message came");
    }
}

/// What the system asks of its root. The refs are: of a spawn the arguments', of a call the target and the message's.
#[derive(crate::Message)]
enum Order {
    Spawn { behaviour: String, args: Vec<u8> },
    Ask { body: Vec<u8> },
}

/// Starts actors and asks them, for the system, and says what came of it through the door.
struct Root;

impl Root {
    const NAME: &'static str = "root";

    fn order(order: Order, refs: &[Ref], door: Ref, cx: &mut Cx<'_>) -> Option<CallId> {
        match order {
            Order::Spawn { behaviour, args } => {
                let actor = cx.spawn(SpawnOptions::new(&behaviour, &args).refs(refs));
                cx.send_with(door, &[], &[actor.lending(peerd_vat::Rights::ALL)]);
                None
            }
            Order::Ask { body } => {
                let (to, refs) = refs.split_first()?;
                Some(cx.call(*to, &body, refs, CALL_MS))
            }
        }
    }
}

impl Behaviour for Root {
    fn name(&self) -> &'static str {
        Root::NAME
    }

    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.trap_exits(true);
        let door = postcard::to_allocvec(&cx.refs()[0]).map_err(|_| Crash::new("encode", "a ref"))?;
        cx.become_state(&door);
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let door: Ref = postcard::from_bytes(cx.state()).map_err(|_| Crash::new("decode", "a ref"))?;
        match event {
            Event::User { body, refs, .. } => {
                if let Some(order) = Reader::new(body, &[], None).read() {
                    Root::order(order, refs, door, cx);
                }
            }
            Event::Reply { result, .. } => {
                let (body, _) = encode(&result.as_ref().map(|answer| answer.body.to_vec()).map_err(Settle::clone));
                cx.send_with(door, &body, result.map_or(&[], |answer| answer.refs));
            }
            _ => {}
        }
        Ok(())
    }
}
