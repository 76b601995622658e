//! A chat: its items as panels see them, its memory as the model sees it, and the task under way.
use super::{
    ACT, Action, Input, LOOK, SILENCE,
    effects::report,
    known::Known,
    log::Log,
    memory::Memory,
    spend::Spend,
    stored,
    task::{Mind, Stage, Task},
};
use crate::{
    recipe::of_run,
    view::{Chat, ChatId, ChatInfo, Item, RunPhase, RunState, TabId, Tone, Update, Verdict},
};
use alloc::{boxed::Box, format, string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// Of a chat, from its first words.
const TITLE_MAX: usize = 48;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    /// Without its items.
    pub(super) chat: Chat,
    pub(super) items: Log<Item>,
    pub(super) memory: Memory,
    pub(super) spent: Spend,
    /// Under way, or the last one.
    pub(super) task: Option<Task>,
    pub(super) tabs: Log<Known>,
    /// The tabs whose actors have their trace, or gave it, in this life.
    pub(super) given: Vec<TabId>,
    /// The time of day at this input.
    pub(super) wall: u64,
    pub(super) tokens: u64,
    /// Of another version: nothing is written over it.
    is_unread: bool,
}

impl Session {
    /// A new chat, or one that the store has. A run that was under way then goes on.
    #[must_use]
    pub fn open(id: ChatId, wall: u64, kept: &[(String, String)], out: &mut Vec<Action>) -> Session {
        let chat = Chat { id, title: String::new(), at: wall, items: Vec::new(), run: RunState::default() };
        let (memory, spent) = (Memory::default(), Spend::default());
        let (items, tabs, given) = (Log::default(), Log::default(), Vec::new());
        let mut session = Session { chat, items, memory, spent, task: None, tabs, given, wall, tokens: 0, is_unread: false };
        match stored::read(kept) {
            Ok(None) => {}
            Ok(Some(kept)) => session.reopen(id, kept, out),
            Err(why) => {
                session.is_unread = true;
                let text = format!("What was kept of this chat can't be read ({why}). It is left as it is.");
                session.items.push(Item::Note { tone: Tone::Bad, text });
            }
        }
        session
    }

    fn reopen(&mut self, id: ChatId, kept: stored::Kept, out: &mut Vec<Action>) {
        self.chat = Chat { id, ..kept.chat };
        (self.items, self.tabs) = (kept.items, kept.tabs);
        self.memory.messages = kept.messages;
        (self.spent, self.tokens) = (kept.spent, kept.tokens);
        self.task = kept.task;
        match &self.task {
            Some(_) => self.wake(out),
            None if self.chat.run.phase.is_under_way() => {
                self.memory.results(kept.results);
                let driven: Vec<TabId> = self.chat.run.tab.into_iter().collect();
                self.interrupted(&report(&kept.effects), &driven, out);
            }
            None => {}
        }
        if !kept.is_current {
            self.save(out);
        }
        // It may have ended in the moment in which its Worker did, and the list not know.
        self.list(out);
    }

    /// The one place where a chat changes.
    pub fn handle(&mut self, wall: u64, input: Input, out: &mut Vec<Action>) {
        self.wall = wall;
        // What these change can be had again.
        let is_opening = self.task.as_ref().is_some_and(|task| task.stage == Stage::Opening);
        let is_passing = matches!(
            input,
            Input::Show
                | Input::Progress { .. }
                | Input::Output { .. }
                | Input::KeepRun { .. }
                | Input::Saved
                | Input::Unsaved { first: false, .. }
                | Input::Timer { key: LOOK }
        ) || matches!(input, Input::Found(_)) && !is_opening;
        self.take(input, out);
        let is_saved = out.iter().any(|action| matches!(action, Action::Save { .. }));
        if !is_passing && !is_saved {
            self.save(out);
        }
    }

