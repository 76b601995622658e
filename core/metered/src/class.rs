//! A class of guests: what a host says of it when it joins a vat.
use alloc::{boxed::Box, format, vec::Vec};
use core::cell::Cell;
use peerd_vat::{Crash, Ref};

const FUEL: u64 = 50_000;

/// A module, and what its actors may do.
#[derive(Clone, Debug)]
pub struct Class {
    pub name: &'static str,
    /// Counted by the host: of two modules of one name the later one has the greater.
    pub version: u32,
    /// Of the module with all that makes it behave as it does. With the name it says which code a state is of.
    pub hash: [u8; 32],
    /// Of a turn before it counts as slow. 50,000 are about 5 µs of compiled code.
    pub fuel: u64,
    /// The port for slow turns (see `slow`). None: one that is slow is killed.
    pub slow: Option<Ref>,
    /// The behaviours that its actors may spawn besides their own.
    pub spawns: Vec<Box<str>>,
    /// What its own code calls it, where a host knows it by a longer name.
    pub alias: Option<Box<str>>,
    quota: Quota,
    children: Children,
}

/// Whom the actors of a class spawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Children {
    /// They end when they like.
    Free,
    /// See `Class::holds_children`.
    Held,
}

/// How many actors those of a class may spawn, in one turn and in all: no limit unless a host sets one.
#[derive(Clone, Debug)]
struct Quota {
    turn_max: u32,
    max: u32,
    used: Cell<u32>,
}

impl Class {
    #[must_use]
    pub fn new(name: &'static str, version: u32, hash: [u8; 32]) -> Class {
        Class {
            name,
            version,
            hash,
            fuel: FUEL,
            slow: None,
            spawns: Vec::new(),
            alias: None,
            quota: Quota { turn_max: u32::MAX, max: u32::MAX, used: Cell::new(0) },
            children: Children::Free,
        }
    }

    #[must_use]
    pub fn slow(self, port: Ref) -> Class {
        Class { slow: Some(port), ..self }
    }

    #[must_use]
    pub fn fuel(self, fuel: u64) -> Class {
        Class { fuel, ..self }
    }

    #[must_use]
    pub fn spawning(mut self, name: &str) -> Class {
        self.spawns.push(name.into());
        self
    }

    #[must_use]
    pub fn alias(self, alias: &str) -> Class {
        Class { alias: Some(alias.into()), ..self }
    }

    /// In one turn, and in all for as long as the host keeps this class. One more is a crash, `spawn`.
    #[must_use]
    pub fn spawns_max(self, turn_max: u32, max: u32) -> Class {
        Class { quota: Quota { turn_max, max, used: Cell::new(0) }, ..self }
    }

    /// Whoever ends one of its actors ends whom it spawned, too: they are linked, neither side can undo that, and one that traps exits
    /// is over when its parent is. What it stops with as `normal`, which ends nobody else, is `shutdown`. A durable one is spawned by
    /// a durable one and kept under a label: else it would be in the journal with nobody who can name it.
    #[must_use]
    pub fn holds_children(self) -> Class {
        Class { children: Children::Held, ..self }
    }

    pub(crate) fn holds(&self) -> bool {
        self.children == Children::Held
    }

    /// The behaviour behind a name that a guest gave.
    pub(crate) fn find_spawn<'a>(&self, name: &'a str) -> Option<&'a str> {
        if name == self.name || self.alias.as_deref() == Some(name) {
            return Some(self.name);
        }
        self.spawns.iter().any(|known| **known == *name).then_some(name)
    }

    /// One more in a turn that has spawned so many. The error says which limit it is.
    pub(crate) fn count_spawn(&self, in_turn: usize) -> Result<(), Crash> {
        let Quota { turn_max, max, used } = &self.quota;
        if in_turn >= *turn_max as usize {
            return Err(Crash::new("spawn", format!("actors of {} may spawn {turn_max} in one turn", self.name)));
        }
        if used.get() >= *max {
            return Err(Crash::new("spawn", format!("actors of {} have spawned {max}, as many as they may", self.name)));
        }
        used.set(used.get().saturating_add(1));
        Ok(())
    }

    /// What is only looked at uses none of it up.
    pub(crate) fn uncounted<T>(&self, look: impl FnOnce() -> T) -> T {
        let used = self.quota.used.get();
        let seen = look();
        self.quota.used.set(used);
        seen
    }
}
