//! One piece of JavaScript in a Worker of an opaque origin, which has nothing but a port: from its start to its result, or its end.
//!
//! ```text
//! prepare ─▶ seed ─▶ gateway ─▶ ticket ─▶ (lend origins) ─▶ open ─▶ the guest fetches us: "here" ─▶ run ─▶ result
//!                                                                           out, out, .. ─▶ the chat's card
//! ```
//! Whatever goes wrong, the frame is taken away, and the call is answered with what had been said until then.
use super::{
    failed,
    opening::{OPEN_MS, Opening, Progress, Wanted},
    pace::{MESSAGE_MS, Pace, TOO_MUCH},
};
use crate::{
    actors::{Actor, body, reply_json, send_json, wire::ToChat},
    outcome::Outcome,
    view::Verdict,
    web,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_captp::Value;
use peerd_egress::{Grant, broker};
use peerd_gateway::portable;
use peerd_otp::message::{call, decode};
use peerd_vat::{Answer, CallId, Crash, Cx, Event, INFINITY_MS, Reason, Ref, Settle};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The object that the guest is given.
const HOST: u32 = 1;

/// Limit: bytes of all that it says while it runs, and of its result.
const OUTPUT_MAX: usize = 256 << 10;
/// Limit: characters of that, of which the model is told; the newest.
const TOLD_MAX: usize = 16_000;
/// Limit: of what a card shows meanwhile.
const SHOWN_MAX: usize = 4_000;
const SHOW_MS: u64 = 100;
/// Limit: characters of why its frame is no more.
const WHY_MAX: usize = 200;

const OPENING: u64 = 1;
const RUNNING: u64 = 2;
const SHOW: u64 = 3;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Args {
    pub number: u64,
    pub name: String,
    pub effect: String,
    pub code: String,
    pub time_ms: u64,
    pub grants: Vec<Grant>,
}

/// What it is told, beside what comes from its guest.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Heard {
    /// From the directory: the ref is the caller's, who waits for the outcome.
    Go,
    /// From the host: the frame is no more, and why.
    Gone(String),
}

#[derive(Serialize, Deserialize)]
pub struct Compute {
    args: Args,
    doors: Doors,
    /// Who waits.
    reply: Option<Ref>,
    stage: Stage,
    opening: Opening,
    /// Refs to the origins it may fetch from, in the order of the grants.
    lent: Vec<Ref>,
    began: u64,
    output: String,
    /// Of the output that there was in all.
    said: usize,
    shows: bool,
    pace: Pace,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Doors {
    boxes: Ref,
    egress: Ref,
    chat: Ref,
}

/// What it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    Opening,
    Lend(CallId),
    /// It is open, or about to be.
    Guest,
    Run(CallId),
    Over,
}

impl Actor for Compute {
    const NAME: &'static str = "compute";

    fn init(args: &[u8], cx: &mut Cx<'_>) -> Result<Self, Crash> {
        let args: Args = body(args)?;
        let &[boxes, wires, egress, chat] = cx.refs() else {
            return Err(Crash::new("bad_args", "a sandbox needs four refs: boxes, wires, egress, its chat"));
        };
        cx.timer(OPENING, OPEN_MS);
        let wanted = Wanted { number: args.number, kind: "compute".into(), name: args.name.clone(), page: None, host: HOST };
        Ok(Compute {
            opening: Opening::begin(wanted, boxes, wires, cx),
            args,
            doors: Doors { boxes, egress, chat },
            reply: None,
            stage: Stage::Opening,
            lent: Vec::new(),
            began: cx.now().0,
            output: String::new(),
            said: 0,
            shows: false,
            pace: Pace::default(),
        })
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body: bytes, refs, reply } if cx.addressed() == Some(HOST) => {
                self.guest(bytes, refs, cx);
                if let Some(reply) = reply {
                    cx.reply(reply, &portable::write(&Value::Void), &[]);
                }
            }
            Event::User { body: bytes, refs, .. } => match body(bytes)? {
                Heard::Go => self.reply = refs.first().copied(),
                // Why may be the code's words.
                Heard::Gone(why) => {
                    let why = web::words::line(&why, WHY_MAX);
                    self.finish(&failed(&format!("its frame ended\n{}", self.fenced(&why))), cx);
                }
            },
            Event::Reply { call, result } => self.settled(call, result, cx)?,
            Event::Timer { key: OPENING } if self.stage != Stage::Over && !matches!(self.stage, Stage::Run(_)) => {
                self.finish(&failed("the sandbox did not start in time"), cx);
            }
            Event::Timer { key: RUNNING } => {
                let why = format!("it had not ended after {} s and was killed", self.args.time_ms / 1_000);
                self.finish(&failed(&self.told(&why)), cx);
            }
            Event::Timer { key: SHOW } => self.show(cx),
            Event::Timer { .. } | Event::Down { .. } | Event::Exit { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }

