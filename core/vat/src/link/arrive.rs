//! A word from an actor of another vat reaches an actor of this one, or its sender is told why not.
use super::{
    Parcel,
    table::name_of,
    wire::{Name, Word},
};
use crate::{
    DeadClass, MessageKind, Reason, Ref, Rights, Settle, Vat, VatId,
    bonds::REVOKED,
    entry::{Envelope, Marks, Sender},
    held::counted,
    ledger::Lost,
    refs::{Key, Kind},
    settle::Outcome,
    signals::Via,
    slots::Flags,
    system::kind_of,
    turn::Scope,
};

type Why = &'static str;

impl Vat {
    pub(crate) fn arrive(&mut self, vat: VatId, from: Name, to: Name, rights: u8, word: Word<'_>) -> Result<(), Why> {
        let sender = self.sender_there(vat, from);
        let near = self.own_ref(to, rights);
        match word {
            Word::Answer { shot, body, refs } => {
                let refs = self.import_all(vat, &refs)?;
                if self.settled_by(vat, shot) {
                    self.settle(shot, sender, Outcome::Answer { body, refs: &refs });
                    self.let_go(shot, &Settle::Noreply);
                }
                self.end_arrival(&refs, &Settle::Noreply);
            }
            Word::Failed { shot, settle } => {
                if self.settled_by(vat, shot) {
                    self.let_go(shot, &settle);
                }
            }
            word if matches!(near.kind, Kind::Facet | Kind::Object) => self.arrive_through(vat, sender, to.key, near, word)?,
            word => {
                if sender == Sender::HOST && !matches!(word, Word::Exit { .. }) {
                    return Err("a word from nobody");
                }
                self.arrive_from(vat, sender, near, word)?;
            }
        }
        self.links.let_go(sender.key);
        self.settle_deaths();
        Ok(())
    }

    fn arrive_from(&mut self, vat: VatId, from: Sender, to: Ref, word: Word<'_>) -> Result<(), Why> {
        match word {
            Word::User { .. } => self.message_came(vat, from, to, word, Marks::FAR)?,
            Word::System { body, call } => {
                let kind = kind_of(body).ok_or("a system message that can't be read")?;
                let shot = self.import_call(from.key, call, &[]);
                let deadline = self.tables.shots.get(shot).map_or(0, |shot| shot.deadline.0);
                let entry = self.tables.messages.write(&Envelope::new(from, kind, body).about(shot, deadline));
                self.send_system(from, to, entry, shot);
                self.let_go(shot, &Settle::Noreply);
            }
            Word::Link => match self.bondable(to, Rights::LINK, Flags::LIVE) {
                Ok(()) => self.linked(from.key, to.key),
                Err(reason) => self.refuse_link(to, from, reason),
            },
            Word::Unlink { id } => self.unlinked(from.key, to.key, id),
            Word::Unlinked { id } => self.unlink_acknowledged(from.key, to.key, id),
            // The host outlives the vat.
            Word::Monitor { .. } if to.kind == Kind::Port && to.rights.contain(Rights::WATCH) => {}
            Word::Monitor { watch, identity } => {
                let (scope, needs) = if identity { (Scope::Identity, Flags::USED) } else { (Scope::Incarnation, Flags::LIVE) };
                match self.bondable(to, Rights::WATCH, needs) {
                    Ok(()) => self.watched(from.key, watch, to, scope),
                    Err(reason) => {
                        let there = Ref::far(from.key, 0, Rights::NONE);
                        self.mail(self.sender(to.key), there, Parcel::Down { watch, reason });
                    }
                }
            }
            Word::Demonitor { watch } => self.unwatched(from.key, watch),
            Word::Exit { reason, linked: true } => {
                if self.cut_link(to.key, from.key) {
                    self.signal(from, to.key, &reason, Via::Link);
                }
            }
            Word::Exit { reason, linked: false } => match self.bondable(to, Rights::CONTROL, Flags::LIVE) {
                Ok(()) => self.signal(from, to.key, &reason, Via::Hand),
                Err(why) => {
                    let class = if why == Reason::Noproc { DeadClass::Noproc } else { DeadClass::Revoked };
                    self.ledger.refuse(&Lost { class, from, to, kind: MessageKind::Exit, body: &[] });
                }
            },
            Word::Down { watch, reason } => self.down_came(from, to.key, watch, &reason),
            Word::Answer { .. } | Word::Failed { .. } => unreachable!("handled by the caller"),
        }
        Ok(())
    }

