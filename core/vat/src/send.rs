//! From an outbox to a mailbox, a waiting call or a port.
use crate::{
    ActorId, DeadClass, MessageKind, Output, Ref, Rights, Settle, Stamp, Time, Vat, What,
    entry::{Envelope, Marks, Sender},
    ledger::Lost,
    refs::{Key, Kind},
    settle::Outcome,
    slab::Handle,
    slots::Flags,
    told::told,
};
use core::mem;

impl Vat {
    /// A message of the turn that commits. Most are for an actor of this vat, without refs and for whoever lives there.
    pub(crate) fn send(&mut self, from: Sender, to: Ref, entry: Handle) {
        if self.ledger.is_told() {
            self.tell_sent(from.actor_id(), to, entry);
        }
        if to.kind == Kind::Actor {
            return self.post(from, to, entry, None);
        }
        if to.kind == Kind::Lasting && self.tables.messages.recorded(entry).is_some() {
            return self.post_letter(to, entry);
        }
        if to.kind == Kind::Lasting && self.is_durable(from.key) && self.has_full_outbox(to.vat(), 0) {
            return self.refuse(from, to, entry, None, DeadClass::Overloaded);
        }
        let Some(to) = self.behind(to) else { return self.refuse(from, to, entry, None, DeadClass::Revoked) };
        if matches!(to.kind, Kind::Actor | Kind::Object) {
            let entry = self.addressed(to, entry);
            self.post(from, to, entry, None);
        } else if !to.rights.contain(Rights::SEND) {
            self.refuse(from, to, entry, None, DeadClass::Revoked);
        } else if to.kind == Kind::OneShot {
            self.answer(from, to.key, entry);
        } else if to.kind == Kind::Far {
            self.send_far(from, to, entry, None);
        } else {
            self.send_out(from, to, entry, None);
        }
    }

    pub(crate) fn send_call(&mut self, from: Sender, to: Ref, entry: Handle) {
        if self.ledger.is_told() {
            self.tell_sent(from.actor_id(), to, entry);
        }
        let shot = self.tables.messages.entry(entry).about().expect("a call is about its one-shot").key;
        self.mint(shot);
        let Some(to) = self.behind(to) else { return self.refuse(from, to, entry, Some(shot), DeadClass::Revoked) };
        let entry = self.addressed(to, entry);
        match to.kind {
            _ if self.tables.messages.cell(entry).kind.is_system() => self.send_system(from, to, entry, shot),
            Kind::Actor | Kind::Object if to.key == from.key => {
                self.tables.messages.free(entry);
                self.settle_failed(Some(shot), &Settle::CallingSelf);
            }
            Kind::Actor | Kind::Object if self.calls_back(shot, to.key, self.tables.messages.entry(entry).body()) => {
                self.tables.messages.free(entry);
                self.settle_failed(Some(shot), &Settle::Deadlock);
            }
            Kind::Actor | Kind::Object => self.post(from, to, entry, Some(shot)),
            Kind::OneShot | Kind::Port | Kind::Far | Kind::Facet | Kind::Lasting | Kind::Address if !to.rights.contain(Rights::SEND) => {
                self.refuse(from, to, entry, Some(shot), DeadClass::Revoked);
            }
            // A reply address takes one message and answers none.
            Kind::OneShot => {
                let mut data = mem::take(&mut self.scratch);
                let mut refs = mem::take(&mut self.lost_refs);
                let written = self.tables.messages.entry(entry);
                data.clear();
                data.extend_from_slice(written.body());
                written.refs_into(&mut refs);
                self.tables.messages.free(entry);
                self.settle(to.key, from, Outcome::Answer { body: &data, refs: &refs });
                (self.scratch, self.lost_refs) = (data, refs);
                self.settle_failed(Some(shot), &Settle::Noproc);
            }
            Kind::Facet | Kind::Lasting | Kind::Address => unreachable!("what is behind is neither"),
            Kind::Port => self.send_out(from, to, entry, Some(shot)),
            Kind::Far => self.send_far(from, to, entry, Some(shot)),
        }
    }

