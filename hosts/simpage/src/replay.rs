//! A scenario under a seed, played whole and then looked at line by line.
use crate::{
    sentence::{self, Level, Sentence, Tone},
    tree::Tree,
};
use peerd_sim::{Expect, Outcome, SCENARIOS, Scenario, Transcript, Watch, run};

pub struct Replay {
    pub scenario: &'static Scenario,
    pub seed: u64,
    pub outcome: Outcome,
    /// One for each line of the transcript.
    lines: Vec<Sentence>,
    /// How many facts had happened with that line.
    facts: Vec<usize>,
}

impl Replay {
    /// None: there is no such scenario.
    #[must_use]
    pub fn play(name: &str, seed: u64) -> Option<Replay> {
        let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name)?;
        let outcome = run(scenario, seed, Watch::All, None);
        let (mut tree, mut transcript, mut lines, mut facts) = (Tree::default(), Transcript::default(), Vec::new(), Vec::new());
        for (at, fact) in outcome.facts.iter().enumerate() {
            tree.fact(fact);
            if let Some(sentence) = sentence::of(fact, &tree, &mut transcript).filter(|sentence| !sentence.line.is_empty()) {
                lines.push(sentence);
                facts.push(at + 1);
            }
        }
        if outcome.facts.is_empty() {
            lines = outcome.transcript.lines().map(plain).collect();
            facts = vec![0; lines.len()];
        }
        Some(Replay { scenario, seed, outcome, lines, facts })
    }

    #[must_use]
    pub fn lines(&self) -> &[Sentence] {
        &self.lines
    }

    /// Who there was when this line was written.
    #[must_use]
    pub fn tree_at(&self, line: usize) -> Tree {
        let mut tree = Tree::default();
        let until = self.facts.get(line).copied().unwrap_or(self.outcome.facts.len());
        self.outcome.facts[..until].iter().for_each(|fact| tree.fact(fact));
        tree
    }

    /// Faults by kind, those of the network included, without those that did not come.
    #[must_use]
    pub fn faults(&self) -> Vec<(&'static str, u64)> {
        self.outcome.tally.by_fault().filter(|count| count.1 > 0).collect()
    }

    /// How often each checker looked.
    #[must_use]
    pub fn checks(&self) -> Vec<(&'static str, u64)> {
        self.outcome.tally.by_checker().filter(|count| count.1 > 0).collect()
    }

    /// In a sentence.
    #[must_use]
    pub fn verdict(&self) -> String {
        match (&self.outcome.result, self.scenario.expect) {
            (Ok(()), Expect::Pass) => "Every check held, and the second play told the same story.".into(),
            (Ok(()), Expect::Fail) => "It failed, as it must: the checkers see what is put before them.".into(),
            (Err(why), _) => format!("It failed: {why}"),
        }
    }
}

/// Of several vats there is only the text.
fn plain(line: &str) -> Sentence {
    let (time, rest) = line.trim_start().split_once(' ').unwrap_or(("", line));
    let ms = time.split_once('.').and_then(|(s, ms)| Some(s.parse::<u64>().ok()? * 1_000 + ms.parse::<u64>().ok()?));
    let at = ms.unwrap_or(0);
    Sentence { at, text: rest.trim().into(), line: line.into(), who: Vec::new(), tone: Tone::Plain, level: Level::Story }
}

#[cfg(test)]
mod tests {
    use super::*;
    use peerd_sim::{Tally, render};

    #[test]
    fn the_page_says_of_every_checker_what_it_looks_for() {
        let page = include_str!("../page/play.js");
        let told = |name: &str| page.contains(&format!("\n  {name}: \"")) || page.contains(&format!("\n  \"{name}\": \""));
        let silent: Vec<&str> = Tally::default().by_checker().map(|(name, _)| name).filter(|name| !told(name)).collect();
        assert!(silent.is_empty(), "{silent:?}");
    }

    #[test]
    fn every_line_of_the_transcript_has_its_sentence() {
        for (name, seed) in [("counter", 1), ("trees", 4), ("few", 7), ("stop-order", 2), ("calls", 3)] {
            let replay = Replay::play(name, seed).expect("it is one of them");
            let lines: String = replay.lines().iter().map(|sentence| format!("{}\n", sentence.line)).collect();
            assert_eq!(lines, render(&replay.outcome.facts), "{name} {seed}");
        }
    }

    #[test]
    fn a_play_of_several_vats_is_read_though_it_has_no_tree() {
        let replay = Replay::play("vats-lost", 3).expect("it is one of them");
        assert!(replay.lines().len() > 100 && replay.tree_at(5).nodes().is_empty());
        assert!(replay.outcome.result.is_ok() && !replay.checks().is_empty());
    }

    #[test]
    fn the_tree_grows_with_the_lines() {
        let replay = Replay::play("trees", 4).expect("it is one of them");
        let at = |line| replay.tree_at(line).nodes().len();
        assert!(at(0) <= 2 && at(replay.lines().len() / 2) > 3, "{} {}", at(0), at(replay.lines().len() / 2));
        assert_eq!(replay.tree_at(0).name(replay.lines()[0].who.first().copied()), "root");
    }
}
