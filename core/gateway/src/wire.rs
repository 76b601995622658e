//! What a gateway is made of, and what it and its host say to each other, as postcard.
use alloc::{string::String, vec::Vec};
use peerd_captp::{Auth, Flavour, Framing, Location, Netlayer, Policy};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// 32 bytes that nobody else knows, and others each time: the vat's own randomness is for play, not for keys.
    pub seed: [u8; 32],
    /// In the order of the numbers that the host calls them by.
    pub layers: Vec<Layer>,
}

/// One way to reach others and be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Layer {
    /// The two ends of a channel whose other end somebody was given: a port, a pipe. Nobody dials.
    Channel,
    /// One binary message for each operation; `url` where others find us, if they can. `key`: 32 secret bytes that our designator is made of.
    WebSocket { key: [u8; 32], url: Option<String> },
}

impl Layer {
    pub(crate) fn netlayer(&self) -> Netlayer {
        match self {
            Layer::Channel => Netlayer {
                location: Location::new("message-port", UNREACHABLE, &[]),
                policy: Policy::Proven,
                framing: Framing::Length,
                auth: Auth::None,
                flavour: Flavour::Peerd,
            },
            Layer::WebSocket { key, url } => {
                let auth = Auth::WebSocket { seed: *key };
                let location = match (url, auth.designator()) {
                    (Some(url), Some(designator)) => Location::new("websocket", &designator, &[("url", url)]),
                    _ => Location::new("websocket", UNREACHABLE, &[]),
                };
                Netlayer { location, policy: Policy::Proven, framing: Framing::Message, auth, flavour: Flavour::Unknown }
            }
        }
    }
}

/// The designator of who can't be dialled.
const UNREACHABLE: &str = "unreachable";

/// What a host says, to the face that it was given. `conn`: its own numbers, none used twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromHost {
    Accepted {
        conn: u64,
        layer: u32,
    },
    Dialled {
        conn: u64,
        layer: u32,
        dial: u64,
    },
    NotDialled {
        dial: u64,
    },
    Bytes {
        conn: u64,
        bytes: Vec<u8>,
    },
    /// So many bytes of what was sent have left.
    Written {
        conn: u64,
        bytes: u32,
    },
    Closed {
        conn: u64,
    },
}

/// What a host is told, at its port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToHost {
    /// A gateway has begun, and all that lasts is offered: connections may come. Those that there were are of one that has ended.
    Open,
    Send {
        conn: u64,
        bytes: Vec<u8>,
    },
    Dial {
        dial: u64,
        layer: u32,
        url: Option<String>,
    },
    Close {
        conn: u64,
        why: String,
    },
    /// Read no more from it, or again.
    Pause {
        conn: u64,
    },
    Resume {
        conn: u64,
    },
    /// The session stands, with whoever is there.
    Ready {
        conn: u64,
        location: String,
    },
    Ended {
        conn: u64,
    },
}
