//! One logical call of a model from first try to last byte: tries, time limits, cancellation. It never does, it says.
use super::{Event, Failure, HttpRequest, Reply, Request};
use crate::view::Provider;
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// Time as the vat and as the wall know it; the second only to read dates in `retry-after`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Monotonic.
    pub ms: u64,
    /// Since the Unix epoch; 0 when unknown.
    pub wall_ms: u64,
}

/// How long each part may take. The owner may set `idle_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// To the response's head.
    pub connect_ms: u64,
    /// The same for loopback and LAN servers, which may load a model first.
    pub connect_local_ms: u64,
    /// From the head to the first content.
    pub first_ms: u64,
    /// Between two pieces afterwards.
    pub idle_ms: u64,
    pub tries_max: u32,
    /// A server that asks for more patience than this is given up on.
    pub wait_max_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { connect_ms: 45_000, connect_local_ms: 120_000, first_ms: 120_000, idle_ms: 60_000, tries_max: 3, wait_max_ms: 120_000 }
    }
}

/// What the host or a timer tells; events of an older `fetch` are ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    Head {
        fetch: u64,
        status: u16,
        headers: Vec<(String, String)>,
    },
    Chunk {
        fetch: u64,
        bytes: Vec<u8>,
    },
    End {
        fetch: u64,
    },
    /// The connection failed or broke; "locked" means the vault is.
    Error {
        fetch: u64,
        text: String,
    },
    Timer,
    Cancel,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// The same bytes on every try.
    Fetch {
        fetch: u64,
        request: HttpRequest,
    },
    Abort {
        fetch: u64,
    },
    /// Wake this exchange then. It has one timer: a new one replaces it; a needless one does no harm.
    Timer {
        after_ms: u64,
    },
    Emit(Event),
    /// The last action, exactly once.
    Done(Result<Reply, Failure>),
}

/// The state between two inputs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exchange {}

impl Exchange {
    /// Encodes the request and asks for the first fetch. Fetches are numbered `fetch`, `fetch + 1`, .. (at most `tries_max`).
    /// `seed` is any random number: it spreads the waits.
    pub fn start(now: Now, request: &Request, provider: &Provider, limits: Limits, fetch: u64, seed: u64, out: &mut Vec<Action>) -> Self {
        let _ = (now, request, provider, limits, fetch, seed, out);
        Exchange {}
    }

    pub fn handle(&mut self, now: Now, input: Input, out: &mut Vec<Action>) {
        let _ = (now, input, out);
    }
}
