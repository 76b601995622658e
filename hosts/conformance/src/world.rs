//! The vats of one play, and what happened since that was last asked.
use crate::{
    case::Places,
    fleet::Fleet,
    generic::{
        keyed::Shelf,
        ledger::Ledger,
        machine::Ruled,
        served::{Bare, Drowsy, Served},
        worker::Worker,
    },
    net::{Net, Said as Put, Told},
    puppet::{self, DO, Puppet},
    stage::Stage,
    supervise::Tree,
    words,
};
use peerd_journal::Position;
use peerd_otp::{event_sourced, gen_server, groups, keyed, namespace, registry, statem, store, supervisor, work_pulling};
use peerd_vat::{
    Activity, ActorId, Arm, Behaviour, Config, DeadClass, Input, Output, PortId, Reason, Ref, Refused, Said, Time, Wall, What,
};

/// Where puppets say what a case should know.
const BOOK: PortId = PortId(1);
/// Where they say at which host they want to be.
const MESH: PortId = PortId(2);
/// What a step's commands are told to when it names nobody.
pub const ROOT: &str = "test";
/// The roots of further vats, `there` the first of them, then `there3`: they speak in the name of the case as `test` does.
const THERE: &str = "there";
/// Longer than all actors of any case take to stop, one after the other.
const CLOSING_MS: u64 = 10_000_000;
/// Limit: turns at one point in time; more is a livelock.
const TURNS_MAX: u64 = 20_000_000;

pub struct World {
    pub stage: Stage,
    pub net: Net,
    seen: Vec<(Time, usize, Seen)>,
    reports: Vec<(usize, ActorId, Said)>,
    dead_told: [u64; DeadClass::ALL.len()],
    fault: Option<String>,
    pub fleet: Option<Fleet>,
}

enum Seen {
    Born(ActorId),
    Ended(ActorId, Reason),
    Word(ActorId, String),
    Arm(Arm),
    /// By nobody's actor.
    Said(String),
}

impl World {
    pub fn new(config: Config, places: &Places, durable: bool) -> World {
        let stage = Stage::default();
        stage.enter();
        stage.cast().durable = durable;
        let count = places.values().copied().max().unwrap_or(1);
        let net = Net::new(config, count, durable, stage.clone());
        stage.cast().book = Some(net.vat(0).port(BOOK));
        stage.cast().mesh = Some(net.vat(0).port(MESH));
        let dead_told = [0; DeadClass::ALL.len()];
        let mut world = World { stage, net, seen: Vec::new(), reports: Vec::new(), dead_told, fault: None, fleet: None };
        for at in world.net.all() {
            world.boot(at);
        }
        world.heal();
        world.settle();
        world.seen.clear();
        world
    }

    fn boot(&mut self, at: usize) {
        let refs = self.net.peers(at);
        let others: Vec<String> = self.net.all().filter(|other| *other != at).map(|other| format!("vat{}", other + 1)).collect();
        let args = format!("name {}; peers {}; trap; on exit {{}}", root(at), others.join(" ")).into_bytes();
        // The time of day is that of the case.
        self.admit(at, Input::Clock { wall: Wall(self.net.now.0) }).expect("a vat is told the time of day at any time");
        self.admit(at, Input::Boot { behaviour: puppet::NAME.into(), args, refs }).expect("the puppet is in the table");
    }

    /// What durable vats write stays under way, or lands.
    pub fn hold(&mut self, on: bool) {
        let mut told = Told::new();
        self.net.hold(on, &mut told);
        self.take(told);
    }

    /// The host of the first vat can be started, and is asked to be.
    pub fn rely_on_wakes(&mut self) {
        let mut told = Told::new();
        self.net.rely_on_wakes(&mut told);
        self.take(told);
    }

    /// Whoever starts the host says at last that it will, or won't.
    pub fn answer_for_waker(&mut self, will: bool) {
        if let Some(input) = self.net.waker.as_mut().and_then(|waker| waker.answer(will)) {
            self.admit(0, input).expect("the kernel takes word of its waker");
        }
    }

    pub fn fail_disk(&mut self) {
        let mut told = Told::new();
        self.net.fail(&mut told);
        self.take(told);
    }

    /// An actor becomes what it was there. Returns the position that undoes it.
    pub fn restore(&mut self, name: &str, to: Position) -> Result<Position, String> {
        let (_, actor) = self.find(name)?;
        let mut told = Told::new();
        let undo = self.net.restore(actor, to, &mut told);
        self.take(told);
        undo
    }

