//! One call from the model's words to its result: find who executes it, keep the intent, act, tell what came of it.
use super::{
    ACT, ACT_MS, Action, Door, Session,
    effects::{Effect, EffectState, in_words},
    memory::Memory,
    playing::TO_START,
    repeat::{Call, Rung},
    task::{Doing, Mind, Stage, Task},
};
use crate::{
    actors::wire::Found,
    model::{ToolResult, ToolUse},
    outcome::Outcome,
    view::{Item, RunPhase, ToolCard, Verdict},
    web::{self, tools::RUN_JAVASCRIPT},
};
use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde_json::Value;

const NOT_EXECUTED: &str = "Not executed: an earlier action in this turn failed.";
/// Of a result, on its card.
const RESULT_MAX: usize = 4_000;
/// Of a line that code has said, on its card.
const EVIDENCE_MAX: usize = 120;
/// Limit: pictures in a chat, the newest ones; a picture may have some hundred kilobytes, a chat 16 MiB.
const PICTURES_MAX: usize = 20;

impl Session {
    /// The model's calls, one after the other; then its results, and it is asked again.
    pub(super) fn next_call(&mut self, out: &mut Vec<Action>) {
        loop {
            let Some(task) = &mut self.task else { return };
            if task.queue.is_empty() {
                let mut results = core::mem::take(&mut task.results);
                tell(&mut results, &mut task.news, &mut self.memory);
                self.memory.results(results);
                return self.ask(out);
            }
            if !self.step_is_left(out) {
                return;
            }
            let Some(task) = &mut self.task else { return };
            let call = task.queue.remove(0);
            task.steps += 1;
            if task.failed {
                task.results.push(error(&call, NOT_EXECUTED.into()));
                continue;
            }
            let refused = call.bad.clone().or_else(|| unknown(&call));
            let target = target_of(&call, &self.memory, &task.results);
            let summary = in_words(&call.name, &call.input, &target).0;
            self.card(&call, summary, out);
            match refused {
                Some(why) => self
                    .settle(Outcome { verdict: Verdict::Failed, evidence: why.clone(), text: why, error: true, ..Outcome::default() }, out),
                None => return self.find(out),
            }
            if self.task.as_ref().is_none_or(Task::is_over) {
                return;
            }
        }
    }

    /// Shows a call's card and makes it the current one.
    pub(super) fn card(&mut self, call: &ToolUse, summary: String, out: &mut Vec<Action>) {
        let door = match call.name.as_str() {
            RUN_JAVASCRIPT => Door::Sandboxes,
            name if web::is_tab_tool(name) => Door::Browser,
            name if web::tools::is_of_linux(name) => Door::Linux,
            name if web::tools::is_of_actors(name) => Door::Actors,
            name if web::tools::is_of_works(name) => Door::Works,
            _ => Door::Web,
        };
        let item = self.items.len();
        let card = ToolCard {
            call: call.id.clone(),
            tool: call.name.clone(),
            summary,
            verdict: Verdict::Running,
            evidence: String::new(),
            result: String::new(),
            tab: self.chat.run.tab,
            image: None,
        };
        self.push(Item::Tool { card }, out);
        self.begin_call(call.clone(), door, Some(item));
        self.chat.run.steps = self.task.as_ref().map_or(0, |task| task.steps);
        let line = self.step_line();
        self.phase(RunPhase::Acting, line, out);
    }

    /// Every call has an id of its own, for ever.
    pub(super) fn begin_call(&mut self, call: ToolUse, door: Door, item: Option<usize>) {
        if let Some(task) = &mut self.task {
            task.numbered += 1;
            let effect = format!("{}-{}", task.id, task.numbered);
            task.current = Some(Doing { call, effect, door, tab: None, begun: None, item });
        }
    }

    /// Asks for the actor of the current call's tab; the browser's own tools need none.
    pub(super) fn find(&mut self, out: &mut Vec<Action>) {
        let Some(task) = &mut self.task else { return };
        let Some(doing) = &task.current else { return };
        match doing.door {
            Door::Browser | Door::Sandboxes | Door::Linux | Door::Actors | Door::Works => self.keep_intent(out),
            Door::Web => {
                let recipe_tab = task.tab.filter(|_| !matches!(task.mind, Mind::Model(_)));
                let tab = doing.tab.or(doing.call.input["tab_id"].as_i64()).or(recipe_tab);
                task.stage = Stage::Finding;
                out.push(Action::Find { tab });
            }
        }
    }

