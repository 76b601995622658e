//! The list of chats, and the actors behind those that are open.
use super::{ANSWER_MS, Desk, Opening, Pending};
use crate::{
    actors::{
        Actor, call_json, json_bytes, send_json, shelf,
        wire::{ChatArgs, Store, ToActors, ToChat, ToShelf},
    },
    view::{ChatId, ChatInfo, Power, RunPhase},
};
use alloc::{format, string::String, vec::Vec};
use peerd_otp::supervisor::{Request, Restart};
use peerd_vat::{Cx, Reason, Ref};
use serde_json::Value;

impl Desk {
    /// Hands a message to a chat, which is read from its shelf and started when it is not alive.
    pub(super) fn tell(&mut self, chat: ChatId, message: &ToChat, cx: &mut Cx<'_>) {
        if !self.chats.iter().any(|known| known.id == chat) {
            return;
        }
        if let Some((_, actor)) = self.live.iter().find(|(id, _)| *id == chat) {
            return send_json(cx, *actor, message);
        }
        let message = serde_json::to_string(message).expect("our own messages have string keys");
        match self.opening.iter_mut().find(|opening| opening.chat == chat) {
            Some(opening) => opening.waiting.push(message),
            None => {
                self.opening.push(Opening { chat, shelf: None, waiting: [message].into() });
                let call = cx.call(self.doors.shelves, &shelf::start(&child(chat)), &[], ANSWER_MS);
                self.pending.push((call, Pending::OpenChatShelf(chat)));
            }
        }
    }

    pub(super) fn chat_shelf_opened(&mut self, chat: ChatId, shelf: Option<Ref>, cx: &mut Cx<'_>) {
        let Some(shelf) = shelf else { return self.chat_started(chat, None, cx) };
        if let Some(opening) = self.opening.iter_mut().find(|opening| opening.chat == chat) {
            opening.shelf = Some(shelf);
        }
        let call = call_json(cx, shelf, &ToShelf::Read, &[], ANSWER_MS);
        self.pending.push((call, Pending::ReadChat(chat)));
    }

    pub(super) fn start_chat(&mut self, chat: ChatId, kept: Vec<(String, String)>, cx: &mut Cx<'_>) {
        let shelf = self.opening.iter().find(|opening| opening.chat == chat).and_then(|opening| opening.shelf);
        let Some(shelf) = shelf else { return self.chat_started(chat, None, cx) };
        let args = json_bytes(&ChatArgs { chat, wall: self.wall_now(cx), kept });
        let request = Request::start(&child(chat), crate::actors::chat::Chat::NAME, args, Restart::Temporary);
        let doors = self.doors;
        let shelf = self.lend(chat, Power::Shelf, "shelf", shelf, cx);
        let provider = self.lend(chat, Power::Model, "model", doors.provider, cx);
        let browser = self.lend(chat, Power::Browser, "browser", doors.browser, cx);
        let sandboxes = self.lend(chat, Power::Code, "sandboxes", doors.sandboxes, cx);
        let linux = self.lend(chat, Power::Linux, "linux", doors.linux, cx);
        let actors = self.lend(chat, Power::Actors, "actors", doors.actors, cx);
        let works = self.lend(chat, Power::Works, "works", doors.works, cx);
        let refs = [doors.panel, shelf, provider, browser, cx.me(), sandboxes, linux, actors, works];
        let call = cx.call(doors.agents, &request, &refs, ANSWER_MS);
        self.pending.push((call, Pending::StartChat(chat)));
    }

    pub(super) fn chat_started(&mut self, chat: ChatId, actor: Option<Ref>, cx: &mut Cx<'_>) {
        let at = self.opening.iter().position(|opening| opening.chat == chat);
        let waiting: Vec<String> = at.map(|at| self.opening.remove(at).waiting).unwrap_or_default();
        let Some(actor) = actor else {
            self.end_lent(chat, cx);
            return self.problem("This chat could not be opened.".into(), cx);
        };
        if !self.chats.iter().any(|known| known.id == chat) {
            return self.end_chat(chat, cx);
        }
        cx.watch(actor);
        self.live.push((chat, actor));
        self.show_holdings(cx);
        for message in waiting {
            cx.send(actor, message.as_bytes());
        }
    }

