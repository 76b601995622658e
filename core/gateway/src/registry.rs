//! Names under which peers find actors for as long as the vat's journal lasts: a durable actor, which each life's gateway asks.
use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use peerd_otp::{
    Server,
    message::{Caller, decode},
};
use peerd_vat::{Behaviour, Crash, Cx, Durability, Event, Identity, Ref, SpawnOptions};
use serde::{Deserialize, Serialize};

pub const NAME: &str = "sturdy_registry";

/// Limit: names.
pub const NAMES_MAX: usize = 4_096;

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour() -> Box<dyn Behaviour> {
    peerd_otp::behaviour::<Registry>()
}

/// Kept by the caller under its label, durable.
pub fn spawn(cx: &mut Cx<'_>, label: &str) -> Ref {
    cx.spawn(SpawnOptions::new(NAME, &[]).label(label).identity(Identity::Kept(label)).durability(Durability::Durable))
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// The first ref of the message is named so from now on. Answered `Done` when that is kept, or `Full`.
    Keep([u8; 32]),
    Forget([u8; 32]),
    /// Answered `All`, with the refs in the same order.
    All,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Reply {
    Done,
    Full,
    All(Vec<[u8; 32]>),
}

/// The names that were answered, in the order of the refs beside them.
pub(crate) fn names(body: &[u8]) -> Option<Vec<[u8; 32]>> {
    match decode(body)? {
        Reply::All(names) => Some(names),
        Reply::Done | Reply::Full => None,
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Registry {
    names: BTreeMap<[u8; 32], Ref>,
}

impl Server for Registry {
    const NAME: &'static str = NAME;
    type State = Registry;

    fn init(_: &[u8], _: &[Ref], _: &mut Cx<'_>) -> Result<Registry, Crash> {
        Ok(Registry::default())
    }

    fn handle(registry: &mut Registry, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body, refs, reply: Some(reply) } = event else { return Ok(()) };
        let caller = Caller(reply);
        match (decode(body), refs) {
            (Some(Request::Keep(_)), [_]) if registry.names.len() >= NAMES_MAX => caller.answer(&Reply::Full, cx),
            (Some(Request::Keep(swiss)), [named]) => {
                registry.names.insert(swiss, *named);
                caller.answer(&Reply::Done, cx);
            }
            (Some(Request::Forget(swiss)), _) => {
                registry.names.remove(&swiss);
                caller.answer(&Reply::Done, cx);
            }
            (Some(Request::All), _) => {
                let refs: Vec<Ref> = registry.names.values().copied().collect();
                caller.answer_with(&Reply::All(registry.names.keys().copied().collect()), &refs, cx);
            }
            // Nobody but gateways asks: dropped, the call settles `noreply`.
            _ => {}
        }
        Ok(())
    }
}
