//! What each chat is lent to act with, and what its owner took back. Tabs are lent by the browser, which says so.
use super::Desk;
use crate::{
    actors::{
        lent, send_json, send_json_with,
        wire::{LentTab, ToActors, ToBrowser, ToChat, ToLinux, ToProvider, ToSandboxes, ToWorks},
    },
    view::{ChatId, Holding, Power, TabId, Update},
};
use alloc::{string::String, vec::Vec};
use peerd_caps::caretaker::Caretaker;
use peerd_vat::{Cx, Ref};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct Lent {
    chat: ChatId,
    power: Power,
    caretaker: Caretaker,
}

/// Taken back for good: kept on the desk's shelf.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Withheld {
    chat: ChatId,
    power: Power,
    /// Tabs have these numbers in one life of the browser. Empty for what is no tab.
    session: String,
}

/// On the desk's shelf.
pub(super) const WITHHELD: &str = "withheld";

impl Desk {
    /// What a chat that starts is endowed with: less, if its owner said so.
    pub(super) fn lend(&mut self, chat: ChatId, power: Power, what: &str, to: Ref, cx: &mut Cx<'_>) -> Ref {
        if self.is_withheld(chat, power) {
            return Ref::nobody();
        }
        let caretaker = lent::lend(chat, what, to, cx);
        self.lent.push(Lent { chat, power, caretaker });
        caretaker.face
    }

    /// The chat's actor is no more, and so is what it was lent.
    pub(super) fn end_lent(&mut self, chat: ChatId, cx: &mut Cx<'_>) {
        let (over, rest): (Vec<Lent>, Vec<Lent>) = core::mem::take(&mut self.lent).into_iter().partition(|lent| lent.chat == chat);
        self.lent = rest;
        over.iter().for_each(|lent| lent::end(&lent.caretaker, cx));
        self.show_holdings(cx);
    }

    /// With its chat.
    pub(super) fn forget_withheld(&mut self, chat: ChatId, cx: &mut Cx<'_>) {
        if self.withheld.iter().any(|each| each.chat == chat) {
            self.withheld.retain(|each| each.chat != chat);
            self.save_withheld(cx);
        }
    }

    /// At once and for good. What a chat keeps itself on is no power over anything else: that goes with the chat.
    pub(super) fn take_back(&mut self, chat: ChatId, power: Power, cx: &mut Cx<'_>) {
        let is_known = self.chats.iter().any(|known| known.id == chat);
        if !is_known || power == Power::Shelf || self.is_withheld(chat, power) {
            return;
        }
        let session = if let Power::Tab(_) = power { self.session.clone() } else { String::new() };
        self.withheld.push(Withheld { chat, power, session });
        self.save_withheld(cx);
        let lent = self.lent.iter().position(|lent| lent.chat == chat && lent.power == power).map(|at| self.lent.remove(at));
        if let Some(lent) = &lent {
            lent.caretaker.revoke(cx);
        }
        match power {
            Power::Tab(tab) => send_json(cx, self.doors.browser, &ToBrowser::TakeBack { chat, tab }),
            // It is being answered by a server: nobody reads on.
            Power::Model => send_json(cx, self.doors.provider, &ToProvider::Cancel { chat }),
            Power::Code => send_json(cx, self.doors.sandboxes, &ToSandboxes::TakeBack { chat }),
            Power::Linux => send_json(cx, self.doors.linux, &ToLinux::TakeBack { chat }),
            Power::Actors => send_json(cx, self.doors.actors, &ToActors::TakeBack { chat }),
            Power::Works => send_json(cx, self.doors.works, &ToWorks::TakeBack { chat }),
            Power::Browser | Power::Shelf => {}
        }
        if let (Some(what), Some((_, actor))) = (in_words(power), self.live.iter().find(|(id, _)| *id == chat)) {
            send_json(cx, *actor, &ToChat::TakenBack { what: what.into() });
        }
        self.show_holdings(cx);
    }

    /// Its next life has to be told again.
    pub(super) fn meet_browser(&mut self, cx: &mut Cx<'_>) {
        let tab = |each: &Withheld| if let Power::Tab(tab) = each.power { Some((each.chat, tab)) } else { None };
        let withheld: Vec<(ChatId, TabId)> = self.withheld.iter().filter_map(tab).collect();
        send_json_with(cx, self.doors.browser, &ToBrowser::Meet { withheld }, &[cx.me()]);
        cx.watch(self.doors.browser);
    }

    pub(super) fn tabs_are_lent(&mut self, tabs: Vec<LentTab>, cx: &mut Cx<'_>) {
        if self.tabs != tabs {
            self.tabs = tabs;
            self.show_holdings(cx);
        }
    }

    pub(super) fn take_withheld(&mut self, text: &str) -> bool {
        let Ok(withheld) = serde_json::from_str::<Vec<Withheld>>(text) else { return false };
        let session = self.session.clone();
        self.withheld = withheld.into_iter().filter(|each| each.session.is_empty() || each.session == session).collect();
        true
    }

    fn save_withheld(&mut self, cx: &mut Cx<'_>) {
        let text = serde_json::to_string(&self.withheld).expect("our own words have string keys");
        self.keep_on_shelf([(WITHHELD.into(), Some(text))].into(), cx);
    }

    fn is_withheld(&self, chat: ChatId, power: Power) -> bool {
        self.withheld.iter().any(|each| each.chat == chat && each.power == power)
    }

    pub(super) fn show_holdings(&self, cx: &mut Cx<'_>) {
        self.show(&Update::Holdings { holdings: self.holdings() }, cx);
    }

    fn holdings(&self) -> Vec<Holding> {
        let lent = self.lent.iter().map(|lent| Holding { chat: lent.chat, power: lent.power, name: String::new(), is_withheld: false });
        let withheld = self.withheld.iter().filter(|each| !matches!(each.power, Power::Tab(_)));
        let withheld = withheld.map(|each| Holding { chat: each.chat, power: each.power, name: String::new(), is_withheld: true });
        let tabs = self.tabs.iter().map(|tab| Holding {
            chat: tab.chat,
            power: Power::Tab(tab.tab),
            name: tab.name.clone(),
            is_withheld: tab.is_withheld,
        });
        let mut holdings: Vec<Holding> = lent.chain(withheld).chain(tabs).collect();
        // In the order of the list of chats; those of deleted ones are on their way out.
        let place = |chat: ChatId| self.chats.iter().position(|known| known.id == chat);
        holdings.retain(|holding| place(holding.chat).is_some());
        holdings.sort_by_key(|holding| (place(holding.chat), holding.power));
        holdings
    }
}

/// For the model and for people. A tab's news come from the browser.
const fn in_words(power: Power) -> Option<&'static str> {
    match power {
        Power::Model => Some("the model"),
        Power::Browser => Some("the browser (listing, opening and choosing tabs)"),
        Power::Code => Some("running code (run_javascript)"),
        Power::Linux => Some("the Linux machine"),
        Power::Actors => Some("making and using actors"),
        Power::Works => Some("notebooks and apps"),
        Power::Shelf | Power::Tab(_) => None,
    }
}
