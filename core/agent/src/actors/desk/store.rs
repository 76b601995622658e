//! What the desk reads from the store at birth, what it writes there, and what it shows.
use super::{ANSWER_MS, Desk, Kept, Pending, READY};
use crate::{
    actors::{
        call_json, send_json,
        wire::{Store, ToChat},
    },
    recipe::Recipe,
    view::{ChatId, Recording, Settings, Update},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_vat::Cx;
use serde::de::DeserializeOwned;
use serde_json::Value;

impl Desk {
    /// A call of the desk settled; no answer where it failed.
    pub(super) fn settled(&mut self, pending: Pending, answer: Option<Value>, cx: &mut Cx<'_>) {
        match pending {
            Pending::LoadSettings => {
                if let Some(settings) = stored::<Settings>(answer) {
                    self.take_settings(settings, cx);
                }
                self.loaded(cx);
            }
            Pending::LoadChats => {
                self.chats = stored(answer).unwrap_or_default();
                let cut: Vec<ChatId> = self.chats.iter().filter(|chat| chat.state.is_under_way()).map(|chat| chat.id).collect();
                for chat in cut {
                    self.tell(chat, &ToChat::Show, cx);
                }
                self.loaded(cx);
            }
            Pending::ListRecipes => {
                let keys = answer.unwrap_or_default();
                for key in keys.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    if let Some(id) = key.strip_prefix("recipe/").and_then(|id| id.parse().ok()) {
                        self.load(Pending::LoadRecipe(id), &Store::Get { key: key.into() }, cx);
                        self.next = self.next.max(id);
                    }
                }
                self.loaded(cx);
            }
            Pending::LoadRecipe(id) => {
                match stored::<Value>(answer).as_ref().map(Recipe::from_value) {
                    Some(Ok(recipe)) => self.recipes.push(Kept { id, bundled: false, recipe }),
                    Some(Err(why)) => self.problem(format!("A kept recipe can't be read and is left as it is: {why}."), cx),
                    None => self.problem("A kept recipe can't be read and is left as it is.".into(), cx),
                }
                self.loaded(cx);
            }
            Pending::LoadChat(chat) => self.start_chat(chat, stored(answer), cx),
            Pending::StartChat(chat) => self.chat_started(chat, None, cx),
            // Its last words, written as it ended, go with it.
            Pending::EndChat(chat) => self.store(&Store::Delete { key: format!("chat/{chat}") }, cx),
            Pending::DoctorRule(base) => self.visit(base, cx),
            Pending::Doctor(base) => {
                let report = answer.and_then(|answer| serde_json::from_value(answer).ok()).unwrap_or_default();
                self.show(&Update::Doctor { base, report }, cx);
            }
            Pending::RecordStart(tab) => self.record_started(tab, answer, cx),
        }
    }

    fn take_settings(&mut self, mut settings: Settings, cx: &mut Cx<'_>) {
        settings.variant = self.variant.clone();
        settings.all_sites = self.settings.all_sites;
        for provider in &settings.providers {
            self.origin_rule(&provider.base, true, cx);
        }
        self.settings = settings;
    }

    /// A read that must be over before the first command is served.
    pub(super) fn load(&mut self, pending: Pending, request: &Store, cx: &mut Cx<'_>) {
        self.loading += 1;
        self.ask_store(pending, request, cx);
    }

    fn loaded(&mut self, cx: &mut Cx<'_>) {
        self.loading -= 1;
        if self.loading == 0 {
            cx.become_tag(READY);
            self.show_all(cx);
        }
    }

    pub(super) fn ask_store(&mut self, pending: Pending, request: &Store, cx: &mut Cx<'_>) {
        let call = call_json(cx, self.doors.store, request, &[], ANSWER_MS);
        self.pending.push((call, pending));
    }

    /// A write nobody waits for: the store answers only its failures, to the panel.
    pub(super) fn store(&self, request: &Store, cx: &mut Cx<'_>) {
        send_json(cx, self.doors.store, request);
    }

    pub(super) fn save_settings(&mut self, cx: &mut Cx<'_>) {
        self.store(&Store::Put { key: "settings".into(), value: text_of(&self.settings) }, cx);
        self.show_settings(cx);
    }

    pub(super) fn save_chats(&mut self, cx: &mut Cx<'_>) {
        self.store(&Store::Put { key: "chats".into(), value: text_of(&self.chats) }, cx);
        self.show(&Update::Chats { chats: self.chats.clone() }, cx);
    }

    pub(super) fn wall_now(&self, cx: &Cx<'_>) -> u64 {
        self.wall + cx.now().0.saturating_sub(self.wall_at)
    }
}

/// What panels see.
impl Desk {
    pub(super) fn show(&self, update: &Update, cx: &mut Cx<'_>) {
        send_json(cx, self.doors.panel, update);
    }

    pub(super) fn problem(&self, text: String, cx: &mut Cx<'_>) {
        self.show(&Update::Problem { text }, cx);
    }

    pub(super) fn show_all(&self, cx: &mut Cx<'_>) {
        self.show_settings(cx);
        self.show(&Update::Vault { vault: self.vault }, cx);
        self.show(&Update::Chats { chats: self.chats.clone() }, cx);
        self.show_asks(cx);
        self.show_recipes(cx);
        self.show_recording(cx);
    }

    pub(super) fn show_settings(&self, cx: &mut Cx<'_>) {
        let mut settings = self.settings.clone();
        for provider in &mut settings.providers {
            provider.has_key = self.keys.contains(&provider.id);
        }
        self.show(&Update::Settings { settings }, cx);
    }

    pub(super) fn show_asks(&self, cx: &mut Cx<'_>) {
        let approvals = self.asks.iter().map(|ask| ask.approval.clone()).collect();
        self.show(&Update::Approvals { approvals }, cx);
    }

    pub(super) fn show_recipes(&self, cx: &mut Cx<'_>) {
        let recipes = self.recipes.iter().map(|kept| kept.recipe.info(kept.id, kept.bundled)).collect();
        self.show(&Update::Recipes { recipes }, cx);
    }

    pub(super) fn show_recording(&self, cx: &mut Cx<'_>) {
        let recording = self.recording.as_ref().map(|recording| Recording { tab: recording.tab, steps: recording.recorder.intents() });
        self.show(&Update::Recording { recording }, cx);
    }
}

/// The value of a `get`: none when there is nothing, or nothing that can be read.
fn stored<T: DeserializeOwned>(answer: Option<Value>) -> Option<T> {
    let answer = answer?;
    serde_json::from_str(answer["value"].as_str()?).ok()
}

fn text_of<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).map(|value| value.to_string()).unwrap_or_default()
}
