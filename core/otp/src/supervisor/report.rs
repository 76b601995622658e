//! A supervisor's words for people (semantics 12.9).
use super::{Restart, children::Child};
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

pub(super) fn progress(child: &Child, cx: &mut Cx<'_>) {
    say("progress", format!("{} runs", child.spec.id), cx);
}

pub(super) fn start_error(child: &Child, reason: &Reason, cx: &mut Cx<'_>) {
    say("start_error", format!("{}: {reason}", child.spec.id), cx);
}

/// A child's exit of its own accord: every one of a permanent child, of others only the abnormal ones.
pub(super) fn terminated(child: &Child, reason: &Reason, cx: &mut Cx<'_>) {
    if child.spec.restart == Restart::Permanent || !reason.is_orderly() {
        say("child_terminated", format!("{}: {reason}", child.spec.id), cx);
    }
}

/// The exit of a child that was told to go, unless it did as it was told.
pub(super) fn stopped(child: &Child, asked: &Reason, reason: &Reason, cx: &mut Cx<'_>) {
    let orderly = reason.is_orderly() && child.spec.restart != Restart::Permanent;
    if reason != asked && !orderly {
        say("shutdown_error", format!("{}: {reason}", child.spec.id), cx);
    }
}

pub(super) fn gave_up(child: &Child, intensity: u32, period_ms: u64, cx: &mut Cx<'_>) {
    say("reached_max_restart_intensity", format!("{}: more than {intensity} in {period_ms} ms", child.spec.id), cx);
}

pub(super) fn stray(count: u32, cx: &mut Cx<'_>) {
    say("unexpected_message", format!("dropped, {count} so far"), cx);
}
