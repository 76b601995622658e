//! What a turn reads, and what it reserves in: lent to it whole.
use crate::{
    behaviour::Names, durable::Alarms, facets::Facets, keyed::Keyed, mailbox::Messages, objects::Objects, relations::Relations,
    shots::Shots, slab::Slab, slots::Slots, swap::Space, turn::Turn,
};
use alloc::boxed::Box;

#[derive(Default)]
pub(crate) struct Tables {
    /// The one under way.
    pub turn: Turn,
    pub slots: Slots,
    pub relations: Relations,
    pub shots: Shots,
    pub facets: Facets,
    pub objects: Objects,
    pub keyed: Keyed,
    pub states: Slab,
    pub messages: Messages,
    pub names: Names,
    pub alarms: Alarms,
    /// None: everybody stays in memory.
    pub swap: Option<Box<Space>>,
}
