//! Virtual actors: one for each key, made by the first who asks for it, and always there from then on (semantics 17).
//!
//! Whoever holds the namespace turns a key into a ref; the ref is good for ever, over lives of the vat too if they are durable: its
//! next message is what the actor goes on with. What rests is bytes until then, out of memory if the vat has a swap; what crashes
//! goes on, from its last commit if it is durable.
//!
//! ```
//! use peerd_otp::namespace::{self, Spec};
//! use peerd_vat::{Cx, Durability};
//!
//! fn boot(cx: &mut Cx<'_>) {
//!     let rooms = namespace::spawn(cx, "rooms", &Spec::new("room").durability(Durability::Durable), &[]);
//!     let call = namespace::get(rooms, "kitchen", cx);
//!     // Its reply event, by `namespace::found`: the ref.
//! }
//! ```
use crate::{
    Server,
    message::{self, Caller, decode, encode},
};
use alloc::{
    boxed::Box,
    collections::{BTreeMap, BTreeSet},
    string::{String, ToString},
    vec::Vec,
};
use peerd_vat::{
    Answer, Behaviour, CALL_MS, CallId, Crash, Cx, Durability, Event, INFINITY_MS, Identity, KeptChild, Poison, Reason, Ref, Settle,
    SpawnOptions,
};
use serde::{Deserialize, Serialize};

pub const NAME: &str = "namespace";

/// Limit: bytes of a key.
pub const KEY_MAX: usize = 2_048;
/// Limit: keys of one page of `Request::Keys`.
pub const KEYS_MAX: u32 = 1_000;

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour() -> Box<dyn Behaviour> {
    crate::behaviour::<Namespace>()
}

/// What its actors are. Each is started with `args` and, behind them, its key: the length in four bytes, the lowest first, then its
/// text. Its endowment is the namespace's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    pub behaviour: String,
    pub args: Vec<u8>,
    pub durability: Durability,
    /// What becomes of a message on which the turns of a durable one fail.
    pub poison: Poison,
}

impl Spec {
    #[must_use]
    pub fn new(behaviour: &str) -> Spec {
        Spec { behaviour: behaviour.into(), args: Vec::new(), durability: Durability::Volatile, poison: Poison::Retry }
    }

    #[must_use]
    pub fn args(self, args: Vec<u8>) -> Spec {
        Spec { args, ..self }
    }

    /// Durable ones are remembered by the journal if the namespace is kept at the same place in later lives of its vat.
    #[must_use]
    pub fn durability(self, durability: Durability) -> Spec {
        Spec { durability, ..self }
    }

    #[must_use]
    pub fn poison(self, poison: Poison) -> Spec {
        Spec { poison, ..self }
    }

    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encode(self)
    }
}

