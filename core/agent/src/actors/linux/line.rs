//! What one command, or the terminal, has of the network: leases of origins, which end with it, and what its programs ask by them.
//!
//! ```text
//! program ─ proxy ─ Ask ─▶ host ─▶ line ─ a lease of this origin? ─ fetch ─▶ egress ─▶ head, pieces, answer ─▶ line ─▶ host
//!                                   └─ none: it is refused, and noted by egress
//! ```
use crate::actors::{Actor, body, json_bytes, send_json};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use peerd_captp::Value;
use peerd_egress::{Allowance, Grant, Methods, Target, broker};
use peerd_gateway::portable;
use peerd_otp::message::{call, cast};
use peerd_vat::{Answer, CallId, Crash, Cx, Event, INFINITY_MS, Reason, Ref, Settle, SpawnOptions};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// More than the machine takes in while a command may run.
const RESPONSE_MAX: u64 = 16 << 20;
/// A clone of a repository is a handful of requests, a page with all that it names is dozens.
const PER_MINUTE: u32 = 240;
const AT_A_TIME: u32 = 6;
/// Limit: requests of one line under way; the proxy has no more connections.
const ASKS_MAX: usize = 16;
/// Limit: origins of the terminal; of a command its caller has counted them.
const ORIGINS_MAX: usize = 64;
const LEND_MS: u64 = 10_000;
/// Objects that hear of one request each are numbered above this.
const EARS: u32 = 16;
/// All is lent: what waited for that is heard.
const LENT: u32 = 1;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Args {
    /// For the host, and in the tree.
    pub name: String,
    /// Each allowed by its owner.
    pub origins: Vec<String>,
    /// How to come by an origin that is not among them, in words.
    pub hint: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ToLine {
    /// From the host: a program asks; `body` is base64.
    Ask {
        number: u32,
        method: String,
        url: String,
        headers: Vec<(String, String)>,
        body: String,
    },
    /// From the host: nobody waits for that any more.
    Abort {
        number: u32,
    },
    Lend {
        origin: String,
    },
    TakeBack {
        origin: String,
    },
}

#[derive(Serialize, Deserialize)]
pub struct Line {
    args: Args,
    host: Ref,
    egress: Ref,
    lent: Vec<(String, Ref)>,
    lending: Vec<(CallId, Vec<String>)>,
    asks: Vec<Ask>,
}

#[derive(Serialize, Deserialize)]
struct Ask {
    number: u32,
    call: CallId,
    lease: Ref,
    /// It was not refused.
    is_sent: bool,
    /// Its answer has begun.
    began: bool,
}

/// A new one. The host knows it by its name, and tells it what the programs ask.
pub(super) fn spawn(args: &Args, host: Ref, egress: Ref, cx: &mut Cx<'_>) -> Ref {
    let bytes = json_bytes(args);
    let refs = [host, egress, cx.me()];
    cx.spawn(SpawnOptions::new(Line::NAME, &bytes).label(&args.name).refs(&refs))
}

impl Actor for Line {
    const NAME: &'static str = "line";

    fn init(args: &[u8], cx: &mut Cx<'_>) -> Result<Self, Crash> {
        let args: Args = body(args)?;
        let &[host, egress, owner] = cx.refs() else {
            return Err(Crash::new("bad_args", "a line needs three refs: the machine's port, egress, its owner"));
        };
        // Nobody is left who could end it.
        cx.watch(owner);
        let origins = args.origins.clone();
        let mut line = Line { args, host, egress, lent: Vec::new(), lending: Vec::new(), asks: Vec::new() };
        line.lend(origins, cx);
        Ok(line)
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match (event, cx.addressed()) {
            (Event::User { body: bytes, .. }, Some(object)) => self.hear(object, bytes, cx),
            // A program may ask before its origins are there.
            (Event::User { .. }, None) if !self.lending.is_empty() => cx.defer(),
            (Event::User { body: bytes, .. }, None) => match body(bytes)? {
                ToLine::Ask { number, method, url, headers, body } => self.ask(number, method, url, headers, &body, cx),
                ToLine::Abort { number } => {
                    if let Some(at) = self.asks.iter().position(|ask| ask.number == number) {
                        let Ask { call, lease, .. } = self.asks.remove(at);
                        cx.cancel_call(call);
                        cx.send(lease, &portable::invoke("abort", [Value::Float(f64::from(number))].into()));
                    }
                }
                ToLine::Lend { origin } if self.lent.iter().any(|(known, _)| *known == origin) => {}
                ToLine::Lend { .. } if self.lent.len() >= ORIGINS_MAX => {}
                ToLine::Lend { origin } => self.lend([origin].into(), cx),
                ToLine::TakeBack { origin } => {
                    self.lent.retain(|(known, _)| *known != origin);
                    let back = broker::Request::TakeBack { origin: Some(origin) };
                    cast(self.egress, &back, &[cx.me()], cx);
                    self.show(cx);
                }
            },
            (Event::Reply { call, result }, _) => self.settled(call, result, cx),
            (Event::Down { .. }, _) => cx.stop(Reason::Shutdown),
            (Event::Timer { .. } | Event::Exit { .. } | Event::Alarm { .. }, _) => {}
        }
        Ok(())
    }
}

impl Line {
    fn lend(&mut self, origins: Vec<String>, cx: &mut Cx<'_>) {
        if origins.is_empty() {
            return;
        }
        let allowance = Allowance { response_max: RESPONSE_MAX, per_minute: PER_MINUTE, at_a_time: AT_A_TIME, ..Allowance::default() };
        let grant = |origin: &String| {
            let mut grant = Grant::anywhere(origin).ok()?;
            (grant.methods, grant.allowance) = (Methods::Clone, allowance);
            Some(grant)
        };
        let grants: Vec<Grant> = origins.iter().filter_map(grant).collect();
        let origins = grants.iter().map(|grant| grant.origin().to_string()).collect();
        let lend = broker::Request::Lend { who: self.args.name.clone(), grants };
        self.lending.push((call(self.egress, &lend, &[cx.me()], LEND_MS, cx), origins));
        cx.become_tag(0);
    }

    fn settled(&mut self, settled: CallId, result: Result<Answer<'_>, Settle>, cx: &mut Cx<'_>) {
        if let Some(at) = self.lending.iter().position(|(call, _)| *call == settled) {
            let (_, origins) = self.lending.remove(at);
            if let Some(answer) = result.ok().filter(|answer| answer.refs.len() == origins.len()) {
                self.lent.extend(origins.into_iter().zip(answer.refs.iter().copied()));
            }
            if self.lending.is_empty() {
                cx.become_tag(LENT);
            }
            return self.show(cx);
        }
        let Some(at) = self.asks.iter().position(|ask| ask.call == settled) else { return };
        let ask = self.asks.remove(at);
        match result {
            Ok(answer) => match portable::read(answer.body) {
                Some(Value::Error(why)) => self.fail(&ask, if ask.is_sent { 502 } else { 403 }, &why, cx),
                Some(Value::Struct(fields)) if !ask.began => self.whole(&ask, &fields, cx),
                Some(Value::Struct(_)) => self.tell(&ask, &json!({"end": true}), cx),
                _ => self.fail(&ask, 502, "the answer can't be read", cx),
            },
            Err(settle) => self.fail(&ask, 502, &format!("it came to nothing: {settle}"), cx),
        }
    }

    fn ask(&mut self, number: u32, method: String, url: String, headers: Vec<(String, String)>, body: &str, cx: &mut Cx<'_>) {
        if self.asks.len() >= ASKS_MAX {
            return self.refused(number, 503, "too many requests at a time", None, cx);
        }
        let origin = Target::parse(&url).ok().map(|target| target.origin());
        let lease = origin.as_ref().and_then(|origin| self.lent.iter().find(|(known, _)| known == origin)).map(|(_, lease)| *lease);
        let (Some(lease), Ok(bytes)) = (lease, BASE64_STANDARD.decode(body)) else {
            let why = match &origin {
                Some(origin) => format!("{origin} was not granted: {}", self.args.hint),
                None => "only http and https addresses can be fetched".into(),
            };
            // Nobody waits for this one: it is to be in the log.
            let refuse = broker::Request::Refuse { who: self.args.name.clone(), method, url };
            cast(self.egress, &refuse, &[], cx);
            return self.refused(number, 403, &why, origin, cx);
        };
        let pair = |(name, value): (String, String)| Value::List([Value::Text(name), Value::Text(value)].into());
        let ask = Value::Struct(
            [
                ("url", Value::Text(url)),
                ("method", Value::Text(method)),
                ("headers", Value::List(headers.into_iter().map(pair).collect())),
                ("body", if bytes.is_empty() { Value::Void } else { Value::Bytes(bytes) }),
                // Programs have options of their own for that, and git remembers where it was led.
                ("follow", Value::Bool(false)),
                ("into", portable::nth(0)),
                ("mark", Value::Float(f64::from(number))),
            ]
            .map(|(key, value)| (key.into(), value))
            .into(),
        );
        let ear = cx.object(EARS + number);
        let call = cx.call(lease, &portable::invoke("fetch", [ask].into()), &[ear], INFINITY_MS);
        self.asks.push(Ask { number, call, lease, is_sent: true, began: false });
    }

    /// What comes of a request, before it is all there.
    fn hear(&mut self, object: u32, bytes: &[u8], cx: &mut Cx<'_>) {
        let Some(at) = self.asks.iter().position(|ask| EARS + ask.number == object) else { return };
        let Some((method, args)) = portable::invoked(bytes) else { return };
        match (method.as_str(), args.as_slice()) {
            ("refused", _) => self.asks[at].is_sent = false,
            ("head", [Value::Float(status), headers]) => {
                self.asks[at].began = true;
                let head = json!({"head": {"status": *status as u16, "headers": pairs(headers)}});
                self.tell(&self.asks[at], &head, cx);
            }
            ("piece", [Value::Bytes(bytes)]) => self.tell(&self.asks[at], &json!({"piece": BASE64_STANDARD.encode(bytes)}), cx),
            _ => {}
        }
    }

    /// One that came at once: where it leads instead.
    fn whole(&self, ask: &Ask, fields: &[(String, Value)], cx: &mut Cx<'_>) {
        let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        let status = if let Some(Value::Float(status)) = field("status") { *status as u16 } else { 502 };
        let headers = field("headers").map(pairs).unwrap_or_default();
        self.tell(ask, &json!({"head": {"status": status, "headers": headers}, "end": true}), cx);
    }

    fn fail(&self, ask: &Ask, status: u16, why: &str, cx: &mut Cx<'_>) {
        self.refused(ask.number, status, why, None, cx);
    }

    fn refused(&self, number: u32, status: u16, why: &str, origin: Option<String>, cx: &mut Cx<'_>) {
        let fail = json!({"status": status, "why": why});
        send_json(cx, self.host, &json!({"op": "answer", "line": self.args.name, "ask": number, "fail": fail, "refused": origin}));
    }

    fn tell(&self, ask: &Ask, what: &serde_json::Value, cx: &mut Cx<'_>) {
        let mut op = json!({"op": "answer", "line": self.args.name, "ask": ask.number});
        for (key, value) in what.as_object().into_iter().flatten() {
            op[key] = value.clone();
        }
        send_json(cx, self.host, &op);
    }

    /// To whoever looks: what it may reach.
    fn show(&self, cx: &mut Cx<'_>) {
        let origins: Vec<&String> = self.lent.iter().map(|(origin, _)| origin).collect();
        send_json(cx, self.host, &json!({"op": "granted", "line": self.args.name, "origins": origins}));
    }
}

fn pairs(headers: &Value) -> Vec<(String, String)> {
    let Value::List(pairs) = headers else { return Vec::new() };
    let pair = |pair: &Value| match pair {
        Value::List(items) => match items.as_slice() {
            [Value::Text(name), Value::Text(value)] => Some((name.clone(), value.clone())),
            _ => None,
        },
        _ => None,
    };
    pairs.iter().filter_map(pair).collect()
}
