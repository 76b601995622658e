//! Messages as people read them: in transcripts, among dead letters, in crash reports.
use crate::{
    Last, MessageKind, Reason, Settle, System,
    entry::{Entry, Marks},
};
use alloc::{borrow::Cow, format, string::String};

/// What the transcript shows.
pub(crate) fn told(entry: Entry<'_>) -> Cow<'_, [u8]> {
    match entry.kind() {
        MessageKind::Init | MessageKind::User => entry.body().into(),
        MessageKind::Reply => failure(entry).map_or_else(|| entry.body().into(), |settle| shown(&format!("{settle}"))),
        MessageKind::Down | MessageKind::Exit => {
            let reason: Reason = postcard::from_bytes(entry.body()).expect("written by the kernel");
            shown(&format!("{reason}"))
        }
        MessageKind::Timer => entry.about().map_or_else(Cow::default, |about| shown(&format!("{}", about.word))),
        MessageKind::Suspend | MessageKind::Resume | MessageKind::System => asked(entry),
        MessageKind::Upgrade | MessageKind::Passivate | MessageKind::Activate => asked(entry),
    }
}

fn asked(entry: Entry<'_>) -> Cow<'static, [u8]> {
    let what: System<'_> = postcard::from_bytes(entry.body()).expect("written by the kernel");
    shown(&format!("{what}"))
}

fn shown(text: &str) -> Cow<'static, [u8]> {
    Cow::Owned(text.into())
}

/// For the report of an end that this message led to.
pub(crate) fn last_event(entry: Entry<'_>) -> Last {
    let is_call = entry.kind() == MessageKind::User && entry.about().is_some();
    Last { event: in_few_words(entry).into(), caller: entry.from().actor_id().filter(|_| is_call), ..Last::default() }
}

/// What the last turn handled, without its content.
fn in_few_words(entry: Entry<'_>) -> String {
    let length = entry.body().len();
    match entry.kind() {
        MessageKind::Init => "init".into(),
        MessageKind::User if entry.about().is_some() => format!("a call of {length} bytes"),
        MessageKind::User => format!("a message of {length} bytes"),
        MessageKind::Reply => format!("a reply of {length} bytes"),
        MessageKind::Down => "a down".into(),
        MessageKind::Exit => "an exit".into(),
        MessageKind::Timer => format!("timer {}", entry.about().map_or(0, |about| about.word)),
        MessageKind::Suspend | MessageKind::Resume | MessageKind::System => "a system message".into(),
        MessageKind::Upgrade | MessageKind::Passivate | MessageKind::Activate => "a system message".into(),
    }
}

/// How a call failed, if this is the reply that says so.
pub(crate) fn failure(entry: Entry<'_>) -> Option<Settle> {
    let failed = entry.marks().has(Marks::FAILED);
    failed.then(|| postcard::from_bytes(entry.body()).expect("written by the kernel"))
}
