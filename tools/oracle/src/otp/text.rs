//! The text form of programs, which both sides read: a line per node, then a line per step.
//!
//! ```text
//! t permanent infinity supervisor - rest_for_one 2 1 never ok          strategy, intensity, period in seconds, auto-shutdown
//! t.a transient 240 worker ! slow ok,error                             significant; manner at stop; outcomes of its starts
//! +t.b/1 permanent brutal_kill worker - quick ok                       not in the tree from the beginning
//! > end t.a died                                                       then everything settles
//! >& kill t.a                                                          the next step follows at once
//! ```
use super::program::{Act, Body, Flags, Manner, Node, Outcome, Program, Step, Then, Why};
use crate::corpus::Readable;
use peerd_otp::supervisor::{AutoShutdown, ChildKind, Restart, Shutdown, Strategy};
use std::fmt;

/// Words for the values of a closed enum, the same in both directions.
macro_rules! words {
    ($($type:ty { $($value:path = $word:literal),* $(,)? })*) => {$(
        impl Word for $type {
            fn word(self) -> &'static str {
                match self { $($value => $word),* }
            }

            fn read(word: &str) -> Option<Self> {
                match word { $($word => Some($value),)* _ => None }
            }
        }
    )*};
}

pub trait Word: Sized {
    fn word(self) -> &'static str;
    fn read(word: &str) -> Option<Self>;
}

words! {
    Restart { Restart::Permanent = "permanent", Restart::Transient = "transient", Restart::Temporary = "temporary" }
    ChildKind { ChildKind::Worker = "worker", ChildKind::Supervisor = "supervisor" }
    Strategy {
        Strategy::OneForOne = "one_for_one",
        Strategy::OneForAll = "one_for_all",
        Strategy::RestForOne = "rest_for_one",
        Strategy::SimpleOneForOne = "simple_one_for_one",
    }
    AutoShutdown {
        AutoShutdown::Never = "never",
        AutoShutdown::AnySignificant = "any_significant",
        AutoShutdown::AllSignificant = "all_significant",
    }
    Manner {
        Manner::Soft = "soft",
        Manner::Unlinked = "unlinked",
        Manner::Quick = "quick",
        Manner::Slow = "slow",
        Manner::Odd = "odd",
        Manner::Calm = "calm",
        Manner::Deaf = "deaf",
    }
    Outcome {
        Outcome::Ok = "ok",
        Outcome::Info = "info",
        Outcome::Ignore = "ignore",
        Outcome::Error = "error",
        Outcome::Crash = "crash",
        Outcome::Value = "value",
        Outcome::LateOk = "late_ok",
        Outcome::LateError = "late_error",
    }
    Why {
        Why::Normal = "normal",
        Why::Shutdown = "shutdown",
        Why::ShutdownX = "shutdown(x)",
        Why::Died = "died",
        Why::Crash = "crash",
        Why::Kill = "kill",
    }
}

pub fn shutdown_word(shutdown: Shutdown) -> String {
    match shutdown {
        Shutdown::BrutalKill => "brutal_kill".into(),
        Shutdown::Infinity => "infinity".into(),
        Shutdown::Ms(ms) => ms.to_string(),
    }
}

fn read_shutdown(word: &str) -> Option<Shutdown> {
    match word {
        "brutal_kill" => Some(Shutdown::BrutalKill),
        "infinity" => Some(Shutdown::Infinity),
        ms => ms.parse().ok().map(Shutdown::Ms),
    }
}

pub const fn mark(significant: bool) -> &'static str {
    if significant { "!" } else { "-" }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.strategy.word(), self.intensity, self.period_s, self.auto.word())
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dormant = if self.dormant { "+" } else { "" };
        let shutdown = shutdown_word(self.shutdown);
        write!(f, "{dormant}{} {} {shutdown} {} {}", self.key, self.restart.word(), self.kind.word(), mark(self.significant))?;
        match &self.body {
            Body::Worker(manner) => write!(f, " {}", manner.word())?,
            Body::Supervisor(flags) => write!(f, " {flags}")?,
        }
        let outcomes: Vec<_> = self.outcomes.iter().map(|outcome| outcome.word()).collect();
        write!(f, " {}", outcomes.join(","))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.then {
            Then::Settle => "> ",
            Then::GoOn => ">& ",
        })?;
        match &self.act {
            Act::Up => f.write_str("up"),
            Act::Shut => f.write_str("shut"),
            Act::Advance(ms) => write!(f, "advance {ms}"),
            Act::End(path, why) => write!(f, "end {path} {}", why.word()),
            Act::Kill(path) => write!(f, "kill {path}"),
            Act::Exit(path, why) => write!(f, "exit {path} {}", why.word()),
            Act::Start(key) => write!(f, "start {key}"),
            Act::Restart(path) => write!(f, "restart {path}"),
            Act::Terminate(path) => write!(f, "terminate {path}"),
            Act::Delete(path) => write!(f, "delete {path}"),
            Act::Spec(path) => write!(f, "spec {path}"),
            Act::New(path, n) => write!(f, "new {path} {n}"),
            Act::TerminateRef(path, of) => write!(f, "terminate {path} @{of}"),
            Act::SpecRef(path, of) => write!(f, "spec {path} @{of}"),
            Act::Upgrade(path, None) => write!(f, "upgrade {path} ignore"),
            Act::Upgrade(path, Some((flags, ids))) => {
                let ids = if ids.is_empty() { "-".to_owned() } else { ids.join(",") };
                write!(f, "upgrade {path} {flags} {ids}")
            }
        }
    }
}

