//! One vat, its virtual clock, its scripted ports, and the checkers that look at every fact.
use crate::{
    cast::{self, Order, Plan, Stage},
    check::Checks,
    draw::Draw,
    faults::Injector,
    ports::{BOOK, Book, ECHO, Echo, Manner},
};
use peerd_otp::{
    Server,
    supervisor::{Request, SupervisorSpec},
};
use peerd_vat::{Activity, Config, Fact, Input, Output, Outputs, Reason, Refused, Time, Vat, What};

/// Longer than all actors of any scenario take to stop, one after the other.
const CLOSING_MS: u64 = 1_000_000;
/// Limit: turns at one point in time; more is a livelock.
const TURNS_MAX: u64 = 200_000;

pub struct World {
    pub draw: Draw,
    pub plan: Plan,
    pub injector: Injector,
    vat: Vat,
    now: Time,
    facts: Vec<Fact>,
    checks: Checks,
    book: Book,
    echo: Echo,
    ended: Option<Reason>,
    failure: Option<String>,
}

impl World {
    #[must_use]
    pub fn new(seed: u64, config: Config) -> World {
        let (injector, plan) = (Injector::default(), Plan::default());
        let mut vat = Vat::new(Config { trace: true, ..config }, cast::behaviours(&injector, &plan));
        let mut draw = Draw::new(seed);
        let mut out = Outputs::new();
        vat.handle(Time(0), Input::Entropy { seed: draw.number() }, &mut out).expect("a new vat takes entropy");
        World {
            draw,
            plan,
            injector,
            vat,
            now: Time(0),
            facts: Vec::new(),
            checks: Checks::default(),
            book: Book::default(),
            echo: Echo::default(),
            ended: None,
            failure: None,
        }
    }

    /// Starts the stage with a top supervisor, and runs until nothing more happens at once.
    pub fn boot(&mut self, top: &SupervisorSpec) {
        let refs = vec![self.vat.port(BOOK), self.vat.port(ECHO)];
        self.input(Input::Boot { behaviour: Stage::NAME.into(), args: top.encode(), refs }).expect("the stage is in the table");
        self.settle();
    }

    /// Admits an input. Refused is what the vat gave back.
    pub fn input(&mut self, input: Input) -> Result<(), Refused> {
        let mut out = Outputs::new();
        let admitted = self.vat.handle(self.now, input, &mut out);
        self.take(out);
        admitted
    }

    /// An order to the stage.
    pub fn order(&mut self, order: &Order) {
        let to = self.vat.root().expect("a booted world has a root");
        // The stage's mailbox has room: the world sends one order at a time.
        self.input(Input::Message { to, body: order.encode() }).expect("an order is admitted");
    }

    pub fn call(&mut self, to: &str, request: Request) {
        self.order(&Order::Call { to: to.into(), request });
    }

    /// A message to the actor of this label. False: there is none, or it was refused.
    pub fn tell(&mut self, label: &str, text: &str) -> bool {
        self.book.find(label).is_some_and(|to| self.input(Input::Message { to, body: text.into() }).is_ok())
    }

    pub fn exit(&mut self, label: &str, reason: Reason) {
        if let Some(to) = self.book.find(label) {
            self.input(Input::Exit { to, reason }).expect("an exit is always admitted");
        }
    }

    /// One turn. False: nothing was ready, or a checker has stopped the world.
    pub fn turn(&mut self) -> bool {
        if self.failure.is_some() {
            return false;
        }
        let mut out = Outputs::new();
        let ran = self.vat.run(self.now, 1, &mut out);
        self.take(out);
        ran.turns > 0
    }

    /// Turns until nothing more happens at this time.
    pub fn settle(&mut self) {
        for _ in 0..TURNS_MAX {
            if self.turn() {
                continue;
            }
            let Some(answer) = self.echo.pop(self.now) else { return self.judge_quiet() };
            // A late answer is refused or counted; both are fine.
            let _ = self.input(answer);
        }
        self.fail("livelock: turns without end at one time");
    }