    pub(super) fn found(&mut self, found: Result<Found, String>, out: &mut Vec<Action>) {
        let Some(task) = &mut self.task else { return };
        if task.waking {
            return self.rejoined(found, out);
        }
        // While it stands it has asked for nothing: its owner's word comes first.
        if task.stands {
            return;
        }
        match (task.stage, found) {
            (Stage::Opening, found) => self.opened(Some(found), out),
            (Stage::Looking, Ok(found)) => self.looked(&found.url, out),
            (Stage::Looking, Err(why)) => self.drift(&why, out),
            (Stage::Finding, Ok(Found { missing: Some(why), .. }) | Err(why)) => {
                if task.current.as_ref().is_some_and(|doing| doing.begun.is_some()) {
                    return self.settle_and_go_on(unknown_outcome(why), out);
                }
                let outcome = Outcome { verdict: Verdict::Failed, evidence: why.clone(), text: why, error: true, ..Outcome::default() };
                self.settle_and_go_on(outcome, out);
            }
            (Stage::Finding, Ok(found)) => {
                self.chat.run.tab = Some(found.tab);
                let has_begun = task.current.as_mut().is_some_and(|doing| {
                    doing.tab = Some(found.tab);
                    doing.begun.is_some()
                });
                // Where a step has led says nothing of where it began.
                if has_begun || self.is_in_place(&found.url, out) {
                    self.keep_intent(out);
                }
            }
            // Of a call that is over.
            _ => {}
        }
    }

    /// Notes what is to be done; from when on it may have happened is noted when whoever does it says so.
    fn keep_intent(&mut self, out: &mut Vec<Action>) {
        let Some(task) = &mut self.task else { return };
        let Some(doing) = &task.current else { return };
        if web::tools::is_read(&doing.call.name) || task.effects.iter().any(|effect| effect.id == doing.effect) {
            return self.act(out);
        }
        let target = target_of(&doing.call, &self.memory, &task.results);
        let what = match &task.mind {
            Mind::Recipe(play) if doing.call.id != TO_START => {
                play.step().map(|step| step.intent).unwrap_or_else(|| doing.call.name.clone())
            }
            Mind::Model(_) | Mind::Waiting { .. } | Mind::Recipe(_) => in_words(&doing.call.name, &told(&doing.call), &target).1,
        };
        task.effects.push(Effect { id: doing.effect.clone(), what, state: EffectState::Intended });
        self.act(out);
    }

    /// Kept before done: what may have happened must be known to the next life.
    pub(super) fn dispatched(&mut self, effect: &str, trace: String, out: &mut Vec<Action>) {
        let doing = self.task.as_mut().filter(|task| task.stage == Stage::Acting).and_then(|task| task.current.as_mut());
        let Some(doing) = doing.filter(|doing| doing.effect == effect) else {
            return out.push(Action::Unnoted);
        };
        doing.begun = Some(trace);
        if let Some(task) = &mut self.task {
            set(task, effect, EffectState::Dispatched);
        }
        self.save_first(out);
    }

    pub(super) fn saved(&mut self, out: &mut Vec<Action>) {
        let Some(task) = &self.task else { return };
        if task.waking {
            self.rejoin(out);
        } else if task.current.as_ref().is_some_and(|doing| doing.begun.is_some()) {
            out.push(Action::Noted);
        }
    }

    fn act(&mut self, out: &mut Vec<Action>) {
        let Some(task) = &mut self.task else { return };
        let Some(Doing { call, effect, door, tab, begun, .. }) = task.current.clone() else { return };
        task.stage = Stage::Acting;
        let origins = task.grants.origins().to_vec();
        let (has_begun, trace) = (begun.is_some(), begun.or_else(|| self.trace_for(tab)));
        out.push(Action::Act { door, effect, tool: call.name, input: call.input, origins, trace, begun: has_begun });
        out.push(Action::Timer { key: ACT, after_ms: ACT_MS });
    }

    /// The code of the current call says something: shown on its card, and kept with its outcome only.
    pub(super) fn output(&mut self, effect: &str, text: String, out: &mut Vec<Action>) {
        let doing = self.task.as_ref().and_then(|task| task.current.as_ref()).filter(|doing| doing.effect == effect);
        let Some(index) = doing.and_then(|doing| doing.item) else { return };
        if let Some(Item::Tool { card }) = self.items.at(index) {
            // Its newest line in short, for who has not opened the card.
            card.evidence = web::words::line(text.trim_end().lines().next_back().unwrap_or_default(), EVIDENCE_MAX);
            card.result = text;
        }
        self.show_item(index, out);
    }

