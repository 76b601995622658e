//! How a call ends: exactly once, by an answer, a failure or its deadline, unless its caller no longer waits.
use crate::{
    DeadClass, MessageKind, Output, Ref, Rights, Settle, Time, Vat,
    door::Resume,
    entry::{Envelope, Marks, Sender},
    ledger::Lost,
    refs::Key,
    relations::Item,
    shots::Shot,
    slab::Handle,
    timers::Due,
};
use alloc::vec;
use core::mem;

fn late(from: Sender, key: Key, body: &[u8]) -> Lost<'_> {
    Lost { class: DeadClass::LateReply, from, to: Ref::one_shot(key), kind: MessageKind::Reply, body }
}

pub(crate) enum Outcome<'a> {
    Answer { body: &'a [u8], refs: &'a [Ref] },
    Failed(&'a Settle),
}

impl Vat {
    /// The call is committed: its caller waits, its deadline runs.
    pub(crate) fn mint(&mut self, key: Key) {
        let shot = self.tables.shots.get_mut(key).expect("reserved by the turn that commits");
        if shot.deadline != Time::NEVER {
            shot.due = Some(self.timers.set(shot.deadline, Due::Call { shot: key }));
        }
        let life = self.tables.slots.life_mut(shot.minter);
        shot.minted = Some(self.tables.relations.push(&mut life.minted, Item::Minted { shot: key }));
    }

    pub(crate) fn settle(&mut self, key: Key, from: Sender, outcome: Outcome<'_>) {
        let Some(minter) = self.close(key) else {
            if let Outcome::Answer { body, .. } = outcome {
                self.ledger.refuse(&late(from, key, body));
            }
            return;
        };
        if self.tables.slots.is_far(minter) {
            return self.answer_far(key, minter, from, outcome);
        }
        match outcome {
            Outcome::Answer { body, refs } => {
                self.enqueue(minter, &Envelope::new(from, MessageKind::Reply, body).refs(refs).about(key, 0));
                self.carry(minter, None, refs);
                self.alias_answered(minter, key);
            }
            Outcome::Failed(settle) => {
                let body = self.encode(settle);
                self.enqueue(minter, &Envelope::new(from, MessageKind::Reply, &body).about(key, 0).marked(Marks::FAILED));
                self.scratch = body;
            }
        }
    }

    /// An answer that is written already.
    pub(crate) fn answer(&mut self, from: Sender, key: Key, entry: Handle) {
        let Some(minter) = self.close(key) else {
            self.ledger.refuse(&late(from, key, self.tables.messages.entry(entry).body()));
            return self.tables.messages.free(entry);
        };
        if self.tables.slots.is_far(minter) {
            return self.answer_far_with(key, minter, from, entry);
        }
        if self.tables.messages.cell(entry).refs > 0 {
            self.carry_all(minter, entry, None);
        }
        self.put(minter, entry);
        self.alias_answered(minter, key);
    }

    /// Who waits for it, if a settlement still counts.
    fn close(&mut self, key: Key) -> Option<Key> {
        let shot = self.tables.shots.open(key)?;
        shot.settled = true;
        if let Some(due) = shot.due.take() {
            self.timers.cancel(due);
        }
        Some(shot.minter)
    }

    pub(crate) fn settle_failed(&mut self, call: Option<Key>, settle: &Settle) {
        if let Some(shot) = call {
            self.settle(shot, Sender::HOST, Outcome::Failed(settle));
        }
    }

    pub(crate) fn time_out(&mut self, key: Key) {
        let Some(shot) = self.tables.shots.open(key) else { return };
        shot.due = None;
        let shot = *shot;
        self.tell_dropped(key, &shot);
        self.settle_failed(Some(key), &Settle::Timeout);
    }

    /// The caller cancelled. A settlement already queued for it is passed over when its turn comes.
    pub(crate) fn cancel_call(&mut self, me: Key, key: Key) {
        if self.tables.shots.get(key).is_some_and(|shot| shot.minter == me) {
            self.cancel_below(key);
            self.abandon(key);
            self.call_off(me, Resume::Reply(key));
        }
    }

    /// The deadline of a cancelled call is now, and so is that of the calls made for it.
    fn cancel_below(&mut self, key: Key) {
        let mut tree = vec![key];
        let mut at = 0;
        while let Some(call) = tree.get(at).copied() {
            at += 1;
            let holder = self.tables.shots.get(call).map(|shot| shot.holder).filter(|holder| self.tables.slots.is_live(*holder));
            let Some(holder) = holder else { continue };
            tree.extend(self.tables.relations.iter(self.tables.slots.life(holder).minted).filter_map(|(_, item)| match item {
                Item::Minted { shot } if self.tables.shots.get(shot).is_some_and(|shot| shot.parent == call) => Some(shot),
                _ => None,
            }));
        }
        for call in tree.into_iter().skip(1) {
            if let Some(shot) = self.tables.shots.open(call).copied() {
                self.tell_dropped(call, &shot);
                self.settle_failed(Some(call), &Settle::Timeout);
            }
        }
    }

    /// Nobody waits any more.
    pub(crate) fn abandon(&mut self, key: Key) {
        let Some(shot) = self.forget_shot(key) else { return };
        if let Some(due) = shot.due {
            self.timers.cancel(due);
        }
        if !shot.settled {
            self.tell_dropped(key, &shot);
        }
    }

    /// Takes the shot out of its minter's relations too.
    pub(crate) fn forget_shot(&mut self, key: Key) -> Option<Shot> {
        let shot = self.tables.shots.release(key)?;
        if let Some(node) = shot.minted {
            self.tables.relations.remove(&mut self.tables.slots.life_mut(shot.minter).minted, node);
        }
        Some(shot)
    }

    fn tell_dropped(&mut self, key: Key, shot: &Shot) {
        if let Some(port) = shot.port {
            self.speak(Output::Dropped { port, reply: Ref::one_shot(key).attenuated(Rights::NONE) });
        }
    }

    /// In the scratch buffer, which the caller puts back.
    pub(crate) fn encode<T: serde::Serialize>(&mut self, value: &T) -> alloc::vec::Vec<u8> {
        let mut scratch = mem::take(&mut self.scratch);
        scratch.clear();
        postcard::to_extend(value, scratch).expect("plain data encodes")
    }
}
