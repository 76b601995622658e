//! What the desk last said, one signal per kind of update, so that only what changed is drawn again.
use crate::{browser, wire};
use leptos::prelude::*;
use peerd_agent::view::{
    self, ActorRow, Approval, Chat, ChatId, ChatInfo, Command, DoctorReport, Holding, Item, RecipeInfo, Recording, RequestRow, RunState,
    Settings, Vault,
};
use std::{collections::BTreeMap, time::Duration};

/// Limit: so long may a new chat take; then its owner may try again.
const START_MAX: Duration = Duration::from_secs(10);

/// Limit: as many as the broker keeps.
const REQUESTS_MAX: usize = 1_000;

#[derive(Clone, Copy)]
pub struct Mirror {
    /// The desk has said which chats there are: what tells a new one from an old one.
    pub heard: RwSignal<bool>,
    /// It has not, for so long that its owner should know.
    pub silent: RwSignal<bool>,
    pub chats: RwSignal<Vec<ChatInfo>>,
    /// The chat this page shows: the one thing that is its own.
    pub shown: RwSignal<Option<ChatId>>,
    /// Its items have arrived.
    pub open: RwSignal<bool>,
    pub title: RwSignal<String>,
    pub at: RwSignal<u64>,
    pub items: RwSignal<Vec<ArcRwSignal<Item>>>,
    pub run: RwSignal<RunState>,
    pub approvals: RwSignal<Vec<Approval>>,
    pub actors: RwSignal<Vec<ActorRow>>,
    /// What chats are lent.
    pub holdings: RwSignal<Vec<Holding>>,
    /// What was asked of the network, by number.
    pub requests: RwSignal<BTreeMap<u64, RequestRow>>,
    pub settings: RwSignal<Option<Settings>>,
    pub vault: RwSignal<Vault>,
    pub recipes: RwSignal<Vec<RecipeInfo>>,
    pub recording: RwSignal<Option<Recording>>,
    pub doctor: RwSignal<Option<(String, DoctorReport)>>,
    pub problem: RwSignal<Option<String>>,
    /// Why there is nobody who could answer: what is kept can't be opened.
    pub unopened: RwSignal<Option<String>>,
    /// How much may be kept, as the host has looked last.
    pub room: RwSignal<Option<Room>>,
    /// A chat this page asked for is on its way: the buttons that start one wait for it.
    pub starting: RwSignal<bool>,
    /// Words that could not be said: for their owner to try again.
    pub unsaid: RwSignal<Option<String>>,
    /// This page asked for a new chat: the first one with a higher number is it.
    awaited: RwSignal<Option<Awaited>>,
}

#[derive(Clone)]
struct Awaited {
    above: ChatId,
    then: Option<Command>,
    /// When it was asked for: what tells one from the next.
    at: u64,
}

/// In bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    pub used: u64,
    pub quota: u64,
    pub short: bool,
}

impl Mirror {
    /// Makes the mirror, hangs it into the context and opens the line.
    pub fn open() -> Self {
        let mirror = Mirror {
            heard: RwSignal::new(false),
            silent: RwSignal::new(false),
            chats: RwSignal::default(),
            shown: RwSignal::new(browser::remembered_chat()),
            open: RwSignal::new(false),
            title: RwSignal::default(),
            at: RwSignal::default(),
            items: RwSignal::default(),
            run: RwSignal::default(),
            approvals: RwSignal::default(),
            actors: RwSignal::default(),
            holdings: RwSignal::default(),
            requests: RwSignal::default(),
            settings: RwSignal::new(None),
            vault: RwSignal::default(),
            recipes: RwSignal::default(),
            recording: RwSignal::new(None),
            doctor: RwSignal::new(None),
            problem: RwSignal::new(None),
            unopened: RwSignal::new(None),
            room: RwSignal::new(None),
            starting: RwSignal::new(false),
            unsaid: RwSignal::new(None),
            awaited: RwSignal::new(None),
        };
        provide_context(mirror);
        wire::listen(mirror, mirror.shown.get_untracked());
        mirror
    }

    pub fn apply(self, update: view::Update) {
        self.silent.set(false);
        match update {
            view::Update::Chats { chats } => self.chats(chats),
            view::Update::Chat { chat } => self.chat(chat),
            view::Update::Item { chat, index, item } if self.shows(chat) => self.item(index, item),
            view::Update::Delta { chat, index, text } if self.shows(chat) => self.delta(index, &text),
            view::Update::Run { chat, run } if self.shows(chat) => self.run.set(run),
            // Of chats that other panels show.
            view::Update::Item { .. } | view::Update::Delta { .. } | view::Update::Run { .. } => {}
            view::Update::Approvals { approvals } => self.approvals.set(approvals),
            view::Update::Tree { actors } => self.actors.set(actors),
            view::Update::Holdings { holdings } => self.holdings.set(holdings),
            view::Update::Requests { requests } => self.requests(requests),
            view::Update::Settings { settings } => {
                self.settings.set(Some(settings));
                if self.unopened.get_untracked().is_some() {
                    self.unopened.set(None);
                    self.problem.set(None);
                }
            }
            view::Update::Vault { vault } => self.vault.set(vault),
            view::Update::Recipes { recipes } => self.recipes.set(recipes),
            view::Update::Recording { recording } => self.recording.set(recording),
            view::Update::Doctor { base, report } => self.doctor.set(Some((base, report))),
            view::Update::Problem { text } => {
                self.give_up();
                self.problem.set(Some(text));
            }
            // For their own pages.
            view::Update::Works { .. } | view::Update::Work { .. } => {}
            view::Update::Room { used, quota, short } => self.room.set(Some(Room { used, quota, short })),
            view::Update::Unopened { why } => self.unopened(why),
        }
    }

