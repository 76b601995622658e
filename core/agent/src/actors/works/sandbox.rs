//! The frame of a notebook or an app, from its owner's side: started when code is to run, its runner called, ended whatever it does.
use super::super::{Actor, call_json, json_bytes, send_json, started};
use crate::actors::sandboxes::frame::{self, Frame, ToFrame};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_captp::Value;
use peerd_egress::broker;
use peerd_gateway::portable;
use peerd_otp::{
    message::cast,
    supervisor::{Request, Restart},
};
use peerd_vat::{Answer, CallId, Crash, Cx, Ref, Settle};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

const START_MS: u64 = 20_000;

/// What each notebook and each app is endowed with.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Doors {
    pub panel: Ref,
    /// Its own.
    pub shelf: Ref,
    children: Ref,
    boxes: Ref,
    wires: Ref,
    egress: Ref,
}

impl Doors {
    pub fn of(refs: &[Ref]) -> Result<Doors, Crash> {
        let &[panel, shelf, children, boxes, wires, egress] = refs else {
            return Err(Crash::new("bad_args", "it needs six refs: panel, shelf, the supervisor of sandboxes, boxes, wires, egress"));
        };
        Ok(Doors { panel, shelf, children, boxes, wires, egress })
    }
}

/// Limit: origins that one frame is lent.
const ORIGINS_MAX: usize = 16;

#[derive(Serialize, Deserialize)]
pub(super) struct Sandbox {
    pub number: u64,
    name: String,
    starting: Option<CallId>,
    actor: Option<Ref>,
    pub runner: Option<Ref>,
    /// By origin.
    lent: Vec<(String, Ref)>,
    lending: Option<Lending>,
}

/// Origins that it asks for on its owner's behalf.
#[derive(Serialize, Deserialize)]
struct Lending {
    call: CallId,
    origins: Vec<String>,
    /// Of those, what was taken back before it was lent.
    unwanted: Vec<String>,
}

impl Sandbox {
    /// `what`: the script in it. `page`: where it is shown. The guest's words go to the owner's object `ear`.
    pub fn start(what: &str, name: &str, page: Option<&str>, ear: u32, doors: Doors, cx: &mut Cx<'_>) -> Sandbox {
        // 48 bits: numbers travel as JSON. At random: the host may still have those of an earlier life.
        let number = cx.random() >> 16;
        let args = frame::Args { number, name: name.into(), kind: what.into(), page: page.map(String::from) };
        let request = Request::start(name, Frame::NAME, json_bytes(&args), Restart::Temporary);
        let refs = [doors.boxes, doors.wires, doors.egress, cx.me(), cx.object(ear)];
        let starting = cx.call(doors.children, &request, &refs, START_MS);
        Sandbox { number, name: name.into(), starting: Some(starting), actor: None, runner: None, lent: Vec::new(), lending: None }
    }

    /// Did this answer concern it? Then what is wrong, if anything is.
    pub fn settled(
        &mut self,
        call: CallId,
        result: &Result<Answer<'_>, Settle>,
        doors: Doors,
        cx: &mut Cx<'_>,
    ) -> Option<Result<(), String>> {
        if self.starting.take_if(|waiting| *waiting == call).is_some() {
            let actor = result.as_ref().map_err(ToString::to_string).and_then(started);
            return Some(actor.map(|actor| self.actor = Some(actor)).map_err(|why| format!("the sandbox did not start: {why}")));
        }
        let Lending { origins, unwanted, .. } = self.lending.take_if(|lending| lending.call == call)?;
        Some(match result {
            Ok(answer) if answer.refs.len() == origins.len() => {
                self.lent.extend(origins.into_iter().zip(answer.refs.iter().copied()));
                // The lease goes by way of the frame: what was said straight to the network may have come before it.
                for origin in unwanted {
                    self.take_back(&origin, doors, cx);
                }
                Ok(())
            }
            Ok(_) => Err("too many sandboxes use the network already".into()),
            Err(settle) => Err(format!("the network could not be lent: {settle}")),
        })
    }

