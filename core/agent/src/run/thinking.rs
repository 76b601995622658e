//! The model's part: asking it, what it answers, and the words for what goes wrong.
use super::{
    Action, Session,
    prompt::{ANSWER_TOKENS_MAX, SYSTEM},
    task::{Mind, Stage},
};
use crate::{
    actors::wire::{Answered, Engine, Found},
    address,
    grants::Grants,
    model::{Failure, FailureKind, Reply, Request, Stop, ToolUse},
    view::{Item, RunPhase, Tone, Update},
    web,
};
use alloc::{boxed::Box, format, string::String, vec::Vec};

impl Session {
    /// The tab a task starts on was looked up; none: it starts on no tab.
    pub(super) fn opened(&mut self, found: Option<Result<Found, String>>, out: &mut Vec<Action>) {
        let found = match found {
            Some(Ok(found)) if found.missing.is_none() => Some(found),
            Some(Ok(Found { missing: Some(why), .. }) | Err(why)) => {
                self.push(Item::Note { tone: Tone::Warning, text: format!("The tab can't be used: {why}") }, out);
                None
            }
            _ => None,
        };
        let Some(task) = &mut self.task else { return };
        task.tab = found.as_ref().map(|found| found.tab);
        task.driven.extend(task.tab);
        self.chat.run.tab = task.tab;
        if let Some(found) = &found {
            out.push(Action::Drive { tab: found.tab, title: self.chat.title.clone() });
        }
        if let Mind::Model(_) = task.mind {
            let words = self.items.iter().rev().find_map(|item| match item {
                Item::User { text, .. } => Some(text.as_str()),
                _ => None,
            });
            task.grants = Grants::of_task(words.unwrap_or_default(), found.as_ref().map(|found| found.url.as_str()));
            // The origin alone: the rest of an address is a page's own words.
            if let Some((tab, origin)) = found.and_then(|found| Some((found.tab, address::origin(&found.url)?))) {
                self.memory.started_on(&format!("[peerd: the task starts on tab {tab}, {origin}]"));
            }
            self.ask(out);
        } else {
            self.begin_recipe(found.map(|found| found.url), out);
        }
    }

    pub(super) fn ask(&mut self, out: &mut Vec<Action>) {
        let Some(task) = &mut self.task else { return };
        let Mind::Model(engine) = &task.mind else { return };
        if task.spent.tokens() >= engine.limits.tokens_max {
            let why = format!("it has used {} tokens, and its limit is {}", task.spent.tokens(), engine.limits.tokens_max);
            return self.give_up(&why, out);
        }
        task.repeat.heard();
        task.failed = false;
        self.memory.prune();
        self.request(out);
    }

    /// The same request each time, until it is answered.
    pub(super) fn request(&mut self, out: &mut Vec<Action>) {
        let Some(task) = &mut self.task else { return };
        let Mind::Model(engine) = &task.mind else { return };
        let engine = engine.clone();
        let index = self.items.len();
        task.stage = Stage::Asking { item: index };
        let request = Request {
            model: engine.model.clone(),
            system: SYSTEM.into(),
            messages: self.memory.messages.to_vec(),
            tools: web::specs(),
            max_tokens: ANSWER_TOKENS_MAX,
        };
        self.push(Item::Assistant { text: String::new(), live: true }, out);
        let line = self.step_line();
        self.phase(RunPhase::Thinking, line, out);
        out.push(Action::Ask { index, engine: Box::new(engine), request: Box::new(request) });
    }

    pub(super) fn replied(&mut self, answered: Result<Box<Answered>, String>, out: &mut Vec<Action>) {
        let Some(task) = &mut self.task else { return };
        let (Stage::Asking { item }, Mind::Model(engine)) = (task.stage, &task.mind) else {
            return self.late_words(answered, out);
        };
        let engine = engine.clone();
        // It answered: there is nothing to cancel any more.
        task.stage = Stage::Between;
        match answered.map(|answered| *answered) {
            Ok(Ok(reply)) => self.heard(item, reply, &engine, out),
            Ok(Err(failure)) if failure.kind == FailureKind::Locked => self.wait_for_keys(item, out),
            Ok(Err(failure)) => {
                // Nobody knows what was wrong with it: a picture that the provider can't read would spoil each later request, too.
                if failure.kind == FailureKind::Request {
                    self.memory.forget_pictures();
                }
                self.words(item, failure.partial.clone(), out);
                self.finish(RunPhase::Failed, Tone::Bad, failure_words(&failure), out);
            }
            Err(why) => {
                self.words(item, String::new(), out);
                self.finish(RunPhase::Failed, Tone::Bad, format!("The model could not be asked: {why}. You can go on in this chat."), out);
            }
        }
    }

    /// The keys lock themselves after a while, and whenever the Worker is replaced.
    fn wait_for_keys(&mut self, item: usize, out: &mut Vec<Action>) {
        self.words(item, String::new(), out);
        if let Some(task) = &mut self.task {
            (task.paused, task.locked) = (true, true);
        }
        self.note_once(Tone::Warning, "Your keys are locked, so the task waits. Unlock them and it goes on.", out);
        self.phase(RunPhase::Paused, "until you unlock your keys".into(), out);
    }

    pub(super) fn unlocked(&mut self, out: &mut Vec<Action>) {
        if self.task.as_ref().is_some_and(|task| task.locked) {
            self.resume(out);
        }
    }

