//! What the scripts of the page call: everything they draw comes from here as JSON.
use crate::{
    Act, Lab, Replay, Setup,
    layout::{self, Layout},
    sentence::Sentence,
    tree::{Node, Tree},
};
use peerd_otp::supervisor::{Rung, Strategy};
use peerd_sim::SCENARIOS;
use peerd_vat::ActorId;
use serde_json::{Value, json};
use wasm_bindgen::prelude::wasm_bindgen;

/// `[{name, line}]`
#[must_use]
#[wasm_bindgen]
pub fn scenarios() -> String {
    let row = |scenario: &peerd_sim::Scenario| json!({"name": scenario.name, "line": scenario.line});
    SCENARIOS.iter().map(row).collect::<Value>().to_string()
}

fn find(tree: &Tree, id: &str) -> Option<ActorId> {
    tree.nodes().iter().map(|node| node.id).find(|known| known.to_string() == id)
}

fn node(node: &Node, tree: &Tree) -> Value {
    let kind = if node.is_supervisor() {
        "supervisor"
    } else if node.parent.is_none() {
        "root"
    } else {
        "worker"
    };
    json!({
        "id": node.id.to_string(), "name": node.name, "kind": kind, "parent": node.parent.map(|parent| parent.to_string()),
        "life": node.life, "state": node.state, "last": node.last, "named": node.has_label, "top": node.parent.and_then(|parent| tree.find(parent)).is_some_and(|parent| !parent.is_supervisor()), "alive": node.state.is_alive(),
    })
}

fn sentence(sentence: &Sentence) -> Value {
    json!({
        "at": sentence.at, "text": sentence.text, "line": sentence.line, "tone": sentence.tone, "level": sentence.level,
        "who": sentence.who.iter().map(ActorId::to_string).collect::<Vec<_>>(),
    })
}

#[wasm_bindgen]
pub struct LabPage(Lab);

#[wasm_bindgen]
impl LabPage {
    #[must_use]
    #[wasm_bindgen(constructor)]
    pub fn new(setup: &str, seed: u32) -> LabPage {
        LabPage(Lab::new(&Setup::read(setup), seed.into()))
    }

    /// As a link has it.
    #[must_use]
    pub fn setup(&self) -> String {
        self.0.setup().text()
    }

    pub fn turn(&mut self) -> bool {
        self.0.turn()
    }

    pub fn pass(&mut self, ms: f64) -> f64 {
        self.0.pass(ms as u64) as f64
    }

    #[must_use]
    pub fn ready(&self) -> bool {
        self.0.is_ready()
    }

    pub fn act(&mut self, act: &str, id: &str) -> String {
        let known = Act::ALL.iter().find(|known| known.0 == act);
        match (known, find(self.0.tree(), id)) {
            (Some((_, act)), Some(id)) => self.0.act(*act, id),
            _ => String::new(),
        }
    }

    #[wasm_bindgen(js_name = startAgain)]
    pub fn start_again(&mut self) -> String {
        self.0.start_again()
    }

    pub fn decide(&mut self, rung: &str) {
        let rung = match rung {
            "resume" => Rung::Resume,
            "park" => Rung::Park,
            "stop" => Rung::Stop,
            "escalate" => Rung::Escalate,
            _ => Rung::Restart,
        };
        self.0.decide(rung);
    }

    #[must_use]
    pub fn report(&self, id: &str) -> String {
        find(self.0.tree(), id).and_then(|id| self.0.report(id)).unwrap_or_default()
    }

