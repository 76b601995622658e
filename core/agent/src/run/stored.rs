//! A chat as the store has it: readable JSON under `chat/N`. Slots and secrets of a recipe's run are not in it.
use super::{effects::Effect, memory::Memory, session::Session, spend::Spend};
use crate::view::Chat;
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

const VERSION: u32 = 1;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    pub version: u32,
    pub chat: Chat,
    pub memory: Memory,
    pub spent: Spend,
    /// Of the last task: what an interruption is told by.
    pub effects: Vec<Effect>,
}

pub fn write(session: &Session) -> String {
    // Results that still wait for the rest of their turn belong to the history too.
    let mut memory = session.memory.clone();
    memory.results(session.task.as_ref().map(|task| task.results.clone()).unwrap_or_default());
    let kept = Kept {
        version: VERSION,
        chat: session.chat.clone(),
        memory,
        spent: session.spent,
        effects: session.task.as_ref().map(|task| task.effects.clone()).unwrap_or_default(),
    };
    serde_json::to_value(&kept).map(|value| value.to_string()).unwrap_or_default()
}

pub fn read(kept: &Value) -> Result<Kept, String> {
    let kept = Kept::deserialize(kept).map_err(|error| error.to_string())?;
    if kept.version == VERSION { Ok(kept) } else { Err(format!("it is of version {}", kept.version)) }
}
