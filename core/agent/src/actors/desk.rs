//! The desk: what the panel talks to. It holds settings, the list of chats, open questions and recipes, and opens chats.
use super::{
    Actor, body, call_json, reply_json, send_json, send_json_with,
    wire::{Boot, ChatArgs, Engine, HostToDesk, Store, ToBrowser, ToChat, ToDesk, ToProvider},
};
use crate::{
    recipe,
    view::{self, Answer, Approval, ChatId, ChatInfo, Command, RunPhase, Settings, Update, Vault},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_otp::supervisor;
use peerd_vat::{CallId, Crash, Cx, Event, Ref};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Long enough for a store on a busy disk.
const STORE_MS: u64 = 10_000;
/// A local model server may have to load a model before its first word.
const DOCTOR_MS: u64 = 20_000;
/// Limit: questions open at once over all chats; more are denied.
const ASKS_MAX: usize = 32;

/// Mailbox states: commands wait until the store was read.
const LOADING: u32 = 0;
const READY: u32 = 1;

#[derive(Serialize, Deserialize)]
pub struct Desk {
    doors: Doors,
    wall: u64,
    variant: String,
    settings: Settings,
    vault: Vault,
    keys: Vec<String>,
    chats: Vec<ChatInfo>,
    live: Vec<(ChatId, Ref)>,
    /// What waits for a chat that is being opened.
    opening: Vec<(ChatId, Vec<ToChat>)>,
    asks: Vec<Ask>,
    next: u64,
    recipes: Vec<Kept>,
    recording: Option<Recording>,
    pending: Vec<(CallId, Pending)>,
    loading: u32,
}

/// The refs the desk was endowed with.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Doors {
    chrome: Ref,
    store: Ref,
    panel: Ref,
    provider: Ref,
    browser: Ref,
    agents: Ref,
}

#[derive(Serialize, Deserialize)]
struct Ask {
    token: u64,
    approval: Approval,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    id: u64,
    bundled: bool,
    recipe: recipe::Recipe,
}

#[derive(Serialize, Deserialize)]
struct Recording {
    tab: view::TabId,
    recorder: recipe::Recorder,
}

#[derive(Serialize, Deserialize)]
enum Pending {
    LoadSettings,
    LoadChats,
    ListRecipes,
    LoadRecipe(u64),
    LoadChat(ChatId),
    StartChat(ChatId),
    Doctor(String),
    RecordStart(view::TabId),
}

impl Actor for Desk {
    const NAME: &'static str = "desk";

    fn init(args: &[u8], cx: &mut Cx<'_>) -> Result<Self, Crash> {
        let boot: Boot = body(args)?;
        let &[chrome, _http, store, panel, provider, browser, agents] = cx.refs() else {
            return Err(Crash::new("bad_args", "the desk needs seven refs"));
        };
        let doors = Doors { chrome, store, panel, provider, browser, agents };
        let recipes = boot
            .recipes
            .iter()
            .filter_map(|value| recipe::Recipe::from_value(value).ok())
            .zip(1..)
            .map(|(recipe, id)| Kept { id, bundled: true, recipe })
            .collect();
        let mut desk = Desk {
            doors,
            wall: boot.wall,
            settings: Settings { variant: boot.variant.clone(), all_sites: boot.all_sites, ..Settings::default() },
            variant: boot.variant,
            vault: Vault::Empty,
            keys: Vec::new(),
            chats: Vec::new(),
            live: Vec::new(),
            opening: Vec::new(),
            asks: Vec::new(),
            next: 1_000,
            recipes,
            recording: None,
            pending: Vec::new(),
            loading: 0,
        };
        cx.become_tag(LOADING);
        desk.load(Pending::LoadSettings, &Store::Get { key: "settings".into() }, cx);
        desk.load(Pending::LoadChats, &Store::Get { key: "chats".into() }, cx);
        desk.load(Pending::ListRecipes, &Store::List { prefix: "recipe/".into() }, cx);
        send_json_with(cx, panel, &json!({"subscribe": true}), &[cx.me()]);
        Ok(desk)
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body: bytes, .. } => {
                if self.loading > 0 {
                    cx.defer();
                    return Ok(());
                }
                // Why two shapes: the host doesn't know our enum, and a host message never has a variant's name as its key.
                if let Ok(message) = body::<ToDesk>(bytes) {
                    return self.message(message, cx);
                }
                let host: HostToDesk = body(bytes)?;
                self.host(host, cx)
            }
            Event::Reply { call, result } => {
                let answer = result.ok().and_then(|answer| body::<Value>(answer.body).ok().map(|value| (value, answer.refs.first().copied())));
                self.settled(call, answer, cx)
            }
            Event::Down { target, .. } => self.chat_died(target, cx),
            Event::Exit { .. } | Event::Timer { .. } => Ok(()),
        }
    }
}
