//! A supervisor's words for people (semantics 12.9): `offender: reason`, in one line. Whose they are, the report says itself.
use super::{ChildSpec, Restart, Rung};
use alloc::{format, string::String, sync::Arc};
use peerd_vat::{Cx, Reason, Words};

/// Limit: characters of a reason within another text; it may quote what an actor was sent.
const CHARS_MAX: usize = 400;

pub(super) fn brief(text: String) -> String {
    match text.char_indices().nth(CHARS_MAX) {
        None => text,
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}

fn ended(kind: &'static str, name: &Arc<str>, reason: Reason, cx: &mut Cx<'_>) {
    cx.report(kind, Words::Ended { who: name.clone(), reason });
}

pub(super) fn progress(name: &Arc<str>, cx: &mut Cx<'_>) {
    cx.report("progress", Words::Does { who: name.clone(), what: "runs" });
}

pub(super) fn start_error(name: &Arc<str>, reason: &Reason, cx: &mut Cx<'_>) {
    ended("start_error", name, reason.clone(), cx);
}

/// A child's exit of its own accord: every one of a permanent child, of others only the abnormal ones.
pub(super) fn terminated(name: &Arc<str>, restart: Restart, reason: Reason, cx: &mut Cx<'_>) {
    if restart == Restart::Permanent || !reason.is_orderly() {
        ended("child_terminated", name, reason, cx);
    }
}

/// The exit of a child that was told to go, unless it did as it was told.
pub(super) fn stopped(name: &Arc<str>, spec: &ChildSpec, asked: &Reason, reason: &Reason, cx: &mut Cx<'_>) {
    if is_odd_stop(spec, asked, reason) {
        ended("shutdown_error", name, reason.clone(), cx);
    }
}

pub(super) fn is_odd_stop(spec: &ChildSpec, asked: &Reason, reason: &Reason) -> bool {
    let orderly = reason.is_orderly() && spec.restart != Restart::Permanent;
    reason != asked && !orderly
}

/// One line for all that ended so.
pub(super) fn crowd_stopped(name: &str, reason: &str, count: u32, cx: &mut Cx<'_>) {
    cx.report("shutdown_error", brief(format!("{count} of {name}: {reason}")));
}

pub(super) fn gave_up(name: &str, intensity: u32, period_ms: u64, cx: &mut Cx<'_>) {
    cx.report("reached_max_restart_intensity", brief(format!("{name}: more than {intensity} in {period_ms} ms")));
}

/// What was done about a fault, where it is not the ordinary restart.
pub(super) fn rung(name: &Arc<str>, rung: Rung, reason: &Reason, cx: &mut Cx<'_>) {
    let word = match rung {
        Rung::Restart => return,
        Rung::Resume => "resumed",
        Rung::Replace => "replaced",
        Rung::Stop => "stopped",
        Rung::Park => "parked",
        Rung::Escalate => "escalated",
    };
    ended(word, name, reason.clone(), cx);
}

pub(super) fn undecided(name: &str, cx: &mut Cx<'_>) {
    cx.report("undecided", format!("{name}: the spec decides"));
}

pub(super) fn stray(count: u32, cx: &mut Cx<'_>) {
    cx.report("unexpected_message", format!("dropped, {count} so far"));
}
