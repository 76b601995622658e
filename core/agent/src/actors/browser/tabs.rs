//! The actors of tabs: a supervisor of its own for each, started when somebody first wants to act in it.
use super::{
    super::{
        reply_json, send_json_with, started,
        wire::{Found, ToChat, ToWeb},
    },
    *,
};
use crate::web::words;
use alloc::{format, string::ToString};
use peerd_otp::supervisor::{self, ChildSpec, Restart, SupervisorSpec};

/// Limit: of a page's crashes; one more within the period and its tab is given up.
const CRASHES_MAX: u32 = 3;
const PERIOD_MS: u64 = 5_000;
const START_MS: u64 = 5_000;
const FIND_MS: u64 = 10_000;
const TITLE_MAX: usize = 200;

const WEB: &str = "web";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Tab {
    id: TabId,
    /// Where it was when last heard of: what a crashed page is loaded from again.
    url: String,
    title: String,
    supervisor: Option<Ref>,
    web: Option<Ref>,
    /// Who waits for the actor.
    finders: Vec<(ChatId, Ref)>,
}

impl Browser {
    pub(super) fn find(&mut self, chat: ChatId, tab: Option<TabId>, reply: Ref, cx: &mut Cx<'_>) {
        let Some(tab) = tab.or(self.of_chat(chat).active) else {
            let why = "there is no tab to act on yet: open one with new_tab, or choose one with switch_tab";
            return missing(0, why, reply, cx);
        };
        if self.driver_of(tab).is_some_and(|other| other.chat != chat) {
            return missing(tab, "another task is using this tab", reply, cx);
        }
        if self.is_withheld(chat, tab) {
            return missing(tab, "the owner has taken this tab back from this chat: do not use it any more", reply, cx);
        }
        self.ask_chrome(&json!({"op": "tab", "tab": tab}), FIND_MS, Pending::Find { chat, tab, reply }, cx);
    }

    pub(super) fn looked(&mut self, chat: ChatId, tab: TabId, reply: Ref, seen: &Value, cx: &mut Cx<'_>) {
        match seen["err"]["kind"].as_str() {
            None => {}
            // The service worker ended; looking again harms nothing.
            Some("lost") => return self.find(chat, Some(tab), reply, cx),
            Some("gone") => return reply_json(cx, reply, &Found { gone: true, ..absent(tab, "there is no such tab") }),
            Some(_) => return missing(tab, "the browser does not answer", reply, cx),
        }
        let url = words::line(seen["url"].as_str().unwrap_or_default(), words::WORDS_MAX);
        let title = words::line(seen["title"].as_str().unwrap_or_default(), TITLE_MAX);
        let known = self.of_chat(chat);
        known.active = known.active.or(Some(tab));
        match self.tabs.iter_mut().find(|known| known.id == tab) {
            Some(known) => {
                (known.url, known.title) = (url, title);
                known.finders.push((chat, reply));
            }
            None => {
                self.tabs.push(Tab { id: tab, url, title, supervisor: None, web: None, finders: [(chat, reply)].into() });
                self.start(tab, cx);
            }
        }
        self.answer_finders(tab, cx);
    }

    fn start(&mut self, tab: TabId, cx: &mut Cx<'_>) {
        let args = json_bytes(&json!({"tab": tab, "probing": !self.unprobed}));
        let web = ChildSpec::new(&format!("{WEB} {tab}"), WEB, args).restart(Restart::Transient);
        let spec = SupervisorSpec {
            intensity: CRASHES_MAX,
            period_ms: PERIOD_MS,
            children: [web].into(),
            announce: Some(1),
            ..SupervisorSpec::default()
        };
        let request = supervisor::Request::start(&child(tab), supervisor::NAME, spec.encode(), Restart::Temporary);
        let call = cx.call(self.tabs_supervisor, &request, &[self.chrome, cx.me()], START_MS);
        self.pending.push((call, Pending::Start(tab)));
    }

    pub(super) fn started(&mut self, tab: TabId, answer: &Answer<'_>, cx: &mut Cx<'_>) {
        let supervisor = started(&peerd_vat::Answer { body: answer.body, refs: answer.refs });
        let Some(known) = self.tabs.iter_mut().find(|known| known.id == tab) else { return };
        match supervisor {
            Ok(supervisor) => {
                known.supervisor = Some(supervisor);
                let is_announced = known.web.is_some();
                cx.watch(supervisor);
                // It ran already, from before a crash of ours, and announced its actor then.
                if !is_announced {
                    let call = cx.call(supervisor, &supervisor::Request::WhichChildren.encode(), &[], START_MS);
                    self.pending.push((call, Pending::Children(tab)));
                }
            }
            Err(_) => self.forget(tab, "its actor did not start", cx),
        }
    }

