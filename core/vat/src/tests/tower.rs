//! A tower with a bell: a durable actor that is told of alarms, on a clock of its own that outlives its vat, as the disk does.
use super::{disk::Disk, durable::IDENTITY};
use crate::{
    Activity, ActorId, Behaviour, Config, Crash, Cx, Durability, Event, Every, Identity, Input, Missed, Output, Outputs, Poison, Reason,
    Ref, Said, SpawnOptions, Time, Vat, VatId, Wall,
};
use alloc::{boxed::Box, format, string::String, sync::Arc, vec, vec::Vec};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Keeps the bell and hands on what the host says. `again` starts it again.
struct Ringer(Poison);

impl Ringer {
    fn spawn(&self, identity: Identity<'_>, cx: &mut Cx<'_>) -> Ref {
        cx.spawn(SpawnOptions::new("bell", b"").label("bell").identity(identity).durability(Durability::Durable).poison(self.0))
    }
}

impl Behaviour for Ringer {
    fn name(&self) -> &'static str {
        "ringer"
    }

    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let bell = self.spawn(Identity::Kept("bell"), cx);
        cx.become_state(&bell.to_bytes());
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let bell = Ref::from_bytes(cx.state()).expect("written at init");
        match event {
            Event::User { body: b"again", .. } => drop(self.spawn(Identity::Again(bell), cx)),
            Event::User { body: b"bury", .. } => cx.bury(bell),
            Event::User { body: b"kill", .. } => cx.exit(bell, Reason::Kill),
            Event::User { body, .. } => cx.send(bell, body),
            _ => {}
        }
        Ok(())
    }
}

/// Its state is a line of what it was told. `set KEY AT`, `every KEY FIRST PERIOD POLICY`, `cancel KEY`, `tag N`, and with `fail` behind
/// it the turn fails; `defer` makes it set aside what comes until the tag changes.
struct Bell {
    /// So many turns that handle an alarm or a word fail.
    fails: Arc<AtomicU32>,
}

impl Bell {
    fn told(words: &[&str], cx: &mut Cx<'_>) {
        let number = |at: usize| words[at].parse::<u64>().expect("a number");
        match words[0] {
            "set" => cx.alarm(number(1), Wall(number(2))),
            "every" => {
                let missed = match words[4] {
                    "coalesce" => Missed::Coalesce,
                    "skip" => Missed::Skip,
                    most => Missed::Each(most.parse().expect("a number")),
                };
                cx.alarm_every(number(1), Wall(number(2)), Every::ms(number(3)).missed(missed));
            }
            "cancel" => {
                let left = cx.cancel_alarm(number(1));
                Bell::note(&format!("left {left:?}"), cx);
            }
            "tag" => cx.become_tag(number(1) as u32),
            _ => Bell::note(words[0], cx),
        }
    }

    fn note(word: &str, cx: &mut Cx<'_>) {
        let line = [cx.state(), word.as_bytes(), b" "].concat();
        cx.become_state(&line);
    }
}

impl Behaviour for Bell {
    fn name(&self) -> &'static str {
        "bell"
    }

    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(b"");
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        if cx.tag() == 7 && !matches!(event, Event::User { body: b"tag 0", .. }) {
            cx.defer();
            return Ok(());
        }
        match event {
            Event::User { body, .. } => {
                let text = core::str::from_utf8(body).expect("text");
                for line in text.split("; ") {
                    Bell::told(&line.split(' ').collect::<Vec<_>>(), cx);
                }
            }
            Event::Alarm { key, due, missed } => {
                assert!(cx.alarm_at(key).is_none() && due <= cx.wall(), "{key} at {due:?}");
                Bell::note(&format!("{key}@{}{}", due.0, if missed > 0 { format!("+{missed}") } else { String::new() }), cx);
                // Key 5 sets itself anew, once; key 6 calls itself off.
                if key == 5 && due.0 < 5_000 {
                    cx.alarm(5, Wall(9_000));
                } else if key == 6 {
                    cx.cancel_alarm(6);
                }
            }
            _ => return Ok(()),
        }
        match self.fails.load(Relaxed) {
            0 => Ok(()),
            left => {
                self.fails.store(left - 1, Relaxed);
                Err(Crash::new("told", "to fail"))
            }
        }
    }
}

