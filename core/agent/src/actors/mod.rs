//! The agent's actors: thin shells that put the state machines of this crate on the vat.
//!
//! An `Actor` is a struct; between turns it is postcard bytes. Messages are JSON (`wire.rs`), refs travel in the table.
use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::marker::PhantomData;
use peerd_caps::caretaker;
use peerd_otp::{Server, supervisor};
use peerd_vat::{Answer, Behaviour, CallId, Crash, Cx, Event, Reason, Ref};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub mod wire;

mod root;

pub mod browser;
mod chat;
mod desk;
mod guests;
pub(crate) mod lent;
mod linux;
pub mod provider;
mod sandboxes;
pub(crate) mod shelf;
pub mod web;
mod works;

#[cfg(test)]
mod tests;

pub(crate) trait Actor: Serialize + DeserializeOwned + Send + Sync + 'static {
    const NAME: &'static str;

    fn init(args: &[u8], cx: &mut Cx<'_>) -> Result<Self, Crash>;

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash>;

    fn terminate(&mut self, reason: &Reason, cx: &mut Cx<'_>) {
        let _ = (reason, cx);
    }
}

/// An actor as OTP's server.
struct Of<A>(PhantomData<A>);

impl<A: Actor> Server for Of<A> {
    const NAME: &'static str = A::NAME;
    type State = A;

    fn init(args: &[u8], _refs: &[Ref], cx: &mut Cx<'_>) -> Result<A, Crash> {
        A::init(args, cx)
    }

    fn handle(state: &mut A, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        state.turn(event, cx)
    }

    fn terminate(state: &mut A, reason: &Reason, cx: &mut Cx<'_>) {
        state.terminate(reason, cx);
    }
}

/// Every behaviour the agent's tree needs, the supervisor's included: the table a host gives its vat.
#[must_use]
pub fn behaviours() -> Vec<Box<dyn Behaviour>> {
    let mut all = Vec::from([
        supervisor::behaviour(),
        caretaker::behaviour(),
        entry::<root::Root>(),
        entry::<desk::Desk>(),
        entry::<chat::Chat>(),
        entry::<provider::Provider>(),
        entry::<browser::Browser>(),
        entry::<web::Web>(),
        entry::<shelf::Shelf>(),
        entry::<linux::Linux>(),
        entry::<linux::Line>(),
        entry::<guests::Actors>(),
        entry::<sandboxes::Sandboxes>(),
        entry::<sandboxes::Compute>(),
        entry::<sandboxes::Compiler>(),
        entry::<sandboxes::Frame>(),
        entry::<works::Works>(),
        entry::<works::Notebook>(),
        entry::<works::App>(),
        peerd_egress::broker::behaviour(),
    ]);
    all.extend(peerd_gateway::behaviours());
    all
}

fn entry<A: Actor>() -> Box<dyn Behaviour> {
    peerd_otp::behaviour::<Of<A>>()
}

/// A message's body, or a crash that says what did not fit: our own actors talk to each other, so it is a fault.
pub(crate) fn body<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Crash> {
    serde_json::from_slice(bytes).map_err(|error| Crash::new("decode", format!("message: {error}")))
}

/// The ref of a child that a supervisor was asked to start, also of one that runs already.
pub(crate) fn started(answer: &Answer<'_>) -> Result<Ref, String> {
    let told = supervisor::Answer::decode(answer.body).ok_or("the supervisor's answer can't be read")?;
    match (told, answer.refs.first()) {
        (supervisor::Answer::Started | supervisor::Answer::Error(supervisor::Failure::AlreadyStarted), Some(child)) => Ok(*child),
        (told, _) => Err(format!("{told:?}")),
    }
}

pub(crate) fn json_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_else(|error| error.to_string().into_bytes())
}

pub(crate) fn send_json<T: Serialize>(cx: &mut Cx<'_>, to: Ref, value: &T) {
    cx.send(to, &json_bytes(value));
}

pub(crate) fn send_json_with<T: Serialize>(cx: &mut Cx<'_>, to: Ref, value: &T, refs: &[Ref]) {
    cx.send_with(to, &json_bytes(value), refs);
}

pub(crate) fn call_json<T: Serialize>(cx: &mut Cx<'_>, to: Ref, value: &T, refs: &[Ref], ms: u64) -> CallId {
    cx.call(to, &json_bytes(value), refs, ms)
}

pub(crate) fn reply_json<T: Serialize>(cx: &mut Cx<'_>, to: Ref, value: &T) {
    cx.reply(to, &json_bytes(value), &[]);
}