    pub(super) fn children(&mut self, tab: TabId, answer: &Answer<'_>, cx: &mut Cx<'_>) {
        let Some(known) = self.tabs.iter_mut().find(|known| known.id == tab) else { return };
        known.web = known.web.or(answer.refs.first().copied());
        if known.web.is_none() {
            return self.forget(tab, "its actor is not running", cx);
        }
        self.answer_finders(tab, cx);
    }

    /// A web actor starts, for the first time or again.
    pub(super) fn announced(&mut self, word: &supervisor::Announcement, web: Ref, cx: &mut Cx<'_>) {
        let tab = word.id.strip_prefix(WEB).and_then(|number| number.trim_start().parse().ok());
        let Some(known) = self.tabs.iter_mut().find(|known| Some(known.id) == tab) else { return };
        known.web = Some(web);
        let (tab, url) = (known.id, known.url.clone());
        let driven = self.driver_of(tab).is_some();
        send_json(cx, web, &ToWeb::Adopt { url, restarts: word.restarts, driven });
        if word.restarts > 0 {
            self.news(tab, "the page crashed and is being loaded again", false, cx);
        }
        self.answer_finders(tab, cx);
    }

    fn answer_finders(&mut self, tab: TabId, cx: &mut Cx<'_>) {
        let Some(known) = self.tabs.iter_mut().find(|known| known.id == tab) else { return };
        let Some(web) = known.web else { return };
        let found = Found { tab, url: known.url.clone(), title: known.title.clone(), missing: None, gone: false };
        let name = format!("{} ({})", known.title, known.url);
        for (chat, reply) in core::mem::take(&mut known.finders) {
            let face = self.lend_tab(chat, tab, web, &name, cx);
            send_json_with(cx, reply, &found, &[face]);
        }
    }

    /// Something happened in the browser.
    pub(super) fn happened(&mut self, event: &Value, cx: &mut Cx<'_>) {
        let kind = event["event"].as_str().unwrap_or_default();
        // A new tab concerns the one it was opened from.
        let tab = if kind == "tab_opened" { &event["tab"]["opener"] } else { &event["tab"] };
        let Some(tab) = tab.as_i64() else { return };
        if kind == "hand" {
            return self.tell_driver(tab, &ToChat::Hand { tab }, cx);
        }
        if let Some(known) = self.tabs.iter_mut().find(|known| known.id == tab) {
            if matches!(kind, "committed" | "moved" | "loaded")
                && let Some(url) = event["url"].as_str()
            {
                known.url = words::line(url, words::WORDS_MAX);
            }
            if let Some(web) = known.web {
                send_json(cx, web, &ToWeb::Host { event: event.clone() });
            }
        }
        if kind == "tab_closed" {
            self.undrive(tab, cx);
            self.forget(tab, "the tab was closed", cx);
        }
    }

    /// The tab needs no actors any more.
    fn forget(&mut self, tab: TabId, why: &str, cx: &mut Cx<'_>) {
        let Some(at) = self.tabs.iter().position(|known| known.id == tab) else { return };
        for (_, reply) in self.tabs.remove(at).finders {
            missing(tab, why, reply, cx);
        }
        self.lent_is_gone(tab, cx);
        let call = cx.call(self.tabs_supervisor, &supervisor::Request::terminate(&child(tab)), &[], START_MS);
        self.pending.push((call, Pending::Nothing));
    }

    /// A tab's supervisor ended though nobody asked it to.
    pub(super) fn gave_up(&mut self, supervisor: Ref, cx: &mut Cx<'_>) {
        let Some(at) = self.tabs.iter().position(|known| known.supervisor == Some(supervisor)) else { return };
        let tab = self.tabs.remove(at);
        let why = "the page crashed four times in five seconds; it is not loaded again";
        for (_, reply) in tab.finders {
            missing(tab.id, why, reply, cx);
        }
        self.lent_is_gone(tab.id, cx);
        self.news(tab.id, why, true, cx);
    }
}

fn child(tab: TabId) -> String {
    format!("tab {tab}")
}

fn missing(tab: TabId, why: &str, reply: Ref, cx: &mut Cx<'_>) {
    reply_json(cx, reply, &absent(tab, why));
}

fn absent(tab: TabId, why: &str) -> Found {
    Found { tab, url: String::new(), title: String::new(), missing: Some(why.to_string()), gone: false }
}
