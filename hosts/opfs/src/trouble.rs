//! What can go wrong between a journal and the browser, in words for a person.
use crate::web;
use peerd_journal::{Refusal, Refused, Unchained, Why};
use peerd_vat::{Crash, NotRestored};
use std::fmt;
use wasm_bindgen::JsValue;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Another tab or Worker has taken the vat.
    Fenced,
    /// The origin may not store more.
    NoRoom,
    /// A file is held by somebody who does not share it.
    Held(String),
    /// A file or a handle is gone.
    Gone(String),
    /// What lies there may not be opened. Nothing was touched.
    Refused(Refusal),
    /// A durable actor can't come back: its behaviour is not in the table, or has another version. Nothing was written.
    Actors(Crash),
    /// There is nothing to copy.
    Nothing,
    /// What should be restored is no copy of such a vat, or not whole.
    NoCopy,
    /// What should be gone back to is not kept any more, or the actor is gone.
    NoPlace,
    /// The actor stays as it is.
    NotRestored(NotRestored),
    /// Whoever wanted it is not there any more.
    Over,
    /// The writer takes no more.
    Stopped(Refused),
    /// Fewer bytes were written than there are.
    Short,
    /// The browser's own words.
    Browser(String),
}

impl Trouble {
    /// What the browser threw while doing something to `what`.
    pub(crate) fn of(what: &str, error: &JsValue) -> Trouble {
        let text = |key: &str| js_sys::Reflect::get(error, &key.into()).ok().and_then(|value| value.as_string());
        match text("name").as_deref() {
            Some("QuotaExceededError") => Trouble::NoRoom,
            Some("NoModificationAllowedError") => Trouble::Held(what.into()),
            Some("NotFoundError" | "InvalidStateError") => Trouble::Gone(what.into()),
            name => {
                let message = text("message").or_else(|| error.as_string()).unwrap_or_default();
                Trouble::Browser(format!("{what}: {} {message}", name.unwrap_or("error")))
            }
        }
    }
}

impl From<Refusal> for Trouble {
    fn from(why: Refusal) -> Trouble {
        Trouble::Refused(why)
    }
}

impl From<Refused> for Trouble {
    fn from(why: Refused) -> Trouble {
        if why == Refused::Fenced { Trouble::Fenced } else { Trouble::Stopped(why) }
    }
}

impl From<Trouble> for JsValue {
    fn from(trouble: Trouble) -> JsValue {
        web::Error::new(&trouble.to_string()).into()
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Fenced => write!(f, "fenced: another tab or Worker has taken this vat; nothing more is written or said here"),
            Trouble::NoRoom => write!(f, "no room: the browser does not let this site store more"),
            Trouble::Held(what) => write!(f, "held: {what} is open elsewhere, in a way that shares it with nobody"),
            Trouble::Gone(what) => write!(f, "gone: {what} is not there any more"),
            Trouble::Refused(why) => refusal(*why, f),
            Trouble::Actors(why) => write!(f, "an actor can't come back: {why}"),
            Trouble::Nothing => write!(f, "nothing is kept yet"),
            Trouble::NoCopy => write!(f, "this file is no copy that peerd made, or it is damaged"),
            Trouble::NoPlace => write!(f, "so much of the past is not kept any more"),
            Trouble::NotRestored(NotRestored::Code) => write!(f, "what it was then was written by another version of peerd"),
            Trouble::NotRestored(why) => write!(f, "it stays as it is: {why:?}"),
            Trouble::Over => write!(f, "over: the vat has ended"),
            Trouble::Stopped(Refused::Full) => write!(f, "full: what has gathered must be flushed first"),
            Trouble::Stopped(Refused::TooLarge) => write!(f, "too large: one record is over the limit"),
            Trouble::Stopped(Refused::Broken) => write!(f, "broken: an earlier write or flush failed; open the journal again"),
            Trouble::Stopped(Refused::Busy) => write!(f, "busy: something is being flushed"),
            Trouble::Stopped(Refused::Fenced) => Trouble::Fenced.fmt(f),
            Trouble::Short => write!(f, "short: the browser wrote a part only"),
            Trouble::Browser(words) => write!(f, "the browser refused: {words}"),
        }
    }
}

fn refusal(why: Refusal, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match why {
        Refusal::Files(Unchained::Lost) => {
            write!(f, "lost: there was a journal here, and the browser has deleted it")
        }
        Refusal::Files(Unchained::Foreign(file)) => write!(f, "foreign: {} belongs to another journal", file.name()),
        Refusal::Files(Unchained::Version(file, version)) => write!(f, "newer: {} is written in version {version}", file.name()),
        Refusal::Files(Unchained::Damaged(file)) => write!(f, "damaged: {} was acknowledged and can't be read", file.name()),
        Refusal::Damaged { file, at, why } => write!(f, "damaged: {} is not good from byte {at} on ({})", file.name(), damage(why)),
        Refusal::NoStart(file) => {
            write!(f, "damaged: history begins after {}, which is gone, and no good snapshot stands there", file.name())
        }
        Refusal::Inconsistent { file, position, why } => {
            write!(f, "inconsistent: record {} in {} can't follow: {}", position.0, file.name(), why.0)
        }
        Refusal::Codec { file, codec: 0 } => write!(f, "open: {} is not sealed, and a key was given", file.name()),
        Refusal::Codec { file, codec } => write!(f, "sealed: {} needs a key, for codec {codec}", file.name()),
        Refusal::Sealed { file, .. } => write!(f, "sealed: {} is under another key, and stays as it is", file.name()),
    }
}

fn damage(why: Why) -> &'static str {
    match why {
        Why::Short => "it ends too early",
        Why::Torn => "no group begins there",
        Why::Checksum => "a record's sum is wrong",
        Why::Link => "it does not follow from what is before it",
        Why::Order { .. } => "a group is missing or there twice",
        Why::Foreign { .. } => "a group of another file",
        Why::Malformed => "a record without meaning",
        Why::Sealed => "its key is another",
        Why::Late => "it was written too late",
    }
}
