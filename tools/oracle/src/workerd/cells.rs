//! What programs can meet: each operation in each place, each option, each end. An oracle that never met one proves nothing about it.
use super::program::{Act, End, Fate, Kind, Manner, Op, Range, Segment, When};
use crate::summary::Hits;
use std::{collections::BTreeSet, fmt::Display};

/// Where operations happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Message,
    /// A message from another object.
    Told,
    Alarm,
}

const PLACES: [Place; 3] = [Place::Message, Place::Told, Place::Alarm];
const READS: [&str; 4] = ["get", "get many", "list", "get alarm"];
const WRITES: [&str; 6] = ["put", "put many", "delete", "delete many", "set alarm", "delete alarm"];
/// Those that are synchronous.
const AT_ONCE: [&str; 6] = ["get", "list", "put", "delete", "set alarm", "delete alarm"];
const BOUNDS: [&str; 6] = ["start", "after", "end", "prefix", "limit", "reverse"];
const WHENS: [&str; 4] = ["past", "now", "soon", "far"];
const FATES: [Kind; 5] = [
    Kind::Transaction(Fate::Commit),
    Kind::Transaction(Fate::Throw),
    Kind::Transaction(Fate::Rollback),
    Kind::Synchronous(Fate::Commit),
    Kind::Synchronous(Fate::Throw),
];
const ENDS: [End; 3] = [End::Answer, End::Throw, End::Abort];
/// What a segment sees of itself.
pub const OWN_WRITE: &str = "get: its own write";
pub const OWN_DELETE: &str = "get: its own delete";
pub const LISTED_WRITE: &str = "list: its own write";
pub const LISTED_DELETE: &str = "list: without its own delete";
pub const OWN_ALARM: &str = "get alarm: its own";
pub const OWN_UNSET: &str = "get alarm: its own delete";
pub const EMPTY_LIST: &str = "list: nothing";
/// What happens to alarms.
pub const UNSCRIPTED: &str = "alarm: runs after the last handler";
pub const UNSET_WHILE_RUNNING: &str = "alarm: reads none in its own run";
pub const FAILED_TWICE: &str = "alarm: fails twice";
pub const RAN_AGAIN: &str = "alarm: is tried again and succeeds";
pub const RESTART: &str = "restart";
pub const RESTART_WITH_ALARM: &str = "restart: an alarm is set";
pub const RESTART_WHILE_FAILED: &str = "restart: an alarm is to be tried again";
pub const DELETE_WITH_ALARM: &str = "delete all: an alarm was set";
pub const DELETE_NOTHING: &str = "delete all: nothing was there";
const WHILE_FAILED: [&str; 4] = ["read", "write", "set far", "delete alarm"];
const OTHERS: [&str; 17] = [
    OWN_WRITE,
    OWN_DELETE,
    LISTED_WRITE,
    LISTED_DELETE,
    OWN_ALARM,
    OWN_UNSET,
    EMPTY_LIST,
    UNSCRIPTED,
    UNSET_WHILE_RUNNING,
    FAILED_TWICE,
    RAN_AGAIN,
    RESTART,
    RESTART_WITH_ALARM,
    RESTART_WHILE_FAILED,
    "delete all",
    DELETE_WITH_ALARM,
    DELETE_NOTHING,
];

/// All cells, unvisited.
pub fn empty() -> Hits {
    let mut hits = Hits::new();
    let mut add = |cell: String| {
        hits.insert(cell, 0);
    };
    for verb in READS.iter().chain(&WRITES) {
        PLACES.iter().for_each(|place| add(at(verb, place.word())));
        add(at(verb, "transaction"));
    }
    AT_ONCE.iter().for_each(|verb| add(at(verb, "synchronous")));
    PLACES.iter().for_each(|place| add(at("out", place.word())));
    [Place::Message, Place::Told].iter().for_each(|place| add(at("tell", place.word())));
    for verb in WRITES {
        add(how(Manner::Awaited, verb));
        add(how(Manner::Unconfirmed, verb));
    }
    READS.iter().for_each(|verb| add(how(Manner::Concurrent, verb)));
    READS[..3].iter().chain(&WRITES[..4]).for_each(|verb| add(how(Manner::NoCache, verb)));
    for (n, bound) in BOUNDS.iter().enumerate() {
        add(list(&[bound]));
        BOUNDS[n + 1..].iter().filter(|other| (*bound, **other) != ("start", "after")).for_each(|other| add(list(&[bound, other])));
    }
    for kind in FATES {
        ["entries", "alarm"].iter().for_each(|of| add(fate(kind, of)));
    }
    for place in PLACES {
        WHENS.iter().for_each(|when| add(set(when, place)));
        for end in ENDS {
            // An alarm that throws has written nothing.
            let of = if (place, end) == (Place::Alarm, End::Throw) { &["nothing"][..] } else { &["entries", "alarm", "out"] };
            of.iter().for_each(|of| add(ended(end, place, of)));
        }
    }
    [End::Answer, End::Throw, End::Abort].iter().for_each(|end| add(ended(*end, Place::Message, "tell")));
    WHILE_FAILED.iter().for_each(|what| add(while_failed(what)));
    OTHERS.iter().for_each(|cell| add((*cell).to_owned()));
    hits
}

fn at(verb: &str, place: &str) -> String {
    format!("{verb}: in {place}")
}

