//! One vat, its virtual clock, its scripted ports, and the checkers that look at every fact.
mod host;

pub use host::{FAULT, LOST};

use crate::{
    cast::{self, Order, Plan, Stage, Sway},
    check::{Checker, Checks},
    clock::Clock,
    digest::Digest,
    draw::Draw,
    inject::Injector,
    ports::{BOOK, Book, ECHO, Echo, Manner},
    tally::Tally,
};
use peerd_otp::supervisor::{Request, SupervisorSpec};
use peerd_vat::{
    Activity, ActorId, Behaviour, Config, Fact, Input, Leftovers, Output, Outputs, Reason, Ref, Refused, Report, Row, Said, Time, Vat, What,
};
use std::mem;

/// Longer than all actors of any scenario take to stop, one after the other.
const CLOSING_MS: u64 = 1_000_000;
/// Limit: turns at one point in time; more is a livelock.
const TURNS_MAX: u64 = 200_000;

pub struct World {
    pub draw: Draw,
    pub plan: Plan,
    pub injector: Injector,
    /// How the counsel decides.
    pub sway: Sway,
    /// Turns of one `run`.
    pub fuel: u64,
    pub tally: Tally,
    /// How many were asked.
    questions: u32,
    config: Config,
    vat: Vat,
    /// What the vat believes.
    now: Time,
    clock: Clock,
    /// None: nobody will read them.
    facts: Option<Vec<Fact>>,
    /// Of crashes, as long as facts are kept.
    reports: Vec<Report>,
    digest: Digest,
    /// None: this is the second play, which is only to tell the same story.
    checks: Option<Checks>,
    book: Book,
    echo: Echo,
    ended: Option<Reason>,
    failure: Option<String>,
    /// How long a turn that does not end goes on.
    pub(crate) hang_ms: u64,
    /// The worker was lost, and nobody knows anybody.
    pub(crate) strangers: bool,
    out: Outputs,
}

/// What a play keeps and checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// Every fact is checked and kept.
    All,
    /// Every fact is checked.
    Checks,
    /// Only the digest.
    Digest,
}

impl World {
    #[must_use]
    pub fn new(seed: u64, config: Config) -> World {
        World::watched(seed, config, Watch::All)
    }

    #[must_use]
    pub fn watched(seed: u64, config: Config, watch: Watch) -> World {
        let (injector, plan, sway, book) = (Injector::default(), Plan::default(), Sway::default(), Book::default());
        let config = Config { trace: true, ..config };
        let mut draw = Draw::new(seed);
        let vat = new_vat(&config, cast::behaviours(&injector, &plan, &sway, &book.board), draw.number());
        World {
            draw,
            plan,
            injector,
            sway,
            fuel: 1,
            tally: Tally::default(),
            questions: 0,
            config,
            vat,
            now: Time(0),
            clock: Clock::default(),
            facts: (watch == Watch::All).then(Vec::new),
            reports: Vec::new(),
            digest: Digest::default(),
            checks: (watch != Watch::Digest).then(|| Checks::new(&config)),
            book,
            echo: Echo::default(),
            ended: None,
            failure: None,
            hang_ms: 0,
            strangers: false,
            out: Outputs::new(),
        }
    }

    /// Starts the stage with a top supervisor, and runs until nothing more happens at once.
    pub fn boot(&mut self, top: &SupervisorSpec) {
        self.book.board.set_top(top);
        self.boot_again();
    }

    /// From the next boot on there is somebody whom supervisors may ask about faults.
    pub fn seat_counsel(&mut self) {
        self.book.board.seat_counsel();
    }

    fn boot_again(&mut self) {
        self.begin();
        self.settle();
    }

    pub(crate) fn begin(&mut self) {
        let refs = vec![self.vat.port(BOOK), self.vat.port(ECHO)];
        self.input(Input::Boot { behaviour: Stage::NAME.into(), args: Vec::new(), refs }).expect("the stage is in the table");
    }

    /// Admits an input. Refused is what the vat gave back.
    pub fn input(&mut self, input: Input) -> Result<(), Refused> {
        let mut out = mem::take(&mut self.out);
        let message = match &input {
            Input::Message { to, body, .. } => to.actor_id().map(|to| (to, body.len())),
            _ => None,
        };
        let admitted = self.vat.handle(self.clock.told(), input, &mut out);
        if let (Ok(()), Some((to, length)), Some(checks)) = (&admitted, message, &mut self.checks) {
            checks.admitted(to, length);
        }
        self.take(out);
        admitted
    }

    /// An order to the stage.
    pub fn order(&mut self, order: &Order) {
        assert!(self.try_order(order), "the stage's mailbox is full");
    }

    /// False: its mailbox is full.
    pub fn try_order(&mut self, order: &Order) -> bool {
        let to = self.vat.root().expect("a booted world has a root");
        self.input(Input::Message { to, body: order.encode(), refs: Vec::new() }).is_ok()
    }

    pub fn call(&mut self, to: &str, request: Request) {
        self.order(&Order::Call { to: to.into(), request, number: None });
    }

