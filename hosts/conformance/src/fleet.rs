//! Hosts that run the vats of a play as shards, under leases: who has which, and what waits on the way to one.
use crate::{net::Told, world::World};
use peerd_mesh::{Ask, Change, Epoch, Host, HostId, Id, Input, Lease, Lost, Output, Parcel, Router, Shard, Store, Terms, Way};
use peerd_vat::Time;
use std::mem;

pub struct Fleet {
    store: Store,
    changes: Vec<Change>,
    hosts: Vec<Member>,
    numbers: u64,
    /// To be given up as soon as nothing runs, by which host.
    sealing: Vec<(usize, Lease)>,
    /// Who asked in a turn to be elsewhere: the vat, and the host.
    pub wishes: Vec<(usize, u32)>,
}

struct Member {
    host: Host,
    router: Router<Message>,
    lives: bool,
    /// What it is to give up it does not, nor says why.
    sticks: bool,
}

/// For an actor, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Message {
    to: String,
    text: String,
}

/// Who sends what comes from outside.
const OUTSIDE: HostId = HostId(0);

impl Fleet {
    /// Each vat has had an owner that sealed it.
    pub fn new(now: Time, vats: usize, hosts: usize) -> Fleet {
        let sealed = (0..vats as u32).map(|shard| Change::Sealed(Lease { shard: Shard(shard), epoch: Epoch(1) }, OUTSIDE));
        let store = Store::open(now, Terms::default(), vats as u32, sealed);
        let mut fleet = Fleet { store, changes: Vec::new(), hosts: Vec::new(), numbers: 0, sealing: Vec::new(), wishes: Vec::new() };
        (0..hosts).for_each(|_| fleet.join());
        fleet
    }

    fn join(&mut self) {
        self.hosts.push(Member { host: Host::new(Terms::default()), router: Router::default(), lives: true, sticks: false });
    }

    pub fn wake_at(&self) -> Option<Time> {
        let living = self.hosts.iter().filter(|member| member.lives);
        living.flat_map(|member| [Some(member.host.wake_at()), member.router.wake_at()]).flatten().chain(self.store.wake_at()).min()
    }

    fn holder(&self, now: Time, shard: Shard) -> Option<usize> {
        self.hosts.iter().position(|member| member.lives && member.host.takes(now, shard).is_some())
    }
}

impl World {
    /// The vats of this play are shards from now on, and so many hosts are there to run them.
    pub fn found_fleet(&mut self, hosts: usize) {
        let mut told = Told::new();
        self.net.all().for_each(|at| self.net.stop(at, &mut told));
        self.fleet = Some(Fleet::new(self.net.now, self.net.all().len(), hosts));
        self.settle();
        self.forget_seen();
    }

    /// `host joins`, `host 2 dies`, `host 2 leaves`, `host 2 sticks`; what is said of it is what happens.
    pub fn host(&mut self, words: &[&str]) -> Result<(), String> {
        let fleet = self.fleet.as_mut().ok_or("`hosts N` comes first")?;
        let at = words.first().and_then(|word| word.parse::<usize>().ok()).and_then(|n| n.checked_sub(1));
        match (words, at) {
            (["joins"], _) => fleet.join(),
            ([_, what], Some(at)) if at < fleet.hosts.len() => match *what {
                "leaves" => self.tell_host(at, Input::Leave),
                "sticks" => fleet.hosts[at].sticks = true,
                "dies" => {
                    fleet.hosts[at].lives = false;
                    let held: Vec<Lease> = fleet.hosts[at].host.leases().collect();
                    held.into_iter().for_each(|lease| self.drop_shard(lease));
                }
                _ => return Err(format!("a host never {what}")),
            },
            _ => return Err("host N dies|leaves|sticks, or host joins".into()),
        }
        Ok(())
    }

    /// Somebody wants this vat to be at that host. Both count from 1.
    pub fn wish(&mut self, vat: usize, host: u32) -> Result<(), String> {
        let fleet = self.fleet.as_mut().ok_or("`hosts N` comes first")?;
        fleet.wishes.push((vat - 1, host));
        Ok(())
    }

