//! What an actor runs and what it knows, exchanged between two turns: a new state, a new behaviour, rest and waking.
use crate::{
    ActorId, Code, Crash, Cx, StateId, Vat, What, behaviour::BehaviourId, cx, durable::Foreign, entry::Sender, refs::Key, slab::Handle,
    slots::Flags, state, step::Actor, turn::Touched,
};
use alloc::{format, vec::Vec};

impl Vat {
    pub(crate) fn code_of(&self, me: Key) -> Code<'static> {
        self.tables.names.code(self.tables.slots.get(me).expect("the caller found the slot").behaviour)
    }

    /// The old behaviour goes on with the old state unless all goes well.
    pub(crate) fn upgrade(&mut self, me: Sender, from: Code<'_>, to: Code<'_>, extra: &[u8], handle: Handle) -> Result<(), Crash> {
        let actor = self.actor(me.key);
        let upgraded = self.migrate(me, from, to, extra).and_then(|to| self.record_upgrade(actor, to, handle));
        match upgraded {
            Ok(()) => self.commit(actor, handle),
            Err(_) => self.no_migration(me.key, handle),
        }
        upgraded
    }

    /// The turn of a migration: from the next record on the actor runs this.
    pub(crate) fn record_upgrade(&mut self, actor: Actor, to: BehaviourId, handle: Handle) -> Result<(), Crash> {
        self.tables.turn.becomes = Some(Some(to));
        let recorded = if self.is_durable(actor.key) { self.record(actor, handle) } else { Ok(()) };
        recorded.inspect_err(|_| self.drop_migrated(to))
    }

    pub(crate) fn no_migration(&mut self, me: Key, handle: Handle) {
        self.ledger.fact(Some(ActorId(me)), || What::Committed);
        self.handled(me, handle);
    }

    /// The new behaviour's turn. What it left in the turn is to be committed.
    fn migrate(&mut self, me: Sender, from: Code<'_>, to: Code<'_>, extra: &[u8]) -> Result<BehaviourId, Crash> {
        let is = self.foreign(me.key).map_or_else(|| self.code_of(me.key), Foreign::code);
        if is != from {
            return Err(Crash::new("upgrade", format!("it is {is}, not {from}")));
        }
        let Some(id) = self.tables.names.find_code(to) else {
            return Err(Crash::new("no_behaviour", format!("there is no {to}")));
        };
        self.migrate_to(me, id, from, extra)?;
        Ok(id)
    }

    pub(crate) fn migrate_to(&mut self, me: Sender, id: BehaviourId, from: Code<'_>, extra: &[u8]) -> Result<(), Crash> {
        let mut old = Vec::new();
        self.encode_state(me.key, &mut old)?;
        self.tables.turn.begin(self.seed ^ self.ledger.counters.turns, None, Key::NONE);
        self.tables.turn.touch(Touched::MORE);
        self.tables.turn.state = Some(self.tables.turn.keep(&old));
        let mut cx = Cx {
            tables: &mut self.tables,
            state_id: None,
            refs: &[],
            me: me.key,
            incarnation: me.incarnation,
            from_life: 0,
            now: self.ledger.now,
        };
        let new = &mut self.behaviours[usize::from(id)];
        let mut migrated = new.migrate(&old, from, extra, &mut cx);
        if migrated.is_ok() && self.tables.turn.state_id.is_none() {
            let bytes = self.tables.turn.state.take().map_or_else(Vec::new, |range| self.tables.turn.bytes[range].to_vec());
            migrated = new.decode(&bytes).map(|id| match id {
                Some(id) => self.tables.turn.state_id = Some(id),
                None => self.tables.turn.state = Some(self.tables.turn.keep(&bytes)),
            });
        }
        migrated.inspect_err(|_| self.drop_migrated(id))
    }

    fn drop_migrated(&mut self, to: BehaviourId) {
        cx::abort(&mut self.tables);
        if let Some(staged) = self.tables.turn.state_id.take() {
            self.behaviours[usize::from(to)].forget(staged);
        }
    }

    /// The old one forgets; the turn that commits brings the new state.
    pub(crate) fn become_behaviour(&mut self, me: Key, new: BehaviourId) {
        self.forget_state(me);
        self.set_passive(me, false);
        self.tables.slots.get_mut(me).expect("it lives").behaviour = new;
    }

    pub(crate) fn replace_state(&mut self, me: Key, bytes: &[u8], handle: Handle) -> Result<(), Crash> {
        let decoded = self.behaviour_of(me).decode(bytes)?;
        let is_shelved = self.tables.slots.get(me).is_some_and(|header| header.state_id().is_some());
        if is_shelved && decoded.is_none() {
            return Err(Crash::new("decode", "this behaviour takes no state from bytes"));
        }
        let turn = &mut self.tables.turn;
        turn.touch(Touched::MORE);
        (turn.state_id, turn.state) = (decoded, Some(turn.keep(bytes)).filter(|_| decoded.is_none()));
        if self.is_durable(me)
            && let Err(crash) = self.record(self.actor(me), handle)
        {
            decoded.into_iter().for_each(|id| self.behaviour_of(me).forget(id));
            return Err(crash);
        }
        self.forget_state(me);
        self.set_passive(me, false);
        self.keep_state(me);
        Ok(())
    }

    pub(crate) fn actor(&self, me: Key) -> Actor {
        Actor::of(me, self.tables.slots.get(me).expect("it lives"))
    }

    pub(crate) fn take_up(&mut self, me: Key, decoded: Option<StateId>, bytes: &[u8]) {
        let header = self.tables.slots.get_mut(me).expect("it lives");
        match decoded {
            Some(id) => {
                header.state = Handle::from_u32(id.0);
                header.flags.set(Flags::SHELVED, true);
            }
            None => state::write(&mut self.tables.states, &mut header.state, bytes),
        }
    }

    /// A behaviour that the turn asked for, found and given its state before the turn commits.
    pub(crate) fn prepare_become(&mut self, me: Key) -> Result<(), Crash> {
        let Some(wanted) = self.tables.turn.becomes else { return Ok(()) };
        let id = wanted.ok_or_else(|| Crash::new("no_behaviour", "it would become what is not in the table"))?;
        if self.tables.turn.state_id.is_some() {
            return Err(Crash::new("become", "a state on the shelf of the behaviour that it leaves"));
        }
        let mut bytes = Vec::new();
        match self.tables.turn.state.take() {
            Some(range) => bytes.extend_from_slice(&self.tables.turn.bytes[range]),
            None => self.encode_state(me, &mut bytes)?,
        }
        match self.behaviours[usize::from(id)].decode(&bytes)? {
            Some(at) => self.tables.turn.state_id = Some(at),
            None => self.tables.turn.state = Some(self.tables.turn.keep(&bytes)),
        }
        Ok(())
    }
}