    /// The number behind which the answer comes.
    pub fn question(&mut self, to: &str, request: Request) -> u32 {
        self.questions += 1;
        self.order(&Order::Call { to: to.into(), request, number: Some(self.questions) });
        self.questions
    }

    /// A message to the actor of this label. False: there is none, or it was refused.
    pub fn tell(&mut self, label: &str, text: &str) -> bool {
        self.book.board.find(label).is_some_and(|to| self.input(Input::Message { to, body: text.into(), refs: Vec::new() }).is_ok())
    }

    pub fn exit(&mut self, label: &str, reason: Reason) {
        if let Some(to) = self.book.board.find(label) {
            self.input(Input::Exit { to, reason }).expect("an exit is always admitted");
        }
    }

    /// The ref of an actor that has said hello, with all rights: for who plays by hand.
    #[must_use]
    pub fn who(&self, id: ActorId) -> Option<Ref> {
        self.book.find(id)
    }

    /// Calls of the echo that are still to be answered by hand, oldest first.
    #[must_use]
    pub fn asked(&self) -> &[(Ref, Vec<u8>)] {
        self.echo.open()
    }

    pub fn answer(&mut self, reply: Ref, body: Vec<u8>) {
        self.echo.close(reply);
        // A late answer is refused or counted; both are fine.
        let _ = self.input(Input::Reply { to: reply, body });
    }

    /// One turn. False: nothing was ready, or a checker has stopped the world.
    pub fn turn(&mut self) -> bool {
        self.run(1) > 0
    }

    fn run(&mut self, fuel: u64) -> u64 {
        if self.failure.is_some() {
            return 0;
        }
        let mut out = mem::take(&mut self.out);
        let ran = self.vat.run(self.clock.told(), fuel, &mut out);
        self.tally.turns += ran.turns;
        if self.injector.has_panicked() {
            // Between two calls of its ports: some are done, and of the rest nobody hears.
            let heard = self.draw.below(out.len() as u64 + 1) as usize;
            out.truncate(heard);
            self.take(out);
            let hung_ms = mem::take(&mut self.hang_ms);
            self.pass_to(self.clock.real().saturating_add(hung_ms));
            self.lose_worker(0);
            return ran.turns;
        }
        self.take(out);
        ran.turns
    }

    /// Turns until nothing more happens at this time.
    pub fn settle(&mut self) {
        let mut left = TURNS_MAX;
        while left > 0 {
            match self.run(self.fuel) {
                0 => {
                    let Some(answer) = self.echo.pop(self.clock.real()) else { return self.judge_quiet() };
                    // A late answer is refused or counted; both are fine.
                    let _ = self.input(answer);
                }
                turns => left = left.saturating_sub(turns),
            }
        }
        self.fail("livelock: turns without end at one time");
    }