    /// Where the vat of this actor runs.
    pub fn whereabouts(&mut self, name: &str) -> Result<(), String> {
        let (at, _) = self.find(name)?;
        let fleet = self.fleet.as_ref().ok_or("`hosts N` comes first")?;
        let holder = fleet.holder(self.net.now, Shard(at as u32));
        self.say(holder.map_or_else(|| "= not now".into(), |host| format!("= host {}", host + 1)));
        Ok(())
    }

    /// From outside, through whichever host lives first: it waits there until somebody has the shard, or its time is over.
    pub fn post(&mut self, to: &str, text: &str, within_ms: u64) -> Result<(), String> {
        let (vat, _) = self.find(to)?;
        let now = self.net.now;
        let fleet = self.fleet.as_mut().ok_or("`hosts N` comes first")?;
        let at = fleet.hosts.iter().position(|member| member.lives && !member.host.has_left()).ok_or("no host lives")?;
        fleet.numbers += 1;
        let id = Id { from: OUTSIDE, number: fleet.numbers };
        let body = Message { to: to.into(), text: text.into() };
        let parcel = Parcel { id, shard: Shard(vat as u32), deadline: now.after(within_ms), hops: 0, body };
        self.carry(at, Some(parcel));
        Ok(())
    }

    /// The last that was sent so is taken back, if nobody has it yet.
    pub fn take_back(&mut self) {
        let Some(fleet) = &mut self.fleet else { return };
        let id = Id { from: OUTSIDE, number: fleet.numbers };
        let shards: Vec<Shard> = self.net.all().map(|at| Shard(at as u32)).collect();
        let taken = fleet.hosts.iter_mut().any(|member| shards.iter().any(|shard| member.router.cancel(*shard, id).is_some()));
        self.say(if taken { "= cancelled" } else { "= gone" }.into());
    }

    /// A host that can have all is there in the end.
    pub fn close_fleet(&mut self) {
        let Some(fleet) = &mut self.fleet else { return };
        fleet.hosts.iter_mut().for_each(|member| member.sticks = false);
        fleet.join();
        self.settle();
        self.advance(2 * Terms::default().term_ms);
        self.fleet = None;
    }

    /// What hosts have to do at this time. False: nothing.
    pub fn serve_fleet(&mut self) -> bool {
        let Some(fleet) = &mut self.fleet else { return false };
        let mut has_done = !fleet.sealing.is_empty();
        for (at, lease) in mem::take(&mut fleet.sealing) {
            self.seal_shard(at, lease);
        }
        let fleet = self.fleet.as_mut().expect("looked at above");
        for (vat, host) in mem::take(&mut fleet.wishes) {
            let fleet = self.fleet.as_ref().expect("looked at above");
            let at = fleet.holder(self.net.now, Shard(vat as u32));
            let to = fleet.hosts.get(host as usize - 1).and_then(|member| member.host.id());
            if let (Some(at), Some(to)) = (at, to) {
                self.tell_host(at, Input::Move { shard: Shard(vat as u32), to });
                has_done = true;
            }
        }
        for at in 0..self.fleet.as_ref().map_or(0, |fleet| fleet.hosts.len()) {
            let now = self.net.now;
            let member = &mut self.fleet.as_mut().expect("looked at above").hosts[at];
            if member.lives && (member.host.wake_at() <= now || member.router.wake_at().is_some_and(|due| due <= now)) {
                let mut out = Vec::new();
                member.host.tick(now, &mut out);
                self.obey(at, out);
                self.carry(at, None);
                has_done = true;
            }
        }
        has_done
    }

    fn tell_host(&mut self, at: usize, input: Input) {
        let (now, mut out) = (self.net.now, Vec::new());
        let member = &mut self.fleet.as_mut().expect("the caller looked").hosts[at];
        if member.lives {
            member.host.handle(now, input, &mut out);
            self.obey(at, out);
            self.carry(at, None);
        }
    }

