//! Plays a program on this core: one vat, virtual time.
//!
//! ```text
//! play ─▶ Stage (the root, parent of the top) ─▶ Tree (the supervisor under test) ─▶ Worker
//!            all of them write what happens into one Book, in order
//! ```
mod book;
mod stage;
mod tree;
mod worker;

use crate::otp::{
    program::{Act, Program, Step, TOP, Then, above},
    story::{Entry, Story, Told},
};
use book::{Book, Shared};
use peerd_vat::{Config, Input, Output, Outputs, Reason, Time, Vat, What};

/// Limit: no program that ends takes longer.
const PATIENCE_MS: u64 = 30_000;

pub fn play(program: &Program) -> Story {
    let mut play = Play::new(program);
    let up = Step { act: Act::Up, then: Then::Settle };
    let steps = std::iter::once(&up).chain(&program.steps).map(|step| play.step(step)).collect();
    Story { steps }
}

struct Play {
    vat: Vat,
    now: Time,
    book: Shared,
}

impl Play {
    fn new(program: &Program) -> Play {
        let book = Book::shared(program);
        let behaviours = vec![stage::behaviour(&book), tree::behaviour(&book), worker::behaviour(&book)];
        let mut vat = Vat::new(Config { trace: true, ..Config::default() }, behaviours);
        let boot = Input::Boot { behaviour: stage::NAME.into(), args: Vec::new(), refs: Vec::new() };
        vat.handle(Time(0), boot, &mut Outputs::new()).expect("the stage is in the table");
        let mut play = Play { vat, now: Time(0), book };
        play.run();
        play
    }

    fn step(&mut self, step: &Step) -> Told {
        if let Some(result) = self.act(&step.act) {
            self.book.lock().entries.push(Entry::Result(result));
        }
        self.run();
        let mut stuck = false;
        if step.then == Then::Settle {
            stuck = !self.settle(PATIENCE_MS);
            self.book.lock().list();
            self.order();
        }
        let mut book = self.book.lock();
        let entries = std::mem::take(&mut book.entries);
        Told { entries, supervisors: book.listings(), at_ms: self.now.0, stuck }
    }

    /// None: the stage tells the result, when it has it.
    fn act(&mut self, act: &Act) -> Option<String> {
        let absent = || Some("absent".to_owned());
        let done = || Some("done".to_owned());
        let living = |path: &str| self.book.lock().living(path);
        match act {
            Act::Up if living(TOP).is_some() => return Some("already".to_owned()),
            Act::Up => {}
            Act::Shut if living(TOP).is_none() => return absent(),
            Act::Shut => {
                self.command(act);
                return done();
            }
            Act::Advance(ms) => {
                self.settle(*ms);
                return done();
            }
            Act::End(path, why) => {
                let Some(to) = living(path) else { return absent() };
                self.input(Input::Message { to, body: vec![*why as u8], refs: Vec::new() });
                return done();
            }
            Act::Kill(path) | Act::Exit(path, _) => {
                let Some(to) = living(path) else { return absent() };
                let reason = if let Act::Exit(_, why) = act { worker::reason(*why) } else { Reason::Kill };
                self.input(Input::Exit { to, reason });
                return done();
            }
            Act::TerminateRef(path, of) | Act::SpecRef(path, of) => {
                if living(path).is_none() || self.book.lock().last(of).is_none() {
                    return absent();
                }
            }
            Act::New(path, _) | Act::Upgrade(path, _) => {
                if living(path).is_none() {
                    return absent();
                }
            }
            Act::Start(path) | Act::Restart(path) | Act::Terminate(path) | Act::Delete(path) | Act::Spec(path) => {
                if living(above(path)).is_none() {
                    return absent();
                }
            }
        }
        self.command(act);
        None
    }

    fn command(&mut self, act: &Act) {
        self.book.lock().order = Some(act.clone());
        self.order();
    }

    /// Tells the stage that there is something to do.
    fn order(&mut self) {
        let to = self.vat.root().expect("the stage lives as long as the vat");
        self.input(Input::Message { to, body: Vec::new(), refs: Vec::new() });
        self.run();
    }

    fn input(&mut self, input: Input) {
        let mut out = Outputs::new();
        self.vat.handle(self.now, input, &mut out).expect("mailboxes of a program never fill");
        self.hear(out);
    }

    /// Everything that happens at this time, turn by turn, so that births and ends come in their order.
    fn run(&mut self) {
        loop {
            let mut out = Outputs::new();
            let ran = self.vat.run(self.now, 1, &mut out);
            self.hear(out);
            if ran.turns == 0 && ran.idle {
                return;
            }
        }
    }

    /// Lets as much time pass as anybody waits for; for an `advance` all of it. False: something was still to come.
    fn settle(&mut self, at_most_ms: u64) -> bool {
        let until = self.now.after(at_most_ms);
        self.run();
        while let Some(due) = self.vat.wake_at() {
            if due > until {
                break;
            }
            self.now = self.now.max(due);
            self.run();
        }
        let quiet = self.vat.wake_at().is_none();
        if at_most_ms < PATIENCE_MS {
            self.now = until;
        }
        quiet
    }

    fn hear(&mut self, out: Outputs) {
        let mut book = self.book.lock();
        for output in out {
            if let Output::Trace(fact) = output
                && let (Some(actor), What::Ended { reason, .. }) = (fact.actor, fact.what)
            {
                book.ended(actor, &reason);
            }
        }
    }
}
