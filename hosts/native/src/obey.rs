//! What the vat asks of its host, done.
use crate::{
    End,
    engine::{DOOR, Engine},
    inbox::Item,
    order::Word,
    pending::Outcome,
    port::Letter,
};
use peerd::Reader;
use peerd_vat::{DeadClass, DeadLetter, Input, Output, PortId, Reason, Ref, Settle, Time, VatId};
use std::{mem, sync::PoisonError};

/// Bytes of a dead letter's body that are kept, for people.
const HEAD_MAX: usize = 64;

impl Engine {
    /// What the vat asks for; an answer may make it ask for more.
    pub fn perform(&mut self, now: Time) {
        while !self.out.is_empty() {
            if self.is_fenced() {
                return self.out.clear();
            }
            let mut out = mem::take(&mut self.out);
            for output in out.drain(..) {
                self.obey(now, output);
            }
            if self.out.is_empty() {
                self.out = out;
            }
        }
    }

    fn obey(&mut self, now: Time, output: Output) {
        match output {
            Output::Port { port: DOOR, body, refs, .. } => self.word(&body, refs),
            Output::Port { port, from, reply, body, refs, deadline: _ } => self.deliver(now, port, from, Letter { reply, body, refs }),
            Output::Dropped { port, reply } => {
                if let Some(queue) = self.ports.get(&port) {
                    queue.drop_call(reply);
                }
            }
            Output::Link { vat, bytes } => self.tell_peer(vat, Input::Link { vat: self.shared.vat, bytes }),
            Output::LinkClosed { vat, .. } => self.tell_peer(vat, Input::LinkDown { vat: self.shared.vat }),
            Output::Report(report) => self.shared.log.lock().unwrap_or_else(PoisonError::into_inner).report(report),
            Output::DeadLetter(letter) => self.bury(letter),
            Output::Ended { reason: Reason::Normal } => self.end = Some(End::Stopped),
            Output::Ended { reason } => self.end = Some(End::Bug(format!("the root ended: {reason}"))),
            Output::Trace(_) => {}
        }
    }

    fn word(&mut self, body: &[u8], refs: Vec<Ref>) {
        let Some(Word { id, said }) = Reader::new(body, &[], None).read() else { unreachable!("the root writes what is read here") };
        if let Some(slot) = self.slots.remove(&id) {
            let outcome: Outcome = said.map(|bytes| (bytes.0, refs));
            slot.settle(outcome);
        }
    }

    fn deliver(&mut self, now: Time, port: PortId, from: Ref, letter: Letter) {
        let refused = match self.ports.get(&port) {
            Some(queue) => queue.push(letter),
            None => Err((letter, Settle::Noproc)),
        };
        let Err((letter, settle)) = refused else { return };
        if let Some(to) = letter.reply {
            self.handle(now, Input::Fail { to, settle });
        } else {
            let class = if settle == Settle::Overloaded { DeadClass::Overloaded } else { DeadClass::Noproc };
            let length = u32::try_from(letter.body.len()).unwrap_or(u32::MAX);
            let head = letter.body[..letter.body.len().min(HEAD_MAX)].into();
            self.bury(DeadLetter { time: now, class, from: from.actor_id(), to: self.vat.port(port), length, head });
        }
    }

    fn bury(&mut self, letter: DeadLetter) {
        self.shared.log.lock().unwrap_or_else(PoisonError::into_inner).dead(letter);
    }

    fn tell_peer(&mut self, vat: VatId, input: Input) {
        if let Some(peer) = self.peers.get(&vat) {
            peer.inbox.push_always(Item::Host(input));
        }
    }
}
