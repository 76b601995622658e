//! The web actor: one per tab, keyless, without a model. A shell around `web::drive`.
use super::{
    Actor, body, call_json, json_bytes, reply_json, send_json,
    wire::{ToChat, ToWeb},
};
use crate::{
    view::TabId,
    web::drive::{Drive, Input, Output, Probing},
};
use alloc::{format, vec::Vec};
use peerd_vat::{CallId, Crash, Cx, Event, Reason, Ref, Settle};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Mailbox states: calls wait until this life knows its tab, and while another call is under way.
const UNBORN: u32 = 0;
const IDLE: u32 = 1;
const BUSY: u32 = 2;
const WAKE: u64 = 1;
const BORN: u64 = 2;
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
        Ok(Web { chrome, drive: Drive::new(args.tab, probing), born: false, caller: None, chat: None, asked: None })
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let mut out = Vec::new();
        match event {
            Event::User { body: bytes, refs, reply } => match body::<ToWeb>(bytes)? {
                ToWeb::Tool { .. } if !self.born || self.drive.is_busy() => {
                    cx.defer();
                    return Ok(());
                }
                ToWeb::Tool { effect, tool, input, origins } => {
                    self.caller = reply;
                    self.chat = refs.first().copied();
                    self.drive.handle(Input::Tool { effect, tool, input: &input, origins }, &mut out);
                }
                ToWeb::Allowed { effect } => self.drive.handle(Input::Allowed { effect }, &mut out),
                ToWeb::Denied { effect, reason } => self.drive.handle(Input::Denied { effect, reason }, &mut out),
                ToWeb::Cancel { effect } => self.drive.handle(Input::Cancel { effect }, &mut out),
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
            Event::Timer { key: BORN } => self.born = true,
            Event::Timer { key: WAKE } => self.drive.handle(Input::Late, &mut out),
            _ => {}
        }
        self.carry_out(out, cx)
    }
}

impl Web {
    fn carry_out(&mut self, out: Vec<Output>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        for output in out {
            match output {
                Output::Ask { body, ms } => {
                    self.forget_asked(cx);
                    self.asked = Some(call_json(cx, self.chrome, &body, &[], ms));
                }
                // A call too, since the port answers calls; nobody waits for this one.
                Output::Tell { body } => drop(cx.call(self.chrome, &json_bytes(&body), &[], peerd_vat::CALL_MS)),
                Output::Need { effect, need } => match self.chat {
                    Some(chat) => send_json(cx, chat, &ToChat::Need { effect, need }),
                    None => cx.report("web", "a call came without a chat to ask"),
                },
                Output::Wake { ms } => cx.timer(WAKE, ms),
                Output::Finish(outcome) => {
                    self.forget_asked(cx);
                    self.chat = None;
                    cx.cancel_timer(WAKE);
                    if let Some(caller) = self.caller.take() {
                        reply_json(cx, caller, &outcome);
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

    fn forget_asked(&mut self, cx: &mut Cx<'_>) {
        if let Some(call) = self.asked.take() {
            cx.cancel_call(call);
        }
    }
}

fn failed(kind: &str, text: &str) -> Value {
    json!({"err": {"kind": kind, "text": text}})
}

#[cfg(test)]
mod tests;
