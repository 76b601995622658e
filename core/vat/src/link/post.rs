//! What one actor says to an actor of another vat: it leaves, waits for a credit, or fails because nobody is there.
use super::{
    peer::Phase,
    wire::{Call, Frame, Name, Word},
};
use crate::{
    DeadClass, MessageKind, Reason, Ref, Settle, Time, Vat, VatId, entry::Sender, held::counted, ledger::Lost, refs::Key, signals::Via,
    slab::Handle, told::asked, turn::Scope,
};
use alloc::{borrow::Cow, vec::Vec};

/// A word before its refs are put in terms of the other vat.
pub(crate) enum Parcel<'a> {
    User { body: Cow<'a, [u8]>, refs: Cow<'a, [Ref]>, call: Option<Key>, deadline: Time, cause: Key },
    Answer { shot: Key, body: Cow<'a, [u8]>, refs: Cow<'a, [Ref]> },
    Failed { shot: Key, settle: Settle },
    Link,
    Unlink { id: u64 },
    Unlinked { id: u64 },
    Monitor { watch: Key, scope: Scope },
    Demonitor { watch: Key },
    Exit { reason: Reason, via: Via },
    Down { watch: Key, reason: Reason },
    System { kind: MessageKind, body: Cow<'a, [u8]>, call: Key, deadline: Time },
}

/// A parcel that could not leave yet.
pub(crate) struct Waiting {
    from: Sender,
    to: Ref,
    parcel: Parcel<'static>,
}

impl Waiting {
    /// It is in flight. What only makes or ends a bond is not counted, here or in one vat.
    pub fn is_counted(&self) -> bool {
        self.parcel.kind().is_some()
    }
}

impl Parcel<'_> {
    fn kind(&self) -> Option<MessageKind> {
        match self {
            Parcel::User { .. } => Some(MessageKind::User),
            Parcel::Answer { .. } | Parcel::Failed { .. } => Some(MessageKind::Reply),
            Parcel::Exit { .. } => Some(MessageKind::Exit),
            Parcel::Down { .. } => Some(MessageKind::Down),
            Parcel::System { kind, .. } => Some(*kind),
            Parcel::Link | Parcel::Unlink { .. } | Parcel::Unlinked { .. } | Parcel::Monitor { .. } | Parcel::Demonitor { .. } => None,
        }
    }

    fn refs(&self) -> &[Ref] {
        match self {
            Parcel::User { refs, .. } | Parcel::Answer { refs, .. } => refs,
            _ => &[],
        }
    }

    fn body(&self) -> &[u8] {
        match self {
            Parcel::User { body, .. } | Parcel::Answer { body, .. } | Parcel::System { body, .. } => body,
            _ => &[],
        }
    }

    fn call(&self) -> Option<Key> {
        match self {
            Parcel::User { call, .. } => *call,
            Parcel::System { call, .. } => Some(*call),
            _ => None,
        }
    }

    fn into_owned(self) -> Parcel<'static> {
        match self {
            Parcel::User { body, refs, call, deadline, cause } => {
                Parcel::User { body: body.into_owned().into(), refs: refs.into_owned().into(), call, deadline, cause }
            }
            Parcel::Answer { shot, body, refs } => Parcel::Answer { shot, body: body.into_owned().into(), refs: refs.into_owned().into() },
            Parcel::Failed { shot, settle } => Parcel::Failed { shot, settle },
            Parcel::Link => Parcel::Link,
            Parcel::Unlink { id } => Parcel::Unlink { id },
            Parcel::Unlinked { id } => Parcel::Unlinked { id },
            Parcel::Monitor { watch, scope } => Parcel::Monitor { watch, scope },
            Parcel::Demonitor { watch } => Parcel::Demonitor { watch },
            Parcel::Exit { reason, via } => Parcel::Exit { reason, via },
            Parcel::Down { watch, reason } => Parcel::Down { watch, reason },
            Parcel::System { kind, body, call, deadline } => Parcel::System { kind, body: body.into_owned().into(), call, deadline },
        }
    }
}

impl Vat {
    /// A message of the turn that commits.
    pub(crate) fn send_far(&mut self, from: Sender, to: Ref, entry: Handle, call: Option<Key>) {
        let written = self.tables.messages.entry(entry);
        let deadline = written.about().filter(|_| call.is_some()).map_or(Time::NEVER, |about| about.deadline());
        let (body, refs, cause) = (written.body().to_vec(), written.refs().collect::<Vec<Ref>>(), written.cause());
        self.tables.messages.free(entry);
        let cause = call.and_then(|shot| self.tables.shots.get(shot)).map_or(cause, |shot| shot.parent);
        self.mail(from, to, Parcel::User { body: body.into(), refs: refs.into(), call, deadline, cause });
    }