    /// The next life of a durable vat, connected as the last. That its root is born is no news.
    pub fn cut(&mut self, at: usize) {
        let mut told = Told::new();
        if let Err(why) = self.net.cut_off(at, &mut told) {
            return self.fail(why);
        }
        self.take(told);
        self.boot_again(at);
    }

    /// A vat of which an earlier life is known begins.
    pub fn boot_again(&mut self, at: usize) {
        self.dead_told = self.dead_letters();
        let before = self.seen.len();
        self.boot(at);
        let (mut birth, is_arm) = (self.seen.split_off(before), |seen: &Seen| matches!(seen, Seen::Arm(_)));
        birth.retain(|(_, _, seen)| is_arm(seen));
        self.seen.append(&mut birth);
        self.heal();
    }

    pub fn admit(&mut self, at: usize, input: Input) -> Result<(), Refused> {
        let mut told = Told::new();
        let admitted = self.net.admit(at, input, &mut told);
        self.take(told);
        admitted
    }

    /// So many turns, and no more: for actors that never rest. So many steps of the net, where there is one.
    pub fn slice(&mut self, turns: u64) {
        let mut told = Told::new();
        if self.net.is_far() {
            for _ in 0..turns {
                self.net.step(&mut told);
            }
        } else {
            self.net.run(0, turns, &mut told);
        }
        self.take(told);
    }

    /// How many turns each actor had whose name is this and a number.
    pub fn turns(&self, prefix: &str) -> Vec<u64> {
        let numbered = |name: &str| name.strip_prefix(prefix).is_some_and(|rest| rest.parse::<u64>().is_ok());
        self.rows().filter(|(at, row)| numbered(&self.name(*at, row.id))).map(|(_, row)| row.turns).collect()
    }

    fn rows(&self) -> impl Iterator<Item = (usize, peerd_vat::Row)> {
        self.net.all().flat_map(|at| self.net.vat(at).rows().into_iter().map(move |row| (at, row)))
    }

    /// Turns until nothing more happens at this time, and whoever is new is known in every vat.
    pub fn settle(&mut self) {
        self.rest();
        while (self.net.is_far() && self.introduce()) || self.serve_fleet() {
            self.rest();
        }
    }

    /// What nobody's actor says.
    pub fn say(&mut self, text: String) {
        self.seen.push((self.net.now, 0, Seen::Said(text)));
    }

    pub fn forget_seen(&mut self) {
        self.seen.clear();
    }

    fn wake_at(&self) -> Option<Time> {
        self.net.wake_at().into_iter().chain(self.fleet.as_ref().and_then(Fleet::wake_at)).min()
    }

    fn rest(&mut self) {
        let mut turns = 0;
        while turns < TURNS_MAX && self.fault.is_none() {
            let mut told = Told::new();
            let (more, goes_on) = self.net.step(&mut told);
            self.take(told);
            turns += more;
            if !goes_on {
                return;
            }
        }
        self.fail("livelock: turns without end at one time".into());
    }

    /// The root of a new one's vat gives its ref to the other roots. False: nobody is new.
    fn introduce(&mut self) -> bool {
        let strangers = std::mem::take(&mut self.stage.cast().strangers);
        for name in &strangers {
            let Ok((at, _)) = self.find(name) else { continue };
            if let Ok((_, to)) = self.find(&root(at)) {
                let body = format!("{DO}introduce {name}").into_bytes();
                self.admit(at, Input::Message { to, body, refs: Vec::new() }).expect("a root has room");
            }
        }
        !strangers.is_empty()
    }

    /// Only those of one island reach each other. Vats count from 0 here.
    pub fn split(&mut self, islands: &[Vec<usize>]) {
        let mut told = Told::new();
        for (one, other) in self.net.pairs() {
            if !islands.iter().any(|island| island.contains(&one) && island.contains(&other)) {
                self.net.cut(one, other, &mut told);
            }
        }
        self.take(told);
    }

    pub fn heal(&mut self) {
        let mut told = Told::new();
        for (one, other) in self.net.pairs() {
            self.net.connect(one, other, &mut told);
        }
        self.take(told);
    }

    /// Lets time pass, from one due thing to the next.
    pub fn advance(&mut self, ms: u64) {
        let until = self.net.now.after(ms);
        while let Some(next) = self.wake_at().filter(|next| *next <= until && self.fault.is_none()) {
            self.net.now = self.net.now.max(next);
            self.settle();
        }
        self.net.now = until;
    }