    fn terminate(&mut self, _reason: &Reason, cx: &mut Cx<'_>) {
        self.close(cx);
    }
}

impl Compute {
    fn settled(&mut self, settled: CallId, result: Result<Answer<'_>, Settle>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match (self.stage, result) {
            (Stage::Run(run), result) if run == settled => self.ran(result, cx),
            (Stage::Lend(lend), Ok(answer)) if lend == settled => match decode(answer.body) {
                Some(broker::Reply::Lent) if answer.refs.len() == self.args.grants.len() => {
                    self.lent = answer.refs.to_vec();
                    self.open(cx);
                }
                _ => self.finish(&failed("too many sandboxes use the network already"), cx),
            },
            (Stage::Lend(lend), Err(settle)) if lend == settled => self.finish(&failed(&not_started(&settle.to_string())), cx),
            (Stage::Opening | Stage::Guest, result) => match self.opening.settled(settled, result, cx)? {
                Progress::Going | Progress::Opened => {}
                Progress::Offered if self.args.grants.is_empty() => self.open(cx),
                Progress::Offered => {
                    let lend = broker::Request::Lend { who: self.args.name.clone(), grants: self.args.grants.clone() };
                    self.stage = Stage::Lend(call(self.doors.egress, &lend, &[cx.me()], OPEN_MS, cx));
                }
                Progress::Failed(why) => self.finish(&failed(&not_started(&why)), cx),
            },
            // Of what is over.
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, cx: &mut Cx<'_>) {
        self.opening.open(cx);
        self.stage = Stage::Guest;
    }

    /// What the code says, or what stands in for it: hostile until it is read.
    fn guest(&mut self, bytes: &[u8], refs: &[Ref], cx: &mut Cx<'_>) {
        if !self.pace.allows(cx.now().0, MESSAGE_MS) {
            return self.finish(&failed(&self.told(&format!("{TOO_MUCH} and was killed"))), cx);
        }
        let Some((method, args)) = portable::invoked(bytes) else { return };
        match (method.as_str(), args.as_slice(), self.stage) {
            // It may come before the host has said that all is open.
            ("here", [Value::Ref(_)], Stage::Guest) => {
                if let Some(runner) = refs.first() {
                    self.run(*runner, cx);
                }
            }
            ("out", [Value::Text(text)], Stage::Run(_)) => self.says(text, cx),
            _ => {}
        }
    }

    fn run(&mut self, runner: Ref, cx: &mut Cx<'_>) {
        cx.cancel_timer(OPENING);
        cx.timer(RUNNING, self.args.time_ms);
        self.began = cx.now().0;
        let origin = |(place, grant): (usize, &Grant)| {
            Value::Struct([("origin".into(), Value::text(grant.origin())), ("at".into(), portable::nth(place))].into())
        };
        let origins = self.args.grants.iter().enumerate().map(origin).collect();
        let args = [Value::text(&self.args.code), Value::List(origins)].into();
        self.stage = Stage::Run(cx.call(runner, &portable::invoke("run", args), &self.lent, INFINITY_MS));
    }

