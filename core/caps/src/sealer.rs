//! What is sealed with one capability can be opened with the other and with nothing else (Miller 6.1; Morris 1973).
//!
//! A sealed box is a ref like any other: it can be lent, kept and compared, and tells nothing. Whoever can seal can't open.
use crate::{Letter, numbers};
use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use peerd_otp::Server;
use peerd_vat::{Behaviour, Crash, Cx, Event, Ref, Settle, SpawnOptions};
use serde::{Deserialize, Serialize};

pub const NAME: &str = "sealer";

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour() -> Box<dyn Behaviour> {
    peerd_otp::behaviour::<Brand>()
}

/// What its owner has of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealer {
    /// What it is asked, bytes and refs, is sealed: the answer's one ref is the box.
    pub sealer: Ref,
    /// Asked with a box as the first ref, it answers what is in it. What is no box of this brand settles `revoked`.
    pub unsealer: Ref,
    /// Asked with a ref, it answers one byte: 1, that it is a box of this brand, or 0.
    pub checker: Ref,
}

/// Spawned by the caller.
pub fn spawn(cx: &mut Cx<'_>) -> Sealer {
    spawn_with(cx, |options| options)
}

/// The same, durable, labelled, kept or whatever else the options can say.
pub fn spawn_with<'o>(cx: &mut Cx<'_>, options: impl FnOnce(SpawnOptions<'o>) -> SpawnOptions<'o>) -> Sealer {
    Sealer::of(cx.spawn(options(SpawnOptions::new(NAME, &[]))))
}

impl Sealer {
    /// Of an actor over which the caller has the control right.
    #[must_use]
    pub const fn of(actor: Ref) -> Sealer {
        Sealer { sealer: actor.object(SEALER), unsealer: actor.object(UNSEALER), checker: actor.object(CHECKER) }
    }
}

const SEALER: u32 = 1;
const UNSEALER: u32 = 2;
const CHECKER: u32 = 3;

#[derive(Default, Serialize, Deserialize)]
struct Brand {
    boxes: BTreeMap<u32, Sealed>,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    body: Vec<u8>,
    refs: Vec<Ref>,
}

impl Server for Brand {
    const NAME: &'static str = NAME;
    type State = Brand;

    fn init(_: &[u8], _: &[Ref], _: &mut Cx<'_>) -> Result<Brand, Crash> {
        Ok(Brand::default())
    }

    fn handle(brand: &mut Brand, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        if numbers::is_sweep_due(cx) {
            brand.boxes.retain(|number, _| cx.is_held(*number));
        }
        if let Some(letter) = Letter::of(&event) {
            brand.serve(letter, cx);
        }
        Ok(())
    }
}

impl Brand {
    fn serve(&mut self, letter: Letter<'_>, cx: &mut Cx<'_>) {
        let number = letter.refs.first().and_then(|item| cx.own_object(*item));
        let sealed = number.and_then(|number| self.boxes.get(&number));
        match (cx.addressed(), sealed) {
            // Sealed for nobody it would only lie here.
            (Some(SEALER), _) if letter.reply.is_some() => {
                let number = numbers::fresh(self.boxes.keys(), cx);
                self.boxes.insert(number, Sealed { body: letter.body.to_vec(), refs: letter.refs.to_vec() });
                letter.answer(&[], &[cx.object(number)], cx);
            }
            (Some(UNSEALER), Some(sealed)) => letter.answer(&sealed.body, &sealed.refs, cx),
            (Some(CHECKER), sealed) => letter.answer(&[u8::from(sealed.is_some())], &[], cx),
            _ => letter.refuse(&Settle::Revoked, cx),
        }
    }
}
