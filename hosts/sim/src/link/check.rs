//! What must hold between vats: order, deaths, calls, and nothing from a vat after its own down.
use peerd_vat::VatId;
use std::collections::{BTreeMap, BTreeSet};

pub const CHECKERS: [&str; 4] = ["far-order", "far-deaths", "far-calls", "far-last"];

const ORDER: usize = 0;
const DEATHS: usize = 1;
const CALLS: usize = 2;
const LAST: usize = 3;

/// What a checker is told instead of what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// A word twice.
    Repeat,
    /// A down twice.
    DownAgain,
    /// A settlement twice.
    SettledAgain,
    /// A word from the lost.
    FromTheLost,
    /// A down never.
    NoDown,
}

/// What a talker said to the book: `me` did or heard this.
#[derive(Clone, Copy)]
pub(crate) struct Word<'a> {
    pub me: &'a str,
    pub verb: &'a str,
    pub whom: &'a str,
    pub number: u64,
    /// The reason of a down.
    pub more: &'a str,
}

type Watch = (String, u64);

#[derive(Default)]
pub(crate) struct Checks {
    pub counts: [u64; CHECKERS.len()],
    pub lie: Option<Lie>,
    /// By receiver and sender: the last number heard.
    heard: BTreeMap<(String, String), u64>,
    /// In which connection each word was said, by sender, receiver and number. What is said while there is none goes through a
    /// third vat, if at all; of that the order is checked, and that every end is told.
    said: BTreeMap<(String, String, u64), u64>,
    /// Of each pair of vats: connections so far, odd while there is one.
    connections: BTreeMap<(String, String), u64>,
    /// Watches that stand: whom they are of, and the connection at the time.
    watches: BTreeMap<Watch, (String, u64)>,
    /// Those of them that must end: their target, or its vat, was lost.
    doomed: BTreeSet<Watch>,
    /// Who was told that somebody ended, or that a vat is lost: nothing more may come from there that was said up to this
    /// connection.
    closed: BTreeMap<(String, String), u64>,
    calls: BTreeSet<Watch>,
}

/// The vat of a talker or of a vat, by its name: `2.1.7` is the seventh talker, in vat 2 in its first epoch.
fn home(name: &str) -> &str {
    name.trim_start_matches('v').split('.').next().unwrap_or_default()
}

/// A number of a connection, and not of a time without one.
const fn is_own(connection: u64) -> bool {
    connection % 2 == 1
}

fn pair(one: &str, other: &str) -> (String, String) {
    (one.min(other).into(), one.max(other).into())
}

impl Checks {
    pub fn word(&mut self, word: Word<'_>) -> Result<(), String> {
        self.take(word)?;
        let again = match (self.lie, word.verb) {
            (Some(Lie::Repeat), "G") | (Some(Lie::DownAgain), "D") | (Some(Lie::SettledAgain), "R") => word,
            (Some(Lie::FromTheLost), "D") if word.whom.starts_with('v') => {
                let whom = self.heard.keys().find(|(me, from)| me == word.me && home(from) == home(word.whom)).map(|key| key.1.clone());
                let Some(whom) = whom else { return Ok(()) };
                self.lie = None;
                return self.take(Word { verb: "G", whom: &whom, number: u64::MAX, ..word });
            }
            _ => return Ok(()),
        };
        self.lie = None;
        self.take(again)
    }

    fn take(&mut self, word: Word<'_>) -> Result<(), String> {
        let Word { me, whom, number, .. } = word;
        let mark = (me.to_owned(), number);
        match word.verb {
            "G" => {
                self.counts[ORDER] += 1;
                let last = self.heard.entry((me.into(), whom.into())).or_default();
                if number <= *last {
                    return Err(format!("I2: {me} heard {number} from {whom} after {last}"));
                }
                *last = number;
                self.counts[LAST] += 1;
                let said = self.said.get(&(whom.into(), me.into(), number)).copied().unwrap_or_default();
                for lost in [whom.to_owned(), format!("v{}", home(whom))] {
                    if is_own(said) && self.closed.get(&(me.into(), lost.clone())).is_some_and(|closed| said <= *closed) {
                        return Err(format!("I9: {me} heard {number} from {whom} after it was told that {lost} is gone"));
                    }
                }
            }
            "S" => {
                self.said.insert((me.into(), whom.into(), number), self.connection(me, whom));
            }
            "W" => {
                self.watches.insert(mark, (whom.into(), self.connection(me, whom)));
            }
            "U" => {
                self.watches.remove(&mark);
                self.doomed.remove(&mark);
            }
            "D" => {
                self.counts[DEATHS] += 1;
                if self.lie == Some(Lie::NoDown) && self.doomed.contains(&mark) {
                    self.lie = None;
                    return Ok(());
                }
                self.doomed.remove(&mark);
                let Some((_, watched)) = self.watches.remove(&mark) else {
                    return Err(format!("I9: {me} was told again, or never asked, that {whom} is gone"));
                };
                let closed = self.closed.entry((me.into(), whom.into())).or_default();
                *closed = (*closed).max(match word.more {
                    "noconnection" if is_own(watched) => watched,
                    "noconnection" => 0,
                    // Maybe only its ref is dead: a vat that was to hear of it was lost.
                    "noproc" => 0,
                    _ => u64::MAX,
                });
            }
            "C" => {
                self.calls.insert(mark);
            }
            "R" => {
                self.counts[CALLS] += 1;
                if !self.calls.remove(&mark) {
                    return Err(format!("a call of {me} settled twice: {number}"));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A talker ended: whoever watches it must be told, and what it waited for it does not wait for any more.
    pub fn ended(&mut self, name: &str) {
        self.doomed.extend(self.watches.iter().filter(|(_, (whom, _))| *whom == name).map(|(mark, _)| mark.clone()));
        let mine = |mark: &Watch| mark.0 == name;
        self.watches.retain(|mark, _| !mine(mark));
        self.doomed.retain(|mark| !mine(mark));
        self.calls.retain(|mark| !mine(mark));
    }

    fn connection(&self, one: &str, other: &str) -> u64 {
        let pair = pair(home(one), home(other));
        if pair.0 == pair.1 { 1 } else { self.connections.get(&pair).copied().unwrap_or_default() }
    }

    /// Those of one who watch something of the other must be told.
    pub fn disconnected(&mut self, one: VatId, other: VatId) {
        self.next_connection(one, other);
        for (mine, theirs) in [(one, other), (other, one)] {
            let (mine, theirs) = (mine.0.to_string(), theirs.0.to_string());
            let bound = self.watches.iter().filter(|(mark, (whom, _))| home(&mark.0) == mine && home(whom) == theirs);
            self.doomed.extend(bound.map(|(mark, _)| mark.clone()));
        }
    }

    pub fn connected(&mut self, one: VatId, other: VatId) {
        self.next_connection(one, other);
    }

    fn next_connection(&mut self, one: VatId, other: VatId) {
        *self.connections.entry(pair(&one.0.to_string(), &other.0.to_string())).or_default() += 1;
    }

    /// Everything that was under way has arrived.
    pub fn quiet(&mut self) -> Result<(), String> {
        self.counts[DEATHS] += 1;
        self.counts[CALLS] += 1;
        if let Some((me, number)) = self.doomed.first() {
            let (whom, _) = &self.watches[&(me.clone(), *number)];
            return Err(format!("I9: {me} was never told that {whom} is gone"));
        }
        self.calls.first().map_or(Ok(()), |(me, number)| Err(format!("a call of {me} never settled: {number}")))
    }
}