fn how(manner: Manner, verb: &str) -> String {
    let manner = match manner {
        Manner::Plain => "plain",
        Manner::Awaited => "awaited",
        Manner::Unconfirmed => "allowUnconfirmed",
        Manner::NoCache => "noCache",
        Manner::Concurrent => "allowConcurrency",
    };
    format!("{verb}: {manner}")
}

fn list(bounds: &[&str]) -> String {
    format!("list: finds by {}", bounds.join(" and "))
}

fn fate(kind: Kind, of: &str) -> String {
    let (what, fate) = match kind {
        Kind::Plain => ("no transaction", Fate::Commit),
        Kind::Transaction(fate) => ("transaction", fate),
        Kind::Synchronous(fate) => ("synchronous transaction", fate),
    };
    let fate = match fate {
        Fate::Commit => "commit",
        Fate::Throw => "throw",
        Fate::Rollback => "rollback",
    };
    format!("{what}: {fate} of {of}")
}

fn set(when: &str, place: Place) -> String {
    format!("set alarm: {when} in {}", place.word())
}

fn ended(end: End, place: Place, of: impl Display) -> String {
    format!("{}: {} after {of}", place.word(), end.word())
}

fn while_failed(what: &str) -> String {
    format!("alarm: {what} while it is to be tried again")
}

impl Place {
    const fn word(self) -> &'static str {
        match self {
            Place::Message => "message",
            Place::Told => "told message",
            Place::Alarm => "alarm",
        }
    }
}

/// The name of an operation that may stand in several places.
const fn verb(act: &Act) -> &'static str {
    match act {
        Act::Get(_) => "get",
        Act::GetMany(_) => "get many",
        Act::Put(..) => "put",
        Act::PutMany(_) => "put many",
        Act::Delete(_) => "delete",
        Act::DeleteMany(_) => "delete many",
        Act::List(_) => "list",
        Act::DeleteAll => "delete all",
        Act::SetAlarm(_) => "set alarm",
        Act::GetAlarm => "get alarm",
        Act::DeleteAlarm => "delete alarm",
        Act::Out(_) => "out",
        Act::Tell(..) => "tell",
    }
}

/// What a program met.
#[derive(Default)]
pub struct Met(BTreeSet<String>);

impl Met {
    pub fn add(&mut self, cell: impl Into<String>) {
        self.0.insert(cell.into());
    }

    pub fn count(&self, hits: &mut Hits) {
        for cell in &self.0 {
            *hits.get_mut(cell).unwrap_or_else(|| panic!("{cell} is no cell")) += 1;
        }
    }

    pub fn op(&mut self, op: &Op, place: Place, kind: Kind, has_failed: bool) {
        let verb = verb(&op.act);
        if op.act == Act::DeleteAll {
            return self.add(verb);
        }
        self.add(match kind {
            Kind::Plain => at(verb, place.word()),
            Kind::Transaction(_) => at(verb, "transaction"),
            Kind::Synchronous(_) => at(verb, "synchronous"),
        });
        if op.manner != Manner::Plain {
            self.add(how(op.manner, verb));
        }
        if let Act::SetAlarm(when) = op.act {
            let word = match when {
                When::Past => "past",
                When::Now => "now",
                When::Soon => "soon",
                When::Far(_) => "far",
            };
            self.add(set(word, place));
        }
        if has_failed && place != Place::Alarm {
            match &op.act {
                Act::SetAlarm(When::Far(_)) => self.add(while_failed("set far")),
                Act::DeleteAlarm => self.add(while_failed("delete alarm")),
                act if act.writes() => self.add(while_failed("write")),
                _ => self.add(while_failed("read")),
            }
        }
    }

    pub fn listed(&mut self, range: &Range, found: bool) {
        if !found {
            return self.add(EMPTY_LIST);
        }
        let given = [
            range.start.is_some(),
            range.after.is_some(),
            range.end.is_some(),
            range.prefix.is_some(),
            range.limit.is_some(),
            range.reverse,
        ];
        let given: Vec<&str> = BOUNDS.iter().zip(given).filter(|(_, given)| *given).map(|(bound, _)| *bound).collect();
        for (n, bound) in given.iter().enumerate() {
            self.add(list(&[bound]));
            given[n + 1..].iter().for_each(|other| self.add(list(&[bound, other])));
        }
    }

    /// A segment is over, and with it its handler if `end` is given.
    pub fn segment(&mut self, segment: &Segment, place: Place, end: Option<End>) {
        let is_alarm = |op: &Op| matches!(op.act, Act::SetAlarm(_) | Act::DeleteAlarm);
        let of = |wanted: &dyn Fn(&Op) -> bool| segment.ops.iter().any(wanted);
        let does = [
            ("entries", of(&|op| op.act.writes() && !is_alarm(op) && op.act != Act::DeleteAll)),
            ("alarm", of(&is_alarm)),
            ("out", of(&|op| matches!(op.act, Act::Out(_)))),
            ("tell", of(&|op| matches!(op.act, Act::Tell(..)))),
        ];
        for (what, _) in does.iter().filter(|(_, does)| *does) {
            if segment.kind != Kind::Plain {
                self.add(fate(segment.kind, what));
            } else if let Some(end) = end
                && (*what != "tell" || place == Place::Message)
            {
                self.add(ended(end, place, what));
            }
        }
        if (place, end) == (Place::Alarm, Some(End::Throw)) {
            self.add(ended(End::Throw, place, "nothing"));
        }
    }
}
