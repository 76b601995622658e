//! Which cells of the tables of semantics 12.2, 12.4 and 12.7 a story has been through. An oracle that never met one proves nothing about it.
use super::{
    program::{Act, Node, Outcome, Program, TOP, Then, above, id_of, path_of},
    story::{Entry, Name, Story, Told},
    text::Word,
};
use crate::summary::Hits;
use peerd_otp::supervisor::{AutoShutdown, Restart, Strategy};
use std::collections::{BTreeMap, BTreeSet};

const STARTS: [&str; 4] = ["runs", "ignore", "ignore, temporary", "fails"];
const BY: [&str; 5] = ["init", "start_child", "restart_child", "restart", "start_child, simple"];
const EXITS: [&str; 2] = ["orderly", "abnormal"];
const RESTARTS: [Restart; 3] = [Restart::Permanent, Restart::Transient, Restart::Temporary];
const STRATEGIES: [Strategy; 4] = [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne, Strategy::SimpleOneForOne];
const CALLS: [&str; 5] = ["start_child", "restart_child", "terminate_child", "delete_child", "get_childspec"];
const STATES: [&str; 4] = ["running", "restarting", "stopped", "unknown"];
/// The rest of 12.4 and 12.7: what the text under the tables says.
const AUTO: [&str; 8] = [
    "any: transient, orderly",
    "any: transient, abnormal",
    "any: temporary, orderly",
    "any: temporary, abnormal",
    "any: terminated by a call",
    "all: not the last",
    "all: the last",
    "significant, never by another's exit",
];
const BY_REF: [&str; 9] = [
    "simple: terminate by id",
    "simple: restart",
    "simple: delete",
    "simple: terminate by ref, running",
    "simple: terminate by ref, gone",
    "simple: terminate by ref, a stranger",
    "simple: spec by ref",
    "terminate by ref",
    "spec by ref",
];

/// All cells, unvisited.
pub fn empty() -> Hits {
    let mut hits = Hits::new();
    let mut add = |cell: String| hits.insert(cell, 0);
    for start in STARTS {
        for by in BY {
            // A temporary child is not there to be restarted.
            if start != STARTS[2] || !matches!(by, "restart_child" | "restart") {
                add(format!("12.2 {start}: {by}"));
            }
        }
    }
    for strategy in STRATEGIES {
        for exit in EXITS {
            for restart in RESTARTS {
                add(decision(exit, restart, strategy));
            }
        }
    }
    for auto in AUTO {
        add(format!("12.4 {auto}"));
    }
    for call in CALLS {
        for state in STATES {
            add(format!("12.7 {call}: {state}"));
        }
    }
    for by_ref in BY_REF {
        add(format!("12.7 {by_ref}"));
    }
    hits
}

fn decision(exit: &str, restart: Restart, strategy: Strategy) -> String {
    format!("12.4 {exit}, {}: {}", restart.word(), strategy.word())
}

pub fn count(program: &Program, story: &Story, hits: &mut Hits) {
    let mut reader = Reader {
        program,
        hits,
        keys: BTreeMap::new(),
        flags: BTreeMap::new(),
        states: BTreeMap::new(),
        once: BTreeSet::new(),
        settled: true,
    };
    for (at, told) in story.steps.iter().enumerate() {
        let act = at.checked_sub(1).map_or(&Act::Up, |step| &program.steps[step].act);
        reader.step(act, told);
        reader.settled = at.checked_sub(1).is_none_or(|step| program.steps[step].then == Then::Settle);
    }
}

/// Follows a story: which spec each child has now, and in what state it is.
struct Reader<'p, 'h> {
    program: &'p Program,
    hits: &'h mut Hits,
    /// By path, where it is not the path itself.
    keys: BTreeMap<String, String>,
    /// By path of a supervisor that was upgraded.
    flags: BTreeMap<String, (Strategy, AutoShutdown)>,
    states: BTreeMap<String, &'static str>,
    /// Children that a life of a supervisor has had.
    once: BTreeSet<(Name, String)>,
    settled: bool,
}