    /// A chat's actor ended. Opened again, its run goes on where it was kept.
    pub(super) fn chat_ended(&mut self, actor: Ref, reason: &Reason, cx: &mut Cx<'_>) {
        let Some(at) = self.live.iter().position(|(_, live)| *live == actor) else {
            return;
        };
        let (chat, _) = self.live.remove(at);
        self.end_lent(chat, cx);
        self.asks.retain(|ask| ask.approval.chat != chat);
        self.show_asks(cx);
        // A run that comes to nothing in several lives is interrupted, so a chat that crashes at once is not opened for ever.
        let cut = self.chats.iter().any(|known| known.id == chat && known.state.is_under_way());
        if !reason.is_orderly() && cut {
            self.tell(chat, &ToChat::Show, cx);
        }
    }

    /// `wanted` if there is such a chat, or a new one.
    pub(super) fn chat_or_new(&mut self, wanted: Option<ChatId>, cx: &mut Cx<'_>) -> ChatId {
        match wanted {
            Some(chat) if self.chats.iter().any(|known| known.id == chat) => chat,
            _ => {
                let chat = self.new_chat(cx);
                self.tell(chat, &ToChat::Show, cx);
                chat
            }
        }
    }

    pub(super) fn new_chat(&mut self, cx: &mut Cx<'_>) -> ChatId {
        let id = self.next_id();
        self.chats.insert(0, ChatInfo { id, title: "New chat".into(), at: self.wall_now(cx), state: RunPhase::Idle });
        self.save_chats(cx);
        id
    }

    pub(super) fn delete_chat(&mut self, chat: ChatId, cx: &mut Cx<'_>) {
        self.chats.retain(|known| known.id != chat);
        self.forget_withheld(chat, cx);
        send_json(cx, self.doors.actors, &ToActors::Forget { chat });
        self.asks.retain(|ask| ask.approval.chat != chat);
        if let Some(at) = self.live.iter().position(|(id, _)| *id == chat) {
            let (_, actor) = self.live.remove(at);
            // Its tabs and its model are let go of before it ends.
            send_json(cx, actor, &ToChat::Stop);
            self.end_chat(chat, cx);
        } else {
            self.drop_shelf(chat, cx);
        }
        self.save_chats(cx);
        self.show_asks(cx);
    }

    /// A shelf that this life has not opened is there all the same: it is opened to be dropped. With it goes what an earlier
    /// version kept of the chat.
    pub(super) fn drop_shelf(&mut self, chat: ChatId, cx: &mut Cx<'_>) {
        let id = child(chat);
        for request in [shelf::start(&id), Request::terminate(&id), Request::DeleteChild(id.clone()).encode()] {
            let call = cx.call(self.doors.shelves, &request, &[], ANSWER_MS);
            self.pending.push((call, Pending::Nothing));
        }
        send_json(cx, self.doors.old_store, &Store::Delete { key: format!("chat/{chat}") });
    }

    /// A temporary child is forgotten as it ends.
    fn end_chat(&mut self, chat: ChatId, cx: &mut Cx<'_>) {
        let call = cx.call(self.doors.agents, &Request::terminate(&child(chat)), &[], ANSWER_MS);
        self.pending.push((call, Pending::EndChat(chat)));
    }

    /// Chats, questions and kept recipes are numbered from one row, above everything stored.
    pub(super) fn next_id(&mut self) -> u64 {
        let unread = self.unread.iter().filter_map(|text| serde_json::from_str::<Value>(text).ok()?["id"].as_u64());
        let used = self.chats.iter().map(|chat| chat.id).chain(unread).max().unwrap_or(0);
        self.next = self.next.max(used) + 1;
        self.next
    }
}

/// The chat's id in its supervisor.
fn child(chat: ChatId) -> String {
    format!("chat {chat}")
}
