//! The desk: what the panel talks to. It holds settings, the list of chats, open questions and recipes, and opens chats.
mod chats;
mod lending;
mod panel;
mod recipes;
mod requests;
mod store;

use super::{
    Actor, body, send_json_with, started,
    wire::{Boot, HostToDesk, LentTab, ToDesk},
};
use crate::{
    recipe,
    view::{Approval, ChatId, ChatInfo, Settings, TabId, Update, Vault},
};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use lending::{Lent, Withheld};
use peerd_egress::broker::Reply;
use peerd_otp::message::decode;
use peerd_vat::{CallId, Crash, Cx, Event, Ref};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Long enough for a store on a busy disk, or for a page to be reached.
const ANSWER_MS: u64 = 10_000;

/// Mailbox states: commands wait until the shelf was read.
const LOADING: u32 = 0;
const READY: u32 = 1;

#[derive(Serialize, Deserialize)]
pub struct Desk {
    doors: Doors,
    /// The time of day when the vat's clock stood at `wall_at`.
    wall: u64,
    wall_at: u64,
    variant: String,
    settings: Settings,
    vault: Vault,
    keys: Vec<String>,
    chats: Vec<ChatInfo>,
    /// Those of the list that another version wrote, as they are kept.
    unread: Vec<String>,
    live: Vec<(ChatId, Ref)>,
    /// Of this life of the browser: what tabs are numbered in.
    session: String,
    lent: Vec<Lent>,
    /// As the browser said last.
    tabs: Vec<LentTab>,
    withheld: Vec<Withheld>,
    opening: Vec<Opening>,
    asks: Vec<Ask>,
    next: u64,
    recipes: Vec<Kept>,
    recording: Option<Recording>,
    /// The desk's own.
    shelf: Option<Ref>,
    /// What was kept before there were shelves: taken over so far, and how much is still to come.
    old: Vec<(String, String)>,
    taking: usize,
    pending: Vec<(CallId, Pending)>,
    is_loaded: bool,
}

/// The refs the desk was endowed with.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Doors {
    chrome: Ref,
    /// What was kept before there were shelves.
    old_store: Ref,
    panel: Ref,
    provider: Ref,
    browser: Ref,
    shelves: Ref,
    agents: Ref,
    sandboxes: Ref,
    linux: Ref,
    actors: Ref,
    works: Ref,
    egress: Ref,
}

/// A question and the chat's own name for it.
#[derive(Serialize, Deserialize)]
struct Ask {
    token: u64,
    approval: Approval,
}

/// A chat that is being opened, and what waits for it: `ToChat` as it will be sent.
#[derive(Serialize, Deserialize)]
struct Opening {
    chat: ChatId,
    shelf: Option<Ref>,
    waiting: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    id: u64,
    bundled: bool,
    recipe: recipe::Recipe,
}

#[derive(Serialize, Deserialize)]
struct Recording {
    tab: TabId,
    recorder: recipe::Recorder,
}

#[derive(Serialize, Deserialize)]
enum Pending {
    /// The desk's own shelf, and what lies there.
    OpenShelf,
    ReadShelf,
    /// What was kept before there were shelves: its keys, and the text of one.
    ListOld,
    TakeOld(String),
    /// Something is to be kept.
    Written,
    /// The shelf of a chat, what lies there, and what was kept of it before.
    OpenChatShelf(ChatId),
    ReadChat(ChatId),
    ReadOldChat(ChatId),
    StartChat(ChatId),
    /// A deleted chat ends.
    EndChat(ChatId),
    Nothing,
    /// The rule for the base the doctor is to visit.
    DoctorRule(String),
    Doctor(String),
    RecordStart(TabId),
    /// The log of the network.
    Requests,
}

impl Actor for Desk {
    const NAME: &'static str = "desk";

    fn init(args: &[u8], cx: &mut Cx<'_>) -> Result<Self, Crash> {
        let boot: Boot = body(args)?;
        let &[chrome, old_store, panel, provider, browser, shelves, agents, sandboxes, linux, actors, works, egress] = cx.refs() else {
            return Err(Crash::new("bad_args", "the desk needs twelve refs"));
        };
        let doors = Doors { chrome, old_store, panel, provider, browser, shelves, agents, sandboxes, linux, actors, works, egress };
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
            wall_at: cx.now().0,
            settings: Settings { variant: boot.variant.clone(), all_sites: boot.all_sites, ..Settings::default() },
            variant: boot.variant,
            vault: Vault::Empty,
            keys: Vec::new(),
            chats: Vec::new(),
            unread: Vec::new(),
            live: Vec::new(),
            session: boot.session.clone(),
            lent: Vec::new(),
            tabs: Vec::new(),
            withheld: Vec::new(),
            opening: Vec::new(),
            asks: Vec::new(),
            next: 1_000,
            recipes,
            recording: None,
            shelf: None,
            old: Vec::new(),
            taking: 0,
            pending: Vec::new(),
            is_loaded: false,
        };
        cx.become_tag(LOADING);
        desk.open_shelf(cx);
        send_json_with(cx, panel, &json!({"subscribe": true}), &[cx.me()]);
        Ok(desk)
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body: bytes, .. } => {
                if !self.is_loaded {
                    cx.defer();
                    return Ok(());
                }
                // Why two shapes: the host doesn't know our enum, and a host message never has a variant's name as its key.
                match body::<ToDesk>(bytes) {
                    Ok(ToDesk::Host(host)) => self.host(host, cx),
                    Ok(message) => self.message(message, cx),
                    Err(_) => self.host(body::<HostToDesk>(bytes)?, cx),
                }
                Ok(())
            }
            Event::Reply { call, result } => {
                let Some(at) = self.pending.iter().position(|(id, _)| *id == call) else {
                    return Ok(());
                };
                let (_, pending) = self.pending.remove(at);
                match pending {
                    Pending::StartChat(chat) => self.chat_started(chat, result.ok().and_then(|answer| started(&answer).ok()), cx),
                    Pending::OpenShelf => {
                        let shelf = result.map_err(|settle| settle.to_string()).and_then(|answer| started(&answer));
                        self.shelf_opened(shelf.map_err(|why| Crash::new("shelf", why))?, cx);
                    }
                    Pending::OpenChatShelf(chat) => {
                        self.chat_shelf_opened(chat, result.ok().and_then(|answer| started(&answer).ok()), cx);
                    }
                    Pending::Requests => {
                        if let Some(Reply::Log(entries)) = result.ok().and_then(|answer| decode(answer.body)) {
                            self.show(&Update::Requests { requests: entries.into_iter().map(requests::row).collect() }, cx);
                        }
                    }
                    pending => {
                        let answer = result.ok().and_then(|answer| body::<Value>(answer.body).ok());
                        self.settled(pending, answer, cx);
                    }
                }
                Ok(())
            }
            Event::Down { target, .. } if target == self.doors.browser => {
                self.meet_browser(cx);
                Ok(())
            }
            Event::Down { target, reason, .. } => {
                self.chat_ended(target, &reason, cx);
                Ok(())
            }
            Event::Exit { .. } | Event::Timer { .. } | Event::Alarm { .. } => Ok(()),
        }
    }
}
