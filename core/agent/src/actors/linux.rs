//! The Linux machine: one for all chats, emulated by the host. This actor is the only way from a chat to it.
//!
//! ```text
//! chat ─ Tool ─▶ linux ─ Need ─▶ chat       (for each origin that its owner has not allowed yet)
//!          ▲       ├─ ready? ─▶ host        (it boots, or is resumed)
//!          │       ├─ Dispatch ─▶ chat      (kept: from now on it may have happened)
//!          │       └─ run, put, get ─▶ host; a command with a line of its own to the network
//!          └─────── Outcome ◀────────┘
//! ```
//! The host remembers what came of an effect for a while, so that a chat whose vat ended in the middle asks after it and nothing runs twice.
mod line;

use super::{
    Actor, body, call_json, reply_json,
    sandboxes::origins_of,
    send_json, send_json_with,
    wire::{ToChat, ToLinux},
};
use crate::{
    grants::{Need, NeedKind},
    outcome::Outcome,
    view::{ChatId, Verdict},
    web,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use line::ToLine;
use peerd_vat::{CallId, Crash, Cx, Event, Reason, Ref, Settle};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use line::Line;

/// The line of the consoles that its owner types in.
const TERMINAL: &str = "linux terminal";

/// Limit: calls at a time, of all chats.
const JOBS_MAX: usize = 8;
/// Limit: bytes of a command, and of a file that is written: one frame to the machine, and what a model says in one answer.
const COMMAND_MAX: usize = 12 << 10;
const CONTENT_MAX: usize = 256 << 10;
const PATH_MAX: usize = 1_024;
const TIME_S: u64 = 30;
/// With the start of a machine below a chat's patience with a silent call.
const TIME_MAX_S: u64 = 60;
/// A machine that boots on two busy cores takes longer: its caller is told so, and asks again.
const READY_MS: u64 = 40_000;
/// Above what a chat waits for its shelf.
const NOTE_MS: u64 = 20_000;
/// Above what the host takes to end a command that does not end, and the machine with it.
const BESIDE_MS: u64 = 15_000;
/// Limit: characters of why something ended or failed, as the machine or its frame has it.
const WHY_MAX: usize = 300;
/// Limit: characters of output, of which the model is told: so many of its beginning, so many of its end.
const TOLD_HALF: usize = 8_000;

#[derive(Serialize, Deserialize)]
pub struct Linux {
    host: Ref,
    egress: Ref,
    terminal: Ref,
    jobs: Vec<Job>,
}

#[derive(Serialize, Deserialize)]
struct Job {
    chat: ChatId,
    effect: String,
    asker: Ref,
    reply: Ref,
    op: Op,
    begun: bool,
    stage: Stage,
    /// Origins that it may reach, and those of them that its chat has still to allow, the next one first.
    origins: Vec<String>,
    wanted: Vec<String>,
    line: Option<Ref>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    Need,
    Ready(CallId),
    Note(CallId),
    Work(CallId),
}

/// What is done in the machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Op {
    Run { command: String, folder: String, stdin: String, time_ms: u64 },
    Put { path: String, content: String },
    Get { path: String },
}

impl Actor for Linux {
    const NAME: &'static str = "linux";

    fn init(_args: &[u8], cx: &mut Cx<'_>) -> Result<Self, Crash> {
        let &[host, egress] = cx.refs() else {
            return Err(Crash::new("bad_args", "the Linux machine needs its port and egress"));
        };
        let hint = "its owner allows it below the terminal";
        let args = line::Args { name: TERMINAL.into(), origins: Vec::new(), hint: hint.into() };
        let terminal = line::spawn(&args, host, egress, cx);
        send_json_with(cx, host, &json!({"op": "line", "line": TERMINAL}), &[terminal]);
        Ok(Linux { host, egress, terminal, jobs: Vec::new() })
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body: bytes, refs, reply } => self.told(body(bytes)?, refs, reply, cx),
            Event::Reply { call, result } => {
                let is_this = |job: &Job| matches!(job.stage, Stage::Ready(at) | Stage::Note(at) | Stage::Work(at) if at == call);
                let Some(at) = self.jobs.iter().position(is_this) else { return Ok(()) };
                let answer = result.map(|answer| serde_json::from_slice::<Value>(answer.body).unwrap_or_default());
                self.settled(at, answer, cx);
            }
            Event::Timer { .. } | Event::Down { .. } | Event::Exit { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }
}

