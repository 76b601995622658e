//! A vat under a desk that starts, calls, tells and stops what a test asks for, and writes down what comes of it.
//!
//! Tests compare everything that was said: by the desk (what its calls came to), by the actors (`say`), by reports.
use peerd_otp::{
    Server, behaviour,
    gen_server::{self, Starting},
    message::{decode, encode},
    sys,
};
use peerd_vat::{
    Answer, Behaviour, CALL_MS, CallId, Config, Crash, Cx, Event, Input, Line, Output, Outputs, Reason, Ref, Report, Rights, Said, Settle,
    SpawnOptions, Statistics, System, Time, Vat,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt::Debug};

/// A word of an actor's to the test.
pub fn say(cx: &mut Cx<'_>, text: impl Into<String>) {
    cx.report("", text.into());
}

/// What the desk can be asked to do. All orders of one `desk` call are carried out in one turn of the desk.
#[derive(Clone, Serialize, Deserialize)]
pub enum Order {
    Start {
        name: String,
        behaviour: String,
        args: Vec<u8>,
        refs: Vec<String>,
        ms: u64,
        taken_in: Option<(String, String)>,
    },
    Call {
        to: String,
        body: Vec<u8>,
        refs: Vec<String>,
        ms: u64,
        read: Read,
    },
    Cast {
        to: String,
        body: Vec<u8>,
        refs: Vec<String>,
    },
    Sys {
        to: String,
        request: sys::Request,
    },
    /// A system message of the kernel's.
    System {
        to: String,
        what: Vec<u8>,
    },
    /// Another state in place of the one that was looked at last.
    Replace {
        to: String,
        state: Vec<u8>,
    },
    Stop {
        to: String,
        reason: Reason,
        ms: u64,
    },
    Exit {
        to: String,
        reason: Reason,
    },
    /// The desk knows this actor by another name too, with at most send and watch.
    Lend {
        of: String,
        name: String,
    },
}

/// How an answer is to be read.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub enum Read {
    Text,
    Sys,
    Done,
    State,
    Log,
    Counts,
    Stop,
    Registry,
    Groups,
    Bus,
}

pub fn start(name: &str, behaviour: &str) -> Order {
    start_with(name, behaviour, &[], &[])
}

pub fn start_with(name: &str, behaviour: &str, args: &[u8], refs: &[&str]) -> Order {
    let refs = refs.iter().map(|name| (*name).into()).collect();
    Order::Start { name: name.into(), behaviour: behaviour.into(), args: args.into(), refs, ms: CALL_MS, taken_in: None }
}

pub fn call<T: Serialize>(to: &str, request: &T) -> Order {
    call_for(to, request, CALL_MS)
}

pub fn call_for<T: Serialize>(to: &str, request: &T, ms: u64) -> Order {
    Order::Call { to: to.into(), body: encode(request), refs: Vec::new(), ms, read: Read::Text }
}

pub fn ask<T: Serialize>(to: &str, request: &T, refs: &[&str], read: Read) -> Order {
    Order::Call { to: to.into(), body: encode(request), refs: refs.iter().map(|name| (*name).into()).collect(), ms: CALL_MS, read }
}

pub fn cast<T: Serialize>(to: &str, message: &T) -> Order {
    Order::Cast { to: to.into(), body: encode(message), refs: Vec::new() }
}

pub fn status(to: &str) -> Order {
    Order::Sys { to: to.into(), request: sys::Request::GetStatus }
}

pub fn system(to: &str, what: System<'_>) -> Order {
    Order::System { to: to.into(), what: encode(&what) }
}

pub fn replace(to: &str, state: Vec<u8>) -> Order {
    Order::Replace { to: to.into(), state }
}

pub fn stop(to: &str, reason: Reason) -> Order {
    Order::Stop { to: to.into(), reason, ms: CALL_MS }
}

pub fn exit(to: &str, reason: Reason) -> Order {
    Order::Exit { to: to.into(), reason }
}

pub struct Play {
    vat: Vat,
    now: Time,
    pub told: String,
    /// What was reported, apart from the actors' own words.
    pub reports: Vec<Report>,
}

impl Play {
    pub fn new(cast: Vec<Box<dyn Behaviour>>) -> Play {
        let mut cast = cast;
        cast.push(behaviour::<Desk>());
        let mut play = Play { vat: Vat::new(Config::default(), cast), now: Time(0), told: String::new(), reports: Vec::new() };
        play.input(Input::Entropy { seed: 1 });
        play.input(Input::Boot { behaviour: Desk::NAME.into(), args: Vec::new(), refs: Vec::new() });
        play.settle();
        play
    }

