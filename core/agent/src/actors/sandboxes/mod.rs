//! The directory of sandboxes: starts one for each piece of code, asks for what it may reach, and ends it.
//!
//! ```text
//! chat ─ Tool ─▶ sandboxes ─ origins granted? ─▶ start under `boxes` ─▶ compute 1 ─ answers the chat's call
//!                    │ └─ ask the chat                                      │
//!                    └─ Cancel, or the chat's end: the child is ended ──────┴─▶ the host takes its frame away
//! ```
pub(crate) mod compiler;
mod compute;
pub(crate) mod frame;
mod opening;
pub(super) mod pace;
#[cfg(test)]
pub(in crate::actors) mod tests;

use super::{
    Actor, body, json_bytes, reply_json, send_json, started,
    wire::{ToChat, ToSandboxes},
};
use crate::{
    address,
    grants::{Need, NeedKind},
    outcome::Outcome,
    view::{ChatId, Verdict},
    web::words,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_egress::Grant;
use peerd_otp::supervisor::{Request, Restart};
use peerd_vat::{Answer, CallId, Crash, Cx, Event, Ref, Settle};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use compiler::Compiler;
pub use compute::Compute;
pub use frame::Frame;

/// Limit: pieces of code at a time, of all chats.
const JOBS_MAX: usize = 4;
/// Limit: origins of one piece of code.
const ORIGINS_MAX: usize = 8;
/// Limit: its length; what a model says in one answer is far below.
const CODE_MAX: usize = 256 << 10;
const TIME_S: u64 = 30;
/// Below a chat's patience with a silent call.
const TIME_MAX_S: u64 = 60;
const START_MS: u64 = 10_000;

#[derive(Serialize, Deserialize)]
pub struct Sandboxes {
    doors: Doors,
    jobs: Vec<Job>,
    /// The number of the newest one; begins at random, as the host may still have those of an earlier life.
    last: u64,
    pending: Vec<(CallId, u64)>,
}

/// What each sandbox is endowed with.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Doors {
    /// The host's ports: frames, and the bytes that go in and out of them.
    boxes: Ref,
    wires: Ref,
    supervisor: Ref,
    egress: Ref,
}

#[derive(Serialize, Deserialize)]
struct Job {
    number: u64,
    /// In the tree.
    name: String,
    chat: ChatId,
    asker: Ref,
    effect: String,
    reply: Ref,
    run: Run,
    /// Origins that its chat has still to allow, the next one first.
    wanted: Vec<String>,
    child: Option<Ref>,
}

/// Who wants it run, and waits.
struct Caller {
    chat: ChatId,
    asker: Ref,
    effect: String,
    reply: Ref,
}

/// What one piece of code is.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Run {
    code: String,
    time_ms: u64,
    origins: Vec<String>,
}

impl Actor for Sandboxes {
    const NAME: &'static str = "sandboxes";

    fn init(_args: &[u8], cx: &mut Cx<'_>) -> Result<Self, Crash> {
        let &[boxes, wires, supervisor, egress] = cx.refs() else {
            return Err(Crash::new("bad_args", "the sandboxes need four refs: boxes, wires, their supervisor, egress"));
        };
        // 48 bits: numbers travel as JSON.
        let last = cx.random() >> 16;
        Ok(Sandboxes { doors: Doors { boxes, wires, supervisor, egress }, jobs: Vec::new(), last, pending: Vec::new() })
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body: bytes, refs, reply } => match (body(bytes)?, refs, reply) {
                (ToSandboxes::Tool { chat, effect, input, origins }, [asker, ..], Some(reply)) => {
                    self.called(Caller { chat, asker: *asker, effect, reply }, &input, &origins, cx);
                }
                (ToSandboxes::Allowed { effect }, ..) => self.allowed(&effect, cx),
                (ToSandboxes::Denied { effect, reason }, ..) => self.denied(&effect, &reason, cx),
                (ToSandboxes::Cancel { effect }, ..) => self.cancelled(|job| job.effect == effect, cx),
                (ToSandboxes::TakeBack { chat }, ..) => self.cancelled(|job| job.chat == chat, cx),
                (ToSandboxes::Tool { .. }, ..) => {}
            },
            Event::Reply { call, result } => {
                if let Some(at) = self.pending.iter().position(|(known, _)| *known == call) {
                    let (_, number) = self.pending.remove(at);
                    self.started(number, result, cx);
                }
            }
            Event::Down { target, .. } => {
                self.cancelled(|job| job.asker == target, cx);
                if let Some(at) = self.jobs.iter().position(|job| job.child == Some(target)) {
                    let job = self.jobs.remove(at);
                    // However it ended: also one that had no last word takes its frame with it.
                    self.close(job.number, cx);
                }
            }
            Event::Exit { .. } | Event::Timer { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }
}

impl Sandboxes {
    fn called(&mut self, caller: Caller, input: &Value, origins: &[String], cx: &mut Cx<'_>) {
        let Caller { chat, asker, effect, reply } = caller;
        // A chat that asks again has lost the first answer: it ran in an earlier life, and nothing of that is left.
        self.cancelled(|job| job.effect == effect, cx);
        let run = match read(input) {
            Ok(run) => run,
            Err(why) => return reply_json(cx, reply, &failed(&why)),
        };
        if self.jobs.len() >= JOBS_MAX {
            return reply_json(cx, reply, &failed(&format!("{JOBS_MAX} pieces of code run already: wait for one to end")));
        }
        self.last += 1;
        let number = self.last;
        let wanted = run.origins.iter().filter(|origin| !origins.contains(origin)).cloned().collect();
        let name = format!("compute {number}");
        cx.watch(asker);
        self.jobs.push(Job { number, name, chat, asker, effect, reply, run, wanted, child: None });
        self.go_on(number, cx);
    }

