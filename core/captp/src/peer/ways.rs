//! What promises are by now: the rows that they stand in, the webs that they form, and the way that a call of one must take.
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::mem;

use super::Peer;
use crate::cell::{Cell, State, refs_of_outcome};
use crate::io::Outcome;
use crate::session::Sid;
use crate::value::{Far, Promise, Ref, Value};

/// Limit: so many promises may stand in a row before the row is shortened.
const HOPS_MAX: usize = 8;
/// Limit: so many promises may be mentioned in an end, and in the ends of those, and so on. Who needs more sends objects.
const WEB_MAX: usize = 16_384;

impl Peer {
    /// Up to what a promise is by now: the one whose calls go somewhere. Rows that have grown long are shortened for the next time.
    pub(super) fn tip(&mut self, promise: Promise) -> Promise {
        let (mut tip, mut passed) = (promise, Vec::new());
        while let Some(Cell { state: State::Follows(next), .. }) = self.cells.get(tip.0).filter(|cell| cell.way().is_none()) {
            passed.push(tip);
            tip = *next;
        }
        if passed.len() > HOPS_MAX {
            // From the far end, so that none goes before it was changed.
            for promise in passed.into_iter().rev() {
                self.hold_one(Ref::Promise(tip));
                let cell = self.cells.get_mut(promise.0).expect("it was passed, and nothing before it has gone");
                let State::Follows(before) = mem::replace(&mut cell.state, State::Follows(tip)) else {
                    unreachable!("only these are passed")
                };
                self.drop_one(Ref::Promise(before));
            }
        }
        tip
    }

    /// The promise on whose end it depends, whatever way calls take.
    pub(super) fn root(&self, promise: Promise) -> Promise {
        let mut root = promise;
        while let Some(Cell { state: State::Follows(next), .. }) = self.cells.get(root.0) {
            root = *next;
        }
        root
    }

    /// Whether the end of one depends on that of the other: by following it, or by waiting for the answer of a call that waits for it.
    pub(super) fn depends(&self, promise: Promise, on: Promise) -> bool {
        let mut next = Some(promise);
        while let Some(promise) = next {
            let root = self.root(promise);
            if root == on {
                return true;
            }
            next = self.cells.get(root.0).filter(|cell| matches!(cell.state, State::Open)).and_then(|cell| cell.queued_at);
        }
        false
    }

    /// Whether an outcome mentions this promise, or others whose ends do: it would hold itself, and be held for ever.
    pub(super) fn contains(&self, outcome: &Outcome, promise: Promise) -> bool {
        let (mut next, mut seen) = (Vec::new(), BTreeSet::new());
        let promises = |outcome: &Outcome, next: &mut Vec<Promise>| {
            refs_of_outcome(outcome, &mut |reference| {
                next.extend(if let Ref::Promise(promise) = reference { Some(promise) } else { None })
            });
        };
        promises(outcome, &mut next);
        while let Some(at) = next.pop() {
            if at == promise || seen.len() > WEB_MAX {
                return true;
            }
            if seen.insert(at) {
                match self.cells.get(at.0).map(|cell| &cell.state) {
                    Some(State::Follows(other)) => next.push(*other),
                    Some(State::Settled(outcome)) => promises(outcome, &mut next),
                    Some(State::Open) | None => {}
                }
            }
        }
        false
    }

    /// What a reference may be shortened to without overtaking anything.
    pub(super) fn shortest(&mut self, reference: Ref) -> Ref {
        let Ref::Promise(promise) = reference else { return reference };
        let tip = self.tip(promise);
        match self.cells.get(tip.0) {
            Some(cell) if cell.way().is_some() => Ref::Promise(tip),
            Some(Cell { state: State::Settled(Outcome::Fulfilled(Value::Ref(reference))), .. }) => *reference,
            _ => Ref::Promise(tip),
        }
    }

    /// The session through which a call of it would leave, if it would leave now.
    pub(super) fn toward(&mut self, to: Ref) -> Option<Sid> {
        match self.shortest(to) {
            Ref::Local(_) => None,
            Ref::Far(Far(id)) => self.fars.get(id).map(|far| far.sid),
            Ref::Promise(Promise(id)) => self.cells.get(id).and_then(|cell| cell.way()).map(|way| way.sid),
        }
    }

    /// Whether calls that went along its path may still be on their way to somewhere that is now reached by another one.
    pub(super) fn is_elsewhere(&self, promise: Promise, outcome: &Outcome) -> bool {
        let Some((path, true)) = self.cells.get(promise.0).map(|cell| (cell.path, cell.piped > 0)) else { return false };
        let Some(path) = path else { return false };
        match outcome {
            Outcome::Fulfilled(Value::Ref(Ref::Local(_))) => true,
            Outcome::Fulfilled(Value::Ref(Ref::Far(Far(id)))) => self.fars.get(*id).is_none_or(|far| far.sid != path.sid),
            Outcome::Fulfilled(Value::Ref(Ref::Promise(Promise(id)))) => {
                self.cells.get(*id).and_then(|cell| cell.path).is_none_or(|other| other.sid != path.sid)
            }
            Outcome::Fulfilled(_) | Outcome::Broken(_) => false,
        }
    }
}
