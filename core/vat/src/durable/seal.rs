//! A vat that ends in order, so that its lives go on in the next epoch: what its durable actors have in memory only is written down,
//! then its journal is closed (semantics 17).
//!
//! ```text
//! idle ─▶ may it? ─▶ Carried for each life ─▶ Close ─▶ Flight ─▶ Landed        no: NotSealed, and nothing has changed
//! Recovered, closed ─▶ same lives, timers, watches, links ─▶ no `recovered`    no such code: a next life, as after a crash
//! ```
//!
//! Messages that wait or are set aside, alarms, and calls within the vat are in the records anyway. What only something volatile
//! could do ends as with any vat: watches and links to volatile actors and to other vats are told `noconnection`.
use super::Lasting;
use crate::{
    ActorId, Reason, Ref, Vat,
    door::Door,
    entry::Sender,
    refs::{Key, Kind},
    relations::Item,
    settle::Outcome,
    signals::Via,
    slab::Handle,
    slots::Flags,
    turn::{Scope, Spawn},
};
use alloc::{vec, vec::Vec};
use peerd_journal::{Durable, Hash, Image, Record, Standing};
use serde::{Deserialize, Serialize};

/// Why a vat goes on, and whose doing that is. Nothing has changed: it may be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotSealed {
    pub actor: Option<ActorId>,
    pub why: &'static str,
}

/// Before its bytes. Others are of a kernel that is not this one.
const VERSION: u8 = 1;

/// What one life has that no other record says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Carried {
    /// By key, and how long each has left, in the order in which they were set.
    timers: Vec<(u64, u64)>,
    watches: Vec<Watch>,
    /// To durable actors of this vat whose keys are greater.
    links: Vec<Key>,
    /// Links to whom does not go on.
    cut: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Watch {
    node: Key,
    target: Ref,
    of_identity: bool,
    tag: u64,
    /// Its target goes on, too.
    stands: bool,
}

/// At the end.
impl Vat {
    /// Writes the last records of this epoch. From then on the vat takes nothing but `Landed`, and runs nobody: when all has landed,
    /// whoever has its journal next goes on with the same lives. To be asked when `run` says that it is idle.
    ///
    /// # Errors
    /// When something is under way that can't go on elsewhere.
    pub fn seal(&mut self) -> Result<(), NotSealed> {
        let not = |why| Err(NotSealed { actor: None, why });
        match &self.journal {
            _ if self.broken => return not("it is broken"),
            None => return not("it has no journal"),
            Some(journal) if journal.is_sealed => return not("it is sealed"),
            Some(_) if !self.ready.is_empty() => return not("turns wait"),
            Some(_) => {}
        }
        let goes_on = |key: &Key| self.tables.slots.get(*key).is_some_and(|header| header.flags.has(Flags::LIVE)) && self.is_known(*key);
        let actors: Vec<Key> = self.tables.slots.keys().filter(goes_on).collect();
        for me in &actors {
            self.may_go_on(*me).map_err(|why| NotSealed { actor: Some(ActorId(*me)), why })?;
        }
        for me in actors {
            let (actor, life) = (me.to_actor(), self.tables.slots.get(me).map_or(0, |header| header.incarnation));
            let bytes = self.bonds_of_life(me).encode();
            self.append_last(&Record::Carried { actor, life, bytes: &bytes })?;
        }
        self.append_last(&Record::Close { image: None })?;
        self.journal.as_mut().expect("looked at above").is_sealed = true;
        Ok(())
    }

    pub(crate) fn is_sealed(&self) -> bool {
        self.journal.as_ref().is_some_and(|journal| journal.is_sealed)
    }

    /// A journal that does not take these has failed before, or fails now.
    fn append_last(&mut self, record: &Record<'_>) -> Result<(), NotSealed> {
        let journal = self.journal.as_mut().expect("the caller looked");
        match journal.writer.append(record) {
            Ok(position) => {
                self.gate.confirm(position);
                Ok(())
            }
            Err(_) => {
                journal.writer.failed();
                self.break_off();
                Err(NotSealed { actor: None, why: "its journal takes nothing" })
            }
        }
    }

