//! The thread that has the leases, and the hosts of this process: it decides by `peerd_mesh`, and lets others open and give up.
use super::{
    gate::Gate,
    leases::Leases,
    shard::{Acquainted, Opening, Running, Ways, seal},
};
use crate::{Failed, Handle, clock::Clock};
use peerd_mesh::{Ask, Host, HostId, Id, Input, Lease, Lost, Output, Parcel, Phase, Router, Shard, Store, Terms, Way};
use peerd_vat::Time;
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender},
    },
    thread,
    time::Duration,
};

/// How often it is looked whether a shard has ended by itself.
const LOOK_MS: u64 = 100;
/// After so long a shard that could not be opened is tried again.
const AGAIN_MS: u64 = 1_000;

/// Where an actor is now: the way to its shard, and the namespaces there.
pub(crate) struct Place {
    pub handle: Handle,
    pub kinds: BTreeMap<&'static str, Ways>,
}

pub(crate) type Caller = SyncSender<Result<Place, Lost>>;

pub(crate) enum Event {
    Opened(usize, Result<Running, (Lease, Failed)>),
    Sealed(usize, Lease, Result<(), String>),
    /// It could not be opened, a while ago.
    NotOpened(usize, Lease),
    Seek {
        number: u64,
        shard: Shard,
        within_ms: u64,
        caller: Caller,
    },
    Cancel {
        number: u64,
        shard: Shard,
    },
    Join(SyncSender<usize>),
    Leave(usize),
    Kill(usize),
    Move(Shard, usize),
    Hosts(SyncSender<Vec<(usize, Vec<Shard>)>>),
    /// All hosts leave, and nobody is left: said when that is so.
    Close(SyncSender<()>),
    /// All is dropped as it stands.
    Drop,
}

struct Member {
    host: Host,
    router: Router<Caller>,
    shards: BTreeMap<Shard, Running>,
    leaves: bool,
}

pub(crate) struct Desk {
    pub clock: Clock,
    pub terms: Terms,
    pub folder: PathBuf,
    pub opening: Arc<Opening>,
    store: Store,
    leases: Leases,
    members: BTreeMap<usize, Member>,
    joined: usize,
    events: Sender<Event>,
    closing: Option<SyncSender<()>>,
}

impl Desk {
    pub fn new(folder: PathBuf, terms: Terms, opening: Opening, leases: (Leases, Vec<peerd_mesh::Change>), events: Sender<Event>) -> Desk {
        let (clock, (leases, changes)) = (Clock::start(), leases);
        let store = Store::open(clock.now(), terms, opening.vats.len() as u32, changes);
        let members = BTreeMap::new();
        Desk { clock, terms, folder, opening: Arc::new(opening), store, leases, members, joined: 0, events, closing: None }
    }

