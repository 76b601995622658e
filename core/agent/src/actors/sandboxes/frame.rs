//! One frame of an opaque origin for a notebook or an app, which is its owner: it stands between the two, so that what a guest sends fills this
//! mailbox first, and so that its end is an end of its own.
//!
//! ```text
//! opening ─▶ the guest: "here", with its runner ─▶ owner: Up, with the runner     owner ─ calls ─▶ runner
//!            the guest's words ─▶ owner's object, as they came, with whoever waits for an answer
//! ```
use super::{
    opening::{OPEN_MS, Opening, Progress, Wanted},
    pace::{MESSAGE_MS, Pace, TOO_MUCH},
};
use crate::{
    actors::{Actor, body, json_bytes, send_json, send_json_with},
    web::words::line,
};
use alloc::{string::String, vec::Vec};
use peerd_captp::Value;
use peerd_egress::{Grant, broker};
use peerd_gateway::portable;
use peerd_otp::message::{call, decode};
use peerd_vat::{CallId, Crash, Cx, Event, Reason, Ref};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The object that the guest is given.
const HOST: u32 = 1;
const OPENING: u64 = 1;
/// Limit: characters of why it is no more, which may be anybody's words.
const WHY_MAX: usize = 200;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Args {
    pub number: u64,
    pub name: String,
    /// Of the script in it: `notebook`, `app`.
    pub kind: String,
    pub page: Option<String>,
}

/// To a frame.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ToFrame {
    /// From the host: it is no more, and why.
    Gone(String),
    /// Call, from the owner: refs to these origins, each of which its owner has allowed. They end with the frame. `[]`, or why not, as JSON.
    Lend { origins: Vec<String> },
}

/// To the owner, as JSON. What the guest says goes to the owner's object, as `portable` bytes; its ref is whoever waits.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum FromFrame {
    /// The guest is there: the ref is its runner.
    Up { number: u64 },
    /// It did not come up, or is no more. Why may be the guest's words: the host passes on what the frame gave for its last.
    Gone { number: u64, why: String },
}

#[derive(Serialize, Deserialize)]
pub struct Frame {
    args: Args,
    opening: Opening,
    boxes: Ref,
    egress: Ref,
    owner: Ref,
    /// The owner's object, which hears the guest.
    ear: Ref,
    is_up: bool,
    pace: Pace,
    lending: Vec<(CallId, Ref)>,
}

impl Actor for Frame {
    const NAME: &'static str = "frame";

    fn init(args: &[u8], cx: &mut Cx<'_>) -> Result<Self, Crash> {
        let args: Args = body(args)?;
        let &[boxes, wires, egress, owner, ear] = cx.refs() else {
            return Err(Crash::new("bad_args", "a frame needs five refs: boxes, wires, egress, its owner, the owner's object"));
        };
        cx.timer(OPENING, OPEN_MS);
        // Nobody is left who could end it.
        cx.watch(owner);
        let Args { number, name, kind, page } = args.clone();
        let opening = Opening::begin(Wanted { number, kind, name, page, host: HOST }, boxes, wires, cx);
        Ok(Frame { args, opening, boxes, egress, owner, ear, is_up: false, pace: Pace::default(), lending: Vec::new() })
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body: bytes, refs, reply } if cx.addressed() == Some(HOST) => self.guest(bytes, refs, reply, cx),
            Event::User { body: bytes, reply, .. } => match (body(bytes)?, reply) {
                (ToFrame::Gone(why), _) => self.gone(&why, cx),
                (ToFrame::Lend { origins }, Some(reply)) => {
                    let grants = origins.iter().filter_map(|origin| Grant::anywhere(origin).ok()).collect();
                    let lend = broker::Request::Lend { who: self.args.name.clone(), grants };
                    self.lending.push((call(self.egress, &lend, &[cx.me()], OPEN_MS, cx), reply));
                }
                (ToFrame::Lend { .. }, None) => {}
            },
            Event::Reply { call, result } => {
                if let Some(at) = self.lending.iter().position(|(lending, _)| *lending == call) {
                    let (_, reply) = self.lending.remove(at);
                    let lent = result.ok().filter(|answer| matches!(decode(answer.body), Some(broker::Reply::Lent)));
                    match lent {
                        Some(answer) => cx.reply(reply, &json_bytes(&json!([])), answer.refs),
                        None => cx.reply(reply, &json_bytes(&json!({"err": "too many sandboxes use the network already"})), &[]),
                    }
                    return Ok(());
                }
                match self.opening.settled(call, result, cx)? {
                    Progress::Going | Progress::Opened => {}
                    Progress::Offered => self.opening.open(cx),
                    Progress::Failed(why) => self.gone(&why, cx),
                }
            }
            Event::Timer { key: OPENING } if !self.is_up => self.gone("it did not start in time", cx),
            Event::Down { .. } => cx.stop(Reason::Shutdown),
            Event::Timer { .. } | Event::Exit { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }

    fn terminate(&mut self, _reason: &Reason, cx: &mut Cx<'_>) {
        send_json(cx, self.boxes, &json!({"op": "close", "box": self.args.number}));
    }
}

impl Frame {
    /// What the guest says, or what stands in for it: hostile until it is read.
    fn guest(&mut self, bytes: &[u8], refs: &[Ref], reply: Option<Ref>, cx: &mut Cx<'_>) {
        if !self.pace.allows(cx.now().0, MESSAGE_MS) {
            return self.gone(TOO_MUCH, cx);
        }
        match portable::invoked(bytes) {
            Some((method, args)) if method == "here" && matches!(args.as_slice(), [Value::Ref(_)]) && !self.is_up => {
                if let Some(runner) = refs.first() {
                    self.is_up = true;
                    cx.cancel_timer(OPENING);
                    send_json_with(cx, self.owner, &FromFrame::Up { number: self.args.number }, &[*runner]);
                }
                if let Some(reply) = reply {
                    cx.reply(reply, &portable::write(&Value::Void), &[]);
                }
            }
            Some(_) if self.is_up => match reply {
                Some(reply) => cx.send_with(self.ear, bytes, &[reply]),
                None => cx.send(self.ear, bytes),
            },
            _ => {}
        }
    }

    fn gone(&mut self, why: &str, cx: &mut Cx<'_>) {
        send_json(cx, self.owner, &FromFrame::Gone { number: self.args.number, why: line(why, WHY_MAX) });
        cx.stop(Reason::Shutdown);
    }
}