    /// Who is called so, and in which vat it was born.
    pub fn find(&self, name: &str) -> Result<(usize, Ref), String> {
        self.stage.cast().at_home(name).ok_or_else(|| format!("nobody is called {name:?}"))
    }

    /// What happened since it was last asked, by name, with the ms since `from` when time passed.
    pub fn happened(&mut self, from: Time) -> Vec<String> {
        let seen = std::mem::take(&mut self.seen);
        seen.iter().map(|(time, at, seen)| format!("{}{}", since(from, *time), self.tell(*time, *at, seen))).collect()
    }

    fn tell(&self, time: Time, at: usize, seen: &Seen) -> String {
        match seen {
            Seen::Born(actor) => format!("+ {}", self.name(at, *actor)),
            Seen::Ended(actor, reason) => format!("- {} {}", self.name(at, *actor), words::told(reason)),
            Seen::Word(actor, text) => match self.name(at, *actor) {
                name if name == root(at) => text.clone(),
                name => format!("{name} {text}"),
            },
            Seen::Said(text) => text.clone(),
            Seen::Arm(Arm::Never) => "arm none".into(),
            Seen::Arm(Arm::At(due)) => match due.0.checked_sub(time.0) {
                Some(ms) => format!("arm in {ms}"),
                None => "arm over".into(),
            },
        }
    }

    pub fn reports(&mut self) -> Vec<String> {
        let reports = std::mem::take(&mut self.reports);
        let told = |(at, actor, said): &(usize, ActorId, Said)| match said {
            Said::Crashed { reason, .. } => format!("{} crashed {}", self.name(*at, *actor), words::told(reason)),
            Said::Note { kind, text } => format!("{} {kind} {text}", self.name(*at, *actor)),
        };
        reports.iter().map(told).collect()
    }

    /// Dead letters since it was last asked: `noproc 3`.
    pub fn dead(&mut self) -> Vec<String> {
        let dead = self.dead_letters();
        let told = DeadClass::ALL.iter().zip(dead.iter().zip(&self.dead_told));
        let told =
            told.filter(|(_, (now, before))| now > before).map(|(class, (now, before))| format!("{} {}", class.name(), now - before));
        let told = told.collect();
        self.dead_told = dead;
        told
    }

    fn dead_letters(&self) -> [u64; DeadClass::ALL.len()] {
        let each = self.net.all().map(|at| self.net.vat(at).counters().dead);
        each.fold([0; DeadClass::ALL.len()], |sum, one| std::array::from_fn(|class| sum[class] + one[class]))
    }

    /// Bytes of an actor's state at rest.
    pub fn state_bytes(&self, name: &str) -> Result<u64, String> {
        let (home, actor) = self.find(name)?;
        let row = self.rows().find(|(at, row)| (*at, Some(row.id)) == (home, actor.actor_id()));
        row.map(|(_, row)| u64::from(row.state_bytes)).ok_or_else(|| format!("{name} is gone"))
    }

    /// Everybody is killed; then nothing may be left of anyone, and nothing may be due.
    pub fn close(&mut self) -> Result<(), String> {
        self.close_fleet();
        self.net.is_stalled = false;
        self.net.waker.iter_mut().for_each(|waker| waker.hang(false));
        self.answer_for_waker(true);
        let everyone = self.stage.cast().everyone();
        for (at, actor) in everyone {
            self.admit(at, Input::Exit { to: actor, reason: Reason::Kill }).expect("an exit is always admitted");
        }
        self.settle();
        self.advance(CLOSING_MS);
        let left: Vec<String> = self.rows().map(|(at, row)| format!("{} {:?}", self.name(at, row.id), row.state)).collect();
        if !left.is_empty() {
            self.fail(format!("left over at the end: {}", left.join(", ")));
        }
        if let Some(wake) = self.net.wake_at() {
            self.fail(format!("everybody is gone, and something is due at {}", wake.0));
        }
        let in_flight: u64 = self.net.all().map(|at| self.net.vat(at).counters().in_flight).sum();
        if in_flight != 0 {
            self.fail(format!("everybody is gone, and {in_flight} messages are in flight"));
        }
        self.sound()
    }

    /// What no step may break: what is in flight waits in a mailbox, and nobody who could run waits.
    pub fn sound(&mut self) -> Result<(), String> {
        self.judge_quiet();
        self.fault.clone().map_or(Ok(()), Err)
    }

