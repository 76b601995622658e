//! Calls on their way between actors and peers, and what is to come of them.
use crate::{
    gateway::{Reply, Request},
    portable,
    presences::{Presences, Table},
    registry,
    wire::{FromHost, Settings, ToHost},
};
use alloc::{collections::BTreeMap, string::String, vec::Vec};
use peerd_captp::{
    Conn, Dial, Input, Limits, Outcome, Output, Peer, Promise, Reason, Ref as Reference, Refused, Resolver, Role, Sturdyref, Time, Value,
};
use peerd_otp::message::{Caller, call, cast, decode};
use peerd_vat::{Answer, CALL_MS, CallId, Cx, Ref, Settle};

/// The timer for what the machine must do though nothing comes.
pub(crate) const CLOCK: u64 = 1;
/// As long as a peer may wait for an actor of ours: it sets its own deadline.
const SERVING_MS: u64 = 24 * 60 * 60 * 1_000;
/// How often it is looked whether somebody here let go of something of a peer's.
const SWEEP_MS: u64 = 1_000;

pub(crate) struct Exchange {
    peer: Peer,
    port: Ref,
    registry: Option<Ref>,
    presences: Presences,
    /// Calls of actors of ours, by the promise that answers them.
    asked: BTreeMap<Promise, Asked>,
    /// Calls of peers, by the call of ours that answers them.
    serving: BTreeMap<CallId, Resolver>,
    /// What the registry was asked, and for whom.
    keeping: BTreeMap<CallId, Kept>,
}

enum Asked {
    /// Who waits for the value itself.
    Value(Ref),
    /// Who waits for a ref.
    Found(Caller),
}

enum Kept {
    Loading,
    Offer([u8; 32], Ref, Caller),
    Withdraw(Caller),
}

impl Exchange {
    pub fn new(settings: &Settings, port: Ref, registry: Option<Ref>, cx: &mut Cx<'_>) -> Exchange {
        let netlayers = settings.layers.iter().map(|layer| layer.netlayer()).collect();
        let peer = Peer::new(netlayers, Limits::default(), settings.seed);
        let mut keeping = BTreeMap::new();
        match registry {
            Some(registry) => drop(keeping.insert(call(registry, &registry::Request::All, &[], CALL_MS, cx), Kept::Loading)),
            None => cast(port, &ToHost::Open, &[], cx),
        }
        let (asked, serving) = (BTreeMap::new(), BTreeMap::new());
        Exchange { peer, port, registry, presences: Presences::default(), asked, serving, keeping }
    }

    /// Before each turn's own business.
    pub fn begin(&mut self, cx: &mut Cx<'_>) {
        self.input(Input::Tick, cx);
        self.presences.sweep(&mut self.peer, cx);
    }

    /// After it: what the machine wants done.
    pub fn end(&mut self, cx: &mut Cx<'_>) {
        while let Some(output) = self.peer.take() {
            self.perform(output, cx);
        }
        let due = self.peer.wake_at().map(|at| at.0.div_ceil(1_000).saturating_sub(cx.wall().0));
        let sweep = self.presences.has_far().then_some(SWEEP_MS);
        match due.into_iter().chain(sweep).min() {
            Some(after) => cx.timer(CLOCK, after.max(1)),
            None => drop(cx.cancel_timer(CLOCK)),
        }
    }

    /// The refs that are held for others.
    pub fn held(&self) -> Vec<Ref> {
        let asked = self.asked.values().map(|asked| match asked {
            Asked::Value(reply) => *reply,
            Asked::Found(caller) => caller.0,
        });
        let keeping = self.keeping.values().flat_map(|kept| match kept {
            Kept::Loading => [None, None],
            Kept::Offer(_, named, caller) => [Some(*named), Some(caller.0)],
            Kept::Withdraw(caller) => [Some(caller.0), None],
        });
        self.presences.nears().chain(asked).chain(keeping.flatten()).chain([self.port]).chain(self.registry).collect()
    }

