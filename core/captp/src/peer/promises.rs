//! How calls find their way to what a promise becomes, and how its end is told. Nothing here calls itself: what follows from what is queued.
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem;

use super::Peer;
use super::refs::EXTENSION;
use crate::cell::{Call, Cell, Path, Place, State, Watcher, What, bytes_of, refs_of_all};
use crate::io::{Flavour, Outcome, Output, Part, Reason};
use crate::session::{Sid, Target};
use crate::value::{Far, Object, Promise, Ref, Resolver, Value};

/// What is still to be done before anything else may be heard.
pub(crate) enum Work {
    /// With the right to settle it.
    Settle(Promise, Outcome),
    /// It has become a peer's promise: what waited for that goes there.
    Flush(Promise),
}

/// What one who waits for a promise takes.
const WATCHER_BYTES: usize = 64;

/// Why a value is not kept, or a call not queued: other peers have as little room then.
const TOO_MUCH: &str = "too much is held";

pub(super) fn broken(why: &'static str) -> Outcome {
    Outcome::Broken(Reason::Machine(why))
}

impl Peer {
    pub(super) fn work(&mut self) {
        while let Some(work) = self.todo.pop_front() {
            match work {
                Work::Settle(promise, outcome) => self.settle_now(promise, outcome),
                Work::Flush(promise) => {
                    if let Some(cell) = self.cells.get_mut(promise.0) {
                        let queue = mem::take(&mut cell.queue);
                        let bytes = cell.watchers.len() * WATCHER_BYTES;
                        self.keep_bytes(promise, bytes);
                        self.call_again(promise, queue);
                    }
                }
            }
        }
    }

    /// Settles it, when its turn comes; the right to do so is used up.
    pub(super) fn settle_later(&mut self, promise: Promise, outcome: Outcome) {
        self.todo.push_back(Work::Settle(promise, outcome));
    }

    /// Gives up a call: nothing is delivered, and whoever waits for its answer is told.
    pub(super) fn fail(&mut self, call: Call, reason: Reason) {
        self.answer(call, Outcome::Broken(reason));
    }

    /// Ends a call without delivering it. What the outcome mentions is held for it here.
    fn answer(&mut self, call: Call, outcome: Outcome) {
        if let Some(result) = call.result {
            self.hold_outcome(&outcome);
            self.settle_later(result, outcome);
        }
        if let What::Deliver(args) = &call.what {
            self.drop_all(args);
        }
    }

    /// Makes a call of whatever it is to: delivered, written, or kept until that is known.
    pub(super) fn dispatch(&mut self, to: Ref, call: Call) {
        if let Some(result) = call.result.and_then(|result| self.cells.get_mut(result.0)) {
            result.queued_at = None;
        }
        match self.shortest(to) {
            Ref::Local(object) => self.deliver(object, call),
            Ref::Far(Far(id)) => match self.fars.get(id) {
                Some(far) => self.write_call(Path { sid: far.sid, at: Place::Import(far.position) }, call),
                None => self.fail(call, Reason::Machine("the reference was released")),
            },
            Ref::Promise(promise) => self.call_promise(promise, call),
        }
    }

    fn call_promise(&mut self, promise: Promise, call: Call) {
        let Some(cell) = self.cells.get_mut(promise.0) else {
            return self.fail(call, Reason::Machine("the promise was released"));
        };
        if !cell.queue.is_empty() {
            return self.enqueue(promise, call);
        }
        if let Some(way) = cell.way() {
            cell.piped += 1;
            if let Some(result) = call.result.and_then(|result| self.cells.get_mut(result.0)) {
                result.via = Some(promise);
            }
            return self.write_call(way, call);
        }
        match &cell.state {
            State::Open => self.enqueue(promise, call),
            State::Settled(Outcome::Broken(reason)) => {
                let reason = reason.clone();
                self.fail(call, reason);
            }
            State::Settled(Outcome::Fulfilled(value)) => {
                let outcome = match &call.what {
                    What::Part(part) => part_of(value, part),
                    What::Deliver(_) => broken("what was called is not an object"),
                };
                self.answer(call, outcome);
            }
            State::Follows(_) => unreachable!("a tip follows nothing unless it has a way"),
        }
    }

    /// Like [`Peer::watch`], but a promise that has become another one already is told as that to who wants to hear of it.
    pub(super) fn watch_partly(&mut self, promise: Promise, watcher: Watcher, partial: bool) {
        match self.cells.get(promise.0) {
            Some(Cell { state: State::Follows(other), .. }) if partial && self.is_open(*other) => {
                let other = *other;
                self.tell(watcher, &Outcome::Fulfilled(Value::Ref(Ref::Promise(other))));
            }
            _ => self.watch(promise, watcher),
        }
    }

    fn is_open(&self, promise: Promise) -> bool {
        let root = self.root(promise);
        matches!(self.cells.get(root.0), Some(Cell { state: State::Open, .. }))
    }

