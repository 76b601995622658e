//! The maps of durable actors: their patches go into the record of the turn, and all that was patched comes back.
use crate::{Vat, map::Kept, refs::Key};
use core::mem;
use peerd_journal::Image;

impl Vat {
    /// Moved, so that a long history is in memory once.
    pub(super) fn take_maps(&mut self, image: &mut Image) {
        for (actor, durable) in &mut image.actors {
            let me = Key::of_actor(*actor);
            if self.is_durable(me) {
                self.tables.slots.rare_mut(me).map = Kept::of(mem::take(&mut durable.map));
            }
        }
    }
}
