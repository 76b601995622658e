//! What an actor has beside its header and its lists, as bytes.
use crate::{Durability, Reason, durable::Lasting, faults::Faults, map::Kept, slots::Rare};
use alloc::{boxed::Box, vec::Vec};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(crate) struct Stored<'a> {
    pub label: &'a str,
    /// Under which its owner keeps it.
    pub kept_as: &'a str,
    owner_life: u32,
    memory_max: u32,
    last_exit: Option<Reason>,
    faults: Option<Faults>,
    /// With its owner.
    pub is_linked: bool,
    pub turns: u32,
    pub tag: u32,
    #[serde(borrow)]
    lasting: StoredLasting<'a>,
    pub state: &'a [u8],
    map: Vec<(&'a [u8], &'a [u8])>,
}

/// `Lasting`, as far as one that may leave has it.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredLasting<'a> {
    pub durability: Durability,
    pub behaviour: u16,
    pub turn: u64,
    pub tag: u32,
    pub options: &'a [u8],
    pub is_over: bool,
}

impl<'a> Stored<'a> {
    /// None: it is no durable actor.
    pub fn of(rare: &'a Rare, state: &'a [u8], is_linked: bool, turns: u32, tag: u32) -> Option<Stored<'a>> {
        Some(Stored {
            label: &rare.label,
            kept_as: &rare.kept_as,
            owner_life: rare.owner_life,
            memory_max: rare.memory_max,
            last_exit: rare.last_exit.clone(),
            faults: rare.faults.as_ref().map(|faults| faults.settled()),
            is_linked,
            turns,
            tag,
            lasting: rare.lasting.as_ref()?.stored(),
            state,
            map: rare.map.as_ref().map(|map| map.entries().collect()).unwrap_or_default(),
        })
    }

    pub fn encode(&self, to: &mut Vec<u8>) {
        *to = postcard::to_extend(self, core::mem::take(to)).expect("plain data encodes");
    }

    pub fn decode(bytes: &'a [u8]) -> Option<Stored<'a>> {
        postcard::from_bytes(bytes).ok()
    }

    pub fn restore(self, rare: &mut Rare) {
        rare.label = self.label.into();
        rare.kept_as = self.kept_as.into();
        (rare.owner_life, rare.memory_max, rare.last_exit) = (self.owner_life, self.memory_max, self.last_exit);
        rare.faults = self.faults.map(Box::new);
        rare.lasting = Some(Box::new(Lasting::of(&self.lasting)));
        rare.map = Kept::of(self.map.iter().map(|(key, value)| (Vec::from(*key), Vec::from(*value))).collect());
    }
}