    pub fn hear(&mut self, said: FromHost, cx: &mut Cx<'_>) {
        match said {
            FromHost::Accepted { conn, layer } => self.connected(conn, layer, Role::Accepted, cx),
            FromHost::Dialled { conn, layer, dial } => self.connected(conn, layer, Role::Dialled(Dial(dial)), cx),
            FromHost::NotDialled { dial } => self.input(Input::NotConnected { dial: Dial(dial) }, cx),
            FromHost::Bytes { conn, bytes } => self.input(Input::Bytes { conn: Conn(conn), bytes: &bytes }, cx),
            FromHost::Written { conn, bytes } => self.input(Input::Written { conn: Conn(conn), bytes: bytes as usize }, cx),
            FromHost::Closed { conn } => self.input(Input::Closed { conn: Conn(conn) }, cx),
        }
    }

    /// A message to something of a peer's.
    pub fn call_far(&mut self, number: u32, body: &[u8], refs: &[Ref], reply: Option<Ref>, cx: &mut Cx<'_>) {
        let called = self.args(body, refs, cx).and_then(|args| {
            let to = self.presences.far(number).ok_or("nobody")?;
            match reply {
                None => self.peer.send(to, args).map(|()| None).map_err(words),
                Some(reply) => self.ask(to, args).map(|promise| Some((promise, reply))),
            }
        });
        match (called, reply) {
            (Ok(Some((promise, reply))), _) => drop(self.asked.insert(promise, Asked::Value(reply))),
            (Err(why), Some(reply)) => cx.reply(reply, &portable::write(&Value::Error(why.into())), &[]),
            (Ok(None) | Err(_), _) => {}
        }
    }

    pub fn serve(&mut self, request: Option<Request>, refs: &[Ref], caller: Caller, cx: &mut Cx<'_>) {
        let done = match request {
            Some(Request::Offer { lasts }) => self.offer(lasts, refs, caller, cx),
            Some(Request::Withdraw(swiss)) => self.withdraw(swiss, caller, cx),
            Some(Request::Enliven(uri)) => Sturdyref::parse(&uri).map_err(|_| "not an ocapn: URI of an object").and_then(|sturdyref| {
                let promise = self.peer.enliven(&sturdyref).map_err(words)?;
                self.find(promise, caller)
            }),
            Some(Request::Fetch { conn, swiss }) => {
                let promise = self.peer.fetch(Conn(conn), &swiss).map_err(words);
                promise.and_then(|promise| self.find(promise, caller))
            }
            Some(Request::Ask(body)) => self.pipeline(&body, refs, caller, cx),
            Some(Request::Look) => {
                let (had, given) = self.presences.counts();
                let waiting = (self.asked.len() + self.serving.len()) as u32;
                caller.answer(&Reply::Standing { had, given, waiting }, cx);
                Ok(())
            }
            None => Err("not a request"),
        };
        if let Err(why) = done {
            caller.answer(&Reply::Failed(why.into()), cx);
        }
    }

    /// A call of ours has settled: of an actor for a peer, or of the registry.
    pub fn answered(&mut self, call: CallId, result: Result<Answer<'_>, Settle>, cx: &mut Cx<'_>) {
        if let Some(resolver) = self.serving.remove(&call) {
            let outcome = match result.map(|answer| self.outward(answer.body, answer.refs, cx)) {
                Ok(Some(Value::Error(why))) => Outcome::Broken(Reason::Told(Value::Text(why))),
                Ok(Some(value)) => Outcome::Fulfilled(value),
                Ok(None) => Outcome::Broken(Reason::Told(Value::text("it answered what can't be sent"))),
                Err(settle) => Outcome::Broken(Reason::Told(Value::text(kind(&settle)))),
            };
            // A session that has ended waits for nothing any more.
            let _ = self.peer.settle(resolver, outcome);
            return;
        }
        let answer = result.ok();
        let is_done = answer.is_some_and(|answer| decode(answer.body) == Some(registry::Reply::Done));
        match self.keeping.remove(&call) {
            Some(Kept::Loading) => {
                let found = answer.and_then(|answer| Some((registry::names(answer.body)?, answer.refs)));
                if found.is_none() {
                    cx.report("gateway", "its registry did not answer: no lasting name is offered in this life");
                }
                for (swiss, named) in found.iter().flat_map(|(names, refs)| names.iter().zip(*refs)) {
                    self.register(swiss, *named, cx);
                }
                cast(self.port, &ToHost::Open, &[], cx);
            }
            Some(Kept::Offer(swiss, named, caller)) if is_done => {
                self.register(&swiss, named, cx);
                caller.answer(&Reply::Offered { swiss }, cx);
            }
            Some(Kept::Withdraw(caller)) if is_done => caller.answer(&Reply::Withdrawn, cx),
            Some(Kept::Offer(_, _, caller) | Kept::Withdraw(caller)) => {
                caller.answer(&Reply::Failed("the registry did not keep it".into()), cx);
            }
            None => {}
        }
    }