    /// What changed: `wide` is the room for the tree, `from` how many sentences are known already.
    pub fn frame(&mut self, wide: i32, from: usize) -> String {
        let signals = self.0.take_signals();
        let lab = &self.0;
        let layout = layout::lay_out(lab.tree(), wide);
        let (world, tally) = (lab.world(), lab.world().tally());
        let signal = |signal: &crate::signal::Signal| json!({"from": signal.from.map(|from| from.to_string()), "to": signal.to.to_string(), "kind": signal.kind});
        let question = |question: &peerd_otp::supervisor::Question| json!({"child": question.fault.child, "reason": question.fault.reason.to_string(), "held": question.fault.is_held});
        json!({
            "now": world.now().0, "ready": lab.is_ready(), "due": lab.due_in(),
            "nodes": nodes(lab, &layout), "high": layout.high, "list": layout.is_list,
            "watches": lab.tree().watches().iter().map(|(one, other)| [one.to_string(), other.to_string()]).collect::<Vec<_>>(),
            "signals": signals.iter().map(signal).collect::<Vec<_>>(),
            "sentences": lab.sentences()[from.min(lab.sentences().len())..].iter().map(sentence).collect::<Vec<_>>(),
            "questions": lab.questions().iter().map(question).collect::<Vec<_>>(),
            "top": world.lives(peerd_sim::cast::TOP),
            "turns": tally.turns, "checks": tally.evaluations.iter().sum::<u64>(), "broken": world.verdict().err(),
        })
        .to_string()
    }
}

fn nodes(lab: &Lab, layout: &Layout) -> Value {
    let rows = lab.world().vat().rows();
    let drawn = |known: &Node| {
        let mut drawn = node(known, lab.tree());
        let row = rows.iter().find(|row| row.id == known.id);
        drawn["queued"] = row.map_or(0, |row| row.queued).into();
        drawn["turns"] = row.map_or(0, |row| row.turns).into();
        if let Some(place) = layout.places.get(&known.id) {
            drawn["place"] = json!([place.x, place.y, place.wide, layout::HIGH]);
        }
        drawn["template"] = (known.is_supervisor() && lab.setup().strategy == Strategy::SimpleOneForOne).into();
        let supervisor = known.is_supervisor().then_some(known.id);
        if let Some(window) = supervisor.and_then(|id| lab.window(id)) {
            let times: Vec<u64> = window.times().map(|time| time.0).collect();
            drawn["window"] = json!({"max": window.max(), "period": window.period_ms(), "times": times});
        }
        drawn
    };
    lab.tree().nodes().iter().map(drawn).collect()
}

#[wasm_bindgen]
pub struct ReplayPage(Replay);

#[wasm_bindgen]
impl ReplayPage {
    /// None: there is no such scenario. The seed is text, because it has 64 bits.
    #[must_use]
    pub fn play(name: &str, seed: &str) -> Option<ReplayPage> {
        Replay::play(name, seed.parse().ok()?).map(ReplayPage)
    }

    #[must_use]
    pub fn summary(&self) -> String {
        let (replay, outcome) = (&self.0, &self.0.outcome);
        json!({
            "name": replay.scenario.name, "seed": replay.seed.to_string(), "hash": format!("{:016x}", outcome.hash),
            "turns": outcome.tally.turns, "facts": outcome.tally.facts, "ms": outcome.ms, "lines": replay.lines().len(),
            "faults": replay.faults(), "checks": replay.checks(), "ok": outcome.result.is_ok(), "verdict": replay.verdict(),
        })
        .to_string()
    }

    /// Some lines, from this one on.
    #[must_use]
    pub fn lines(&self, from: usize, count: usize) -> String {
        self.0.lines().iter().skip(from).take(count).map(sentence).collect::<Value>().to_string()
    }

    /// Everybody, as of this line.
    #[must_use]
    pub fn nodes(&self, line: usize) -> String {
        let tree = self.0.tree_at(line);
        tree.nodes().iter().map(|known| node(known, &tree)).collect::<Value>().to_string()
    }

    /// The next line from here in which one of these faults or ends is told, or the last line.
    #[must_use]
    pub fn next(&self, line: usize) -> usize {
        let lines = self.0.lines();
        let bad = |sentence: &Sentence| sentence.tone == crate::Tone::Bad;
        lines.iter().skip(line + 1).position(bad).map_or(lines.len().saturating_sub(1), |at| line + 1 + at)
    }
}
