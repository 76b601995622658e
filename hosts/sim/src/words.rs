//! What a message says, for people: text as it is, a supervisor's calls by name, anything else by its length.
use crate::cast::{Counsel, Order, Stage};
use peerd_otp::supervisor::{self, Announcement, Answer, ChildState, Failure, Question, Request};

/// Limit: characters of one message in a transcript.
const CHARS_MAX: usize = 80;

/// As text, if it is some.
#[must_use]
pub(crate) fn of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().all(|c| !c.is_control()) => match text.char_indices().nth(CHARS_MAX) {
            None => text.into(),
            Some((at, _)) => format!("{}…", &text[..at]),
        },
        _ => format!("[{} bytes]", bytes.len()),
    }
}

/// A message between actors of these behaviours.
pub(crate) fn message(from: Option<&str>, to: Option<&str>, bytes: &[u8]) -> String {
    let known = match (from, to) {
        (_, Some(supervisor::NAME)) => Request::decode(bytes).map(|request| asked(&request)),
        (_, Some(Counsel::NAME)) => Question::decode(bytes).map(|question| format!("ask about {}", question.fault.child)),
        (Some(supervisor::NAME), _) => Announcement::decode(bytes).map(|word| announced(&word)),
        (None, Some(Stage::NAME)) => Order::decode(bytes).map(|order| ordered(&order)),
        _ => None,
    };
    known.unwrap_or_else(|| of(bytes))
}

fn announced(word: &Announcement) -> String {
    match word.restarts {
        0 => format!("announce {}", word.id),
        restarts => format!("announce {}, restart {restarts}", word.id),
    }
}

fn ordered(order: &Order) -> String {
    match order {
        Order::Call { to, request, .. } => format!("call {to} {}", asked(request)),
        Order::Meet { who, whom } => format!("meet {who} {whom}"),
        Order::Upgrade { who, from, to } => {
            format!("upgrade {who} from version {from} to {}", to.map_or("a dead end".into(), |to| to.to_string()))
        }
        Order::ExitTop(reason) => format!("exit top {reason}"),
        Order::StartTop => "start top".into(),
    }
}

pub(crate) fn asked(request: &Request) -> String {
    match request {
        Request::StartChild(spec) => format!("start_child {}", spec.id),
        Request::TerminateChild(id) => format!("terminate_child {id}"),
        Request::RestartChild(id) => format!("restart_child {id}"),
        Request::DeleteChild(id) => format!("delete_child {id}"),
        Request::GetChildspec(id) => format!("get_childspec {id}"),
        Request::WhichChildren => "which_children".into(),
        Request::CountChildren => "count_children".into(),
        Request::StartDynamic { args, key: None } => format!("start_dynamic {}", of(args)),
        Request::StartDynamic { args, key: Some(key) } => format!("start_dynamic {key} {}", of(args)),
        Request::TerminateRef => "terminate_child by ref".into(),
        Request::GetChildspecOfRef => "get_childspec by ref".into(),
        Request::GetCallback => "get_callback_module".into(),
        Request::GetControl(id) => format!("get_control {id}"),
        Request::Upgrade(_) => "upgrade".into(),
    }
}

/// An answer by an actor of this behaviour.
pub(crate) fn answer(behaviour: Option<&str>, bytes: &[u8]) -> String {
    let answer = if behaviour == Some(supervisor::NAME) { Answer::decode(bytes) } else { None };
    answer.map_or_else(|| of(bytes), |answer| self::outcome(&answer))
}

/// A supervisor's answer, as OTP would write it.
#[must_use]
pub fn outcome(answer: &Answer) -> String {
    match answer {
        Answer::Ok => "ok".into(),
        Answer::Started => "started".into(),
        Answer::StartedWith(info) => format!("started with {}", of(info)),
        Answer::Ignored => "ignored".into(),
        Answer::Children(rows) => rows
            .iter()
            .map(|row| match row.state {
                ChildState::Running => row.id.clone(),
                ChildState::Restarting => format!("{} (restarting)", row.id),
                ChildState::Stopped => format!("{} (stopped)", row.id),
                ChildState::Parked => format!("{} (parked)", row.id),
            })
            .collect::<Vec<_>>()
            .join(", "),
        Answer::Count(count) => format!("[{},{},{},{}]", count.specs, count.active, count.supervisors, count.workers),
        Answer::Spec(spec) => {
            let terms = format!("{} {:?} {:?} {:?}", spec.behaviour, spec.restart, spec.shutdown, spec.kind).to_lowercase();
            format!("{terms}, {} bytes of arguments", spec.args.len())
        }
        Answer::Callback(name) => name.clone(),
        Answer::Error(failure) => match failure {
            Failure::AlreadyStarted => "already_started".into(),
            Failure::AlreadyPresent => "already_present".into(),
            Failure::Running => "running".into(),
            Failure::Restarting => "restarting".into(),
            Failure::NotFound => "not_found".into(),
            Failure::SimpleOneForOne => "simple_one_for_one".into(),
            Failure::NoTemplate => "no_template".into(),
            Failure::StartFailed(reason) => format!("error {reason}"),
            Failure::ChildFailed(reason, spec) => format!("error ({reason}, {})", spec.id),
            Failure::BadSpec(bad) => format!("error {bad}"),
            Failure::BadTree(bad) => format!("error {bad}"),
            Failure::InitFailed(reason) => format!("error {reason}"),
            Failure::Malformed => "malformed".into(),
        },
    }
}
