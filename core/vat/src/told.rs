//! Messages as people read them: in transcripts, among dead letters, in crash reports.
use crate::{
    Handled, Last, MessageKind, Reason, Settle, System,
    entry::{Entry, Marks},
};
use alloc::{borrow::Cow, format};

/// What the transcript shows.
pub(crate) fn told(entry: Entry<'_>) -> Cow<'_, [u8]> {
    match entry.kind() {
        MessageKind::Init | MessageKind::Recovered | MessageKind::User => entry.body().into(),
        MessageKind::Reply => failure(entry).map_or_else(|| entry.body().into(), |settle| shown(&format!("{settle}"))),
        MessageKind::Down | MessageKind::Exit => {
            let reason: Reason = postcard::from_bytes(entry.body()).expect("written by the kernel");
            shown(&format!("{reason}"))
        }
        MessageKind::Timer | MessageKind::Alarm => entry.about().map_or_else(Cow::default, |about| shown(&format!("{}", about.word))),
        MessageKind::Suspend | MessageKind::Resume | MessageKind::System => asked(entry.body()),
        MessageKind::Upgrade | MessageKind::Passivate | MessageKind::Activate => asked(entry.body()),
    }
}

/// A system message's body.
pub(crate) fn asked(body: &[u8]) -> Cow<'static, [u8]> {
    let what: System<'_> = postcard::from_bytes(body).expect("written by the kernel");
    shown(&format!("{what}"))
}

fn shown(text: &str) -> Cow<'static, [u8]> {
    Cow::Owned(text.into())
}

/// For the report of an end that this message led to.
pub(crate) fn last_event(entry: Entry<'_>) -> Last {
    let is_call = entry.kind() == MessageKind::User && entry.about().is_some();
    Last { event: in_few_words(entry), caller: entry.from().actor_id().filter(|_| is_call), ..Last::default() }
}

fn in_few_words(entry: Entry<'_>) -> Handled {
    let bytes = entry.body().len() as u32;
    match entry.kind() {
        MessageKind::Init => Handled::As("init"),
        MessageKind::Recovered => Handled::As("its recovery"),
        MessageKind::User if entry.about().is_some() => Handled::Call { bytes },
        MessageKind::User => Handled::Message { bytes },
        MessageKind::Reply => Handled::Reply { bytes },
        MessageKind::Down => Handled::As("a down"),
        MessageKind::Exit => Handled::As("an exit"),
        MessageKind::Alarm => Handled::Alarm { key: entry.about().map_or(0, |about| about.word) },
        MessageKind::Timer => Handled::Timer { key: entry.about().map_or(0, |about| about.word) },
        MessageKind::Suspend | MessageKind::Resume | MessageKind::System => Handled::As("a system message"),
        MessageKind::Upgrade | MessageKind::Passivate | MessageKind::Activate => Handled::As("a system message"),
    }
}

/// How a call failed, if this is the reply that says so.
pub(crate) fn failure(entry: Entry<'_>) -> Option<Settle> {
    let failed = entry.marks().has(Marks::FAILED);
    failed.then(|| postcard::from_bytes(entry.body()).expect("written by the kernel"))
}
