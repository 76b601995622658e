//! Who holds what: counts that go up and down, and what goes when one is at nothing.
use alloc::vec::Vec;

use super::Peer;
use crate::cell::{Cell, Place, State, Watcher, refs_of_all, refs_of_outcome};
use crate::io::{Outcome, Output};
use crate::session::Sid;
use crate::value::{Far, Promise, Ref, Value};

/// An object of a peer's.
pub(crate) struct FarEntry {
    pub sid: Sid,
    pub position: u64,
    /// Whether it stands in the session's imports; the bootstrap object does not.
    pub imported: bool,
    pub holds: u64,
    pub lent: u64,
}

/// The machine's own object, that a peer of its kind is known by.
pub(crate) const EXTENSION: crate::value::Object = crate::value::Object(u64::MAX);

impl Peer {
    pub(super) fn is_known(&self, reference: Ref) -> bool {
        match reference {
            Ref::Local(_) => true,
            Ref::Far(Far(id)) => self.fars.get(id).is_some(),
            Ref::Promise(Promise(id)) => self.cells.get(id).is_some(),
        }
    }

    pub(super) fn hold_one(&mut self, reference: Ref) {
        match reference {
            Ref::Local(object) => *self.objects.entry(object).or_default() += 1,
            Ref::Far(Far(id)) => {
                if let Some(far) = self.fars.get_mut(id) {
                    far.holds += 1;
                }
            }
            Ref::Promise(Promise(id)) => {
                if let Some(cell) = self.cells.get_mut(id) {
                    cell.holds += 1;
                }
            }
        }
    }

    pub(super) fn hold_all(&mut self, values: &[Value]) {
        refs_of_all(values, &mut |reference| self.hold_one(reference));
    }

    pub(super) fn hold_outcome(&mut self, outcome: &Outcome) {
        refs_of_outcome(outcome, &mut |reference| self.hold_one(reference));
    }

    pub(super) fn drop_all(&mut self, values: &[Value]) {
        refs_of_all(values, &mut |reference| self.drop_one(reference));
    }

    pub(super) fn drop_outcome(&mut self, outcome: &Outcome) {
        refs_of_outcome(outcome, &mut |reference| self.drop_one(reference));
    }

    /// One hold less. What nobody holds any more goes, and with it what it held: one by one, however long the chain.
    pub(super) fn drop_one(&mut self, reference: Ref) {
        let mut next = Some(reference);
        let mut rest: Vec<Ref> = Vec::new();
        while let Some(reference) = next {
            match reference {
                Ref::Local(object) => {
                    if let Some(holds) = self.objects.get_mut(&object) {
                        *holds -= 1;
                        if *holds == 0 {
                            self.objects.remove(&object);
                            if object != EXTENSION {
                                self.outputs.push_back(Output::Dropped { object });
                            }
                        }
                    }
                }
                Ref::Far(Far(id)) => {
                    if let Some(far) = self.fars.get_mut(id) {
                        far.holds -= 1;
                        if far.holds == 0 {
                            self.forget_far(id);
                        }
                    }
                }
                Ref::Promise(Promise(id)) => {
                    if let Some(cell) = self.cells.get_mut(id) {
                        cell.holds -= 1;
                        if cell.holds == 0
                            && let Some(cell) = self.cells.remove(id)
                        {
                            self.forget_cell(cell, &mut rest);
                        }
                    }
                }
            }
            next = rest.pop();
        }
    }

    fn forget_far(&mut self, id: u64) {
        if let Some(FarEntry { sid, position, imported: true, .. }) = self.fars.remove(id) {
            self.forget_import(sid, position);
        }
    }

    fn forget_import(&mut self, sid: Sid, position: u64) {
        let Some(session) = self.sessions.get_mut(sid) else { return };
        if let Some(import) = session.imports.remove(&position) {
            session.released.push((position, import.receipts));
            self.report_later(sid);
        }
    }

    fn forget_cell(&mut self, cell: Cell, rest: &mut Vec<Ref>) {
        self.kept_bytes -= cell.bytes;
        if let Some(path) = cell.path {
            match path.at {
                Place::Import(position) => self.forget_import(path.sid, position),
                Place::Question(position) => {
                    if let Some(session) = self.sessions.get_mut(path.sid)
                        && session.questions.remove(&position).is_some()
                    {
                        session.answered.push(position);
                        self.report_later(path.sid);
                    }
                }
            }
        }
        match cell.state {
            State::Open => {}
            State::Follows(other) => rest.push(Ref::Promise(other)),
            State::Settled(outcome) => refs_of_outcome(&outcome, &mut |reference| rest.push(reference)),
        }
        for watcher in cell.watchers {
            if let Watcher::Resolver { to, .. } = watcher {
                rest.push(to);
            }
        }
    }

    pub(super) fn lend_outcome(&mut self, outcome: &Outcome) {
        refs_of_outcome(outcome, &mut |reference| self.lend_one(reference));
    }

    /// What the machine held is now the user's: a handle. It counts no handles on objects of the user's own.
    pub(super) fn lend_one(&mut self, reference: Ref) {
        match reference {
            Ref::Local(_) => self.drop_one(reference),
            Ref::Far(Far(id)) => self.fars.get_mut(id).expect("what is handed out is held").lent += 1,
            Ref::Promise(Promise(id)) => self.cells.get_mut(id).expect("what is handed out is held").lent += 1,
        }
    }

    /// One more handle of the user's.
    pub(super) fn lend_again(&mut self, reference: Ref) {
        let lent = match reference {
            Ref::Local(_) => return,
            Ref::Far(Far(id)) => self.fars.get_mut(id).map(|far| (&mut far.lent, &mut far.holds)),
            Ref::Promise(Promise(id)) => self.cells.get_mut(id).map(|cell| (&mut cell.lent, &mut cell.holds)),
        };
        if let Some((lent, holds)) = lent.filter(|(lent, _)| **lent > 0) {
            *lent += 1;
            *holds += 1;
        }
    }

    /// One handle less of the user's: more than it was given it can't give back.
    pub(super) fn give_back(&mut self, reference: Ref) {
        let lent = match reference {
            Ref::Local(_) => return,
            Ref::Far(Far(id)) => self.fars.get_mut(id).map(|far| &mut far.lent),
            Ref::Promise(Promise(id)) => self.cells.get_mut(id).map(|cell| &mut cell.lent),
        };
        if let Some(lent) = lent.filter(|lent| **lent > 0) {
            *lent -= 1;
            self.drop_one(reference);
        }
    }
}
