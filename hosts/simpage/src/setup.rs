//! What is built for somebody to play with, as the words of a link: `strategy=one_for_all&intensity=3&period=5&..`.
use peerd_otp::supervisor::{Backoff, ChildSpec, OnFault, Restart, Shutdown, Strategy, SupervisorSpec};
use peerd_sim::{
    cast::{Manner, Worker},
    spec,
};

/// Where a supervisor finds the echo among its refs; played by hand it is the person at the page.
const ECHO: u32 = 1;
/// How long a child may take to stop.
const STOP_MS: u64 = 2_000;
/// How long a person may take to decide.
const DECIDE_MS: u64 = 60_000;

/// Limit: children of one supervisor that fit a screen.
pub const CHILDREN_MAX: u32 = 8;
const INTENSITY_MAX: u32 = 9;
const PERIOD_MAX_S: u64 = 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    pub strategy: Strategy,
    pub intensity: u32,
    pub period_s: u64,
    pub children: u32,
    /// One of the children is a supervisor with three of its own.
    pub nested: bool,
    pub restart: Restart,
    pub on_crash: OnCrash,
    pub backoff: bool,
}

/// What becomes of a child that crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnCrash {
    /// It ends, as in OTP.
    End,
    /// It goes on with its old state, twice in ten seconds.
    Resume,
    /// It is held until somebody at the page has decided.
    Ask,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup {
            strategy: Strategy::OneForOne,
            intensity: 3,
            period_s: 5,
            children: 4,
            nested: false,
            restart: Restart::Permanent,
            on_crash: OnCrash::End,
            backoff: false,
        }
    }
}

const STRATEGIES: [(&str, Strategy); 4] = [
    ("one_for_one", Strategy::OneForOne),
    ("one_for_all", Strategy::OneForAll),
    ("rest_for_one", Strategy::RestForOne),
    ("simple_one_for_one", Strategy::SimpleOneForOne),
];
const RESTARTS: [(&str, Restart); 3] =
    [("permanent", Restart::Permanent), ("transient", Restart::Transient), ("temporary", Restart::Temporary)];
const ON_CRASH: [(&str, OnCrash); 3] = [("end", OnCrash::End), ("resume", OnCrash::Resume), ("ask", OnCrash::Ask)];

fn find<T: Copy>(words: &[(&str, T)], word: &str) -> Option<T> {
    words.iter().find(|known| known.0 == word).map(|known| known.1)
}

fn word<T: PartialEq>(words: &[(&'static str, T)], value: &T) -> &'static str {
    words.iter().find(|known| known.1 == *value).map_or("", |known| known.0)
}

impl Setup {
    /// What the words don't say, or say wrongly, is as by default.
    #[must_use]
    pub fn read(text: &str) -> Setup {
        let mut setup = Setup::default();
        for (name, value) in text.split('&').filter_map(|part| part.split_once('=')) {
            let number = value.parse::<u64>().ok();
            match name {
                "strategy" => setup.strategy = find(&STRATEGIES, value).unwrap_or(setup.strategy),
                "restart" => setup.restart = find(&RESTARTS, value).unwrap_or(setup.restart),
                "crash" => setup.on_crash = find(&ON_CRASH, value).unwrap_or(setup.on_crash),
                "intensity" => setup.intensity = number.map_or(setup.intensity, |n| n.min(INTENSITY_MAX.into()) as u32),
                "period" => setup.period_s = number.map_or(setup.period_s, |n| n.clamp(1, PERIOD_MAX_S)),
                "children" => setup.children = number.map_or(setup.children, |n| n.clamp(1, CHILDREN_MAX.into()) as u32),
                "nested" => setup.nested = value == "yes",
                "backoff" => setup.backoff = value == "yes",
                _ => {}
            }
        }
        setup.nested &= setup.strategy != Strategy::SimpleOneForOne;
        setup
    }

    #[must_use]
    pub fn text(&self) -> String {
        let yes = |on: bool| if on { "yes" } else { "no" };
        format!(
            "strategy={}&intensity={}&period={}&children={}&nested={}&restart={}&crash={}&backoff={}",
            word(&STRATEGIES, &self.strategy),
            self.intensity,
            self.period_s,
            self.children,
            yes(self.nested),
            word(&RESTARTS, &self.restart),
            word(&ON_CRASH, &self.on_crash),
            yes(self.backoff),
        )
    }

    /// The top supervisor.
    #[must_use]
    pub fn spec(&self) -> SupervisorSpec {
        let children = match self.strategy {
            Strategy::SimpleOneForOne => vec![self.child("worker")],
            Strategy::OneForOne | Strategy::OneForAll | Strategy::RestForOne => self.ordered(),
        };
        SupervisorSpec { strategy: self.strategy, ..spec::supervisor(self.intensity, self.period_s * 1_000, children) }
    }

    /// In start order; the nested supervisor stands in the middle, where both sides of it can be seen.
    fn ordered(&self) -> Vec<ChildSpec> {
        let mut children: Vec<ChildSpec> = (1..=self.children).map(|n| self.child(&format!("w{n}"))).collect();
        if self.nested {
            let inner = (1..=3).map(|n| self.child(&format!("n{n}"))).collect();
            let inner = SupervisorSpec { strategy: self.strategy, ..spec::supervisor(1, self.period_s * 1_000, inner) };
            let at = children.len() / 2;
            children.insert(at, spec::nested("sub", &inner));
        }
        children
    }

    fn child(&self, id: &str) -> ChildSpec {
        let args = Worker { id: id.into(), manner: Manner::Plain }.encode();
        let on_fault = match self.on_crash {
            OnCrash::End => OnFault::End,
            OnCrash::Resume => OnFault::Resume { max: 2, window_ms: 10_000 },
            OnCrash::Ask => OnFault::Ask { decider: ECHO, deadline_ms: DECIDE_MS },
        };
        let child = ChildSpec::new(id, "worker", args).restart(self.restart).shutdown(Shutdown::Ms(STOP_MS)).on_fault(on_fault);
        if self.backoff { child.backoff(Backoff::new(1_000, 8_000)) } else { child }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_brings_back_the_setup_it_was_made_of() {
        let setup = Setup { strategy: Strategy::RestForOne, nested: true, on_crash: OnCrash::Ask, backoff: true, ..Setup::default() };
        assert_eq!(Setup::read(&setup.text()), setup);
        assert_eq!(Setup::read(""), Setup::default());
    }

    #[test]
    fn a_link_that_asks_for_too_much_gets_the_most_there_is() {
        let setup = Setup::read("children=900&intensity=77&period=0&strategy=all_for_none&nested=perhaps");
        assert_eq!((setup.children, setup.intensity, setup.period_s, setup.strategy), (8, 9, 1, Strategy::OneForOne));
        assert!(!setup.nested);
    }

    #[test]
    fn every_setup_is_a_spec_that_a_supervisor_takes() {
        for (name, _) in STRATEGIES {
            for (crash, _) in ON_CRASH {
                let setup = Setup::read(&format!("strategy={name}&crash={crash}&nested=yes&backoff=yes"));
                assert_eq!(setup.spec().check(), Ok(()), "{name} {crash}");
            }
        }
    }
}