    pub fn desk(&mut self, orders: impl IntoIterator<Item = Order>) {
        let orders: Vec<Order> = orders.into_iter().collect();
        let to = self.vat.root().expect("the desk never ends");
        self.input(Input::Message { to, body: encode(&orders), refs: Vec::new() });
        self.settle();
    }

    pub fn advance(&mut self, ms: u64) {
        let until = self.now.after(ms);
        while let Some(next) = self.vat.wake_at().filter(|next| *next <= until) {
            self.now = self.now.max(next);
            self.settle();
        }
        self.now = until;
        self.settle();
    }

    fn input(&mut self, input: Input) {
        let mut out = Outputs::new();
        self.vat.handle(self.now, input, &mut out).expect("the desk has room");
        self.note(out);
    }

    fn settle(&mut self) {
        for _ in 0..10_000 {
            let mut out = Outputs::new();
            let ran = self.vat.run(self.now, 1, &mut out);
            self.note(out);
            assert!(self.vat.counters().balance(), "{:?}", self.vat.counters());
            if ran.idle {
                return;
            }
        }
        panic!("it never rests: {}", &self.told[self.told.len().saturating_sub(2_000)..]);
    }

    fn note(&mut self, out: Outputs) {
        for output in out {
            if let Output::Report(report) = output {
                if !matches!(&report.what, Said::Note { kind, .. } if kind.is_empty()) {
                    self.reports.push(report.clone());
                }
                let text = match report.what {
                    Said::Note { kind, text } if kind.is_empty() => text.to_string(),
                    Said::Note { kind, text } => format!("= {kind}: {text}"),
                    other => format!("= report: {}", crashed(&other)),
                };
                let name = if report.label.is_empty() { "desk" } else { &report.label };
                self.told += &format!("{}.{:03} {name:<5} {text}\n", self.now.0 / 1_000, self.now.0 % 1_000);
            }
        }
    }
}

fn crashed(said: &Said) -> String {
    match said {
        Said::Crashed { reason, .. } => reason.to_string(),
        Said::Note { text, .. } => text.to_string(),
    }
}

pub struct Desk;

#[derive(Default, Serialize, Deserialize)]
pub struct Papers {
    known: BTreeMap<String, Ref>,
    starts: Vec<(String, Starting)>,
    calls: Vec<(CallId, String, Read, Reason)>,
    /// The state that was looked at last.
    found: Vec<u8>,
}

impl Server for Desk {
    const NAME: &'static str = "desk";
    type State = Papers;

    fn init(_args: &[u8], _refs: &[Ref], cx: &mut Cx<'_>) -> Result<Papers, Crash> {
        cx.trap_exits(true);
        let known = BTreeMap::from([("desk".to_owned(), cx.me())]);
        Ok(Papers { known, ..Papers::default() })
    }

    fn handle(papers: &mut Papers, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, .. } => match decode::<Vec<Order>>(body) {
                Some(orders) => orders.into_iter().for_each(|order| papers.order(order, cx)),
                None => say(cx, format!("got {}", text(body))),
            },
            Event::Reply { call, result } => papers.settled(call, result, cx),
            Event::Exit { from, reason } => {
                let name = papers.name(from);
                say(cx, format!("{name} ended: {reason}"));
            }
            Event::Down { .. } | Event::Timer { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }
}

