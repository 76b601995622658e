//! One-shot refs: who waits for an answer, who should give it, until when.
use crate::{PortId, Time, pool::Pool, refs::Key};

/// A reply address. It stays until its settlement was handled by the minter, so that a cancelled or second answer is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shot {
    pub minter: Key,
    /// The minter's relation to it, once committed.
    pub minted: Option<Key>,
    pub holder: Holder,
    pub deadline: Time,
    /// A settlement is in the minter's mailbox.
    pub settled: bool,
}

/// Who should answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// On its way in a message.
    InFlight,
    /// An actor took it in a turn; `node` is in its list of held ones.
    Actor {
        slot: Key,
        node: Key,
    },
    Host {
        port: PortId,
    },
}

impl Shot {
    pub const fn new(minter: Key, deadline: Time) -> Shot {
        Shot { minter, minted: None, holder: Holder::InFlight, deadline, settled: false }
    }
}

#[derive(Default)]
pub(crate) struct Shots {
    shots: Pool<Shot>,
}

impl Shots {
    pub fn reserve(&mut self, shot: Shot) -> Key {
        self.shots.insert(shot)
    }

    pub fn release(&mut self, key: Key) {
        self.shots.remove(key);
    }

    pub fn get(&self, key: Key) -> Option<&Shot> {
        self.shots.get(key)
    }

    pub fn get_mut(&mut self, key: Key) -> Option<&mut Shot> {
        self.shots.get_mut(key)
    }

    /// The shot, if its answer would still count.
    pub fn open(&self, key: Key) -> Option<&Shot> {
        self.get(key).filter(|shot| !shot.settled)
    }

    pub fn live(&self) -> usize {
        self.shots.live()
    }
}
