//! What must hold between vats: order, deaths, calls, nothing from a vat after its own down, and nothing lost while nothing is cut.
use peerd_vat::VatId;
use std::collections::{BTreeMap, BTreeSet};

pub const CHECKERS: [&str; 5] = ["far-order", "far-deaths", "far-calls", "far-last", "far-loss"];

const ORDER: usize = 0;
const DEATHS: usize = 1;
const CALLS: usize = 2;
const LAST: usize = 3;
const LOSS: usize = 4;

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
    /// A word never.
    Unheard,
}

impl Lie {
    pub const ALL: [Lie; 6] = [Lie::Repeat, Lie::DownAgain, Lie::SettledAgain, Lie::FromTheLost, Lie::NoDown, Lie::Unheard];

    /// Whose business it is.
    #[cfg(test)]
    pub const fn checker(self) -> &'static str {
        CHECKERS[match self {
            Lie::Repeat => ORDER,
            Lie::DownAgain | Lie::NoDown => DEATHS,
            Lie::SettledAgain => CALLS,
            Lie::FromTheLost => LAST,
            Lie::Unheard => LOSS,
        }]
    }
}

/// What a talker said to the book: `me` did or heard this.
#[derive(Clone, Copy)]
pub(crate) struct Word<'a> {
    pub me: &'a str,
    pub verb: &'a str,
    pub whom: &'a str,
    pub number: u64,
    /// The reason of a down; how something is said, if it is no plain word.
    pub more: &'a str,
}

/// How something is said that its receiver may not tell of: an exit, which may end it or be from somebody it does not know.
pub(crate) const UNSURE: &str = "exit";

/// How calls settle whose question may have gone nowhere: it outlived its deadline before it could leave, or was for its own sender.
const UNSENT: [&str; 2] = ["timeout", "calling_self"];

type Watch = (String, u64);
/// By receiver, sender and number.
type Said = (String, String, u64);

#[derive(Default)]
pub(crate) struct Checks {
    pub counts: [u64; CHECKERS.len()],
    pub lie: Option<Lie>,
    /// No connection ends: everything that is said to one who lives on is heard.
    pub lossless: bool,
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
    /// Calls that are not settled, and of each what was said with it.
    calls: BTreeMap<Watch, Said>,
    /// Said and not heard yet.
    under_way: BTreeSet<Said>,
    /// Names are not used again.
    ended: BTreeSet<String>,
}

/// The vat of a talker or of a vat, by its name: `2.1.7` is the seventh talker, in vat 2 in its first epoch.
fn home(name: &str) -> &str {
    name.trim_start_matches('v').split('.').next().unwrap_or_default()
}

/// Its vat's book, as a receiver of words.
pub(crate) fn book_of(name: &str) -> String {
    format!("{}.book", home(name))
}

/// The number of the first connection of any two vats.
const FIRST: u64 = 1;

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
                self.said.insert((whom.clone(), word.me.into(), u64::MAX), FIRST);
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
                if self.lie == Some(Lie::Unheard) && self.under_way.contains(&(me.into(), whom.into(), number)) {
                    self.lie = None;
                    return Ok(());
                }
                self.under_way.remove(&(me.into(), whom.into(), number));
                let last = self.heard.entry((me.into(), whom.into())).or_default();
                if number <= *last {
                    return Err(format!("far-order: {me} heard {number} from {whom} after {last}"));
                }
                *last = number;
                self.counts[LAST] += 1;
                let said = self.said.get(&(whom.into(), me.into(), number)).copied().unwrap_or_default();
                for lost in [whom.to_owned(), format!("v{}", home(whom))] {
                    if is_own(said) && self.closed.get(&(me.into(), lost.clone())).is_some_and(|closed| said <= *closed) {
                        return Err(format!("far-last: {me} heard {number} from {whom} after it was told that {lost} is gone"));
                    }
                }
            }
            "S" => {
                self.said.insert((me.into(), whom.into(), number), self.connection(me, whom));
                if self.lossless && word.more != UNSURE {
                    self.under_way.insert((whom.into(), me.into(), number));
                }
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
                    return Err(format!("far-deaths: {me} was told again, or never asked, that {whom} is gone"));
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
                self.calls.insert(mark, (whom.into(), me.into(), word.more.parse().unwrap_or_default()));
            }
            "R" => {
                self.counts[CALLS] += 1;
                let Some(asked) = self.calls.remove(&mark) else {
                    return Err(format!("far-calls: a call of {me} settled twice: {number}"));
                };
                if UNSENT.contains(&word.more) {
                    self.under_way.remove(&asked);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A talker ended: whoever watches it must be told, and what it waited for it does not wait for any more. What it still asks
    /// may be called off.
    pub fn ended(&mut self, name: &str) {
        self.doomed.extend(self.watches.iter().filter(|(_, (whom, _))| *whom == name).map(|(mark, _)| mark.clone()));
        let mine = |mark: &Watch| mark.0 == name;
        self.watches.retain(|mark, _| !mine(mark));
        self.doomed.retain(|mark| !mine(mark));
        for (_, asked) in self.calls.extract_if(.., |mark, _| mine(mark)) {
            self.under_way.remove(&asked);
        }
        self.ended.insert(name.into());
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
            return Err(format!("far-deaths: {me} was never told that {whom} is gone"));
        }
        if let Some((me, number)) = self.calls.keys().next() {
            return Err(format!("far-calls: a call of {me} never settled: {number}"));
        }
        self.counts[LOSS] += u64::from(self.lossless);
        match self.under_way.iter().find(|(whom, ..)| !self.ended.contains(whom)) {
            Some((whom, me, number)) => Err(format!("far-loss: {whom} never heard {number} from {me}")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link;

    #[test]
    fn each_lie_trips_its_own_checker() {
        for lie in Lie::ALL {
            for seed in 1..=10 {
                let why = link::lied_to(lie, seed).err().unwrap_or_else(|| "nothing".into());
                assert!(why.starts_with(lie.checker()), "{lie:?}, seed {seed}, gave: {why}");
            }
        }
    }
}