    fn may_go_on(&self, me: Key) -> Result<(), &'static str> {
        if self.is_held(me) {
            return Err("its owner has still to decide what becomes of it");
        }
        if self.tables.slots.is_swapped_out(me) {
            return Ok(());
        }
        let life = self.tables.slots.life(me);
        let header = self.tables.slots.get(me).expect("it lives");
        let lanes = self.door(me).map_or([Handle::NONE; 3], Door::lanes);
        if let Some(door) = self.door(me) {
            if !door.waits.is_empty() {
                return Err("it awaits something");
            }
            if door.is_suspended {
                return Err("it is suspended");
            }
        }
        let is_written = |newest: Handle| self.tables.messages.handles(newest).all(|entry| self.tables.messages.recorded(entry).is_some());
        if !lanes.into_iter().chain([header.mailbox, life.deferred]).all(is_written) {
            return Err("something waits for it that is in no record");
        }
        let is_answered = |(_, item)| match item {
            Item::Minted { shot } => self.tables.shots.get(shot).is_none_or(|shot| shot.settled || self.is_known(shot.holder)),
            _ => true,
        };
        if self.tables.relations.iter(life.minted).all(is_answered) { Ok(()) } else { Err("it waits for an answer from outside") }
    }

    fn bonds_of_life(&self, me: Key) -> Carried {
        let mut carried = Carried::default();
        if self.tables.slots.is_swapped_out(me) {
            return carried;
        }
        let life = self.tables.slots.life(me);
        for (_, item) in self.tables.relations.iter(life.timers) {
            if let Item::Timer { key, at, .. } = item {
                carried.timers.push((key, at.since(self.ledger.now)));
            }
        }
        for (node, item) in self.tables.relations.iter(life.edges) {
            match item {
                Item::Watching { target, twin, .. } if target.kind != Kind::Port => {
                    let scope = twin.and_then(|twin| self.tables.relations.get(twin));
                    let of_identity = matches!(scope, Some(Item::Watched { scope: Scope::Identity, .. }));
                    let stands = matches!(target.kind, Kind::Actor | Kind::Object) && self.is_known(target.key);
                    carried.watches.push(Watch { node, target, of_identity, tag: self.tag_of(node), stands });
                }
                Item::Link { peer, .. } if self.is_known(peer) => carried.links.extend(Some(peer).filter(|peer| *peer > me)),
                // Its owner begins again, and takes it back.
                Item::Link { peer, .. } => carried.cut += u32::from(self.tables.slots.parent(me) != Some(peer)),
                _ => {}
            }
        }
        carried
    }
}

impl Carried {
    fn encode(&self) -> Vec<u8> {
        if *self == Carried::default() {
            return Vec::new();
        }
        postcard::to_extend(self, vec![VERSION]).expect("plain data encodes")
    }

    /// Of a life that goes on: the vat ended in order, and its very code is here. None: its next life begins, as after a crash.
    pub fn of(image: &Image, actor: peerd_journal::Actor, durable: &Durable, hashes: &[Hash]) -> Option<Carried> {
        if !image.is_closed || durable.standing != Standing::Live || !hashes.contains(&durable.hash) {
            return None;
        }
        match image.carried.get(&actor).map(|bytes| bytes.split_first()) {
            None => Some(Carried::default()),
            Some(Some((&VERSION, bytes))) => postcard::from_bytes(bytes).ok(),
            Some(_) => None,
        }
    }

    /// The watches, under the keys that states know them by.
    pub fn nodes(&self, me: Key) -> impl Iterator<Item = (Key, Item)> + '_ {
        self.watches.iter().map(move |watch| (watch.node, Item::Watching { watcher: me, target: watch.target, twin: None }))
    }
}

/// At the beginning.
impl Vat {
    /// The same life, with its traps, tag and alarms.
    pub(super) fn resume_life(&mut self, me: Key) {
        let lasting = self.lasting(me).expect("it is durable");
        let (traps, tag, has_begun) = (lasting.options().traps, lasting.tag, lasting.has_begun());
        self.tables.slots.get_mut(me).expect("it came from the journal").flags.set(Flags::TRAPS, traps);
        self.wait_for_alarms(me);
        if has_begun {
            self.tables.slots.life_mut(me).tag = tag;
            self.set_passive(me, true);
        }
    }

    /// All who go on are there.
    pub(super) fn rehydrate(&mut self, me: Key, carried: &Carried) {
        let now = self.ledger.now;
        for (key, left_ms) in &carried.timers {
            self.set_timer(me, *key, now.after(*left_ms));
        }
        for watch in &carried.watches {
            self.tables.relations.add_tag(watch.node, watch.tag);
            if watch.stands {
                let scope = if watch.of_identity { Scope::Identity } else { Scope::Incarnation };
                self.watch(me, watch.node, watch.target, scope);
            } else {
                self.tables.relations.append(&mut self.tables.slots.life_mut(me).edges, watch.node);
                self.tell_down(Sender::HOST, me, watch.node, watch.target, &Reason::Noconnection);
            }
        }
        for peer in &carried.links {
            let is_live = self.tables.slots.get(*peer).is_some_and(|header| header.flags.has(Flags::LIVE));
            if is_live && self.find_link(me, *peer).is_none() {
                self.join(me, *peer);
            }
        }
        for _ in 0..carried.cut {
            self.signal(Sender::HOST, me, &Reason::Noconnection, Via::Link);
        }
    }

    /// Its volatile owner has begun again, and spawns one that never ended.
    pub(crate) fn take_back(&mut self, parent: Sender, spawn: &Spawn) {
        let child = spawn.child;
        self.lasting_mut(child).is_ownerless = false;
        self.tables.slots.rare_mut(child).owner_life = parent.incarnation;
        self.tables.slots.get_mut(child).expect("it lives").flags.set_class(spawn.class);
        self.catch_faults(parent, child, spawn.faults);
        self.cap(child, spawn.memory_max);
        self.tables.messages.free(spawn.init);
        if let Some(started) = spawn.started {
            let incarnation = self.tables.slots.get(child).map_or(0, |header| header.incarnation);
            self.settle(started, Sender { key: child, incarnation }, Outcome::Answer { body: &[], refs: &[] });
        }
    }

    pub(crate) fn is_ownerless(&self, child: Key) -> bool {
        self.lasting(child).is_some_and(|lasting| lasting.is_ownerless)
    }

    pub(super) fn lasting_mut(&mut self, me: Key) -> &mut Lasting {
        self.tables.slots.rare_mut(me).lasting.as_mut().expect("it is durable")
    }
}
