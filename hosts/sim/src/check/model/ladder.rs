//! What a supervisor may do about a fault besides a restart (semantics 13): whom it asks, and what it makes of the answer.
use super::{
    life::Life,
    table::{Entry, State},
};
use crate::check::Checked;
use peerd_otp::supervisor::{ChildSpec, OnFault, Replace, Restart, Rung};
use peerd_vat::{ActorId, Time};
use std::collections::VecDeque;

/// Marks the timers that tell of held children; the rest is the child's key.
const FAULT: u64 = 1 << 63;

/// Of one child.
pub(super) struct Ladder {
    pub on_fault: OnFault,
    replace: Replace,
    /// Its turn failed, and nobody has decided yet.
    pub held: bool,
    /// A question about it is under way.
    pub asked: bool,
    /// What follows when it has ended.
    pub decided: Option<Rung>,
    resumes: VecDeque<Time>,
}

impl Ladder {
    pub fn new(spec: &ChildSpec) -> Ladder {
        let (on_fault, replace) = (spec.on_fault, spec.replace);
        Ladder { on_fault, replace, held: false, asked: false, decided: None, resumes: VecDeque::new() }
    }

    pub fn upgrade(&mut self, spec: &ChildSpec) {
        (self.on_fault, self.replace) = (spec.on_fault, spec.replace);
    }
}

/// Whether a question has no answer, and the word about whom it was is due.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Nameless {
    #[default]
    No,
    /// The question may have been withdrawn while the answer was put off.
    Perhaps,
    Yes,
}

/// What is due within one turn.
#[derive(Default)]
pub(super) struct Due {
    /// Questions about these children.
    questions: VecDeque<u64>,
    /// No answer came, and which child it was about is still to be said.
    nameless: Nameless,
    /// This word, about this child.
    word: Option<(&'static str, u64)>,
}

impl Entry {
    fn allows(&self, rung: Rung) -> bool {
        let can_start = self.restart != Restart::Temporary;
        match rung {
            Rung::Resume => self.ladder.held,
            Rung::Restart | Rung::Park => can_start,
            Rung::Replace => can_start && self.ladder.replace == Replace::Allowed,
            Rung::Stop | Rung::Escalate => true,
        }
    }

    /// What the spec says about a fault that is no orderly exit.
    fn by_spec(&mut self, now: Time) -> Rung {
        if let OnFault::Resume { max, window_ms } = self.ladder.on_fault {
            self.ladder.resumes.retain(|at| now.since(*at) <= window_ms);
            if self.ladder.held && self.ladder.resumes.len() < max as usize {
                return Rung::Resume;
            }
        }
        if self.restart == Restart::Temporary { Rung::Stop } else { Rung::Restart }
    }
}

impl Life {
    pub fn held(&mut self, child: ActorId) {
        if let Some(entry) = self.table.by_actor(child) {
            entry.ladder.held = true;
        }
    }

    /// The timer that tells of a held child, if it is one.
    pub fn told_of_fault(&mut self, timer: u64, now: Time) -> bool {
        if timer & FAULT == 0 {
            return false;
        }
        let key = timer & !FAULT;
        let undecided = |entry: &mut Entry| entry.state == State::Running && entry.ladder.held && !entry.ladder.asked;
        if self.is_idle() && self.table.find(key).is_some_and(undecided) {
            self.judge(key, now);
        }
        true
    }

    pub(super) fn judge(&mut self, key: u64, now: Time) {
        let Some(entry) = self.table.find(key) else { return };
        match entry.ladder.on_fault {
            OnFault::Ask { .. } => self.due.questions.push_back(key),
            OnFault::End | OnFault::Resume { .. } => {
                let rung = entry.by_spec(now);
                self.climb(key, rung, now);
            }
        }
    }

    pub fn asks(&mut self, child: &str) -> Checked {
        let due = self.due.questions.pop_front();
        let Some(entry) = self.table.by_id(child).filter(|entry| Some(entry.key) == due) else {
            return Err(format!("asks about {child}, of which nothing is to be decided"));
        };
        entry.ladder.asked = true;
        if !entry.ladder.held {
            entry.state = State::Restarting { counted: false };
        }
        Ok(())
    }

