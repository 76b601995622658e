//! One scenario under one seed, played twice: the second time must tell the same story.
use crate::{Expect, Scenario, World, render};

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
