//! A typed actor: its state is a Rust value during a turn and postcard bytes between turns.
use alloc::{boxed::Box, vec::Vec};
use core::marker::PhantomData;
use peerd_vat::{Behaviour, Crash, Cx, Event, Reason, Ref};
use serde::{Serialize, de::DeserializeOwned};

/// An actor with a typed state. Refs inside the state are fine; the kernel finds reply refs there and knows them as held.
pub trait Server: Send + Sync + 'static {
    const NAME: &'static str;
    const VERSION: u32 = 1;
    type State: Serialize + DeserializeOwned;

    /// The endowment is `refs`. To be ready only later, `cx.defer()` here and commit another tag when ready: whoever started
    /// this actor waits until then.
    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Self::State, Crash>;

    fn handle(state: &mut Self::State, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash>;

    /// The parent says go, to an actor that traps exits: it goes, whatever the reason (OTP).
    fn parent_exit(state: &mut Self::State, reason: Reason, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let _ = state;
        cx.stop(reason);
        Ok(())
    }

    fn terminate(state: &mut Self::State, reason: &Reason, cx: &mut Cx<'_>) {
        let _ = (state, reason, cx);
    }
}

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour<S: Server>() -> Box<dyn Behaviour> {
    Box::new(Adapter::<S>(PhantomData))
}

struct Adapter<S>(PhantomData<S>);

impl<S: Server> Behaviour for Adapter<S> {
    fn name(&self) -> &'static str {
        S::NAME
    }

    fn version(&self) -> u32 {
        S::VERSION
    }

    fn init(&self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        // A deferred init comes back when the actor says that it is ready. It has its state already.
        if !cx.state().is_empty() {
            return Ok(());
        }
        let state = S::init(args, cx.refs(), cx)?;
        commit(&state, cx)
    }

    fn turn(&self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let mut state = decode::<S>(cx)?;
        match event {
            Event::Exit { from, reason } if cx.parent().is_some_and(|parent| parent.actor_id() == from.actor_id()) => {
                S::parent_exit(&mut state, reason, cx)?;
            }
            event => S::handle(&mut state, event, cx)?,
        }
        commit(&state, cx)
    }

    fn terminate(&self, reason: &Reason, cx: &mut Cx<'_>) {
        if let Ok(mut state) = decode::<S>(cx) {
            S::terminate(&mut state, reason, cx);
        }
    }
}

fn decode<S: Server>(cx: &Cx<'_>) -> Result<S::State, Crash> {
    postcard::from_bytes(cx.state()).map_err(|error| Crash::new("decode", alloc::format!("state of {}: {error}", S::NAME)))
}

fn commit<T: Serialize>(state: &T, cx: &mut Cx<'_>) -> Result<(), Crash> {
    let bytes: Vec<u8> = postcard::to_allocvec(state).map_err(|error| Crash::new("encode", alloc::format!("{error}")))?;
    if bytes != cx.state() {
        cx.become_state(&bytes);
    }
    Ok(())
}