    /// Another vat counts anew.
    fn requests(self, requests: Vec<RequestRow>) {
        let is_other = |row: &RequestRow| self.requests.with_untracked(|known| known.get(&row.number).is_some_and(|old| old.at != row.at));
        if requests.iter().any(is_other) {
            self.requests.set(BTreeMap::new());
        }
        if !requests.is_empty() {
            self.requests.update(|known| {
                known.extend(requests.into_iter().map(|row| (row.number, row)));
                while known.len() > REQUESTS_MAX {
                    known.pop_first();
                }
            });
        }
    }

    /// Shows another chat, or the first screen.
    pub fn show(self, chat: Option<ChatId>) {
        if self.shown.get_untracked() != chat {
            self.clear(chat);
        }
        if let Some(chat) = chat {
            wire::tell(&Command::OpenChat { chat });
        }
    }

    /// Sends a command that makes a chat, shows that chat when it comes, and then says `then` with its number.
    pub fn start(self, command: &Command, then: Option<Command>) {
        let known = self.chats.with_untracked(|chats| chats.iter().map(|chat| chat.id).max());
        let at = browser::now();
        self.awaited.set(Some(Awaited { above: known.unwrap_or(0), then, at }));
        self.starting.set(true);
        let is_waiting = move || self.awaited.with_untracked(|awaited| awaited.as_ref().is_some_and(|awaited| awaited.at == at));
        set_timeout(
            move || {
                if is_waiting() {
                    self.give_up()
                }
            },
            START_MAX,
        );
        wire::tell(command);
    }

    /// The chat that was asked for does not come: one that comes later is somebody else's.
    fn give_up(self) {
        self.starting.set(false);
        if let Some(Awaited { then: Some(Command::Say { text, .. }), .. }) = self.awaited.get_untracked() {
            self.unsaid.set(Some(text));
        }
        self.awaited.set(None);
    }

    /// Is a model chosen?
    pub fn has_model(self) -> bool {
        self.settings.with(|settings| settings.as_ref().is_some_and(|settings| settings.provider.is_some()))
    }

    fn shows(self, chat: ChatId) -> bool {
        self.open.get_untracked() && self.shown.get_untracked() == Some(chat)
    }

    fn clear(self, chat: Option<ChatId>) {
        self.open.set(false);
        self.items.set(Vec::new());
        self.title.set(String::new());
        self.run.set(RunState::default());
        self.shown.set(chat);
        browser::remember_chat(chat);
    }

    fn chats(self, chats: Vec<ChatInfo>) {
        if let Some(shown) = self.shown.get_untracked() {
            match chats.iter().find(|chat| chat.id == shown) {
                Some(chat) => {
                    if self.title.with_untracked(|title| *title != chat.title) {
                        self.title.set(chat.title.clone());
                    }
                }
                // Deleted, here or in another panel.
                None => self.clear(None),
            }
        }
        self.chats.set(chats);
        self.heard.set(true);
    }

    fn chat(self, chat: Chat) {
        if let Some(awaited) = self.awaited.get_untracked()
            && chat.id > awaited.above
        {
            self.awaited.set(None);
            self.starting.set(false);
            self.clear(Some(chat.id));
            if let Some(Command::Say { text, tab, .. }) = awaited.then {
                wire::tell(&Command::Say { chat: chat.id, text, tab });
            }
        }
        if self.shown.get_untracked() != Some(chat.id) {
            return;
        }
        let mut items = self.items.get_untracked();
        let same = items.len().min(chat.items.len());
        for (old, new) in items.iter().zip(&chat.items) {
            if old.with_untracked(|old| old != new) {
                old.set(new.clone());
            }
        }
        if items.len() != chat.items.len() {
            items.truncate(same);
            items.extend(chat.items.into_iter().skip(same).map(ArcRwSignal::new));
            self.items.set(items);
        }
        self.title.set(chat.title);
        self.at.set(chat.at);
        self.run.set(chat.run);
        self.open.set(true);
    }

    fn item(self, index: usize, item: Item) {
        let old = self.items.with_untracked(|items| items.get(index).cloned());
        match old {
            Some(old) => old.set(item),
            None if index == self.items.with_untracked(Vec::len) => self.items.update(|items| items.push(ArcRwSignal::new(item))),
            None => self.again(),
        }
    }

    fn delta(self, index: usize, more: &str) {
        let Some(item) = self.items.with_untracked(|items| items.get(index).cloned()) else { return self.again() };
        item.update(|item| match item {
            Item::Assistant { text, .. } => text.push_str(more),
            Item::User { .. } | Item::Tool { .. } | Item::Note { .. } => {}
        });
    }

    /// Said each time that somebody asks; shown once, unless it is for another reason.
    fn unopened(self, why: String) {
        if self.unopened.with_untracked(|known| known.as_ref() != Some(&why)) {
            self.give_up();
            let words = "In the settings you can try again, restore a copy or begin anew.";
            self.problem.set(Some(format!("What peerd has kept can't be opened: {why}. {words}")));
            self.unopened.set(Some(why));
        }
    }

    /// An update was missed: the whole chat, please.
    fn again(self) {
        if let Some(chat) = self.shown.get_untracked() {
            wire::tell(&Command::OpenChat { chat });
        }
    }
}

pub fn mirror() -> Mirror {
    expect_context()
}
