//! A ref whose target its owner changes: what is asked from then on goes to the new one.
use crate::{Letter, relay::Relay};
use alloc::boxed::Box;
use peerd_otp::Server;
use peerd_vat::{Behaviour, Crash, Cx, Event, Ref, Settle, SpawnOptions};
use serde::{Deserialize, Serialize};

pub const NAME: &str = "swappable";

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour() -> Box<dyn Behaviour> {
    peerd_otp::behaviour::<Stand>()
}

/// What its owner has of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swappable {
    /// To lend. Stands for whoever is the target.
    pub face: Ref,
    /// The first ref of a message to it is the new target. A call of it is answered, by nothing.
    pub swapper: Ref,
}

/// Spawned by the caller.
pub fn spawn(cx: &mut Cx<'_>, target: Ref) -> Swappable {
    spawn_with(cx, target, |options| options)
}

/// The same, durable, labelled, kept or whatever else the options can say.
pub fn spawn_with<'o>(cx: &mut Cx<'_>, target: Ref, options: impl FnOnce(SpawnOptions<'o>) -> SpawnOptions<'o>) -> Swappable {
    Swappable::of(cx.spawn(options(SpawnOptions::new(NAME, &[])).refs(&[target])))
}

impl Swappable {
    /// Of an actor over which the caller has the control right.
    #[must_use]
    pub const fn of(actor: Ref) -> Swappable {
        Swappable { face: actor.object(FACE), swapper: actor.object_ahead(SWAPPER) }
    }

    /// Calls under way are answered by whom they went to.
    pub fn swap(&self, target: Ref, cx: &mut Cx<'_>) {
        cx.send_with(self.swapper, &[], &[target]);
    }
}

const FACE: u32 = 1;
const SWAPPER: u32 = 2;

#[derive(Serialize, Deserialize)]
struct Stand {
    target: Option<Ref>,
    relay: Relay,
}

impl Server for Stand {
    const NAME: &'static str = NAME;
    type State = Stand;

    fn init(_: &[u8], refs: &[Ref], _: &mut Cx<'_>) -> Result<Stand, Crash> {
        Ok(Stand { target: refs.first().copied(), relay: Relay::default() })
    }

    fn handle(stand: &mut Stand, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match (Letter::of(&event), event) {
            (Some(letter), _) => match (cx.addressed(), stand.target, letter.refs.first()) {
                (Some(FACE), Some(target), _) => drop(stand.relay.pass(letter, target, cx)),
                (Some(SWAPPER), _, Some(target)) => {
                    stand.target = Some(*target);
                    letter.answer(&[], &[], cx);
                }
                _ => letter.refuse(&Settle::Revoked, cx),
            },
            (_, Event::Reply { call, result }) => stand.relay.answer(call, result, cx),
            _ => {}
        }
        Ok(())
    }
}