    /// The same to the kernel's side of an actor. It is bounded by no mailbox and waits for no credit.
    pub(crate) fn ask_far(&mut self, from: Sender, to: Ref, entry: Handle, call: Key) {
        let written = self.tables.messages.entry(entry);
        let deadline = written.about().map_or(Time::NEVER, |about| about.deadline());
        let (kind, body) = (written.kind(), written.body().to_vec());
        self.tables.messages.free(entry);
        self.mail(from, to, Parcel::System { kind, body: body.into(), call, deadline });
    }

    /// `to` is far. The bond it makes or the call it carries is in the books already.
    pub(crate) fn mail(&mut self, from: Sender, to: Ref, parcel: Parcel<'_>) {
        self.carry(to.key, parcel.call(), parcel.refs());
        self.ledger.counters.sent += u64::from(parcel.kind().is_some());
        self.route(from, to, parcel);
    }

    fn route(&mut self, from: Sender, to: Ref, parcel: Parcel<'_>) {
        let Some((vat, ..)) = self.far_name(to.key, 0) else { return self.fail(from, to, parcel, DeadClass::Noproc) };
        let phase = self.reach(vat);
        let Some(far) = self.links.fars.get(to.key) else { return self.fail(from, to, parcel, DeadClass::Noproc) };
        match phase {
            Phase::Down => self.fail(from, to, parcel, DeadClass::VatBroken),
            Phase::Greeting => self.wait(from, to, parcel),
            Phase::Open if far.key == Key::NONE => self.post_to_root(from, to, parcel),
            Phase::Open if !self.links.is_met(far.vat, far.epoch) => self.fail(from, to, parcel, DeadClass::Noproc),
            Phase::Open => {
                // One line for all that a sender says to a receiver; what bounds itself does not wait for credit.
                let is_behind = far.is_lasting && self.links.peers.get(&vat).is_some_and(|peer| peer.outbox.has_unsent());
                let must_wait = match parcel {
                    _ if is_behind => true,
                    Parcel::User { .. } => !far.waiting.is_empty() || !far.window.is_open(),
                    _ => far.waiting.iter().any(|waiting| waiting.from.key == from.key),
                };
                if let Some(class) = self.outlived(&parcel, true) {
                    self.fail(from, to, parcel, class);
                } else if must_wait {
                    self.wait(from, to, parcel);
                } else {
                    self.transmit(from, to, parcel);
                }
            }
        }
    }

    /// As far as credits go.
    pub(crate) fn resume(&mut self, key: Key) {
        loop {
            let Some(far) = self.links.fars.get(key) else { return };
            let Some(first) = far.waiting.front() else { return };
            let is_vat = far.key == Key::NONE;
            let is_met = is_vat || self.links.is_met(far.vat, far.epoch);
            if is_met && !is_vat && matches!(first.parcel, Parcel::User { .. }) && !far.window.is_open() {
                return;
            }
            let Some(Waiting { from, to, parcel }) = self.links.fars.next_waiting(key) else { return };
            if let Some(class) = self.outlived(&parcel, is_met) {
                self.fail(from, to, parcel, class);
            } else if is_vat {
                self.post_to_root(from, to, parcel);
            } else {
                self.transmit(from, to, parcel);
            }
        }
    }

    fn outlived(&self, parcel: &Parcel<'_>, is_met: bool) -> Option<DeadClass> {
        match parcel {
            _ if !is_met => Some(DeadClass::Noproc),
            Parcel::User { deadline, .. } | Parcel::System { deadline, .. } if *deadline <= self.ledger.now => Some(DeadClass::Expired),
            Parcel::User { call: Some(shot), .. } if self.tables.shots.get(*shot).is_none_or(|shot| shot.settled) => {
                Some(DeadClass::Cancelled)
            }
            _ => None,
        }
    }

    /// Limit: a sender that outruns its credits is refused where its own vat's mailboxes would be.
    fn wait(&mut self, from: Sender, to: Ref, parcel: Parcel<'_>) {
        let is_user = matches!(parcel, Parcel::User { .. });
        let length = self.links.fars.get(to.key).map_or(0, |far| far.waiting.len());
        if is_user && length >= self.config.mailbox_entries_max as usize {
            return self.fail(from, to, parcel, DeadClass::Overloaded);
        }
        self.links.fars.wait(to.key, Waiting { from, to, parcel: parcel.into_owned() });
    }