impl Linux {
    fn told(&mut self, message: ToLinux, refs: &[Ref], reply: Option<Ref>, cx: &mut Cx<'_>) {
        match message {
            ToLinux::Tool { chat, effect, tool, input, origins, begun } => {
                let (Some(asker), Some(reply)) = (refs.first(), reply) else { return };
                let read = Op::read(&tool, &input).and_then(|op| Ok((op, origins_of(&input)?)));
                match read {
                    Err(why) => reply_json(cx, reply, &failed(&why)),
                    Ok(_) if self.jobs.len() >= JOBS_MAX => reply_json(cx, reply, &failed("too much is under way in the machine already")),
                    Ok((op, asked)) => {
                        let wanted = asked.iter().filter(|origin| !begun && !origins.contains(origin)).cloned().collect();
                        let (stage, line) = (Stage::Need, None);
                        self.jobs.push(Job { chat, effect, asker: *asker, reply, op, begun, stage, origins: asked, wanted, line });
                        self.go_on(self.jobs.len() - 1, cx);
                    }
                }
            }
            ToLinux::Allowed { effect } => {
                let waits = |job: &Job| job.effect == effect && job.stage == Stage::Need && !job.wanted.is_empty();
                if let Some(at) = self.jobs.iter().position(waits) {
                    self.jobs[at].wanted.remove(0);
                    self.go_on(at, cx);
                }
            }
            ToLinux::Denied { effect, reason } => {
                let waits = |job: &Job| job.effect == effect && job.stage == Stage::Need && !job.wanted.is_empty();
                if let Some(at) = self.jobs.iter().position(waits) {
                    let job = self.jobs.remove(at);
                    let text = format!("Not executed: {reason} ({}).", web::words::line(&job.wanted[0], 200));
                    let outcome = Outcome { verdict: Verdict::Denied, evidence: reason, text, error: true, ..Outcome::default() };
                    reply_json(cx, job.reply, &outcome);
                }
            }
            ToLinux::Network { origin, allowed } => {
                // Written by its owner, who may have left out how.
                let address = if origin.contains("://") { origin } else { format!("https://{origin}") };
                if let Ok([origin]) = origins_of(&json!({"origins": [address]})).as_deref() {
                    let origin = origin.clone();
                    let message = if allowed { ToLine::Lend { origin } } else { ToLine::TakeBack { origin } };
                    send_json(cx, self.terminal, &message);
                }
            }
            ToLinux::Cancel { effect } => self.stop(|job| job.effect == effect, cx),
            ToLinux::TakeBack { chat } => self.stop(|job| job.chat == chat, cx),
            // What is under way there is answered by the host: with the machine's end.
            ToLinux::End => send_json(cx, self.host, &json!({"op": "end"})),
        }
    }

    /// Asks for the next origin, or begins.
    fn go_on(&mut self, at: usize, cx: &mut Cx<'_>) {
        let job = &mut self.jobs[at];
        if let Some(origin) = job.wanted.first() {
            let need = Need { kind: NeedKind::Fetch { origin: origin.clone() }, value: origin.clone(), why: "run_command".into() };
            return send_json(cx, job.asker, &ToChat::Need { effect: job.effect.clone(), need });
        }
        job.stage = Stage::Ready(call_json(cx, self.host, &json!({"op": "ready"}), &[], READY_MS));
    }

    /// Nobody waits for these any more.
    fn stop(&mut self, which: impl Fn(&Job) -> bool, cx: &mut Cx<'_>) {
        let over: Vec<Job> = self.jobs.extract_if(.., |job| which(job)).collect();
        for job in over {
            self.unline(&job, cx);
            if let Stage::Work(call) = job.stage {
                send_json(cx, self.host, &json!({"op": "stop", "effect": job.effect}));
                cx.cancel_call(call);
            }
        }
    }

