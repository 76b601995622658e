//! A chat as its shelf has it: JSON texts by key. `chat` is what a turn may change anywhere; items, messages and tabs have a text each,
//! written when it changes. Slots and secrets of a recipe's run are not in it.
use super::{effects::Effect, known::Known, log::Log, session::Session, spend::Spend, task::Task};
use crate::{
    model::{Message, ToolResult},
    view::{Chat, Item},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// 1 was one text with all items and messages in it, and had no task: a run ended with its Worker.
const VERSION: u32 = 2;

pub const CHAT: &str = "chat";
pub const ITEM: &str = "item/";
const MESSAGE: &str = "message/";
const TAB: &str = "tab/";

/// By key; none: there is nothing any more.
pub type Change = (String, Option<String>);

pub struct Kept {
    pub chat: Chat,
    pub items: Log<Item>,
    pub messages: Log<Message>,
    pub tabs: Log<Known>,
    pub spent: Spend,
    pub tokens: u64,
    pub task: Option<Task>,
    /// Of a task that is not kept: what its interruption is told by.
    pub effects: Vec<Effect>,
    pub results: Vec<ToolResult>,
    /// Kept in this version's way.
    pub is_current: bool,
}

/// The text under `chat`.
#[derive(Serialize, Deserialize)]
struct Head {
    version: u32,
    chat: Chat,
    /// Of version 1.
    #[serde(default)]
    memory: Memory,
    spent: Spend,
    #[serde(default)]
    effects: Vec<Effect>,
    #[serde(default)]
    results: Vec<ToolResult>,
    #[serde(default)]
    task: Option<Task>,
    #[serde(default)]
    tokens: u64,
}

#[derive(Default, Serialize, Deserialize)]
struct Memory {
    messages: Vec<Message>,
}

/// Since they were last asked for.
pub fn changes(session: &mut Session) -> Vec<Change> {
    let mut head = Head {
        version: VERSION,
        chat: session.chat.clone(),
        memory: Memory::default(),
        spent: session.spent,
        effects: Vec::new(),
        results: Vec::new(),
        task: session.task.clone(),
        tokens: session.tokens,
    };
    let has_secrets = head.task.as_ref().is_some_and(Task::has_secrets);
    if let Some(task) = head.task.take_if(|_| has_secrets) {
        (head.effects, head.results) = (task.effects, task.results);
    }
    let mut changes = Vec::from([(CHAT.into(), Some(text(&head)))]);
    session.items.changes(|at, item| changes.push(entry(ITEM, at, item)));
    session.memory.messages.changes(|at, message| changes.push(entry(MESSAGE, at, message)));
    // The trace of a tab holds what was typed there last.
    if !has_secrets {
        session.tabs.changes(|at, tab| changes.push(entry(TAB, at, tab)));
    }
    changes
}

fn entry<T: Serialize>(kind: &str, at: usize, value: Option<&T>) -> Change {
    (format!("{kind}{at:08}"), value.map(text))
}

fn text<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value).map(|value| value.to_string()).unwrap_or_default()
}

/// Whether whoever reads this text under `chat` goes on with a task.
#[must_use]
pub fn is_under_way(head: &str) -> bool {
    parse::<Head>(head).is_ok_and(|head| head.task.is_some_and(|task| !task.is_over()) || head.chat.run.phase.is_under_way())
}

/// None: nothing is kept.
pub fn read(kept: &[(String, String)]) -> Result<Option<Kept>, String> {
    let Some((_, head)) = kept.iter().find(|(key, _)| key == CHAT) else { return Ok(None) };
    let head: Head = parse(head)?;
    if !(1..=VERSION).contains(&head.version) {
        return Err(format!("it is of version {}", head.version));
    }
    let is_current = head.version == VERSION;
    let Head { mut chat, memory, spent, effects, results, task, tokens, .. } = head;
    let (items, messages, tabs) = if is_current {
        (Log::kept(entries(kept, ITEM)?), Log::kept(entries(kept, MESSAGE)?), Log::kept(entries(kept, TAB)?))
    } else {
        (Log::new(core::mem::take(&mut chat.items)), Log::new(memory.messages), Log::default())
    };
    Ok(Some(Kept { chat, items, messages, tabs, spent, tokens, task, effects, results, is_current }))
}

/// The keys come in their order.
fn entries<T: DeserializeOwned>(kept: &[(String, String)], kind: &str) -> Result<Vec<T>, String> {
    kept.iter().filter(|(key, _)| key.starts_with(kind)).map(|(_, text)| parse(text)).collect()
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    T::deserialize(value).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{RunPhase, RunState};

    #[test]
    fn a_chat_is_under_way_until_its_run_is_over() {
        let head = |phase| Head {
            version: VERSION,
            chat: Chat { run: RunState { phase, ..RunState::default() }, ..Chat::default() },
            memory: Memory::default(),
            spent: Spend::default(),
            effects: Vec::new(),
            results: Vec::new(),
            task: None,
            tokens: 0,
        };
        let phases = [RunPhase::Idle, RunPhase::Thinking, RunPhase::Waiting, RunPhase::Done, RunPhase::Failed];
        assert_eq!(phases.map(|phase| is_under_way(&text(&head(phase)))), [false, true, true, false, false]);
        assert!(!is_under_way("no chat"));
    }
}
