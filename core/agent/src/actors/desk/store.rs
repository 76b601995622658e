//! What the desk reads from its shelf at birth, what it writes there, and what it shows.
use super::{ANSWER_MS, Desk, Kept, Pending, READY, lending::WITHHELD};
use crate::{
    actors::{
        call_json, send_json, shelf,
        wire::{Store, ToChat, ToShelf},
    },
    recipe::Recipe,
    run::CHAT,
    view::{ChatId, ChatInfo, Recording, Settings, Update},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_vat::{Cx, Ref};
use serde::Deserialize;
use serde_json::Value;

/// Says on the desk's shelf that what was kept before is there, too.
const TAKEN: &str = "taken";

/// Nothing begins without it, and it is tried again at the next start.
const UNREAD: &str = "What an earlier version kept can't be read now. Start the browser again.";

impl Desk {
    /// A call of the desk settled; no answer where it failed.
    pub(super) fn settled(&mut self, pending: Pending, answer: Option<Value>, cx: &mut Cx<'_>) {
        match pending {
            Pending::ReadShelf => match answer.and_then(|answer| serde_json::from_value::<Vec<(String, String)>>(answer).ok()) {
                Some(kept) if kept.iter().any(|(key, _)| key == TAKEN) => self.take(kept, cx),
                Some(_) => self.ask_old(Pending::ListOld, &Store::List { prefix: String::new() }, cx),
                None => self.problem("What was kept can't be read now. Start the browser again.".into(), cx),
            },
            Pending::ListOld => {
                let Some(Value::Array(keys)) = answer else { return self.problem(UNREAD.into(), cx) };
                // Chats are taken over when they are opened.
                let keys = keys.iter().filter_map(Value::as_str).filter(|key| !key.starts_with("chat/"));
                let keys: Vec<String> = keys.map(String::from).collect();
                self.taking = keys.len();
                for key in keys {
                    self.ask_old(Pending::TakeOld(key.clone()), &Store::Get { key }, cx);
                }
                self.take_old(cx);
            }
            Pending::TakeOld(key) => {
                let Some(text) = old_text(answer.as_ref()) else { return self.problem(UNREAD.into(), cx) };
                self.taking -= 1;
                self.old.extend(text.map(|text| (key, text)));
                self.take_old(cx);
            }
            Pending::Written => {
                if let Some(why) = answer.as_ref().and_then(|answer| answer["err"]["text"].as_str()) {
                    self.problem(format!("Something could not be kept: {why}."), cx);
                }
            }
            Pending::ReadChat(chat) => match answer.and_then(|answer| serde_json::from_value::<Vec<(String, String)>>(answer).ok()) {
                Some(kept) if kept.is_empty() => {
                    self.ask_old(Pending::ReadOldChat(chat), &Store::Get { key: format!("chat/{chat}") }, cx);
                }
                Some(kept) => self.start_chat(chat, kept, cx),
                None => self.chat_started(chat, None, cx),
            },
            Pending::ReadOldChat(chat) => {
                let Some(text) = old_text(answer.as_ref()) else { return self.chat_started(chat, None, cx) };
                self.start_chat(chat, text.map(|text| (CHAT.into(), text)).into_iter().collect(), cx);
            }
            Pending::OpenShelf | Pending::OpenChatShelf(_) | Pending::StartChat(_) | Pending::Requests | Pending::Nothing => {}
            Pending::EndChat(chat) => {
                self.end_lent(chat, cx);
                self.drop_shelf(chat, cx);
            }
            Pending::DoctorRule(base) => self.visit(base, cx),
            Pending::Doctor(base) => {
                let report = answer.and_then(|answer| serde_json::from_value(answer).ok()).unwrap_or_default();
                self.show(&Update::Doctor { base, report }, cx);
            }
            Pending::RecordStart(tab) => self.record_started(tab, answer, cx),
        }
    }

    /// Commands wait until what the shelf has is here.
    pub(super) fn open_shelf(&mut self, cx: &mut Cx<'_>) {
        let call = cx.call(self.doors.shelves, &shelf::start("desk"), &[], ANSWER_MS);
        self.pending.push((call, Pending::OpenShelf));
    }

    pub(super) fn shelf_opened(&mut self, shelf: Ref, cx: &mut Cx<'_>) {
        self.shelf = Some(shelf);
        let call = call_json(cx, shelf, &ToShelf::Read, &[], ANSWER_MS);
        self.pending.push((call, Pending::ReadShelf));
    }

    /// Once, and all at once: what was kept before there were shelves stays where it was, too.
    fn take_old(&mut self, cx: &mut Cx<'_>) {
        if self.taking > 0 {
            return;
        }
        self.old.push((TAKEN.into(), "1".into()));
        let kept = core::mem::take(&mut self.old);
        self.keep_on_shelf(kept.iter().map(|(key, text)| (key.clone(), Some(text.clone()))).collect(), cx);
        self.take(kept, cx);
    }

    fn take(&mut self, kept: Vec<(String, String)>, cx: &mut Cx<'_>) {
        for (key, text) in kept {
            match key.as_str() {
                "settings" => match serde_json::from_str(&text) {
                    Ok(settings) => self.take_settings(settings, cx),
                    Err(_) => self.set_aside("settings", text, cx),
                },
                "chats" => self.take_chats(text, cx),
                WITHHELD => {
                    if !self.take_withheld(&text) {
                        self.set_aside("powers taken back", text, cx);
                    }
                }
                key => {
                    if let Some(id) = key.strip_prefix("recipe/").and_then(|id| id.parse().ok()) {
                        self.take_recipe(id, &text, cx);
                    }
                }
            }
        }
        self.is_loaded = true;
        self.meet_browser(cx);
        cx.become_tag(READY);
        self.show_all(cx);
        let cut: Vec<ChatId> = self.chats.iter().filter(|chat| chat.state.is_under_way()).map(|chat| chat.id).collect();
        for chat in cut {
            self.tell(chat, &ToChat::Show, cx);
        }
    }

    /// What another version wrote is not written over.
    fn take_chats(&mut self, text: String, cx: &mut Cx<'_>) {
        let Ok(listed) = serde_json::from_str::<Vec<Value>>(&text) else { return self.set_aside("chats", text, cx) };
        for chat in listed {
            match ChatInfo::deserialize(&chat) {
                Ok(chat) => self.chats.push(chat),
                Err(_) => self.unread.push(chat.to_string()),
            }
        }
        if !self.unread.is_empty() {
            let text = format!("{} chats were written by another version of peerd. They are kept, and not shown.", self.unread.len());
            self.problem(text, cx);
        }
    }

    fn set_aside(&mut self, what: &str, text: String, cx: &mut Cx<'_>) {
        self.keep_on_shelf([(format!("unread/{what}"), Some(text))].into(), cx);
        self.problem(format!("The {what} that were kept can't be read. They are set aside."), cx);
    }

    fn take_settings(&mut self, mut settings: Settings, cx: &mut Cx<'_>) {
        settings.variant = self.variant.clone();
        settings.all_sites = self.settings.all_sites;
        for provider in &settings.providers {
            self.origin_rule(&provider.base, true, cx);
        }
        self.settings = settings;
    }

    fn take_recipe(&mut self, id: u64, text: &str, cx: &mut Cx<'_>) {
        self.next = self.next.max(id);
        let recipe = serde_json::from_str::<Value>(text).map_err(|error| error.to_string()).and_then(|value| Recipe::from_value(&value));
        match recipe {
            Ok(recipe) => self.recipes.push(Kept { id, bundled: false, recipe }),
            Err(why) => self.problem(format!("A kept recipe can't be read and is left as it is: {why}."), cx),
        }
    }

    fn ask_old(&mut self, pending: Pending, request: &Store, cx: &mut Cx<'_>) {
        let call = call_json(cx, self.doors.old_store, request, &[], ANSWER_MS);
        self.pending.push((call, pending));
    }

    pub(super) fn keep_on_shelf(&mut self, changes: Vec<(String, Option<String>)>, cx: &mut Cx<'_>) {
        if let Some(shelf) = self.shelf {
            let call = call_json(cx, shelf, &ToShelf::Write { changes }, &[], ANSWER_MS);
            self.pending.push((call, Pending::Written));
        }
    }

    pub(super) fn save_settings(&mut self, cx: &mut Cx<'_>) {
        self.keep_on_shelf([("settings".into(), Some(text_of(&self.settings)))].into(), cx);
        self.show_settings(cx);
    }

    pub(super) fn save_chats(&mut self, cx: &mut Cx<'_>) {
        let listed = self.chats.iter().map(text_of).chain(self.unread.iter().cloned()).collect::<Vec<_>>().join(",");
        self.keep_on_shelf([("chats".into(), Some(format!("[{listed}]")))].into(), cx);
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
        self.show_holdings(cx);
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

/// What the old store has under a key, which may be nothing; none: it could not be read.
fn old_text(answer: Option<&Value>) -> Option<Option<String>> {
    Some(answer?.get("value")?.as_str().map(String::from))
}

fn text_of<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).map(|value| value.to_string()).unwrap_or_default()
}
