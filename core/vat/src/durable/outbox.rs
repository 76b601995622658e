//! What the journal knows of letters to and from other vats, and of whom those may name.
use super::{
    Journal,
    commit::{envelope, refs_of, written},
};
use crate::{
    Ref, Rights, Vat, VatId,
    entry::Sender,
    link::{LetterId, Name},
    refs::Key,
    slab::Handle,
};
use alloc::vec::Vec;
use peerd_journal::{Actor, Change, Epoch, Id, Image, Message, Origin, Record};
use serde::{Deserialize, Serialize};

/// A message from a durable actor to one of another vat, as it waits for its acknowledgement: in this vat's terms, because its
/// refs are lent anew whenever it leaves.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Letter<'a> {
    pub from: Name,
    pub to: Key,
    pub rights: u8,
    envelope: &'a [u8],
    pub body: &'a [u8],
}

impl<'a> Letter<'a> {
    pub fn of(bytes: &'a [u8]) -> Letter<'a> {
        postcard::from_bytes(bytes).expect("encoded here, or read when it came back")
    }

    pub fn refs(&self) -> Vec<Ref> {
        refs_of(self.envelope)
    }
}

/// At the sender.
impl Vat {
    /// It is in the record of the turn that sends it. False: it is sent as a volatile actor's is.
    pub(super) fn letter_in(&self, journal: &mut Journal, from: Sender, to: Ref, entry: Handle, index: u32) -> bool {
        let (vat, written) = (to.vat(), self.tables.messages.entry(entry));
        let before = journal.letters.iter().filter(|(other, _)| *other == vat).count();
        let is_refused = !to.rights.contain(Rights::SEND) || written.body().len() > self.config.mailbox_bytes_max as usize;
        if is_refused || self.has_full_outbox(vat, before) {
            return false;
        }
        let envelope = envelope(written);
        let from = Name { key: from.key, incarnation: from.incarnation };
        let letter = Letter { from, to: to.key, rights: to.claimed(), envelope: &envelope, body: written.body() };
        let bytes = postcard::to_allocvec(&letter).expect("plain data encodes");
        let seq = self.links.posted(vat) + before as u64 + 1;
        journal.changes.push(Change::Out { peer: peerd_journal::Vat(vat.0), seq, bytes: &bytes });
        journal.sent.push((entry, index));
        journal.letters.push_back((vat, bytes));
        true
    }

    /// Limit: as a mailbox's.
    pub(crate) fn has_full_outbox(&self, vat: VatId, more: usize) -> bool {
        self.links.unacknowledged(vat) + more >= self.config.mailbox_entries_max as usize
    }

    /// Of the turn that commits, in the order in which it sends them.
    pub(crate) fn next_letter(&mut self) -> Vec<u8> {
        let letter = self.journal.as_mut().and_then(|journal| journal.letters.pop_front());
        letter.expect("its message is marked as recorded").1
    }

    pub(crate) fn record_ack(&mut self, vat: VatId, LetterId { epoch, seq }: LetterId) {
        let ack = Record::Ack { peer: peerd_journal::Vat(vat.0), epoch: Epoch(epoch), upto: seq };
        // If it is lost, the letters are sent again and dropped there.
        if let Some(journal) = &mut self.journal {
            let _ = journal.writer.append(&ack);
        }
    }
}

/// At the receiver.
impl Vat {
    /// The journal has it: what is said from now on, its acknowledgement too, waits for that. False: it takes nothing more.
    pub(crate) fn record_admission(&mut self, vat: VatId, LetterId { epoch, seq }: LetterId, to: Key, entry: Handle) -> bool {
        let Some(journal) = &mut self.journal else { return false };
        let message = self.tables.messages.entry(entry);
        let envelope = envelope(message);
        let origin = Origin::Far { peer: peerd_journal::Vat(vat.0), epoch: Epoch(epoch), seq };
        let message = Message { from: Actor(0), life: 0, ..written(to, message, &envelope) };
        let Ok(position) = journal.writer.append(&Record::Admit { origin, message }) else { return false };
        self.tables.messages.record(entry, Id { position, index: 0 });
        self.gate.confirm(position);
        true
    }

    /// Other vats may name this durable actor in all lives, with these rights. False: it is none, or the journal takes nothing.
    pub(crate) fn lend_for_good(&mut self, actor: Key, rights: Rights) -> bool {
        self.swap_in(actor);
        let Some(lent) = self.lasting(actor).filter(|lasting| lasting.turn > 0).map(|lasting| lasting.lent) else { return false };
        let Some(journal) = self.journal.as_mut().filter(|_| lent & rights.0 != rights.0) else { return true };
        let lent = lent | rights.0;
        let Ok(position) = journal.writer.append(&Record::Lent { actor: actor.to_actor(), rights: lent }) else { return false };
        self.gate.confirm(position);
        self.tables.slots.rare_mut(actor).lasting.as_mut().expect("looked at above").lent = lent;
        true
    }

    pub(crate) fn lent_for_good(&self, actor: Key) -> Rights {
        self.lasting(actor).map_or(Rights::NONE, |lasting| Rights(lasting.lent))
    }
}

impl Vat {
    /// Before the connections: no letter leaves or comes yet.
    pub(super) fn restore_post(&mut self, image: &Image) -> Result<(), &'static str> {
        for ((peer, epoch, seq), bytes) in &image.outbox {
            postcard::from_bytes::<Letter<'_>>(bytes).map_err(|_| "an unknown letter")?;
            self.links.outbox(VatId(peer.0)).restore(LetterId { epoch: epoch.0, seq: *seq }, bytes.clone());
            self.ledger.counters.sent += 1;
        }
        for (peer, (epoch, seq)) in &image.inbox {
            self.links.inbox(VatId(peer.0)).newest = LetterId { epoch: epoch.0, seq: *seq };
        }
        Ok(())
    }
}
