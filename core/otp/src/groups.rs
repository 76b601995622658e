//! Process groups: who belongs together, on this vat and on others (OTP's `pg`).
//!
//! A scope is an actor; there is one on each vat, and those that have met know each other's members. Joining twice needs
//! leaving twice; an end leaves everything. A scope that is lost takes its members off the others' lists; when both meet
//! again, each has the union, and nobody who ended meanwhile.
//!
//! ```
//! use peerd_otp::groups::{self, Request};
//! use peerd_otp::message;
//! use peerd_vat::{Cx, Ref};
//!
//! fn boot(worker: Ref, cx: &mut Cx<'_>) {
//!     let scope = groups::spawn(cx, "groups");
//!     let joined = message::call(scope, &Request::Join("printers".into()), &[worker], 5_000, cx);
//!     let members = message::call(scope, &Request::Members("printers".into()), &[], 5_000, cx);
//! }
//! ```
use crate::{
    Server,
    message::{Caller, cast, decode, encode},
};
use alloc::{boxed::Box, collections::BTreeMap, string::String, vec::Vec};
use core::mem;
use peerd_vat::{Behaviour, Crash, Cx, Event, Ref, SpawnOptions, WatchId};
use serde::{Deserialize, Serialize};

pub const NAME: &str = "groups";

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour() -> Box<dyn Behaviour> {
    crate::behaviour::<Scope>()
}

/// An empty scope, linked to the caller.
pub fn spawn(cx: &mut Cx<'_>, label: &str) -> Ref {
    cx.spawn(SpawnOptions::new(NAME, &[]).label(label).linked())
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// The refs of the call join, each as often as it is there.
    Join(String),
    /// The refs of the call leave, each once. `NotJoined` if none of them is in the group.
    Leave(String),
    /// Answered `Members`: all of them in the table, as often as they joined, this scope's first.
    Members(String),
    /// The same, without those of other scopes.
    LocalMembers(String),
    /// Answered `Groups`: those that have members.
    Which,
    /// The first ref is told every `Change` from now on. Answered `Groups` as they are now; its end ends it.
    Monitor,
    Demonitor,
    /// The first ref is the scope of another vat: they exchange what they know.
    Meet,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    Ok,
    Members,
    Groups(Vec<String>),
    NotJoined,
    Malformed,
}

/// What a monitor is told; the table has who.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    Joined(String),
    Left(String),
}

/// Between scopes. The first ref is the scope that speaks, the others its members.
#[derive(Serialize, Deserialize)]
enum Word {
    /// All it has, a name and how many of the refs for each group. `Greeting::First` wants the other's.
    Hello(Greeting, Vec<(String, u32)>),
    Change(Change),
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Greeting {
    First,
    Back,
}

type Groups = BTreeMap<String, Vec<Ref>>;

#[derive(Default, Serialize, Deserialize)]
struct Scope {
    local: Groups,
    /// One watch for each local member, however often it joined.
    watches: Vec<(Ref, WatchId)>,
    monitors: Vec<(Ref, WatchId)>,
    peers: Vec<Peer>,
}

#[derive(Serialize, Deserialize)]
struct Peer {
    scope: Ref,
    watch: WatchId,
    groups: Groups,
}

impl Server for Scope {
    const NAME: &'static str = NAME;
    type State = Scope;

    fn init(_args: &[u8], _refs: &[Ref], _cx: &mut Cx<'_>) -> Result<Scope, Crash> {
        Ok(Scope::default())
    }

    fn handle(scope: &mut Scope, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, refs, reply: Some(reply) } => scope.serve(decode(body), refs, Caller(reply), cx),
            Event::User { body, refs, reply: None } => {
                if let Some((word, (speaker, members))) = decode(body).zip(refs.split_first()) {
                    scope.hear(word, *speaker, members, cx);
                }
            }
            Event::Down { watch, .. } => scope.ended(watch, cx),
            // Nobody has business here otherwise.
            Event::Reply { .. } | Event::Exit { .. } | Event::Timer { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }
}

impl Scope {
    fn serve(&mut self, request: Option<Request>, refs: &[Ref], caller: Caller, cx: &mut Cx<'_>) {
        let reply = match (request, refs.first()) {
            (Some(Request::Join(group)), Some(_)) => {
                for member in refs {
                    if self.watches.iter().all(|watched| watched.0 != *member) {
                        self.watches.push((*member, cx.watch(*member)));
                    }
                }
                add(&mut self.local, &group, refs);
                self.changed(&Change::Joined(group), refs, cx);
                Reply::Ok
            }
            (Some(Request::Leave(group)), Some(_)) => match take(&mut self.local, &group, refs) {
                Some(left) => {
                    self.forget_strangers(cx);
                    self.changed(&Change::Left(group), &left, cx);
                    Reply::Ok
                }
                None => Reply::NotJoined,
            },
            (Some(Request::Members(group)), _) => {
                let all = [&self.local].into_iter().chain(self.peers.iter().map(|peer| &peer.groups));
                let members: Vec<Ref> = all.filter_map(|groups| groups.get(&group)).flatten().copied().collect();
                return caller.answer_with(&Reply::Members, &members, cx);
            }
            (Some(Request::LocalMembers(group)), _) => {
                return caller.answer_with(&Reply::Members, self.local.get(&group).map_or(&[], |members| members), cx);
            }
            (Some(Request::Which), _) => self.which(),
            (Some(Request::Monitor), Some(&monitor)) => {
                self.monitors.push((monitor, cx.watch(monitor)));
                self.which()
            }
            (Some(Request::Demonitor), Some(&monitor)) => {
                self.monitors.extract_if(.., |known| known.0 == monitor).for_each(|known| cx.unwatch(known.1));
                Reply::Ok
            }
            (Some(Request::Meet), Some(&peer)) => {
                self.greet(peer, Greeting::First, cx);
                Reply::Ok
            }
            (None | Some(Request::Join(_) | Request::Leave(_) | Request::Monitor | Request::Demonitor | Request::Meet), _) => {
                Reply::Malformed
            }
        };
        caller.answer(&reply, cx);
    }