    pub(super) fn act_is_silent(&mut self, out: &mut Vec<Action>) {
        let Some(task) = &self.task else { return };
        let Some(doing) = task.current.as_ref().filter(|_| task.stage == Stage::Acting && task.questions.is_empty()) else {
            return;
        };
        out.push(Action::CancelAct { door: doing.door, effect: doing.effect.clone() });
        self.acted(Err(format!("the tab gave no answer for {} s", ACT_MS / 1_000)), out);
    }

    pub(super) fn acted(&mut self, outcome: Result<Box<Outcome>, String>, out: &mut Vec<Action>) {
        if self.task.as_ref().is_none_or(|task| task.stage != Stage::Acting) {
            return;
        }
        out.push(Action::CancelTimer { key: ACT });
        let outcome = outcome.map_or_else(unknown_outcome, |outcome| *outcome);
        self.settle_and_go_on(outcome, out);
    }

    /// What it went through was taken back: that is told, and the run goes on without.
    pub(super) fn act_revoked(&mut self, out: &mut Vec<Action>) {
        let has_begun = self.task.as_ref().and_then(|task| task.current.as_ref()).is_some_and(|doing| doing.begun.is_some());
        if has_begun {
            return self.acted(Err("the owner took it back while it was under way".into()), out);
        }
        let why = "the owner has taken it back from this chat";
        let text = format!("Not executed: {why}.");
        self.acted(Ok(Box::new(Outcome { verdict: Verdict::Denied, evidence: why.into(), text, error: true, ..Outcome::default() })), out);
    }

    fn settle_and_go_on(&mut self, outcome: Outcome, out: &mut Vec<Action>) {
        self.progressed();
        if let Some(tab) = outcome.tab {
            self.know(tab, &outcome.url, &outcome.trace);
        }
        self.drive_on(&outcome);
        if self.task.as_ref().is_some_and(|task| matches!(task.mind, Mind::Model(_))) {
            self.settle(outcome, out);
            if self.task.as_ref().is_some_and(|task| !task.is_over()) {
                self.go_on(out);
            }
        } else {
            self.step_settled(&outcome, out);
        }
    }

    /// The browser's own tools choose which tabs are driven.
    fn drive_on(&mut self, outcome: &Outcome) {
        let Some(task) = &mut self.task else { return };
        let Some(doing) = task.current.as_ref().filter(|doing| doing.door == Door::Browser && outcome.verdict == Verdict::Verified) else {
            return;
        };
        let closed = doing.call.input["tab_id"].as_i64().or(task.driven.first().copied()).filter(|_| doing.call.name == "close_tab");
        match (outcome.tab, closed) {
            (Some(tab), _) => task.drives(tab),
            (None, Some(tab)) => task.lets_go(tab),
            (None, None) => {}
        }
    }

    /// What came of the current call, for the card, the log, the model and the loop rule.
    pub(super) fn settle(&mut self, outcome: Outcome, out: &mut Vec<Action>) {
        let Some(task) = &mut self.task else { return };
        let Some(doing) = task.current.take() else { return };
        withdraw(task, &doing.effect, out);
        log(task, &doing.effect, outcome.verdict);
        if outcome.verdict == Verdict::Verified {
            task.taken.extend(outcome.step.clone());
        }
        task.failed |= outcome.error;
        let target = outcome
            .step
            .as_ref()
            .and_then(|step| step.target.as_ref())
            .map(|target| format!("{} {} {} {}", target.role, target.name, target.path, target.ord));
        let rung = task.repeat.note(Call {
            tool: &doing.call.name,
            input: &doing.call.input,
            target: target.as_deref(),
            page_before: outcome.page_before,
            changed: outcome.changed,
            failure: outcome.error.then_some(outcome.evidence.as_str()),
        });
        let mut text = outcome.text.clone();
        if let Rung::Tell(words) = &rung {
            text.push_str("\n\n");
            text.push_str(words);
        }
        task.results.push(ToolResult { id: doing.call.id.clone(), text, images: outcome.images.clone(), error: outcome.error });
        self.close_card(doing.item, &outcome, out);
        match rung {
            Rung::Stop(why) => self.give_up(&why, out),
            Rung::Fine | Rung::Tell(_) => {}
        }
    }

