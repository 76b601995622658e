//! The web actor: one per tab, keyless, without a model. A shell around `web::drive`.
//!
//! It ends with its vat. What another life of it needs is with the chat: told before each act, and with each outcome.
use super::{
    Actor, body, call_json, json_bytes, reply_json, send_json,
    wire::{ToChat, ToWeb},
};
use crate::{
    grants::Need,
    outcome::Outcome,
    view::{TabId, Verdict},
    web::drive::{Drive, Input, Output, Probing},
};
use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_vat::{CallId, Crash, Cx, Event, Reason, Ref, Settle};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Mailbox states: calls wait until this life knows its tab, and while another call is under way.
const UNBORN: u32 = 0;
const IDLE: u32 = 1;
const BUSY: u32 = 2;
const WAKE: u64 = 1;
const BORN: u64 = 2;
/// Above what a chat waits for the store.
const NOTE_MS: u64 = 20_000;
/// A browser actor that says nothing for so long has crashed too; its word is then not waited for.
const BORN_MS: u64 = 2_000;

#[derive(Serialize, Deserialize)]
pub struct Web {
    chrome: Ref,
    drive: Drive,
    /// The browser actor said where the tab is, or said nothing for long.
    born: bool,
    /// Of the call under way: who gets the outcome, who is asked.
    caller: Option<Ref>,
    chat: Option<Ref>,
    /// The request whose answer the drive waits for.
    asked: Option<CallId>,
    /// The act that leaves once the chat has noted it, and the call that asks it to.
    held: Option<Held>,
    /// What the chat was asked and has not answered.
    need: Option<Need>,
}

#[derive(Serialize, Deserialize)]
struct Held {
    noting: CallId,
    request: String,
    ms: u64,
}

/// A web actor's birth certificate.
#[derive(Serialize, Deserialize)]
pub struct WebArgs {
    pub tab: TabId,
    /// False only to show what looking before repeating prevents.
    #[serde(default = "on")]
    pub probing: bool,
}

const fn on() -> bool {
    true
}

impl Actor for Web {
    const NAME: &'static str = "web";

    fn init(args: &[u8], cx: &mut Cx<'_>) -> Result<Self, Crash> {
        let args: WebArgs = body(args)?;
        let &[chrome, _browser] = cx.refs() else {
            return Err(Crash::new("bad_args", "a web actor needs two refs: chrome, browser"));
        };
        let probing = if args.probing { Probing::On } else { Probing::Off };
        cx.become_tag(UNBORN);
        cx.timer(BORN, BORN_MS);
        let drive = Drive::new(args.tab, probing);
        Ok(Web { chrome, drive, born: false, caller: None, chat: None, asked: None, held: None, need: None })
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let mut out = Vec::new();
        match event {
            Event::User { body: bytes, refs, reply } => match body::<ToWeb>(bytes)? {
                ToWeb::Tool { effect, .. } if !self.born || (self.drive.is_busy() && !self.drive.is_doing(&effect)) => {
                    cx.defer();
                    return Ok(());
                }
                ToWeb::Tool { effect, tool, input, origins, trace, begun } => {
                    self.caller = reply;
                    self.chat = refs.first().copied();
                    self.called(Input::Tool { effect, tool, input: &input, origins }, trace.as_deref(), begun, &mut out);
                }
                ToWeb::Allowed { effect } => {
                    self.need = None;
                    self.drive.handle(Input::Allowed { effect }, &mut out);
                }
                ToWeb::Denied { effect, reason } => {
                    self.need = None;
                    self.drive.handle(Input::Denied { effect, reason }, &mut out);
                }
                ToWeb::Cancel { effect } => self.drive.handle(Input::Cancel { effect }, &mut out),
                ToWeb::TakenBack => {
                    if let Some(effect) = self.drive.effect().map(String::from) {
                        self.drive.handle(Input::Cancel { effect }, &mut out);
                    }
                }
                ToWeb::Host { event } => self.drive.handle(Input::Host(&event), &mut out),
                ToWeb::Adopt { url, restarts, driven } => {
                    self.born = true;
                    self.drive.handle(Input::Adopt { url, restarts, driven, salt: cx.random() }, &mut out);
                }
            },
            Event::Reply { call, result } if Some(call) == self.asked => {
                self.asked = None;
                let answer = match result {
                    Ok(answer) => serde_json::from_slice(answer.body).unwrap_or_else(|error| failed("nonsense", &format!("{error}"))),
                    Err(Settle::Timeout) => failed("timeout", "no answer in time"),
                    Err(settle) => failed("lost", &format!("{settle}")),
                };
                self.drive.handle(Input::Answer(&answer), &mut out);
            }
            Event::Reply { call, result } if self.held.as_ref().is_some_and(|held| held.noting == call) => match result {
                Ok(_) => self.let_go(cx),
                Err(_) => {
                    self.held = None;
                    self.drive.handle(Input::Answer(&failed("unkept", "")), &mut out);
                }
            },
            Event::Timer { key: BORN } => self.born = true,
            Event::Timer { key: WAKE } => self.drive.handle(Input::Late, &mut out),
            _ => {}
        }
        self.carry_out(out, cx)
    }
}

