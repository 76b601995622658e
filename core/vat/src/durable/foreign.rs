//! Actors whose code is not in the table: the newest of its name takes their state over, or they wait for one that does.
use crate::{Code, Said, Vat, behaviour::BehaviourId, refs::Key, slab::Handle, step::Actor};
use alloc::{boxed::Box, format};
use peerd_journal::Hash;

/// What ran an actor when it was last written down.
#[derive(Clone)]
pub(crate) struct Foreign {
    pub name: Box<str>,
    pub version: u32,
    pub hash: Hash,
}

impl Foreign {
    pub fn code(&self) -> Code<'_> {
        Code { name: &self.name, version: self.version }
    }
}

impl Vat {
    pub(crate) fn foreign(&self, me: Key) -> Option<&Foreign> {
        self.lasting(me)?.foreign.as_deref()
    }

    /// The first turn of a life whose state is of other code. It is the new code's own, with all that it asks for, or nothing has
    /// happened: then the actor keeps its state and its messages, and serves nobody until it is upgraded.
    pub(crate) fn take_over(&mut self, foreign: &Foreign, actor: Actor, handle: Handle) {
        let me = actor.key;
        let taken = self.migrate_to(actor.sender(), actor.behaviour, foreign.code(), &[]);
        match taken.and_then(|()| self.record_upgrade(actor, actor.behaviour, handle)) {
            Ok(()) => self.commit(actor, handle),
            Err(crash) => {
                self.no_migration(me, handle);
                self.set_suspended(me, true);
                let text =
                    format!("no state of {} becomes one of {}: {}", foreign.code(), self.tables.names.code(actor.behaviour), crash.message);
                self.report(me, Said::Note { kind: "parked".into(), text: text.into() });
            }
        }
        self.settle_deaths();
        self.tables.turn.end();
    }

    /// What ran it may have joined the table since it came back.
    fn find_its_code(&mut self, me: Key) {
        let Some(hash) = self.foreign(me).map(|foreign| foreign.hash) else { return };
        let hashes = self.journal.as_ref().map_or(&[][..], |journal| &journal.hashes);
        if let Some(id) = hashes.iter().position(|known| *known == hash) {
            let lasting = self.tables.slots.rare_mut(me).lasting.as_mut().expect("looked at above");
            (lasting.behaviour, lasting.foreign) = (id as BehaviourId, None);
        }
    }

    /// Its next life goes on with its own code if there is that, whatever newer version its owner asks for. An owner that asks for
    /// something of another name wants its state taken over by that.
    pub(super) fn choose_code(&mut self, me: Key) {
        let asked = self.tables.slots.get(me).expect("it has just begun").behaviour;
        self.find_its_code(me);
        let lasting = self.lasting(me).expect("it is durable");
        if lasting.foreign.is_some() {
            return;
        }
        let own = self.tables.names.code(lasting.behaviour);
        if self.tables.names.name(asked) == own.name {
            let behaviour = lasting.behaviour;
            self.tables.slots.get_mut(me).expect("it has just begun").behaviour = behaviour;
        } else {
            let hash = self.journal.as_ref().expect("a durable actor has a journal").hash(lasting.behaviour);
            let foreign = Foreign { name: own.name.into(), version: own.version, hash };
            self.tables.slots.rare_mut(me).lasting.as_mut().expect("looked at above").foreign = Some(Box::new(foreign));
        }
    }
}
