//! The port for turns that are longer than their budget: what the host is asked, and what it answers. A turn's inputs and outputs are
//! bytes, so it may run anywhere, suspended as often as the host likes, and nobody sees that it did.
use crate::{Engine, Input, Outcome, Product};
use alloc::{borrow::Cow, vec::Vec};
use serde::{Deserialize, Serialize};

/// The body of a call. The host runs this turn from its start, in slices, below everything that is not slow; past its hard cap the
/// outcome is `Exhausted`. `Output::Dropped` says that nobody waits for it any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request<'a> {
    /// Of the class, as it was added.
    pub name: Cow<'a, str>,
    pub version: u32,
    #[serde(borrow)]
    pub state: Cow<'a, [u8]>,
    #[serde(borrow)]
    pub message: Cow<'a, [u8]>,
}

/// The body of its answer. What is no such body is the host's fault, and the turn is asked for again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer<'a> {
    /// What ran it: an actor that was upgraded meanwhile begins the turn again.
    pub version: u32,
    pub outcome: Outcome,
    pub fuel: u64,
    #[serde(borrow)]
    pub state: Cow<'a, [u8]>,
    #[serde(borrow)]
    pub outbox: Cow<'a, [u8]>,
}

impl<'a> Request<'a> {
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("plain data encodes")
    }

    /// None: these bytes are none.
    #[must_use]
    pub fn decode(bytes: &'a [u8]) -> Option<Request<'a>> {
        postcard::from_bytes(bytes).ok()
    }

    /// Runs it in one go, for a host that can't suspend, or need not.
    pub fn run(&self, engine: &mut dyn Engine, fuel_max: u64) -> Answer<'static> {
        let mut product = Product::default();
        let outcome = engine.turn(&Input { state: &self.state, message: &self.message, fuel: fuel_max }, &mut product);
        Answer::of(self.version, outcome, product)
    }
}

impl<'a> Answer<'a> {
    #[must_use]
    pub fn of(version: u32, outcome: Outcome, product: Product) -> Answer<'static> {
        Answer { version, outcome, fuel: product.fuel, state: Cow::Owned(product.state), outbox: Cow::Owned(product.outbox) }
    }

    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("plain data encodes")
    }

    /// None: these bytes are none.
    #[must_use]
    pub fn decode(bytes: &'a [u8]) -> Option<Answer<'a>> {
        postcard::from_bytes(bytes).ok()
    }
}
