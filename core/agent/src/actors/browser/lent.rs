//! Tabs in the hands of chats: the web actor of each is lent through a caretaker, for as long as the chat's run lasts, and taken back when
//! the owner says so.
use super::{
    super::{
        lent,
        wire::{LentTab, ToDesk, ToWeb},
    },
    *,
};
use alloc::format;
use peerd_caps::caretaker::Caretaker;
use peerd_vat::Reason;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Lent {
    pub chat: ChatId,
    pub tab: TabId,
    /// What a person knows it by.
    name: String,
    web: Ref,
    caretaker: Caretaker,
    /// There is no such tab any more. What its actor's last answer says still comes through.
    is_gone: bool,
}

/// Not to be lent again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Withheld {
    chat: ChatId,
    tab: TabId,
    name: String,
}

impl Browser {
    pub(super) fn meet_desk(&mut self, desk: Option<Ref>, withheld: Vec<(ChatId, TabId)>, cx: &mut Cx<'_>) {
        self.desk = desk;
        for (chat, tab) in withheld {
            if !self.is_withheld(chat, tab) {
                self.withheld.push(Withheld { chat, tab, name: format!("Tab {tab}") });
            }
        }
        self.tell_desk(cx);
    }

    pub(super) fn is_withheld(&self, chat: ChatId, tab: TabId) -> bool {
        self.withheld.iter().any(|each| each.chat == chat && each.tab == tab)
    }

    /// The same ref as long as it is lent.
    pub(super) fn lend_tab(&mut self, chat: ChatId, tab: TabId, web: Ref, name: &str, cx: &mut Cx<'_>) -> Ref {
        // Asked for before it was taken back.
        if self.is_withheld(chat, tab) {
            return Ref::nobody();
        }
        if let Some(known) = self.lent.iter_mut().find(|lent| lent.chat == chat && lent.tab == tab && lent.web == web) {
            let face = known.caretaker.face;
            if known.name != name {
                known.name = name.into();
                self.tell_desk(cx);
            }
            return face;
        }
        // Of another actor of this tab: its identity goes on with the new one.
        if let Some(at) = self.lent.iter().position(|lent| lent.chat == chat && lent.tab == tab) {
            cx.exit(self.lent.remove(at).caretaker.actor, Reason::Shutdown);
        }
        let caretaker = lent::lend(chat, &format!("tab {tab}"), web, cx);
        self.lent.push(Lent { chat, tab, name: name.into(), web, caretaker, is_gone: false });
        self.tell_desk(cx);
        caretaker.face
    }

    /// Whoever acts in it stops; what it was asked settles `revoked`, now and from now on.
    pub(super) fn take_back(&mut self, chat: ChatId, tab: TabId, cx: &mut Cx<'_>) {
        if self.is_withheld(chat, tab) {
            return;
        }
        let lent = self.lent.iter().position(|lent| lent.chat == chat && lent.tab == tab).map(|at| self.lent.remove(at));
        let name = lent.as_ref().map_or_else(|| format!("Tab {tab}"), |lent| lent.name.clone());
        self.withheld.push(Withheld { chat, tab, name });
        if let Some(Lent { web, caretaker, .. }) = lent {
            caretaker.revoke(cx);
            send_json(cx, web, &ToWeb::TakenBack);
        }
        if self.driver_of(tab).is_some_and(|driver| driver.chat == chat) {
            self.news(tab, &format!("tab {tab} was taken back by the owner: it can't be read or used in this chat any more"), true, cx);
            self.let_tab_go(chat, tab, cx);
        }
        self.tell_desk(cx);
    }

    /// The tab and its actor are no more.
    pub(super) fn lent_is_gone(&mut self, tab: TabId, cx: &mut Cx<'_>) {
        self.lent.iter_mut().filter(|lent| lent.tab == tab).for_each(|lent| lent.is_gone = true);
        self.tell_desk(cx);
    }

    /// They are not needed any more.
    pub(super) fn end_lent(&mut self, is_over: impl Fn(&Lent) -> bool, cx: &mut Cx<'_>) {
        let (over, rest): (Vec<Lent>, Vec<Lent>) = core::mem::take(&mut self.lent).into_iter().partition(is_over);
        self.lent = rest;
        over.iter().for_each(|lent| lent::end(&lent.caretaker, cx));
        if !over.is_empty() {
            self.tell_desk(cx);
        }
    }

    fn tell_desk(&self, cx: &mut Cx<'_>) {
        let Some(desk) = self.desk else { return };
        let held = |lent: &Lent| LentTab { chat: lent.chat, tab: lent.tab, name: lent.name.clone(), is_withheld: false };
        let withheld = |each: &Withheld| LentTab { chat: each.chat, tab: each.tab, name: each.name.clone(), is_withheld: true };
        let tabs = self.lent.iter().filter(|lent| !lent.is_gone).map(held).chain(self.withheld.iter().map(withheld)).collect();
        send_json(cx, desk, &ToDesk::Tabs(tabs));
    }
}