    /// Lets real time pass, from one due thing to the next.
    pub fn advance(&mut self, ms: u64) {
        let until = self.clock.real().saturating_add(ms);
        self.settle();
        while self.failure.is_none() {
            let wake = self.vat.wake_at().map(|due| self.clock.rings(due));
            let next = [wake, self.echo.next()].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= until) else { break };
            self.pass_to(next);
            self.settle();
        }
        self.pass_to(until);
        // A host that throttles does not come by just because nothing else happens.
        if self.vat.wake_at().is_none_or(|due| due > self.now || self.clock.rings(due) <= until) {
            self.settle();
        }
    }

    fn pass_to(&mut self, real: u64) {
        self.clock.pass_to(real);
        self.look_at_clock();
    }

    fn look_at_clock(&mut self) {
        self.now = self.now.max(self.clock.told());
    }

    /// Jumps ahead, as a host does that slept through its alarm.
    pub fn oversleep(&mut self, ms: u64) {
        self.pass_to(self.clock.real().saturating_add(ms));
    }

    /// Starts the top supervisor again if it is gone.
    pub fn revive(&mut self) {
        if !self.lives(cast::TOP) {
            self.order(&Order::StartTop);
            self.settle();
        }
    }

    /// Whether the newest actor of this label lives.
    #[must_use]
    pub fn lives(&self, label: &str) -> bool {
        self.living().any(|row| row.label == label)
    }

    /// The newest actor of each label, if it lives: one of an earlier life of its supervisor may take its time to go.
    pub fn living(&self) -> impl Iterator<Item = Row> {
        let alive = |row: &Row| matches!(row.state, Activity::Waiting | Activity::Runnable);
        let newest = |row: &Row| self.book.board.find(&row.label).is_none_or(|newest| newest.actor_id() == Some(row.id));
        self.vat.rows().into_iter().filter(alive).filter(newest).collect::<Vec<_>>().into_iter()
    }

    #[must_use]
    pub fn now(&self) -> Time {
        self.now
    }

    #[must_use]
    pub fn facts(&self) -> &[Fact] {
        self.facts.as_deref().unwrap_or_default()
    }

    /// The crashes among them, as the kernel reports them.
    #[must_use]
    pub fn reports(&self) -> &[Report] {
        &self.reports
    }

    /// Of all facts so far.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.digest.value()
    }

    /// What actors said to the book, hellos apart.
    pub fn words(&self) -> impl DoubleEndedIterator<Item = (Time, &str)> + ExactSizeIterator {
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
        if let Some(checks) = &mut self.checks {
            checks.tamper = Some(with);
        }
    }

    /// What a checker or the scenario found, and else the end of the root, which no scenario wants.
    pub fn verdict(&self) -> Result<(), String> {
        match (&self.failure, &self.ended) {
            (Some(why), _) => Err(why.clone()),
            (None, Some(reason)) => Err(format!("the root ended: {reason}")),
            (None, None) => Ok(()),
        }
    }

    /// The end of every play: the tree is told to go, and the dead leave nothing behind: no timer, call, bond, state, message (C15).
    pub fn close(&mut self) {
        self.order(&Order::ExitTop(Reason::Shutdown));
        self.advance(CLOSING_MS);
        self.judge_queues();
        self.evaluated(Checker::Leak);
        if let Some(wake) = self.vat.wake_at() {
            self.fail(&format!("C15: everybody is gone, and something is due at {}", wake.0));
        }
        let (left, in_flight) = (self.vat.leftovers(), self.vat.counters().in_flight);
        if left != Leftovers::default() || in_flight > 0 {
            self.fail(&format!("C15: everybody is gone, and this is left: {left:?}, {in_flight} messages"));
        }
    }

    pub fn require(&mut self, holds: bool, claim: &str) {
        if !holds {
            self.fail(&format!("liveness: {claim}"));
        }
    }

    pub(crate) fn fail(&mut self, why: &str) {
        if self.failure.is_none() {
            self.failure = Some(format!("{why} (at {} ms, fact {})", self.now.0, self.tally.facts));
        }
    }

    #[must_use]
    pub fn failed(&self) -> bool {
        self.failure.is_some()
    }

    fn evaluated(&mut self, checker: Checker) {
        if let Some(checks) = &mut self.checks {
            checks.evaluated(checker);
        }
    }

    /// What was done so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let evaluations = self.checks.as_ref().map_or_else(Default::default, Checks::evaluations);
        Tally { evaluations, ..self.tally }
    }

    fn take(&mut self, mut out: Outputs) {
        for output in out.drain(..) {
            match output {
                Output::Trace(fact) => self.note(fact),
                Output::Port { port: BOOK, from, body, refs, .. } => self.book.write(self.now, from, &body, &refs),
                Output::Port { port: ECHO, reply: Some(reply), body, .. } => {
                    self.echo.ask(self.clock.real(), reply, &body, &mut self.draw);
                }
                Output::Ended { reason } => self.ended = Some(reason),
                Output::Dropped { reply, .. } => self.echo.close(reply),
                Output::Report(report) => {
                    if self.facts.is_some() && matches!(report.what, Said::Crashed { .. }) {
                        self.reports.push(report);
                    }
                }
                // Nothing here is durable.
                Output::Port { .. } => {}
                // One vat: it has no links. What is dead is in the trace.
                Output::Link { .. } | Output::LinkClosed { .. } | Output::DeadLetter(_) => {}
            }
        }
        self.out = out;
        if self.checks.is_some() {
            self.evaluated(Checker::Account);
            let counters = self.vat.counters();
            if !counters.balance() {
                self.fail(&format!("I10: sent = handled + dead + in flight does not hold: {counters:?}"));
            }
        }
    }

    fn note(&mut self, fact: Fact) {
        if let What::Spawned { child, label, .. } = &fact.what {
            self.book.born(*child, label);
        }
        self.digest.fact(&fact);
        self.tally.facts += 1;
        if let Some(checks) = &mut self.checks
            && let Err(why) = checks.fact(&fact)
        {
            self.fail(&why);
        }
        if let What::Aborted { reason: Reason::Crash(crash) } = &fact.what
            && *crash.kind == *cast::BROKEN
        {
            self.fail(&crash.message);
        }
        if let Some(facts) = &mut self.facts {
            facts.push(fact);
        }
    }

    fn judge_quiet(&mut self) {
        let Some(checks) = &mut self.checks else { return };
        let in_flight = self.vat.counters().in_flight;
        if let Err(why) = checks.quiet(self.now, self.vat.wake_at(), in_flight) {
            self.fail(&why);
        }
    }

    /// Everybody is looked at, so this is not for every fact.
    pub fn judge_queues(&mut self) {
        let queued: u64 = self.vat.rows().iter().map(|row| u64::from(row.queued)).sum();
        let in_flight = self.vat.counters().in_flight;
        if in_flight != queued {
            self.fail(&format!("I10: {in_flight} in flight, {queued} in mailboxes"));
        }
    }
}

fn new_vat(config: &Config, behaviours: Vec<Box<dyn Behaviour>>, seed: u64) -> Vat {
    let mut vat = Vat::new(*config, behaviours);
    vat.handle(Time(0), Input::Entropy { seed }, &mut Outputs::new()).expect("a new vat takes entropy");
    vat
}
