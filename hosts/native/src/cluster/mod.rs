//! Several hosts in one process, which run the shards of one folder under leases: hosts come and go, and actors go on.
//!
//! ```text
//! Cluster ─ Event ─▶ Desk: Store of leases (a journal), Host and Router of each ─▶ threads that open and give up shards
//!   any thread         └ Gate: until when a shard may speak ─▶ Engine of the shard, after each flush and before anything leaves
//! ```
//! docs/shards.md says what holds. Another process may open the folder when this one has ended, however it did.
mod desk;
mod gate;
mod leases;
mod shard;

use crate::{Failed, Handle, Store};
use desk::{Desk, Event, Place};
use leases::Leases;
use peerd::{Actor, Addr, Message, Namespace, NotFound, Reply};
use peerd_mesh::{Lost, Shard, Terms, shard_of};
use peerd_vat::{Behaviour, Ref, Settle, VatId};
use shard::{Opening, Ways};
use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{self, Receiver, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

pub(crate) use gate::Gate;

/// How long the hosts of a cluster that is dropped may take to give up what they have.
const DROP_MS: u64 = 5_000;
/// A shard that was just given up is looked for again after so long.
const RETRY_MS: u64 = 5;

/// What a cluster consists of. The number of shards is that of its folder for ever: another one would look for actors elsewhere.
pub struct Shards {
    count: u32,
    hosts: u32,
    terms: Terms,
    kinds: Vec<Kind>,
    behaviours: Box<dyn Fn() -> Vec<Box<dyn Behaviour>> + Send + Sync>,
}

/// A type of virtual actors.
pub(crate) struct Kind {
    pub name: &'static str,
    pub keep: fn(&Handle) -> Result<Ref, Settle>,
}

impl Shards {
    /// With the supervisor and these behaviours in each. Limit: each shard is a thread, connected to all others.
    #[must_use]
    pub fn new(count: u32, behaviours: impl Fn() -> Vec<Box<dyn Behaviour>> + Send + Sync + 'static) -> Shards {
        Shards { count, hosts: 1, terms: Terms::default(), kinds: Vec::new(), behaviours: Box::new(behaviours) }
    }

    /// Durable virtual actors of this type: one for each key, in the shard of its type and key. An actor's argument is its key.
    #[must_use]
    pub fn of<A: Actor<Args = String>>(mut self) -> Shards {
        let keep = |handle: &Handle| handle.keep_namespace::<A>(A::NAME).wait().map(Namespace::as_ref);
        self.kinds.push(Kind { name: A::NAME, keep });
        self
    }

    /// So many hosts at the beginning: 1 if nothing is said.
    #[must_use]
    pub fn hosts(self, hosts: u32) -> Shards {
        Shards { hosts, ..self }
    }

    /// Other times than those of docs/shards.md.
    #[must_use]
    pub fn terms(self, terms: Terms) -> Shards {
        Shards { terms, ..self }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotDone {
    /// Nobody had the shard in time. Nobody has begun with it.
    NotNow,
    /// There is no such actor, or no such type.
    NotFound(NotFound),
    /// Nobody knows what came of it, unless the reason says.
    Settled(Settle),
}

/// The way to the vat of an `A`, itself, and all `B`s of the cluster.
pub type Acquaintance<A, B> = (Handle, Addr<<A as Actor>::Message>, Namespace<<B as Actor>::Message>);

/// A host of a cluster, for as long as it lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostNumber(usize);

/// From any thread. Dropped, its hosts give up what they have, for at most 5 s.
pub struct Cluster {
    events: Mutex<Sender<Event>>,
    desk: Option<JoinHandle<()>>,
    shards: u32,
    numbers: AtomicU64,
}

impl Cluster {
    /// What lies in this folder is opened, or begun. One process has it at a time; shards that another one had, which did not give
    /// them up, begin when their leases are over.
    ///
    /// # Errors
    /// `Owned`: another process has it. Others as they are named.
    ///
    /// # Panics
    /// When there can be no more threads.
    pub fn open(folder: impl AsRef<Path>, shards: Shards) -> Result<Cluster, Failed> {
        let folder = folder.as_ref();
        let Shards { count, hosts, terms, kinds, behaviours } = shards;
        let leases = Leases::open(Store::at(folder.join("leases")))?;
        let opening = Opening { behaviours, kinds, vats: (1..=count).map(VatId).collect(), installation: Arc::default() };
        let (events, heard) = mpsc::channel();
        let desk = Desk::new(folder.into(), terms, opening, leases, events.clone());
        // Leases that can't be written are renewed by nobody: the shards stop by themselves, and every caller is told.
        let run = move || drop(desk.run(&heard));
        let desk = thread::Builder::new().name("leases".into()).spawn(run).expect("there can be one thread more");
        let cluster = Cluster { events: Mutex::new(events), desk: Some(desk), shards: count, numbers: AtomicU64::new(1) };
        for _ in 0..hosts {
            cluster.add_host();
        }
        Ok(cluster)
    }

    /// One more, which takes its share of the shards. None: the cluster has ended.
    pub fn add_host(&self) -> Option<HostNumber> {
        self.ask_desk(Event::Join).map(HostNumber)
    }

    /// It gives up its shards, and others go on with them at once.
    pub fn remove_host(&self, host: HostNumber) {
        self.tell(Event::Leave(host.0));
    }

    /// It stops where it stands, as if its machine were gone: its shards are nobody's until their leases are over.
    pub fn kill_host(&self, host: HostNumber) {
        self.tell(Event::Kill(host.0));
    }

    /// The shard of this actor is to be at that host.
    pub fn move_to<A: Actor>(&self, key: &str, host: HostNumber) {
        self.tell(Event::Move(self.shard_of::<A>(key), host.0));
    }

    /// Which host runs the shard of this actor now. None: nobody, just now.
    #[must_use]
    pub fn whereabouts<A: Actor>(&self, key: &str) -> Option<HostNumber> {
        let shard = self.shard_of::<A>(key);
        self.hosts().into_iter().find(|(_, shards)| shards.contains(&shard)).map(|(host, _)| host)
    }

    /// With the shards that each runs.
    #[must_use]
    pub fn hosts(&self) -> Vec<(HostNumber, Vec<Shard>)> {
        let hosts = self.ask_desk(Event::Hosts).unwrap_or_default();
        hosts.into_iter().map(|(at, shards)| (HostNumber(at), shards)).collect()
    }

    /// The actor of this key, in whichever shard and at whichever host: the question waits so long altogether.
    ///
    /// # Errors
    /// As they are named.
    pub fn ask<A: Actor, T: Message>(&self, key: &str, within_ms: u64, ask: impl FnOnce(Reply<T>) -> A::Message) -> Result<T, NotDone> {
        let until = Instant::now() + Duration::from_millis(within_ms);
        let (place, actor) = self.find_until::<A>(key, until)?;
        place.handle.ask_within(left(until).max(1), actor, ask).wait().map_err(NotDone::Settled)
    }

    /// The same without an answer. Done: an actor has it in its mailbox.
    ///
    /// # Errors
    /// As they are named.
    pub fn tell_actor<A: Actor>(&self, key: &str, within_ms: u64, message: A::Message) -> Result<(), NotDone> {
        let (handle, actor) = self.find::<A>(key, within_ms)?;
        handle.send(actor, message).map_err(|_| NotDone::Settled(Settle::Overloaded))
    }

    /// The actor of this key, made now if there is none, and a way to the vat where it is now. Its address is good as long as that vat
    /// is there; what actors are lent of it (`Handle::introduce`, or a message) is good for ever, wherever it moves.
    ///
    /// # Errors
    /// As they are named. Nothing was done that would not be done by who tries again.
    pub fn find<A: Actor>(&self, key: &str, within_ms: u64) -> Result<(Handle, Addr<A::Message>), NotDone> {
        let (place, actor) = self.find_until::<A>(key, Instant::now() + Duration::from_millis(within_ms))?;
        Ok((place.handle, actor))
    }

    /// The same, and all `B`s of the cluster as this actor may have them: what it keeps of that is good wherever it moves. With it,
    /// actors find each other by key (`Context::find`), whoever runs their shards.
    ///
    /// # Errors
    /// As they are named.
    pub fn find_with<A: Actor, B: Actor>(&self, key: &str, within_ms: u64) -> Result<Acquaintance<A, B>, NotDone> {
        let (place, actor) = self.find_until::<A>(key, Instant::now() + Duration::from_millis(within_ms))?;
        let all = Namespace::from_ref(place.ways::<B>()?.all);
        Ok((place.handle, actor, all))
    }

    fn find_until<A: Actor>(&self, key: &str, until: Instant) -> Result<(Place, Addr<A::Message>), NotDone> {
        loop {
            let place = self.seek(self.shard_of::<A>(key), left(until))?;
            let ways = place.ways::<A>()?;
            match place.handle.find(Namespace::<A::Message>::from_ref(ways.here), key).wait() {
                Ok(actor) => return Ok((place, actor)),
                Err(NotFound::Call(Settle::Noconnection | Settle::Timeout)) => thread::sleep(Duration::from_millis(RETRY_MS)),
                Err(why) => return Err(NotDone::NotFound(why)),
            }
        }
    }

    fn seek(&self, shard: Shard, within_ms: u64) -> Result<Place, NotDone> {
        let (say, heard): (_, Receiver<Result<Place, Lost>>) = mpsc::sync_channel(1);
        let number = self.numbers.fetch_add(1, Relaxed);
        self.tell(Event::Seek { number, shard, within_ms, caller: say });
        match heard.recv_timeout(Duration::from_millis(within_ms)) {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) => Err(NotDone::NotNow),
            Err(_) => {
                self.tell(Event::Cancel { number, shard });
                Err(NotDone::NotNow)
            }
        }
    }

    /// Of this actor, whether it exists or not.
    #[must_use]
    pub fn shard_of<A: Actor>(&self, key: &str) -> Shard {
        shard_of(A::NAME, key, self.shards)
    }

    /// All hosts give up what they have: whoever opens the folder next begins at once. False: that took longer.
    pub fn shutdown(mut self, within_ms: u64) -> bool {
        self.close(within_ms)
    }

    fn close(&mut self, within_ms: u64) -> bool {
        let Some(desk) = self.desk.take() else { return true };
        let (say, heard) = mpsc::sync_channel(1);
        self.tell(Event::Close(say));
        let is_done = heard.recv_timeout(Duration::from_millis(within_ms)).is_ok();
        self.tell(Event::Drop);
        // A bug there has ended it already.
        let _ = desk.join();
        is_done
    }

    fn tell(&self, event: Event) {
        // One that has ended hears nothing: who waits for it is told by that.
        let _ = self.events.lock().unwrap_or_else(PoisonError::into_inner).send(event);
    }

    fn ask_desk<T>(&self, event: impl FnOnce(mpsc::SyncSender<T>) -> Event) -> Option<T> {
        let (say, heard) = mpsc::sync_channel(1);
        self.tell(event(say));
        heard.recv().ok()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.close(if thread::panicking() { 0 } else { DROP_MS });
    }
}

impl Place {
    fn ways<A: Actor>(&self) -> Result<Ways, NotDone> {
        self.kinds.get(A::NAME).copied().ok_or(NotDone::NotFound(NotFound::Call(Settle::Noproc)))
    }
}

fn left(until: Instant) -> u64 {
    until.saturating_duration_since(Instant::now()).as_millis() as u64
}
