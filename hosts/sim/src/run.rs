//! One scenario under one seed, played twice: the second time must tell the same story.
use crate::{Expect, Kind, Scenario, Script, Tally, Watch, World, check::Checker, link, render, scenario::Play, shards};
use peerd_vat::Fact;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Once failed, played for ever: `scenario seed symptom`.
const SEEDS: &str = include_str!("../../../seeds.txt");

/// The seeds that this scenario once failed under.
#[must_use]
pub fn kept_seeds(scenario: &str) -> Vec<u64> {
    let fields = SEEDS.lines().filter(|line| !line.starts_with('#')).map(str::split_whitespace);
    fields.filter_map(|mut fields| if fields.next() == Some(scenario) { fields.next()?.parse().ok() } else { None }).collect()
}

pub struct Outcome {
    /// Empty unless it was asked for.
    pub transcript: String,
    /// What it tells, of one vat; empty unless it was asked for.
    pub facts: Vec<Fact>,
    /// Of all facts.
    pub hash: u64,
    /// Virtual milliseconds.
    pub ms: u64,
    pub tally: Tally,
    pub result: Result<(), String>,
}

impl Outcome {
    /// Nothing is left to tell of what panicked.
    pub(crate) fn of_a_bug(bug: String) -> Outcome {
        Outcome { transcript: String::new(), facts: Vec::new(), hash: 0, ms: 0, tally: Tally::default(), result: Err(bug) }
    }
}

/// Twice; the second time only to hear the same story. `Watch::All` renders the transcript. `only`: no other faults than these.
#[must_use]
pub fn run(scenario: &Scenario, seed: u64, watch: Watch, only: Option<&[Kind]>) -> Outcome {
    if let Play::Linked(play) = scenario.play {
        return link::run(scenario.expect, play, seed, watch);
    }
    if let Play::Meshed { play, is_long } = scenario.play {
        return shards::run(scenario.expect, play, !is_long, seed, watch);
    }
    let script = scenario.script(seed, only);
    // A world that a checker stopped is only the same when it is stopped again.
    let again = |first: &World| if first.failed() { Watch::Checks } else { Watch::Digest };
    let both = unharmed(|| {
        let first = play(scenario, script.as_ref(), seed, watch);
        let second = play(scenario, script.as_ref(), seed, again(&first)).digest();
        (first, second)
    });
    let (first, second) = match both {
        Ok(both) => both,
        Err(bug) => return Outcome::of_a_bug(bug),
    };
    let mut tally = first.tally();
    tally.evaluations[Checker::Same as usize] += 1;
    let verdict = if first.digest() == second { first.verdict() } else { Err(difference(scenario, script.as_ref(), seed)) };
    let result = match (scenario.expect, verdict) {
        (Expect::Pass, verdict) => verdict,
        (Expect::Fail, Err(_)) => Ok(()),
        (Expect::Fail, Ok(())) => Err("the canary lives: a world that must fail passed".into()),
    };
    let facts = first.facts().to_vec();
    Outcome { transcript: render(&facts), facts, hash: first.digest(), ms: first.now().0, tally, result }
}

/// A panic is a bug that a seed found.
pub(crate) fn unharmed<T>(play: impl FnOnce() -> T) -> Result<T, String> {
    // Nothing of a world that panicked is looked at again.
    catch_unwind(AssertUnwindSafe(play)).map_err(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        format!("panic: {}", said.unwrap_or("without a word"))
    })
}

fn play(scenario: &Scenario, script: Option<&Script>, seed: u64, watch: Watch) -> World {
    match (&scenario.play, script) {
        (Play::Story { config, play }, _) => {
            // Stories make claims about facts.
            let mut world = World::new(seed, config());
            play(&mut world);
            world.close();
            world
        }
        (Play::Linked(_) | Play::Meshed { .. }, _) => unreachable!("played by modules of their own"),
        (Play::Script(_), script) => script.expect("a drawn script").play(seed, watch),
    }
}

impl Scenario {
    /// What a seed draws, if it draws a script.
    #[must_use]
    pub fn script(&self, seed: u64, only: Option<&[Kind]>) -> Option<Script> {
        match &self.play {
            Play::Story { .. } | Play::Linked(_) | Play::Meshed { .. } => None,
            Play::Script(scale) => Some(scale.draw(seed, only.unwrap_or(&Kind::ALL))),
        }
    }
}

/// FNV-1a: the same on every machine, and easy to compute elsewhere.
#[must_use]
pub fn hash(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

fn difference(scenario: &Scenario, script: Option<&Script>, seed: u64) -> String {
    let told = || render(play(scenario, script, seed, Watch::All).facts());
    let (one, other) = (told(), told());
    let line = one.lines().zip(other.lines()).position(|(one, other)| one != other);
    let at = line.unwrap_or_else(|| one.lines().count().min(other.lines().count()));
    let of = |text: &str| text.lines().nth(at).unwrap_or("(its end)").to_owned();
    format!("C16: the same seed told two stories, from line {}: {:?} and {:?}", at + 1, of(&one), of(&other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SCENARIOS;

    #[test]
    fn every_scenario_holds_under_its_kept_seeds_and_a_few_more() {
        for scenario in SCENARIOS.iter().filter(|scenario| !scenario.is_long()) {
            for seed in kept_seeds(scenario.name).into_iter().chain(1..=10) {
                let outcome = run(scenario, seed, Watch::Checks, None);
                outcome.result.unwrap_or_else(|why| panic!("{} seed {seed}: {why}", scenario.name));
            }
        }
    }

    #[test]
    fn seeds_txt_names_only_scenarios_that_exist() {
        for line in SEEDS.lines().filter(|line| !line.starts_with('#')) {
            let name = line.split_whitespace().next().unwrap_or_default();
            assert!(!kept_seeds(name).is_empty() && SCENARIOS.iter().any(|scenario| scenario.name == name), "seeds.txt: {line}");
        }
    }
}