    fn take(&mut self, input: Input, out: &mut Vec<Action>) {
        let is_waking = self.task.as_ref().is_some_and(|task| task.waking);
        match input {
            Input::Dispatch { .. } if is_waking => out.push(Action::Unnoted),
            // Meant for the life before: this one has asked nothing yet, and what is still open is asked again.
            Input::Replied(_) | Input::Acted(_) | Input::ActRevoked | Input::Need { .. } | Input::Timer { .. } if is_waking => {}
            Input::Task { text, tab, engine, seed } => self.begin(text, tab, Mind::Model(engine), seed, out),
            Input::Recipe { recipe, slots, tab, seed } => {
                let text = format!("Run the recipe “{}”.", recipe.name);
                self.begin(text, tab, Mind::Waiting { recipe: *recipe, slots }, seed, out);
            }
            Input::Show => {
                out.push(Action::Show(Update::Chat { chat: self.whole() }));
                out.push(Action::Show(Update::Run { chat: self.chat.id, run: self.chat.run.clone() }));
            }
            Input::Stop => self.stopped_by_owner(out),
            Input::Resume => self.resume(out),
            Input::KeepRun { name } => self.keep_run(&name, out),
            Input::Answer { token, answer } => self.answered(token, Some(answer), out),
            Input::Need { effect, need } => self.needed(&effect, need, out),
            Input::Progress { line } => self.progress(line, out),
            Input::Output { effect, text } => self.output(&effect, text, out),
            Input::Hand => self.hand(out),
            Input::TabNews { text, gone } => self.news(text, gone, out),
            Input::Dispatch { effect, trace } => self.dispatched(&effect, trace, out),
            Input::Unlocked => self.unlocked(out),
            Input::Replied(reply) => self.replied(reply, out),
            Input::Found(found) => self.found(found, out),
            Input::Saved => self.saved(out),
            Input::Unsaved { why, first } => self.unsaved(&why, first, out),
            Input::Acted(outcome) => self.acted(outcome, out),
            Input::ActRevoked => self.act_revoked(out),
            Input::Timer { key: ACT } => self.act_is_silent(out),
            Input::Timer { key: LOOK } => self.look_again(out),
            Input::Timer { key } => self.answered(key.saturating_sub(SILENCE), None, out),
        }
    }

    /// What is not kept first is not done: the next life would do it again.
    fn unsaved(&mut self, why: &str, first: bool, out: &mut Vec<Action>) {
        self.items.not_kept();
        self.memory.messages.not_kept();
        self.tabs.not_kept();
        if !first || self.task.as_ref().is_none_or(Task::is_over) {
            return;
        }
        // An earlier try of the same, in an earlier life too, may have happened: it is told as one that is cut.
        out.push(Action::Unnoted);
        let note = format!("Stopped: this chat can't be kept any more ({why}). Go on in a new one.");
        self.finish(RunPhase::Failed, Tone::Bad, note, out);
    }

    fn begin(&mut self, text: String, tab: Option<i64>, mind: Mind, seed: u64, out: &mut Vec<Action>) {
        if self.is_unread {
            return out.push(Action::Problem("What was kept of this chat can't be read, and is left as it is. Open a new chat.".into()));
        }
        if self.task.as_ref().is_some_and(|task| !task.is_over()) {
            return out.push(Action::Problem("This chat has a task under way. Stop it first, or open a new chat.".into()));
        }
        if self.chat.title.is_empty() {
            self.chat.title = title(&text);
        }
        self.chat.at = self.wall;
        self.push(Item::User { text: text.clone(), at: self.wall }, out);
        if matches!(mind, Mind::Model(_)) {
            self.memory.says(text);
        }
        let mut task = Task::new(format!("{}-{seed:016x}", self.chat.id), mind, tab);
        task.stage = if tab.is_some() { Stage::Opening } else { Stage::Between };
        self.task = Some(task);
        self.chat.run = RunState { usage: self.spent.view(), tab, ..RunState::default() };
        self.phase(RunPhase::Thinking, "starting".into(), out);
        match tab {
            Some(tab) => out.push(Action::Find { tab: Some(tab) }),
            None => self.opened(None, out),
        }
    }

    fn stopped_by_owner(&mut self, out: &mut Vec<Action>) {
        if self.task.as_ref().is_some_and(|task| !task.is_over()) {
            self.finish(RunPhase::Stopped, Tone::Info, "Stopped.".into(), out);
        }
    }