    /// Until all is closed, or the leases can't be written: then nothing is renewed any more, and another process may have all.
    pub fn run(mut self, events: &Receiver<Event>) -> Result<(), Failed> {
        loop {
            let now = self.clock.now();
            for at in self.ids() {
                self.look(now, at)?;
            }
            if self.members.values().all(|member| member.host.has_left())
                && let Some(closing) = self.closing.take()
            {
                // Whoever waited may have gone.
                let _ = closing.send(());
                return Ok(());
            }
            match events.recv_timeout(self.wait(now)) {
                Ok(Event::Drop) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Ok(event) => self.happen(event)?,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn ids(&self) -> Vec<usize> {
        self.members.keys().copied().collect()
    }

    fn wait(&self, now: Time) -> Duration {
        let due = self.members.values().flat_map(|member| [Some(member.host.wake_at()), member.router.wake_at()]).flatten().min();
        Duration::from_millis(due.map_or(LOOK_MS, |due| due.since(now)).clamp(1, LOOK_MS))
    }

    fn look(&mut self, now: Time, at: usize) -> Result<(), Failed> {
        let Some(member) = self.members.get_mut(&at) else { return Ok(()) };
        // Of one that is given up, whoever does that tells.
        let is_given_up = |lease: Lease| matches!(member.host.phase(lease.shard), Some(Phase::Sealing(_)));
        let ended = member.shards.values().filter(|running| running.handle.end().is_some() && !is_given_up(running.lease));
        let (ended, mut out): (Vec<Lease>, _) = (ended.map(|running| running.lease).collect(), Vec::new());
        for lease in ended {
            member.shards.remove(&lease.shard);
            member.host.handle(now, Input::Ended(lease), &mut out);
        }
        member.host.tick(now, &mut out);
        self.obey(at, out)
    }

    fn happen(&mut self, event: Event) -> Result<(), Failed> {
        match event {
            Event::Opened(at, Ok(running)) => self.opened(at, running),
            Event::Opened(at, Err((lease, _))) => {
                let events = self.events.clone();
                thread::spawn(move || {
                    thread::sleep(Duration::from_millis(AGAIN_MS));
                    // The desk may have been closed meanwhile.
                    let _ = events.send(Event::NotOpened(at, lease));
                });
                Ok(())
            }
            Event::NotOpened(at, lease) => self.tell(at, Input::Ended(lease)),
            Event::Sealed(at, lease, Ok(())) => {
                if let Some(member) = self.members.get_mut(&at) {
                    member.shards.remove(&lease.shard);
                }
                self.tell(at, Input::Sealed(lease))
            }
            Event::Sealed(at, lease, Err(_)) => self.tell(at, Input::NotSealed(lease)),
            Event::Seek { number, shard, within_ms, caller } => {
                let id = Id { from: HostId(0), number };
                let parcel = Parcel { id, shard, deadline: self.clock.now().after(within_ms), hops: 0, body: caller };
                // Whichever: if it does not have the shard, it knows who has.
                match self.members.iter().find(|(_, member)| !member.leaves).map(|(at, _)| *at) {
                    Some(at) => self.carry(at, Some(parcel)),
                    None => {
                        let _ = parcel.body.send(Err(Lost::Expired));
                        Ok(())
                    }
                }
            }
            Event::Cancel { number, shard } => {
                let id = Id { from: HostId(0), number };
                self.members.values_mut().for_each(|member| drop(member.router.cancel(shard, id)));
                Ok(())
            }
            Event::Join(say) => {
                self.joined += 1;
                let (host, router) = (Host::new(self.terms), Router::default());
                self.members.insert(self.joined, Member { host, router, shards: BTreeMap::new(), leaves: false });
                // Whoever asked may have gone.
                let _ = say.send(self.joined);
                Ok(())
            }
            Event::Leave(at) => {
                self.members.iter_mut().filter(|(id, _)| **id == at).for_each(|(_, member)| member.leaves = true);
                self.tell(at, Input::Leave)
            }
            Event::Kill(at) => {
                if let Some(member) = self.members.remove(&at) {
                    member.shards.values().for_each(Running::stop);
                }
                Ok(())
            }
            Event::Move(shard, to) => {
                let to = self.members.get(&to).and_then(|member| member.host.id());
                match (to, self.members.keys().next().copied()) {
                    (Some(to), Some(at)) => self.tell(at, Input::Move { shard, to }),
                    _ => Ok(()),
                }
            }
            Event::Hosts(say) => {
                let now = self.clock.now();
                let takes =
                    |member: &Member| member.shards.keys().copied().filter(|shard| member.host.takes(now, *shard).is_some()).collect();
                // As above.
                let _ = say.send(self.members.iter().map(|(at, member)| (*at, takes(member))).collect());
                Ok(())
            }
            Event::Close(say) => {
                self.closing = Some(say);
                for at in self.ids() {
                    self.tell(at, Input::Leave)?;
                }
                Ok(())
            }
            Event::Drop => Ok(()),
        }
    }

    fn opened(&mut self, at: usize, running: Running) -> Result<(), Failed> {
        let (lease, now) = (running.lease, self.clock.now());
        let is_ours = self.members.get(&at).is_some_and(|member| member.host.may_speak(now, lease));
        if !is_ours {
            running.stop();
            return Ok(());
        }
        let others: Vec<&Running> = self.members.values().flat_map(|member| member.shards.values()).collect();
        others.iter().for_each(|other| running.connect(other));
        let (here, others): (_, Vec<Acquainted>) = (running.acquainted(), others.iter().map(|other| other.acquainted()).collect());
        thread::spawn(move || others.iter().for_each(|other| here.meet(other)));
        self.members.get_mut(&at).expect("looked at above").shards.insert(lease.shard, running);
        self.tell(at, Input::Opened(lease))
    }

    fn tell(&mut self, at: usize, input: Input) -> Result<(), Failed> {
        let (now, mut out) = (self.clock.now(), Vec::new());
        let Some(member) = self.members.get_mut(&at) else { return Ok(()) };
        member.host.handle(now, input, &mut out);
        self.obey(at, out)
    }

    fn obey(&mut self, at: usize, out: Vec<Output>) -> Result<(), Failed> {
        for output in out {
            match output {
                Output::Ask(ask) => self.ask(at, &ask)?,
                Output::Open(lease) => self.open(at, lease),
                Output::Seal(lease) => {
                    let Some(running) = self.members.get(&at).and_then(|member| member.shards.get(&lease.shard)) else { continue };
                    let (handle, events) = (running.handle.clone(), self.events.clone());
                    // As above.
                    thread::spawn(move || drop(events.send(Event::Sealed(at, lease, seal(&handle)))));
                }
                Output::Drop(lease) => {
                    if let Some(running) = self.members.get_mut(&at).and_then(|member| member.shards.remove(&lease.shard)) {
                        running.stop();
                    }
                }
            }
        }
        self.set_gates(at);
        self.carry(at, None)
    }

    /// What is known of the lease its thread knows, too.
    fn set_gates(&self, at: usize) {
        let Some(member) = self.members.get(&at) else { return };
        member.shards.values().for_each(|running| running.gate.set(member.host.speaks_until(running.lease)));
    }

    fn ask(&mut self, at: usize, ask: &Ask) -> Result<(), Failed> {
        let (now, mut changes) = (self.clock.now(), Vec::new());
        let answer = self.store.ask(now, ask, &mut changes);
        self.leases.keep(&changes)?;
        let nudged = self.store.nudges(now);
        let by_id = |id: &HostId| self.members.iter().find(|(_, member)| member.host.id() == Some(*id)).map(|(at, _)| *at);
        let nudged: Vec<usize> = nudged.iter().filter_map(by_id).filter(|other| *other != at).collect();
        if let Some(answer) = answer {
            self.tell(at, Input::Answered(answer))?;
        }
        nudged.into_iter().try_for_each(|other| self.tell(other, Input::Nudged))
    }

    fn open(&self, at: usize, lease: Lease) {
        let Some(member) = self.members.get(&at) else { return };
        let gate = Arc::new(Gate::new(self.clock, member.host.speaks_until(lease)));
        let (folder, opening, events) =
            (self.folder.join(format!("shard-{:08}", lease.shard.0)), Arc::clone(&self.opening), self.events.clone());
        thread::spawn(move || {
            let opened = Running::open(&folder, lease, &opening, gate).map_err(|why| (lease, why));
            // The desk may have been closed meanwhile: then nobody speaks for it, and its lease runs out.
            let _ = events.send(Event::Opened(at, opened));
        });
    }

    fn carry(&mut self, at: usize, parcel: Option<Parcel<Caller>>) -> Result<(), Failed> {
        let (now, mut out) = (self.clock.now(), Vec::new());
        let Some(member) = self.members.get_mut(&at) else { return Ok(()) };
        match parcel {
            Some(parcel) => member.router.post(now, parcel, &member.host, &mut out),
            None => member.router.pump(now, &member.host, &mut out),
        }
        for way in out {
            match way {
                Way::Deliver(lease, Parcel { body: say, .. }) => {
                    let running = self.members.get(&at).and_then(|member| member.shards.get(&lease.shard));
                    let place = running.map(|running| Place { handle: running.handle.clone(), kinds: running.kinds.clone() });
                    // Whoever asked may have gone.
                    let _ = say.send(place.ok_or(Lost::Expired));
                }
                Way::Forward(to, parcel) => {
                    let there = self.members.iter().find(|(_, member)| member.host.id() == Some(to)).map(|(there, _)| *there);
                    match (there, self.members.get_mut(&at)) {
                        (Some(there), _) => self.carry(there, Some(parcel))?,
                        (None, Some(member)) => member.router.bounced(now, to, parcel),
                        (None, None) => {}
                    }
                }
                Way::Find(shard) => self.ask(at, &Ask::Find(shard))?,
                Way::Lost(parcel, why) => drop(parcel.body.send(Err(why))),
            }
        }
        Ok(())
    }
}

impl Drop for Desk {
    /// Nobody renews any more.
    fn drop(&mut self) {
        self.members.values().flat_map(|member| member.shards.values()).for_each(Running::stop);
    }
}