    /// The id of the child stands behind the answer. Without an answer it is said in the same turn.
    pub fn answered(&mut self, answer: Option<&[u8]>, now: Time) -> Checked {
        if !self.is_idle() {
            if !self.answers_put_off.iter().any(|other| other.as_deref() == answer) {
                self.answers_put_off.push(answer.map(<[u8]>::to_vec));
            }
            return Ok(());
        }
        let at = self.answers_put_off.iter().position(|other| other.as_deref() == answer);
        let was_put_off = at.map(|at| self.answers_put_off.remove(at)).is_some();
        let Some(answer) = answer else {
            self.due.nameless = if was_put_off { Nameless::Perhaps } else { Nameless::Yes };
            return Ok(());
        };
        let about = String::from_utf8_lossy(answer.get(1..).unwrap_or_default());
        let Some(entry) = self.table.by_id(&about).filter(|entry| entry.ladder.asked) else {
            return if was_put_off { Ok(()) } else { Err(format!("has an answer about {about}, about whom it does not ask")) };
        };
        let key = entry.key;
        match Rung::decode(answer).filter(|rung| entry.allows(*rung)) {
            Some(rung) => self.climb(key, rung, now),
            None => self.by_spec(key, now),
        }
        Ok(())
    }

    fn by_spec(&mut self, key: u64, now: Time) {
        if let Some(entry) = self.table.find(key) {
            let rung = entry.by_spec(now);
            self.climb(key, rung, now);
        }
    }

    pub(super) fn climb(&mut self, key: u64, rung: Rung, now: Time) {
        let Some(entry) = self.table.find(key) else { return };
        entry.ladder.asked = false;
        let held = entry.ladder.held;
        if held && rung != Rung::Resume {
            entry.ladder.decided = Some(rung);
            return;
        }
        self.due.word = word(rung).map(|word| (word, key));
        match rung {
            Rung::Resume if held => {
                entry.ladder.held = false;
                if matches!(entry.ladder.on_fault, OnFault::Resume { .. }) {
                    entry.ladder.resumes.push_back(now);
                }
                if !self.table.fault(now) {
                    self.give_up();
                }
            }
            Rung::Resume | Rung::Restart | Rung::Replace => self.fault(key, now),
            Rung::Stop => self.table.put_away(key),
            Rung::Park => entry.state = State::Parked,
            Rung::Escalate => {
                entry.state = State::Stopped;
                self.leave(Some("shutdown".into()));
            }
        }
    }

    /// A word of its own: what it decided.
    pub fn says(&mut self, kind: &str, text: &str, now: Time) -> Checked {
        if kind == "undecided" && std::mem::take(&mut self.due.nameless) != Nameless::No {
            let name = text.split(": ").next().unwrap_or_default();
            let Some(entry) = self.table.by_id(name).filter(|entry| entry.ladder.asked) else {
                return Err(format!("has no answer about {name}, about whom it does not ask"));
            };
            let key = entry.key;
            self.by_spec(key, now);
        }
        if !["resumed", "replaced", "stopped", "parked", "escalated"].contains(&kind) {
            return Ok(());
        }
        let about = self.due.word.take().filter(|due| due.0 == kind).and_then(|due| self.table.find(due.1));
        // One that is stopped for good may have left the table.
        match about {
            Some(entry) if !text.starts_with(&format!("{}: ", entry.id)) => Err(format!("{kind} {text}; due is {}", entry.id)),
            None if kind != "stopped" => Err(format!("{kind} {text}, which nobody has decided")),
            _ => Ok(()),
        }
    }

    pub(super) fn ladder_rests(&mut self) -> Checked {
        let due = std::mem::take(&mut self.due);
        if due.nameless == Nameless::Yes {
            return Err("decides nothing though nobody answers".into());
        }
        if let Some(entry) = due.questions.front().and_then(|key| self.table.find(*key)) {
            return Err(format!("does not ask about {}, which is to be asked about", entry.id));
        }
        match due.word.and_then(|(word, key)| Some((word, self.table.find(key)?))) {
            Some((word, entry)) => Err(format!("has not {word} {}, as was decided", entry.id)),
            None => Ok(()),
        }
    }
}

fn word(rung: Rung) -> Option<&'static str> {
    Some(match rung {
        Rung::Restart => return None,
        Rung::Resume => "resumed",
        Rung::Replace => "replaced",
        Rung::Stop => "stopped",
        Rung::Park => "parked",
        Rung::Escalate => "escalated",
    })
}
