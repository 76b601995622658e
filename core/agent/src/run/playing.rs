//! A recipe's part: its steps through the same calls, each verified, stopped at the first difference.
use super::{
    Action, Door, LOOK, LOOK_MS, LOOKS_MAX, Session,
    acting::log,
    task::{Doing, Mind, Stage},
};
use crate::{
    model::ToolUse,
    outcome::Outcome,
    recipe::{Play, PlayStep},
    view::{RunPhase, Tone, Verdict},
};
use alloc::{format, string::String, vec::Vec};
use serde_json::{Value, json};

/// How long a page may take to show what a step is expected to lead to.
const SEEN_MS: u64 = 5_000;
/// Ids of the calls that no step stands for.
pub(super) const TO_START: &str = "to-start";
const SEEN: &str = "seen";

impl Session {
    pub(super) fn begin_recipe(&mut self, tab_url: Option<String>, out: &mut Vec<Action>) {
        let Some(task) = &mut self.task else { return };
        let Mind::Waiting { recipe, slots } = &task.mind else { return };
        let play = match Play::new(recipe.clone(), slots, tab_url.as_deref()) {
            Ok(play) => play,
            Err(why) => return self.finish(RunPhase::Failed, Tone::Bad, format!("The recipe did not start: {why}."), out),
        };
        task.grants = play.grants();
        let first = play.first_move(tab_url.as_deref());
        let tool = if task.tab.is_some() { "navigate" } else { "new_tab" };
        task.mind = Mind::Recipe(play);
        self.chat.run.steps = 0;
        match first {
            Some(url) => self.call(TO_START.into(), tool, json!({"url": url}), &format!("Go to {url}"), out),
            None => self.go_on(out),
        }
    }

    pub(super) fn next_step(&mut self, out: &mut Vec<Action>) {
        let Some(task) = &mut self.task else { return };
        let Mind::Recipe(play) = &task.mind else { return };
        task.looks = 0;
        task.steps = play.done() as u32 + 1;
        let Some(PlayStep { intent, tool, input, .. }) = play.step() else {
            let steps = if play.len() == 1 { "one step, verified".into() } else { format!("{} steps, each verified", play.len()) };
            let note = format!("“{}” ran to its end: {steps}.", play.name());
            self.chat.run.steps = play.len() as u32;
            return self.finish(RunPhase::Done, Tone::Good, note, out);
        };
        let id = format!("step-{}", task.steps);
        self.call(id, &tool, input, &intent, out);
    }

    fn call(&mut self, id: String, tool: &str, input: Value, summary: &str, out: &mut Vec<Action>) {
        let call = ToolUse { id, name: tool.into(), input, bad: None };
        self.card(&call, summary.into(), out);
        self.find(out);
    }

    /// The page must be where the step was recorded; it gets some time to arrive. A model's call may begin anywhere, and so may a
    /// look at where a step has led.
    pub(super) fn is_in_place(&mut self, url: &str, out: &mut Vec<Action>) -> bool {
        let Some(task) = &self.task else { return false };
        let Mind::Recipe(play) = &task.mind else { return true };
        if task.current.as_ref().is_some_and(|doing| [TO_START, SEEN].contains(&doing.call.id.as_str())) {
            return true;
        }
        match play.before(url) {
            Ok(()) => true,
            Err(difference) => {
                self.rest(true, &difference, out);
                false
            }
        }
    }

    pub(super) fn step_settled(&mut self, outcome: &Outcome, out: &mut Vec<Action>) {
        let Some(task) = &mut self.task else { return };
        let Some(doing) = task.current.take() else { return };
        log(task, &doing.effect, outcome.verdict);
        self.close_card(doing.item, outcome, out);
        let verified = match outcome.verdict {
            Verdict::Verified | Verdict::Done => true,
            // Nothing need change under a pointer, or when the thing was in view already.
            Verdict::Unverified => matches!(doing.call.name.as_str(), "hover" | "scroll_to"),
            Verdict::Running | Verdict::Failed | Verdict::Denied | Verdict::Unknown | Verdict::Stopped => false,
        };
        if outcome.error || !verified {
            let why = if outcome.evidence.is_empty() { &outcome.summary } else { &outcome.evidence };
            let what = match outcome.verdict {
                Verdict::Unverified => "nothing could be seen to change",
                Verdict::Unknown => "what came of it is not known",
                _ => "it could not be done",
            };
            return self.drift(&format!("{what}: {why}"), out);
        }
        match doing.call.id.as_str() {
            TO_START => self.go_on(out),
            SEEN => self.step_done(out),
            _ => {
                if let Some(task) = &mut self.task {
                    task.looks = 0;
                }
                self.looked(&outcome.url, out);
            }
        }
    }

    /// Where the page is after a step.
    pub(super) fn looked(&mut self, url: &str, out: &mut Vec<Action>) {
        let Some(task) = &mut self.task else { return };
        let Mind::Recipe(play) = &task.mind else { return };
        if let Err(difference) = play.after(url) {
            return self.rest(false, &difference, out);
        }
        match play.step().map(|step| step.seen).filter(|seen| !seen.is_empty()) {
            None => self.step_done(out),
            Some(seen) => {
                let call = ToolUse { id: SEEN.into(), name: "wait_for".into(), input: json!({"text": seen, "ms": SEEN_MS}), bad: None };
                self.begin_call(call, Door::Web, None);
                self.find(out);
            }
        }
    }

    fn step_done(&mut self, out: &mut Vec<Action>) {
        if let Some(task) = &mut self.task
            && let Mind::Recipe(play) = &mut task.mind
        {
            play.advance();
        }
        self.go_on(out);
    }

    /// The page is not where it should be: it is looked at again in a moment, but not for ever.
    fn rest(&mut self, before: bool, difference: &str, out: &mut Vec<Action>) {
        let Some(task) = &mut self.task else { return };
        task.looks += 1;
        if task.looks > LOOKS_MAX {
            return self.drift(difference, out);
        }
        task.stage = Stage::Resting { before };
        out.push(Action::Timer { key: LOOK, after_ms: LOOK_MS });
    }

    pub(super) fn look_again(&mut self, out: &mut Vec<Action>) {
        let Some(task) = &mut self.task else { return };
        match task.stage {
            Stage::Resting { before: true } if task.paused => task.stands = true,
            Stage::Resting { before: true } => self.find(out),
            Stage::Resting { before: false } => {
                task.stage = Stage::Looking;
                out.push(Action::Find { tab: task.tab });
            }
            _ => {}
        }
    }

    /// Stops at the first difference, naming the step.
    pub(super) fn drift(&mut self, difference: &str, out: &mut Vec<Action>) {
        let Some(task) = &mut self.task else { return };
        let Mind::Recipe(play) = &task.mind else { return };
        let note = format!("Stopped at {}: {difference}. Nothing more was done.", play.place());
        if let Some(Doing { item, .. }) = task.current.take() {
            let outcome = Outcome { verdict: Verdict::Failed, evidence: difference.into(), ..Outcome::default() };
            self.close_card(item, &outcome, out);
        }
        self.finish(RunPhase::Failed, Tone::Bad, note, out);
    }
}
