//! One vat, its virtual clock, and what happened since it was last asked.
use crate::{
    generic::{
        machine::Ruled,
        served::{Bare, Drowsy, Served},
    },
    puppet::{self, Puppet},
    stage::Stage,
    supervise::Tree,
    words,
};
use peerd_otp::{gen_server, groups, registry, statem, supervisor};
use peerd_vat::{Activity, ActorId, Config, DeadClass, Input, Output, Outputs, PortId, Reason, Ref, Refused, Said, Time, Vat, What};

/// Where puppets say what a case should know.
const BOOK: PortId = PortId(1);
/// What a step's commands are told to when it names nobody.
pub const ROOT: &str = "test";
/// Longer than all actors of any case take to stop, one after the other.
const CLOSING_MS: u64 = 10_000_000;
/// Limit: turns at one point in time; more is a livelock.
const TURNS_MAX: u64 = 20_000_000;
const FUEL: u64 = 1_000;

pub struct World {
    pub stage: Stage,
    pub now: Time,
    vat: Vat,
    seen: Vec<(Time, Seen)>,
    reports: Vec<(ActorId, Said)>,
    dead_told: [u64; DeadClass::ALL.len()],
    fault: Option<String>,
}

enum Seen {
    Born(ActorId),
    Ended(ActorId, Reason),
    Word(ActorId, String),
}

impl World {
    pub fn new(config: Config) -> World {
        let stage = Stage::default();
        stage.enter();
        let behaviours = vec![
            Box::new(Puppet(stage.clone())),
            supervisor::behaviour_of::<Tree>(),
            registry::behaviour(),
            groups::behaviour(),
            gen_server::behaviour::<Served<1>>(),
            gen_server::behaviour::<Served<2>>(),
            gen_server::behaviour::<Drowsy>(),
            gen_server::behaviour::<Bare>(),
            statem::behaviour::<Ruled<true>>(),
            statem::behaviour::<Ruled<false>>(),
        ];
        let vat = Vat::new(Config { trace: true, ..config }, behaviours);
        stage.cast().book = Some(vat.port(BOOK));
        let dead_told = [0; DeadClass::ALL.len()];
        let mut world = World { stage, now: Time(0), vat, seen: Vec::new(), reports: Vec::new(), dead_told, fault: None };
        let args = format!("name {ROOT}; trap; on exit {{}}").into_bytes();
        world.admit(Input::Boot { behaviour: puppet::NAME.into(), args, refs: Vec::new() }).expect("the puppet is in the table");
        world.settle();
        world.seen.clear();
        world
    }

    pub fn admit(&mut self, input: Input) -> Result<(), Refused> {
        let mut out = Outputs::new();
        let admitted = self.vat.handle(self.now, input, &mut out);
        self.take(out);
        admitted
    }

    /// So many turns, and no more: for actors that never rest.
    pub fn slice(&mut self, turns: u64) {
        let mut out = Outputs::new();
        self.vat.run(self.now, turns, &mut out);
        self.take(out);
    }

    /// How many turns each actor had whose name is this and a number.
    pub fn turns(&self, prefix: &str) -> Vec<u64> {
        let rows = self.vat.rows();
        let numbered = |name: &str| name.strip_prefix(prefix).is_some_and(|rest| rest.parse::<u64>().is_ok());
        rows.iter().filter(|row| numbered(&self.name(row.id))).map(|row| row.turns).collect()
    }

    /// Turns until nothing more happens at this time.
    pub fn settle(&mut self) {
        let mut turns = 0;
        while turns < TURNS_MAX && self.fault.is_none() {
            let mut out = Outputs::new();
            let ran = self.vat.run(self.now, FUEL, &mut out);
            self.take(out);
            turns += ran.turns;
            if ran.idle {
                return;
            }
        }
        self.fail("livelock: turns without end at one time".into());
    }

    /// Lets time pass, from one due thing to the next.
    pub fn advance(&mut self, ms: u64) {
        let until = self.now.after(ms);
        while let Some(next) = self.vat.wake_at().filter(|next| *next <= until && self.fault.is_none()) {
            self.now = self.now.max(next);
            self.settle();
        }
        self.now = until;
    }

    pub fn find(&self, name: &str) -> Result<Ref, String> {
        self.stage.cast().find(name).ok_or_else(|| format!("nobody is called {name:?}"))
    }

    /// What happened since it was last asked, by name, with the ms since `from` when time passed.
    pub fn happened(&mut self, from: Time) -> Vec<String> {
        let seen = std::mem::take(&mut self.seen);
        seen.iter().map(|(at, seen)| format!("{}{}", since(from, *at), self.tell(seen))).collect()
    }

    fn tell(&self, seen: &Seen) -> String {
        match seen {
            Seen::Born(actor) => format!("+ {}", self.name(*actor)),
            Seen::Ended(actor, reason) => format!("- {} {}", self.name(*actor), words::told(reason)),
            Seen::Word(actor, text) => match self.name(*actor) {
                name if name == ROOT => text.clone(),
                name => format!("{name} {text}"),
            },
        }
    }

