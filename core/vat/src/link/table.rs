//! The ref table: this vat's refs in terms of another vat and back. A ref can cross nowhere else.
use super::{
    calls::Asked,
    wire::{Above, Call, Frame, Name, Sent},
};
use crate::{
    PortId, Ref, Rights, Time, Vat, VatId,
    deadlock::CHAIN_MAX,
    facets::FIRST,
    refs::{Key, Kind},
    shots::Shot,
};
use alloc::vec::Vec;

/// Limit: as many as a message of one vat can have.
const REFS_MAX: usize = u16::MAX as usize;

/// On the wire the priority of a ref is a right like the others: lent, and never more than was lent.
const PRIORITY: Rights = Rights(0x80);
/// And that this name of an actor is good in every life of its vat: what durable actors send to it is a letter.
const LASTING: Rights = Rights(0x40);

/// What other vats call an actor, a port or a facet of this one. A port has a name that no slot has: generations begin at 1, and
/// `Key::NONE` is the vat.
pub(crate) fn name_of(item: Ref) -> Name {
    match item.as_port() {
        Some(PortId(port)) => Name { key: Key { index: u32::from(port) + 1, generation: 0 }, incarnation: 0 },
        None => Name { key: item.key, incarnation: item.incarnation },
    }
}

fn port_of(key: Key) -> Option<PortId> {
    let number = key.index.checked_sub(1).filter(|_| key.generation == 0)?;
    u16::try_from(number).ok().map(PortId)
}

impl Ref {
    /// Its rights as another vat is told.
    pub(crate) const fn claimed(self) -> u8 {
        if self.priority { self.rights.and(PRIORITY).0 } else { self.rights.0 }
    }
}

impl Vat {
    /// The message leaves: the copies of reply refs go with it, those of far refs end here.
    pub(crate) fn export_all(&mut self, to: VatId, refs: &[Ref]) -> Vec<Sent> {
        refs.iter().map(|item| self.export(to, *item)).collect()
    }

    fn export(&mut self, to: VatId, item: Ref) -> Sent {
        let (actor, rights) = (name_of(item), item.claimed());
        match item.kind {
            Kind::Actor if !item.is_pinned() && self.lend_for_good(item.key, Rights(rights)) => {
                Sent::Mine { actor, rights: Rights(rights).and(LASTING).0 }
            }
            Kind::Lasting => {
                let (vat, actor) = (item.vat(), Name { key: item.key, incarnation: 0 });
                if vat == to {
                    Sent::Yours { actor, rights }
                } else {
                    Sent::Theirs { vat, epoch: 0, actor, rights: Rights(rights).and(LASTING).0 }
                }
            }
            Kind::Actor | Kind::Port | Kind::Facet => {
                self.links.exports.lend(actor.key, Rights(rights), to);
                Sent::Mine { actor, rights }
            }
            Kind::Object | Kind::Address => {
                let sent = self.export_object(item).map_or(Sent::Dead, |name| self.export(to, name));
                self.tables.objects.let_go(item);
                sent
            }
            Kind::OneShot => self.export_reply(to, item.key),
            Kind::Far => {
                let sent = self.export_far(to, item);
                self.links.let_go(item.key);
                sent
            }
        }
    }

    fn export_reply(&mut self, to: VatId, key: Key) -> Sent {
        let Some(shot) = self.tables.shots.get(key).copied() else { return Sent::Dead };
        if let Some(peer) = self.links.peers.get_mut(&to) {
            *peer.shots.entry(key).or_default() += 1;
        }
        Sent::Reply { call: Call { shot: key, left_ms: self.left(shot.deadline) }, caller: shot.minter }
    }

    fn export_far(&mut self, to: VatId, item: Ref) -> Sent {
        let rights = item.claimed();
        match self.far_name(item.key, item.incarnation) {
            // A whole vat is an endowment, no message's business.
            None | Some((_, _, Name { key: Key::NONE, .. })) => Sent::Dead,
            Some((vat, _, actor)) if vat == to => Sent::Yours { actor, rights },
            Some((vat, epoch, actor)) => {
                // Said before this vat could give back its own copy, so that the actor's vat never forgets it between the two.
                self.say(vat, &Frame::Shared { actor: actor.key, with: to, rights });
                Sent::Theirs { vat, epoch, actor, rights }
            }
        }
    }

