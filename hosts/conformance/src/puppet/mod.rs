//! An actor that does what it is told: messages that begin with `do` are scripts, all others are words it may react to.
mod commands;
mod entries;
mod keyed;
mod library;
mod queues;
mod servers;

use crate::{stage::Stage, words};
use peerd_otp::{
    gen_server::Starting,
    requests::{MultiCall, Requests},
};
use peerd_vat::{Behaviour, CallId, Crash, Cx, Event, Reason, Ref, WatchId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The behaviour's name.
pub const NAME: &str = "puppet";
/// What a message starts with that is a script.
pub const DO: &str = "do ";
/// The kind of crash of a script that is wrong itself: whatever the case expects, it fails.
pub const SCRIPT: &str = "script";
/// The tag of one that handles nothing until its time is over.
const BUSY: u32 = 1_000_000;
/// The tag of one whose init is over, though it was not when it first ran.
const READY: u32 = 1_000_001;
/// Timers of its own; those of scripts have small keys.
const BUSY_TIMER: u64 = 1 << 40;
const LINGER_TIMER: u64 = BUSY_TIMER + 1;
const STUCK_TIMER: u64 = BUSY_TIMER + 2;

pub struct Puppet(pub Stage);

#[derive(Default, Serialize, Deserialize)]
struct State {
    name: String,
    /// What it holds itself, such as the reply refs of calls to it.
    refs: BTreeMap<String, Ref>,
    /// Of a root: the other vats, and whom it knows there.
    peers: Vec<Ref>,
    met: BTreeMap<String, Ref>,
    /// Those of other vats that supervisors' answers named.
    listed: Vec<Ref>,
    /// Scripts by the word or the kind of event that makes it run them; else it says what it got.
    on: BTreeMap<String, String>,
    calls: Vec<Asked>,
    watches: Vec<(String, WatchId)>,
    leaving: Option<Reason>,
    ballast: String,
    is_server: bool,
    /// Whom it still calls, and how often.
    flood: Option<(String, u64)>,
    starting: Vec<Starting>,
    requests: Option<Requests<String>>,
    multi: Option<MultiCall<String>>,
    /// The state that a server answered last.
    found: Vec<u8>,
    /// Which plan says how this start goes.
    plan: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Asked {
    call: CallId,
    /// What was asked for decides how the answer reads.
    kind: Kind,
}

#[derive(Clone, Serialize, Deserialize)]
enum Kind {
    Call,
    Start(String),
    Supervisor,
    /// And what the puppet will call who is found.
    Directory(Option<String>),
    /// And the key.
    Namespace(String),
    Groups,
    Queue,
    Keyed,
    Store,
    Server,
    /// And the reason it was told to end with.
    Halt(Reason),
    Status,
    System(String),
}

impl Behaviour for Puppet {
    fn name(&self) -> &'static str {
        NAME
    }

    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        // A deferred init comes back once it is over.
        if !cx.state().is_empty() {
            return Ok(());
        }
        let mut state = State::default();
        match key_of(args) {
            Some(key) => {
                state.plan = Some(key.into());
                keep(&state, cx);
            }
            None => self.obey(&mut state, text(args)?, None, cx)?,
        }
        match &state.plan {
            Some(plan) => commands::begin(&self.0.cast().next(plan), cx),
            None => Ok(()),
        }
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        if cx.tag() == BUSY && !matches!(event, Event::Timer { key: BUSY_TIMER }) {
            cx.defer();
            return Ok(());
        }
        let mut state: State = postcard::from_bytes(cx.state()).expect("the puppet's own state");
        let (kind, word, reply) = match event {
            Event::User { body, reply, .. } if body.starts_with(DO.as_bytes()) => {
                return self.obey(&mut state, &text(body)?[DO.len()..], reply, cx);
            }
            Event::User { body, refs, reply: None } if self.change_told(body, refs).is_some() => {
                ("change".into(), self.change_told(body, refs).unwrap_or_default(), None)
            }
            Event::User { body, reply, .. } => (text(body)?.to_owned(), format!("got {}", text(body)?), reply),
            Event::Reply { .. } if state.flood.is_some() => {
                self.next_of_flood(&mut state, cx)?;
                keep(&state, cx);
                return Ok(());
            }
            Event::Reply { call, result } => {
                let said = match self.collected(&mut state, call, &result, cx) {
                    Some(Some(said)) => said,
                    Some(None) => {
                        keep(&state, cx);
                        return Ok(());
                    }
                    None => self.answered(&mut state, call, result),
                };
                ("reply".into(), said, None)
            }
            Event::Down { watch, target, reason, .. } => {
                let mine = state.watches.iter().position(|(_, known)| *known == watch).map(|at| state.watches.remove(at).0);
                let target = self.0.cast().told(target);
                ("down".into(), format!("down {} {}", mine.unwrap_or(target), words::told(&reason)), None)
            }
            Event::Exit { from, reason } if cx.parent() == Some(from) => match state.on.get("parent").cloned() {
                Some(script) => {
                    state.leaving = Some(reason);
                    return self.obey(&mut state, &script, None, cx);
                }
                None => {
                    cx.stop(reason);
                    return Ok(());
                }
            },
            Event::Exit { from, reason } => ("exit".into(), format!("exit {} {}", self.0.cast().told(from), words::told(&reason)), None),
            Event::Timer { key: BUSY_TIMER } => {
                cx.become_tag(0);
                return Ok(());
            }
            Event::Timer { key: LINGER_TIMER } => {
                cx.stop(state.leaving.take().unwrap_or(Reason::Normal));
                return Ok(());
            }
            Event::Timer { key: STUCK_TIMER } => {
                cx.stop(Reason::Other("error".into()));
                return Ok(());
            }
            Event::Timer { key } => ("timer".into(), format!("timer {key}"), None),
            Event::Alarm { key, missed: 0, .. } => ("alarm".into(), format!("alarm {key}"), None),
            Event::Alarm { key, missed, .. } => ("alarm".into(), format!("alarm {key} missed {missed}"), None),
        };
        match state.on.get(&kind).cloned() {
            Some(script) => self.obey(&mut state, &script, reply, cx),
            None => {
                self.say(&word, cx);
                keep(&state, cx);
                Ok(())
            }
        }
    }

    fn interleaves(&self, body: &[u8]) -> Result<bool, Crash> {
        match body {
            b"broken" => Err(Crash::new("crash", "predicate")),
            body => Ok(body.starts_with(b"read")),
        }
    }

    fn terminate(&mut self, _: &Reason, cx: &mut Cx<'_>) {
        let mut state: State = postcard::from_bytes(cx.state()).expect("the puppet's own state");
        if let Some(script) = state.on.get("terminate").cloned() {
            self.obey(&mut state, &script, None, cx).expect("a last turn that does not crash");
        }
    }
}