    fn enqueue(&mut self, promise: Promise, call: Call) {
        let cell = self.cells.get(promise.0).expect("looked up by who calls this");
        let bytes = cell.bytes + call.bytes;
        if cell.queue.len() >= self.limits.queued_max || bytes > self.limits.queued_bytes_max {
            return self.fail(call, Reason::Machine("too much waits for this promise"));
        }
        if self.kept_bytes + call.bytes > self.limits.kept_bytes_max {
            return self.fail(call, Reason::Machine(TOO_MUCH));
        }
        self.keep_bytes(promise, bytes);
        let cell = self.cells.get_mut(promise.0).expect("looked up above");
        let result = call.result;
        cell.queue.push_back(call);
        if let Some(result) = result.and_then(|result| self.cells.get_mut(result.0)) {
            result.queued_at = Some(promise);
        }
    }

    fn deliver(&mut self, to: Object, call: Call) {
        let args = match call.what {
            What::Part(_) => return self.fail(call, Reason::Machine("an object has no parts")),
            What::Deliver(_) if to == EXTENSION => return self.fail(call, Reason::Machine("no such method")),
            What::Deliver(args) => args,
        };
        let mut locals = Vec::new();
        refs_of_all(&args, &mut |reference| match reference {
            Ref::Local(_) => locals.push(reference),
            Ref::Far(_) | Ref::Promise(_) => self.lend_one(reference),
        });
        self.outputs.push_back(Output::Deliver { from: call.from, to, args, answer: call.result.map(|promise| Resolver(promise.0)) });
        locals.into_iter().for_each(|reference| self.drop_one(reference));
    }

    /// So many bytes are kept at a promise now.
    fn keep_bytes(&mut self, promise: Promise, bytes: usize) {
        if let Some(cell) = self.cells.get_mut(promise.0) {
            self.kept_bytes = self.kept_bytes - cell.bytes + bytes;
            cell.bytes = bytes;
        }
    }

    fn settle_now(&mut self, promise: Promise, mut outcome: Outcome) {
        let Some(cell) = self.cells.get_mut(promise.0).filter(|cell| matches!(cell.state, State::Open)) else {
            self.drop_outcome(&outcome);
            return self.drop_one(Ref::Promise(promise));
        };
        if let Some(redeeming) = self.redeeming.remove(&promise)
            && cell.piped == 0
            && matches!(outcome, Outcome::Broken(Reason::Told(_)))
            && let Some(path) = cell.path
            && self.may_try_again(path.sid)
        {
            self.drop_outcome(&outcome);
            return self.withdraw_again(path, redeeming, promise);
        }
        let Some(cell) = self.cells.get_mut(promise.0) else { return };
        if let Some(via) = cell.via.take().and_then(|via| self.cells.get_mut(via.0)) {
            via.piped -= 1;
        }
        let waits_for_itself = match &outcome {
            Outcome::Fulfilled(Value::Ref(Ref::Promise(other))) => self.depends(*other, promise),
            Outcome::Fulfilled(_) | Outcome::Broken(_) => false,
        };
        if waits_for_itself || self.contains(&outcome, promise) {
            self.drop_outcome(&outcome);
            outcome = broken("a promise of itself");
        }
        if let Outcome::Fulfilled(Value::Ref(Ref::Promise(other))) = outcome {
            let tip = self.tip(other);
            self.hold_one(Ref::Promise(tip));
            self.drop_one(Ref::Promise(other));
            self.follow(promise, tip);
            return self.drop_one(Ref::Promise(promise));
        }
        self.keep_bytes(promise, 0);
        let bytes = bytes_of(&outcome);
        if self.kept_bytes + bytes > self.limits.kept_bytes_max {
            self.drop_outcome(&outcome);
            outcome = broken(TOO_MUCH);
        } else {
            self.keep_bytes(promise, bytes);
        }
        let elsewhere = self.is_elsewhere(promise, &outcome);
        let cell = self.cells.get_mut(promise.0).expect("held by whoever settles it");
        cell.sticky = elsewhere;
        let (watchers, queue) = (mem::take(&mut cell.watchers), mem::take(&mut cell.queue));
        for watcher in watchers {
            self.tell(watcher, &outcome);
        }
        self.cells.get_mut(promise.0).expect("held by whoever settles it").state = State::Settled(outcome);
        self.call_again(promise, queue);
        self.drop_one(Ref::Promise(promise));
    }

    /// It will be what the other one will be; the hold on that becomes its own.
    fn follow(&mut self, promise: Promise, other: Promise) {
        let elsewhere = self.is_elsewhere(promise, &Outcome::Fulfilled(Value::Ref(Ref::Promise(self.root(other)))));
        self.keep_bytes(promise, 0);
        let cell = self.cells.get_mut(promise.0).expect("looked up by who calls this");
        cell.sticky = elsewhere;
        cell.state = State::Follows(other);
        let (watchers, queue) = (mem::take(&mut cell.watchers), mem::take(&mut cell.queue));
        for watcher in watchers {
            match watcher {
                Watcher::Resolver { partial: true, .. } => self.tell(watcher, &Outcome::Fulfilled(Value::Ref(Ref::Promise(other)))),
                Watcher::Resolver { .. } | Watcher::User(_) | Watcher::Probe(_) => self.watch(other, watcher),
            }
        }
        self.call_again(other, queue);
    }

