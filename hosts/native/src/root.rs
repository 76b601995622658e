//! The root of a native vat: it starts, asks and watches for native code, and stops everybody in the end.
use crate::order::{Bytes, Order, Word};
use peerd::{Reader, encode};
use peerd_otp::{namespace, supervisor};
use peerd_vat::{
    Behaviour, CallId, Crash, Cx, Durability, Event, Identity, Reason, Ref, Rights, Settle, Shelf, SpawnOptions, StateId, WatchId, append,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// How long an actor may take to stop, as a supervisor gives its workers. A supervisor may take as long as its children do.
const STOP_MS: u64 = 5_000;
/// The timer of that.
const STOP: u64 = 0;

pub(crate) struct Root {
    desks: Shelf<Desk>,
    /// Orders so far, for the host's eyes.
    handled: Arc<AtomicU64>,
}

struct Desk {
    /// To native code.
    door: Ref,
    /// The roots of other vats.
    peers: BTreeMap<u32, Ref>,
    /// Actors of other vats that native code has: for the kernel they are the root's.
    met: BTreeSet<Ref>,
    calls: BTreeMap<CallId, u64>,
    watches: BTreeMap<WatchId, Watched>,
    /// The same, by the numbers under which native code waits.
    waits: BTreeMap<u64, Wait>,
    /// In the order in which they were started.
    children: BTreeMap<u64, Child>,
    started: u64,
    stops: bool,
}

enum Watched {
    Child(u64),
    /// For native code that waits under this number.
    Outside(u64),
    Met(Ref),
}

enum Wait {
    Call(CallId),
    Watch(WatchId),
}

struct Child {
    actor: Ref,
    is_supervisor: bool,
}

impl Root {
    pub const NAME: &'static str = "root";

    pub fn new(handled: Arc<AtomicU64>) -> Root {
        Root { desks: Shelf::default(), handled }
    }
}

impl Behaviour for Root {
    fn name(&self) -> &'static str {
        Root::NAME
    }

    /// The endowment: the door, and the vats whose numbers are the arguments.
    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let vats: Vec<u32> = Reader::new(args, &[], None).read().ok_or_else(|| Crash::new("bad_args", "no vats"))?;
        let (door, peers) = cx.refs().split_first().ok_or_else(|| Crash::new("bad_args", "no door"))?;
        cx.trap_exits(true);
        cx.keep_at(self.desks.put(Desk::new(*door, vats.into_iter().zip(peers.iter().copied()).collect())));
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let desk = self.desks.get_mut(cx.state_id().expect("init keeps it on the shelf"));
        match event {
            Event::User { body, refs, .. } => {
                if let Some((id, order)) = Reader::new(body, &[], None).read() {
                    if !matches!(order, Order::Meet) {
                        self.handled.fetch_add(1, Relaxed);
                    }
                    desk.order(id, order, refs, cx);
                }
            }
            Event::Reply { call, result } => {
                if let Some(id) = desk.calls.remove(&call) {
                    desk.waits.remove(&id);
                    let refs = result.as_ref().map_or(&[][..], |answer| answer.refs);
                    desk.say(id, result.map(|answer| answer.body.into()), refs, cx);
                }
            }
            Event::Down { watch, reason, .. } => desk.down(watch, &reason, cx),
            Event::Timer { .. } => desk.lose_patience(cx),
            Event::Exit { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }

    fn encode_held(&self, id: StateId, to: &mut Vec<u8>) -> Result<(), Crash> {
        append(&self.desks.get(id).met, to)
    }

    /// It remembers whom it asked for whom, which is of no use in another life.
    fn can_rest(&self, _: StateId) -> bool {
        false
    }

    fn forget(&mut self, id: StateId) {
        self.desks.take(id);
    }
}

impl Desk {
    fn new(door: Ref, peers: BTreeMap<u32, Ref>) -> Desk {
        Desk {
            door,
            peers,
            met: BTreeSet::new(),
            calls: BTreeMap::new(),
            watches: BTreeMap::new(),
            waits: BTreeMap::new(),
            children: BTreeMap::new(),
            started: 0,
            stops: false,
        }
    }

    fn order(&mut self, id: u64, order: Order, refs: &[Ref], cx: &mut Cx<'_>) {
        match (order, refs.first()) {
            (Order::Spawn { .. } | Order::Keep { .. }, _) if self.stops => self.say(id, Err(Settle::Noproc), &[], cx),
            (Order::Spawn { behaviour, args }, _) => {
                let actor = cx.spawn(SpawnOptions::new(&behaviour, &args.0).refs(refs));
                self.has_started(actor, behaviour == supervisor::NAME, cx);
                self.say(id, Ok(Vec::new()), &[actor.lending(Rights::ALL)], cx);
            }
            (Order::Keep { id: name, behaviour, args }, _) => {
                let options = SpawnOptions::new(&behaviour, &args.0).refs(refs).label(&name);
                let is_supervisor = behaviour == supervisor::NAME;
                // These keep others, and know them again by what these are.
                let is_keeper = is_supervisor || behaviour == namespace::NAME;
                let durability = if is_keeper { Durability::Volatile } else { Durability::Durable };
                let actor = cx.spawn(options.identity(Identity::Kept(&name)).durability(durability));
                // It may have been asked for before.
                if self.children.values().all(|child| child.actor != actor) {
                    self.has_started(actor, is_supervisor, cx);
                }
                self.say(id, Ok(Vec::new()), &[actor.lending(Rights::ALL)], cx);
            }
            (Order::Ask { ms, body }, Some(to)) => {
                let call = cx.call(*to, &body.0, &refs[1..], ms);
                self.calls.insert(call, id);
                self.waits.insert(id, Wait::Call(call));
            }
            (Order::Watch, Some(target)) => {
                let watch = cx.watch(*target);
                self.watches.insert(watch, Watched::Outside(id));
                self.waits.insert(id, Wait::Watch(watch));
            }
            (Order::Tell { body }, Some(to)) => cx.send_with(*to, &body.0, &refs[1..]),
            (Order::Exit { reason }, Some(to)) => cx.exit(*to, reason),
            (Order::Introduce { to }, Some(whom)) => {
                if let Some(peer) = self.peers.get(&to) {
                    cx.send_with(*peer, &encode(&(id, Order::Meet)).0, &[*whom]);
                }
            }
            (Order::Meet, Some(whom)) => {
                // One of this vat has come home: it needs nobody to keep it.
                if !whom.is_near() && self.met.insert(*whom) {
                    self.watches.insert(cx.watch_identity(*whom), Watched::Met(*whom));
                }
                self.say(id, Ok(Vec::new()), &[*whom], cx);
            }
            (Order::Forget, _) => self.forget(id, cx),
            (Order::Stop, _) => {
                self.stops = true;
                self.stop_next(cx);
            }
            (Order::Ask { .. } | Order::Watch | Order::Tell { .. } | Order::Exit { .. } | Order::Introduce { .. } | Order::Meet, None) => {
                unreachable!("a handle puts the target first")
            }
        }
    }

    fn has_started(&mut self, actor: Ref, is_supervisor: bool, cx: &mut Cx<'_>) {
        self.watches.insert(cx.watch(actor), Watched::Child(self.started));
        self.children.insert(self.started, Child { actor, is_supervisor });
        self.started += 1;
    }

    fn say(&self, id: u64, said: Result<Vec<u8>, Settle>, refs: &[Ref], cx: &mut Cx<'_>) {
        let (body, _) = encode(&Word { id, said: said.map(Bytes) });
        let lent: Vec<Ref> = refs.iter().map(|found| found.lending(Rights::ALL)).collect();
        cx.send_with(self.door, &body, &lent);
    }

    fn down(&mut self, watch: WatchId, reason: &Reason, cx: &mut Cx<'_>) {
        match self.watches.remove(&watch) {
            Some(Watched::Child(started)) => {
                let is_awaited = self.stops && self.children.last_key_value().is_some_and(|(last, _)| *last == started);
                self.children.remove(&started);
                if is_awaited {
                    self.stop_next(cx);
                }
            }
            Some(Watched::Outside(id)) => {
                self.waits.remove(&id);
                let body = postcard::to_allocvec(reason).expect("plain data encodes");
                self.say(id, Ok(body), &[], cx);
            }
            Some(Watched::Met(whom)) => {
                self.met.remove(&whom);
            }
            None => {}
        }
    }

    fn forget(&mut self, id: u64, cx: &mut Cx<'_>) {
        match self.waits.remove(&id) {
            Some(Wait::Call(call)) => {
                self.calls.remove(&call);
                cx.cancel_call(call);
            }
            Some(Wait::Watch(watch)) => {
                self.watches.remove(&watch);
                cx.unwatch(watch);
            }
            None => {}
        }
    }

    fn stop_next(&mut self, cx: &mut Cx<'_>) {
        cx.cancel_timer(STOP);
        let Some((_, last)) = self.children.last_key_value() else { return cx.stop(Reason::Normal) };
        cx.exit(last.actor, Reason::Shutdown);
        if !last.is_supervisor {
            cx.timer(STOP, STOP_MS);
        }
    }

    fn lose_patience(&mut self, cx: &mut Cx<'_>) {
        if let Some((_, last)) = self.children.last_key_value() {
            cx.exit(last.actor, Reason::Kill);
        }
    }
}
