//! The actor that has the network. It lends one origin at a time, as a ref of its own, and takes it back also while a request is under way.
//!
//! ```text
//! owner ─ Lend, TakeBack, Log ─▶ broker ─ Hop, Abort ─▶ port of the host, which fetches and follows nothing
//! guest ─ fetch ─▶ caretaker ─▶ an object of the broker ─▶ judged ┘   └─ head, bytes, redirect, end ─▶ broker ─▶ answer
//! ```
//! Who holds a lease is watched: its end is the end of the lease and of all that it had under way.
use crate::{Ask, Audit, Entry, Fetch, Grant, Hop, Refusal, Verdict};
use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_caps::{
    Terms,
    caretaker::{self, Caretaker},
};
use peerd_captp::Value;
use peerd_gateway::portable;
use peerd_otp::{
    Server,
    message::{Caller, cast, decode},
};
use peerd_vat::{Behaviour, Crash, Cx, Event, Reason, Ref, WatchId};
use serde::{Deserialize, Serialize};

pub const NAME: &str = "egress";

/// The object that the host talks to.
const HOST: u32 = 1;
/// Leases are numbered above this.
const FIRST: u32 = 16;

/// Limit: entries of the log; what a person may scroll through.
const LOG_MAX: usize = 1_000;
/// Limit: leases at a time, of all holders.
const LEASES_MAX: usize = 256;
/// A request that takes longer is cut off.
const FETCH_MS: u64 = 60_000;
/// What `per_minute` means.
const WINDOW_MS: u64 = 60_000;

/// The entry for a vat's behaviour table. Started with one ref: the host's port.
#[must_use]
pub fn behaviour() -> Box<dyn Behaviour> {
    peerd_otp::behaviour::<Broker>()
}

/// What whoever has the broker itself may ask, as postcard: no guest has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Call. The first ref is the holder, who is known to people as `who`. Answered `Lent`, with a ref for each grant in their order: to be
    /// called through a gateway with `["fetch", {"url", "method"?, "headers"?: [[name, value]], "body"?, "follow"?, "into"?}]`, which is
    /// answered `{"status", "url", "redirected", "headers", "body"}` or fails in words. With `follow` false a redirect is an answer, and
    /// `location` among its headers. `into` is a ref that is told `["head", status, headers]` and `["piece", bytes]` as they come, and then
    /// the answer has no body; or `["refused"]`, before the words. Who has given it a number by `mark` calls it off by a message `["abort", mark]`.
    Lend { who: String, grants: Vec<Grant> },
    /// A request of somebody who holds nothing that it could be asked by: it is an entry of the log all the same.
    Refuse { who: String, method: String, url: String },
    /// All that the first ref holds of this origin, or all of all origins, at once.
    TakeBack { origin: Option<String> },
    /// Call, answered `Log`: the entries behind this number, the oldest first.
    Log { after: u64 },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    Lent,
    /// Nothing was lent: there are so many leases already.
    Full(u32),
    Log(Vec<Entry>),
}

/// To the host's port, as postcard; the ref beside `Fetch` is where it says what comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToHost {
    /// Without cookies, without credentials, from no cache, following nothing.
    Fetch { fetch: u64, hop: Hop },
    /// Nobody reads on.
    Abort { fetch: u64 },
}

