//! Facts as sentences for readers; the transcript's line stands beside each.
use crate::tree::{Node, Tree};
use peerd_sim::{FAULT, LOST, Transcript};
use peerd_vat::{ActorId, DeadClass, Fact, MessageKind, What};
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Virtual milliseconds.
    pub at: u64,
    pub text: String,
    /// The transcript's line; empty where it says nothing of its own.
    pub line: String,
    pub who: Vec<ActorId>,
    pub tone: Tone,
    pub level: Level,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    Plain,
    /// A start, a restart.
    Good,
    /// An order to go, a wait, a refusal.
    Warn,
    /// A death, a crash, giving up.
    Bad,
}

/// How much somebody wants to know who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Story,
    Detail,
    /// What the world needs to be a world: hellos, announcements.
    Machinery,
}

use Level::{Detail, Machinery, Story};
use Tone::{Bad, Good, Plain, Warn};

/// The tree is as it was before the fact, or as it is after; names are the same.
pub fn of(fact: &Fact, tree: &Tree, transcript: &mut Transcript) -> Option<Sentence> {
    let line = transcript.line(fact).unwrap_or_default();
    let me = tree.name(fact.actor);
    let (text, other, tone, level) = match &fact.what {
        What::Spawned { child, incarnation: 1, .. } => (format!("{me} starts {}.", tree.name(Some(*child))), Some(*child), Good, Story),
        What::Spawned { child, incarnation, note, .. } => {
            let why = if note.is_empty() { String::new() } else { format!(" ({note})") };
            (format!("{me} restarts {}{why}: life {incarnation} begins.", tree.name(Some(*child))), Some(*child), Good, Story)
        }
        What::Sent { to, kind: MessageKind::Exit, text } => {
            let who = tree.name(to.actor_id());
            let text = match (fact.actor, text.as_slice()) {
                (None, b"kill") => format!("You kill {who}."),
                (None, _) => format!("You send {who} an exit signal: {}.", said(text)),
                (Some(_), b"kill") => format!("{me} kills {who}."),
                (Some(_), _) => format!("{me} tells {who} to stop: {}.", said(text)),
            };
            (text, to.actor_id(), Warn, Story)
        }
        What::Received { from, kind, text, .. } => (received(&me, fact.actor, *from, *kind, text, tree)?).with(*from),
        What::Closed if !is_supervisor(fact.actor, tree) => {
            (format!("{me} waits for an answer and handles nothing else."), None, Warn, Story)
        }
        What::Aborted { reason } => (format!("{me}: {reason}. The turn is dropped whole."), None, Bad, Story),
        What::Held => (format!("{me} is held until it is decided what becomes of it."), None, Warn, Story),
        // A turn that was dropped has said it.
        What::Ended { .. } if line.is_empty() => return None,
        What::Ended { reason, .. } => (format!("{me} ends: {reason}."), None, if reason.is_orderly() { Warn } else { Bad }, Story),
        What::Dead { class: DeadClass::Crashed, .. } => return None,
        What::Dead { class, to, kind, .. } => {
            let level = if *kind == MessageKind::User { Detail } else { Machinery };
            (format!("A message to {} will not be handled: {}.", tree.name(to.actor_id()), class.name()), to.actor_id(), Warn, level)
        }
        What::Note { kind, text } => noted(&me, kind, text),
        What::Sent { .. } | What::Committed | What::Closed => {
            if line.is_empty() {
                return None;
            }
            (raw(&line), None, Plain, Machinery)
        }
    };
    let who = [fact.actor, other].into_iter().flatten().collect();
    Some(Sentence { at: fact.time.0, text, line, who, tone, level })
}

struct Heard(String, Tone, Level);

impl Heard {
    fn with(self, from: Option<ActorId>) -> (String, Option<ActorId>, Tone, Level) {
        (self.0, from, self.1, self.2)
    }
}

