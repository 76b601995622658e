//! What the host brings: admitted, or refused and given back.
use crate::{
    DeadClass, Input, MessageKind, Output, Ref, Refused, Rights, Vat, Why,
    entry::{Envelope, Sender},
    ledger::Lost,
    refs::{Key, Kind},
    settle::Outcome,
    turn::mix,
};
use alloc::{string::String, vec::Vec};

impl Vat {
    pub(crate) fn take_in(&mut self, input: Input) -> Result<(), Refused> {
        if self.broken {
            return Err(Refused::Broken(input));
        }
        if self.is_sealed() && !matches!(input, Input::Landed | Input::FlushFailed { .. }) {
            return Err(Refused::Broken(input));
        }
        match input {
            Input::Boot { behaviour, args, refs } => return self.boot(behaviour, args, refs),
            Input::Entropy { seed } => self.seed = mix(self.seed ^ seed),
            Input::Clock { wall } => self.set_clock(wall),
            Input::Message { to, body, refs } => return self.message(to, body, refs),
            Input::Reply { to, body } if to.is_one_shot() => {
                self.settle(to.key, Sender::HOST, Outcome::Answer { body: &body, refs: &[] });
            }
            Input::Reply { to, body } => self.lose_input(to, MessageKind::Reply, DeadClass::Noproc, &body),
            Input::Fail { to, settle } => self.settle_failed(to.is_one_shot().then_some(to.key), &settle),
            Input::Exit { to, reason } => {
                self.exit(Sender::HOST, to, reason);
                self.settle_deaths();
            }
            Input::LinkUp { vat } => self.link_up(vat),
            Input::Link { vat, bytes } => self.hear(vat, &bytes),
            Input::LinkDown { vat } => self.link_down(vat),
            Input::Landed => {
                if let Some(journal) = &mut self.journal {
                    let position = journal.writer.landed();
                    self.ledger.counters.handled += self.gate.flushed(position, &mut self.ledger.out);
                    self.alarms_landed();
                }
            }
            Input::FlushFailed { .. } => self.break_off(),
            Input::Armed => self.was_armed(),
            Input::NotArmed { .. } => self.was_not_armed(),
            Input::Woken => self.was_woken(),
        }
        Ok(())
    }

    fn boot(&mut self, behaviour: String, args: Vec<u8>, refs: Vec<Ref>) -> Result<(), Refused> {
        assert!(self.root.is_none(), "a vat is booted once; its root lives");
        let Some(id) = self.tables.names.find(&behaviour) else {
            return Err(Refused::NoBehaviour(Input::Boot { behaviour, args, refs }));
        };
        let root = self.tables.slots.reserve();
        self.root = Some(Ref::actor(root, 0, Rights::ALL));
        self.begin(root, Some(id));
        self.adopt(root);
        let init = self.tables.messages.write(&Envelope::new(Sender::HOST, MessageKind::Init, &args).refs(&refs));
        self.first_message(Sender::HOST, root, init, None, Why::Unsaid);
        Ok(())
    }

    fn message(&mut self, to: Ref, body: Vec<u8>, refs: Vec<Ref>) -> Result<(), Refused> {
        match to.kind {
            Kind::Actor => match self.admit(to, Envelope::new(Sender::HOST, MessageKind::User, &body).refs(&refs)) {
                Ok(()) => self.carry(to.key, None, &refs),
                Err(DeadClass::Overloaded) => return Err(Refused::Full(Input::Message { to, body, refs })),
                Err(class) => self.lose_input(to, MessageKind::User, class, &body),
            },
            Kind::Object => return self.message_for_object(to, body, refs),
            Kind::OneShot => self.settle(to.key, Sender::HOST, Outcome::Answer { body: &body, refs: &refs }),
            Kind::Facet => match self.behind(to) {
                Some(to) => return self.message(to, body, refs),
                None => self.lose_input(to, MessageKind::User, DeadClass::Revoked, &body),
            },
            // The host talking to itself, or past its own vat.
            Kind::Port | Kind::Far | Kind::Lasting | Kind::Address => self.lose_input(to, MessageKind::User, DeadClass::Noproc, &body),
        }
        Ok(())
    }

    fn message_for_object(&mut self, to: Ref, body: Vec<u8>, mut refs: Vec<Ref>) -> Result<(), Refused> {
        refs.push(to.as_address());
        let admitted = self.admit(to, Envelope::new(Sender::HOST, MessageKind::User, &body).refs(&refs));
        if admitted.is_ok() {
            self.carry(to.key, None, &refs);
        }
        refs.pop();
        match admitted {
            Ok(()) => {}
            Err(DeadClass::Overloaded) => return Err(Refused::Full(Input::Message { to, body, refs })),
            Err(class) => self.lose_input(to, MessageKind::User, class, &body),
        }
        Ok(())
    }

    fn lose_input(&mut self, to: Ref, kind: MessageKind, class: DeadClass, body: &[u8]) {
        self.ledger.refuse(&Lost { class, from: Sender::HOST, to, kind, body });
    }

    /// Its messages were counted when they were packed: only the batch itself is lost.
    pub(crate) fn lose_batch(&mut self) {
        let to = Ref::far(Key::NONE, 0, Rights::NONE);
        self.ledger.lose(&Lost { class: DeadClass::VatBroken, from: Sender::HOST, to, kind: MessageKind::User, body: &[] });
    }

    /// The journal failed: nothing that waits for it ever leaves.
    pub(crate) fn break_off(&mut self) {
        self.broken = true;
        for output in self.gate.broken() {
            let (from, to, body) = match output {
                Output::Port { port, from, body, .. } => (Sender { key: from.key, incarnation: 0 }, Ref::port(port), body),
                Output::Dropped { port, .. } => (Sender::HOST, Ref::port(port), Vec::new()),
                Output::Link { .. } => {
                    self.lose_batch();
                    continue;
                }
                Output::Report(_) | Output::DeadLetter(_) | Output::Ended { .. } | Output::LinkClosed { .. } | Output::Trace(_) => {
                    unreachable!("never gated")
                }
            };
            self.ledger.lose(&Lost { class: DeadClass::VatBroken, from, to, kind: MessageKind::User, body: &body });
        }
    }
}