    fn post_to_root(&mut self, from: Sender, to: Ref, parcel: Parcel<'_>) {
        let Some((vat, ..)) = self.far_name(to.key, 0) else { return };
        let peer = self.links.peers.get(&vat).and_then(|peer| Some((peer.epoch?, peer.root?)));
        let Some((epoch, root)) = peer else { return self.fail(from, to, parcel, DeadClass::Noproc) };
        let root = self.stand_in(vat, epoch, root);
        self.route(from, Ref::far(root, 0, to.rights), parcel);
        self.links.fars.may_be_idle(root);
    }

    /// Nobody is there: it is a dead letter, and the calls in it are told. Whoever asked for a bond was told when it asked, or is
    /// told with the loss of the vat.
    pub(crate) fn fail(&mut self, from: Sender, to: Ref, parcel: Parcel<'_>, class: DeadClass) {
        if let Some(kind) = parcel.kind() {
            let asked = if kind.is_system() { asked(parcel.body()) } else { parcel.body().into() };
            self.ledger.lose(&Lost { class, from, to, kind, body: &asked });
        }
        self.uncarry(&parcel, &class.settles());
    }

    fn uncarry(&mut self, parcel: &Parcel<'_>, settle: &Settle) {
        for held in parcel.call().map(Ref::one_shot).into_iter().chain(counted(parcel.refs())) {
            self.drop_ref(held, settle);
        }
    }

    fn transmit(&mut self, from: Sender, to: Ref, parcel: Parcel<'_>) {
        let Some((vat, _, name)) = self.far_name(to.key, to.incarnation) else { return };
        if parcel.body().len() > self.config.mailbox_bytes_max as usize {
            return self.fail(from, to, parcel, DeadClass::Overloaded);
        }
        self.ledger.counters.handled += u64::from(parcel.kind().is_some());
        let refs = self.export_all(vat, parcel.refs());
        let word = match &parcel {
            Parcel::User { body, call, deadline, cause, .. } => {
                if let Some(far) = self.links.fars.get_mut(to.key) {
                    far.window.spend(body.len());
                }
                let call = call.map(|shot| self.export_call(vat, shot, *deadline));
                Word::User { body, refs, call, chain: self.chain_above(*cause) }
            }
            Parcel::Answer { shot, body, .. } => Word::Answer { shot: *shot, body, refs },
            Parcel::Failed { shot, settle } => Word::Failed { shot: *shot, settle: settle.clone() },
            Parcel::Link => Word::Link,
            Parcel::Unlink { id } => Word::Unlink { id: *id },
            Parcel::Unlinked { id } => Word::Unlinked { id: *id },
            Parcel::Monitor { watch, scope } => Word::Monitor { watch: *watch, identity: *scope == Scope::Identity },
            Parcel::Demonitor { watch } => Word::Demonitor { watch: *watch },
            Parcel::Exit { reason, via } => Word::Exit { reason: reason.clone(), linked: *via == Via::Link },
            Parcel::Down { watch, reason } => Word::Down { watch: *watch, reason: reason.clone() },
            Parcel::System { body, call, deadline, .. } => Word::System { body, call: self.export_call(vat, *call, *deadline) },
        };
        let from = Name { key: from.key, incarnation: from.incarnation };
        self.say(vat, &Frame::Word { from, to: name, rights: to.claimed(), word });
        self.links.fars.may_be_idle(to.key);
    }

    fn export_call(&mut self, vat: VatId, shot: Key, deadline: Time) -> Call {
        if let Some(peer) = self.links.peers.get_mut(&vat) {
            *peer.shots.entry(shot).or_default() += 1;
        }
        Call { shot, left_ms: self.left(deadline) }
    }

    pub(crate) fn left(&self, deadline: Time) -> u64 {
        if deadline == Time::NEVER { u64::MAX } else { deadline.since(self.ledger.now) }
    }

    /// What waited for this actor, when its vat is lost.
    pub(crate) fn fail_waiting(&mut self, key: Key) {
        while let Some(Waiting { from, to, parcel }) = self.links.fars.next_waiting(key) {
            self.fail(from, to, parcel, DeadClass::VatBroken);
        }
    }
}