    /// Asks for the next origin, or starts.
    fn go_on(&mut self, number: u64, cx: &mut Cx<'_>) {
        let Some(job) = self.jobs.iter().find(|job| job.number == number) else { return };
        if let Some(origin) = job.wanted.first() {
            let need = Need { kind: NeedKind::Fetch { origin: origin.clone() }, value: origin.clone(), why: "run_javascript".into() };
            return send_json(cx, job.asker, &ToChat::Need { effect: job.effect.clone(), need });
        }
        // Each of them was named by the owner or allowed by them.
        let grants = job.run.origins.iter().filter_map(|origin| Grant::anywhere(origin).ok()).collect();
        let args = compute::Args {
            number,
            name: job.name.clone(),
            effect: job.effect.clone(),
            code: job.run.code.clone(),
            time_ms: job.run.time_ms,
            grants,
        };
        let request = Request::start(&job.name, Compute::NAME, json_bytes(&args), Restart::Temporary);
        let Doors { boxes, wires, supervisor, egress } = self.doors;
        let call = cx.call(supervisor, &request, &[boxes, wires, egress, job.asker], START_MS);
        self.pending.push((call, number));
    }

    fn started(&mut self, number: u64, result: Result<Answer<'_>, Settle>, cx: &mut Cx<'_>) {
        let child = result.map_err(|settle| settle.to_string()).and_then(|answer| started(&answer));
        let Some(at) = self.jobs.iter().position(|job| job.number == number) else {
            // Cancelled while it was being started.
            if child.is_ok() {
                self.kill(&format!("compute {number}"), cx);
            }
            return;
        };
        match child {
            Ok(child) => {
                let job = &mut self.jobs[at];
                job.child = Some(child);
                cx.watch(child);
                // From now on its end is the end of the call.
                cx.send_with(child, &json_bytes(&compute::Heard::Go), &[job.reply]);
            }
            Err(why) => {
                let job = self.jobs.remove(at);
                reply_json(cx, job.reply, &failed(&format!("the sandbox did not start: {why}")));
            }
        }
    }

    fn allowed(&mut self, effect: &str, cx: &mut Cx<'_>) {
        let Some(job) = self.jobs.iter_mut().find(|job| job.effect == effect && !job.wanted.is_empty()) else { return };
        job.wanted.remove(0);
        let number = job.number;
        self.go_on(number, cx);
    }

    fn denied(&mut self, effect: &str, reason: &str, cx: &mut Cx<'_>) {
        let Some(at) = self.jobs.iter().position(|job| job.effect == effect && !job.wanted.is_empty()) else { return };
        let job = self.jobs.remove(at);
        let text = format!("Not executed: {reason} ({}).", words::line(&job.wanted[0], 200));
        let outcome = Outcome { verdict: Verdict::Denied, evidence: reason.into(), text, error: true, ..Outcome::default() };
        reply_json(cx, job.reply, &outcome);
    }

    /// The kill switch: whatever the code does, its frame is taken away.
    fn cancelled(&mut self, is_meant: impl Fn(&Job) -> bool, cx: &mut Cx<'_>) {
        let (over, rest): (Vec<Job>, Vec<Job>) = core::mem::take(&mut self.jobs).into_iter().partition(is_meant);
        self.jobs = rest;
        for job in over {
            if job.child.is_some() {
                self.kill(&job.name, cx);
                self.close(job.number, cx);
            }
        }
    }

    fn kill(&self, name: &str, cx: &mut Cx<'_>) {
        // A temporary child is forgotten as it ends; whether it was there still is nobody's question.
        let call = cx.call(self.doors.supervisor, &Request::terminate(name), &[], START_MS);
        let _ = call;
    }

    fn close(&self, number: u64, cx: &mut Cx<'_>) {
        send_json(cx, self.doors.boxes, &json!({"op": "close", "box": number}));
    }
}

/// The tool's input, as a model wrote it.
fn read(input: &Value) -> Result<Run, String> {
    let code = input["code"].as_str().ok_or("run_javascript needs code")?;
    if code.len() > CODE_MAX {
        return Err(format!("the code is longer than {} KiB", CODE_MAX >> 10));
    }
    let time_s = input["time_s"].as_u64().unwrap_or(TIME_S).clamp(1, TIME_MAX_S);
    Ok(Run { code: code.into(), time_ms: time_s * 1_000, origins: origins_of(input)? })
}

/// The origins that a call names, each once.
pub(super) fn origins_of(input: &Value) -> Result<Vec<String>, String> {
    let wanted = input["origins"].as_array().map(Vec::as_slice).unwrap_or_default();
    if wanted.len() > ORIGINS_MAX {
        return Err(format!("at most {ORIGINS_MAX} origins"));
    }
    let origin = |value: &Value| {
        let written = value.as_str().unwrap_or_default();
        // Read twice, by two readers: what they take for different places is none.
        let ours = address::origin(written);
        let theirs = Grant::anywhere(written).ok().map(|grant| grant.origin().to_string());
        match ours == theirs {
            true => ours,
            false => None,
        }
        .ok_or_else(|| format!("{:?} is not an origin such as https://example.com", words::line(written, 100)))
    };
    let mut origins = wanted.iter().map(origin).collect::<Result<Vec<String>, String>>()?;
    origins.sort();
    origins.dedup();
    Ok(origins)
}

pub(super) fn failed(why: &str) -> Outcome {
    let text = format!("failed: {why}");
    Outcome { verdict: Verdict::Failed, evidence: why.into(), text, error: true, ..Outcome::default() }
}
