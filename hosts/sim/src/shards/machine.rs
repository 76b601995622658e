//! One machine: its clock, its host of shards, and a vat for each lease that it holds.
use super::clock::Clock;
use peerd_journal::File;
use peerd_mesh::{Epoch, Host, Lease, Parcel, Router, Shard};
use peerd_vat::{Time, Vat};
use std::collections::{BTreeMap, VecDeque};

/// What comes to a machine.
pub(crate) enum Event {
    Wake,
    Answer(peerd_mesh::Answer),
    Nudge,
    /// The time that an opening takes is over.
    Open(Lease),
    Landed(Lease),
    /// It was to be given up, and can't be.
    NotSealed(Lease),
    LinkUp {
        to: Lease,
        from: Lease,
    },
    Link {
        to: Lease,
        from: Lease,
        bytes: Vec<u8>,
    },
    LinkDown {
        to: Lease,
        from: Lease,
    },
    Parcel(Parcel<Request>),
    Thaw {
        slept_ms: Option<u64>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub number: u64,
    pub key: String,
    pub pays: bool,
}

pub(crate) struct Running {
    pub epoch: Epoch,
    pub vat: Vat,
    /// Written and not flushed, if something is: the file, and where it ended before.
    pub flight: Option<(File, usize)>,
    /// It takes nothing more, and is to be sealed when nothing runs.
    pub seals: bool,
    /// It is: when that is on the disk, it ends.
    pub is_sealed: bool,
    /// Vats of other shards with a connection, in which epoch.
    pub links: BTreeMap<Shard, Epoch>,
}

pub(crate) struct Machine {
    pub clock: Clock,
    pub host: Host,
    pub router: Router<Request>,
    pub vats: BTreeMap<Shard, Running>,
    pub is_alive: bool,
    /// It was told to leave.
    pub leaves: bool,
    pub is_frozen: bool,
    /// Came while it was frozen.
    pub held_back: VecDeque<Event>,
    /// The true time of the wake that is under way.
    pub wakes: u64,
}

impl Machine {
    pub fn new(clock: Clock, host: Host) -> Machine {
        Machine {
            clock,
            host,
            router: Router::default(),
            vats: BTreeMap::new(),
            is_alive: true,
            leaves: false,
            is_frozen: false,
            held_back: VecDeque::new(),
            wakes: u64::MAX,
        }
    }

    pub fn runs(&self, lease: Lease) -> bool {
        self.vats.get(&lease.shard).is_some_and(|running| running.epoch == lease.epoch)
    }

    /// By its own clock.
    pub fn wake_at(&self) -> Time {
        let vats = self.vats.values().filter_map(|running| running.vat.wake_at());
        vats.chain(self.router.wake_at()).chain([self.host.wake_at()]).min().expect("the host has a time")
    }
}
