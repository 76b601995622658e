//! Two capabilities that are more together than both apart (rights amplification, Miller 6.1): everybody may ask a warded thing what is
//! open, and only who also has the incanter what is not.
//!
//! Whoever has the warden decides what is warded: nothing else can be made that the incanter opens.
use crate::{Letter, numbers, relay::Relay};
use alloc::{boxed::Box, collections::BTreeMap};
use peerd_otp::Server;
use peerd_vat::{Behaviour, Crash, Cx, Event, Ref, Settle, SpawnOptions};
use serde::{Deserialize, Serialize};

pub const NAME: &str = "ward";

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour() -> Box<dyn Behaviour> {
    peerd_otp::behaviour::<Circle>()
}

/// What its owner has of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ward {
    /// Asked with two refs, what is open and what is not, it answers with one: the warded thing, to be lent.
    pub warden: Ref,
    /// A message to it whose first ref is a warded thing goes, with its other refs, to what is not open of that.
    pub incanter: Ref,
}

/// Spawned by the caller.
pub fn spawn(cx: &mut Cx<'_>) -> Ward {
    spawn_with(cx, |options| options)
}

/// The same, durable, labelled, kept or whatever else the options can say.
pub fn spawn_with<'o>(cx: &mut Cx<'_>, options: impl FnOnce(SpawnOptions<'o>) -> SpawnOptions<'o>) -> Ward {
    Ward::of(cx.spawn(options(SpawnOptions::new(NAME, &[]))))
}

impl Ward {
    /// Of an actor over which the caller has the control right.
    #[must_use]
    pub const fn of(actor: Ref) -> Ward {
        Ward { warden: actor.object(WARDEN), incanter: actor.object(INCANTER) }
    }
}

const WARDEN: u32 = 1;
const INCANTER: u32 = 2;

#[derive(Default, Serialize, Deserialize)]
struct Circle {
    warded: BTreeMap<u32, Warded>,
    relay: Relay,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Warded {
    open: Ref,
    closed: Ref,
}

impl Server for Circle {
    const NAME: &'static str = NAME;
    type State = Circle;

    fn init(_: &[u8], _: &[Ref], _: &mut Cx<'_>) -> Result<Circle, Crash> {
        Ok(Circle::default())
    }

    fn handle(circle: &mut Circle, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        if numbers::is_sweep_due(cx) {
            circle.warded.retain(|number, _| cx.is_held(*number));
        }
        match (Letter::of(&event), event) {
            (Some(letter), _) => circle.serve(letter, cx),
            (_, Event::Reply { call, result }) => circle.relay.answer(call, result, cx),
            _ => {}
        }
        Ok(())
    }
}

impl Circle {
    fn serve(&mut self, letter: Letter<'_>, cx: &mut Cx<'_>) {
        let find = |number: Option<u32>| number.and_then(|number| self.warded.get(&number)).copied();
        match (cx.addressed(), letter.refs) {
            (Some(WARDEN), &[open, closed]) if letter.reply.is_some() => {
                let number = numbers::fresh(self.warded.keys(), cx);
                self.warded.insert(number, Warded { open, closed });
                letter.answer(&[], &[cx.object(number)], cx);
            }
            (Some(INCANTER), [thing, refs @ ..]) => match find(cx.own_object(*thing)) {
                Some(Warded { closed, .. }) => drop(self.relay.pass(Letter { refs, ..letter }, closed, cx)),
                None => letter.refuse(&Settle::Revoked, cx),
            },
            (number, _) => match find(number) {
                Some(Warded { open, .. }) => drop(self.relay.pass(letter, open, cx)),
                None => letter.refuse(&Settle::Revoked, cx),
            },
        }
    }
}