pub struct Tower {
    pub vat: Vat,
    disk: Disk,
    pub now: Time,
    /// What the time of day is ahead of it.
    pub ahead: u64,
    pub fails: Arc<AtomicU32>,
    pub crashes: usize,
    poison: Poison,
}

impl Tower {
    pub fn new() -> Tower {
        Tower::open(Disk::default(), Time(0), 0, Arc::default(), Poison::Retry)
    }

    /// What fails so often is a dead letter.
    pub fn skipping(most: u32) -> Tower {
        Tower::open(Disk::default(), Time(0), 0, Arc::default(), Poison::Skip(most))
    }

    fn open(disk: Disk, now: Time, ahead: u64, fails: Arc<AtomicU32>, poison: Poison) -> Tower {
        let config = Config { vat: VatId(1), ..Config::default() };
        let behaviours: Vec<Box<dyn Behaviour>> = vec![Box::new(Ringer(poison)), Box::new(Bell { fails: Arc::clone(&fails) })];
        let vat = Vat::durable(config, behaviours, IDENTITY, disk.recover(VatId(1))).expect("the same code");
        let mut tower = Tower { vat, disk, now, ahead, fails, crashes: 0, poison };
        tower.set_clock(ahead);
        tower.input(Input::Boot { behaviour: "ringer".into(), args: Vec::new(), refs: Vec::new() });
        tower.settle();
        tower.land();
        tower
    }

    /// The vat is gone, and after so many milliseconds there is another.
    pub fn again(self, later_ms: u64) -> Tower {
        Tower::open(self.disk, self.now.after(later_ms), self.ahead, self.fails, self.poison)
    }

    pub fn set_clock(&mut self, ahead: u64) {
        self.ahead = ahead;
        self.input(Input::Clock { wall: Wall(self.now.0 + ahead) });
    }

    pub fn input(&mut self, input: Input) {
        let mut out = Outputs::new();
        assert_eq!(self.vat.handle(self.now, input, &mut out), Ok(()));
        self.note(&out);
    }

    fn note(&mut self, out: &Outputs) {
        let is_crash = |output: &&Output| matches!(output, Output::Report(report) if matches!(report.what, Said::Crashed { .. }));
        self.crashes += out.iter().filter(is_crash).count();
        let counters = self.vat.counters();
        assert!(counters.balance(), "{counters:?}");
    }

    pub fn tell(&mut self, words: &str) {
        let to = self.vat.root().expect("it lives");
        self.input(Input::Message { to, body: words.into(), refs: Vec::new() });
    }

    pub fn say(&mut self, words: &str) {
        self.tell(words);
        self.settle();
    }

    pub fn turns(&mut self, fuel: u64) -> bool {
        let mut out = Outputs::new();
        let ran = self.vat.run(self.now, fuel, &mut out);
        self.note(&out);
        !ran.idle
    }

    /// All that is due now.
    pub fn settle(&mut self) {
        while self.turns(100) || self.vat.wake_at().is_some_and(|at| at <= self.now) {}
    }

    pub fn land(&mut self) {
        while let Some(flight) = self.vat.flight() {
            self.disk.0.entry(flight.file).or_default().extend_from_slice(flight.bytes);
            self.input(Input::Landed);
        }
    }

    /// Time passes, and each thing happens at its time.
    pub fn advance(&mut self, ms: u64) {
        let end = self.now.after(ms);
        while let Some(next) = self.vat.wake_at().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.settle();
        }
        self.now = end;
    }

    pub fn line(&self) -> String {
        let ActorId(key) = self.row().id;
        String::from_utf8(self.vat.shown_state(key)).expect("text").trim_end().into()
    }

    /// What it would be after a crash now.
    pub fn landed(&self) -> String {
        let tower = Tower::open(self.disk.clone(), self.now, self.ahead, Arc::default(), self.poison);
        tower.line()
    }

    pub fn row(&self) -> crate::Row {
        self.vat.rows().into_iter().find(|row| row.label == "bell").expect("it is known")
    }

    pub fn is_parked(&self) -> bool {
        self.row().state == Activity::Parked
    }
}
