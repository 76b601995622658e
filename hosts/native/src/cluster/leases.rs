//! The leases of a cluster in a journal of their own: what the store says is flushed before anybody hears of it.
use crate::{Failed, Journal, Store};
use peerd_journal::{Epoch as JournalEpoch, Record, Vat};
use peerd_mesh::{Change, Epoch, HostId, Lease, Shard};

/// Of no shard: the newest number that was given to a host.
const ROLL: u64 = u64::MAX;

pub(crate) struct Leases {
    journal: Journal,
}

impl Leases {
    /// With what was said so far. Nobody else has them open meanwhile.
    pub fn open(store: Store) -> Result<(Leases, Vec<Change>), Failed> {
        let (mut journal, found) = Journal::open(store, Vat(0))?;
        let change = |(shard, lease): (&u64, &peerd_journal::Lease)| {
            let host = HostId(lease.holder.0);
            let held = Lease { shard: Shard(u32::try_from(*shard).ok()?), epoch: Epoch(lease.epoch.0) };
            Some(if lease.is_sealed { Change::Sealed(held, host) } else { Change::Held(held, host) })
        };
        let joined = found.image.leases.get(&ROLL).map(|lease| Change::Joined(HostId(lease.holder.0)));
        let changes = joined.into_iter().chain(found.image.leases.iter().filter_map(change)).collect();
        journal.compact(None)?;
        Ok((Leases { journal }, changes))
    }

    pub fn keep(&mut self, changes: &[Change]) -> Result<(), Failed> {
        for change in changes {
            let (shard, epoch, host, is_sealed) = match *change {
                Change::Joined(host) => (ROLL, u64::from(host.0), host, false),
                Change::Held(lease, host) => (u64::from(lease.shard.0), lease.epoch.0, host, false),
                Change::Sealed(lease, host) => (u64::from(lease.shard.0), lease.epoch.0, host, true),
            };
            self.journal.append(&Record::Lease { shard, epoch: JournalEpoch(epoch), holder: Vat(host.0), is_sealed })?;
        }
        if !changes.is_empty() {
            self.journal.commit()?;
        }
        Ok(())
    }
}