/// From the host. After `End`, `Failed` or `Redirect` it says no more of a fetch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromHost {
    Head {
        fetch: u64,
        status: u16,
        headers: Vec<(String, String)>,
    },
    Bytes {
        fetch: u64,
        bytes: Vec<u8>,
    },
    /// `location` as the answer had it; none when the browser does not say.
    Redirect {
        fetch: u64,
        status: u16,
        location: Option<String>,
    },
    End {
        fetch: u64,
    },
    Failed {
        fetch: u64,
        why: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Broker {
    port: Ref,
    leases: Vec<Lease>,
    flights: Vec<Flight>,
    audit: Audit,
    last_object: u32,
    /// Begins at random: what the host says to an earlier life must not fit.
    last_fetch: u64,
}

#[derive(Serialize, Deserialize)]
struct Lease {
    object: u32,
    holder: Ref,
    watch: WatchId,
    who: String,
    grant: Grant,
    caretaker: Caretaker,
    window_began: u64,
    in_window: u32,
}

/// One request under way.
#[derive(Serialize, Deserialize)]
struct Flight {
    /// The host's number for this hop.
    fetch: u64,
    lease: u32,
    reply: Ref,
    /// Who is told what comes, piece by piece.
    into: Option<Ref>,
    /// A redirect is gone after.
    follows: bool,
    /// Its asker's own number for it.
    mark: Option<u32>,
    request: Fetch,
    entry: u64,
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Server for Broker {
    const NAME: &'static str = NAME;
    type State = Broker;

    fn init(_: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Broker, Crash> {
        let &[port] = refs else { return Err(Crash::new("bad_args", "the broker needs one ref: the port that fetches")) };
        let last_fetch = cx.random() >> 16;
        Ok(Broker { port, leases: Vec::new(), flights: Vec::new(), audit: Audit::new(LOG_MAX), last_object: FIRST, last_fetch })
    }

    fn handle(broker: &mut Broker, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, refs, reply } => match cx.addressed() {
                None => broker.obey(decode(body), refs, reply, cx),
                Some(HOST) => match decode(body) {
                    Some(said) => broker.hear(said, cx),
                    None => return Err(Crash::new("bad_host", "not what a host says")),
                },
                Some(object) => match reply {
                    Some(reply) => broker.asked(object, body, refs, reply, cx),
                    None => broker.called_off(object, body, cx),
                },
            },
            Event::Timer { key } => {
                if let Some(at) = broker.flights.iter().position(|flight| flight.fetch == key) {
                    broker.abort(at, &format!("it took more than {} s", FETCH_MS / 1_000), cx);
                }
            }
            Event::Down { watch, .. } => broker.end(|lease| lease.watch == watch, cx),
            Event::Reply { .. } | Event::Exit { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }
}

/// What its owner asks.
impl Broker {
    fn obey(&mut self, request: Option<Request>, refs: &[Ref], reply: Option<Ref>, cx: &mut Cx<'_>) {
        let caller = reply.map(Caller);
        match (request, refs.first(), caller) {
            (Some(Request::Lend { grants, .. }), Some(_), Some(caller)) if self.leases.len() + grants.len() > LEASES_MAX => {
                caller.answer(&Reply::Full(self.leases.len() as u32), cx);
            }
            (Some(Request::Lend { who, grants }), Some(holder), Some(caller)) => {
                let faces: Vec<Ref> = grants.into_iter().map(|grant| self.lend(&who, grant, *holder, cx)).collect();
                caller.answer_with(&Reply::Lent, &faces, cx);
            }
            (Some(Request::TakeBack { origin }), Some(holder), caller) => {
                let is_meant =
                    |lease: &Lease| lease.holder == *holder && origin.as_ref().is_none_or(|origin| lease.grant.origin() == origin);
                self.end(is_meant, cx);
                if let Some(caller) = caller {
                    caller.answer(&Reply::Lent, cx);
                }
            }
            (Some(Request::Refuse { who, method, url }), ..) => {
                let ask = Ask { method: method.clone(), url: url.clone(), ..Ask::default() };
                let refusal = Fetch::begin(ask, []).expect_err("nothing is granted");
                self.audit.note(cx.wall().0, &who, &method, &url, 0, Verdict::Refused(refusal));
            }
            (Some(Request::Log { after }), _, Some(caller)) => {
                let entries = self.audit.entries().filter(|entry| entry.number > after).cloned().collect();
                caller.answer(&Reply::Log(entries), cx);
            }
            // Dropped, the call settles: our own actors ask nothing else.
            _ => {}
        }
    }

    fn lend(&mut self, who: &str, grant: Grant, holder: Ref, cx: &mut Cx<'_>) -> Ref {
        self.last_object += 1;
        let object = self.last_object;
        let label = format!("{}, lent to {who}", grant.origin());
        let caretaker = caretaker::spawn_with(cx, cx.object(object), &Terms::default(), |options| options.label(&label));
        let (watch, window_began) = (cx.watch(holder), cx.now().0);
        self.leases.push(Lease { object, holder, watch, who: who.into(), grant, caretaker, window_began, in_window: 0 });
        caretaker.face
    }

    /// At once: callers are told `revoked` by the caretaker, and nothing more of theirs is fetched.
    fn end(&mut self, is_meant: impl Fn(&Lease) -> bool, cx: &mut Cx<'_>) {
        let (over, rest): (Vec<Lease>, Vec<Lease>) = core::mem::take(&mut self.leases).into_iter().partition(is_meant);
        self.leases = rest;
        for lease in over {
            cx.unwatch(lease.watch);
            lease.caretaker.revoke(cx);
            cx.exit(lease.caretaker.actor, Reason::Shutdown);
            cx.forget(lease.caretaker.actor);
            while let Some(at) = self.flights.iter().position(|flight| flight.lease == lease.object) {
                self.abort(at, "it was taken back", cx);
            }
        }
    }
}

/// What guests ask.
impl Broker {
    fn asked(&mut self, object: u32, body: &[u8], refs: &[Ref], reply: Ref, cx: &mut Cx<'_>) {
        let Some(lease) = self.leases.iter_mut().find(|lease| lease.object == object) else { return };
        let Some(Asked { ask, follows, into, mark }) = read(body, refs) else {
            return answer(reply, &Value::Error("fetch takes one struct with a url".into()), cx);
        };
        let (who, holder) = (lease.who.clone(), lease.holder);
        let is_in_time = lease.take(cx.now().0);
        let allowance = lease.grant.allowance;
        let under_way = self.flights.iter().filter(|flight| flight.lease == object).count();
        let grants = self.leases.iter().filter(|lease| lease.holder == holder).map(|lease| &lease.grant);
        let (method, url) = (ask.method.clone(), ask.url.clone());
        let begun = if !is_in_time {
            Err(Refusal::Rate(allowance.per_minute))
        } else if under_way >= allowance.at_a_time as usize {
            Err(Refusal::Busy(allowance.at_a_time))
        } else {
            Fetch::begin(ask, grants)
        };
        let at = cx.wall().0;
        match begun {
            Err(refusal) => {
                if let Some(into) = into {
                    cx.send(into, &portable::invoke("refused", Vec::new()));
                }
                answer(reply, &Value::Error(refusal.in_words()), cx);
                self.audit.note(at, &who, &method, &url, 0, Verdict::Refused(refusal));
            }
            Ok((request, hop)) => {
                let entry = self.audit.note(at, &who, request.method(), request.url(), 0, Verdict::Sent);
                let fetch = self.send(hop, cx);
                let (headers, body) = (Vec::new(), Vec::new());
                self.flights.push(Flight { fetch, lease: object, reply, into, follows, mark, request, entry, status: 0, headers, body });
            }
        }
    }

    /// Nobody waits for it any more.
    fn called_off(&mut self, object: u32, body: &[u8], cx: &mut Cx<'_>) {
        let Some((method, args)) = portable::invoked(body) else { return };
        let ("abort", [Value::Float(mark)]) = (method.as_str(), args.as_slice()) else { return };
        let mark = Some(*mark as u32);
        if let Some(at) = self.flights.iter().position(|flight| flight.lease == object && flight.mark == mark) {
            self.abort(at, "it was called off", cx);
        }
    }

    fn send(&mut self, hop: Hop, cx: &mut Cx<'_>) -> u64 {
        self.last_fetch += 1;
        let fetch = self.last_fetch;
        cast(self.port, &ToHost::Fetch { fetch, hop }, &[cx.object(HOST)], cx);
        cx.timer(fetch, FETCH_MS);
        fetch
    }

    fn abort(&mut self, at: usize, why: &str, cx: &mut Cx<'_>) {
        let fetch = self.flights[at].fetch;
        cast(self.port, &ToHost::Abort { fetch }, &[], cx);
        self.failed(at, Verdict::Failed(why.into()), why, cx);
    }

    fn failed(&mut self, at: usize, verdict: Verdict, why: &str, cx: &mut Cx<'_>) {
        let flight = self.flights.remove(at);
        cx.cancel_timer(flight.fetch);
        self.audit.settle(flight.entry, verdict);
        answer(flight.reply, &Value::Error(why.into()), cx);
    }
}

/// What the host says.
impl Broker {
    fn hear(&mut self, said: FromHost, cx: &mut Cx<'_>) {
        let (FromHost::Head { fetch, .. }
        | FromHost::Bytes { fetch, .. }
        | FromHost::Redirect { fetch, .. }
        | FromHost::End { fetch }
        | FromHost::Failed { fetch, .. }) = &said;
        let fetch = *fetch;
        let Some(at) = self.flights.iter().position(|flight| flight.fetch == fetch) else {
            // Of what was cut off meanwhile, or of an earlier life: nobody reads it.
            if matches!(said, FromHost::Head { .. } | FromHost::Bytes { .. }) {
                cast(self.port, &ToHost::Abort { fetch }, &[], cx);
            }
            return;
        };
        match said {
            FromHost::Head { status, headers, .. } => {
                let flight = &mut self.flights[at];
                (flight.status, flight.headers) = (status, headers);
                if let Some(into) = flight.into {
                    let args = [Value::Float(f64::from(status)), pairs(&flight.headers)].into();
                    cx.send(into, &portable::invoke("head", args));
                }
            }
            FromHost::Bytes { bytes, .. } => {
                let flight = &mut self.flights[at];
                match flight.request.arrived(bytes.len()) {
                    Ok(()) => match flight.into {
                        Some(into) => cx.send(into, &portable::invoke("piece", [Value::Bytes(bytes)].into())),
                        None => flight.body.extend_from_slice(&bytes),
                    },
                    Err(refusal) => {
                        cast(self.port, &ToHost::Abort { fetch }, &[], cx);
                        self.failed(at, Verdict::Cut(refusal.clone()), &refusal.in_words(), cx);
                    }
                }
            }
            FromHost::Redirect { status, location, .. } => self.redirected(at, status, location.as_deref(), cx),
            FromHost::End { .. } => self.ended(at, cx),
            FromHost::Failed { why, .. } => self.failed(at, Verdict::Failed(why.clone()), &why, cx),
        }
    }

    fn redirected(&mut self, at: usize, status: u16, location: Option<&str>, cx: &mut Cx<'_>) {
        let flight = &mut self.flights[at];
        cx.cancel_timer(flight.fetch);
        self.audit.settle(flight.entry, Verdict::Redirected { status });
        if let Some(location) = location.filter(|_| !flight.follows) {
            let headers = [("location".to_string(), location.to_string())];
            let flight = self.flights.remove(at);
            return answered(&flight, status, &headers, cx);
        }
        let lease = self.leases.iter().find(|lease| lease.object == flight.lease).expect("a flight ends with its lease");
        let who = lease.who.clone();
        // By all that its holder has now: one that was taken back meanwhile is no way out.
        let grants = self.leases.iter().filter(|other| other.holder == lease.holder).map(|lease| &lease.grant);
        match flight.request.redirected(status, location, grants) {
            Ok(hop) => {
                let (method, hops) = (hop.method.clone(), flight.request.hops());
                let entry = self.audit.note(cx.wall().0, &who, &method, &hop.url, hops, Verdict::Sent);
                let fetch = self.send(hop, cx);
                let flight = &mut self.flights[at];
                (flight.entry, flight.fetch) = (entry, fetch);
            }
            Err(refusal) => {
                let (method, hops) = (flight.request.method().to_string(), flight.request.hops());
                let verdict = Verdict::Refused(refusal.clone());
                let entry = self.audit.note(cx.wall().0, &who, &method, location.unwrap_or_default(), hops, verdict.clone());
                flight.entry = entry;
                let why = format!("redirected, and {}", refusal.in_words());
                self.failed(at, verdict, &why, cx);
            }
        }
    }

    fn ended(&mut self, at: usize, cx: &mut Cx<'_>) {
        let flight = self.flights.remove(at);
        cx.cancel_timer(flight.fetch);
        let (status, sent, received) = (flight.status, flight.request.sent(), flight.request.received());
        self.audit.settle(flight.entry, Verdict::Answered { status, sent, received });
        answered(&flight, status, &flight.headers, cx);
    }
}

fn answered(flight: &Flight, status: u16, headers: &[(String, String)], cx: &mut Cx<'_>) {
    let fields = [
        ("status", Value::Float(f64::from(status))),
        ("url", Value::text(flight.request.url())),
        ("redirected", Value::Bool(flight.request.hops() > 0)),
        ("headers", pairs(headers)),
        ("body", Value::Bytes(flight.body.clone())),
    ];
    answer(flight.reply, &Value::Struct(fields.map(|(key, value)| (key.into(), value)).into()), cx);
}

impl Lease {
    /// One more request in this minute; false: it is one too many.
    fn take(&mut self, now: u64) -> bool {
        if now.saturating_sub(self.window_began) >= WINDOW_MS {
            (self.window_began, self.in_window) = (now, 0);
        }
        self.in_window = self.in_window.saturating_add(1);
        self.in_window <= self.grant.allowance.per_minute
    }
}

struct Asked {
    ask: Ask,
    follows: bool,
    into: Option<Ref>,
    mark: Option<u32>,
}

fn answer(reply: Ref, value: &Value, cx: &mut Cx<'_>) {
    cx.reply(reply, &portable::write(value), &[]);
}

/// What a guest wrote: it is hostile until it is read.
fn read(body: &[u8], refs: &[Ref]) -> Option<Asked> {
    let (method, args) = portable::invoked(body)?;
    let (true, [Value::Struct(fields)]) = (method == "fetch", args.as_slice()) else { return None };
    let (mut ask, mut follows, mut into, mut mark) = (Ask::default(), true, None, None);
    for (key, value) in fields {
        match (key.as_str(), value) {
            ("url", Value::Text(url)) => ask.url.clone_from(url),
            ("method", Value::Text(method)) => ask.method.clone_from(method),
            ("body", Value::Bytes(bytes)) => ask.body.clone_from(bytes),
            ("body", Value::Text(text)) => ask.body = text.clone().into_bytes(),
            ("headers", Value::List(pairs)) => ask.headers = pairs.iter().map(pair).collect::<Option<_>>()?,
            ("follow", Value::Bool(is)) => follows = *is,
            ("mark", Value::Float(number)) => mark = Some(*number as u32),
            ("into", Value::Ref(_)) => into = Some(*refs.first()?),
            (_, Value::Void | Value::Null) => {}
            _ => return None,
        }
    }
    Some(Asked { ask, follows, into, mark })
}

fn pairs(headers: &[(String, String)]) -> Value {
    let pair = |(name, value): &(String, String)| Value::List([Value::text(name), Value::text(value)].into());
    Value::List(headers.iter().map(pair).collect())
}

fn pair(value: &Value) -> Option<(String, String)> {
    let Value::List(items) = value else { return None };
    match items.as_slice() {
        [Value::Text(name), Value::Text(value)] => Some((name.clone(), value.clone())),
        _ => None,
    }
}