    fn input(&mut self, input: Input<'_>, cx: &mut Cx<'_>) {
        self.peer.handle(Time(cx.wall().0 * 1_000), input);
    }

    fn connected(&mut self, conn: u64, layer: u32, role: Role, cx: &mut Cx<'_>) {
        self.input(Input::Connected { conn: Conn(conn), netlayer: layer as usize, role, proven: None }, cx);
    }

    fn perform(&mut self, output: Output, cx: &mut Cx<'_>) {
        let told = match output {
            Output::Send { conn, bytes } => ToHost::Send { conn: conn.0, bytes },
            Output::Dial { dial, netlayer, location } => {
                let url = location.hints.into_iter().find(|(key, _)| key == "url").map(|(_, url)| url);
                ToHost::Dial { dial: dial.0, layer: netlayer as u32, url }
            }
            Output::Close { conn, why } => ToHost::Close { conn: conn.0, why },
            Output::Pause { conn } => ToHost::Pause { conn: conn.0 },
            Output::Resume { conn } => ToHost::Resume { conn: conn.0 },
            Output::Ready { conn, location, .. } => ToHost::Ready { conn: conn.0, location: alloc::format!("{location}") },
            Output::Ended { conn } => ToHost::Ended { conn: conn.0 },
            Output::Deliver { to, args, answer, .. } => {
                let Some(near) = self.presences.near(to) else { return };
                let mut table = Table::default();
                let body = portable::write(&self.presences.inward(Value::List(args), &mut table, &mut self.peer, cx));
                return match answer {
                    None => cx.send_with(near, &body, &table.refs),
                    Some(resolver) => drop(self.serving.insert(cx.call(near, &body, &table.refs, SERVING_MS), resolver)),
                };
            }
            Output::Settled { promise, outcome } => return self.settled(promise, outcome, cx),
            Output::Dropped { object } => return self.presences.drop(object),
        };
        cast(self.port, &told, &[], cx);
    }

    fn settled(&mut self, promise: Promise, outcome: Outcome, cx: &mut Cx<'_>) {
        let asked = self.asked.remove(&promise);
        match (asked, outcome) {
            (Some(Asked::Value(reply)), Outcome::Broken(Reason::Disconnected)) => cx.refuse(reply, &Settle::Noconnection),
            (Some(Asked::Value(reply)), outcome) => {
                let mut table = Table::default();
                let value = match outcome {
                    Outcome::Fulfilled(value) => self.presences.inward(value, &mut table, &mut self.peer, cx),
                    Outcome::Broken(why) => Value::Error(told(&why)),
                };
                cx.reply(reply, &portable::write(&value), &table.refs);
            }
            (Some(Asked::Found(caller)), Outcome::Fulfilled(Value::Ref(reference))) => {
                let mut table = Table::default();
                self.presences.inward(Value::Ref(reference), &mut table, &mut self.peer, cx);
                caller.answer_with(&Reply::Found, &table.refs, cx);
            }
            (Some(Asked::Found(caller)), outcome) => {
                let why = match outcome {
                    Outcome::Fulfilled(_) => "what is there is no object".into(),
                    Outcome::Broken(why) => told(&why),
                };
                caller.answer(&Reply::Failed(why), cx);
            }
            (None, _) => {}
        }
        self.peer.release(Reference::Promise(promise));
    }

