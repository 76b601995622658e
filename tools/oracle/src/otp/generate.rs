//! Random programs: the tree and the scripts of its children from a seed. What is done to them is in `steps.rs`.
use super::{
    program::{Body, Flags, Manner, Node, Outcome, Program, TOP},
    steps,
    timing::is_clear,
};
use crate::draw::Draw;
use peerd_otp::supervisor::{AutoShutdown, ChildKind, Restart, Shutdown, Strategy};

/// Limits of a tree.
const LEVELS_MAX: usize = 3;
const CHILDREN_MAX: usize = 5;
const NODES_MAX: usize = 14;

/// The program of a seed. Those whose restarts would come at times that OTP's whole seconds leave open are drawn again.
pub fn generate(seed: u64) -> Program {
    let mut draw = Draw::new(seed);
    loop {
        let program = Maker { draw: &mut draw, nodes: Vec::new(), period_s: 1 }.program();
        if is_clear(&program) {
            return program;
        }
    }
}

struct Maker<'a> {
    draw: &'a mut Draw,
    nodes: Vec<Node>,
    /// One for the whole program: so a long pause is long for all.
    period_s: u64,
}

impl Maker<'_> {
    fn program(mut self) -> Program {
        self.period_s = self.draw.weighted(&[(5, 1), (1, 2)]);
        self.supervisor(TOP.to_owned(), 1, Restart::Permanent, false);
        let (nodes, draw) = (self.nodes, self.draw);
        steps::program(nodes, self.period_s, draw)
    }

    fn supervisor(&mut self, key: String, level: usize, restart: Restart, significant: bool) {
        use Strategy::{OneForAll, OneForOne, RestForOne, SimpleOneForOne};
        let simple = if level == 1 { 2 } else { 5 };
        let strategy = self.draw.weighted(&[(4, OneForOne), (3, OneForAll), (3, RestForOne), (simple, SimpleOneForOne)]);
        let flags = self.flags(strategy);
        let outcomes: &[Outcome] = match self.draw.below(if level == 1 { 60 } else { 16 }) {
            0 => &[Outcome::Ok, Outcome::Ignore],
            1 => &[Outcome::Ok, Outcome::Crash, Outcome::Ok],
            2 if level > 1 => &[Outcome::Ignore, Outcome::Ok],
            _ => &[Outcome::Ok],
        };
        let path = key.clone();
        self.nodes.push(Node {
            key,
            restart,
            shutdown: self.draw.weighted(&[(6, Shutdown::Infinity), (2, Shutdown::Ms(240)), (1, Shutdown::BrutalKill)]),
            kind: self.draw.weighted(&[(7, ChildKind::Supervisor), (1, ChildKind::Worker)]),
            significant,
            body: Body::Supervisor(flags),
            outcomes: outcomes.to_vec(),
            dormant: false,
        });
        if strategy == SimpleOneForOne {
            return self.child(&format!("{path}.x"), &flags, level);
        }
        let count = 1 + self.draw.below(if level == 1 { 4 } else { 3 }).min(CHILDREN_MAX - 1);
        for id in ["a", "b", "c", "d"].iter().take(count) {
            self.child(&format!("{path}.{id}"), &flags, level);
        }
        self.dormant(&path, &flags, count);
    }

    pub fn flags(&mut self, strategy: Strategy) -> Flags {
        let intensity = self.draw.weighted(&[(2, 0), (3, 1), (4, 2), (4, 3), (2, 4), (3, 5)]);
        let auto = self.draw.weighted(&[(5, AutoShutdown::Never), (2, AutoShutdown::AnySignificant), (2, AutoShutdown::AllSignificant)]);
        Flags { strategy, intensity, period_s: self.period_s, auto }
    }

    fn child(&mut self, key: &str, flags: &Flags, level: usize) {
        let restart = self.draw.weighted(&[(3, Restart::Permanent), (3, Restart::Transient), (2, Restart::Temporary)]);
        let may = flags.auto != AutoShutdown::Never && restart != Restart::Permanent;
        let significant = if may { self.draw.one_in(2) } else { self.draw.one_in(300) };
        let simple = flags.strategy == Strategy::SimpleOneForOne;
        let below = level < LEVELS_MAX && !simple && self.nodes.len() < NODES_MAX - CHILDREN_MAX;
        if below && self.draw.one_in(level + 2) {
            return self.supervisor(key.to_owned(), level + 1, restart, significant);
        }
        let mut worker = self.worker(key.to_owned(), restart, significant, simple);
        // OTP's ghosts change what a supervisor above sees; at the top they are met, and nobody is above.
        if simple && (level > 1 || flags.auto == AutoShutdown::AllSignificant) {
            worker.outcomes[1..].iter_mut().filter(|outcome| **outcome == Outcome::Ignore).for_each(|outcome| *outcome = Outcome::Error);
        }
        self.nodes.push(worker);
    }

    fn worker(&mut self, key: String, restart: Restart, significant: bool, simple: bool) -> Node {
        use Manner::{Calm, Deaf, Odd, Quick, Slow, Soft, Unlinked};
        let manner = self.draw.weighted(&[(5, Quick), (4, Soft), (2, Slow), (1, Odd), (1, Calm), (1, Deaf), (1, Unlinked)]);
        let for_ever = if manner == Deaf { 0 } else { 2 };
        let (ms, short) = (Shutdown::Ms(240), Shutdown::Ms(40));
        Node {
            key,
            restart,
            shutdown: self.draw.weighted(&[(4, ms), (2, short), (2, Shutdown::BrutalKill), (for_ever, Shutdown::Infinity)]),
            kind: self.draw.weighted(&[(7, ChildKind::Worker), (1, ChildKind::Supervisor)]),
            significant,
            body: Body::Worker(manner),
            outcomes: self.outcomes(simple),
            dormant: false,
        }
    }

    fn outcomes(&mut self, simple: bool) -> Vec<Outcome> {
        use Outcome::{Crash, Error, Ignore, Info, LateError, LateOk, Ok, Value};
        // In a tree a first failure is the end of it all: rare there.
        let failing = if simple { 8 } else { 1 };
        let first =
            self.draw.weighted(&[(80, Ok), (12, Info), (8, Ignore), (3, LateOk), (failing, Error), (failing, Crash), (failing, Value)]);
        let mut outcomes = vec![first];
        if first.runs() && !self.draw.one_in(2) {
            return outcomes;
        }
        for _ in 0..1 + self.draw.below(3) {
            let ignore = if simple { 6 } else { 4 };
            let next = [(6, Ok), (2, Info), (ignore, Ignore), (3, Error), (1, Crash), (1, Value), (2, LateOk), (4, LateError)];
            outcomes.push(self.draw.weighted(&next));
        }
        if !self.draw.one_in(3) {
            outcomes.push(Ok);
        }
        outcomes
    }

    /// Specs that `start` and `upgrade` may use: of new ids, or other ones of ids that are there.
    fn dormant(&mut self, path: &str, flags: &Flags, count: usize) {
        for n in 1..=self.draw.below(3) {
            let restart = self.draw.weighted(&[(3, Restart::Permanent), (3, Restart::Transient), (3, Restart::Temporary)]);
            let significant = self.draw.one_in(4);
            let of = ["a", "b", "c", "d"][self.draw.below(count)];
            let same_kind = self.nodes.iter().any(|node| node.key == format!("{path}.{of}") && node.flags().is_none());
            let key = if same_kind && self.draw.one_in(2) { format!("{path}.{of}/{n}") } else { format!("{path}.{}", ["y", "z"][n - 1]) };
            let mut node = self.worker(key, restart, significant, flags.strategy == Strategy::SimpleOneForOne);
            // One that runs may be deaf already, and what is deaf is never waited for without end.
            if node.shutdown == Shutdown::Infinity {
                node.shutdown = Shutdown::Ms(240);
            }
            node.dormant = true;
            self.nodes.push(node);
        }
    }
}