/// Kept by the caller under its label and linked to it.
pub fn spawn(cx: &mut Cx<'_>, label: &str, spec: &Spec, refs: &[Ref]) -> Ref {
    cx.spawn(SpawnOptions::new(NAME, &spec.encode()).refs(refs).label(label).identity(Identity::Kept(label)).linked())
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Answered `Found`, with the ref as the first of the table, when the actor's init has committed; at once if it ever has.
    Get(String),
    /// The keys behind this one in order, at most so many. Answered `Keys`.
    Keys { after: Option<String>, limit: u32 },
    /// Ends the actor of this key and gives up all that was kept of it. The same key is another actor then.
    Delete(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    Ok,
    Found,
    Keys(Vec<String>),
    Failed(Failure),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    NotFound,
    /// The actor's init failed, for this reason: nothing is left of it, and who asks again tries again. Or one that has been can't
    /// begin again (`parked`): it keeps what it has.
    Init(Reason),
    /// It was deleted while it started.
    Deleted,
    /// A key that is empty or longer than `KEY_MAX`.
    Key,
    /// The request could not be read.
    Malformed,
}

pub fn get(namespace: Ref, key: &str, cx: &mut Cx<'_>) -> CallId {
    message::call(namespace, &Request::Get(key.into()), &[], CALL_MS, cx)
}

/// Reads the answer to `get`. An error is the reason to exit with.
pub fn found(result: Result<Answer<'_>, Settle>) -> Result<Ref, String> {
    match result.map(|answer| (decode(answer.body), answer.refs.first())) {
        Ok((Some(Reply::Found), Some(actor))) => Ok(*actor),
        Ok((other, _)) => Err(alloc::format!("not found: {other:?}")),
        Err(settle) => Err(settle.to_string()),
    }
}

/// Whom it keeps the kernel knows, also those that are out of memory: here are only those with whom something is under way.
#[derive(Serialize, Deserialize)]
struct Namespace {
    spec: Spec,
    refs: Vec<Ref>,
    moving: BTreeMap<String, Moving>,
    /// Those that start, by the call that does it, and whether they have never been.
    starting: BTreeMap<CallId, (String, bool)>,
    /// Who is told when its actor has started or ended.
    callers: BTreeMap<String, Vec<Caller>>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Moving {
    actor: Ref,
    stands: Stands,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Stands {
    Starting,
    /// It is to end.
    Doomed,
}

impl Server for Namespace {
    const NAME: &'static str = NAME;
    type State = Namespace;

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Namespace, Crash> {
        let spec = decode::<Spec>(args).ok_or_else(|| Crash::new("bad_args", "a namespace takes a `Spec`"))?;
        cx.trap_exits(true);
        let mut namespace =
            Namespace { spec, refs: refs.into(), moving: BTreeMap::new(), starting: BTreeMap::new(), callers: BTreeMap::new() };
        let (mut busy, mut living) = (Vec::new(), Vec::new());
        for KeptChild { id: key, actor, is_live, has_messages, recovers } in cx.kept_children() {
            if is_live {
                living.push(actor);
            } else if has_messages && !recovers {
                busy.push(String::from(key));
            }
        }
        // One that trapped the exit of the namespace before this one.
        living.into_iter().for_each(|actor| cx.link(actor));
        cx.recover_children();
        // These have never been, or wait for their code; what waits for them was sent before their vat ended.
        busy.iter().for_each(|key| namespace.start(key, cx));
        Ok(namespace)
    }

    fn handle(namespace: &mut Namespace, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, reply: Some(reply), .. } => namespace.serve(decode(body), Caller(reply), cx),
            Event::Reply { call, result } => namespace.started(call, result.map(|_| ()), cx),
            Event::Exit { from, .. } => namespace.ended(from, cx),
            // Nobody else has business here.
            Event::User { reply: None, .. } | Event::Down { .. } | Event::Timer { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }

    fn held(namespace: &Namespace) -> Option<Vec<Ref>> {
        let callers = namespace.callers.values().flatten().map(|caller| caller.0);
        Some(namespace.refs.iter().copied().chain(callers).collect())
    }
}

impl Namespace {
    fn serve(&mut self, request: Option<Request>, caller: Caller, cx: &mut Cx<'_>) {
        let reply = match request {
            Some(Request::Get(key)) if key.is_empty() || key.len() > KEY_MAX => Reply::Failed(Failure::Key),
            Some(Request::Get(key)) => return self.get(key, caller, cx),
            Some(Request::Keys { after, limit }) => Reply::Keys(keys(after.as_deref(), limit.min(KEYS_MAX) as usize, cx)),
            Some(Request::Delete(key)) => return self.delete(key, caller, cx),
            None => Reply::Failed(Failure::Malformed),
        };
        caller.answer(&reply, cx);
    }

    fn get(&mut self, key: String, caller: Caller, cx: &mut Cx<'_>) {
        match self.moving.get(&key).map(|moving| moving.stands) {
            Some(Stands::Doomed) => return caller.answer(&Reply::Failed(Failure::Deleted), cx),
            Some(Stands::Starting) => {}
            None => match cx.kept_child(&key) {
                Some(KeptChild { actor, is_live: true, .. }) => return caller.answer_with(&Reply::Found, &[actor], cx),
                // It has never been, or could not go on.
                Some(_) | None => self.start(&key, cx),
            },
        }
        self.callers.entry(key).or_default().push(caller);
    }

    /// The first life of a new one, or the next one of another: of what that has committed, if anything.
    fn start(&mut self, key: &str, cx: &mut Cx<'_>) {
        let is_new = cx.kept_child(key).is_none();
        let args = [&*self.spec.args, &(key.len() as u32).to_le_bytes(), key.as_bytes()].concat();
        let options = SpawnOptions::new(&self.spec.behaviour, &args).refs(&self.refs).label(key).identity(Identity::Kept(key)).linked();
        let (actor, call) = cx.start(options.durability(self.spec.durability).poison(self.spec.poison), INFINITY_MS);
        self.moving.insert(key.into(), Moving { actor, stands: Stands::Starting });
        self.starting.insert(call, (key.into(), is_new));
    }

    fn started(&mut self, call: CallId, result: Result<(), Settle>, cx: &mut Cx<'_>) {
        let Some((key, is_new)) = self.starting.remove(&call) else { return };
        let Some(&Moving { actor, stands }) = self.moving.get(&key) else { return };
        match result {
            // It had no life that could be killed.
            Err(Settle::Parked) if stands == Stands::Doomed => self.drop_it(&key, actor, &Reply::Ok, cx),
            _ if stands == Stands::Doomed => {}
            Ok(()) => {
                self.moving.remove(&key);
                for caller in self.callers.remove(&key).unwrap_or_default() {
                    caller.answer_with(&Reply::Found, &[actor], cx);
                }
            }
            Err(settle) => {
                let reason = if let Settle::Exit(reason) = settle { reason } else { Reason::Other(settle.to_string()) };
                let failed = Reply::Failed(Failure::Init(reason));
                if is_new {
                    return self.drop_it(&key, actor, &failed, cx);
                }
                // One that has been keeps what it has: parked, or of code that is not there.
                self.moving.remove(&key);
                self.tell(&key, &failed, cx);
            }
        }
    }

    fn delete(&mut self, key: String, caller: Caller, cx: &mut Cx<'_>) {
        let moving = self.moving.get(&key).copied();
        let kept = moving.is_none().then(|| cx.kept_child(&key)).flatten();
        let Some(actor) = moving.map(|moving| moving.actor).or(kept.map(|kept| kept.actor)) else {
            return caller.answer(&Reply::Failed(Failure::NotFound), cx);
        };
        if moving.is_some_and(|moving| moving.stands == Stands::Starting) {
            self.tell(&key, &Reply::Failed(Failure::Deleted), cx);
        }
        self.callers.entry(key.clone()).or_default().push(caller);
        if kept.is_some_and(|kept| !kept.is_live) {
            return self.drop_it(&key, actor, &Reply::Ok, cx);
        }
        if moving.is_none_or(|moving| moving.stands == Stands::Starting) {
            cx.exit(actor, Reason::Kill);
        }
        self.moving.insert(key, Moving { actor, stands: Stands::Doomed });
    }

    fn ended(&mut self, from: Ref, cx: &mut Cx<'_>) {
        let Some(key) = cx.kept_id(from) else { return };
        match self.moving.get(&key).copied() {
            Some(Moving { actor, stands: Stands::Doomed }) => self.drop_it(&key, actor, &Reply::Ok, cx),
            // The call that starts it says so, too.
            Some(Moving { stands: Stands::Starting, .. }) => {}
            // It left, or crashed: it is there again for the next message.
            None => self.start(&key, cx),
        }
    }

    /// An ended one: nothing is left of it.
    fn drop_it(&mut self, key: &str, actor: Ref, reply: &Reply, cx: &mut Cx<'_>) {
        self.moving.remove(key);
        cx.forget(actor);
        self.tell(key, reply, cx);
    }

    fn tell(&mut self, key: &str, reply: &Reply, cx: &mut Cx<'_>) {
        self.callers.remove(key).unwrap_or_default().into_iter().for_each(|caller| caller.answer(reply, cx));
    }
}

/// The least so many behind this one: at the cost of a look at each that is kept.
fn keys(after: Option<&str>, limit: usize, cx: &Cx<'_>) -> Vec<String> {
    let mut least = BTreeSet::new();
    for key in cx.kept_ids().filter(|key| after.is_none_or(|after| &**key > after)) {
        least.insert(key);
        if least.len() > limit {
            least.pop_last();
        }
    }
    least.into_iter().collect()
}
