//! What is known of classes and actors, and what of it is kept.
use super::{Actors, Came, Crashes};
use crate::{
    actors::{body, call_json, wire::ToShelf},
    view::ChatId,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_vat::{CallId, Cx, Ref};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const SAVE_MS: u64 = 10_000;

/// Code that a chat may start actors of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Class {
    pub chat: ChatId,
    pub name: String,
    /// Those that an actor still runs, and the newest, last.
    pub versions: Vec<Version>,
    /// What the host said of the newest.
    pub facts: Facts,
    /// Why none of it runs in this life.
    pub broken: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Version {
    pub number: u32,
    pub kind: Kind,
    pub code: String,
    /// In base64, what it was compiled to: once, so that it is the same code in every life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// A module of the guest ABI, in base64.
    Wasm,
    /// Source.
    Js,
    /// Source in AssemblyScript, which is compiled to a module that speaks as JavaScript does.
    As,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Facts {
    /// Of the code and all that makes it behave as it does.
    pub hash: String,
    pub state_max: usize,
    /// Of a message's body.
    pub message_max: usize,
    pub fuel_max: u64,
    /// Its long turns are run in slices, between others; else each is killed early.
    pub suspended: bool,
}

/// An actor of a class.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Guest {
    pub chat: ChatId,
    pub name: String,
    pub class: String,
    pub version: u32,
    /// What it was started with, as it is told.
    pub args: Vec<u8>,
    pub is_stopped: bool,
    /// Who knows it may call this actor from another chat.
    pub share: Option<String>,
    /// While it runs, or its supervisor is about to start it again.
    pub link: Option<Ref>,
    /// Its supervisor gave up.
    pub gave_up: bool,
    pub crashes: Crashes,
    /// In this life of peerd.
    pub crashed: u32,
    pub restarts: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Crashed {
    pub at: u64,
    pub why: String,
}

impl Class {
    pub fn new(chat: ChatId, name: &str, kind: Kind, code: &str, number: u32) -> Class {
        let version = Version { number, kind, code: code.into(), module: None };
        Class { chat, name: name.into(), versions: [version].into(), facts: Facts::default(), broken: None }
    }

    /// Its name among the vat's behaviours, where no name of our own can be: it has a digit and a slash.
    pub fn behaviour(&self) -> String {
        behaviour(self.chat, &self.name)
    }

    pub fn newest(&self) -> &Version {
        self.versions.last().expect("a class has a version")
    }

    pub fn newest_mut(&mut self) -> &mut Version {
        self.versions.last_mut().expect("a class has a version")
    }

    pub fn change(&self) -> (String, Option<String>) {
        let text = json!({"versions": self.versions}).to_string();
        (self.key(), Some(text))
    }

    pub fn key(&self) -> String {
        format!("class/{}/{}", self.chat, self.name)
    }
}

pub(super) fn behaviour(chat: ChatId, class: &str) -> String {
    format!("guest {chat}/{class}")
}

impl Guest {
    pub fn new(chat: ChatId, name: &str, class: &str, version: u32, args: Vec<u8>) -> Guest {
        Guest {
            chat,
            name: name.into(),
            class: class.into(),
            version,
            args,
            is_stopped: false,
            share: None,
            link: None,
            gave_up: false,
            crashes: Crashes::new(),
            crashed: 0,
            restarts: 0,
        }
    }

    pub fn is(&self, child: Ref) -> bool {
        self.link.is_some_and(|link| link.actor_id() == child.actor_id())
    }

    pub fn change(&self) -> (String, Option<String>) {
        let Guest { class, version, args, is_stopped, share, .. } = self;
        let text = json!({"class": class, "version": version, "args": args, "stopped": is_stopped, "share": share}).to_string();
        (self.key(), Some(text))
    }

    pub fn key(&self) -> String {
        format!("actor/{}/{}", self.chat, self.name)
    }
}

/// What lies under a key of the shelf. None: nothing of ours.
pub(super) enum Kept {
    Class(Class),
    Guest(Guest),
}

pub(super) fn read(key: &str, text: &str) -> Option<Kept> {
    let mut parts = key.split('/');
    let (what, chat, name) = (parts.next()?, parts.next()?.parse::<ChatId>().ok()?, parts.next()?);
    let value: Value = serde_json::from_str(text).ok()?;
    match what {
        "class" => {
            let versions: Vec<Version> = serde_json::from_value(value["versions"].clone()).ok()?;
            let is_some = !versions.is_empty();
            is_some.then(|| Kept::Class(Class { chat, name: name.into(), versions, facts: Facts::default(), broken: None }))
        }
        "actor" => {
            let text = |key: &str| value[key].as_str().map(ToString::to_string);
            let version = u32::try_from(value["version"].as_u64()?).ok()?;
            let mut guest = Guest::new(chat, name, &text("class")?, version, serde_json::from_value(value["args"].clone()).ok()?);
            guest.is_stopped = value["stopped"] == true;
            guest.share = text("share");
            Some(Kept::Guest(guest))
        }
        _ => None,
    }
}

/// The shelf's answer.
pub(super) fn saved(came: Came<'_>) -> Result<(), String> {
    let (bytes, _) = came.map_err(|settle| settle.to_string())?;
    let answer: Value = body(bytes).map_err(|crash| crash.message.to_string())?;
    answer["err"]["text"].as_str().map_or(Ok(()), |why| Err(why.into()))
}

impl Actors {
    pub(super) fn save(&self, changes: Vec<(String, Option<String>)>, cx: &mut Cx<'_>) -> CallId {
        // Open before anything is asked of it.
        let shelf = self.shelf.unwrap_or_else(Ref::nobody);
        call_json(cx, shelf, &ToShelf::Write { changes }, &[], SAVE_MS)
    }

    /// Versions that nobody runs any more, and that are not the newest, are forgotten.
    pub(super) fn prune(&mut self, chat: ChatId, name: &str) {
        let used: Vec<u32> =
            self.guests.iter().filter(|guest| guest.chat == chat && guest.class == name).map(|guest| guest.version).collect();
        if let Some(class) = self.classes.iter_mut().find(|class| class.chat == chat && class.name == name) {
            let newest = class.newest().number;
            class.versions.retain(|version| version.number == newest || used.contains(&version.number));
        }
    }
}

/// The host's answer to `load`.
pub(super) fn facts(came: Came<'_>) -> Result<Facts, String> {
    let (bytes, _) = came.map_err(|settle| format!("the host gave no answer ({settle})"))?;
    let answer: Value = body(bytes).map_err(|crash| crash.message.to_string())?;
    match answer["err"]["text"].as_str() {
        Some(why) => Err(why.into()),
        None => serde_json::from_value(answer).map_err(|error| error.to_string()),
    }
}
