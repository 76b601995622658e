//! A behaviour with something around it: for tests and simulators, which make starts and turns go otherwise than they would.
use crate::{Behaviour, Code, Crash, Cx, Event, Reason, StateId};
use alloc::{boxed::Box, string::String, vec::Vec};

/// What is done around the turns of another behaviour. In everything else that one is as it was.
pub trait Around: Send {
    /// In place of the first turn.
    fn init(&mut self, inner: &mut dyn Behaviour, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        inner.init(args, cx)
    }

    /// After the work of each later turn. Why after: a failure must drop an outbox that is full, not one that is empty.
    fn worked(&mut self) -> Result<(), Crash> {
        Ok(())
    }
}

/// `inner`, with this around it.
#[must_use]
pub fn around(inner: Box<dyn Behaviour>, with: impl Around + 'static) -> Box<dyn Behaviour> {
    Box::new(Wrapped { inner, with })
}

struct Wrapped<A> {
    inner: Box<dyn Behaviour>,
    with: A,
}

impl<A: Around> Behaviour for Wrapped<A> {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn version(&self) -> u32 {
        self.inner.version()
    }

    fn schema(&self) -> String {
        self.inner.schema()
    }

    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        self.with.init(&mut *self.inner, args, cx)
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        self.inner.turn(event, cx)?;
        self.with.worked()
    }

    fn message(&mut self, body: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        self.inner.message(body, cx)?;
        self.with.worked()
    }

    fn recovered(&mut self, cx: &mut Cx<'_>) -> Result<(), Crash> {
        self.inner.recovered(cx)?;
        self.with.worked()
    }

    fn minds_recovery(&self) -> bool {
        self.inner.minds_recovery()
    }

    fn interleaves(&self, body: &[u8]) -> Result<bool, Crash> {
        self.inner.interleaves(body)
    }

    fn terminate(&mut self, reason: &Reason, cx: &mut Cx<'_>) {
        self.inner.terminate(reason, cx);
    }

    fn encode(&self, id: StateId, to: &mut Vec<u8>) -> Result<(), Crash> {
        self.inner.encode(id, to)
    }

    fn encode_held(&self, id: StateId, to: &mut Vec<u8>) -> Result<(), Crash> {
        self.inner.encode_held(id, to)
    }

    fn refs_in<'a>(&self, state: &'a [u8]) -> &'a [u8] {
        self.inner.refs_in(state)
    }

    fn can_rest(&self, id: StateId) -> bool {
        self.inner.can_rest(id)
    }

    fn decode(&mut self, state: &[u8]) -> Result<Option<StateId>, Crash> {
        self.inner.decode(state)
    }

    fn migrate(&mut self, state: &[u8], from: Code<'_>, extra: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        self.inner.migrate(state, from, extra, cx)
    }

    fn forget(&mut self, id: StateId) {
        self.inner.forget(id);
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, vec::Vec};

    /// What is not forwarded would be the default, and silently so.
    #[test]
    fn every_method_of_a_behaviour_is_there_with_something_around_it() {
        let of_trait = include_str!("behaviour.rs").split("pub trait Behaviour").nth(1).and_then(|text| text.split("\n}").next());
        let names = of_trait.expect("the trait is there").lines().filter_map(|line| line.strip_prefix("    fn ")?.split(['(', '<']).next());
        let forwarded = include_str!("around.rs").split("Behaviour for Wrapped").nth(1).expect("it is there");
        let missing: Vec<&str> =
            names.filter(|name| !forwarded.contains(&format!("fn {name}(")) && !forwarded.contains(&format!("fn {name}<"))).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
