//! A chat as the store has it: readable JSON under `chat/N`. Slots and secrets of a recipe's run are not in it.
use super::{effects::Effect, known::Known, memory::Memory, session::Session, spend::Spend, task::Task};
use crate::view::Chat;
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// 1 had no task: a run ended with its Worker.
const VERSION: u32 = 2;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    pub version: u32,
    pub chat: Chat,
    pub memory: Memory,
    pub spent: Spend,
    /// Of a task that is not kept: what its interruption is told by.
    #[serde(default)]
    pub effects: Vec<Effect>,
    #[serde(default)]
    pub task: Option<Task>,
    #[serde(default)]
    pub tabs: Vec<Known>,
    #[serde(default)]
    pub tokens: u64,
}

pub fn write(session: &Session) -> String {
    let mut kept = Kept {
        version: VERSION,
        chat: session.chat.clone(),
        memory: session.memory.clone(),
        spent: session.spent,
        effects: Vec::new(),
        task: session.task.clone(),
        tabs: session.tabs.clone(),
        tokens: session.tokens,
    };
    if let Some(task) = kept.task.take_if(|task| task.has_secrets()) {
        // Results that still wait for the rest of their turn belong to the history too.
        kept.memory.results(task.results);
        kept.effects = task.effects;
        kept.tabs.clear();
    }
    serde_json::to_value(&kept).map(|value| value.to_string()).unwrap_or_default()
}

pub fn read(kept: &Value) -> Result<Kept, String> {
    let kept = Kept::deserialize(kept).map_err(|error| error.to_string())?;
    if (1..=VERSION).contains(&kept.version) { Ok(kept) } else { Err(format!("it is of version {}", kept.version)) }
}
