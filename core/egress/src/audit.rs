//! The log of all that was asked for, and what came of it. It forgets the oldest, and says how many; what was refused sooner, so that whoever
//! asks in vain without end can't make it forget what was sent.
use crate::Refusal;
use alloc::{collections::VecDeque, string::String};
use serde::{Deserialize, Serialize};

/// Limit: characters of an address in an entry. Longer ones are cut.
pub const ADDRESS_MAX: usize = 512;
/// Limit: of a full log one entry in so many may be of what was refused: those beyond go first.
const REFUSED_PART: usize = 4;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Numbered from 1, in the order they came.
    pub number: u64,
    /// Milliseconds since the Unix epoch.
    pub at: u64,
    /// Whoever asked, as people know it.
    pub who: String,
    pub method: String,
    /// In full up to `ADDRESS_MAX` characters: this log never leaves its owner's browser.
    pub url: String,
    /// 0: as it was asked. Else which redirect of it.
    pub hop: u32,
    pub verdict: Verdict,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// It may have left; what came of it is not known yet.
    Sent,
    /// Nothing left for this hop.
    Refused(Refusal),
    /// Bytes of the bodies.
    Answered { status: u16, sent: u64, received: u64 },
    /// It led elsewhere: that is the next entry of the same request.
    Redirected { status: u16 },
    /// The answer was cut off for this.
    Cut(Refusal),
    /// The network's or the browser's words, or why nobody waits any more.
    Failed(String),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    entries: VecDeque<Entry>,
    entries_max: usize,
    last: u64,
}

impl Audit {
    #[must_use]
    pub fn new(entries_max: usize) -> Audit {
        Audit { entries: VecDeque::new(), entries_max, last: 0 }
    }

    /// The number of the new entry.
    pub fn note(&mut self, at: u64, who: &str, method: &str, url: &str, hop: u32, verdict: Verdict) -> u64 {
        if self.entries.len() >= self.entries_max {
            let is_refused = |verdict: &Verdict| matches!(verdict, Verdict::Refused(_));
            let refused = self.entries.iter().map(|entry| &entry.verdict).chain([&verdict]).filter(|verdict| is_refused(verdict)).count();
            let oldest = self.entries.iter().position(|entry| refused <= self.entries_max / REFUSED_PART || is_refused(&entry.verdict));
            self.entries.remove(oldest.unwrap_or(0));
        }
        self.last += 1;
        let (method, url) = (method.chars().take(16).collect(), url.chars().take(ADDRESS_MAX).collect());
        self.entries.push_back(Entry { number: self.last, at, who: who.into(), method, url, hop, verdict });
        self.last
    }

    /// What came of it. Of an entry that is forgotten already nothing is kept.
    pub fn settle(&mut self, number: u64, verdict: Verdict) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.number == number) {
            entry.verdict = verdict;
        }
    }

    /// The oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        self.entries.iter()
    }

    /// How many were asked in all, those that are forgotten among them.
    #[must_use]
    pub const fn asked(&self) -> u64 {
        self.last
    }
}