    /// The card's last state.
    pub(super) fn close_card(&mut self, item: Option<usize>, outcome: &Outcome, out: &mut Vec<Action>) {
        if let Some(tab) = outcome.tab {
            self.chat.run.tab = Some(tab);
            if let Some(task) = &mut self.task {
                task.tab = Some(tab);
            }
        }
        let Some(index) = item else { return };
        if let Some(Item::Tool { card }) = self.items.at(index) {
            card.verdict = outcome.verdict;
            if !outcome.summary.is_empty() {
                card.summary = outcome.summary.clone();
            }
            card.evidence = outcome.evidence.clone();
            card.result = outcome.text.chars().take(RESULT_MAX).collect();
            card.tab = outcome.tab.or(card.tab);
            card.image = outcome.images.first().map(|image| format!("data:{};base64,{}", image.mime, image.data));
        }
        self.show_item(index, out);
        self.forget_old_pictures();
    }

    /// A chat has room for so many only, and its owner has seen the older ones.
    fn forget_old_pictures(&mut self) {
        let pictured = (0..self.items.len()).rev().filter(|at| matches!(&self.items[*at], Item::Tool { card } if card.image.is_some()));
        let old: Vec<usize> = pictured.skip(PICTURES_MAX).collect();
        for at in old {
            if let Some(Item::Tool { card }) = self.items.at(at) {
                card.image = None;
            }
        }
    }

    /// The task ends while a call is under way: it is told to stop, and what came of it stays unknown.
    pub(super) fn cut(&mut self, task: &mut Task, out: &mut Vec<Action>) {
        let Some(doing) = task.current.take() else { return };
        out.push(Action::CancelAct { door: doing.door, effect: doing.effect.clone() });
        log(task, &doing.effect, Verdict::Stopped);
        let evidence: String = "stopped while it was under way; it may have happened in part".into();
        task.results.push(error(&doing.call, format!("The owner stopped the task during this call: {evidence}.")));
        self.close_card(doing.item, &Outcome { verdict: Verdict::Stopped, evidence, ..Outcome::default() }, out);
    }

    /// The task ends before the current call was handed over.
    pub(super) fn not_begun(&mut self, task: &mut Task, out: &mut Vec<Action>) {
        let Some(doing) = task.current.take() else { return };
        task.effects.retain(|effect| effect.id != doing.effect);
        let evidence: String = "not executed: the task ended before".into();
        self.close_card(doing.item, &Outcome { verdict: Verdict::Stopped, evidence, ..Outcome::default() }, out);
    }
}

/// What a call acts on, as the page called it.
fn target_of(call: &ToolUse, memory: &Memory, newest: &[ToolResult]) -> String {
    call.input["ref"].as_str().map(|reference| memory.label_of(reference, newest)).unwrap_or_default()
}

/// What happened outside goes with the last result; without one it is a message of its own.
fn tell(results: &mut [ToolResult], news: &mut Vec<String>, memory: &mut Memory) {
    for line in core::mem::take(news) {
        match results.last_mut() {
            Some(last) => last.text.push_str(&format!("\n\n[peerd: {line}]")),
            None => memory.says(format!("[peerd: {line}]")),
        }
    }
}

/// Questions of a call that is over are moot.
fn withdraw(task: &mut Task, effect: &str, out: &mut Vec<Action>) {
    let moot = task.questions.iter().filter(|question| question.effect == effect);
    for token in moot.map(|question| question.token) {
        out.push(Action::CancelTimer { key: super::SILENCE + token });
        out.push(Action::Withdraw { token });
    }
    task.questions.retain(|question| question.effect != effect);
}

pub(super) fn log(task: &mut Task, effect: &str, verdict: Verdict) {
    set(task, effect, EffectState::Outcome(verdict));
}

fn set(task: &mut Task, effect: &str, state: EffectState) {
    if let Some(effect) = task.effects.iter_mut().find(|known| known.id == effect) {
        effect.state = state;
    }
}

/// What is typed may be a secret, and is on the card if it is none.
fn told(call: &ToolUse) -> Value {
    let mut input = call.input.clone();
    for key in ["value", "text"] {
        if matches!(call.name.as_str(), "type" | "form_input") && input.get(key).is_some() {
            input[key] = "…".into();
        }
    }
    input
}

fn unknown_outcome(why: String) -> Outcome {
    let text = format!("Unknown outcome: {why}. It may or may not have happened: look before you go on, do not simply repeat it.");
    Outcome { verdict: Verdict::Unknown, evidence: why, text, error: true, ..Outcome::default() }
}

fn unknown(call: &ToolUse) -> Option<String> {
    let specs = web::specs();
    let names: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
    (!names.contains(&call.name.as_str())).then(|| format!("There is no tool called {:?}. There are: {}.", call.name, names.join(", ")))
}

fn error(call: &ToolUse, text: String) -> ToolResult {
    ToolResult { id: call.id.to_string(), text, images: Vec::new(), error: true }
}
