//! Plays a program on this core: a vat with a journal, virtual time, lives of the vat.
//!
//! ```text
//! play ─▶ Owner (the root) keeps ─▶ Thing (durable, an object) ─▶ Port (the world)
//!            both write what happens into one Book, in order
//! ```
mod book;
mod disk;
mod owner;
mod thing;

use super::{
    cells::{self, Met, Place},
    compare::Divergence,
    program::{End, Handler, Program, SOON_MS, Step},
    story::Story,
};
use book::{Book, Shared};
use disk::Disk;
use peerd_vat::{Config, Input, Output, Outputs, PortId, Reason, Ref, Time, Vat, VatId, Wall};
use std::{collections::BTreeSet, mem::take};
use thing::Order;

const WORLD: PortId = PortId(1);
/// When programs begin, by the time of day.
const BEGIN: Wall = Wall(1_700_000_000_000);
/// What a step waits for: no alarm that is tried again comes as early.
const SETTLE_MS: u64 = 2 * SOON_MS;
/// Limit: by then every alarm that failed has been tried again, twice.
const PATIENCE_MS: u64 = 20_000;

pub struct Played {
    pub story: Story,
    pub met: Met,
    pub used: BTreeSet<Divergence>,
}

/// None: what workerd would tell depends on which of two things its scheduler happens to do.
pub fn play(program: &Program) -> Option<Played> {
    let book = Book::shared(program);
    let mut play = Play::open(Time(0), book, Disk::default());
    for step in &program.steps {
        match *step {
            Step::Call(who, handler) => play.call(who, handler),
            Step::Restart => play = play.restart(),
            Step::Wait => play.wait(),
        }
        play.book.lock().end_step();
    }
    play.wait();
    play = play.restart();
    // What each object is left with.
    play.rest();
    let mut book = play.book.lock();
    let Book { story, met, used, is_open_to_chance, .. } = &mut *book;
    (!*is_open_to_chance).then(|| Played { story: take(story), met: take(met), used: take(used) })
}

struct Play {
    vat: Vat,
    now: Time,
    book: Shared,
    disk: Disk,
}

impl Play {
    fn open(now: Time, book: Shared, disk: Disk) -> Play {
        let behaviours = vec![owner::behaviour(&book), thing::behaviour(&book, BEGIN)];
        let config = Config { vat: VatId(disk::VAT.0), ..Config::default() };
        let vat = Vat::durable(config, behaviours, disk::IDENTITY, disk.recover()).expect("the same code, and a whole journal");
        book.lock().world = Some(vat.port(WORLD));
        let mut play = Play { vat, now, book, disk };
        play.input(Input::Clock { wall: BEGIN.after(now.0) });
        play.input(Input::Boot { behaviour: owner::NAME.into(), args: Vec::new(), refs: Vec::new() });
        play.settle();
        play
    }

    /// The vat is gone, with all that it had in memory. In workerd only the objects are: an alarm that is to be tried again keeps its
    /// delay there, and runs at once in another life of a vat.
    fn restart(mut self) -> Play {
        let while_failed = !self.book.lock().failed.is_empty();
        self.meet(cells::RESTART);
        if self.vat.wake_at().is_some() {
            self.meet(cells::RESTART_WITH_ALARM);
        }
        if !while_failed {
            return Play::open(self.now, self.book, self.disk);
        }
        self.meet(cells::RESTART_WHILE_FAILED);
        self.book.lock().used.insert(Divergence::RetryAfterRestart);
        let things: Vec<Ref> = self.book.lock().refs.values().copied().collect();
        for to in things {
            self.input(Input::Exit { to, reason: Reason::Kill });
        }
        self.settle();
        self
    }

    fn meet(&self, cell: &'static str) {
        self.book.lock().met.add(cell);
    }

    fn call(&mut self, who: char, handler: usize) {
        let segments = {
            let mut book = self.book.lock();
            let Handler { end, segments } = &book.program.handlers[handler];
            let (end, segments) = (*end, segments.len());
            if end == End::Throw {
                book.used.insert(Divergence::ThrowIsAnswer);
            }
            segments
        };
        for segment in 0..segments {
            self.tell(who, &Order { handler, segment, place: Place::Message }.to_bytes());
        }
    }

    fn tell(&mut self, who: char, order: &[u8]) {
        let to = self.vat.root().expect("the owner lives as long as the vat");
        let body = [&[u8::try_from(who).expect("a letter")], order].concat();
        self.input(Input::Message { to, body, refs: Vec::new() });
        self.settle();
    }

    /// What happens at once, or nearly.
    fn settle(&mut self) {
        self.pass(SETTLE_MS);
    }

    fn wait(&mut self) {
        self.pass(PATIENCE_MS);
        self.book.lock().failed.clear();
    }

    fn pass(&mut self, ms: u64) {
        let until = self.now.after(ms);
        self.run();
        while let Some(due) = self.vat.wake_at().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.run();
        }
    }

    /// Turns and flushes by turns. Whatever a turn sends out depends on its record, and so may not be heard before that has landed.
    fn run(&mut self) {
        loop {
            let mut out = Outputs::new();
            let idle = self.vat.run(self.now, u64::MAX, &mut out).idle;
            self.hear(out, "early");
            let landed = self.vat.flight().map(|flight| self.disk.write(&flight)).is_some();
            if landed {
                self.input(Input::Landed);
            }
            if idle && !landed {
                return;
            }
        }
    }

    fn input(&mut self, input: Input) {
        let mut out = Outputs::new();
        self.vat.handle(self.now, input, &mut out).expect("mailboxes of a program never fill");
        self.hear(out, "out");
    }

    fn hear(&mut self, out: Outputs, when: &str) {
        let mut book = self.book.lock();
        for output in out {
            if let Output::Port { body, .. } = output {
                let text = String::from_utf8_lossy(&body);
                let (who, number) = text.split_once(' ').expect("as objects write it");
                book.say(format!("{who} {when}"), number.to_owned());
            }
        }
    }

    fn rest(&mut self) {
        let names: Vec<char> = self.book.lock().program.objects.iter().map(|object| object.name).collect();
        for who in names {
            self.tell(who, b"");
        }
    }
}