    fn which(&self) -> Reply {
        let all = [&self.local].into_iter().chain(self.peers.iter().map(|peer| &peer.groups));
        let mut names: Vec<String> = all.flat_map(|groups| groups.keys().cloned()).collect();
        names.sort_unstable();
        names.dedup();
        Reply::Groups(names)
    }

    fn greet(&self, peer: Ref, greeting: Greeting, cx: &mut Cx<'_>) {
        let counts = self.local.iter().map(|(group, members)| (group.clone(), members.len() as u32)).collect();
        let refs: Vec<Ref> = [cx.me()].into_iter().chain(self.local.values().flatten().copied()).collect();
        cast(peer, &Word::Hello(greeting, counts), &refs, cx);
    }

    fn hear(&mut self, word: Word, speaker: Ref, mut members: &[Ref], cx: &mut Cx<'_>) {
        let known = self.peers.iter().position(|peer| peer.scope == speaker);
        match (word, known) {
            (Word::Hello(greeting, counts), known) => {
                let at = known.unwrap_or_else(|| {
                    self.peers.push(Peer { scope: speaker, watch: cx.watch(speaker), groups: Groups::new() });
                    self.peers.len() - 1
                });
                let before = mem::take(&mut self.peers[at].groups);
                self.tell_all(before, Change::Left, cx);
                let mut groups = Groups::new();
                for (group, count) in counts {
                    let Some((of_group, rest)) = members.split_at_checked(count as usize) else { break };
                    add(&mut groups, &group, of_group);
                    members = rest;
                }
                self.peers[at].groups.clone_from(&groups);
                self.tell_all(groups, Change::Joined, cx);
                if greeting == Greeting::First {
                    self.greet(speaker, Greeting::Back, cx);
                }
            }
            (Word::Change(change), Some(at)) => {
                let groups = &mut self.peers[at].groups;
                match &change {
                    Change::Joined(group) => add(groups, group, members),
                    Change::Left(group) => drop(take(groups, group, members)),
                }
                self.tell(&change, members, cx);
            }
            // It was lost, and has not said hello again.
            (Word::Change(_), None) => {}
        }
    }

    fn ended(&mut self, ended: WatchId, cx: &mut Cx<'_>) {
        self.monitors.retain(|monitor| monitor.1 != ended);
        if let Some(at) = self.peers.iter().position(|peer| peer.watch == ended) {
            let lost = self.peers.remove(at);
            self.tell_all(lost.groups, Change::Left, cx);
        }
        if let Some(at) = self.watches.iter().position(|watched| watched.1 == ended) {
            let (member, _) = self.watches.remove(at);
            let mut left = Groups::new();
            for (group, members) in &mut self.local {
                left.insert(group.clone(), members.extract_if(.., |known| *known == member).collect());
            }
            self.local.retain(|_, members| !members.is_empty());
            for (group, members) in left.into_iter().filter(|left| !left.1.is_empty()) {
                self.changed(&Change::Left(group), &members, cx);
            }
        }
    }

    /// Watches nobody who is in no group.
    fn forget_strangers(&mut self, cx: &mut Cx<'_>) {
        let local = &self.local;
        let strangers = self.watches.extract_if(.., |watched| local.values().all(|members| !members.contains(&watched.0)));
        strangers.for_each(|watched| cx.unwatch(watched.1));
    }

    /// A change among this scope's own members.
    fn changed(&self, change: &Change, members: &[Ref], cx: &mut Cx<'_>) {
        self.tell(change, members, cx);
        let refs: Vec<Ref> = [cx.me()].iter().chain(members).copied().collect();
        for peer in &self.peers {
            cast(peer.scope, &Word::Change(change.clone()), &refs, cx);
        }
    }

    fn tell_all(&self, groups: Groups, change: fn(String) -> Change, cx: &mut Cx<'_>) {
        for (group, members) in groups {
            self.tell(&change(group), &members, cx);
        }
    }

    fn tell(&self, change: &Change, members: &[Ref], cx: &mut Cx<'_>) {
        for (monitor, _) in &self.monitors {
            cx.send_with(*monitor, &encode(change), members);
        }
    }
}

fn add(groups: &mut Groups, group: &str, members: &[Ref]) {
    if !members.is_empty() {
        groups.entry(group.into()).or_default().extend(members);
    }
}

/// Each once, as far as they are there. None: nobody was.
fn take(groups: &mut Groups, group: &str, leaving: &[Ref]) -> Option<Vec<Ref>> {
    let members = groups.get_mut(group)?;
    let mut left = Vec::new();
    for one in leaving {
        if let Some(at) = members.iter().position(|member| member == one) {
            left.push(members.remove(at));
        }
    }
    if members.is_empty() {
        groups.remove(group);
    }
    (!left.is_empty()).then_some(left)
}
