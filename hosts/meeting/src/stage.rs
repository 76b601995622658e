//! Our side of a meeting: objects to be called, and what was settled for whoever waits.
use std::collections::{BTreeMap, BTreeSet};

use peerd_captp::{Conn, Object, Outcome, Peer, Promise, Reason, Ref, Refused, Resolver, Sturdyref, Value};

/// Whoever turns the machine.
pub trait Host {
    fn peer(&mut self) -> &mut Peer;
}

/// By their swiss numbers. Goblins offers the same, so that two of ours can meet as well.
const OFFERED: [(&str, Kind); 4] = [("echo", Kind::Echo), ("chain", Kind::Link(0)), ("fail", Kind::Fail), ("hub", Kind::Hub)];

enum Kind {
    /// Gives back what it was told.
    Echo,
    /// `next` is one deeper; `depth` says how deep.
    Link(i64),
    /// Never gives anything.
    Fail,
    /// Notes what it is told, in order.
    Tally(Vec<Value>),
    /// Settles a promise.
    Settler(Resolver),
    /// Does what it is told, as one that calls.
    Hub,
}

#[derive(Default)]
pub struct Stage {
    objects: BTreeMap<Object, Kind>,
    offered: BTreeMap<&'static str, Object>,
    settled: BTreeMap<Promise, Outcome>,
    /// What the hub was asked the outcome of.
    watched: BTreeMap<Promise, Option<Resolver>>,
    ready: BTreeSet<Conn>,
    next: u64,
}

/// What a call gives: a value, or nothing yet.
type Given = Result<Option<Value>, String>;

impl Stage {
    /// Registers what is offered.
    pub fn new(peer: &mut Peer) -> Stage {
        let mut stage = Stage::default();
        for (name, kind) in OFFERED {
            let object = stage.make(kind);
            stage.offered.insert(name, object);
            peer.register(name.as_bytes(), Ref::Local(object));
        }
        stage
    }

    /// One of those that are offered.
    pub fn own(&self, name: &str) -> Ref {
        Ref::Local(self.offered[name])
    }

    fn make(&mut self, kind: Kind) -> Object {
        let object = Object(self.next);
        self.next += 1;
        self.objects.insert(object, kind);
        object
    }

    pub fn deliver(&mut self, peer: &mut Peer, to: Object, args: &[Value], answer: Option<Resolver>) {
        let mut made = Vec::new();
        let outcome = match self.called(peer, to, args, answer, &mut made) {
            Ok(Some(value)) => Some(Outcome::Fulfilled(value)),
            Ok(None) => None,
            Err(why) => Some(Outcome::Broken(Reason::Told(Value::Text(why)))),
        };
        if let (Some(answer), Some(outcome)) = (answer, outcome) {
            // Only a caller that has gone cannot be answered.
            let _ = peer.settle(answer, outcome);
        }
        made.into_iter().for_each(|promise| peer.release(Ref::Promise(promise)));
        if !matches!(self.objects.get(&to), Some(Kind::Tally(_))) {
            args.iter().for_each(|value| peer.release_all(value));
        }
    }

    fn called(&mut self, peer: &mut Peer, to: Object, args: &[Value], answer: Option<Resolver>, made: &mut Vec<Promise>) -> Given {
        let kind = self.objects.get_mut(&to).ok_or("no such object")?;
        let (method, rest) = match args {
            [Value::Symbol(method), rest @ ..] => (method.as_str(), rest),
            _ => ("", args),
        };
        match (kind, method, rest) {
            (Kind::Echo, ..) => Ok(Some(Value::List(args.to_vec()))),
            (Kind::Link(depth), "next", []) => {
                let deeper = Kind::Link(*depth + 1);
                Ok(Some(Ref::Local(self.make(deeper)).into()))
            }
            (Kind::Link(depth), "depth", []) => Ok(Some(Value::integer(*depth))),
            (Kind::Tally(seen), "note", [item]) => {
                seen.push(item.clone());
                Ok(Some(Value::Void))
            }
            (Kind::Tally(seen), "all", []) => Ok(Some(Value::List(seen.clone()))),
            (Kind::Settler(resolver), "fulfill", [value]) => settled(peer, *resolver, Outcome::Fulfilled(value.clone())),
            (Kind::Settler(resolver), "break", [why]) => settled(peer, *resolver, Outcome::Broken(Reason::Told(why.clone()))),
            (Kind::Hub, ..) => self.told(peer, method, rest, answer, made),
            _ => Err("as asked".into()),
        }
    }

