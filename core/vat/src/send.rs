//! From an outbox to a mailbox, a waiting call or a port.
use crate::{
    DeadClass, MessageKind, Output, Ref, Rights, Settle, Time, Vat, What,
    entry::{Envelope, Marks, Sender},
    ledger::Lost,
    refs::{Key, Kind},
    settle::Outcome,
    slots::Flags,
};

/// A user message as its sender's turn left it.
pub(crate) struct Letter<'a> {
    pub to: Ref,
    pub body: &'a [u8],
    pub refs: &'a [Ref],
    pub call: Option<Key>,
    pub deadline: Time,
}

impl Vat {
    pub(crate) fn send(&mut self, from: Sender, letter: &Letter<'_>) {
        let Letter { to, body, refs, call, deadline } = *letter;
        if let Some(shot) = call {
            self.mint(shot);
        }
        let kind = if to.is_one_shot() { MessageKind::Reply } else { MessageKind::User };
        self.ledger.fact(from.actor_id(), || What::Sent { to, kind, text: body.into() });
        match to.kind {
            Kind::Actor if call.is_some() && to.key == from.key => self.settle_failed(call, &Settle::CallingSelf),
            Kind::Actor if call.is_some_and(|shot| self.calls_back(shot, to.key, body)) => self.settle_failed(call, &Settle::Deadlock),
            Kind::Actor => {
                let mut envelope = Envelope::new(from, kind, body).refs(refs);
                match call {
                    Some(shot) => envelope = envelope.about(shot, deadline.0),
                    None => envelope = envelope.cause(self.turn.handling),
                }
                match self.admit(to, envelope) {
                    Ok(()) => self.carry(to.key, call, refs),
                    Err(class) => self.refuse(from, letter, class),
                }
            }
            Kind::OneShot | Kind::Port if !to.rights.contain(Rights::SEND) => self.refuse(from, letter, DeadClass::Revoked),
            Kind::OneShot => {
                self.settle(to.key, from, Outcome::Answer { body, refs });
                // A reply address takes one message and answers none.
                self.settle_failed(call, &Settle::Noproc);
            }
            Kind::Port => self.send_out(from, letter),
        }
    }

    /// A user message: it lands, or here is why not.
    pub(crate) fn admit(&mut self, to: Ref, envelope: Envelope<'_>) -> Result<(), DeadClass> {
        if !to.rights.contain(Rights::SEND) {
            return Err(DeadClass::Revoked);
        }
        let header = self.slots.get(to.key).ok_or(DeadClass::Noproc)?;
        let waits = header.flags.has(Flags::KEPT) && !header.flags.has(Flags::BURIED) && !to.is_pinned();
        let lives = header.flags.has(Flags::LIVE) && (!to.is_pinned() || to.incarnation == header.incarnation);
        if !lives && !waits {
            return Err(DeadClass::Noproc);
        }
        let bytes = header.queued_bytes as usize + envelope.length();
        if header.queued >= self.config.mailbox_entries_max || bytes > self.config.mailbox_bytes_max as usize {
            return Err(DeadClass::Overloaded);
        }
        let envelope = if to.is_pinned() { envelope.marked(Marks::PINNED) } else { envelope };
        self.enqueue(to.key, &envelope);
        Ok(())
    }

    /// At the mailbox's tail, whatever its bound: for what relations bound, and for what was admitted.
    pub(crate) fn enqueue(&mut self, to: Key, envelope: &Envelope<'_>) {
        self.ledger.counters.sent += 1;
        let entry = self.messages.write(envelope);
        let header = self.slots.get_mut(to).expect("the caller found the slot");
        if envelope.kind == MessageKind::User {
            header.count_in(envelope.length());
        }
        if header.flags.has(Flags::DOOR) {
            self.queue_at_door(to, entry);
        } else {
            self.messages.push_back(&mut header.mailbox, entry);
        }
        self.wake(to);
    }

    /// Through a port. The host owes an answer to a call.
    fn send_out(&mut self, from: Sender, letter: &Letter<'_>) {
        let port = letter.to.as_port().expect("sent to a port");
        self.carry(Key::NONE, letter.call, letter.refs);
        if let Some(shot) = letter.call.and_then(|shot| self.shots.get_mut(shot)) {
            shot.port = Some(port);
        }
        self.speak(Output::Port {
            port,
            from: Ref::actor(from.key, 0, Rights::NONE),
            reply: letter.call.map(Ref::one_shot),
            body: letter.body.into(),
            refs: letter.refs.into(),
            deadline: letter.call.and((letter.deadline != Time::NEVER).then_some(letter.deadline)),
        });
    }

    /// To the host, when the gate lets it.
    pub(crate) fn speak(&mut self, output: Output) {
        self.ledger.counters.sent += 1;
        let held = self.gate.held();
        self.gate.release(self.gate.stamp(), output, &mut self.ledger.out);
        if self.gate.held() == held {
            self.ledger.counters.handled += 1;
        }
    }

    /// The calls it carries are told why.
    fn refuse(&mut self, from: Sender, letter: &Letter<'_>, class: DeadClass) {
        self.ledger.refuse(&Lost { class, from, to: letter.to, kind: MessageKind::User, body: letter.body });
        let settle = class.settles();
        for shot in letter.call.into_iter().chain(one_shots(letter.refs)) {
            self.settle_failed(Some(shot), &settle);
        }
    }
}

/// The reply refs in a message's table.
pub(crate) fn one_shots(refs: &[Ref]) -> impl Iterator<Item = Key> {
    refs.iter().filter(|item| item.is_one_shot()).map(|item| item.key)
}

impl DeadClass {
    /// What a call is told whose message ended this way.
    pub(crate) const fn settles(self) -> Settle {
        match self {
            DeadClass::Noproc => Settle::Noproc,
            DeadClass::Expired => Settle::Expired,
            DeadClass::Overloaded => Settle::Overloaded,
            DeadClass::Revoked => Settle::Revoked,
            DeadClass::VatBroken => Settle::Noconnection,
            DeadClass::Crashed | DeadClass::LateReply | DeadClass::Cancelled => Settle::Noreply,
        }
    }
}