    /// Lets time pass, from one due thing to the next.
    pub fn advance(&mut self, ms: u64) {
        let until = self.now.after(ms);
        self.settle();
        while self.failure.is_none() {
            let next = [self.vat.wake_at(), self.echo.next()].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= until) else { break };
            self.now = self.now.max(next);
            self.settle();
        }
        self.now = until;
        self.settle();
    }

    /// Jumps ahead, as a host does that slept through its alarm.
    pub fn oversleep(&mut self, ms: u64) {
        self.now = self.now.after(ms);
        self.checks.oversleep(self.now);
    }

    /// Starts the top supervisor again if it is gone.
    pub fn revive(&mut self) {
        if !self.lives(cast::TOP) {
            self.order(&Order::StartTop);
            self.settle();
        }
    }

    #[must_use]
    pub fn lives(&self, label: &str) -> bool {
        self.vat.rows().iter().any(|row| row.label == label && matches!(row.state, Activity::Waiting | Activity::Runnable))
    }

    #[must_use]
    pub fn now(&self) -> Time {
        self.now
    }

    #[must_use]
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// What actors said to the book, hellos apart.
    pub fn words(&self) -> impl DoubleEndedIterator<Item = (Time, &str)> {
        self.book.words()
    }

    pub fn answer_calls(&mut self, manner: Manner) {
        self.echo.manner = manner;
    }

    #[must_use]
    pub fn said(&self, text: &str) -> bool {
        self.words().any(|word| word.1 == text)
    }

    #[must_use]
    pub fn vat(&self) -> &Vat {
        &self.vat
    }

    /// Makes the checkers see something else than what happened: for canaries.
    pub fn tamper(&mut self, with: crate::check::Tamper) {
        self.checks.tamper = Some(with);
    }

    /// What a checker or the scenario found, and else the end of the root, which no scenario wants.
    pub fn verdict(&self) -> Result<(), String> {
        match (&self.failure, &self.ended) {
            (Some(why), _) => Err(why.clone()),
            (None, Some(reason)) => Err(format!("the root ended: {reason}")),
            (None, None) => Ok(()),
        }
    }

    /// The end of every play: the tree is told to go, and the dead leave nothing behind that would wake the vat (C15).
    pub fn close(&mut self) {
        self.order(&Order::ExitTop(Reason::Shutdown));
        self.advance(CLOSING_MS);
        if let Some(wake) = self.vat.wake_at() {
            self.fail(&format!("C15: everybody is gone, and something is due at {}", wake.0));
        }
    }

    pub fn require(&mut self, holds: bool, claim: &str) {
        if !holds {
            self.fail(&format!("liveness: {claim}"));
        }
    }

    fn fail(&mut self, why: &str) {
        if self.failure.is_none() {
            self.failure = Some(format!("{why} (at {} ms, fact {})", self.now.0, self.facts.len()));
        }
    }

    fn take(&mut self, out: Outputs) {
        for output in out {
            match output {
                Output::Trace(fact) => self.note(fact),
                Output::Port { port: BOOK, from, body, refs, .. } => self.book.write(self.now, from, &body, &refs),
                Output::Port { port: ECHO, reply: Some(reply), body, .. } => self.echo.ask(self.now, reply, &body, &mut self.draw),
                Output::Ended { reason } => self.ended = Some(reason),
                // Nothing here is durable, and reports are in the trace.
                Output::Port { .. } | Output::Dropped { .. } | Output::Append { .. } | Output::Flush { .. } => {}
                Output::Report(_) | Output::DeadLetter(_) => {}
            }
        }
        let counters = self.vat.counters();
        if !counters.balance() {
            self.fail(&format!("I10: sent = handled + dead + in flight does not hold: {counters:?}"));
        }
    }

    fn note(&mut self, fact: Fact) {
        if let What::Spawned { child, label, .. } = &fact.what {
            self.book.born(*child, label);
        }
        let checked = self.checks.fact(&fact);
        self.facts.push(fact);
        if let Err(why) = checked {
            self.fail(&why);
        }
    }

    fn judge_quiet(&mut self) {
        let queued: u64 = self.vat.rows().iter().map(|row| u64::from(row.queued)).sum();
        let counters = self.vat.counters();
        if counters.in_flight != queued {
            self.fail(&format!("I10: {} in flight, {queued} in mailboxes", counters.in_flight));
        }
        if let Err(why) = self.checks.quiet(self.now, self.vat.wake_at(), counters.in_flight) {
            self.fail(&why);
        }
    }
}