    pub fn reports(&mut self) -> Vec<String> {
        let reports = std::mem::take(&mut self.reports);
        let told = |(actor, said): &(ActorId, Said)| match said {
            Said::Crashed { reason, .. } => format!("{} crashed {}", self.name(*actor), words::told(reason)),
            Said::Note { kind, text } => format!("{} {kind} {text}", self.name(*actor)),
        };
        reports.iter().map(told).collect()
    }

    /// Dead letters since it was last asked: `noproc 3`.
    pub fn dead(&mut self) -> Vec<String> {
        let dead = self.vat.counters().dead;
        let told = DeadClass::ALL.iter().zip(dead.iter().zip(&self.dead_told));
        let told =
            told.filter(|(_, (now, before))| now > before).map(|(class, (now, before))| format!("{} {}", class.name(), now - before));
        let told = told.collect();
        self.dead_told = dead;
        told
    }

    /// Bytes of an actor's state at rest.
    pub fn state_bytes(&self, name: &str) -> Result<u64, String> {
        let id = self.find(name)?.actor_id();
        let row = self.vat.rows().into_iter().find(|row| Some(row.id) == id);
        row.map(|row| u64::from(row.state_bytes)).ok_or_else(|| format!("{name} is gone"))
    }

    /// Everybody is killed; then nothing may be left of anyone, and nothing may be due.
    pub fn close(&mut self) -> Result<(), String> {
        let everyone = self.stage.cast().everyone();
        for actor in everyone {
            self.admit(Input::Exit { to: actor, reason: Reason::Kill }).expect("an exit is always admitted");
        }
        self.settle();
        self.advance(CLOSING_MS);
        let counters = self.vat.counters();
        let left: Vec<String> = self.vat.rows().iter().map(|row| format!("{} {:?}", self.name(row.id), row.state)).collect();
        if !left.is_empty() {
            self.fail(format!("left over at the end: {}", left.join(", ")));
        }
        if let Some(wake) = self.vat.wake_at() {
            self.fail(format!("everybody is gone, and something is due at {}", wake.0));
        }
        if counters.in_flight != 0 {
            self.fail(format!("everybody is gone, and {} messages are in flight", counters.in_flight));
        }
        self.sound()
    }

    /// What no step may break: what is in flight waits in a mailbox, and nobody who could run waits.
    pub fn sound(&mut self) -> Result<(), String> {
        self.judge_quiet();
        self.fault.clone().map_or(Ok(()), Err)
    }

    fn take(&mut self, out: Outputs) {
        for output in out {
            match output {
                Output::Trace(fact) => match (fact.what, fact.actor) {
                    (What::Spawned { child, label, .. }, _) => {
                        self.stage.cast().label(child, &label);
                        self.seen.push((self.now, Seen::Born(child)));
                    }
                    (What::Ended { reason: Reason::Crash(crash), .. }, _) if crash.kind == puppet::SCRIPT => {
                        self.fail(format!("the case is wrong: {}", crash.message));
                    }
                    (What::Ended { reason, .. }, Some(actor)) => self.seen.push((self.now, Seen::Ended(actor, reason))),
                    _ => {}
                },
                Output::Port { port: BOOK, from, body, .. } => {
                    let from = from.actor_id().expect("only actors speak");
                    self.seen.push((self.now, Seen::Word(from, String::from_utf8_lossy(&body).into_owned())));
                }
                Output::Report(report) => self.reports.push((report.actor, report.what)),
                // Nothing here is durable, and nobody calls a port.
                Output::Port { .. } | Output::Dropped { .. } | Output::Append { .. } | Output::Flush { .. } => {}
                Output::Link { .. } | Output::LinkClosed { .. } | Output::DeadLetter(_) | Output::Ended { .. } => {}
            }
        }
        let counters = self.vat.counters();
        if !counters.balance() {
            self.fail(format!("sent = handled + dead + in flight does not hold: {counters:?}"));
        }
    }

    fn judge_quiet(&mut self) {
        // A step that waits for the next one has left something to do.
        if self.vat.wake_at().is_some_and(|wake| wake <= self.now) {
            return;
        }
        let rows = self.vat.rows();
        let queued: u64 = rows.iter().map(|row| u64::from(row.queued)).sum();
        let in_flight = self.vat.counters().in_flight;
        if queued != in_flight {
            self.fail(format!("{in_flight} messages are in flight, {queued} in mailboxes"));
        }
        if let Some(row) = rows.iter().find(|row| row.state == Activity::Runnable) {
            self.fail(format!("{} is runnable, and nothing runs", row.label));
        }
    }

    fn name(&self, actor: ActorId) -> String {
        self.stage.cast().name(actor).map_or_else(|| format!("{actor}"), String::from)
    }

    fn fail(&mut self, why: String) {
        self.fault.get_or_insert(why);
    }
}

fn since(from: Time, at: Time) -> String {
    if at == from { String::new() } else { format!("{} ", at.0 - from.0) }
}