impl<'p> Reader<'p, '_> {
    fn hit(&mut self, cell: &str) {
        *self.hits.get_mut(cell).unwrap_or_else(|| panic!("{cell} is no cell")) += 1;
    }

    fn step(&mut self, act: &Act, told: &Told) {
        let answer_at = told.entries.iter().position(|entry| matches!(entry, Entry::Result(_))).unwrap_or(0);
        for (at, entry) in told.entries.iter().enumerate() {
            match entry {
                Entry::Born { who, parent, outcome } => self.born(act, who, parent, Outcome::read(outcome), at < answer_at),
                Entry::Ended { who, reason } => self.ended(act, who, reason, told),
                Entry::Result(result) => self.answered(act, result, told),
            }
        }
        for listing in &told.supervisors {
            for row in listing.rows.iter().filter(|row| row.id != "undefined") {
                let state = match row.state.as_str() {
                    "undefined" => "stopped",
                    "restarting" => "restarting",
                    _ => "running",
                };
                self.states.insert(format!("{}.{}", listing.who.path, row.id), state);
            }
            let gone = |path: &str| {
                above(path) == listing.who.path && !listing.rows.iter().any(|row| row.id == id_of(path) || row.id == "undefined")
            };
            self.states.retain(|path, _| !gone(path));
        }
    }

    fn strategy(&self, path: &str) -> Option<(Strategy, AutoShutdown)> {
        self.flags.get(path).copied().or_else(|| self.program.flags(path).map(|flags| (flags.strategy, flags.auto)))
    }

    fn node(&self, path: &str) -> Option<&'p Node> {
        let simple = self.program.is_simple(above(path));
        let template = || self.program.nodes.iter().find(|node| !node.dormant && above(node.path()) == above(path));
        if simple { template() } else { self.program.node(self.keys.get(path).map_or(path, String::as_str)) }
    }

    fn born(&mut self, act: &Act, who: &Name, parent: &Name, outcome: Option<Outcome>, before_answer: bool) {
        if self.program.flags(&who.path).is_some() {
            // A new life of a supervisor has the specs of the beginning.
            let prefix = format!("{}.", who.path);
            self.keys.retain(|path, _| !path.starts_with(&prefix));
            self.flags.remove(&who.path);
        }
        let again = !self.once.insert((parent.clone(), who.path.clone()));
        let by = match act {
            _ if who.path == TOP => return,
            Act::Start(key) if before_answer && self.settled && path_of(key) == who.path => {
                self.keys.insert(who.path.clone(), key.clone());
                "start_child"
            }
            Act::Restart(path) if before_answer && self.settled && *path == who.path => "restart_child",
            Act::New(path, n) if before_answer && who.path == format!("{path}.{n}") => "start_child, simple",
            _ if again => "restart",
            _ => "init",
        };
        let Some(node) = self.node(&who.path) else { return };
        let temporary = node.restart == Restart::Temporary;
        let start = match outcome {
            Some(outcome) if outcome.runs() => "runs",
            Some(Outcome::Ignore) if temporary => "ignore, temporary",
            Some(Outcome::Ignore) => "ignore",
            _ => "fails",
        };
        let state = match (start, by) {
            ("runs", _) => "running",
            ("fails", "restart") => "restarting",
            _ => "stopped",
        };
        self.states.insert(who.path.clone(), state);
        let cell = format!("12.2 {start}: {by}");
        if self.hits.contains_key(&cell) {
            self.hit(&cell);
        }
    }

    fn ended(&mut self, act: &Act, who: &Name, reason: &str, told: &Told) {
        let was = self.states.get(who.path.as_str()).copied();
        if was != Some("running") {
            return;
        }
        self.states.insert(who.path.clone(), "stopped");
        let Some(node) = self.node(&who.path) else { return };
        let (restart, significant) = (node.restart, node.significant);
        let Some((strategy, auto)) = self.strategy(above(&who.path)) else { return };
        let orderly = reason == "normal" || reason.starts_with("shutdown");
        let exit = EXITS[usize::from(!orderly)];
        let parent_ends =
            told.entries.iter().any(|entry| matches!(entry, Entry::Ended { who: other, .. } if other.path == above(&who.path)));
        match act {
            Act::End(path, _) | Act::Kill(path) | Act::Exit(path, _) if *path == who.path => {
                self.hit(&decision(exit, restart, strategy));
                if significant {
                    self.left_by_itself(auto, restart, exit, parent_ends);
                }
            }
            Act::End(..) | Act::Kill(_) if significant && auto == AutoShutdown::AnySignificant && !parent_ends => {
                self.hit("12.4 significant, never by another's exit");
            }
            Act::Terminate(path) if *path == who.path && significant && auto == AutoShutdown::AnySignificant && !parent_ends => {
                self.hit("12.4 any: terminated by a call");
            }
            _ => {}
        }
    }

    fn left_by_itself(&mut self, auto: AutoShutdown, restart: Restart, exit: &str, parent_ends: bool) {
        let leaves = restart == Restart::Temporary || (restart == Restart::Transient && exit == "orderly");
        match auto {
            AutoShutdown::AnySignificant if restart != Restart::Permanent => self.hit(&format!("12.4 any: {}, {exit}", restart.word())),
            AutoShutdown::AllSignificant if leaves => self.hit(if parent_ends { "12.4 all: the last" } else { "12.4 all: not the last" }),
            _ => {}
        }
    }

    fn answered(&mut self, act: &Act, result: &str, told: &Told) {
        if result == "absent" || result == "noproc" || result.starts_with("gone") {
            return;
        }
        let (call, path) = match act {
            Act::Start(key) => ("start_child", path_of(key)),
            Act::Restart(path) => ("restart_child", path.as_str()),
            Act::Terminate(path) => ("terminate_child", path.as_str()),
            Act::Delete(path) => ("delete_child", path.as_str()),
            Act::Spec(path) => ("get_childspec", path.as_str()),
            Act::TerminateRef(path, of) => return self.by_ref(path, Some(of), result, told),
            Act::SpecRef(path, _) => return self.by_ref(path, None, result, told),
            Act::Upgrade(path, Some((flags, ids))) if result == "ok" => {
                self.flags.insert(path.clone(), (flags.strategy, flags.auto));
                for id in ids {
                    let key = format!("{path}.{id}");
                    self.keys.insert(path_of(&key).to_owned(), key.clone());
                    self.states.entry(path_of(&key).to_owned()).or_insert("stopped");
                }
                return;
            }
            _ => return,
        };
        if self.program.is_simple(above(path)) {
            match call {
                "terminate_child" => self.hit("12.7 simple: terminate by id"),
                "restart_child" => self.hit("12.7 simple: restart"),
                "delete_child" => self.hit("12.7 simple: delete"),
                _ => {}
            }
            return;
        }
        let state = self.state_before(call, path, result, told);
        self.hit(&format!("12.7 {call}: {state}"));
    }

    /// What an answer says about it counts more than what was seen before.
    fn state_before(&self, call: &str, path: &str, result: &str, told: &Told) -> &'static str {
        match result {
            "error running" => "running",
            "error restarting" => "restarting",
            "error not_found" => "unknown",
            _ if result.starts_with("error already_started") => "running",
            _ => {
                let acted = told.entries.iter().any(|entry| matches!(entry, Entry::Ended { who, .. } if who.path == path));
                match (call, self.states.get(path).copied()) {
                    ("terminate_child", _) if acted && self.settled => "running",
                    ("restart_child", _) => "stopped",
                    ("start_child", None) => "unknown",
                    ("start_child", Some(_)) if result != "error already_present" => "unknown",
                    (_, None) => "unknown",
                    (_, Some(state)) => state,
                }
            }
        }
    }

    fn by_ref(&mut self, path: &str, terminated: Option<&String>, result: &str, told: &Told) {
        let simple = self.program.is_simple(path);
        let cell = match terminated {
            None if simple && result.starts_with("spec") => "12.7 simple: spec by ref",
            None if simple => return,
            None => "12.7 spec by ref",
            Some(_) if !simple => "12.7 terminate by ref",
            Some(_) if result == "error not_found" => "12.7 simple: terminate by ref, a stranger",
            Some(of) if told.entries.iter().any(|entry| matches!(entry, Entry::Ended { who, .. } if who.path == *of)) => {
                "12.7 simple: terminate by ref, running"
            }
            Some(_) => "12.7 simple: terminate by ref, gone",
        };
        self.hit(cell);
    }
}