    fn args(&mut self, body: &[u8], refs: &[Ref], cx: &Cx<'_>) -> Result<Vec<Value>, &'static str> {
        match self.outward(body, refs, cx) {
            Some(Value::List(args)) => Ok(args),
            _ => Err("not a list of portable values"),
        }
    }

    fn outward(&mut self, body: &[u8], refs: &[Ref], cx: &Cx<'_>) -> Option<Value> {
        self.presences.outward(portable::read(body)?, refs, cx)
    }

    fn ask(&mut self, to: Reference, args: Vec<Value>) -> Result<Promise, &'static str> {
        let promise = self.peer.call(to, args).map_err(words)?;
        self.peer.listen(promise).map_err(words)?;
        Ok(promise)
    }

    fn find(&mut self, promise: Promise, caller: Caller) -> Result<(), &'static str> {
        self.peer.listen(promise).map_err(words)?;
        self.asked.insert(promise, Asked::Found(caller));
        Ok(())
    }

    fn pipeline(&mut self, body: &[u8], refs: &[Ref], caller: Caller, cx: &mut Cx<'_>) -> Result<(), &'static str> {
        let (first, table) = refs.split_first().ok_or("whom?")?;
        let to = cx.own_object(*first).and_then(|number| self.presences.far(number)).ok_or("not a ref of this gateway's")?;
        let args = self.args(body, table, cx)?;
        let promise = self.peer.call(to, args).map_err(words)?;
        let will_be = self.presences.bring(Reference::Promise(promise), &mut self.peer, cx);
        caller.answer_with(&Reply::Found, &[will_be], cx);
        Ok(())
    }

    fn offer(&mut self, lasts: bool, refs: &[Ref], caller: Caller, cx: &mut Cx<'_>) -> Result<(), &'static str> {
        let [named] = refs else { return Err("one ref is offered") };
        let swiss = self.peer.mint();
        if !lasts {
            self.register(&swiss, *named, cx);
            caller.answer(&Reply::Offered { swiss }, cx);
            return Ok(());
        }
        let registry = self.registry.ok_or("this gateway has no registry")?;
        let kept = call(registry, &registry::Request::Keep(swiss), &[*named], CALL_MS, cx);
        self.keeping.insert(kept, Kept::Offer(swiss, *named, caller));
        Ok(())
    }

    fn withdraw(&mut self, swiss: [u8; 32], caller: Caller, cx: &mut Cx<'_>) -> Result<(), &'static str> {
        self.peer.unregister(&swiss);
        match self.registry {
            None => caller.answer(&Reply::Withdrawn, cx),
            Some(registry) => {
                let kept = call(registry, &registry::Request::Forget(swiss), &[], CALL_MS, cx);
                self.keeping.insert(kept, Kept::Withdraw(caller));
            }
        }
        Ok(())
    }

    fn register(&mut self, swiss: &[u8; 32], named: Ref, cx: &Cx<'_>) {
        let reference = self.presences.give(named, cx);
        self.peer.register(swiss, reference);
    }
}

fn told(why: &Reason) -> String {
    match why {
        Reason::Disconnected => "the connection has ended".into(),
        Reason::Machine(why) => (*why).into(),
        Reason::Told(Value::Text(text) | Value::Error(text) | Value::Symbol(text)) => text.clone(),
        Reason::Told(_) => "it was told why in no words".into(),
    }
}

/// No more of what happened here than peers may know.
fn kind(settle: &Settle) -> &'static str {
    match settle {
        Settle::Revoked => "revoked",
        Settle::Timeout => "timeout",
        Settle::Noproc => "gone",
        Settle::Overloaded => "overloaded",
        _ => "failed",
    }
}

fn words(refused: Refused) -> &'static str {
    match refused {
        Refused::Unknown => "a reference or connection that is no longer",
        Refused::NotPortable(what) => what,
        Refused::TooLong => "longer than a message may be",
        Refused::Full(what) => what,
        Refused::Unreachable => "no way leads to that place",
    }
}