    pub fn take(&mut self, told: Told) {
        let now = self.net.now;
        for (at, said) in told {
            let output = match said {
                Put::Output(output) => output,
                Put::Arm(arm) => {
                    self.seen.push((now, at, Seen::Arm(arm)));
                    continue;
                }
            };
            match output {
                Output::Trace(fact) => match (fact.what, fact.actor) {
                    (What::Spawned { child, label, .. }, _) => {
                        self.stage.cast().label(at, child, &label);
                        self.seen.push((now, at, Seen::Born(child)));
                    }
                    (What::Ended { reason: Reason::Crash(crash), .. }, _) if *crash.kind == *puppet::SCRIPT => {
                        self.fail(format!("the case is wrong: {}", crash.message));
                    }
                    (What::Ended { reason, .. }, Some(actor)) => self.seen.push((now, at, Seen::Ended(actor, reason))),
                    _ => {}
                },
                Output::Port { port: BOOK, from, body, .. } => {
                    let from = from.actor_id().expect("only actors speak");
                    self.seen.push((now, at, Seen::Word(from, String::from_utf8_lossy(&body).into_owned())));
                }
                Output::Port { port: MESH, body, .. } => {
                    let host = String::from_utf8_lossy(&body).parse();
                    match (host, &mut self.fleet) {
                        (Ok(host), Some(fleet)) => fleet.wishes.push((at, host)),
                        _ => self.fail("somebody wants to be at a host that there is not".into()),
                    }
                }
                Output::Report(report) => self.reports.push((at, report.actor, report.what)),
                Output::LinkClosed { vat, why } => self.fail(format!("the link to vat {} was closed: {why}", vat.0)),
                // What is durable has landed by the net, whose links are, too; nobody calls a port.
                Output::Port { .. } | Output::Dropped { .. } => {}
                Output::Link { .. } | Output::DeadLetter(_) | Output::Ended { .. } => {}
            }
        }
        for at in self.net.all() {
            let counters = self.net.vat(at).counters();
            if !counters.balance() {
                self.fail(format!("sent = handled + dead + in flight does not hold: {counters:?}"));
            }
        }
    }

    fn judge_quiet(&mut self) {
        // A step that waits for the next one has left something to do.
        if self.net.wake_at().is_some_and(|wake| wake <= self.net.now) {
            return;
        }
        for at in self.net.all() {
            let rows = self.net.vat(at).rows();
            let queued: u64 = rows.iter().map(|row| u64::from(row.queued)).sum();
            let in_flight = self.net.vat(at).counters().in_flight;
            // What is for another vat may wait for a credit, what is for the case for the disk.
            if queued > in_flight || (queued < in_flight && !self.net.is_far() && !self.net.holds()) {
                self.fail(format!("{in_flight} messages are in flight, {queued} in mailboxes"));
            }
            if let Some(row) = rows.iter().find(|row| row.state == Activity::Runnable) {
                self.fail(format!("{} is runnable, and nothing runs", row.label));
            }
        }
    }

    fn name(&self, at: usize, actor: ActorId) -> String {
        self.stage.cast().name(at, actor).map_or_else(|| format!("{actor}"), String::from)
    }

    pub fn fail(&mut self, why: String) {
        self.fault.get_or_insert(why);
    }
}

/// The name of a vat's root.
pub fn root(at: usize) -> String {
    match at {
        0 => ROOT.into(),
        1 => THERE.into(),
        at => format!("{THERE}{}", at + 1),
    }
}

pub fn behaviours(stage: &Stage) -> Vec<Box<dyn Behaviour>> {
    let mut all: Vec<Box<dyn Behaviour>> = vec![
        Box::new(Puppet(stage.clone())),
        supervisor::behaviour_of::<Tree>(),
        registry::behaviour(),
        namespace::behaviour(),
        groups::behaviour(),
        gen_server::behaviour::<Served<1>>(),
        gen_server::behaviour::<Served<2>>(),
        gen_server::behaviour::<Drowsy>(),
        gen_server::behaviour::<Bare>(),
        statem::behaviour::<Ruled<true>>(),
        statem::behaviour::<Ruled<false>>(),
        event_sourced::behaviour::<Ledger<false>>(),
        event_sourced::behaviour::<Ledger<true>>(),
        store::behaviour(),
        work_pulling::behaviour(),
        peerd_otp::behaviour::<Worker>(),
        keyed::behaviour::<Shelf>(),
    ];
    all.extend(keyed::behaviours());
    all
}

fn since(from: Time, at: Time) -> String {
    if at == from { String::new() } else { format!("{} ", at.0 - from.0) }
}