    /// `mark`: that it is owed a credit once it was handled.
    fn message_came(&mut self, vat: VatId, from: Sender, to: Ref, word: Word<'_>, mark: Marks) -> Result<(), Why> {
        let Word::User { body, refs, call, chain } = word else { unreachable!("the caller has looked") };
        let mut refs = self.import_all(vat, &refs)?;
        if to.kind == Kind::Object {
            let address = to.as_address();
            self.tables.objects.hold(address);
            refs.push(address);
        }
        let call = call.map(|call| self.import_call(from.key, call, &chain));
        let envelope = Envelope::new(from, MessageKind::User, body).refs(&refs).marked(mark);
        let envelope = match call {
            Some(shot) => envelope.about(shot, self.tables.shots.get(shot).map_or(0, |shot| shot.deadline.0)),
            None => envelope.cause(self.own_of(&chain)),
        };
        let (mut owed, mut settle) = (mark.has(Marks::FAR), Settle::Noreply);
        if call.is_some_and(|call| self.calls_back(call, to.key, body)) {
            settle = Settle::Deadlock;
        } else if to.kind == Kind::Port && to.rights.contain(Rights::SEND) {
            let entry = self.tables.messages.write(&envelope);
            self.send_out(from, to, entry, call);
        } else if let Err(class) = self.admit(to, envelope) {
            self.ledger.refuse(&Lost { class, from, to, kind: MessageKind::User, body });
            settle = class.settles();
        } else {
            self.carry(to.key, call, &refs);
            if owed {
                self.links.hold(from.key);
                if let Some(peer) = self.links.peers.get_mut(&vat) {
                    peer.intake.queued(to.key, body.len());
                }
            }
            owed = false;
        }
        if owed {
            self.owe(vat, name_of(to).key, body.len());
        }
        if let Some(shot) = call {
            self.let_go(shot, &settle);
        }
        self.end_arrival(&refs, &settle);
        Ok(())
    }

    /// Through a facet or to an object of this vat: messages, and what needs the control right. A bond would be with one actor here and with
    /// another name there; it is refused.
    fn arrive_through(&mut self, vat: VatId, from: Sender, name: Key, facet: Ref, word: Word<'_>) -> Result<(), Why> {
        if from == Sender::HOST {
            return Err("a word from nobody");
        }
        let nothing = Ref { kind: Kind::Facet, ..Ref::actor(name, 0, Rights::NONE) };
        let behind = self.behind(facet).filter(|behind| behind.kind != Kind::Far).unwrap_or(nothing);
        match word {
            // Its sender's window is for the facet, and what waits in a mailbox is its actor's: the credit is due at once.
            Word::User { body, .. } => {
                self.owe(vat, name, body.len());
                self.message_came(vat, from, behind, word, Marks::default())
            }
            Word::System { .. } | Word::Exit { linked: false, .. } => self.arrive_from(vat, from, behind, word),
            word => self.arrive_from(vat, from, nothing, word),
        }
    }

    /// It is in no mailbox: another may come at once.
    fn owe(&mut self, vat: VatId, to: Key, bytes: usize) {
        if let Some(peer) = self.links.peers.get_mut(&vat) {
            peer.intake.owe(to, bytes);
        }
    }

    pub(crate) fn end_arrival(&mut self, refs: &[Ref], settle: &Settle) {
        for held in counted(refs) {
            self.drop_ref(held, settle);
        }
    }

    /// Whether a bond or a signal finds whom it is for.
    fn bondable(&self, to: Ref, right: Rights, flag: Flags) -> Result<(), Reason> {
        if matches!(to.kind, Kind::Facet | Kind::Object) {
            return Err(Reason::Other(REVOKED.into()));
        }
        let meant = self.tables.slots.get(to.key).filter(|header| !to.is_pinned() || header.incarnation == to.incarnation);
        match meant {
            Some(header) if header.flags.has(flag) && !header.flags.has(Flags::BURIED) && !header.flags.has(Flags::FAR) => {
                if to.rights.contain(right) { Ok(()) } else { Err(Reason::Other(REVOKED.into())) }
            }
            _ => Err(Reason::Noproc),
        }
    }

    /// As if the link had been and had ended.
    fn refuse_link(&mut self, to: Ref, from: Sender, reason: Reason) {
        let there = Ref::far(from.key, 0, Rights::NONE);
        self.mail(self.sender(to.key), there, Parcel::Exit { reason, via: Via::Link });
    }

    /// The stand-in of a sender, with a copy that is the arrival's.
    pub(crate) fn sender_there(&mut self, vat: VatId, from: Name) -> Sender {
        if from.key == Key::NONE {
            return Sender::HOST;
        }
        let epoch = self.links.peers.get(&vat).and_then(|peer| peer.epoch).unwrap_or_default();
        let key = self.stand_in(vat, epoch, from.key);
        self.links.hold(key);
        Sender { key, incarnation: from.incarnation }
    }
}
