//! Serves system messages for a library actor, and keeps what they switched on.
use super::{Answer, LOG_MAX, Request, Statistics, Status, request};
use crate::message::{Caller, decode, encode};
use alloc::{collections::VecDeque, format, string::String};
use core::mem;
use peerd_vat::{Crash, Cx, Event};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// What system messages can do something to.
pub trait Subject {
    const NAME: &'static str;
    type State: Serialize + DeserializeOwned;

    fn control(&mut self) -> &mut Control;

    /// None: it has none, its init did not want it.
    fn state(&self) -> Option<&Self::State>;

    fn replace(&mut self, state: Self::State);

    /// For people, redacted.
    fn status(&self) -> Result<String, Crash>;

    /// What it is doing, in a word.
    fn activity(&self) -> String;

    fn code_change(&mut self, from: u32, extra: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash>;
}

/// What system messages switched on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    suspended: bool,
    counted: Option<Statistics>,
    /// At most `logs` of them, the oldest first.
    log: VecDeque<String>,
    logs: u32,
    /// Events still to be reported.
    traces: u32,
}

/// Flipped in the tag at each resume, so that what waited is handed back. An actor's own tags are below.
const SUSPENDED: u32 = 1 << 31;

/// None: it was a system message, or it waits for the end of a suspension.
pub fn intercept<'e, S: Subject>(subject: &mut S, event: Event<'e>, cx: &mut Cx<'_>) -> Option<Event<'e>> {
    if let Some((request, reply)) = request(&event, cx) {
        let answer = request.map_or_else(Some, |request| serve(subject, request, cx));
        if let Some(answer) = answer {
            Caller(reply).answer(&answer, cx);
        }
        return None;
    }
    if subject.control().suspended {
        cx.defer();
        return None;
    }
    subject.control().note(&event, cx);
    Some(event)
}

/// The state as people may see it. What goes wrong in showing it hides nothing else.
pub fn shown<S: Subject>(subject: &S) -> String {
    subject.status().unwrap_or_else(|crash| format!("a state that could not be shown: {crash}"))
}

/// None: the end of the server is the answer.
fn serve<S: Subject>(subject: &mut S, request: Request, cx: &mut Cx<'_>) -> Option<Answer> {
    let control = subject.control();
    Some(match request {
        Request::GetState => subject.state().map_or_else(|| failed("no state"), |state| Answer::State(encode(state))),
        Request::ReplaceState(bytes) => match decode(&bytes) {
            Some(state) => {
                subject.replace(state);
                Answer::Ok
            }
            None => failed("these bytes are no state of this server"),
        },
        Request::Suspend => {
            control.suspended = true;
            Answer::Ok
        }
        Request::Resume => {
            if mem::take(&mut control.suspended) {
                cx.become_tag(cx.tag() ^ SUSPENDED);
            }
            Answer::Ok
        }
        Request::GetStatus => {
            let activity = if control.suspended { "suspended".into() } else { subject.activity() };
            Answer::Status(Status { behaviour: S::NAME.into(), activity, state: shown(subject) })
        }
        Request::Statistics(on) => {
            control.counted = on.then(|| Statistics { since: cx.now(), handled: 0 });
            Answer::Ok
        }
        Request::GetStatistics => control.counted.map_or_else(|| failed("no statistics"), Answer::Counted),
        Request::Log(length) => {
            control.logs = length.min(LOG_MAX);
            control.trim();
            Answer::Ok
        }
        Request::GetLog => Answer::Log(control.log.iter().cloned().collect()),
        Request::Trace(events) => {
            control.traces = events;
            Answer::Ok
        }
        Request::ChangeCode { .. } if !control.suspended => failed("not suspended"),
        Request::ChangeCode { from, extra } => change_code(subject, from, &extra, cx),
        Request::Terminate(reason) => {
            cx.stop(reason);
            return None;
        }
    })
}

fn failed(why: &str) -> Answer {
    Answer::Failed(why.into())
}

fn change_code<S: Subject>(subject: &mut S, from: u32, extra: &[u8], cx: &mut Cx<'_>) -> Answer {
    let before = subject.state().map(encode);
    match subject.code_change(from, extra, cx) {
        Ok(()) => Answer::Ok,
        Err(crash) => {
            // It may have changed half of it.
            if let Some(state) = before.and_then(|bytes| decode(&bytes)) {
                subject.replace(state);
            }
            Answer::Failed(crash.message)
        }
    }
}

impl Control {
    fn note(&mut self, event: &Event<'_>, cx: &mut Cx<'_>) {
        if let Some(counted) = &mut self.counted {
            counted.handled += 1;
        }
        if self.logs > 0 {
            self.log.push_back(format!("{} {}", cx.now().0, in_few_words(event)));
            self.trim();
        }
        if self.traces > 0 {
            self.traces -= 1;
            cx.report("trace", in_few_words(event));
        }
    }

    fn trim(&mut self) {
        while self.log.len() > self.logs as usize {
            self.log.pop_front();
        }
    }
}

/// Without its content: what it says may be secret.
fn in_few_words(event: &Event<'_>) -> String {
    match event {
        Event::User { body, reply: Some(_), .. } => format!("a call of {} bytes", body.len()),
        Event::User { body, reply: None, .. } => format!("a message of {} bytes", body.len()),
        Event::Reply { result: Ok(answer), .. } => format!("a reply of {} bytes", answer.body.len()),
        Event::Reply { result: Err(settle), .. } => format!("a reply: {settle}"),
        Event::Down { reason, .. } => format!("a down: {reason}"),
        Event::Exit { reason, .. } => format!("an exit: {reason}"),
        Event::Timer { key } => format!("timer {key}"),
    }
}