    fn heard(&mut self, item: usize, reply: Reply, engine: &Engine, out: &mut Vec<Action>) {
        self.progressed();
        let Some(task) = &mut self.task else { return };
        task.spent.add(&reply.usage, &engine.provider);
        self.spent.add(&reply.usage, &engine.provider);
        self.chat.run.usage = self.spent.view();
        task.queue = reply.calls().cloned().collect::<Vec<ToolUse>>();
        let (text, called) = (reply.text(), !task.queue.is_empty());
        if matches!(reply.stop, Stop::Pause) {
            task.steps += 1;
        }
        self.words(item, text.clone(), out);
        self.memory.messages.push(reply.message);
        match reply.stop {
            Stop::Refusal(why) => self.finish(RunPhase::Failed, Tone::Bad, refusal(&why), out),
            Stop::Pause if !called => self.once_more(out),
            _ if called => self.go_on(out),
            Stop::Length => {
                let note = "The answer was cut at its length limit. Say “go on” for the rest.";
                self.finish(RunPhase::Failed, Tone::Warning, note.into(), out);
            }
            Stop::Other(why) => self.finish(RunPhase::Failed, Tone::Warning, format!("The model stopped: {why}."), out),
            Stop::End | Stop::ToolUse | Stop::Pause if text.trim().is_empty() => {
                self.finish(RunPhase::Done, Tone::Info, "The model ended without a word.".into(), out);
            }
            Stop::End | Stop::ToolUse | Stop::Pause => self.finish(RunPhase::Done, Tone::Info, String::new(), out),
        }
    }

    /// The model asked for another request with nothing new.
    fn once_more(&mut self, out: &mut Vec<Action>) {
        if self.step_is_left(out) {
            self.go_on(out);
        }
    }

    /// A stopped request still says what had streamed before.
    fn late_words(&mut self, answered: Result<Box<Answered>, String>, out: &mut Vec<Action>) {
        let Ok(Err(failure)) = answered.map(|answered| *answered) else { return };
        if self.task.as_ref().is_some_and(super::task::Task::is_over) && !failure.partial.trim().is_empty() {
            let at = self.items.iter().rposition(|item| matches!(item, Item::User { .. })).map_or(0, |user| user + 1);
            let behind_cards = self.items.iter().rposition(|item| matches!(item, Item::Tool { .. })).map_or(0, |card| card + 1);
            self.items.insert(at.max(behind_cards), Item::Assistant { text: failure.partial, live: false });
            out.push(Action::Show(Update::Chat { chat: self.whole() }));
        }
    }

    /// The words of the item that was streaming. When there are none, its place is free for the next item.
    pub(super) fn words(&mut self, item: usize, text: String, out: &mut Vec<Action>) {
        let silent = text.trim().is_empty();
        if silent && item + 1 == self.items.len() {
            self.items.pop();
        } else if silent && item < self.items.len() {
            self.items.remove(item);
            out.push(Action::Show(Update::Chat { chat: self.whole() }));
        } else if let Some(place) = self.items.at(item) {
            *place = Item::Assistant { text, live: false };
            self.show_item(item, out);
        }
    }

    /// False: the limit is reached and the task was stopped.
    pub(super) fn step_is_left(&mut self, out: &mut Vec<Action>) -> bool {
        let Some(task) = &self.task else { return false };
        let Mind::Model(engine) = &task.mind else { return true };
        let steps_max = engine.limits.steps_max.min(100);
        if task.steps < steps_max {
            return true;
        }
        self.give_up(&format!("it has taken {} steps, and its limit is {steps_max}", task.steps), out);
        false
    }

    /// Stops the task with an honest report of what was done.
    pub(super) fn give_up(&mut self, why: &str, out: &mut Vec<Action>) {
        let effects = self.task.as_ref().map(|task| super::effects::report(&task.effects)).unwrap_or_default();
        self.finish(RunPhase::Failed, Tone::Bad, format!("Stopped: {why}. The task is not finished.\n{effects}"), out);
    }
}

fn refusal(why: &str) -> String {
    if why.trim().is_empty() { "The model declined this.".into() } else { format!("The model declined this: {why}") }
}

/// In plain words, with what to do about it.
fn failure_words(failure: &Failure) -> String {
    let tries = if failure.tries > 1 { format!(" after {} tries", failure.tries) } else { String::new() };
    let (what, todo) = match failure.kind {
        // The codec has said what to do about it.
        FailureKind::Key => ("The key was not accepted", ""),
        FailureKind::Locked => ("Your keys are locked", "Unlock them and say it again."),
        FailureKind::Credit => ("The provider says that no credit is left", "Add credit there, or choose another model."),
        FailureKind::Request => ("The provider refused the request", "Another model or a new chat may help."),
        FailureKind::RateLimit => ("The provider is busy or limits how often it may be asked", "Wait a little and say it again."),
        FailureKind::Server => ("The provider is overloaded or has a fault", "Say it again later."),
        FailureKind::Transport => ("The provider could not be reached", "Check the address and the network."),
        FailureKind::Stalled => ("The model stopped sending and stayed silent", "Say it again, or choose another model."),
        FailureKind::Truncated => ("The answer broke off before its end, so none of its actions was executed", "Say it again."),
        FailureKind::Malformed => {
            ("The answer was not what this kind of provider sends", "Check the provider's address and kind in the settings.")
        }
        FailureKind::TooLarge => ("The answer was too large", "Ask for less at a time."),
        FailureKind::Cancelled => ("The request was cancelled", "Say it again."),
    };
    let detail = if failure.text.trim().is_empty() { String::new() } else { format!(": {}", failure.text.trim().trim_end_matches('.')) };
    format!("{what}{tries}{detail}. {todo}").trim_end().into()
}