impl Web {
    /// A call: a new one, or the one that an earlier life of the chat, or of this actor, was busy with.
    fn called(&mut self, tool: Input<'_>, trace: Option<&str>, begun: bool, out: &mut Vec<Output>) {
        let Input::Tool { effect, .. } = &tool else { return };
        if self.drive.is_doing(effect) {
            if let Some(need) = self.need.clone() {
                out.push(Output::Need { effect: effect.clone(), need });
            }
            return;
        }
        match trace.and_then(|trace| self.drive.recall(trace)) {
            // It may have begun: what came of it is asked as if the answer had been lost on the way.
            Some(earlier) if earlier.is_doing(effect) => {
                self.drive = earlier;
                return self.drive.handle(Input::Answer(&failed("lost", "")), out);
            }
            // Another version of the program has written it.
            _ if begun => return out.push(Output::Finish(Box::new(unreadable()))),
            Some(earlier) if self.drive.is_new() && !earlier.is_busy() => self.drive = earlier,
            _ => {}
        }
        self.drive.handle(tool, out);
    }

    fn let_go(&mut self, cx: &mut Cx<'_>) {
        if let Some(Held { request, ms, .. }) = self.held.take() {
            self.asked = Some(cx.call(self.chrome, request.as_bytes(), &[], ms));
        }
    }

    fn carry_out(&mut self, out: Vec<Output>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        for output in out {
            match output {
                Output::Ask { body, ms } => {
                    self.forget_asked(cx);
                    self.asked = Some(call_json(cx, self.chrome, &body, &[], ms));
                }
                Output::Act { body, ms } => self.hold(&body, ms, cx)?,
                // A call too, since the port answers calls; nobody waits for this one.
                Output::Tell { body } => drop(cx.call(self.chrome, &json_bytes(&body), &[], peerd_vat::CALL_MS)),
                Output::Need { effect, need } => {
                    self.need = Some(need.clone());
                    match self.chat {
                        Some(chat) => send_json(cx, chat, &ToChat::Need { effect, need }),
                        None => cx.report("web", "a call came without a chat to ask"),
                    }
                }
                Output::Wake { ms } => cx.timer(WAKE, ms),
                Output::Finish(outcome) => {
                    self.forget_asked(cx);
                    (self.chat, self.need) = (None, None);
                    cx.cancel_timer(WAKE);
                    if let Some(caller) = self.caller.take() {
                        reply_json(cx, caller, &Outcome { trace: self.drive.trace(), ..*outcome });
                    }
                }
                Output::Crash(why) => return Err(Crash::new("renderer", why)),
                Output::Stop => cx.stop(Reason::Normal),
            }
        }
        cx.become_tag(match (self.born, self.drive.is_busy()) {
            (false, _) => UNBORN,
            (true, false) => IDLE,
            (true, true) => BUSY,
        });
        Ok(())
    }

    /// Kept before done: a life that ends in between must leave a trace of what it may have begun.
    fn hold(&mut self, request: &Value, ms: u64, cx: &mut Cx<'_>) -> Result<(), Crash> {
        self.forget_asked(cx);
        let (Some(chat), Some(effect)) = (self.chat, self.drive.effect()) else {
            return Err(Crash::new("web", "an act came without a chat to note it"));
        };
        let note = ToChat::Dispatch { effect: effect.into(), trace: self.drive.trace() };
        let noting = call_json(cx, chat, &note, &[], NOTE_MS);
        self.held = Some(Held { noting, request: request.to_string(), ms });
        Ok(())
    }

    fn forget_asked(&mut self, cx: &mut Cx<'_>) {
        if let Some(held) = self.held.take() {
            cx.cancel_call(held.noting);
        }
        if let Some(call) = self.asked.take() {
            cx.cancel_call(call);
        }
    }
}

/// Of an act that may have happened.
fn unreadable() -> Outcome {
    let why = "it can't be told whether this was done: peerd was updated in the middle of it. It is not repeated; look before you go on";
    Outcome { verdict: Verdict::Unknown, evidence: why.into(), text: why.into(), error: true, ..Outcome::default() }
}

fn failed(kind: &str, text: &str) -> Value {
    json!({"err": {"kind": kind, "text": text}})
}

#[cfg(test)]
mod tests;
