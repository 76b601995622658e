//! One scenario under one seed, played twice: the second time must tell the same story.
use crate::{Expect, Scenario, World, render};

/// Once failed, played for ever: `scenario seed symptom`.
const SEEDS: &str = include_str!("../../../seeds.txt");

/// The seeds that this scenario once failed under.
#[must_use]
pub fn kept_seeds(scenario: &str) -> Vec<u64> {
    let fields = SEEDS.lines().filter(|line| !line.starts_with('#')).map(str::split_whitespace);
    fields.filter_map(|mut fields| if fields.next() == Some(scenario) { fields.next()?.parse().ok() } else { None }).collect()
}

pub struct Outcome {
    pub transcript: String,
    /// Of the transcript.
    pub hash: u64,
    /// Virtual milliseconds.
    pub ms: u64,
    pub result: Result<(), String>,
}

#[must_use]
pub fn run(scenario: &Scenario, seed: u64) -> Outcome {
    let (first, second) = (play(scenario, seed), play(scenario, seed));
    let transcript = render(first.facts());
    let again = render(second.facts());
    let verdict = if transcript == again { first.verdict() } else { Err(difference(&transcript, &again)) };
    let result = match (scenario.expect, verdict) {
        (Expect::Pass, verdict) => verdict,
        (Expect::Fail, Err(_)) => Ok(()),
        (Expect::Fail, Ok(())) => Err("the canary lives: a world that must fail passed".into()),
    };
    Outcome { hash: hash(&transcript), transcript, ms: first.now().0, result }
}

fn play(scenario: &Scenario, seed: u64) -> World {
    let mut world = World::new(seed, (scenario.config)());
    (scenario.play)(&mut world);
    world.close();
    world
}

/// FNV-1a: the same on every machine, and easy to compute elsewhere.
#[must_use]
pub fn hash(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

fn difference(one: &str, other: &str) -> String {
    let line = one.lines().zip(other.lines()).position(|(one, other)| one != other);
    let at = line.unwrap_or_else(|| one.lines().count().min(other.lines().count()));
    let of = |text: &str| text.lines().nth(at).unwrap_or("(its end)").to_owned();
    format!("C16: the same seed told two stories, from line {}: {:?} and {:?}", at + 1, of(one), of(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SCENARIOS;

    #[test]
    fn every_scenario_holds_under_its_kept_seeds_and_a_few_more() {
        for scenario in SCENARIOS {
            for seed in kept_seeds(scenario.name).into_iter().chain(1..=10) {
                let outcome = run(scenario, seed);
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