    fn says(&mut self, text: &str, cx: &mut Cx<'_>) {
        self.said += text.len() + 1;
        if self.said > OUTPUT_MAX {
            let why = format!("it said more than {} KiB and was killed", OUTPUT_MAX >> 10);
            return self.finish(&failed(&self.told(&why)), cx);
        }
        self.output.push_str(text);
        self.output.push('\n');
        if !core::mem::replace(&mut self.shows, true) {
            cx.timer(SHOW, SHOW_MS);
        }
    }

    /// Streams what was said to the chat's card.
    fn show(&mut self, cx: &mut Cx<'_>) {
        self.shows = false;
        let text = tail(&self.output, SHOWN_MAX).to_string();
        send_json(cx, self.doors.chat, &ToChat::Output { effect: self.args.effect.clone(), text });
    }

    fn ran(&mut self, result: Result<Answer<'_>, Settle>, cx: &mut Cx<'_>) {
        let said = match result {
            Ok(answer) => portable::read(answer.body),
            Err(Settle::Noconnection) => return self.finish(&failed(&self.told("its process ended, perhaps for want of memory")), cx),
            Err(settle) => return self.finish(&failed(&self.told(&settle.to_string())), cx),
        };
        let seconds = cx.now().0.saturating_sub(self.began) as f64 / 1_000.0;
        match said {
            Some(Value::Text(result)) if result.len() <= OUTPUT_MAX => {
                let evidence = format!("ended after {seconds:.1} s");
                let end = if result.is_empty() { String::new() } else { format!("=> {result}") };
                let text = format!("done: {evidence}\n{}", web::fence("sandbox", tail(&format!("{}{end}", self.output), TOLD_MAX)));
                self.finish(&Outcome { verdict: Verdict::Done, evidence, text, changed: true, ..Outcome::default() }, cx);
            }
            Some(Value::Error(why)) => {
                let why = web::words::line(&why, 500);
                let text = format!("failed: it threw after {seconds:.1} s\n{}", self.fenced(&why));
                let evidence = format!("it threw: {}", why.chars().take(200).collect::<String>());
                self.finish(&Outcome { verdict: Verdict::Failed, evidence, text, error: true, ..Outcome::default() }, cx);
            }
            Some(_) | None => self.finish(&failed(&self.told("its result is too large, or no text")), cx),
        }
    }

    /// Why it failed, with what it had said until then.
    fn told(&self, why: &str) -> String {
        if self.output.is_empty() || !matches!(self.stage, Stage::Run(_)) { why.into() } else { format!("{why}\n{}", self.fenced("")) }
    }

    fn fenced(&self, end: &str) -> String {
        web::fence("sandbox", tail(&format!("{}{end}", self.output), TOLD_MAX))
    }

    fn finish(&mut self, outcome: &Outcome, cx: &mut Cx<'_>) {
        if self.stage == Stage::Over {
            return;
        }
        self.stage = Stage::Over;
        if let Some(reply) = self.reply.take() {
            // The evidence is one line, whatever the text is.
            let evidence = outcome.evidence.lines().next().unwrap_or_default().to_string();
            reply_json(cx, reply, &Outcome { evidence, ..outcome.clone() });
        }
        self.close(cx);
        // Its gateway is linked to it, and ends with it.
        cx.stop(Reason::Shutdown);
    }

    fn close(&self, cx: &mut Cx<'_>) {
        send_json(cx, self.doors.boxes, &json!({"op": "close", "box": self.args.number}));
    }
}

/// The last so many characters, from the beginning of a line if there is one.
fn tail(text: &str, chars: usize) -> &str {
    let Some((at, _)) = text.char_indices().rev().nth(chars.saturating_sub(1)).filter(|(at, _)| *at > 0) else { return text };
    let cut = &text[at..];
    cut.split_once('\n').map_or(cut, |(_, rest)| rest)
}

fn not_started(why: &str) -> String {
    format!("the sandbox did not start: {why}")
}