    /// Is all of this lent to it? Asks for the rest; its answer comes to `settled`.
    pub fn has(&mut self, origins: &[String], cx: &mut Cx<'_>) -> Result<bool, String> {
        let missing: Vec<String> = origins.iter().filter(|origin| self.lent.iter().all(|(known, _)| known != *origin)).cloned().collect();
        if missing.is_empty() {
            return Ok(true);
        }
        // What is missing then is asked for after that.
        if self.lending.is_some() {
            return Ok(false);
        }
        if self.lent.len() + missing.len() > ORIGINS_MAX {
            return Err(format!("at most {ORIGINS_MAX} origins: restart it first"));
        }
        let Some(actor) = self.actor else { return Err("the sandbox is gone".into()) };
        let call = call_json(cx, actor, &ToFrame::Lend { origins: missing.clone() }, &[], START_MS);
        self.lending = Some(Lending { call, origins: missing, unwanted: Vec::new() });
        Ok(false)
    }

    /// Calls its runner; what it was lent goes with the call, as `[{origin, at}]` at the end.
    pub fn call(&self, method: &str, args: Vec<Value>, ms: u64, cx: &mut Cx<'_>) -> Option<CallId> {
        let runner = self.runner?;
        let origin = |(at, (origin, _)): (usize, &(String, Ref))| {
            Value::Struct([("origin".into(), Value::text(origin)), ("at".into(), portable::nth(at))].into())
        };
        let origins = Value::List(self.lent.iter().enumerate().map(origin).collect());
        let refs: Vec<Ref> = self.lent.iter().map(|(_, at)| *at).collect();
        let args = args.into_iter().chain([origins]).collect();
        Some(cx.call(runner, &portable::invoke(method, args), &refs, ms))
    }

    /// At once, also what is under way by it.
    pub fn take_back(&mut self, origin: &str, doors: Doors, cx: &mut Cx<'_>) {
        self.lent.retain(|(known, _)| known != origin);
        if let Some(lending) = &mut self.lending
            && lending.origins.iter().any(|known| known == origin)
        {
            lending.unwanted.push(origin.into());
        }
        if let Some(actor) = self.actor {
            cast(doors.egress, &broker::Request::TakeBack { origin: Some(origin.into()) }, &[actor], cx);
        }
    }

    /// It asked for what it was not lent: that is in the log, too.
    pub fn refused(&self, method: &str, url: &str, doors: Doors, cx: &mut Cx<'_>) {
        let refuse = broker::Request::Refuse { who: self.name.clone(), method: method.into(), url: url.into() };
        cast(doors.egress, &refuse, &[], cx);
    }

    /// The kill switch: whatever it does, its frame is taken away.
    pub fn end(&self, doors: Doors, cx: &mut Cx<'_>) {
        let call = cx.call(doors.children, &Request::terminate(&self.name), &[], START_MS);
        let _ = call;
        send_json(cx, doors.boxes, &json!({"op": "close", "box": self.number}));
    }
}

/// An answer of a guest's that is text, or what it threw.
pub(super) fn text(result: Result<Answer<'_>, Settle>, max: usize) -> Result<String, Thrown> {
    match result.map(|answer| portable::read(answer.body)) {
        Ok(Some(Value::Text(text))) if text.len() <= max => Ok(text),
        Ok(Some(Value::Void)) => Ok(String::new()),
        Ok(Some(Value::Error(why))) => Err(Thrown::ByTheCode(why)),
        Ok(_) => Err(Thrown::Otherwise("its result is too large, or no text".into())),
        Err(Settle::Noconnection) => Err(Thrown::Otherwise("its process ended, perhaps for want of memory".into())),
        Err(settle) => Err(Thrown::Otherwise(settle.to_string())),
    }
}

pub(super) enum Thrown {
    ByTheCode(String),
    Otherwise(String),
}

/// The answer of a shelf or another actor of ours, read.
pub(super) fn json(result: Result<Answer<'_>, Settle>) -> Result<Json, String> {
    let answer = result.map_err(|settle| settle.to_string())?;
    let answer: Json = serde_json::from_slice(answer.body).map_err(|error| error.to_string())?;
    match answer["err"]["text"].as_str() {
        Some(why) => Err(why.into()),
        None => Ok(answer),
    }
}