impl Papers {
    fn order(&mut self, order: Order, cx: &mut Cx<'_>) {
        match order {
            Order::Start { name, behaviour, args, refs, ms, taken_in } => {
                let refs = self.refs(&refs);
                let options = SpawnOptions::new(&behaviour, &args).refs(&refs).label(&name).linked();
                let starting = match taken_in {
                    None => Starting::begin(options, ms, cx),
                    Some((directory, taken)) => Starting::begin_named(options, ms, self.known[&directory], &taken, cx),
                };
                self.known.insert(name.clone(), starting.actor());
                self.starts.push((name, starting));
            }
            Order::Call { to, body, refs, ms, read } => {
                let refs = self.refs(&refs);
                let call = cx.call(self.known[&to], &body, &refs, ms);
                self.calls.push((call, to, read, Reason::Normal));
            }
            Order::Cast { to, body, refs } => {
                let refs = self.refs(&refs);
                cx.send_with(self.known[&to], &body, &refs);
            }
            Order::Sys { to, request } => {
                let call = sys::call(self.known[&to], &request, CALL_MS, cx);
                self.calls.push((call, to, Read::Sys, Reason::Normal));
            }
            Order::System { to, what } => {
                let what = decode_system(&what);
                let read = match what {
                    System::GetState => Read::State,
                    System::GetLog => Read::Log,
                    System::GetStatistics => Read::Counts,
                    _ => Read::Done,
                };
                let call = cx.system(self.known[&to], what, CALL_MS);
                self.calls.push((call, to, read, Reason::Normal));
            }
            Order::Replace { to, state } => {
                let (_, frame) = postcard::take_from_bytes::<Option<Vec<u8>>>(&self.found).expect("a state was looked at");
                let changed = [&encode(&Some(state)), frame].concat();
                let call = cx.system(self.known[&to], System::ReplaceState(&changed), CALL_MS);
                self.calls.push((call, to, Read::Done, Reason::Normal));
            }
            Order::Stop { to, reason, ms } => {
                let call = gen_server::stop(self.known[&to], &reason, ms, cx);
                self.calls.push((call, to, Read::Stop, reason));
            }
            Order::Exit { to, reason } => cx.exit(self.known[&to], reason),
            Order::Lend { of, name } => {
                self.known.insert(name, self.known[&of].attenuated(Rights::LENT));
            }
        }
    }

    fn settled(&mut self, call: CallId, result: Result<Answer<'_>, Settle>, cx: &mut Cx<'_>) {
        if let Some(at) = self.calls.iter().position(|open| open.0 == call) {
            let (_, to, read, reason) = self.calls.remove(at);
            let how = match read {
                Read::Stop => format!("{:?}", gen_server::stopped(result, &reason)),
                _ => result.map_or_else(|settle| format!("{settle}"), |answer| self.read(read, answer)),
            };
            return say(cx, format!("{to}: {how}"));
        }
        for at in 0..self.starts.len() {
            let (name, starting) = &mut self.starts[at];
            let Some(started) = starting.settle(call, &result, cx) else { continue };
            let name = name.clone();
            let text = match started {
                gen_server::Started::Up(_) => "up".into(),
                gen_server::Started::AlreadyStarted(other) => format!("already_started({})", self.name(other)),
                other => format!("{other:?}"),
            };
            say(cx, format!("start {name}: {text}"));
            self.starts.remove(at);
            return;
        }
    }

    fn read(&mut self, read: Read, answer: Answer<'_>) -> String {
        let mut shown = match read {
            Read::Text => text(answer.body),
            Read::Sys => sys::answer(answer).map_or_else(|| "?".into(), |answer| format!("{answer:?}")),
            Read::Done => "done".into(),
            Read::State => {
                self.found = answer.body.to_vec();
                format!("state {:?}", postcard::take_from_bytes::<Option<Vec<u8>>>(&self.found).map(|found| found.0))
            }
            Read::Log => decode::<Vec<Line>>(answer.body).map_or_else(|| "?".into(), |lines| format!("{} lines", lines.len())),
            Read::Counts => debug::<Option<Statistics>>(answer.body),
            Read::Registry => debug::<peerd_otp::registry::Reply>(answer.body),
            Read::Groups => debug::<peerd_otp::groups::Reply>(answer.body),
            Read::Bus => debug::<peerd_otp::event::Answer>(answer.body),
            Read::Stop => unreachable!("read above"),
        };
        for other in answer.refs {
            shown += &format!(" {}", self.name(*other));
        }
        shown
    }

    fn refs(&self, names: &[String]) -> Vec<Ref> {
        names.iter().map(|name| self.known[name]).collect()
    }

    /// The last one known to be this actor.
    fn name(&self, of: Ref) -> String {
        self.known.iter().find(|known| known.1.actor_id() == of.actor_id()).map_or_else(|| "?".into(), |known| known.0.clone())
    }
}

fn decode_system(bytes: &[u8]) -> System<'_> {
    postcard::from_bytes(bytes).expect("written by a test")
}

fn debug<T: serde::de::DeserializeOwned + Debug>(bytes: &[u8]) -> String {
    decode::<T>(bytes).map_or_else(|| "?".into(), |value| format!("{value:?}"))
}

/// Answers of test servers are strings.
fn text(bytes: &[u8]) -> String {
    decode::<String>(bytes).unwrap_or_else(|| format!("{bytes:?}"))
}
