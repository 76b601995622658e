//! What the other process has acknowledged, kept outside of it, and what is found against it.
use crate::history::{Waiting, waiting};
use peerd_journal::{Image, Position};
use std::fmt;

#[derive(Default)]
pub struct Ledger {
    /// Where the acknowledged messages stand that may still wait.
    known: Waiting,
    newest: u64,
    sums: Sums,
}

#[derive(Clone, Copy, Default)]
pub struct Sums {
    kills: u64,
    acknowledged: u64,
    beyond: u64,
}

impl fmt::Display for Sums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sums { kills, acknowledged, beyond } = self;
        write!(f, "{kills} kills, {acknowledged} messages acknowledged, {beyond} recovered beyond the acknowledged")
    }
}

impl Ledger {
    pub const fn killed(&mut self) {
        self.sums.kills += 1;
    }

    /// A line of the child.
    ///
    /// # Errors
    /// When it acknowledges what can't follow.
    pub fn acknowledge(&mut self, line: &str) -> Result<(), String> {
        let numbers = line.split_once(' ').and_then(|(n, position)| Some((n.parse().ok()?, position.parse().ok()?)));
        let (n, position) = numbers.ok_or_else(|| format!("the child says `{line}`"))?;
        if n != self.newest + 1 {
            return Err(format!("message {n} is acknowledged after {}", self.newest));
        }
        self.newest = n;
        self.known.insert(n, Position(position));
        self.sums.acknowledged += 1;
        Ok(())
    }

    /// # Errors
    /// When something acknowledged is not there, or is elsewhere, or what is there is no prefix of what was written. What is there
    /// beyond is history from now on.
    pub fn judge(&mut self, image: &Image) -> Result<(), String> {
        let (newest, found) = waiting(image)?;
        if newest < self.newest {
            return Err(format!("{} messages were acknowledged, {newest} are there", self.newest));
        }
        for (n, position) in &found {
            if let Some(known) = self.known.get(n)
                && known != position
            {
                return Err(format!("message {n} was acknowledged at {known:?} and stands at {position:?}"));
            }
        }
        self.sums.beyond += newest - self.newest;
        (self.newest, self.known) = (newest, found);
        Ok(())
    }

    pub const fn sums(&self) -> Sums {
        self.sums
    }
}
