//! What a recovered journal says becomes slots, states at rest and mailboxes.
use super::{Foreign, Kept, Lasting, Options, Tries, calls::is_late, kept::Place, seal::Carried};
use crate::{
    Crash, Vat,
    behaviour::BehaviourId,
    entry::{Marks, Sender},
    refs::Key,
    slots::Flags,
};
use alloc::{boxed::Box, collections::BTreeMap, format, vec::Vec};
use peerd_journal::{Actor, Durable, Hash, Image, Standing};

/// By the owner's place: id and child.
pub(super) type Orphans = BTreeMap<Place, Vec<(Box<str>, Key)>>;

/// An actor that the journal knows.
struct Found<'a> {
    key: Key,
    durable: &'a Durable,
    options: Options<'a>,
    /// Something of its name is in the table.
    has_code: bool,
    /// Its life goes on, with this. None: it ended with its vat.
    carried: Option<Carried>,
}

impl Found<'_> {
    /// A volatile owner begins anew and spawns whom it keeps; a durable one has them in its state.
    fn goes_on(&self) -> bool {
        let waits = self.options.kept.as_ref().is_some_and(|kept| kept.by.durable_owner().is_none());
        self.durable.standing == Standing::Live && (self.carried.is_some() || !waits) && self.has_code
    }
}

impl Vat {
    /// In a vat that has no actor yet. Returns whom volatile owners keep, who wait for these, and who does not come back.
    pub(super) fn come_back(&mut self, image: &Image, hashes: &[Hash]) -> Result<(Orphans, Vec<Actor>), Crash> {
        let mut actors: Vec<Found<'_>> = Vec::new();
        for (actor, durable) in &image.actors {
            let options: Options<'_> = postcard::from_bytes(&durable.options)
                .map_err(|_| Crash::new("journal", format!("unknown options of {}", durable.behaviour)))?;
            let has_code = self.tables.names.find(&durable.behaviour).is_some();
            let carried = Carried::of(image, *actor, durable, hashes);
            actors.push(Found { key: Key::of_actor(*actor), durable, options, has_code, carried });
        }
        // Nobody can start again who ended and is kept by nobody.
        let is_there = |by: &Place| by.durable_owner().is_none_or(|owner| image.actors.contains_key(&owner.to_actor()));
        for found in &mut actors {
            found.options.kept.take_if(|kept| !is_there(&kept.by));
        }
        actors.retain(|Found { durable, options, .. }| match durable.standing {
            Standing::Ended | Standing::Buried => options.kept.is_some(),
            Standing::Live | Standing::Parked => true,
        });
        if !self.tables.slots.restore(actors.iter().map(|found| found.key), self.config.epoch) {
            return Err(Crash::new("epoch", format!("no keys are left for epoch {}", self.config.epoch)));
        }
        for found in &actors {
            self.restore_one(found, hashes);
        }
        self.restore_post(image).map_err(|why| Crash::new("journal", why))?;
        let watches = actors.iter().flat_map(|found| found.carried.iter().flat_map(|carried| carried.nodes(found.key)));
        if !self.restore_calls(actors.iter().map(|found| (found.key, found.durable)), watches) {
            return Err(Crash::new("epoch", format!("no keys are left for epoch {}", self.config.epoch)));
        }
        let mut orphans = Orphans::new();
        for found in &actors {
            self.restore_mailbox(found.key, found.durable);
            self.restore_owner(found, &mut orphans);
        }
        self.count_holders(actors.iter().map(|found| (found.key, found.durable)), image);
        for found in actors.iter().filter(|found| found.goes_on()) {
            if found.carried.is_some() {
                self.resume_life(found.key);
            } else {
                self.recover(found.key);
                self.link_kept(found.key);
            }
            self.wake(found.key);
        }
        for found in &actors {
            found.carried.iter().for_each(|carried| self.rehydrate(found.key, carried));
        }
        self.settle_deaths();
        let mut gone: Vec<Actor> = image.actors.keys().copied().collect();
        gone.retain(|actor| !self.is_durable(Key::of_actor(*actor)));
        Ok((orphans, gone))
    }

