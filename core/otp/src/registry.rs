//! A directory: names for actors, to be asked only by those who hold it (semantics 17).
//!
//! A name is taken until it is given back or its actor's incarnation ends. The directory hears of the end when every other
//! watcher does, so one that registers a successor when it hears of it finds the name free.
//!
//! ```
//! use peerd_otp::registry;
//! use peerd_vat::{Cx, Ref};
//!
//! fn boot(printer: Ref, cx: &mut Cx<'_>) {
//!     let directory = registry::spawn(cx, "names");
//!     let call = registry::register(directory, "printer", printer, cx);
//!     // Its reply event, by `registry::registered`: taken or not. Then, by anyone who was given the directory:
//!     let call = registry::whereis(directory, "printer", cx);
//!     // Its reply event, by `registry::found`: the ref.
//! }
//! ```
use crate::{
    Server,
    message::{self, Caller, decode},
};
use alloc::{
    boxed::Box,
    collections::BTreeMap,
    string::{String, ToString},
    vec::Vec,
};
use peerd_vat::{Answer, Behaviour, CALL_MS, CallId, Crash, Cx, Event, Ref, Settle, SpawnOptions, WatchId};
use serde::{Deserialize, Serialize};

pub const NAME: &str = "directory";

/// What registering a name that is taken fails with.
pub const ALREADY_STARTED: &str = "already_started";

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour() -> Box<dyn Behaviour> {
    crate::behaviour::<Directory>()
}

/// An empty one, linked to the caller.
pub fn spawn(cx: &mut Cx<'_>, label: &str) -> Ref {
    cx.spawn(SpawnOptions::new(NAME, &[]).label(label).linked())
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// The first ref of the call gets this name.
    Register(String),
    Unregister(String),
    /// Answered `Found`, with the ref as the first of the table.
    Whereis(String),
    /// Answered `Names`, sorted, with their refs in the same order.
    Registered,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    Ok,
    Found,
    Names(Vec<String>),
    Failed(Failure),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    Taken,
    /// What was to be named does not live.
    Noproc,
    NotFound,
    /// The request could not be read, or it carried no ref.
    Malformed,
}

pub fn register(directory: Ref, name: &str, actor: Ref, cx: &mut Cx<'_>) -> CallId {
    message::call(directory, &Request::Register(name.into()), &[actor], CALL_MS, cx)
}

pub fn whereis(directory: Ref, name: &str, cx: &mut Cx<'_>) -> CallId {
    message::call(directory, &Request::Whereis(name.into()), &[], CALL_MS, cx)
}

/// Reads the answer to `register`. An error is the reason to exit with.
pub fn registered(result: Result<Answer<'_>, Settle>) -> Result<(), String> {
    match result.map(|answer| decode(answer.body)) {
        Ok(Some(Reply::Ok)) => Ok(()),
        Ok(Some(Reply::Failed(Failure::Taken))) => Err(ALREADY_STARTED.into()),
        Ok(other) => Err(alloc::format!("not registered: {other:?}")),
        Err(settle) => Err(settle.to_string()),
    }
}

/// Reads the answer to `whereis`.
#[must_use]
pub fn found(result: Result<Answer<'_>, Settle>) -> Option<Ref> {
    let answer = result.ok()?;
    (decode(answer.body) == Some(Reply::Found)).then(|| answer.refs.first().copied())?
}

#[derive(Default, Serialize, Deserialize)]
struct Directory {
    names: BTreeMap<String, (Ref, WatchId)>,
    /// Until it is known to live, everything else waits.
    checked: Option<Checked>,
}

#[derive(Serialize, Deserialize)]
struct Checked {
    name: String,
    actor: Ref,
    watch: WatchId,
    caller: Caller,
}

/// Comes right after the down of a watched actor that does not live.
const LIVES: u64 = 1;

impl Server for Directory {
    const NAME: &'static str = NAME;
    type State = Directory;

    fn init(_args: &[u8], _refs: &[Ref], _cx: &mut Cx<'_>) -> Result<Directory, Crash> {
        Ok(Directory::default())
    }

    fn handle(directory: &mut Directory, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { .. } if directory.checked.is_some() => cx.defer(),
            Event::User { body, refs, reply: Some(reply) } => directory.serve(decode(body), refs, Caller(reply), cx),
            Event::Down { watch, .. } => directory.ended(watch, cx),
            Event::Timer { key: LIVES } => {
                if let Some(Checked { name, actor, watch, caller }) = directory.checked.take() {
                    directory.names.insert(name, (actor, watch));
                    open(caller, &Reply::Ok, cx);
                }
            }
            // Nobody else has business here.
            Event::User { reply: None, .. } | Event::Reply { .. } | Event::Exit { .. } | Event::Timer { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }
}

impl Directory {
    fn serve(&mut self, request: Option<Request>, refs: &[Ref], caller: Caller, cx: &mut Cx<'_>) {
        let reply = match (request, refs.first()) {
            (Some(Request::Register(name)), _) if self.names.contains_key(&name) => Reply::Failed(Failure::Taken),
            (Some(Request::Register(name)), Some(&actor)) => {
                self.checked = Some(Checked { name, actor, watch: cx.watch(actor), caller });
                return cx.timer(LIVES, 0);
            }
            (Some(Request::Unregister(name)), _) => match self.names.remove(&name) {
                Some((_, watch)) => {
                    cx.unwatch(watch);
                    Reply::Ok
                }
                None => Reply::Failed(Failure::NotFound),
            },
            (Some(Request::Whereis(name)), _) => match self.names.get(&name) {
                Some((actor, _)) => return caller.answer_with(&Reply::Found, &[*actor], cx),
                None => Reply::Failed(Failure::NotFound),
            },
            (Some(Request::Registered), _) => {
                let refs: Vec<Ref> = self.names.values().map(|named| named.0).collect();
                return caller.answer_with(&Reply::Names(self.names.keys().cloned().collect()), &refs, cx);
            }
            (Some(Request::Register(_)), None) | (None, _) => Reply::Failed(Failure::Malformed),
        };
        caller.answer(&reply, cx);
    }

    fn ended(&mut self, ended: WatchId, cx: &mut Cx<'_>) {
        self.names.retain(|_, (_, watch)| *watch != ended);
        if self.checked.as_ref().is_some_and(|checked| checked.watch == ended)
            && let Some(checked) = self.checked.take()
        {
            cx.cancel_timer(LIVES);
            open(checked.caller, &Reply::Failed(Failure::Noproc), cx);
        }
    }
}

/// Answers, and takes up what waited.
fn open(caller: Caller, reply: &Reply, cx: &mut Cx<'_>) {
    caller.answer(reply, cx);
    cx.become_tag(cx.tag() ^ 1);
}
