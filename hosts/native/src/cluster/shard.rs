//! One shard at work: a vat on a thread of its own, opened under a lease, and given up or dropped with it.
use super::{Kind, gate::Gate};
use crate::{End, Failed, Handle, Store, System, engine::Engine, pending::read_ref, system::shard};
use peerd::Addr;
use peerd_mesh::{Lease, Shard, directory};
use peerd_vat::{Behaviour, Input, NotSealed, Ref, Time, VatId};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// How long a shard may be busy before it is asked again whether it can be given up.
const IDLE_MS: u64 = 50;
/// So long something that can't go on elsewhere is waited for.
const WAIT_MS: u64 = 1_000;

pub(crate) struct Running {
    pub lease: Lease,
    pub handle: Handle,
    pub gate: Arc<Gate>,
    /// By the name of their type.
    pub kinds: BTreeMap<&'static str, Ways>,
}

/// To virtual actors of one type.
#[derive(Clone, Copy)]
pub(crate) struct Ways {
    /// Of this shard.
    pub here: Ref,
    /// Of all shards.
    pub all: Ref,
}

/// What all shards of a cluster are opened with.
pub(crate) struct Opening {
    pub behaviours: Box<dyn Fn() -> Vec<Box<dyn Behaviour>> + Send + Sync>,
    pub kinds: Vec<Kind>,
    pub vats: Vec<VatId>,
    pub installation: Arc<()>,
}

impl Running {
    /// Its lease says that nobody else may have it: whoever still has is not asked.
    pub fn open(folder: &Path, lease: Lease, opening: &Opening, gate: Arc<Gate>) -> Result<Running, Failed> {
        let vat = opening.vats[lease.shard.0 as usize];
        let others: Vec<VatId> = opening.vats.iter().copied().filter(|other| *other != vat).collect();
        let store = Store::at(folder).stolen();
        let engine = shard(store, vat, lease.epoch.0, (opening.behaviours)(), &others, &opening.installation, Arc::clone(&gate))?;
        let handle = System::start(engine).into_handle();
        let mut kinds = BTreeMap::new();
        for kind in &opening.kinds {
            let here = (kind.keep)(&handle).map_err(|_| Failed::Ended)?;
            let spec = directory::Spec { kind: kind.name.into(), shards: opening.vats.len() as u32, here: lease.shard.0 };
            let id = format!("{} of all shards", kind.name);
            let all = handle.keep_as(&id, directory::NAME, spec.encode(), &[], read_ref).wait().map_err(|_| Failed::Ended)?;
            handle.tell_directory(all, lease.shard, here);
            kinds.insert(kind.name, Ways { here, all });
        }
        Ok(Running { lease, handle, gate, kinds })
    }

    /// Both know of each other from now on.
    pub fn connect(&self, other: &Running) {
        for (one, other) in [(self, other), (other, self)] {
            let (vat, shared) = (other.handle.shared.vat, Arc::clone(&other.handle.shared));
            one.handle.tell_engine(move |engine, now| {
                engine.peers.insert(vat, shared);
                engine.handle(now, Input::LinkUp { vat });
            });
        }
    }

    /// What others need to get to know it.
    pub fn acquainted(&self) -> Acquainted {
        Acquainted { handle: self.handle.clone(), shard: self.lease.shard, kinds: self.kinds.clone() }
    }

    /// What it has not flushed never was. A turn that does not return is left to its thread, and says nothing more.
    pub fn stop(&self) {
        self.gate.set(None);
        self.handle.tell_engine(|engine, _| engine.end = Some(End::Fenced));
    }
}

/// A shard as others know it.
pub(crate) struct Acquainted {
    handle: Handle,
    shard: Shard,
    kinds: BTreeMap<&'static str, Ways>,
}

impl Acquainted {
    /// Each hears of the other whom to ask for actors there. Waits for that.
    pub fn meet(&self, other: &Acquainted) {
        for (one, other) in [(self, other), (other, self)] {
            for (kind, ways) in &one.kinds {
                // One that ends meanwhile is introduced when it begins again.
                let met = one.handle.introduce(Addr::<()>::from_ref(ways.all), &other.handle).wait();
                if let (Ok(met), Some(to)) = (met, other.kinds.get(kind)) {
                    other.handle.tell_directory(to.all, one.shard, met.as_ref());
                }
            }
        }
    }
}

impl Handle {
    fn tell_directory(&self, to: Ref, shard: Shard, who: Ref) {
        // A shard that is too busy for that has ended, or is told again when it begins again.
        let _ = self.shared.inbox.push(self.shared.message(to, directory::at(shard), vec![who]));
    }
}

/// Waits until nothing runs, or for what can't go on elsewhere, and gives it up. It has ended then.
pub(crate) fn seal(handle: &Handle) -> Result<(), String> {
    let until = Instant::now() + Duration::from_millis(WAIT_MS);
    loop {
        handle.rest_within(IDLE_MS);
        match handle.tend(Engine::seal) {
            Ok(Ok(())) => return if handle.shared.inbox.wait_for_end(None) == Some(End::Sealed) { Ok(()) } else { Err("it ended".into()) },
            Err(_) => return Err("it has ended".into()),
            Ok(Err(NotSealed { why, .. })) if Instant::now() >= until => return Err(why.into()),
            Ok(Err(_)) => thread::sleep(Duration::from_millis(1)),
        }
    }
}

impl Engine {
    /// Everybody here goes on at the next owner's.
    fn seal(&mut self, now: Time) -> Result<(), NotSealed> {
        self.vat.seal()?;
        if self.land(now).is_ok() {
            self.end.get_or_insert(End::Sealed);
        }
        Ok(())
    }
}