fn received(me: &str, to: Option<ActorId>, from: Option<ActorId>, kind: MessageKind, text: &[u8], tree: &Tree) -> Option<Heard> {
    let other = tree.name(from);
    let is_child = from.and_then(|from| tree.find(from)).is_some_and(|node| node.parent == to);
    let is_parent = to.and_then(|to| tree.find(to)).is_some_and(|node| node.parent == from && from.is_some());
    Some(match kind {
        MessageKind::User if from.is_none() && !is_supervisor(to, tree) && is_text(text) => {
            let level = if text.starts_with(b"note") { Detail } else { Story };
            Heard(format!("{me} handles “{}”.", said(text)), Plain, level)
        }
        MessageKind::User => Heard(format!("{me} handles a message of {other}."), Plain, Machinery),
        MessageKind::Exit if is_parent => Heard(format!("{me} hears that it is to go."), Warn, Detail),
        MessageKind::Exit => Heard(format!("{me} hears the exit of {other}: {}.", said(text)), Warn, Story),
        MessageKind::Down if is_child => Heard(format!("{me} sees that {other} has ended: {}.", said(text)), Warn, Detail),
        MessageKind::Down => Heard(format!("{me}, who watches {other}, hears of its end: {}.", said(text)), Warn, Story),
        MessageKind::Reply => Heard(format!("{me} has an answer."), Plain, Machinery),
        MessageKind::Timer => Heard(format!("A timer of {me} rings."), Plain, Detail),
        MessageKind::Alarm => Heard(format!("An alarm of {me} rings."), Plain, Detail),
        MessageKind::Init => return None,
        MessageKind::Recovered => Heard(format!("{me} goes on from its last commit."), Plain, Story),
        MessageKind::Suspend | MessageKind::Resume | MessageKind::System => Heard(format!("{me}: {}.", kind.name()), Plain, Detail),
        MessageKind::Upgrade | MessageKind::Passivate | MessageKind::Activate => Heard(format!("{me}: {}.", kind.name()), Plain, Detail),
    })
}

fn noted(me: &str, kind: &str, text: &str) -> (String, Option<ActorId>, Tone, Level) {
    let (name, why) = text.split_once(": ").unwrap_or((text, ""));
    let (text, tone, level) = match kind {
        "reached_max_restart_intensity" => (format!("{me} gives up: one fault of {name} too many, {why}."), Bad, Story),
        "child_terminated" => (format!("{me} counts a fault of {name}: {why}."), Warn, Detail),
        "shutdown_error" => (format!("{me} notes that {name} did not stop as it was told: {why}."), Warn, Story),
        "start_error" => (format!("{me} could not start {name}: {why}."), Bad, Story),
        "progress" => (format!("{me} reports that {text}."), Plain, Detail),
        "resumed" => (format!("{me} lets {name} go on with the state it had before."), Good, Story),
        "parked" => (format!("{me} parks {name}: down, its queue kept."), Warn, Story),
        "stopped" => (format!("{me} leaves {name} down."), Warn, Story),
        "escalated" => (format!("{me} gives up over {name} and passes it on."), Bad, Story),
        "undecided" => (format!("{me} got no answer it may follow about {name}: {why}."), Warn, Story),
        FAULT => (format!("Fault: {text}."), Warn, Story),
        LOST => (format!("The worker is lost with everybody in it; {text}."), Bad, Story),
        "watching" => (format!("{me} watches another."), Plain, Detail),
        _ => (format!("{me} notes {kind}: {text}."), Plain, Detail),
    };
    (text, None, tone, level)
}

fn is_supervisor(who: Option<ActorId>, tree: &Tree) -> bool {
    who.and_then(|who| tree.find(who)).is_some_and(Node::is_supervisor)
}

fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(|c| !c.is_control()))
}

/// Limit: characters of one message in a sentence.
const CHARS_MAX: usize = 60;

fn said(bytes: &[u8]) -> String {
    if !is_text(bytes) {
        return format!("{} bytes", bytes.len());
    }
    let text = String::from_utf8_lossy(bytes);
    match text.char_indices().nth(CHARS_MAX) {
        None => text.into_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}

/// `0.000 a1     > root announce w1` without its time.
fn raw(line: &str) -> String {
    line.split_once(' ').map_or("", |(_, rest)| rest).split_whitespace().collect::<Vec<_>>().join(" ")
}