impl Puppet {
    fn say(&self, text: &str, cx: &mut Cx<'_>) {
        self.0.say(text, cx);
    }

    fn answered(&self, state: &mut State, call: CallId, result: Result<peerd_vat::Answer<'_>, peerd_vat::Settle>) -> String {
        let at = state.calls.iter().position(|asked| asked.call == call);
        let kind = at.map_or(Kind::Call, |at| state.calls.remove(at).kind);
        let told = match (kind, result) {
            (Kind::Call, Ok(answer)) => String::from_utf8_lossy(answer.body).into_owned(),
            (Kind::Start(name), Ok(_)) => format!("ok({name})"),
            (Kind::Start(_), Err(peerd_vat::Settle::Exit(Reason::Normal))) => "ignore".into(),
            (Kind::Start(_), Err(peerd_vat::Settle::Exit(reason))) => format!("error({})", words::told(&reason)),
            (Kind::Supervisor, Ok(answer)) => {
                // Whoever has a name in the case is held by somebody: a vat forgets those of others that nobody here holds.
                let new = answer.refs.iter().filter(|actor| !actor.is_near() && !state.listed.contains(actor));
                let new: Vec<Ref> = new.copied().collect();
                state.listed.extend(new);
                crate::supervise::told(answer.body, answer.refs, &mut self.0.cast())
            }
            (Kind::Directory(name), Ok(answer)) => self.directory_told(state, name, answer),
            (Kind::Namespace(key), Ok(answer)) => self.namespace_told(&key, answer),
            (Kind::Queue, Ok(answer)) => queues::queue_told(answer.body),
            (Kind::Keyed, Ok(answer)) => keyed::told(answer.body),
            (Kind::Store, Ok(answer)) => queues::store_told(answer.body),
            (Kind::Groups, Ok(answer)) => self.groups_told(answer),
            (kind @ (Kind::Server | Kind::Halt(_) | Kind::Status | Kind::System(_)), result) => self.generic_told(state, kind, result),
            (_, Err(settle)) => words::settled(&settle),
        };
        format!("= {told}").trim_end().into()
    }
}

/// The key that a namespace started this puppet with. Its next starts go as the plan of that name says.
fn key_of(args: &[u8]) -> Option<&str> {
    let (length, key) = args.split_first_chunk::<4>()?;
    (u32::from_le_bytes(*length) as usize == key.len()).then(|| core::str::from_utf8(key).ok())?
}

fn text(bytes: &[u8]) -> Result<&str, Crash> {
    std::str::from_utf8(bytes).map_err(|_| Crash::new("decode", "scripts and words are text"))
}

fn keep(state: &State, cx: &mut Cx<'_>) {
    let bytes = postcard::to_allocvec(state).expect("plain data encodes");
    if bytes != cx.state() {
        cx.become_state(&bytes);
    }
}