    fn settled(&mut self, at: usize, answer: Result<Value, Settle>, cx: &mut Cx<'_>) {
        let job = &mut self.jobs[at];
        let outcome = match (job.stage, answer) {
            (Stage::Need, _) => return,
            (Stage::Ready(_), Err(_)) => {
                failed("the machine is still starting, which takes up to a minute the first time: nothing was done, try again in a while")
            }
            (Stage::Ready(_), Ok(answer)) if !answer["err"].is_null() => failed_with("there is no machine", &why(&answer)),
            // A read may be done twice, and one that had begun was noted by the life before.
            (Stage::Ready(_), Ok(_)) if job.begun || matches!(job.op, Op::Get { .. }) => return self.work(at, cx),
            (Stage::Ready(_), Ok(_)) => {
                let note = ToChat::Dispatch { effect: job.effect.clone(), trace: "begun".into() };
                job.stage = Stage::Note(call_json(cx, job.asker, &note, &[], NOTE_MS));
                return;
            }
            (Stage::Note(_), Ok(_)) => return self.work(at, cx),
            // It could not be kept, or nobody wants it any more.
            (Stage::Note(_), Err(settle)) => failed(&format!("it could not be noted ({settle}), so nothing was done")),
            (Stage::Work(_), Ok(answer)) => job.op.outcome(&answer),
            (Stage::Work(_), Err(settle)) => unknown(&format!("the machine gave no answer ({settle})")),
        };
        let job = self.jobs.remove(at);
        self.unline(&job, cx);
        reply_json(cx, job.reply, &outcome);
    }

    /// What a command had of the network ends with it.
    fn unline(&self, job: &Job, cx: &mut Cx<'_>) {
        if let Some(line) = job.line {
            cx.exit(line, Reason::Shutdown);
            cx.forget(line);
            send_json(cx, self.host, &json!({"op": "line_over", "line": line_of(&job.effect)}));
        }
    }

    fn work(&mut self, at: usize, cx: &mut Cx<'_>) {
        let job = &mut self.jobs[at];
        let (mut op, ms) = match &job.op {
            Op::Run { command, folder, stdin, time_ms } => {
                (json!({"op": "run", "command": command, "folder": folder, "stdin": stdin, "time_ms": time_ms}), *time_ms)
            }
            Op::Put { path, content } => (json!({"op": "put", "path": path, "content": content}), TIME_S * 1_000),
            Op::Get { path } => (json!({"op": "get", "path": path}), TIME_S * 1_000),
        };
        op["effect"] = job.effect.clone().into();
        op["begun"] = job.begun.into();
        if let (Op::Run { .. }, false) = (&job.op, job.begun) {
            let name = line_of(&job.effect);
            op["line"] = name.clone().into();
            let args = line::Args { name, origins: job.origins.clone(), hint: "name it in \"origins\"".into() };
            job.line = Some(line::spawn(&args, self.host, self.egress, cx));
        }
        let refs: Vec<Ref> = job.line.into_iter().collect();
        job.stage = Stage::Work(call_json(cx, self.host, &op, &refs, ms + BESIDE_MS));
    }
}

/// In the tree, in the log of requests, and to the host.
fn line_of(effect: &str) -> String {
    format!("linux {effect}")
}

impl Op {
    fn read(tool: &str, input: &Value) -> Result<Self, String> {
        let text = |key: &str, max: usize| match &input[key] {
            Value::Null => Ok(String::new()),
            Value::String(text) if text.len() > max => Err(format!("`{key}` is longer than {max} bytes")),
            Value::String(text) => Ok(text.clone()),
            _ => Err(format!("`{key}` must be a text")),
        };
        let needed = |key: &str, max: usize| {
            text(key, max).and_then(|text| if text.is_empty() { Err(format!("`{key}` is missing")) } else { Ok(text) })
        };
        let plain = |what: String| if what.contains('\0') { Err("there is a NUL in it".to_string()) } else { Ok(what) };
        match tool {
            web::tools::RUN_COMMAND => Ok(Op::Run {
                command: needed("command", COMMAND_MAX).and_then(plain)?,
                folder: text("folder", PATH_MAX).and_then(plain)?,
                stdin: text("stdin", CONTENT_MAX)?,
                time_ms: input["time_s"].as_u64().unwrap_or(TIME_S).clamp(1, TIME_MAX_S) * 1_000,
            }),
            web::tools::WRITE_FILE => {
                Ok(Op::Put { path: needed("path", PATH_MAX).and_then(plain)?, content: text("content", CONTENT_MAX)? })
            }
            web::tools::READ_FILE => Ok(Op::Get { path: needed("path", PATH_MAX).and_then(plain)? }),
            other => Err(format!("the machine has no tool {other}")),
        }
    }

