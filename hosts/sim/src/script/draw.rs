//! A script from a seed.
use super::{Inside, Node, Room, Script, Step};
use crate::{
    Draw,
    cast::{Begin, COUNSEL, Manner},
    fault::{Fault, Kind},
};
use peerd_otp::supervisor::{AutoShutdown, Backoff, OnFault, Replace, Request, Restart, Shutdown, Strategy};
use peerd_vat::Reason;

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Actors of the tree, its top among them: from and to.
    pub actors: (u64, u64),
    /// Children of one supervisor, at most.
    pub children_max: u64,
    pub steps: (u64, u64),
    /// Of so many steps one is a fault.
    pub calm: u64,
}

const STRATEGIES: [Strategy; 4] = [Strategy::OneForOne, Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne];
const SHUTDOWNS: [AutoShutdown; 4] = [AutoShutdown::Never, AutoShutdown::Never, AutoShutdown::AnySignificant, AutoShutdown::AllSignificant];
/// How far a message walks, at most.
const WALK_MAX: u64 = 60;

struct Drawing<'a> {
    draw: &'a mut Draw,
    members: Vec<String>,
    supervisors: Vec<String>,
    /// Some children are more than restarted: whose supervisors ask about faults, by label.
    ladder: bool,
    asking: Vec<String>,
}

impl Scale {
    #[must_use]
    pub fn draw(&self, seed: u64, faults: &[Kind]) -> Script {
        // Apart from what is drawn during the play, so that a shorter script meets the same luck.
        let mut draw = Draw::new(seed ^ 0x5C71_9700_0000_0000);
        let fuel = *draw.pick(&[1, 3, 64, 1_000]).expect("there are some");
        let room = if draw.one_in(4) { Room::Scarce } else { Room::Ample };
        let ladder = faults.contains(&Kind::Decider);
        let mut drawing = Drawing { draw: &mut draw, members: Vec::new(), supervisors: vec!["top".into()], ladder, asking: Vec::new() };
        let actors = drawing.draw.between(self.actors.0, self.actors.1);
        let top = drawing.tree(actors, self.children_max);
        let steps = drawing.draw.between(self.steps.0, self.steps.1);
        let mut script = Script { top, steps: Vec::new(), fuel, room, counsel: ladder };
        drawing.acquaint(&mut script.steps);
        for _ in 0..steps {
            let step = match drawing.draw.one_in(self.calm).then(|| drawing.fault(faults)).flatten() {
                Some(fault) => Step::Fault(fault),
                None => drawing.stimulus(),
            };
            script.steps.extend([step, drawing.pause()]);
        }
        script
    }
}