    fn obey(&mut self, at: usize, out: Vec<Output>) {
        for output in out {
            match output {
                Output::Ask(ask) => self.ask(at, &ask),
                Output::Open(lease) => self.open_shard(at, lease),
                Output::Seal(lease) => self.fleet.as_mut().expect("the caller looked").sealing.push((at, lease)),
                Output::Drop(lease) => self.drop_shard(lease),
            }
        }
    }

    fn ask(&mut self, at: usize, ask: &Ask) {
        let now = self.net.now;
        let fleet = self.fleet.as_mut().expect("the caller looked");
        let answer = fleet.store.ask(now, ask, &mut fleet.changes);
        let nudged = fleet.store.nudges(now);
        if let Some(answer) = answer {
            self.tell_host(at, Input::Answered(answer));
        }
        let fleet = self.fleet.as_ref().expect("looked at above");
        let nudged: Vec<usize> =
            nudged.iter().filter_map(|id| fleet.hosts.iter().position(|member| member.host.id() == Some(*id))).collect();
        nudged.into_iter().filter(|other| *other != at).for_each(|other| self.tell_host(other, Input::Nudged));
    }

    fn open_shard(&mut self, at: usize, lease: Lease) {
        if let Err(why) = self.net.reopen(lease.shard.0 as usize, lease.epoch.0) {
            return self.fail(why);
        }
        self.boot_again(lease.shard.0 as usize);
        self.say(format!("shard {} at host {}", lease.shard.0 + 1, at + 1));
        self.tell_host(at, Input::Opened(lease));
    }

    fn seal_shard(&mut self, at: usize, lease: Lease) {
        if self.fleet.as_ref().is_some_and(|fleet| fleet.hosts[at].sticks) {
            return;
        }
        let mut told = Told::new();
        let sealed = self.net.seal(lease.shard.0 as usize, &mut told);
        self.take(told);
        match sealed {
            Ok(()) => self.tell_host(at, Input::Sealed(lease)),
            Err(why) => {
                self.say(format!("shard {} stays: {why}", lease.shard.0 + 1));
                self.tell_host(at, Input::NotSealed(lease));
            }
        }
    }

    fn drop_shard(&mut self, lease: Lease) {
        let mut told = Told::new();
        self.net.stop(lease.shard.0 as usize, &mut told);
        self.take(told);
    }

    fn carry(&mut self, at: usize, parcel: Option<Parcel<Message>>) {
        let (now, mut out) = (self.net.now, Vec::new());
        let Member { host, router, .. } = &mut self.fleet.as_mut().expect("the caller looked").hosts[at];
        match parcel {
            Some(parcel) => router.post(now, parcel, host, &mut out),
            None => router.pump(now, host, &mut out),
        }
        for way in out {
            match way {
                Way::Deliver(_, Parcel { body, .. }) => {
                    let Ok((vat, to)) = self.find(&body.to) else { continue };
                    let input = peerd_vat::Input::Message { to, body: body.text.into_bytes(), refs: Vec::new() };
                    self.admit(vat, input).expect("no case fills a mailbox by a router");
                }
                Way::Forward(to, parcel) => {
                    let hosts = &self.fleet.as_ref().expect("the caller looked").hosts;
                    let there = hosts.iter().position(|member| member.lives && member.host.id() == Some(to));
                    match there {
                        Some(there) => self.carry(there, Some(parcel)),
                        None => self.fleet.as_mut().expect("the caller looked").hosts[at].router.bounced(now, to, parcel),
                    }
                }
                Way::Find(shard) => self.ask(at, &Ask::Find(shard)),
                Way::Lost(_, Lost::Expired) => self.say("= expired".into()),
                Way::Lost(_, Lost::Astray) => self.say("= astray".into()),
                Way::Lost(_, Lost::Full) => self.say("= full".into()),
            }
        }
    }
}
