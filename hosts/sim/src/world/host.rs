//! What a host can do wrong: sleep, wake at odd times, read a bad clock, lose its worker.
use super::{Fact, Time, What, World, cast, new_vat};
use crate::{Manner, fault::Kind};
use peerd_vat::{Input, Ref, Settle};

/// The transcript's word for a vat that is gone.
pub const LOST: &str = "worker lost";
/// Fewer turns than it takes to start a tree.
const BOOTING_MAX: u64 = 12;
/// What is done to a world, in its transcript.
pub const FAULT: &str = "fault";

impl World {
    /// For the transcript. No checker is told: they have to cope.
    pub(crate) fn remark(&mut self, kind: &str, text: String) {
        let fact = Fact { time: self.now, actor: None, what: What::Note { kind: kind.into(), text } };
        self.digest.fact(&fact);
        if let Some(facts) = &mut self.facts {
            facts.push(fact);
        }
    }

    /// The worker ends and with it the vat and whatever was on its way to it; a new one begins, with a clock of its own.
    pub(crate) fn lose_worker(&mut self, zero: u64) {
        self.end_worker(zero);
        self.boot_again();
    }

    /// So many times the next worker ends, too, before it is up.
    pub(crate) fn crash_loop(&mut self, times: u64) {
        for _ in 0..times {
            self.end_worker(0);
            self.begin();
            for _ in 0..self.draw.below(BOOTING_MAX) {
                self.turn();
            }
        }
        self.lose_worker(0);
    }

    fn end_worker(&mut self, zero: u64) {
        self.strangers = true;
        self.remark(LOST, format!("the next clock begins at {zero}"));
        if let Some(checks) = &mut self.checks {
            checks.lost(&self.config);
        }
        self.book.forget_all();
        self.echo.forget_all();
        self.ended = None;
        self.clock.restart(zero);
        self.now = Time(zero);
        self.vat = new_vat(&self.config, cast::behaviours(&self.injector, &self.plan, &self.sway, &self.book.board), self.draw.number());
    }

    /// Runs the vat when nothing is due yet.
    pub(crate) fn wake_early(&mut self, ms: u64) {
        self.settle();
        let Some(due) = self.vat.wake_at() else { return };
        let before = self.clock.rings(due).saturating_sub(ms.max(1)).saturating_sub(self.clock.real());
        self.advance(before);
        self.settle();
    }

    /// Runs the vat when something is due, and at once again.
    pub(crate) fn wake_twice(&mut self) {
        self.settle();
        let Some(due) = self.vat.wake_at() else { return };
        let until = self.clock.rings(due).saturating_sub(self.clock.real());
        self.advance(until);
        self.settle();
        self.settle();
    }

    /// Nothing runs for so long; the clock goes on, or not.
    pub(crate) fn freeze(&mut self, ms: u64, kind: Kind) {
        match kind {
            Kind::FreezeStopped => self.clock.stand_still(ms),
            _ => self.clock.pass_to(self.clock.real().saturating_add(ms)),
        }
        self.look_at_clock();
    }

    pub(crate) fn throttle(&mut self, grain_ms: u64, ms: u64) {
        self.clock.throttle(grain_ms);
        self.advance(ms);
        self.clock.throttle(1);
        self.settle();
    }

    pub(crate) fn set_clock(&mut self, kind: Kind, size: u64) {
        match kind {
            Kind::JumpForward => self.clock.jump(size),
            Kind::JumpBack => self.clock.set_back(size),
            _ => self.clock.drift(size),
        }
        self.look_at_clock();
        self.settle();
    }

    /// Bytes of all states and mailboxes: what a browser would end the worker for.
    pub(crate) fn bytes(&self) -> u64 {
        self.vat.rows().iter().map(|row| u64::from(row.state_bytes) + u64::from(row.queued_bytes)).sum()
    }

    /// Inputs about things that are not there.
    pub(crate) fn forge(&mut self, forged: Ref) {
        let body = b"forged".to_vec();
        let inputs = [
            Input::Message { to: forged, body: body.clone(), refs: Vec::new() },
            Input::Reply { to: forged, body },
            Input::Fail { to: forged, settle: Settle::Noconnection },
            Input::Exit { to: forged, reason: peerd_vat::Reason::Kill },
        ];
        for input in inputs {
            // Refused or lost: both are fine.
            let _ = self.input(input);
        }
    }

    /// No more faults.
    pub(crate) fn heal_host(&mut self) {
        self.injector.heal();
        self.plan.clear();
        self.sway.heal();
        self.clock.heal();
        self.look_at_clock();
        self.answer_calls(Manner::AtOnce);
        self.settle();
    }
}
