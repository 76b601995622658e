//! What a recovered journal says becomes slots, states at rest and mailboxes.
use super::{BIRTH, Lasting, Options, code_hash, commit::refs_of};
use crate::{
    Crash, MessageKind, Vat,
    behaviour::BehaviourId,
    entry::{Envelope, Marks, Sender},
    refs::Key,
    slots::Flags,
};
use alloc::{boxed::Box, format, vec::Vec};
use core::mem;
use peerd_journal::{Durable, Image, Standing};

impl Vat {
    /// In a vat that has no actor yet.
    pub(super) fn come_back(&mut self, image: &Image) -> Result<(), Crash> {
        // Nobody can start again who is buried.
        let actors: Vec<(Key, &Durable)> = image
            .actors
            .iter()
            .filter(|(_, durable)| durable.standing != Standing::Buried)
            .map(|(actor, durable)| (Key::of_actor(*actor), durable))
            .collect();
        if !self.tables.slots.restore(actors.iter().map(|(key, _)| *key), self.config.epoch) {
            return Err(Crash::new("epoch", format!("no keys are left for epoch {}", self.config.epoch)));
        }
        for (key, durable) in &actors {
            self.restore_one(*key, durable, image)?;
        }
        for (key, durable) in &actors {
            self.restore_mailbox(*key, durable);
        }
        Ok(())
    }

    fn restore_one(&mut self, me: Key, durable: &Durable, image: &Image) -> Result<(), Crash> {
        let behaviour = self.code_found(durable)?;
        let options: Options<'_> = postcard::from_bytes(&durable.options)
            .map_err(|_| Crash::new("journal", format!("unknown options of {}", durable.behaviour)))?;
        let header = self.tables.slots.get_mut(me).expect("restored with the others");
        header.behaviour = behaviour;
        // A vat that did not end in order took all lives with it.
        header.incarnation = if image.is_closed { durable.life.max(1) } else { durable.life + 1 };
        header.flags.set_class(options.class);
        header.flags.set(Flags::MINDED, true);
        header.flags.set(Flags::PARKED, durable.standing == Standing::Parked);
        // Who is kept by the root waits until the root spawns it; anyone else goes on.
        let goes_on = options.kept_as.is_none() && durable.standing == Standing::Live;
        if goes_on {
            header.flags.set(Flags::LIVE, true);
        } else {
            // Its owner's spawn begins that one.
            header.incarnation = durable.life;
        }
        let (has_state, is_kept) = (durable.turn > BIRTH, options.kept_as.is_some());
        header.flags.set(Flags::KEPT, is_kept);
        self.tables.slots.life_mut(me).tag = durable.tag;
        let rare = self.tables.slots.rare_mut(me);
        rare.label = (&*options.label).into();
        rare.kept_as = options.kept_as.as_deref().unwrap_or_default().into();
        let lasting = Lasting { durability: options.durability, turn: durable.turn, state: durable.state.clone() };
        rare.lasting = Some(Box::new(lasting));
        if goes_on && has_state {
            self.take_up(me, None, &durable.state);
            self.set_passive(me, true);
        }
        Ok(())
    }

    fn code_found(&self, durable: &Durable) -> Result<BehaviourId, Crash> {
        let Some(id) = self.tables.names.find(&durable.behaviour) else {
            return Err(Crash::new("no_behaviour", format!("no behaviour is named {:?}", durable.behaviour)));
        };
        if code_hash(&*self.behaviours[usize::from(id)]) != durable.hash {
            return Err(Crash::new("code", format!("{} has another version than what its actors were written by", durable.behaviour)));
        }
        Ok(id)
    }

    fn restore_mailbox(&mut self, me: Key, durable: &Durable) {
        for (id, waiting) in &durable.waiting {
            let kind = if waiting.kind == MessageKind::Init as u8 { MessageKind::Init } else { MessageKind::User };
            let from = Sender { key: Key::of_actor(peerd_journal::Actor(waiting.from.0)), incarnation: waiting.life };
            let refs = refs_of(&waiting.envelope);
            let marks = if waiting.is_deferred { Marks::SEEN } else { Marks::default() };
            let entry = self.tables.messages.write(&Envelope::new(from, kind, &waiting.body).refs(&refs).marked(marks));
            self.tables.messages.record(entry, *id);
            if waiting.is_deferred {
                self.ledger.counters.sent += 1;
                let weight = self.tables.messages.cell(entry).weight();
                self.tables.slots.get_mut(me).expect("restored").load.count_in(weight);
                self.tables.messages.push_back(&mut self.tables.slots.life_mut(me).deferred, entry);
            } else {
                self.put(me, entry);
            }
        }
    }

    /// The root lives: what it kept is its own again.
    pub(crate) fn adopt(&mut self, root: Key) {
        let orphans: Vec<Key> = self.tables.slots.keys().filter(|key| self.is_orphan(*key)).collect();
        for child in orphans {
            let id = mem::take(&mut self.tables.slots.rare_mut(child).kept_as);
            self.tables.slots.life_mut(child).parent = Some(root);
            self.tables.slots.keep_as(root, child, &id);
            self.tables.slots.adopt(root, child);
        }
    }

    fn is_orphan(&self, key: Key) -> bool {
        let rare = self.tables.slots.life(key).rare.as_ref();
        self.tables.slots.parent(key).is_none() && rare.is_some_and(|rare| rare.lasting.is_some() && !rare.kept_as.is_empty())
    }
}
