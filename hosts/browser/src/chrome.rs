//! Port `chrome`: calls and sends go to the offscreen document as numbered messages, events come back to all subscribers.
use crate::{engine::Asked, js};
use peerd_agent::view::Command;
use peerd_vat::Ref;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use std::collections::BTreeMap;
use wasm_bindgen::JsValue;

#[derive(Default)]
pub struct Chrome {
    calls: u64,
    waiting: BTreeMap<u64, Ref>,
    subscribers: Vec<Ref>,
}

/// What the offscreen document says. Exactly one of the fields is set; an answer names its call.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub struct Heard<'a> {
    pub id: Option<u64>,
    #[serde(borrow)]
    pub answer: Option<&'a RawValue>,
    #[serde(borrow)]
    pub event: Option<&'a RawValue>,
    /// What a panel wants.
    pub command: Option<Command>,
    pub recorded: Option<Value>,
    pub all_sites: Option<bool>,
}

impl Chrome {
    pub fn asked(&mut self, asked: &Asked) {
        if crate::panel::subscribes(&asked.body) {
            // An actor that was started again subscribes again.
            self.subscribers.extend(asked.refs.first().filter(|one| !self.subscribers.contains(one)));
            return;
        }
        let Ok(op) = std::str::from_utf8(&asked.body) else { return };
        let message = match asked.reply {
            Some(reply) => {
                self.calls += 1;
                self.waiting.insert(self.calls, reply);
                format!("{{\"id\":{},\"op\":{op}}}", self.calls)
            }
            None => format!("{{\"op\":{op}}}"),
        };
        post(&message);
    }

    /// Whose call this answers; none when nobody waits for it any more.
    pub fn settle(&mut self, id: u64) -> Option<Ref> {
        self.waiting.remove(&id)
    }

    pub fn dropped(&mut self, reply: Ref) {
        self.waiting.retain(|_, waiting| *waiting != reply);
    }

    pub fn subscribers(&self) -> Vec<Ref> {
        self.subscribers.clone()
    }
}

/// Strings, because they are cheaper than structured clones and both ends keep JSON anyway.
pub fn post(message: &str) {
    // It throws only for what can't be cloned, and a string can.
    js::scope().post_message(&JsValue::from_str(message)).expect("a string can be posted");
}