    /// To an actor of this vat.
    #[inline(never)]
    pub(crate) fn post(&mut self, from: Sender, to: Ref, entry: Handle, call: Option<Key>) {
        let cell = self.tables.messages.cell(entry);
        let (weight, refs) = (cell.weight(), cell.refs);
        if call.is_some() && self.is_parked(to) {
            self.settle_failed(call, &Settle::Parked);
            return self.refuse(from, to, entry, None, DeadClass::Noproc);
        }
        match self.admits(to, weight) {
            Ok(()) => {
                if call.is_some() || refs > 0 {
                    self.carry_all(to.key, entry, call);
                }
                if to.is_pinned() {
                    self.tables.messages.mark(entry, Marks::PINNED);
                }
                if to.priority {
                    self.tables.messages.mark(entry, Marks::PRIORITY);
                }
                self.put(to.key, entry);
            }
            Err(class) => self.refuse(from, to, entry, call, class),
        }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn tell_sent(&mut self, from: Option<ActorId>, to: Ref, entry: Handle) {
        let messages = &self.tables.messages;
        self.ledger.fact(from, || {
            let entry = messages.entry(entry);
            What::Sent { to, kind: entry.kind(), text: told(entry).into_owned() }
        });
    }

    /// The calls that this message lets somebody answer.
    pub(crate) fn carry_all(&mut self, holder: Key, entry: Handle, call: Option<Key>) {
        let mut refs = mem::take(&mut self.lost_refs);
        self.tables.messages.entry(entry).refs_into(&mut refs);
        self.carry(holder, call, &refs);
        self.lost_refs = refs;
    }

    /// A user message from outside: it lands, or here is why not.
    pub(crate) fn admit(&mut self, to: Ref, envelope: Envelope<'_>) -> Result<(), DeadClass> {
        self.admits(to, envelope.cell().weight())?;
        let pinned = if to.is_pinned() { Marks::PINNED } else { Marks::default() };
        let marks = if to.priority { pinned.and(Marks::PRIORITY) } else { pinned };
        self.enqueue(to.key, &envelope.marked(marks));
        Ok(())
    }

    /// Whether this message would be admitted now.
    pub(crate) fn may_send(&self, to: Ref, entry: Handle) -> bool {
        self.admits(to, self.tables.messages.cell(entry).weight()).is_ok()
    }

    /// Whether a user message of this weight may join the mailbox.
    pub(crate) fn admits(&self, to: Ref, weight: usize) -> Result<(), DeadClass> {
        if !to.rights.contain(Rights::SEND) {
            return Err(DeadClass::Revoked);
        }
        let header = self.tables.slots.get(to.key).ok_or(DeadClass::Noproc)?;
        let waits = header.flags.has(Flags::KEPT) && !header.flags.has(Flags::BURIED) && !to.is_pinned();
        let lives = header.flags.has(Flags::LIVE) && (!to.is_pinned() || to.incarnation == header.incarnation);
        if !lives && !waits {
            return Err(DeadClass::Noproc);
        }
        if header.load.has_room(weight, &self.config) { Ok(()) } else { Err(DeadClass::Overloaded) }
    }

    /// At the mailbox's tail, whatever its bound: for what relations bound, and for what was admitted.
    pub(crate) fn enqueue(&mut self, to: Key, envelope: &Envelope<'_>) {
        let entry = self.tables.messages.write(envelope);
        self.put(to, entry);
    }

    /// The same for what is written already.
    pub(crate) fn put(&mut self, to: Key, entry: Handle) {
        self.ledger.counters.sent += 1;
        let header = self.tables.slots.get_mut(to).expect("the caller found the slot");
        let cell = self.tables.messages.cell(entry);
        if cell.kind == MessageKind::User {
            header.load.count_in(cell.weight());
        }
        if header.flags.has(Flags::DOOR) || cell.marks.has(Marks::PRIORITY) {
            self.queue_at_door(to, entry);
        } else {
            self.tables.messages.push_back(&mut header.mailbox, entry);
        }
        self.wake(to);
    }

    /// Through a port. The host owes an answer to a call.
    pub(crate) fn send_out(&mut self, from: Sender, to: Ref, entry: Handle, call: Option<Key>) {
        let port = to.as_port().expect("sent to a port");
        self.carry_all(Key::NONE, entry, call);
        let shot = call.and_then(|shot| self.tables.shots.get_mut(shot));
        let deadline = shot.map(|shot| {
            shot.port = Some(port);
            shot.deadline
        });
        let written = self.tables.messages.entry(entry);
        let output = Output::Port {
            port,
            from: self.ref_to(from.key, Rights::NONE),
            reply: call.map(Ref::one_shot),
            body: written.body().into(),
            refs: written.refs().collect(),
            deadline: deadline.filter(|at| *at != Time::NEVER),
        };
        self.tables.messages.free(entry);
        self.speak(output);
    }

    /// What leaves through the gate is sent, and handled once it is out.
    pub(crate) fn speak(&mut self, output: Output) {
        self.speak_at(self.gate.stamp(), output);
    }

    pub(crate) fn speak_at(&mut self, stamp: Stamp, output: Output) {
        self.ledger.counters.sent += 1;
        let held = self.gate.held();
        self.gate.release(stamp, output, &mut self.ledger.out);
        if self.gate.held() == held {
            self.ledger.counters.handled += 1;
        }
    }

    /// The calls it carries are told why.
    pub(crate) fn refuse(&mut self, from: Sender, to: Ref, entry: Handle, call: Option<Key>, class: DeadClass) {
        let mut refs = mem::take(&mut self.lost_refs);
        let written = self.tables.messages.entry(entry);
        written.refs_into(&mut refs);
        let kind = if written.kind().is_system() { written.kind() } else { MessageKind::User };
        self.ledger.refuse(&Lost { class, from, to, kind, body: &told(written) });
        self.tables.messages.free(entry);
        let settle = class.settles();
        for shot in call.into_iter().chain(one_shots(&refs)) {
            self.settle_failed(Some(shot), &settle);
        }
        self.lost_refs = refs;
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