    /// What waited goes on its way in the order it came.
    fn call_again(&mut self, to: Promise, queue: VecDeque<Call>) {
        for call in queue {
            self.dispatch(Ref::Promise(to), call);
        }
    }

    /// Has somebody told of its end: at once if it has ended.
    pub(super) fn watch(&mut self, promise: Promise, watcher: Watcher) {
        let tip = self.tip(promise);
        let root = self.root(tip);
        let Some(cell) = self.cells.get_mut(root.0) else {
            return self.tell(watcher, &broken("the promise was released"));
        };
        if let State::Settled(outcome) = &cell.state {
            let outcome = outcome.clone();
            return self.tell(watcher, &outcome);
        }
        // Whoever listens again and again is told as one who waits too long.
        let bytes = cell.bytes + WATCHER_BYTES;
        if matches!(watcher, Watcher::Resolver { .. })
            && (bytes > self.limits.queued_bytes_max || self.kept_bytes + WATCHER_BYTES > self.limits.kept_bytes_max)
        {
            return self.tell(watcher, &broken("too much waits for this promise"));
        }
        if cell.watchers.len() == cell.watchers.capacity() {
            // Those who asked and then let go must not pile up.
            let mut watchers = mem::take(&mut cell.watchers);
            watchers.retain(|watcher| !matches!(watcher, Watcher::User(handle) if self.cells.get(handle.0).is_none()));
            self.cells.get_mut(root.0).expect("looked up above").watchers = watchers;
        }
        self.keep_bytes(root, bytes);
        let cell = self.cells.get_mut(root.0).expect("looked up above");
        cell.watchers.push(watcher);
        if let Some(Path { sid, at: Place::Import(position) }) = cell.path
            && !mem::replace(&mut cell.listening, true)
        {
            self.write_listen(sid, position, root);
        }
    }

    pub(super) fn tell(&mut self, watcher: Watcher, outcome: &Outcome) {
        match watcher {
            Watcher::User(promise) => {
                if self.cells.get(promise.0).is_some_and(|cell| cell.lent > 0) {
                    self.hold_outcome(outcome);
                    self.outputs.push_back(Output::Settled { promise, outcome: outcome.clone() });
                    self.lend_outcome(outcome);
                }
            }
            Watcher::Resolver { to, .. } => {
                self.write_settlement(to, outcome);
                self.drop_one(to);
            }
            Watcher::Probe(sid) => {
                let flavour = match outcome {
                    Outcome::Fulfilled(Value::Ref(_)) => Flavour::Peerd,
                    Outcome::Broken(Reason::Told(Value::Error(_))) => Flavour::Endo,
                    Outcome::Broken(Reason::Told(Value::Text(text))) if text == MYSTERY => Flavour::Goblins,
                    Outcome::Fulfilled(_) | Outcome::Broken(_) => Flavour::Unknown,
                };
                if let Some(session) = self.sessions.get_mut(sid) {
                    session.flavour = flavour;
                }
            }
        }
    }

    /// What a peer says to a resolver of ours.
    pub(super) fn resolve(&mut self, sid: Sid, position: u64, promise: Promise, args: Vec<Value>) -> Result<(), &'static str> {
        let mut args = args;
        let outcome = match (args.len(), args.pop(), args.pop()) {
            (2, Some(value), Some(Value::Symbol(word))) if word == "fulfill" => Outcome::Fulfilled(value),
            (2, Some(value), Some(Value::Symbol(word))) if word == "break" => Outcome::Broken(Reason::Told(value)),
            (_, last, before) => {
                args.extend(before);
                args.extend(last);
                self.drop_all(&args);
                return Err("a resolver takes fulfill or break, and a value");
            }
        };
        if let Some(export) = self.sessions.get_mut(sid).and_then(|session| session.exports.by_position.get_mut(&position)) {
            export.target = Target::Spent;
        }
        self.settle_later(promise, outcome);
        Ok(())
    }
}

/// What a reason that Goblins does not tell is turned into.
pub(crate) const MYSTERY: &str = "the peer does not say why";

fn part_of(value: &Value, part: &Part) -> Outcome {
    let found = match (part, value) {
        (Part::Field(name), Value::Struct(pairs)) => pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value),
        (Part::Index(at), Value::List(items)) => usize::try_from(*at).ok().and_then(|at| items.get(at)),
        (Part::Untag(tag), Value::Tagged(known, value)) if known == tag => Some(&**value),
        (Part::Field(_) | Part::Index(_) | Part::Untag(_), _) => None,
    };
    match found {
        Some(value) => Outcome::Fulfilled(value.clone()),
        None => broken("there is no such part"),
    }
}