    /// Ends the task, whatever it waits for. The history stays valid: a call in flight is answered with what is known of it.
    pub(super) fn finish(&mut self, phase: RunPhase, tone: Tone, note: String, out: &mut Vec<Action>) {
        let Some(mut task) = self.task.take() else {
            return;
        };
        match task.stage {
            Stage::Asking { .. } => out.push(Action::CancelAsk),
            _ if task.current.as_ref().is_some_and(|doing| doing.begun.is_some()) => self.cut(&mut task, out),
            Stage::Acting => self.cut(&mut task, out),
            Stage::Opening | Stage::Finding | Stage::Looking | Stage::Resting { .. } | Stage::Between | Stage::Over => {
                self.not_begun(&mut task, out)
            }
        }
        for question in task.questions.drain(..) {
            out.push(Action::CancelTimer { key: SILENCE + question.token });
            out.push(Action::Withdraw { token: question.token });
        }
        out.extend([Action::CancelTimer { key: ACT }, Action::CancelTimer { key: LOOK }, Action::Release]);
        self.memory.results(core::mem::take(&mut task.results));
        if task.has_secrets() {
            self.forget_traces();
        }
        task.queue.clear();
        (task.stage, task.waking, task.locked) = (Stage::Over, false, false);
        self.task = Some(task);
        self.close_items();
        if !note.is_empty() {
            self.push(Item::Note { tone, text: note }, out);
        }
        let line = self.chat.run.line.clone();
        self.phase(phase, if phase == RunPhase::Done { "done".into() } else { line }, out);
        out.push(Action::Show(Update::Chat { chat: self.whole() }));
    }

    fn keep_run(&self, name: &str, out: &mut Vec<Action>) {
        let taken = self.task.as_ref().filter(|task| task.is_over()).map(|task| task.taken.as_slice()).unwrap_or_default();
        match of_run(name, taken) {
            Ok(recipe) => out.push(Action::Keep(Box::new(recipe))),
            Err(why) => out.push(Action::Problem(format!("This run can't be kept as a recipe: {why}."))),
        }
    }

    fn progress(&mut self, line: String, out: &mut Vec<Action>) {
        if self.task.as_ref().is_some_and(|task| matches!(task.stage, Stage::Asking { .. }) && !task.paused) {
            self.phase(RunPhase::Thinking, line, out);
        }
    }

    fn hand(&mut self, out: &mut Vec<Action>) {
        if let Some(task) = self.task.as_mut().filter(|task| !task.is_over() && !task.paused) {
            task.paused = true;
            let text = "You are using this tab yourself, so the task waits. Press Resume to go on.";
            self.push(Item::Note { tone: Tone::Warning, text: text.into() }, out);
            self.phase(RunPhase::Paused, "while you use the tab".into(), out);
        }
    }

    pub(super) fn resume(&mut self, out: &mut Vec<Action>) {
        let Some(task) = self.task.as_mut().filter(|task| !task.is_over() && task.paused) else {
            return;
        };
        task.paused = false;
        if core::mem::take(&mut task.locked) && !task.waking {
            return self.go_on(out);
        }
        let line = "the owner used the page by hand meanwhile; it may have changed";
        if !task.news.iter().any(|news| news == line) {
            task.news.push(line.into());
        }
        match task.stage {
            // It is found out first where it stands.
            _ if task.waking => {}
            Stage::Between => self.go_on(out),
            _ if core::mem::take(&mut task.stands) => {
                self.phase(RunPhase::Acting, self.step_line(), out);
                self.find(out);
            }
            // What was under way when the hand came goes on by itself.
            Stage::Asking { .. } => self.phase(RunPhase::Thinking, self.step_line(), out),
            _ => self.phase(RunPhase::Acting, self.step_line(), out),
        }
    }

    fn news(&mut self, text: String, gone: Option<TabId>, out: &mut Vec<Action>) {
        if let Some(task) = self.task.as_mut().filter(|task| !task.is_over()) {
            if let Some(tab) = gone {
                task.lets_go(tab);
            }
            let note = sentence(&text);
            task.news.push(text);
            self.push(Item::Note { tone: Tone::Warning, text: note }, out);
        }
    }