impl fmt::Display for Program {
    /// Lines, the last one without its end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.nodes.iter().map(ToString::to_string).chain(self.steps.iter().map(ToString::to_string)).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl Readable for Program {
    fn read(text: &str) -> Result<Program, String> {
        let mut program = Program { nodes: Vec::new(), steps: Vec::new() };
        for line in text.lines() {
            let wrong = || line.to_owned();
            if line.starts_with('>') {
                program.steps.push(read_step(line).ok_or_else(wrong)?);
            } else {
                program.nodes.push(read_node(line).ok_or_else(wrong)?);
            }
        }
        Ok(program)
    }
}

fn read_node(line: &str) -> Option<Node> {
    let words: Vec<&str> = line.split(' ').collect();
    let [key, restart, shutdown, kind, significant, body @ .., outcomes] = words.as_slice() else { return None };
    let body = match body {
        [manner] => Body::Worker(Manner::read(manner)?),
        flags => Body::Supervisor(read_flags(flags)?),
    };
    Some(Node {
        key: key.trim_start_matches('+').to_owned(),
        restart: Restart::read(restart)?,
        shutdown: read_shutdown(shutdown)?,
        kind: ChildKind::read(kind)?,
        significant: *significant == "!",
        body,
        outcomes: outcomes.split(',').map(Outcome::read).collect::<Option<_>>()?,
        dormant: key.starts_with('+'),
    })
}

fn read_flags(words: &[&str]) -> Option<Flags> {
    let [strategy, intensity, period, auto] = words else { return None };
    Some(Flags {
        strategy: Strategy::read(strategy)?,
        intensity: intensity.parse().ok()?,
        period_s: period.parse().ok()?,
        auto: AutoShutdown::read(auto)?,
    })
}

fn read_step(line: &str) -> Option<Step> {
    let words: Vec<&str> = line.split(' ').collect();
    let then = if words[0] == ">&" { Then::GoOn } else { Then::Settle };
    let act = match &words[1..] {
        ["up"] => Act::Up,
        ["shut"] => Act::Shut,
        ["advance", ms] => Act::Advance(ms.parse().ok()?),
        ["end", path, why] => Act::End((*path).into(), Why::read(why)?),
        ["kill", path] => Act::Kill((*path).into()),
        ["exit", path, why] => Act::Exit((*path).into(), Why::read(why)?),
        ["start", key] => Act::Start((*key).into()),
        ["restart", path] => Act::Restart((*path).into()),
        ["delete", path] => Act::Delete((*path).into()),
        ["terminate", path] => Act::Terminate((*path).into()),
        ["spec", path] => Act::Spec((*path).into()),
        ["new", path, n] => Act::New((*path).into(), n.parse().ok()?),
        ["terminate", path, of] => Act::TerminateRef((*path).into(), of.strip_prefix('@')?.into()),
        ["spec", path, of] => Act::SpecRef((*path).into(), of.strip_prefix('@')?.into()),
        ["upgrade", path, "ignore"] => Act::Upgrade((*path).into(), None),
        ["upgrade", path, flags @ .., ids] => {
            let ids = ids.split(',').filter(|id| *id != "-").map(str::to_owned).collect();
            Act::Upgrade((*path).into(), Some((read_flags(flags)?, ids)))
        }
        _ => return None,
    };
    Some(Step { act, then })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_reads_back_as_it_was_written() {
        let text = "\
t permanent infinity supervisor - rest_for_one 2 1 any_significant ok
t.a transient 240 worker ! slow ok,late_error
+t.b/1 permanent brutal_kill worker - quick info
> end t.a shutdown(x)
>& kill t.a
> terminate t @t.a
> upgrade t one_for_all 0 2 never a,b/1
> upgrade t one_for_one 0 2 never -
> upgrade t ignore";
        assert_eq!(Program::read(text).map(|program| program.to_string()), Ok(text.to_owned()));
        assert_eq!(Program::read("t.a transient 240 worker ! slow maybe"), Err("t.a transient 240 worker ! slow maybe".into()));
    }
}
