//! Letters: from a durable actor to one of another vat, exactly once.
//!
//! ```text
//! turn ─▶ Change::Out in its commit ─▶ outbox ─▶ gate ─▶ Letter ──▶ Record::Admit, mailbox ─▶ gate ─┐
//!                  Record::Ack, no more in the outbox ◀────────────────────────────── Received ◀────┘
//! ```
//!
//! Letters of a pair of vats are in one line. A connection begins with all that are not acknowledged, and so does a life of the
//! sender; what the receiver's journal knows already it drops and acknowledges. One that its receiver has no room for is not
//! taken, nor is any behind it, until there is room and it is asked for: a full mailbox holds up the letters of vats that write
//! to it, and loses none. What else is said to a durable actor waits for the letters before it.
use super::{
    Inbox, Missing,
    outbox::Outbox,
    peer::Phase,
    wire::{Frame, LetterId, Name, Sent},
};
use crate::{
    DeadClass, MessageKind, Ref, Rights, Settle, Vat, VatId,
    durable::Letter,
    entry::{Envelope, Sender},
    held::counted,
    ledger::Lost,
    refs::Key,
    slab::Handle,
};
use alloc::vec::Vec;

type Why = &'static str;

/// As it came.
pub(crate) struct Came<'a> {
    pub id: LetterId,
    pub after: Option<LetterId>,
    pub from: Name,
    pub to: Key,
    pub rights: u8,
    pub body: &'a [u8],
    pub refs: &'a [Sent],
}

/// At the sender.
impl Vat {
    /// A message of the turn that commits: its record has it.
    pub(crate) fn post_letter(&mut self, to: Ref, entry: Handle) {
        let refs: Vec<Ref> = self.tables.messages.entry(entry).refs().collect();
        self.carry(Key::NONE, None, &refs);
        self.tables.messages.free(entry);
        self.ledger.counters.sent += 1;
        let letter = self.next_letter();
        let (vat, epoch) = (to.vat(), self.config.epoch);
        self.links.outbox(vat).post(epoch, letter);
        self.send_letters(vat);
    }

    /// As many as may be under way.
    pub(crate) fn send_letters(&mut self, vat: VatId) {
        if !self.links.outbox(vat).has_unsent() || self.reach(vat) != Phase::Open {
            return;
        }
        while let Some((id, after, bytes)) = self.links.outbox(vat).take_next() {
            let Letter { from, to, rights, body, .. } = Letter::of(&bytes);
            let refs = Letter::of(&bytes).refs();
            // The letter keeps its own copies: it may have to leave again.
            self.carry(Key::NONE, None, &refs);
            let refs = self.export_all(vat, &refs);
            self.say(vat, &Frame::Letter { id, after, from, to, rights, body, refs });
            self.links.outbox(vat).sent(id, bytes);
        }
    }

    pub(crate) fn send_again(&mut self, vat: VatId) {
        self.links.outbox(vat).rewind();
        self.send_letters(vat);
    }

    pub(crate) fn received(&mut self, vat: VatId, upto: LetterId) -> Result<(), Why> {
        let done = self.links.outbox(vat).acknowledge(upto, self.config.epoch)?;
        if done.is_empty() {
            return Ok(());
        }
        self.record_ack(vat, upto);
        self.ledger.counters.handled += done.len() as u64;
        for letter in done {
            for held in counted(&Letter::of(&letter).refs()) {
                self.drop_ref(held, &Settle::Noreply);
            }
        }
        self.send_letters(vat);
        if !self.links.outbox(vat).has_unsent() {
            for far in self.links.fars.of(vat) {
                self.resume(far);
            }
        }
        Ok(())
    }
}

/// At the receiver.
impl Vat {
    pub(crate) fn letter_came(&mut self, vat: VatId, came: &Came<'_>) -> Result<(), Why> {
        if came.after.is_some_and(|after| after >= came.id) {
            return Err("a letter before its own");
        }
        let from = self.sender_there(vat, came.from);
        let refs = self.import_all(vat, came.refs)?;
        let inbox = self.links.inbox(vat);
        if came.id <= inbox.newest {
            inbox.is_owed = true;
        } else if came.after.is_some_and(|after| after > inbox.newest) {
            inbox.misses();
        } else {
            self.take_letter(vat, came, from, &refs);
        }
        self.end_arrival(&refs, &Settle::Noreply);
        self.links.let_go(from.key);
        self.settle_deaths();
        Ok(())
    }

    fn take_letter(&mut self, vat: VatId, came: &Came<'_>, from: Sender, refs: &[Ref]) {
        let to = self.own_ref(Name { key: came.to, incarnation: 0 }, came.rights);
        let envelope = Envelope::new(from, MessageKind::User, came.body).refs(refs);
        let weight = envelope.cell().weight();
        let refused = match self.letter_admission(to, weight) {
            Ok(()) => {
                let entry = self.tables.messages.write(&envelope);
                if self.record_admission(vat, came.id, to.key, entry) {
                    self.put(to.key, entry);
                    self.carry(to.key, None, refs);
                    self.links.inbox(vat).know(came.id);
                } else {
                    self.tables.messages.free(entry);
                }
                return;
            }
            Err(DeadClass::Overloaded) if weight <= self.config.mailbox_bytes_max as usize => {
                self.links.inbox(vat).missing = Missing::Room { to: to.key, weight };
                return;
            }
            Err(class) => class,
        };
        // Nobody will ever take it: its sender need not send it again.
        self.ledger.refuse(&Lost { class: refused, from, to, kind: MessageKind::User, body: came.body });
        self.links.inbox(vat).know(came.id);
    }

    fn letter_admission(&self, to: Ref, weight: usize) -> Result<(), DeadClass> {
        self.admits(to, weight)?;
        match self.is_durable(to.key) {
            true if self.is_full() => Err(DeadClass::Overloaded),
            true => Ok(()),
            false => Err(DeadClass::Noproc),
        }
    }

    /// At the end of each call of the vat. What is said leaves after the flush of what was admitted.
    pub(crate) fn acknowledge(&mut self, vat: VatId) {
        if self.links.phase(vat) != Phase::Open {
            return;
        }
        let Inbox { newest: upto, missing, is_owed } = *self.links.inbox(vat);
        let is_due = match missing {
            Missing::Unasked => true,
            Missing::Room { to, weight } => self.letter_admission(Ref::actor(to, 0, Rights::SEND), weight) != Err(DeadClass::Overloaded),
            Missing::Nothing | Missing::Asked => false,
        };
        if is_owed {
            self.links.inbox(vat).is_owed = false;
            self.say(vat, &Frame::Received { upto });
        }
        if is_due {
            self.links.inbox(vat).missing = Missing::Asked;
            self.say(vat, &Frame::Again);
        }
    }
}

impl super::Links {
    pub(crate) fn outbox(&mut self, vat: VatId) -> &mut Outbox {
        &mut self.peers.entry(vat).or_default().outbox
    }

    pub(crate) fn inbox(&mut self, vat: VatId) -> &mut Inbox {
        &mut self.peers.entry(vat).or_default().inbox
    }
}
