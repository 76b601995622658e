//! A typed actor: its state is a Rust value that its behaviour keeps, and postcard bytes at rest.
use alloc::{boxed::Box, format, string::String, vec::Vec};
use peerd_vat::{Behaviour, Code, Crash, Cx, Event, Reason, Ref, Shelf, StateId, append};
use serde::{Serialize, de::DeserializeOwned};

/// An actor with a typed state. Refs inside the state are fine; the kernel finds reply refs there and knows them as held.
pub trait Server: Send + Sync + 'static {
    const NAME: &'static str;
    const VERSION: u32 = 1;
    /// Whether later lives of a durable one begin with `recovered`, and so with a turn.
    const MINDS_RECOVERY: bool = false;
    type State: Serialize + DeserializeOwned + Send;

    /// The endowment is `refs`. To be ready only later, `cx.defer()` here and commit another tag when ready: whoever started
    /// this actor waits until then.
    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Self::State, Crash>;

    fn handle(state: &mut Self::State, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash>;

    /// The first turn of a later life that minds it.
    fn recovered(state: &mut Self::State, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let _ = (state, cx);
        Ok(())
    }

    /// The parent says go, to an actor that traps exits: it goes, whatever the reason (OTP).
    fn parent_exit(state: &mut Self::State, reason: Reason, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let _ = state;
        cx.stop(reason);
        Ok(())
    }

    fn terminate(state: &mut Self::State, reason: &Reason, cx: &mut Cx<'_>) {
        let _ = (state, reason, cx);
    }

    /// A state of this version, made of another one's as it was encoded: at an upgrade. A failure leaves the actor as it was.
    fn migrate(state: &[u8], from: Code<'_>, extra: &[u8], cx: &mut Cx<'_>) -> Result<Self::State, Crash> {
        let _ = (state, extra, cx);
        Err(Crash::new("no_migration", format!("{} version {} knows no state of {from}", Self::NAME, Self::VERSION)))
    }

    /// The reply refs and far refs in the state, for an actor that can tell them faster than by encoding all of it.
    fn held(state: &Self::State) -> Option<Vec<Ref>> {
        let _ = state;
        None
    }
}

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour<S: Server>() -> Box<dyn Behaviour> {
    Box::new(Adapter::<S> { states: Shelf::default() })
}

/// All living states of one kind of server.
struct Adapter<S: Server> {
    states: Shelf<S::State>,
}

impl<S: Server> Behaviour for Adapter<S> {
    fn name(&self) -> &'static str {
        S::NAME
    }

    fn version(&self) -> u32 {
        S::VERSION
    }

    fn schema(&self) -> String {
        crate::schema::<S::State>()
    }

    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        // A deferred init comes back when the actor says that it is ready. It has its state already.
        if cx.state_id().is_none() {
            let state = S::init(args, cx.refs(), cx)?;
            cx.keep_at(self.states.put(state));
        }
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let state = self.states.get_mut(state_id(cx));
        match event {
            Event::Exit { from, reason } if cx.parent().is_some_and(|parent| parent.actor_id() == from.actor_id()) => {
                S::parent_exit(state, reason, cx)
            }
            event => S::handle(state, event, cx),
        }
    }

    fn recovered(&mut self, cx: &mut Cx<'_>) -> Result<(), Crash> {
        S::recovered(self.states.get_mut(state_id(cx)), cx)
    }

    fn minds_recovery(&self) -> bool {
        S::MINDS_RECOVERY
    }

    fn terminate(&mut self, reason: &Reason, cx: &mut Cx<'_>) {
        S::terminate(self.states.get_mut(state_id(cx)), reason, cx);
    }

    fn encode(&self, id: StateId, to: &mut Vec<u8>) -> Result<(), Crash> {
        append(self.states.get(id), to)
    }

    fn encode_held(&self, id: StateId, to: &mut Vec<u8>) -> Result<(), Crash> {
        match S::held(self.states.get(id)) {
            None => self.encode(id, to),
            Some(refs) => append(&refs, to),
        }
    }

    fn decode(&mut self, state: &[u8]) -> Result<Option<StateId>, Crash> {
        let state = postcard::from_bytes(state).map_err(|error| Crash::new("decode", format!("state of {}: {error}", S::NAME)))?;
        Ok(Some(self.states.put(state)))
    }

    fn migrate(&mut self, state: &[u8], from: Code<'_>, extra: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let state = S::migrate(state, from, extra, cx)?;
        cx.keep_at(self.states.put(state));
        Ok(())
    }

    fn forget(&mut self, id: StateId) {
        self.states.take(id);
    }
}

fn state_id(cx: &Cx<'_>) -> StateId {
    cx.state_id().expect("init committed a state")
}
