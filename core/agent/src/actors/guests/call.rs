//! A message to an actor, and its answer; and who else may send one.
use super::{
    Actors, Came, Job, NOTE_MS, Step,
    acts::Plan,
    failed, in_words,
    kept::{Guest, Kind, saved},
    read::{self, Message, done, failed_with, fenced, unknown},
};
use crate::{
    actors::{body, call_json, wire::ToChat},
    outcome::Outcome,
    view::ChatId,
    web,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_vat::{Cx, Ref, Settle};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const TIME_S: u64 = 15;
/// Below a chat's patience with a silent call.
const TIME_MAX_S: u64 = 60;
/// Before the secret of who was shared an actor with.
const LINK: &str = "peerd-actor:";
const NO_LINK: &str = "this link leads to no actor: it was mistyped, or whoever shared it shares it no more";

/// Whom a call is for.
#[derive(Serialize, Deserialize)]
pub(super) struct Callee {
    /// Of this chat, or one that was shared with it.
    chat: ChatId,
    name: String,
    /// By which link.
    share: Option<String>,
}

impl Actors {
    pub(super) fn known(&self, chat: ChatId, name: &str) -> Result<&Guest, String> {
        self.guest(chat, name).ok_or_else(|| {
            let names: Vec<&str> = self.guests.iter().filter(|guest| guest.chat == chat).map(|guest| &*guest.name).collect();
            if names.is_empty() {
                format!("there is no actor {name}: none was started yet")
            } else {
                format!("there is no actor {name}; there are {}", names.join(", "))
            }
        })
    }

    pub(super) fn read_call(&self, chat: ChatId, input: &Value, waits: bool) -> Result<Plan, String> {
        let link = input["actor"].as_str().and_then(|actor| actor.trim().strip_prefix(LINK));
        let guest = match link {
            // Who knows it may call: nothing else is asked.
            Some(secret) => self.guests.iter().find(|guest| guest.share.as_deref() == Some(secret)).ok_or(NO_LINK)?,
            None => self.known(chat, &read::name(input, "actor")?)?,
        };
        let message = read::message(input, self.kind(guest.chat, &guest.class))?;
        let limit = self.class(guest.chat, &guest.class).map_or(0, |class| class.facts.message_max);
        if message.body.len() > limit {
            return Err(format!("the message has {} bytes, and {} takes {limit} at most", message.body.len(), guest.class));
        }
        let ms = input["time_s"].as_u64().unwrap_or(TIME_S).clamp(1, TIME_MAX_S) * 1_000;
        let callee = Callee { chat: guest.chat, name: guest.name.clone(), share: link.map(ToString::to_string) };
        Ok(Plan::Call { callee, message, ms, waits })
    }

    /// Its ref, as long as it runs and whoever calls may.
    fn reach(&self, callee: &Callee) -> Result<Ref, String> {
        let Callee { chat, name, share } = callee;
        let guest = self.guest(*chat, name);
        if share.is_some() && guest.is_none_or(|guest| guest.share != *share) {
            return Err(NO_LINK.into());
        }
        guest.and_then(|guest| guest.link).ok_or_else(|| format!("{name} does not run: {}", self.why_not(*chat, name)))
    }

    pub(super) fn call(
        &mut self,
        job: &mut Job,
        callee: Callee,
        message: Message,
        (ms, waits): (u64, bool),
        came: Came<'_>,
        cx: &mut Cx<'_>,
    ) -> Option<Outcome> {
        match job.step {
            // Noted in an earlier life: its answer is lost, and what it did may have been done.
            Step::Begin if job.by.begun => Some(unknown("peerd was started anew before the answer came")),
            Step::Begin => {
                if let Err(why) = self.reach(&callee) {
                    return Some(failed(&why));
                }
                let note = ToChat::Dispatch { effect: job.by.effect.clone(), trace: "begun".into() };
                let call = call_json(cx, job.by.asker, &note, &[], NOTE_MS);
                self.ask(job, Plan::Call { callee, message, ms, waits }, Step::Note, call)
            }
            Step::Note if came.is_err() => Some(failed("it could not be noted, so nothing was sent")),
            // Stopped meanwhile, or shared no more.
            Step::Note => match self.reach(&callee) {
                Err(why) => Some(failed(&why)),
                Ok(link) if waits => {
                    let call = cx.call(link, &message.body, &[], ms);
                    self.ask(job, Plan::Call { callee, message, ms, waits }, Step::Call, call)
                }
                Ok(link) => {
                    cx.send(link, &message.body);
                    let what = "Nothing is known of what comes of it: inspect_actor shows what it knows.";
                    Some(done(&format!("sent to {}", callee.name), what))
                }
            },
            _ => Some(self.answered(&callee, ms, came)),
        }
    }

    fn answered(&self, Callee { chat, name, .. }: &Callee, ms: u64, came: Came<'_>) -> Outcome {
        match came {
            Ok((bytes, _)) => {
                let said = read::answer(bytes, self.guest(*chat, name).map_or(Kind::Wasm, |guest| self.kind(*chat, &guest.class)));
                let outcome = done(&format!("{name} answered"), &fenced(&said));
                Outcome { evidence: format!("{name} answered {}", web::words::line(&said, 100)), ..outcome }
            }
            Err(Settle::Exit(reason)) => {
                failed_with(&format!("{name} failed on it, and is started again as it was before"), &in_words(&reason))
            }
            Err(Settle::Noreply) => failed(&format!("{name} took it and gave no answer")),
            Err(Settle::Overloaded) => failed(&format!("the mailbox of {name} is full: it was not taken")),
            Err(Settle::Timeout | Settle::Expired) => {
                unknown(&format!("{name} gave no answer within {} s, and goes on with it", ms / 1_000))
            }
            Err(settle) => failed(&format!("{name} gave no answer: {settle}")),
        }
    }

    pub(super) fn why_not(&self, chat: ChatId, name: &str) -> String {
        let Some(guest) = self.guest(chat, name) else { return "there is no such actor".into() };
        match (self.class(chat, &guest.class).and_then(|class| class.broken.as_deref()), guest.gave_up) {
            (Some(why), _) => format!("its class can't be loaded: {why}"),
            (None, true) => "it crashed so often that its supervisor gave up; start_actor starts it again with what it knew".into(),
            (None, false) if guest.is_stopped => "it was stopped; start_actor starts it again with what it knew".into(),
            (None, false) => "it has not started, as far as is known; start_actor asks for it".into(),
        }
    }

    pub(super) fn share(&mut self, job: &mut Job, name: String, stops: bool, came: Came<'_>, cx: &mut Cx<'_>) -> Option<Outcome> {
        let chat = job.by.chat;
        let Some(guest) = self.guest_mut(chat, &name) else { return Some(failed("it is gone")) };
        match job.step {
            Step::Begin if !stops && guest.share.is_none() => {
                let call = call_json(cx, self.doors.host, &json!({"op": "secret"}), &[], NOTE_MS);
                return self.ask(job, Plan::Share { name, stops }, Step::Secret, call);
            }
            Step::Begin if stops => guest.share = None,
            Step::Begin => {}
            Step::Secret => {
                let secret = came.ok().and_then(|(bytes, _)| body::<Value>(bytes).ok()?["secret"].as_str().map(ToString::to_string));
                let Some(secret) = secret else { return Some(failed("the host gave no secret")) };
                guest.share = Some(secret);
            }
            _ => {
                if let Err(why) = saved(came) {
                    guest.share = None;
                    return Some(failed(&format!("it could not be kept: {why}")));
                }
                let Some(secret) = &guest.share else { return Some(done(&format!("{name} is shared no more"), "")) };
                let what = "Whoever knows this link may send messages to it and call it, in any chat of this peerd, and no more than that. \
                            `stop` takes it back from all of them.";
                return Some(done(&format!("{name} is shared"), &format!("{LINK}{secret}\n{what}")));
            }
        }
        let change = guest.change();
        let call = self.save([change].into(), cx);
        self.ask(job, Plan::Share { name, stops }, Step::Save, call)
    }
}
