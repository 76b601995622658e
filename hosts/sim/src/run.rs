//! One scenario under one seed, played twice: the second time must tell the same story.
use crate::{Expect, Scenario, Script, Tally, Watch, World, check::Checker, link, render, scenario::Play};

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
    /// Of all facts.
    pub hash: u64,
    /// Virtual milliseconds.
    pub ms: u64,
    pub tally: Tally,
    pub result: Result<(), String>,
}

/// Twice; the second time only to hear the same story. `Watch::All` renders the transcript.
#[must_use]
pub fn run(scenario: &Scenario, seed: u64, watch: Watch) -> Outcome {
    if let Play::Linked(play) = scenario.play {
        return link::run(scenario.expect, play, seed, watch);
    }
    let script = scenario.script(seed);
    let first = play(scenario, script.as_ref(), seed, watch);
    // A world that a checker stopped is only the same when it is stopped again.
    let second = play(scenario, script.as_ref(), seed, if first.failed() { Watch::Checks } else { Watch::Digest });
    let mut tally = first.tally();
    tally.evaluations[Checker::Same as usize] += 1;
    let verdict = if first.digest() == second.digest() { first.verdict() } else { Err(difference(scenario, script.as_ref(), seed)) };
    let result = match (scenario.expect, verdict) {
        (Expect::Pass, verdict) => verdict,
        (Expect::Fail, Err(_)) => Ok(()),
        (Expect::Fail, Ok(())) => Err("the canary lives: a world that must fail passed".into()),
    };
    Outcome { transcript: render(first.facts()), hash: first.digest(), ms: first.now().0, tally, result }
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
        (Play::Linked(_), _) => unreachable!("played by `link`"),
        (Play::Script(scale), script) => script.map_or_else(|| scale.draw(seed).play(seed, watch), |script| script.play(seed, watch)),
    }
}

impl Scenario {
    /// What a seed draws, if it draws a script.
    #[must_use]
    pub fn script(&self, seed: u64) -> Option<Script> {
        match &self.play {
            Play::Story { .. } | Play::Linked(_) => None,
            Play::Script(scale) => Some(scale.draw(seed)),
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
        for scenario in SCENARIOS {
            for seed in kept_seeds(scenario.name).into_iter().chain(1..=10) {
                let outcome = run(scenario, seed, Watch::Checks);
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