    fn restore_one(&mut self, found: &Found<'_>, hashes: &[Hash]) {
        let &Found { key: me, durable, ref options, .. } = found;
        let exact = hashes.iter().position(|hash| *hash == durable.hash).map(|id| id as BehaviourId);
        let newest = self.tables.names.find(&durable.behaviour);
        let header = self.tables.slots.get_mut(me).expect("restored with the others");
        // Of one whose name is not in the table nothing runs until its owner starts it as something else.
        header.behaviour = exact.or(newest).unwrap_or(BehaviourId::MAX);
        header.flags.set_class(options.class);
        header.flags.set(Flags::KEPT, options.kept.is_some());
        header.flags.set(Flags::PARKED, durable.standing == Standing::Parked || !found.has_code);
        header.flags.set(Flags::BURIED, durable.standing == Standing::Buried);
        let goes_on = found.goes_on();
        // Its owner's spawn begins the next life of one that waits. A vat that did not end in order took all lives with it.
        header.incarnation = if goes_on && found.carried.is_none() { durable.life + 1 } else { durable.life.max(u32::from(goes_on)) };
        header.flags.set(Flags::LIVE, goes_on);
        let rare = self.tables.slots.rare_mut(me);
        rare.label = (&*options.label).into();
        let (turn, tag, options) = (durable.turn, durable.tag, options.encode());
        let foreign = Foreign { name: (&*durable.behaviour).into(), version: found.options.version, hash: durable.hash };
        let is_over = durable.standing != Standing::Live;
        let foreign = exact.is_none().then(|| Box::new(foreign));
        let behaviour = exact.unwrap_or_default();
        let lasting = Lasting {
            behaviour,
            foreign,
            turn,
            tag,
            options,
            is_blank: durable.is_blank,
            lent: durable.lent,
            is_over,
            ..Lasting::new(found.options.durability)
        };
        rare.lasting = Some(Box::new(lasting));
        self.tables.slots.get_mut(me).expect("restored with the others").flags.set(Flags::MINDED, true);
        self.take_up(me, None, &durable.state);
        self.restore_alarms(me, durable.alarms.iter().map(|(key, alarm)| (*key, *alarm)));
        if durable.standing == Standing::Parked {
            self.silence_alarms(me);
        } else {
            self.wait_for_alarms(me);
        }
    }

    /// All actors are there.
    fn restore_owner(&mut self, found: &Found<'_>, orphans: &mut Orphans) {
        let Found { key: me, ref options, .. } = *found;
        let Some(Kept { by, id }) = &options.kept else { return };
        let Some(owner) = by.durable_owner() else {
            self.lasting_mut(me).is_ownerless = found.carried.is_some();
            return orphans.entry(by.clone()).or_default().push((id.as_ref().into(), me));
        };
        self.adopt_as(owner, me, id);
        if found.goes_on() {
            let incarnation = self.tables.slots.get(owner).map_or(0, |header| header.incarnation);
            self.catch_faults(Sender { key: owner, incarnation }, me, options.faults);
            self.cap(me, options.memory_max);
        }
    }

    fn restore_mailbox(&mut self, me: Key, durable: &Durable) {
        // What turns have failed on was at the head.
        let mut waiting: Vec<_> = durable.waiting.iter().filter(|(_, waiting)| !is_late(durable, waiting)).collect();
        waiting.sort_by_key(|(_, waiting)| waiting.attempts == 0);
        for (id, waiting) in waiting {
            let marks = if waiting.is_deferred { Marks::SEEN } else { Marks::default() };
            let entry = self.waiting_entry(waiting, marks);
            self.tables.messages.record(entry, *id);
            if waiting.attempts > 0 {
                self.tables.messages.set_tries(entry, Tries::of(waiting.attempts));
            }
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
}