    /// Begins the next thing, or stands still while paused.
    pub(super) fn go_on(&mut self, out: &mut Vec<Action>) {
        let Some(task) = &mut self.task else { return };
        task.stage = Stage::Between;
        if task.paused {
            return;
        }
        match task.mind {
            Mind::Model(_) => self.next_call(out),
            Mind::Waiting { .. } | Mind::Recipe(_) => self.next_step(out),
        }
    }
}

/// What panels, the list and the store are told.
impl Session {
    pub(super) fn push(&mut self, item: Item, out: &mut Vec<Action>) {
        self.items.push(item);
        self.show_item(self.items.len() - 1, out);
    }

    pub(super) fn show_item(&self, index: usize, out: &mut Vec<Action>) {
        if let Some(item) = self.items.get(index) {
            out.push(Action::Show(Update::Item { chat: self.chat.id, index, item: item.clone() }));
        }
    }

    pub(super) fn phase(&mut self, phase: RunPhase, line: String, out: &mut Vec<Action>) {
        let coarse = self.chat.run.phase.is_under_way() != phase.is_under_way();
        let paused = self.task.as_ref().is_some_and(|task| task.paused && !task.is_over());
        self.chat.run.phase = if paused { RunPhase::Paused } else { phase };
        self.chat.run.line = line;
        out.push(Action::Show(Update::Run { chat: self.chat.id, run: self.chat.run.clone() }));
        if coarse {
            self.list(out);
        }
    }

    pub(super) fn list(&self, out: &mut Vec<Action>) {
        let Chat { id, at, title, run, .. } = &self.chat;
        let title = if title.is_empty() { "New chat".into() } else { title.clone() };
        out.push(Action::List(ChatInfo { id: *id, title, at: *at, state: run.phase }));
    }

    /// What the next life needs and is not kept yet.
    pub(super) fn save(&mut self, out: &mut Vec<Action>) {
        if self.is_unread {
            return;
        }
        out.push(Action::Save { changes: stored::changes(self), reply: false });
    }

    /// The same, and nothing goes on before it is kept.
    pub(super) fn save_first(&mut self, out: &mut Vec<Action>) {
        out.push(Action::Save { changes: stored::changes(self), reply: true });
    }

    pub(super) fn whole(&self) -> Chat {
        Chat { items: self.items.to_vec(), ..self.chat.clone() }
    }

    /// "step 3 of 100".
    pub(super) fn step_line(&self) -> String {
        let Some(task) = &self.task else { return String::new() };
        match &task.mind {
            Mind::Model(engine) => format!("step {} of {}", task.steps.max(1), engine.limits.steps_max),
            Mind::Waiting { .. } => "starting".into(),
            Mind::Recipe(play) => format!("step {} of {}", (play.done() + 1).min(play.len()), play.len()),
        }
    }

    /// Nothing is live or running any more.
    pub(super) fn close_items(&mut self) {
        for at in 0..self.items.len() {
            match &self.items[at] {
                Item::Assistant { live: true, .. } => {
                    if let Some(Item::Assistant { live, .. }) = self.items.at(at) {
                        *live = false;
                    }
                }
                Item::Tool { card } if card.verdict == Verdict::Running => {
                    if let Some(Item::Tool { card }) = self.items.at(at) {
                        card.verdict = Verdict::Unknown;
                        card.evidence = "cut off; what came of it is not known".into();
                    }
                }
                Item::User { .. } | Item::Assistant { .. } | Item::Tool { .. } | Item::Note { .. } => {}
            }
        }
        // Words that never came.
        if matches!(self.items.last(), Some(Item::Assistant { text, .. }) if text.is_empty()) {
            self.items.pop();
        }
    }
}

/// `tab 3 was closed` as a person reads it.
fn sentence(text: &str) -> String {
    let mut chars = text.trim_end_matches('.').chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).chain(['.']).collect()
}

fn title(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= TITLE_MAX {
        return line;
    }
    let cut: String = line.chars().take(TITLE_MAX).collect();
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{}…", whole.trim_end_matches([',', '.', ';', ':']))
}
