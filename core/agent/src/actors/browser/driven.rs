//! Which chat drives which tabs, and what it is told of them.
use super::{super::wire::ToChat, *};
use alloc::string::ToString;

/// One chat's tabs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Driving {
    pub chat: ChatId,
    /// None until it says something with its ref.
    pub actor: Option<Ref>,
    pub title: String,
    pub tabs: Vec<TabId>,
    /// The one that its tools mean when they name none.
    pub active: Option<TabId>,
    /// Of the inventory as it was last listed.
    pub listed: u64,
}

impl Browser {
    pub(super) fn of_chat(&mut self, chat: ChatId) -> &mut Driving {
        let at = self.driving.iter().position(|each| each.chat == chat).unwrap_or_else(|| {
            self.driving.push(Driving { chat, ..Driving::default() });
            self.driving.len() - 1
        });
        &mut self.driving[at]
    }

    pub(super) fn meet(&mut self, chat: ChatId, actor: Option<Ref>) {
        let known = self.of_chat(chat);
        known.actor = actor.or(known.actor);
    }

    pub(super) fn driver_of(&self, tab: TabId) -> Option<&Driving> {
        self.driving.iter().find(|each| each.tabs.contains(&tab))
    }

    pub(super) fn drive(&mut self, chat: ChatId, tab: TabId, title: String, cx: &mut Cx<'_>) {
        if self.driver_of(tab).is_some_and(|other| other.chat != chat) {
            return;
        }
        let known = self.of_chat(chat);
        known.active = known.active.or(Some(tab));
        if !title.is_empty() {
            known.title = title;
        }
        if !known.tabs.contains(&tab) {
            known.tabs.push(tab);
        }
        self.show_group(chat, cx);
        self.tell_chrome(json!({"op": "watch_hand", "tab": tab, "on": true}), cx);
    }

    /// The chat's run ended: nothing of it is left on its tabs.
    pub(super) fn release(&mut self, chat: ChatId, cx: &mut Cx<'_>) {
        let Some(at) = self.driving.iter().position(|each| each.chat == chat) else { return };
        let gone = self.driving.remove(at);
        self.end_lent(|lent| lent.chat == chat, cx);
        self.tell_chrome(json!({"op": "group", "chat": chat, "tabs": [], "title": gone.title}), cx);
        gone.tabs.into_iter().for_each(|tab| self.free(tab, cx));
    }

    /// The tab is closed: its chat is told, unless it closed it itself.
    pub(super) fn undrive(&mut self, tab: TabId, cx: &mut Cx<'_>) {
        let Some(chat) = self.driver_of(tab).map(|driver| driver.chat) else { return };
        if !self.closes(tab) {
            self.news(tab, &alloc::format!("tab {tab} was closed by its owner"), true, cx);
        }
        let known = self.of_chat(chat);
        known.tabs.retain(|each| *each != tab);
        known.active = known.active.filter(|active| *active != tab);
    }

    /// One of the chat's tabs is its owner's again.
    pub(super) fn let_tab_go(&mut self, chat: ChatId, tab: TabId, cx: &mut Cx<'_>) {
        let known = self.of_chat(chat);
        known.tabs.retain(|each| *each != tab);
        known.active = known.active.filter(|active| *active != tab);
        self.show_group(chat, cx);
        self.free(tab, cx);
    }

    fn free(&mut self, tab: TabId, cx: &mut Cx<'_>) {
        self.tell_chrome(json!({"op": "watch_hand", "tab": tab, "on": false}), cx);
        self.tell_chrome(json!({"op": "fence", "tab": tab, "origins": null}), cx);
    }

    pub(super) fn news(&mut self, tab: TabId, text: &str, gone: bool, cx: &mut Cx<'_>) {
        self.tell_driver(tab, &ToChat::TabNews { tab, text: text.to_string(), gone }, cx);
    }

    pub(super) fn tell_driver(&self, tab: TabId, message: &ToChat, cx: &mut Cx<'_>) {
        if let Some(actor) = self.driver_of(tab).and_then(|driver| driver.actor) {
            send_json(cx, actor, message);
        }
    }

    fn show_group(&mut self, chat: ChatId, cx: &mut Cx<'_>) {
        let known = self.of_chat(chat);
        let op = json!({"op": "group", "chat": chat, "tabs": known.tabs, "title": known.title});
        self.tell_chrome(op, cx);
    }
}
