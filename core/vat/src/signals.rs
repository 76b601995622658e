//! Exit signals: what they do to whom (semantics 7.2), and whom they leave dying.
use crate::{
    ActorId, DeadClass, Handled, Last, MessageKind, PortId, Reason, Ref, Rights, Vat, What,
    entry::{Envelope, Sender},
    ledger::Lost,
    link::Parcel,
    refs::{Key, Kind},
    slots::Flags,
};
use alloc::format;

/// How an exit signal came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    Link,
    /// By `exit`, unlinked.
    Hand,
}

/// An incarnation that is to end. Deaths wait in line, so that a chain of links is no chain of calls.
pub(crate) struct Death {
    pub actor: Key,
    pub incarnation: u32,
    pub reason: Reason,
    pub said: Handled,
}

impl Vat {
    /// An unlinked exit signal from an actor or from the host.
    pub(crate) fn exit(&mut self, from: Sender, to: Ref, reason: Reason) {
        self.ledger.fact(from.actor_id(), || What::Sent { to, kind: MessageKind::Exit, text: format!("{reason}").into() });
        let Some(to) = self.behind(to) else {
            return self.ledger.refuse(&Lost { class: DeadClass::Revoked, from, to, kind: MessageKind::Exit, body: &[] });
        };
        if to.kind == Kind::Far && to.rights.contain(Rights::CONTROL) {
            return self.mail(from, to, Parcel::Exit { reason, via: Via::Hand });
        }
        let meant = self.tables.slots.get(to.key).filter(|header| !to.is_pinned() || header.incarnation == to.incarnation);
        let class = if !to.rights.contain(Rights::CONTROL) {
            Some(DeadClass::Revoked)
        } else if to.kind != Kind::Actor || meant.is_none_or(|header| !header.flags.has(Flags::LIVE)) {
            Some(DeadClass::Noproc)
        } else {
            None
        };
        match class {
            Some(class) => self.ledger.refuse(&Lost { class, from, to, kind: MessageKind::Exit, body: &[] }),
            None => self.signal(from, to.key, &reason, Via::Hand),
        }
    }

    /// To a live actor. What it does to one that doesn't trap it does at admission, ahead of anything that waits.
    pub(crate) fn signal(&mut self, from: Sender, to: Key, reason: &Reason, via: Via) {
        let header = *self.tables.slots.get(to).expect("links end with their actors, and exits are checked");
        if header.flags.has(Flags::FAR) {
            return self.mail(from, Ref::far(to, 0, Rights::ALL), Parcel::Exit { reason: reason.clone(), via });
        }
        let kills = via == Via::Hand && *reason == Reason::Kill;
        // One that is held would never take it from its mailbox.
        let is_held = header.flags.has(Flags::MINDED) && self.is_held(to);
        if header.flags.has(Flags::TRAPS) && !kills && !is_held {
            return self.tell_exit(from, to, reason);
        }
        self.ledger.counters.sent += 1;
        self.ledger.counters.handled += 1;
        let reason = match reason {
            Reason::Normal if via == Via::Link || from.key != to => return,
            _ if kills => Reason::Killed,
            reason => reason.clone(),
        };
        self.deaths.push_back(Death {
            actor: to,
            incarnation: header.incarnation,
            reason,
            said: Handled::Signal { from: from.actor_id() },
        });
    }

    /// As a message, at the mailbox's tail.
    pub(crate) fn tell_exit(&mut self, from: Sender, to: Key, reason: &Reason) {
        let body = self.encode(reason);
        let who = match from.actor_id() {
            Some(ActorId(key)) => self.ref_to(key, Rights::NONE),
            // No port of the host has this number: the operator's hand.
            None => Ref::port(PortId(u16::MAX)).attenuated(Rights::NONE),
        };
        self.enqueue(to, &Envelope::new(from, MessageKind::Exit, &body).refs(&[who]));
        self.carry(to, None, &[who]);
        self.scratch = body;
    }

    pub(crate) fn cap(&mut self, child: Key, bytes: u32) {
        if let Some(rare) = &mut self.tables.slots.life_mut(child).rare {
            rare.memory_max = 0;
        }
        if bytes > 0 {
            self.tables.slots.rare_mut(child).memory_max = bytes;
            self.tables.slots.get_mut(child).expect("it has just begun").flags.set(Flags::MINDED, true);
        }
    }

    /// After a turn of an actor whose memory has a bound.
    pub(crate) fn weigh(&mut self, me: Sender) {
        let header = *self.tables.slots.get(me.key).expect("it has just had a turn");
        let bound = self.tables.slots.life(me.key).rare.as_ref().map_or(0, |rare| rare.memory_max as usize);
        if !header.flags.has(Flags::MINDED) || bound == 0 {
            return;
        }
        let bytes = self.shown_state(me.key).len() + self.map_bytes(me.key) + header.load.bytes() as usize;
        if bytes > bound {
            let said = Handled::As("a turn that left too much behind");
            self.deaths.push_back(Death { actor: me.key, incarnation: me.incarnation, reason: Reason::Killed, said });
            self.settle_deaths();
        }
    }

    /// Ends whoever is to end. The actor whose turn is just committing ends after that.
    pub(crate) fn settle_deaths(&mut self) {
        while let Some(death) = self.deaths.pop_front() {
            if !self.is_incarnation(Sender { key: death.actor, incarnation: death.incarnation }) {
                continue;
            }
            if self.committing == Some(death.actor) {
                // Of two exits the first one's reason counts.
                self.postponed.get_or_insert(death);
            } else {
                self.end(death.actor, death.reason, Last { event: death.said, ..Last::default() });
            }
        }
    }
}