impl Drawing<'_> {
    /// Breadth first: supervisors are filled with members until there are enough actors.
    fn tree(&mut self, actors: u64, children_max: u64) -> Node {
        let mut top = self.supervisor("top");
        let mut left = actors.saturating_sub(1);
        self.fill(&mut top, &mut left, children_max, 1);
        top
    }

    fn fill(&mut self, node: &mut Node, left: &mut u64, children_max: u64, depth: u32) {
        // What the rest must be divided among, for no supervisor to get more than its share.
        let members = self.draw.between(1, children_max.min(*left).max(1));
        let mut children = Vec::new();
        for _ in 0..members.min(*left) {
            *left -= 1;
            children.push(self.enlisted());
        }
        while *left > 0 && (children.len() as u64) < children_max * 2 {
            if depth > 3 || (depth > 1 && self.draw.one_in(2)) {
                break;
            }
            *left -= 1;
            let label = format!("s{}", self.supervisors.len());
            self.supervisors.push(label.clone());
            let mut inner = self.supervisor(&label);
            inner.restart = self.restart();
            self.fill(&mut inner, left, children_max, depth + 1);
            let at = self.draw.below(children.len() as u64 + 1) as usize;
            children.insert(at, inner);
        }
        // The top takes what nobody else has taken.
        if depth == 1 {
            while *left > 0 {
                *left -= 1;
                children.push(self.enlisted());
            }
        }
        if matches!(node.inside, Inside::Supervisor { auto_shutdown, .. } if auto_shutdown != AutoShutdown::Never) {
            for child in children.iter_mut().filter(|child| child.restart != Restart::Permanent) {
                child.significant = self.draw.one_in(2);
            }
        }
        *node.children_mut().expect("a supervisor has children") = children;
    }

    fn supervisor(&mut self, label: &str) -> Node {
        let strategy = *self.draw.pick(&STRATEGIES).expect("there are some");
        let (intensity, period_ms) = (self.draw.below(6) as u32, self.draw.between(1_000, 10_000));
        let auto_shutdown = *self.draw.pick(&SHUTDOWNS).expect("there are some");
        let inside = Inside::Supervisor { strategy, intensity, period_ms, auto_shutdown, children: Vec::new() };
        let (label, backoff) = (label.into(), self.backoff());
        let (on_fault, replace) = (OnFault::End, Replace::Forbidden);
        Node { label, restart: Restart::Permanent, shutdown: Shutdown::Infinity, significant: false, backoff, on_fault, replace, inside }
    }

    /// A member of the tree.
    fn enlisted(&mut self) -> Node {
        let member = self.member();
        if matches!(member.on_fault, OnFault::Ask { .. }) {
            self.asking.push(member.label.clone());
        }
        member
    }

    fn member(&mut self) -> Node {
        let label = format!("m{}", self.members.len());
        self.members.push(label.clone());
        let (manner, shutdown) = match self.draw.below(10) {
            0 => (Manner::Slow(self.draw.below(1_500)), Shutdown::Ms(1_000)),
            1 => (Manner::Deaf, Shutdown::Ms(self.draw.below(1_000))),
            2 => (Manner::Odd("odd".into()), Shutdown::Infinity),
            3 => (Manner::Plain, Shutdown::BrutalKill),
            4 => (Manner::Unlinked, Shutdown::Ms(500)),
            _ => (Manner::Plain, Shutdown::Ms(1_000)),
        };
        let (restart, backoff, on_fault) = (self.restart(), self.backoff(), self.on_fault());
        let replace = if self.ladder && self.draw.one_in(2) { Replace::Allowed } else { Replace::Forbidden };
        Node { label, restart, shutdown, significant: false, backoff, on_fault, replace, inside: Inside::Member(manner) }
    }

    fn backoff(&mut self) -> Option<Backoff> {
        let (min, jitter) = (self.draw.between(10, 500), self.draw.below(30) as u32);
        self.draw.one_in(8).then(|| Backoff::new(min, min * 8).jitter(jitter))
    }

    fn on_fault(&mut self) -> OnFault {
        if !self.ladder {
            return OnFault::End;
        }
        match self.draw.below(6) {
            0 | 1 => OnFault::Ask { decider: COUNSEL, deadline_ms: self.draw.between(10, 1_000) },
            2 => OnFault::Resume { max: self.draw.between(1, 3) as u32, window_ms: self.draw.between(100, 5_000) },
            _ => OnFault::End,
        }
    }

    fn restart(&mut self) -> Restart {
        *self.draw.pick(&[Restart::Permanent, Restart::Permanent, Restart::Transient, Restart::Temporary]).expect("there are some")
    }

    /// Everybody knows somebody.
    fn acquaint(&mut self, steps: &mut Vec<Step>) {
        for at in 0..self.members.len() {
            steps.push(Step::Meet { who: self.members[at].clone(), whom: self.a_member() });
            if at % 8 == 7 {
                steps.push(Step::Settle);
            }
        }
        steps.push(Step::Settle);
    }

    fn a_member(&mut self) -> String {
        self.draw.pick(&self.members).cloned().unwrap_or_default()
    }

    fn a_supervisor(&mut self) -> String {
        self.draw.pick(&self.supervisors).cloned().unwrap_or_default()
    }

    fn pause(&mut self) -> Step {
        match self.draw.below(6) {
            0 | 1 => Step::Settle,
            2 => Step::Pass { ms: self.draw.below(3_000) },
            _ => Step::Turns(self.draw.between(1, 30)),
        }
    }

    fn fault(&mut self, of: &[Kind]) -> Option<Fault> {
        let kind = *self.draw.pick(of)?;
        let who = match kind {
            Kind::Upgrade => self.a_supervisor(),
            Kind::Decider if !self.asking.is_empty() => self.draw.pick(&self.asking).cloned().unwrap_or_default(),
            _ => self.a_member(),
        };
        Some(Fault { kind, who, size: self.log_between(kind.sizes()) })
    }

    /// As many small ones as large ones, by their number of digits.
    fn log_between(&mut self, (low, high): (u64, u64)) -> u64 {
        let room = high - low + 1;
        let bits = self.draw.between(1, u64::from(u64::BITS - room.leading_zeros()));
        low + self.draw.below(room.min(1 << bits))
    }

    fn stimulus(&mut self) -> Step {
        let who = self.a_member();
        let tell = |text: String| Step::Tell { who: who.clone(), text };
        let key = self.draw.between(1, 6);
        match self.draw.below(24) {
            0..=5 => tell(format!("walk {}", self.draw.between(5, WALK_MAX))),
            6 => tell(format!("ask {key} {}", self.draw.between(1, 3_000))),
            7 => tell(format!("host {key} {}", self.draw.between(1, 3_000))),
            8 => tell(format!("burst {}", self.draw.between(2, 12))),
            9 => tell("watch".into()),
            10 | 11 => tell(format!("arm {key} {}", self.draw.below(3_000))),
            12 => tell(format!("disarm {key}")),
            13 => tell("die".into()),
            14 => tell((*self.draw.pick(&["stop", "leave", "quit"]).expect("there are some")).into()),
            15 => Step::Meet { whom: self.a_member(), who },
            16 => Step::Tell { who: self.a_supervisor(), text: "noise".into() },
            17 => {
                let reason = *self.draw.pick(&[0, 1, 2]).expect("there are some");
                let reason = [Reason::Kill, Reason::Other("stranger".into()), Reason::Shutdown][reason].clone();
                Step::Exit { who: self.a_supervisor(), reason }
            }
            18 => {
                let begin = *self.draw.pick(&[Begin::Up, Begin::Ignore, Begin::Crash]).expect("there are some");
                Step::Begin { who, begin }
            }
            _ => {
                let to = self.a_supervisor();
                Step::Call { request: self.request(&to, who), to }
            }
        }
    }

    fn request(&mut self, to: &str, who: String) -> Request {
        match self.draw.below(7) {
            0 | 1 => {
                let mut node = self.member();
                self.members.pop();
                // Who has the same id has the same manner: one life of it may have to stop another.
                let at = self.draw.below(3);
                let manner = [Manner::Plain, Manner::Slow(700), Manner::Odd("odd".into())][at as usize].clone();
                (node.label, node.inside) = (format!("{to}.{at}"), Inside::Member(manner));
                Request::StartChild(node.child())
            }
            2 => Request::TerminateChild(who),
            3 => Request::RestartChild(who),
            4 => Request::DeleteChild(who),
            5 => Request::WhichChildren,
            _ => Request::CountChildren,
        }
    }
}
