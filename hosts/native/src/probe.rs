//! A port for tests, in the words of `peerd`'s probe.
use crate::{Handle, Port};
use peerd::{Addr, Message};
use peerd_vat::CALL_MS;

/// Takes messages of type `M` for a test to look at.
pub struct Probe<M> {
    pub(crate) port: Port<M>,
    pub(crate) handle: Handle,
}

impl<M: Message> Probe<M> {
    #[must_use]
    pub fn addr(&self) -> Addr<M> {
        self.port.addr()
    }

    /// The oldest message that was not taken yet, of those that come of what was sent so far.
    pub fn take(&self) -> Option<M> {
        self.handle.rest_within(CALL_MS);
        self.port.take_within(0)
    }

    /// Waits for it, for at most 5 s.
    ///
    /// # Panics
    /// When none comes.
    pub fn expect_msg(&self) -> M {
        self.port.take_within(CALL_MS).expect("a message should have come")
    }

    /// # Panics
    /// When there is one, of those that come of what was sent so far.
    pub fn expect_no_msg(&self) {
        assert!(self.take().is_none(), "a message came");
    }
}
