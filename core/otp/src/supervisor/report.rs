//! A supervisor's words for people (semantics 12.9): `offender: reason`, in one line. Whose they are, the report says itself.
use super::{ChildSpec, Restart, Rung};
use alloc::{format, string::String};
use peerd_vat::{Cx, Reason};

/// Limit: characters of one report; a reason may quote what an actor was sent.
const CHARS_MAX: usize = 400;

pub(super) fn brief(text: String) -> String {
    match text.char_indices().nth(CHARS_MAX) {
        None => text,
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}

fn say(kind: &str, text: String, cx: &mut Cx<'_>) {
    cx.report(kind, brief(text));
}

pub(super) fn progress(name: &str, cx: &mut Cx<'_>) {
    say("progress", format!("{name} runs"), cx);
}

pub(super) fn start_error(name: &str, reason: &Reason, cx: &mut Cx<'_>) {
    say("start_error", format!("{name}: {reason}"), cx);
}

/// A child's exit of its own accord: every one of a permanent child, of others only the abnormal ones.
pub(super) fn terminated(spec: &ChildSpec, reason: &Reason, cx: &mut Cx<'_>) {
    if spec.restart == Restart::Permanent || !reason.is_orderly() {
        say("child_terminated", format!("{}: {reason}", spec.id), cx);
    }
}

/// The exit of a child that was told to go, unless it did as it was told.
pub(super) fn stopped(spec: &ChildSpec, asked: &Reason, reason: &Reason, cx: &mut Cx<'_>) {
    if is_odd_stop(spec, asked, reason) {
        say("shutdown_error", format!("{}: {reason}", spec.id), cx);
    }
}

pub(super) fn is_odd_stop(spec: &ChildSpec, asked: &Reason, reason: &Reason) -> bool {
    let orderly = reason.is_orderly() && spec.restart != Restart::Permanent;
    reason != asked && !orderly
}

/// One line for all that ended so.
pub(super) fn crowd_stopped(name: &str, reason: &str, count: u32, cx: &mut Cx<'_>) {
    say("shutdown_error", format!("{count} of {name}: {reason}"), cx);
}

pub(super) fn gave_up(name: &str, intensity: u32, period_ms: u64, cx: &mut Cx<'_>) {
    say("reached_max_restart_intensity", format!("{name}: more than {intensity} in {period_ms} ms"), cx);
}

/// What was done about a fault, where it is not the ordinary restart.
pub(super) fn rung(name: &str, rung: Rung, reason: &Reason, cx: &mut Cx<'_>) {
    let word = match rung {
        Rung::Restart => return,
        Rung::Resume => "resumed",
        Rung::Replace => "replaced",
        Rung::Stop => "stopped",
        Rung::Park => "parked",
        Rung::Escalate => "escalated",
    };
    say(word, format!("{name}: {reason}"), cx);
}

pub(super) fn undecided(name: &str, cx: &mut Cx<'_>) {
    say("undecided", format!("{name}: the spec decides"), cx);
}

pub(super) fn stray(count: u32, cx: &mut Cx<'_>) {
    say("unexpected_message", format!("dropped, {count} so far"), cx);
}