    /// Each has one copy that is the arrival's: whoever called lets it go.
    pub(crate) fn import_all(&mut self, from: VatId, sent: &[Sent]) -> Result<Vec<Ref>, &'static str> {
        if sent.len() > REFS_MAX {
            return Err("a message with too many refs");
        }
        let epoch = self.links.peers.get(&from).and_then(|peer| peer.epoch).unwrap_or_default();
        Ok(sent.iter().map(|item| self.import(from, epoch, *item)).collect())
    }

    fn import(&mut self, from: VatId, epoch: u64, sent: Sent) -> Ref {
        match sent {
            Sent::Mine { actor, rights } if actor.key != Key::NONE => self.import_far(from, epoch, actor, rights),
            Sent::Theirs { vat, epoch, actor, rights } if vat != self.config.vat && actor.key != Key::NONE => {
                self.links.introduced(vat, from);
                self.import_far(vat, epoch, actor, rights)
            }
            Sent::Yours { actor, rights } => {
                let own = self.own_ref(actor, rights);
                if own.kind == Kind::Object {
                    self.tables.objects.hold(own);
                }
                own
            }
            Sent::Reply { call, caller } if caller != Key::NONE => {
                let caller = self.stand_in(from, epoch, caller);
                Ref::one_shot(self.import_call(caller, call, &[]))
            }
            // Dead when it was sent, or not what a vat of ours says.
            Sent::Reply { .. } | Sent::Mine { .. } | Sent::Theirs { .. } | Sent::Dead => Ref::actor(Key::NONE, 0, Rights::NONE),
        }
    }

    fn import_far(&mut self, vat: VatId, epoch: u64, actor: Name, rights: u8) -> Ref {
        let priority = Rights(rights).contain(PRIORITY);
        if Rights(rights).contain(LASTING) {
            return Ref { priority, ..Ref::lasting(vat, actor.key, Rights(rights).only(Rights::ALL)) };
        }
        let key = self.stand_in(vat, epoch, actor.key);
        if let Some(far) = self.links.fars.get_mut(key) {
            far.copies += 1;
            far.lent = far.lent.saturating_add(1);
        }
        Ref { priority, ..Ref::far(key, actor.incarnation, Rights(rights).only(Rights::ALL)) }
    }

    /// To an actor or a port of this vat, with what was lent of what a peer claims.
    pub(crate) fn own_ref(&self, actor: Name, claimed: u8) -> Ref {
        let rights = self.lent_rights(actor.key, Rights(claimed));
        if let Some(port) = port_of(actor.key) {
            return Ref::port(port).attenuated(rights);
        }
        if actor.key.generation == 0 && actor.key.index >= FIRST {
            let facet = Ref { kind: Kind::Facet, ..Ref::actor(actor.key, actor.incarnation, rights.only(Rights::ALL)) };
            return self.exported_object(facet).map_or(facet, |object| object.attenuated(rights));
        }
        Ref { priority: rights.contain(PRIORITY), ..Ref::actor(actor.key, actor.incarnation, rights.only(Rights::ALL)) }
    }

    /// A reply ref of this vat that stands for one of the caller's. Its deadline is the caller's, by this vat's clock.
    pub(crate) fn import_call(&mut self, caller: Key, call: Call, above: &[Above]) -> Key {
        let deadline = if call.left_ms == u64::MAX { Time::NEVER } else { self.ledger.now.after(call.left_ms) };
        let key = self.tables.shots.reserve(Shot { copies: 1, ..Shot::new(caller, deadline, self.own_of(above)) });
        self.mint(key);
        let of = self.far_name(caller, 0).map(|(vat, epoch, _)| Above { vat, epoch, shot: call.shot });
        let chain = of.into_iter().chain(above.iter().copied()).take(CHAIN_MAX).collect();
        self.links.answers.insert(key, Asked { shot: call.shot, chain });
        key
    }

    /// What a peer may do with an actor of this vat, of what it says it may.
    fn lent_rights(&self, actor: Key, claimed: Rights) -> Rights {
        let is_root = self.root.is_some_and(|root| root.key == actor);
        let lent = self.links.exports.rights(actor).and(self.lent_for_good(actor));
        claimed.only(if is_root { Rights::LENT.and(lent) } else { lent })
    }
}
