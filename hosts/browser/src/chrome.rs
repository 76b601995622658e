//! Port `chrome`: calls and sends go to the offscreen document as numbered messages, events come back to all subscribers.
use crate::{engine::Asked, js, world::World};
use js_sys::{Function, Promise};
use peerd_agent::view::Command;
use peerd_vat::Ref;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

#[derive(Default)]
pub struct Chrome {
    calls: u64,
    waiting: BTreeMap<u64, Ref>,
    /// Calls of this host itself: what resolves their promises.
    own: BTreeMap<u64, Function>,
    subscribers: Vec<Ref>,
    /// Whoever speaks for the network of a command in the Linux machine, by name.
    lines: BTreeMap<String, Ref>,
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
    /// A frame ended by itself.
    pub gone: Option<Gone>,
    /// A program in the Linux machine asks for something.
    #[serde(borrow)]
    pub line: Option<Said<'a>>,
}

#[derive(Deserialize)]
pub struct Said<'a> {
    pub name: String,
    #[serde(borrow)]
    pub say: &'a RawValue,
}

/// Of what is asked of the machine, what this host has to know.
#[derive(Deserialize)]
struct OfLine {
    op: String,
    line: Option<String>,
}

#[derive(Deserialize)]
pub struct Gone {
    pub number: u64,
    pub why: String,
}

impl Chrome {
    pub fn asked(&mut self, asked: &Asked) {
        if crate::panel::subscribes(&asked.body) {
            // An actor that was started again subscribes again.
            self.subscribers.extend(asked.refs.first().filter(|one| !self.subscribers.contains(one)));
            return;
        }
        self.pass_on("op", asked);
    }

    /// The Linux machine is the offscreen document's, too, and its calls are numbered with the others.
    pub fn asked_linux(&mut self, asked: &Asked) {
        if let Ok(OfLine { op, line: Some(line) }) = serde_json::from_slice(&asked.body) {
            match asked.refs.first() {
                Some(to) => drop(self.lines.insert(line, *to)),
                None if op == "line_over" => drop(self.lines.remove(&line)),
                None => {}
            }
        }
        self.pass_on("linux", asked);
    }

    /// Who speaks for it; none: it is over, and so is all that it asks.
    pub fn line(&self, name: &str) -> Option<Ref> {
        self.lines.get(name).copied()
    }

    fn pass_on(&mut self, key: &str, asked: &Asked) {
        let Ok(op) = std::str::from_utf8(&asked.body) else { return };
        let message = match asked.reply {
            Some(reply) => {
                self.calls += 1;
                self.waiting.insert(self.calls, reply);
                format!("{{\"id\":{},\"{key}\":{op}}}", self.calls)
            }
            None => format!("{{\"{key}\":{op}}}"),
        };
        post(&message);
    }

    /// Whose call this answers; none when nobody waits for it any more.
    pub fn settle(&mut self, id: u64) -> Option<Ref> {
        self.waiting.remove(&id)
    }

    pub fn settle_own(&mut self, id: u64) -> Option<Function> {
        self.own.remove(&id)
    }

    pub fn dropped(&mut self, reply: Ref) {
        self.waiting.retain(|_, waiting| *waiting != reply);
    }

    pub fn subscribers(&self) -> Vec<Ref> {
        self.subscribers.clone()
    }
}

/// A call of this host's own, `op` as JSON; none when it failed.
pub async fn call(world: &Rc<World>, op: &str) -> Option<Value> {
    let promise = Promise::new(&mut |resolve, _| {
        let mut chrome = world.chrome.borrow_mut();
        chrome.calls += 1;
        let id = chrome.calls;
        chrome.own.insert(id, resolve);
        post(&format!("{{\"id\":{id},\"op\":{op}}}"));
    });
    let answer = JsFuture::from(promise).await.ok()?.as_string()?;
    serde_json::from_str::<Value>(&answer).ok().filter(|answer| answer["err"].is_null())
}

/// Strings, because they are cheaper than structured clones and both ends keep JSON anyway.
pub fn post(message: &str) {
    // It throws only for what can't be cloned, and a string can.
    js::scope().post_message(&JsValue::from_str(message)).expect("a string can be posted");
}