    fn told(&mut self, peer: &mut Peer, method: &str, args: &[Value], answer: Option<Resolver>, made: &mut Vec<Promise>) -> Given {
        let mut keep = |promise| {
            made.push(promise);
            Ref::Promise(promise)
        };
        match (method, args) {
            ("idle", []) => Ok(Some(Value::Void)),
            ("promise", []) => {
                let (promise, resolver) = peer.promise();
                let pair = [keep(promise), Ref::Local(self.make(Kind::Settler(resolver)))];
                Ok(Some(Value::List(pair.map(Value::from).to_vec())))
            }
            ("new-tally", []) => Ok(Some(Ref::Local(self.make(Kind::Tally(Vec::new()))).into())),
            ("enliven", [Value::Text(uri)]) => {
                let sturdyref = Sturdyref::parse(uri).map_err(|_| "no locator")?;
                Ok(Some(keep(peer.enliven(&sturdyref).map_err(refused)?).into()))
            }
            ("call", [Value::Ref(target), args @ ..]) => Ok(Some(keep(peer.call(*target, args.to_vec()).map_err(refused)?).into())),
            ("deepest", [Value::Ref(target), Value::Integer(times)]) => {
                let mut link = *target;
                for _ in 0..times.to_i64().ok_or("too deep")? {
                    link = keep(peer.call(link, vec![Value::symbol("next")]).map_err(refused)?);
                }
                Ok(Some(keep(peer.call(link, vec![Value::symbol("depth")]).map_err(refused)?).into()))
            }
            ("outcome", [Value::Ref(target), args @ ..]) => {
                let promise = peer.call(*target, args.to_vec()).map_err(refused)?;
                peer.listen(promise).map_err(refused)?;
                self.watched.insert(promise, answer);
                Ok(None)
            }
            _ => Err("as asked".into()),
        }
    }

    pub fn settled(&mut self, peer: &mut Peer, promise: Promise, outcome: Outcome) {
        let Some(answer) = self.watched.remove(&promise) else {
            self.settled.insert(promise, outcome);
            return;
        };
        let said = match &outcome {
            Outcome::Fulfilled(value) => vec![Value::symbol("fulfilled"), value.clone()],
            Outcome::Broken(_) => vec![Value::symbol("broken")],
        };
        if let Some(answer) = answer {
            // As in `deliver`.
            let _ = peer.settle(answer, Outcome::Fulfilled(Value::List(said)));
        }
        if let Outcome::Fulfilled(value) = &outcome {
            peer.release_all(value);
        }
        peer.release(Ref::Promise(promise));
    }

    pub fn dropped(&mut self, object: Object) {
        if !self.offered.values().any(|offered| *offered == object) {
            self.objects.remove(&object);
        }
    }

    pub fn ready(&mut self, conn: Conn) {
        self.ready.insert(conn);
    }

    pub fn ended(&mut self, conn: Conn) {
        self.ready.remove(&conn);
    }

    /// The sessions that stand.
    pub fn sessions(&self) -> impl Iterator<Item = Conn> {
        self.ready.iter().copied()
    }

    pub(crate) fn take(&mut self, promise: Promise) -> Option<Outcome> {
        self.settled.remove(&promise)
    }
}

fn settled(peer: &mut Peer, resolver: Resolver, outcome: Outcome) -> Given {
    peer.settle(resolver, outcome).map_err(refused)?;
    Ok(Some(Value::Void))
}

fn refused(refused: Refused) -> String {
    format!("{refused:?}")
}