    fn outcome(&self, answer: &Value) -> Outcome {
        if answer["unknown"] == true {
            return unknown("the machine that it was begun in is gone, or has forgotten it");
        }
        if !answer["err"].is_null() {
            return failed_with("the machine failed", &why(answer));
        }
        let (exit, ended) = (answer["exit"].as_u64().unwrap_or(255), answer["why"].as_str());
        let (out, err) = (answer["out"].as_str().unwrap_or_default(), answer["err_text"].as_str().unwrap_or_default());
        let mut said = said(out, err);
        // A program says it in its own words, or not at all.
        if let Some(refused) = answer["refused"].as_array().filter(|refused| !refused.is_empty()) {
            let origins: Vec<String> = refused.iter().filter_map(Value::as_str).map(|origin| web::words::line(origin, 200)).collect();
            said += &format!("\nIt asked for what was not granted: {}. Name it in \"origins\" to run it with that.", origins.join(", "));
        }
        match (self, ended) {
            // In the host's words, which never are the machine's.
            (_, Some(why)) => {
                let evidence = format!("killed: {}", web::words::line(why, WHY_MAX));
                Outcome {
                    verdict: Verdict::Failed,
                    text: format!("{evidence}\n{said}"),
                    evidence,
                    error: true,
                    changed: true,
                    ..Outcome::default()
                }
            }
            // A code is the command's answer, and not ours to judge.
            (Op::Run { .. }, None) => {
                let evidence = format!("exit code {exit}");
                Outcome { verdict: Verdict::Done, text: format!("{evidence}\n{said}"), evidence, changed: true, ..Outcome::default() }
            }
            (_, None) if exit != 0 => {
                failed_with("the file could not be used", &web::words::line(err.lines().next().unwrap_or_default(), WHY_MAX))
            }
            (Op::Put { path, content }, None) => {
                let evidence = format!("{} bytes in {}", content.len(), web::words::line(path, 200));
                Outcome { verdict: Verdict::Done, text: format!("done: {evidence}"), evidence, changed: true, ..Outcome::default() }
            }
            (Op::Get { .. }, None) if answer["binary"] == true => failed("it is no text; look at it with a command, such as xxd"),
            (Op::Get { .. }, None) => {
                let evidence = format!("{} bytes", out.len());
                let text = format!("{evidence}\n{}", web::fence("linux", &middle_out(out)));
                Outcome { verdict: Verdict::Done, text, evidence, changed: true, ..Outcome::default() }
            }
        }
    }
}

fn said(out: &str, err: &str) -> String {
    let mut all = String::new();
    if !out.is_empty() {
        all += &middle_out(out);
    }
    if !err.is_empty() {
        all += if out.is_empty() || out.ends_with('\n') { "stderr:\n" } else { "\nstderr:\n" };
        all += &middle_out(err);
    }
    if all.is_empty() { "It said nothing.".into() } else { web::fence("linux", &all) }
}

/// What is too long is left out of its middle: how it began and how it ended tell the most.
fn middle_out(text: &str) -> String {
    let chars = text.chars().count();
    if chars <= 2 * TOLD_HALF {
        return text.into();
    }
    let at = |n: usize| text.char_indices().nth(n).map_or(text.len(), |(at, _)| at);
    let (head, tail) = (&text[..at(TOLD_HALF)], &text[at(chars - TOLD_HALF)..]);
    format!("{head}\n[{} characters left out]\n{tail}", chars - 2 * TOLD_HALF)
}

fn why(answer: &Value) -> String {
    web::words::line(answer["err"]["text"].as_str().unwrap_or("it said nothing"), WHY_MAX)
}

fn failed(why: &str) -> Outcome {
    Outcome { verdict: Verdict::Failed, evidence: why.into(), text: format!("failed: {why}"), error: true, ..Outcome::default() }
}

/// `said` is the machine's, or its frame's.
fn failed_with(why: &str, said: &str) -> Outcome {
    if said.is_empty() { failed(why) } else { Outcome { text: format!("failed: {why}\n{}", web::fence("linux", said)), ..failed(why) } }
}

fn unknown(why: &str) -> Outcome {
    let text = format!("unknown: {why}. It may have been done, in part or whole: look before you repeat it.");
    Outcome { verdict: Verdict::Unknown, evidence: why.into(), text, error: true, ..Outcome::default() }
}
