//! One-shot refs: who waits for an answer, who could give it, until when.
use crate::{PortId, Time, pool::Pool, refs::Key};
use alloc::collections::BTreeMap;

/// A reply address. It stays until its settlement was handled by the minter, so that a cancelled or second answer is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shot {
    pub minter: Key,
    /// The minter's relation to it, once committed.
    pub minted: Option<Key>,
    pub deadline: Time,
    /// The call that the minter was handling when it made this one, `Key::NONE` if it was none.
    pub parent: Key,
    /// Who got it last, `Key::NONE` for the host. The only one who can answer while there is one copy.
    pub holder: Key,
    /// Its entry among the timers, when it has a deadline.
    pub due: Option<Key>,
    /// Messages that carry it and actors that hold it. The host counts for ever, it can't forget. At zero nobody can answer.
    pub copies: u32,
    /// The port it went out through, as a call.
    pub port: Option<PortId>,
    /// A settlement is in the minter's mailbox.
    pub settled: bool,
    /// The turn whose new state was last found to contain it.
    pub seen: u64,
}

impl Shot {
    pub const fn new(minter: Key, deadline: Time, parent: Key) -> Shot {
        Shot { minter, minted: None, deadline, parent, holder: Key::NONE, due: None, copies: 0, port: None, settled: false, seen: 0 }
    }
}

#[derive(Default)]
pub(crate) struct Shots {
    shots: Pool<Shot>,
    /// Answer addresses of watches.
    bound: BTreeMap<Key, Key>,
}

impl Shots {
    pub fn reserve(&mut self, shot: Shot) -> Key {
        self.shots.insert(shot)
    }

    /// Those that an earlier life of the vat left, and the generations of this one.
    pub fn restore(&mut self, shots: impl IntoIterator<Item = (Key, Shot)>, generations: (u32, u32)) {
        self.shots.restore(shots, generations);
    }

    pub fn bind(&mut self, key: Key, watch: Key) {
        self.bound.insert(key, watch);
    }

    /// The watch that this is an answer address of.
    pub fn unbind(&mut self, key: Key) -> Option<Key> {
        if self.bound.is_empty() { None } else { self.bound.remove(&key) }
    }

    pub fn release(&mut self, key: Key) -> Option<Shot> {
        self.unbind(key);
        self.shots.remove(key)
    }

    pub fn get(&self, key: Key) -> Option<&Shot> {
        self.shots.get(key)
    }

    pub fn get_mut(&mut self, key: Key) -> Option<&mut Shot> {
        self.shots.get_mut(key)
    }

    /// The shot, if an answer would still count.
    pub fn open(&mut self, key: Key) -> Option<&mut Shot> {
        self.get_mut(key).filter(|shot| !shot.settled)
    }

    pub fn live(&self) -> usize {
        self.shots.live()
    }
}
