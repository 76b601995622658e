//! Plays a script and compares what came of it: the whole transcript, or only what was answered.
//!
//! ```text
//! flags INTENSITY PERIOD_MS                    of the top supervisor; 2 in 3,600,000 if nothing is said
//! child ID RESTART SHUTDOWN MANNER..           started with it; `under S` first: a child of supervisor S
//! supervisor ID RESTART INTENSITY PERIOD_MS    a nested one, started with it
//! plan ID BEGIN..                              how its starts go; the last holds for the rest
//! boot                                         from here on
//! start ID RESTART SHUTDOWN MANNER..           and terminate, restart, delete, spec ID; list; count: calls to the top supervisor
//! tell ID TEXT, exit ID REASON, shutdown REASON, top, advance MS
//! + STEP                                       the next step comes before any turn
//! ```
use expect_test::Expect;
use peerd_otp::supervisor::{ChildSpec, Request, Restart, Shutdown, SupervisorSpec};
use peerd_sim::{
    World,
    cast::{Begin, Manner, Order},
    render, spec,
};
use peerd_vat::{Config, Reason, Time};

/// Everything that happened after `boot`.
pub fn check(script: &str, expect: Expect) {
    let play = Play::run(script);
    let (all, before) = (render(play.world.facts()), render(&play.world.facts()[..play.booted]));
    expect.assert_eq(&all[before.len()..]);
}

/// Only the steps and what the world was told after each.
pub fn tour(script: &str, expect: Expect) {
    expect.assert_eq(&Play::run(script).told);
}

struct Play {
    world: World,
    top: SupervisorSpec,
    nested: Vec<(ChildSpec, SupervisorSpec)>,
    booted: usize,
    heard: usize,
    told: String,
}

impl Play {
    fn run(script: &str) -> Play {
        let top = SupervisorSpec { announce: None, ..spec::supervisor(2, 3_600_000, Vec::new()) };
        let world = World::new(1, Config::default());
        let mut play = Play { world, top, nested: Vec::new(), booted: 0, heard: 0, told: String::new() };
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let at_once = line.starts_with('+');
            let words: Vec<&str> = line.trim_start_matches('+').split_whitespace().collect();
            play.step(&words);
            if play.booted > 0 && !at_once {
                play.world.settle();
            }
            play.listen(line);
        }
        play.world.verdict().expect("no invariant is violated");
        play
    }

    fn step(&mut self, words: &[&str]) {
        let number = |at: usize| words[at].parse::<u64>().expect("a number");
        let id = || words[1].to_owned();
        match words {
            ["flags", ..] => (self.top.intensity, self.top.period_ms) = (number(1) as u32, number(2)),
            ["child", rest @ ..] => self.top.children.push(child(rest)),
            ["supervisor", name, restart, ..] => {
                let inside = spec::supervisor(number(3) as u32, number(4), Vec::new());
                self.nested.push((spec::nested(name, &inside).restart(self::restart(restart)), inside));
            }
            ["under", of, "child", rest @ ..] => {
                let nested = self.nested.iter_mut().find(|nested| nested.0.id == *of).expect("named before");
                nested.1.children.push(child(rest));
            }
            ["plan", name, begins @ ..] => self.world.plan.set(name, &begins.iter().map(|word| begin(word)).collect::<Vec<_>>()),
            ["boot"] => {
                for (spec, inside) in self.nested.drain(..) {
                    self.top.children.push(ChildSpec { args: inside.encode(), ..spec });
                }
                self.world.boot(&self.top);
                self.booted = self.world.facts().len();
            }
            ["start", rest @ ..] => self.call(Request::StartChild(child(rest))),
            ["terminate", ..] => self.call(Request::TerminateChild(id())),
            ["restart", ..] => self.call(Request::RestartChild(id())),
            ["delete", ..] => self.call(Request::DeleteChild(id())),
            ["spec", ..] => self.call(Request::GetChildspec(id())),
            ["list"] => self.call(Request::WhichChildren),
            ["count"] => self.call(Request::CountChildren),
            ["tell", name, text @ ..] => drop(self.world.tell(name, &text.join(" "))),
            ["exit", name, why] => self.world.exit(name, reason(why)),
            ["shutdown", why] => self.world.order(&Order::ExitTop(reason(why))),
            ["top"] => self.world.order(&Order::StartTop),
            ["advance", _] => self.world.advance(number(1)),
            other => panic!("no such step: {other:?}"),
        }
    }

    fn call(&mut self, request: Request) {
        self.world.call("top", request);
    }

    fn listen(&mut self, line: &str) {
        let heard: Vec<(Time, &str)> = self.world.words().skip(self.heard).collect();
        self.heard += heard.len();
        if self.booted > 0 {
            let said: Vec<&str> = heard.iter().map(|word| word.1).collect();
            let said: Vec<&str> = said.into_iter().map(|word| word.split_once(": ").map_or(word, |(_, answer)| answer)).collect();
            self.told += format!("{line:36} {}", said.join("; ")).trim_end();
            self.told.push('\n');
        }
    }
}

fn child(words: &[&str]) -> ChildSpec {
    let shutdown = match words[2] {
        "brutal" => Shutdown::BrutalKill,
        "infinity" => Shutdown::Infinity,
        ms => Shutdown::Ms(ms.parse().expect("ms")),
    };
    let manner = match words[3..] {
        ["slow", ms] => Manner::Slow(ms.parse().expect("ms")),
        ["odd"] => Manner::Odd("odd".into()),
        ["deaf"] => Manner::Deaf,
        ["unlinked"] => Manner::Unlinked,
        ["plain"] | [] => Manner::Plain,
        _ => panic!("no such manner: {words:?}"),
    };
    spec::worker(words[0], manner, restart(words[1]), shutdown)
}

fn restart(word: &str) -> Restart {
    match word {
        "permanent" => Restart::Permanent,
        "transient" => Restart::Transient,
        "temporary" => Restart::Temporary,
        _ => panic!("no such restart type: {word}"),
    }
}

fn begin(word: &str) -> Begin {
    match word {
        "up" => Begin::Up,
        "ignore" => Begin::Ignore,
        "crash" => Begin::Crash,
        "hang" => Begin::Hang,
        _ => panic!("no such start: {word}"),
    }
}

fn reason(word: &str) -> Reason {
    match word {
        "normal" => Reason::Normal,
        "shutdown" => Reason::Shutdown,
        "kill" => Reason::Kill,
        other => Reason::Other(other.into()),
    }
}
