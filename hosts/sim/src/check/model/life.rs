//! One life of a supervisor: some stops, then some starts, one at a time, for one purpose.
use super::{
    ladder::Due,
    table::{Entry, State, Table},
};
use crate::check::Checked;
use peerd_otp::supervisor::{AutoShutdown, OnFault, Request, Restart, Rung, Shutdown, SupervisorSpec};
use peerd_vat::{ActorId, Reason, Time};
use std::collections::{BTreeMap, VecDeque};

pub(super) struct Life {
    pub(super) table: Table,
    auto_shutdown: AutoShutdown,
    purpose: Purpose,
    /// Due, in this order; those that are not up are passed over.
    stops: VecDeque<u64>,
    starts: VecDeque<u64>,
    /// Whose start or stop is awaited.
    awaited: Option<(u64, Awaited)>,
    /// In this turn.
    must_give_up: bool,
    /// Whose exits were heard and put off: they come by again.
    put_off: Vec<ActorId>,
    /// In this turn: a child of an earlier life, found alive.
    pub adopted: Option<ActorId>,
    pub(super) due: Due,
    /// Heard and put off, None without an answer: they come by again, also when the question was withdrawn meanwhile.
    pub(super) answers_put_off: Vec<Option<Vec<u8>>>,
}

#[derive(Clone, PartialEq, Eq)]
enum Purpose {
    /// Nothing is under way: it hears of exits and requests.
    Idle,
    Init,
    StartChild,
    RestartChild,
    TerminateChild,
    Restart,
    /// The group goes; this one waits out its backoff.
    Backoff(u64),
    /// It ends with this reason, if one is prescribed.
    Exit(Option<String>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Awaited {
    Start,
    Stop,
    /// It was dead before it was told to go: what it said at its end counts, if it comes.
    LastWord,
    /// An earlier life's child goes, then the start is tried again.
    Oust,
    /// A start that took too long is undone.
    Undo,
}

impl Life {
    pub fn new(spec: SupervisorSpec) -> Life {
        let table = Table::new(&spec);
        let starts = table.entries.iter().map(|entry| entry.key).collect();
        let (stops, awaited) = (VecDeque::new(), None);
        Life {
            table,
            auto_shutdown: spec.auto_shutdown,
            purpose: Purpose::Init,
            stops,
            starts,
            awaited,
            must_give_up: false,
            put_off: Vec::new(),
            adopted: None,
            due: Due::default(),
            answers_put_off: Vec::new(),
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.purpose == Purpose::Idle
    }

    // What it hears.

    pub fn died(&mut self, child: ActorId) {
        if let Some(entry) = self.table.by_actor(child) {
            (entry.alive, entry.ladder.held) = (false, false);
        }
    }

    /// From anybody but the parent. Of other lives of a child it has heard in another way.
    pub fn hears_of_exit(&mut self, from: ActorId, heard: Option<u32>, reason: &str, now: Time) -> Checked {
        let put_off = self.put_off.iter().position(|other| *other == from);
        match (self.table.by_actor(from).map(|entry| entry.life), heard, put_off) {
            (Some(life), Some(heard), _) if heard == life => {}
            (Some(_), None, Some(at)) => {
                self.put_off.remove(at);
            }
            _ => return Ok(()),
        }
        let leaving = matches!(self.purpose, Purpose::Exit(_));
        let group = matches!(self.purpose, Purpose::Restart | Purpose::Backoff(_));
        if let Some((key, Awaited::LastWord)) = self.awaited
            && self.table.find(key).is_some_and(|entry| entry.actor == Some(from))
        {
            self.is_stopped(key, Awaited::LastWord);
            return Ok(());
        }
        let Some(entry) = self.table.by_actor(from).filter(|entry| entry.state == State::Running && !entry.alive) else { return Ok(()) };
        // It was to go anyway.
        if leaving || self.stops.contains(&entry.key) {
            entry.state = State::Stopped;
            if let (true, Restart::Temporary, key) = (group, entry.restart, entry.key) {
                self.table.remove(key);
            }
            return Ok(());
        }
        // Until it is free.
        if self.purpose != Purpose::Idle {
            self.put_off.push(from);
            return Ok(());
        }
        let orderly = matches!(reason, "normal" | "shutdown") || reason.starts_with("shutdown(");
        let (key, significant) = (entry.key, entry.significant);
        entry.ladder.asked = false;
        let asks = matches!(entry.ladder.on_fault, OnFault::Ask { .. });
        let restarts = match entry.restart {
            Restart::Permanent => true,
            Restart::Transient => !orderly,
            Restart::Temporary => false,
        };
        match (restarts, entry.ladder.decided.take()) {
            (_, Some(Rung::Escalate)) => self.climb(key, Rung::Escalate, now),
            (true, Some(rung)) => self.climb(key, rung, now),
            (true, None) if asks => self.judge(key, now),
            (true, None) => self.fault(key, now),
            (false, _) => {
                self.table.put_away(key);
                let ends = match self.auto_shutdown {
                    AutoShutdown::Never => false,
                    AutoShutdown::AnySignificant => significant,
                    AutoShutdown::AllSignificant => significant && !self.table.significant_up(),
                };
                if ends {
                    self.leave(Some("shutdown".into()));
                }
            }
        }
        Ok(())
    }

    pub(super) fn fault(&mut self, key: u64, now: Time) {
        let allowed = self.table.fault(now);
        let Some(entry) = self.table.find(key) else { return };
        entry.state = State::Stopped;
        let backs_off = entry.backs_off;
        match (allowed, backs_off) {
            (false, _) => self.give_up(),
            (true, true) => {
                self.stop_group(key, Purpose::Backoff(key));
            }
            (true, false) => self.restart(key),
        }
    }

    pub(super) fn give_up(&mut self) {
        self.must_give_up = true;
        self.leave(Some("shutdown".into()));
    }

    fn restart(&mut self, key: u64) {
        self.starts = self.stop_group(key, Purpose::Restart);
    }

    /// Who is to be started after that. Temporary bystanders are not.
    fn stop_group(&mut self, key: u64, purpose: Purpose) -> VecDeque<u64> {
        self.purpose = purpose;
        let group = self.table.group(key);
        self.stops = group.iter().copied().filter(|other| *other != key).rev().collect();
        let stays = |other: &u64| {
            let started = |entry: &Entry| entry.restart != Restart::Temporary && entry.state != State::Parked;
            *other == key || self.table.entries.iter().any(|entry| entry.key == *other && started(entry))
        };
        group.into_iter().filter(stays).collect()
    }

    pub(super) fn leave(&mut self, reason: Option<String>) {
        self.purpose = Purpose::Exit(reason);
        self.starts.clear();
        self.stops = self.table.entries.iter().rev().map(|entry| entry.key).collect();
    }

    pub fn told_to_go(&mut self, reason: &str) -> Checked {
        if self.is_idle() {
            self.leave(Some(reason.into()));
        }
        Ok(())
    }

    pub fn timer(&mut self, key: u64, now: Time) -> Checked {
        if self.told_of_fault(key, now) {
            return Ok(());
        }
        if let (0, Some((stopping, Awaited::LastWord))) = (key, self.awaited) {
            self.is_stopped(stopping, Awaited::LastWord);
        }
        if !self.is_idle() {
            return Ok(());
        }
        match self.table.find(key).map(|entry| entry.state) {
            Some(State::Restarting { counted: true }) => self.restart(key),
            Some(State::Restarting { counted: false }) if self.table.fault(now) => self.restart(key),
            Some(State::Restarting { counted: false }) => self.give_up(),
            _ => {}
        }
        Ok(())
    }

    pub fn asked(&mut self, request: Request) -> Checked {
        if !self.is_idle() {
            return Ok(());
        }
        match request {
            Request::StartChild(spec) if self.table.by_id(&spec.id).is_none() => {
                self.table.add(&spec);
                self.starts.extend(self.table.entries.last().map(|entry| entry.key));
                self.purpose = Purpose::StartChild;
            }
            Request::RestartChild(id) => {
                if let Some(entry) = self.table.by_id(&id).filter(|entry| matches!(entry.state, State::Stopped | State::Parked)) {
                    self.starts.push_back(entry.key);
                    self.purpose = Purpose::RestartChild;
                }
            }
            Request::TerminateChild(id) => {
                let Some(entry) = self.table.by_id(&id) else { return Ok(()) };
                match entry.state {
                    State::Running => {
                        self.stops.push_back(entry.key);
                        self.purpose = Purpose::TerminateChild;
                    }
                    // Also one that is stopped: a temporary child's spec goes with it.
                    State::Restarting { .. } | State::Parked | State::Stopped => {
                        entry.ladder.asked = false;
                        let key = entry.key;
                        self.table.put_away(key);
                    }
                    State::Starting | State::Leaving { .. } => {}
                }
            }
            Request::Upgrade(Some(spec)) => {
                if let Some(spec) = SupervisorSpec::decode(&spec) {
                    self.auto_shutdown = spec.auto_shutdown;
                    self.table.upgrade(&spec);
                }
            }
            Request::DeleteChild(id) => {
                if let Some(entry) = self.table.by_id(&id).filter(|entry| matches!(entry.state, State::Stopped | State::Parked)) {
                    let key = entry.key;
                    self.table.remove(key);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The watch of the child that goes.
    pub fn hears_of_stop(&mut self, reason: &str) -> Checked {
        let Some((key, awaited)) = self.awaited.filter(|awaited| awaited.1 != Awaited::Start) else { return Ok(()) };
        if let Some(entry) = self.table.find(key)
            && entry.alive
        {
            return Err(format!("takes {} for stopped, which lives", entry.id));
        }
        if awaited == Awaited::Stop && reason == "noproc" {
            self.awaited = Some((key, Awaited::LastWord));
        } else {
            self.is_stopped(key, awaited);
        }
        Ok(())
    }

    fn is_stopped(&mut self, key: u64, awaited: Awaited) {
        self.awaited = None;
        let Some(entry) = self.table.find(key) else { return };
        entry.state = State::Stopped;
        let temporary = entry.restart == Restart::Temporary;
        match awaited {
            Awaited::Oust => self.starts.push_front(key),
            Awaited::Undo => self.failed(key),
            Awaited::Stop | Awaited::Start | Awaited::LastWord => match self.purpose {
                Purpose::TerminateChild => self.table.put_away(key),
                Purpose::Restart | Purpose::Backoff(_) if temporary => self.table.remove(key),
                _ => {}
            },
        }
    }

    /// Of a start, or about a fault.
    pub fn reply(&mut self, from: Option<ActorId>, text: &[u8], now: Time) -> Checked {
        match self.awaited {
            Some((key, Awaited::Start)) if from.is_some() => self.start_settled(key, Ok(())),
            Some((key, Awaited::Start)) => self.start_settled(key, Err(&String::from_utf8_lossy(text))),
            _ => self.answered(from.map(|_| text), now),
        }
    }

    fn start_settled(&mut self, key: u64, how: Result<(), &str>) -> Checked {
        match how {
            Ok(()) => {
                if let Some(entry) = self.table.find(key) {
                    entry.state = State::Running;
                }
            }
            Err("exit(normal)") => self.table.put_away(key),
            Err("exit(already_started)") => {
                self.awaited = Some((key, Awaited::Oust));
                self.stops.push_front(key);
                return Ok(());
            }
            Err("timeout" | "expired") => {
                self.awaited = Some((key, Awaited::Undo));
                self.stops.push_front(key);
                return Ok(());
            }
            Err(_) => self.failed(key),
        }
        self.awaited = None;
        Ok(())
    }

    fn failed(&mut self, key: u64) {
        match self.purpose {
            Purpose::Init => {
                if let Some(entry) = self.table.find(key) {
                    entry.state = State::Stopped;
                }
                self.leave(None);
            }
            Purpose::StartChild => self.table.remove(key),
            Purpose::Restart => {
                self.starts.clear();
                if let Some(entry) = self.table.find(key) {
                    entry.state = State::Restarting { counted: false };
                }
            }
            _ => {
                if let Some(entry) = self.table.find(key) {
                    entry.state = State::Stopped;
                }
            }
        }
    }

    // What it does.

    pub fn starts(&mut self, id: &str, child: ActorId, incarnation: u32) -> Checked {
        let due = self.starts.pop_front();
        let Some(entry) = self.table.by_id(id) else { return Err(format!("starts {id}, which it does not have")) };
        if due != Some(entry.key) || self.awaited.is_some() {
            let due = due.and_then(|due| self.table.find(due)).map(|entry| entry.id.clone());
            return Err(format!("starts {id}; due is {due:?}"));
        }
        (entry.state, entry.actor, entry.alive, entry.life) = (State::Starting, Some(child), true, incarnation);
        let key = entry.key;
        self.awaited = Some((key, Awaited::Start));
        self.stops_are_done()
    }

    fn stops_are_done(&mut self) -> Checked {
        while let Some(key) = self.stops.pop_front() {
            self.passed_over(key)?;
        }
        Ok(())
    }

    /// It was down already, as far as its supervisor knows or really.
    fn passed_over(&mut self, key: u64) -> Checked {
        let temporary_goes = matches!(self.purpose, Purpose::Restart | Purpose::Backoff(_));
        let Some(entry) = self.table.find(key) else { return Ok(()) };
        entry.ladder.asked = false;
        if matches!(entry.state, State::Running | State::Leaving { .. }) && entry.alive {
            return Err(format!("passes over {}, which it has to stop first", entry.id));
        }
        if let State::Restarting { .. } = entry.state {
            entry.state = State::Stopped;
        }
        if entry.state == State::Running && temporary_goes && entry.restart == Restart::Temporary {
            self.table.remove(key);
        }
        Ok(())
    }

    pub fn stops(&mut self, child: ActorId, kill: bool, now: Time) -> Checked {
        let Some(entry) = self.table.by_actor(child) else { return Ok(()) };
        let (key, id, shutdown) = (entry.key, entry.id.clone(), entry.shutdown);
        if let State::Leaving { since } = entry.state {
            let patience = match shutdown {
                Shutdown::BrutalKill => 0,
                Shutdown::Ms(ms) => ms,
                Shutdown::Infinity => u64::MAX,
            };
            let in_time = kill && now.since(since) >= patience;
            return if in_time { Ok(()) } else { Err(format!("is impatient with {id}: it had {} ms", now.since(since))) };
        }
        let undo = self.awaited == Some((key, Awaited::Undo));
        if self.awaited.is_some_and(|awaited| awaited.0 != key) {
            return Err(format!("stops {id} while it waits for another"));
        }
        if kill != (undo || shutdown == Shutdown::BrutalKill) {
            return Err(format!("stops {id} in another way than {shutdown:?}"));
        }
        loop {
            match self.stops.pop_front() {
                None => return Err(format!("stops {id}, which is not to go, or not yet")),
                Some(next) if next == key => break,
                Some(other) => self.passed_over(other)?,
            }
        }
        let entry = self.table.find(key).expect("found above");
        (entry.state, entry.ladder.asked) = (State::Leaving { since: now }, false);
        self.awaited.get_or_insert((key, Awaited::Stop));
        Ok(())
    }

    pub fn gives_up(&mut self) -> Checked {
        if std::mem::take(&mut self.must_give_up) { Ok(()) } else { Err("gives up within its allowance".into()) }
    }

    /// The end of a turn: whatever is due has been done, or is waited for.
    pub fn rests(&mut self, alive: &BTreeMap<String, ActorId>) -> Checked {
        if self.must_give_up {
            return Err("restarts more often than it may".into());
        }
        self.ladder_rests()?;
        if self.awaited.is_some() {
            return Ok(());
        }
        self.stops_are_done()?;
        if let Some(key) = self.starts.pop_front() {
            let Some(entry) = self.table.find(key) else { return Ok(()) };
            // The kernel refuses to start what lives still, from an earlier life of this supervisor.
            let Some(heir) = alive.get(&entry.id) else { return Err(format!("does not start {}, which is due", entry.id)) };
            (entry.state, entry.actor, entry.alive) = (State::Starting, Some(*heir), true);
            self.adopted = Some(*heir);
            self.awaited = Some((key, Awaited::Start));
            return Ok(());
        }
        if let Purpose::Backoff(key) = self.purpose
            && let Some(entry) = self.table.find(key)
        {
            entry.state = State::Restarting { counted: true };
        }
        if !matches!(self.purpose, Purpose::Exit(_)) {
            self.purpose = Purpose::Idle;
        }
        Ok(())
    }

    /// Crashes and kills come as they come; of its own accord it ends only when all is done.
    pub fn ends(mut self, reason: &Reason) -> Checked {
        if !reason.is_orderly() {
            return Ok(());
        }
        let Purpose::Exit(prescribed) = &self.purpose else { return Err(format!("ends ({reason}) though nothing says so")) };
        if let Some(prescribed) = prescribed
            && *prescribed != reason.to_string()
        {
            return Err(format!("ends with {reason}, told to end with {prescribed}"));
        }
        self.stops_are_done()
    }
}
