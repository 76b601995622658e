//! A record of a durable actor as a person or a program reads it: what it handled, what it was afterwards, what it sent.
use crate::{Reason, journal_label};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use peerd_journal::{Bookmark, Change, Deed, Durable, Identity, Position, Record, Rung};

/// A record of an actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The place after it: to go back to.
    pub bookmark: Bookmark,
    /// As the journal calls it.
    pub actor: u64,
    pub label: String,
    pub behaviour: String,
    pub life: u32,
    /// Milliseconds, as the turn had them. None: it was no turn.
    pub time: Option<u64>,
    pub what: What,
    /// What it handled, or failed on.
    pub handled: Option<Letter>,
    /// Its state afterwards.
    pub state: Vec<u8>,
    /// What of its map has changed: none is what was taken out.
    pub map: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// Messages to durable actors, in order.
    pub sent: Vec<Letter>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Born,
    Turn,
    /// A message for it was kept before it was handled.
    Admitted,
    /// A turn was dropped.
    Failed(String),
    /// Its life ended.
    Ended(String),
    /// It went back to this place.
    Restored(Position),
    Upgraded,
    Forgotten,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The actor at the other end; 0 is none that the journal knows.
    pub peer: u64,
    pub body: Vec<u8>,
}

impl Told {
    /// As the journal of this identity has it.
    #[must_use]
    pub fn of(identity: Identity, deed: &Deed<'_>) -> Told {
        let durable = deed.is.or(deed.was);
        let (mut map, mut sent, mut is_born) = (Vec::new(), Vec::new(), false);
        let changes = match deed.past.record {
            Record::Commit(commit) => Some(commit.changes),
            Record::Restore { changes, .. } => Some(changes),
            _ => None,
        };
        let was_emptied = match &deed.past.record {
            Record::Restore { .. } => true,
            Record::Fault(fault) => fault.rung == Rung::Replace,
            _ => false,
        };
        let emptied = || deed.was.iter().flat_map(|was| was.map.keys()).map(|key| (key.clone(), None));
        if was_emptied {
            map.extend(emptied());
        }
        for change in changes.iter().flat_map(|changes| changes.iter()) {
            match change {
                Change::Put { key, value } => map.push((key.into(), Some(value.into()))),
                Change::Delete { key } => map.push((key.into(), None)),
                Change::Clear => map.extend(emptied()),
                Change::Sent(message) => sent.push(Letter { peer: message.to.0, body: message.body.into() }),
                Change::Born { actor, .. } => is_born |= actor == deed.actor,
                _ => {}
            }
        }
        let reason = |bytes: &[u8]| postcard::from_bytes::<Reason>(bytes).map_or_else(|_| String::new(), |reason| reason.to_string());
        let (time, what) = match deed.past.record {
            Record::Commit(commit) => (Some(commit.now), if is_born { What::Born } else { What::Turn }),
            Record::Fault(fault) => (None, What::Failed(reason(fault.reason))),
            Record::End { reason: why, .. } => (None, What::Ended(reason(why))),
            Record::Restore { to, .. } => (None, What::Restored(to)),
            Record::Upgrade { .. } => (None, What::Upgraded),
            Record::Forget { .. } => (None, What::Forgotten),
            _ => (None, What::Admitted),
        };
        let of = |read: fn(&Durable) -> String| durable.map(read).unwrap_or_default();
        Told {
            bookmark: Bookmark { identity, position: deed.past.position },
            actor: deed.actor.0,
            label: of(|durable| journal_label(&durable.options).unwrap_or_default()),
            behaviour: of(|durable| durable.behaviour.clone()),
            life: durable.map_or(0, |durable| durable.life),
            time,
            what,
            handled: deed.handled.map(|message| Letter { peer: message.from.0, body: message.body.into() }),
            state: deed.is.map(|is| is.state.clone()).unwrap_or_default(),
            map,
            sent,
        }
    }
}
