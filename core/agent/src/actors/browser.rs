//! The browser: the directory of tabs. It finds or starts the web actor of a tab, knows which chat drives which tabs, passes
//! on what happens to them, and answers the tools of the tab inventory.
mod driven;
mod inventory;
mod lent;
mod tabs;
#[cfg(test)]
mod tests;
mod tools;

use super::{
    Actor, body, call_json, json_bytes, send_json,
    wire::{Boot, ToBrowser},
};
use crate::view::{ChatId, TabId};
use alloc::{string::String, vec::Vec};
use driven::Driving;
use lent::{Lent, Withheld};
use peerd_otp::supervisor::Announcement;
use peerd_vat::{CallId, Crash, Cx, Event, Ref};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tabs::Tab;
use tools::Job;

#[derive(Serialize, Deserialize)]
pub struct Browser {
    chrome: Ref,
    /// The supervisor of the tabs' supervisors.
    tabs_supervisor: Ref,
    /// Of the web actors: see `Boot`.
    unprobed: bool,
    /// Of the browser: see `Boot`.
    session: String,
    tabs: Vec<Tab>,
    driving: Vec<Driving>,
    jobs: Vec<Job>,
    /// Web actors in the hands of chats.
    lent: Vec<Lent>,
    withheld: Vec<Withheld>,
    /// Who is told of that.
    desk: Option<Ref>,
    pending: Vec<(CallId, Pending)>,
}

/// What a call of ours was made for.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Pending {
    /// Is the tab there? For whom asks for its actor.
    Find { chat: ChatId, tab: TabId, reply: Ref },
    /// The supervisor of a tab's actor.
    Start(TabId),
    /// The actors of a supervisor that ran already.
    Children(TabId),
    /// What the tool call of this effect waits for.
    Tool(String),
    /// The chat notes that this effect is about to begin.
    Note(String),
    /// Nobody waits; the answer changes nothing.
    Nothing,
}

/// What came back: the body and the refs with it, or why nothing did.
struct Answer<'a> {
    body: &'a [u8],
    refs: &'a [Ref],
}

impl Answer<'_> {
    fn value(&self) -> Value {
        serde_json::from_slice(self.body).unwrap_or_else(|_| json!({"err": {"kind": "nonsense"}}))
    }
}

impl Actor for Browser {
    const NAME: &'static str = "browser";

    fn init(args: &[u8], cx: &mut Cx<'_>) -> Result<Self, Crash> {
        let &[chrome, tabs_supervisor] = cx.refs() else {
            return Err(Crash::new("bad_args", "the browser needs two refs: chrome, the tabs' supervisor"));
        };
        let boot: Boot = body(args)?;
        cx.send_with(chrome, &json_bytes(&json!({"subscribe": true})), &[cx.me()]);
        Ok(Browser {
            chrome,
            tabs_supervisor,
            unprobed: boot.unprobed,
            session: boot.session,
            tabs: Vec::new(),
            driving: Vec::new(),
            jobs: Vec::new(),
            lent: Vec::new(),
            withheld: Vec::new(),
            desk: None,
            pending: Vec::new(),
        })
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body: bytes, refs, reply } => self.heard(bytes, refs, reply, cx),
            Event::Reply { call, result } => {
                let Some(at) = self.pending.iter().position(|(id, _)| *id == call) else { return Ok(()) };
                let (_, pending) = self.pending.remove(at);
                let lost = json_bytes(&json!({"err": {"kind": "timeout", "text": "no answer came in time"}}));
                let answer = match &result {
                    Ok(answer) => Answer { body: answer.body, refs: answer.refs },
                    Err(_) => Answer { body: &lost, refs: &[] },
                };
                self.settled(pending, &answer, cx);
                Ok(())
            }
            Event::Down { target, .. } => {
                self.gave_up(target, cx);
                Ok(())
            }
            Event::Exit { .. } | Event::Timer { .. } | Event::Alarm { .. } => Ok(()),
        }
    }
}

impl Browser {
    /// Chats and the host speak JSON objects; a tab's supervisor announces its actor in its own way.
    fn heard(&mut self, bytes: &[u8], refs: &[Ref], reply: Option<Ref>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        if !bytes.starts_with(b"{") {
            if let (Some(announced), Some(web)) = (Announcement::decode(bytes), refs.first()) {
                self.announced(&announced, *web, cx);
            }
            return Ok(());
        }
        match body::<ToBrowser>(bytes) {
            Ok(message) => self.asked(message, refs.first().copied(), reply, cx),
            Err(_) => self.happened(&body::<Value>(bytes)?, cx),
        }
        Ok(())
    }

    fn asked(&mut self, message: ToBrowser, from: Option<Ref>, reply: Option<Ref>, cx: &mut Cx<'_>) {
        match message {
            ToBrowser::Tool { chat, effect, tool, input, origins, trace } => {
                if let Some(reply) = reply {
                    self.meet(chat, from);
                    self.called(Job::new(chat, effect, reply, origins), &tool, &input, trace.as_deref(), cx);
                }
            }
            ToBrowser::Allowed { effect } => self.allowed(&effect, cx),
            ToBrowser::Denied { effect, reason } => self.denied(&effect, &reason, cx),
            ToBrowser::Find { chat, tab } => {
                if let Some(reply) = reply {
                    self.meet(chat, from);
                    self.find(chat, tab, reply, cx);
                }
            }
            ToBrowser::Drive { chat, tab, title } => {
                self.meet(chat, from);
                self.drive(chat, tab, title, cx);
            }
            ToBrowser::Release { chat } => self.release(chat, cx),
            ToBrowser::Meet { withheld } => self.meet_desk(from, withheld, cx),
            ToBrowser::TakeBack { chat, tab } => self.take_back(chat, tab, cx),
            ToBrowser::Show { tab } => self.tell_chrome(json!({"op": "show_tab", "tab": tab}), cx),
        }
    }

    fn settled(&mut self, pending: Pending, answer: &Answer<'_>, cx: &mut Cx<'_>) {
        match pending {
            Pending::Find { chat, tab, reply } => self.looked(chat, tab, reply, &answer.value(), cx),
            Pending::Start(tab) => self.started(tab, answer, cx),
            Pending::Children(tab) => self.children(tab, answer, cx),
            Pending::Tool(effect) => self.tool_answered(&effect, &answer.value(), cx),
            Pending::Note(effect) => self.noted(&effect, answer.value()["err"].is_null(), cx),
            Pending::Nothing => {}
        }
    }

    fn ask_chrome(&mut self, op: &Value, ms: u64, pending: Pending, cx: &mut Cx<'_>) {
        let call = call_json(cx, self.chrome, op, &[], ms);
        self.pending.push((call, pending));
    }

    fn tell_chrome(&mut self, op: Value, cx: &mut Cx<'_>) {
        send_json(cx, self.chrome, &op);
    }
}
