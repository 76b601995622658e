//! What people may want to read: crashes, words of supervisors, dead letters. The newest are kept.
use peerd_vat::{DeadLetter, Report};
use std::{collections::VecDeque, mem};

/// Limit: of each kind, as many as the kernel keeps of dead letters.
const KEPT_MAX: usize = 1_000;

#[derive(Default)]
pub(crate) struct Log {
    reports: VecDeque<Report>,
    dead: VecDeque<DeadLetter>,
}

impl Log {
    pub fn report(&mut self, report: Report) {
        keep(&mut self.reports, report);
    }

    pub fn dead(&mut self, letter: DeadLetter) {
        keep(&mut self.dead, letter);
    }

    pub fn take_reports(&mut self) -> Vec<Report> {
        mem::take(&mut self.reports).into()
    }

    pub fn take_dead(&mut self) -> Vec<DeadLetter> {
        mem::take(&mut self.dead).into()
    }
}

fn keep<T>(newest: &mut VecDeque<T>, one: T) {
    if newest.len() == KEPT_MAX {
        newest.pop_front();
    }
    newest.push_back(one);
}
