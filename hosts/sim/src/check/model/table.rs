//! The model's child table and its window of restarts.
use super::ladder::Ladder;
use peerd_otp::supervisor::{ChildSpec, Restart, Shutdown, Strategy, SupervisorSpec};
use peerd_vat::{ActorId, Time};
use std::collections::VecDeque;

pub(super) struct Table {
    pub strategy: Strategy,
    /// In start order.
    pub entries: Vec<Entry>,
    /// Keys are given out in order and never again; a retry's timer bears its child's.
    newest: u64,
    intensity: usize,
    period_ms: u64,
    window: VecDeque<Time>,
}

pub(super) struct Entry {
    pub key: u64,
    pub id: String,
    pub restart: Restart,
    pub shutdown: Shutdown,
    pub significant: bool,
    pub backs_off: bool,
    pub actor: Option<ActorId>,
    /// Its incarnation.
    pub life: u32,
    /// As the supervisor knows it.
    pub state: State,
    pub alive: bool,
    pub ladder: Ladder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Stopped,
    /// The same, and nothing but a request starts it again.
    Parked,
    Starting,
    Running,
    /// Told to go.
    Leaving {
        since: Time,
    },
    /// `counted`: its fault is in the window already, only the backoff is waited for.
    Restarting {
        counted: bool,
    },
}

impl Table {
    pub fn new(spec: &SupervisorSpec) -> Table {
        let (intensity, period_ms) = (spec.intensity as usize, spec.period_ms);
        let mut table = Table { strategy: spec.strategy, entries: Vec::new(), newest: 0, intensity, period_ms, window: VecDeque::new() };
        for child in &spec.children {
            table.add(child);
        }
        table
    }

    pub fn add(&mut self, spec: &ChildSpec) {
        self.newest += 1;
        self.entries.push(Entry {
            key: self.newest,
            id: spec.id.clone(),
            restart: spec.restart,
            shutdown: spec.shutdown,
            significant: spec.significant,
            backs_off: spec.backoff.is_some(),
            actor: None,
            life: 0,
            state: State::Stopped,
            alive: false,
            ladder: Ladder::new(spec),
        });
    }

    /// Running children are left alone; those that are not named are kept behind the others; the history stays.
    pub fn upgrade(&mut self, spec: &SupervisorSpec) {
        (self.strategy, self.intensity, self.period_ms) = (spec.strategy, spec.intensity as usize, spec.period_ms);
        for child in &spec.children {
            match self.by_id(&child.id) {
                Some(entry) => {
                    (entry.restart, entry.shutdown) = (child.restart, child.shutdown);
                    entry.ladder.upgrade(child);
                    (entry.significant, entry.backs_off) = (child.significant, child.backoff.is_some());
                }
                None => self.add(child),
            }
        }
        let place = |entry: &Entry| spec.children.iter().position(|child| child.id == entry.id).unwrap_or(usize::MAX);
        self.entries.sort_by_key(place);
    }

    pub fn find(&mut self, key: u64) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.key == key)
    }

    pub fn by_id(&mut self, id: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.id == id)
    }

    pub fn by_actor(&mut self, actor: ActorId) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.actor == Some(actor))
    }

    pub fn remove(&mut self, key: u64) {
        self.entries.retain(|entry| entry.key != key);
    }

    /// Stopped for good unless somebody starts it: a temporary one is forgotten.
    pub fn put_away(&mut self, key: u64) {
        match self.find(key) {
            Some(entry) if entry.restart == Restart::Temporary => self.remove(key),
            Some(entry) => entry.state = State::Stopped,
            None => {}
        }
    }

    /// Who is started again with this one, in start order: itself first, or its whole group.
    pub fn group(&self, key: u64) -> Vec<u64> {
        let from = match self.strategy {
            Strategy::OneForOne | Strategy::SimpleOneForOne => return vec![key],
            Strategy::OneForAll => 0,
            Strategy::RestForOne => self.entries.iter().position(|entry| entry.key == key).unwrap_or(0),
        };
        self.entries[from..].iter().map(|entry| entry.key).collect()
    }

    /// A fault at this time. False: one too many. An entry exactly one period old still counts.
    pub fn fault(&mut self, now: Time) -> bool {
        while self.window.front().is_some_and(|time| now.since(*time) > self.period_ms) {
            self.window.pop_front();
        }
        self.window.push_back(now);
        self.window.len() <= self.intensity
    }

    /// Significant ones that run or will run again.
    pub fn significant_up(&self) -> bool {
        let up = |entry: &Entry| !matches!(entry.state, State::Stopped | State::Parked);
        self.entries.iter().any(|entry| entry.significant && up(entry))
    }
}
