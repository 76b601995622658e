//! Between two worlds of refs: whatever crosses it is wrapped, both ways, and one revocation ends all of it (Miller 9.4).
//!
//! Each wrapper is an object of the membrane, so one actor stands between any number of refs. The same ref wrapped twice is the same
//! wrapper, and a wrapper that goes back through the membrane is what it was. Only refs can be wrapped: whoever writes authority
//! into the bytes of a message (a password) passes it.
use crate::{Letter, numbers, relay::Relay};
use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use peerd_otp::Server;
use peerd_vat::{Answer, Behaviour, CallId, Crash, Cx, Event, Ref, Settle, SpawnOptions};
use serde::{Deserialize, Serialize};

pub const NAME: &str = "membrane";

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour() -> Box<dyn Behaviour> {
    peerd_otp::behaviour::<Skin>()
}

/// What its owner has of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membrane {
    /// To lend. Stands for the ref it was made around, seen from outside.
    pub face: Ref,
    /// Any message to it revokes. A call of it is answered, by nothing.
    pub revoker: Ref,
}

/// Around a ref of the inside. Spawned by the caller.
pub fn spawn(cx: &mut Cx<'_>, inside: Ref) -> Membrane {
    spawn_with(cx, inside, |options| options)
}

/// The same, durable, labelled, kept or whatever else the options can say.
pub fn spawn_with<'o>(cx: &mut Cx<'_>, inside: Ref, options: impl FnOnce(SpawnOptions<'o>) -> SpawnOptions<'o>) -> Membrane {
    Membrane::of(cx.spawn(options(SpawnOptions::new(NAME, &[])).refs(&[inside])))
}

impl Membrane {
    /// Of an actor over which the caller has the control right.
    #[must_use]
    pub const fn of(actor: Ref) -> Membrane {
        Membrane { face: actor.object(FACE), revoker: actor.object_ahead(REVOKER) }
    }

    /// At once, for all that ever crossed.
    pub fn revoke(&self, cx: &mut Cx<'_>) {
        cx.send(self.revoker, &[]);
    }
}

const FACE: u32 = 1;
const REVOKER: u32 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Side {
    Inside,
    Outside,
}

/// A ref of one side, which the other side has a wrapper of.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Wrapped {
    side: Side,
    what: Ref,
}

#[derive(Default, Serialize, Deserialize)]
struct Skin {
    /// By the number of its wrapper.
    wrapped: BTreeMap<u32, Wrapped>,
    wrappers: BTreeMap<(Side, Ref), u32>,
    relay: Relay,
    /// Which side was asked.
    asked: BTreeMap<CallId, Side>,
}

impl Side {
    const fn other(self) -> Side {
        match self {
            Side::Inside => Side::Outside,
            Side::Outside => Side::Inside,
        }
    }
}

impl Server for Skin {
    const NAME: &'static str = NAME;
    type State = Skin;

    fn init(_: &[u8], refs: &[Ref], _: &mut Cx<'_>) -> Result<Skin, Crash> {
        let what = *refs.first().ok_or_else(|| Crash::new("bad_args", "a ref to be around"))?;
        let mut skin = Skin::default();
        skin.wrap_as(FACE, Wrapped { side: Side::Inside, what });
        Ok(skin)
    }

    fn handle(skin: &mut Skin, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        if numbers::is_sweep_due(cx) {
            skin.sweep(cx);
        }
        match (Letter::of(&event), event) {
            (Some(letter), _) => skin.take(letter, cx),
            (_, Event::Reply { call, result }) => skin.answer(call, result, cx),
            _ => {}
        }
        Ok(())
    }
}

impl Skin {
    fn take(&mut self, letter: Letter<'_>, cx: &mut Cx<'_>) {
        let number = cx.addressed();
        if number == Some(REVOKER) {
            self.revoke(cx);
            return letter.answer(&[], &[], cx);
        }
        let Some(Wrapped { side, what }) = number.and_then(|number| self.wrapped.get(&number)).copied() else {
            return letter.refuse(&Settle::Revoked, cx);
        };
        let refs = self.cross(side.other(), letter.refs, cx);
        if let Some(call) = self.relay.pass(Letter { refs: &refs, ..letter }, what, cx) {
            self.asked.insert(call, side);
        }
        if what.is_one_shot() {
            number.into_iter().for_each(|number| self.forget(number));
        }
    }

    fn answer(&mut self, call: CallId, result: Result<Answer<'_>, Settle>, cx: &mut Cx<'_>) {
        let Some(side) = self.asked.remove(&call) else { return };
        match result {
            Ok(Answer { body, refs }) => {
                let refs = self.cross(side, refs, cx);
                self.relay.answer(call, Ok(Answer { body, refs: &refs }), cx);
            }
            Err(settle) => self.relay.answer(call, Err(settle), cx),
        }
    }

    /// Refs that come from this side, as the other side is to have them.
    fn cross(&mut self, from: Side, refs: &[Ref], cx: &mut Cx<'_>) -> Vec<Ref> {
        refs.iter().map(|what| self.cross_one(from, *what, cx)).collect()
    }

    fn cross_one(&mut self, from: Side, what: Ref, cx: &mut Cx<'_>) -> Ref {
        if let Some(wrapped) = cx.own_object(what).and_then(|number| self.wrapped.get(&number)) {
            // It goes home, or it has been through and is as the other side knows it.
            return if wrapped.side == from { what } else { wrapped.what };
        }
        let known = self.wrappers.get(&(from, what)).copied();
        let number = known.unwrap_or_else(|| {
            let number = numbers::fresh(self.wrapped.keys(), cx);
            self.wrap_as(number, Wrapped { side: from, what });
            number
        });
        cx.object(number)
    }

    fn wrap_as(&mut self, number: u32, wrapped: Wrapped) {
        self.wrapped.insert(number, wrapped);
        self.wrappers.insert((wrapped.side, wrapped.what), number);
    }

    fn forget(&mut self, number: u32) {
        if let Some(wrapped) = self.wrapped.remove(&number) {
            self.wrappers.remove(&(wrapped.side, wrapped.what));
        }
    }

    fn revoke(&mut self, cx: &mut Cx<'_>) {
        self.wrapped.clear();
        self.wrappers.clear();
        self.asked.clear();
        self.relay.refuse_all(&Settle::Revoked, cx);
    }

    fn sweep(&mut self, cx: &Cx<'_>) {
        let unheld: Vec<u32> = self.wrapped.keys().copied().filter(|number| *number != FACE && !cx.is_held(*number)).collect();
        unheld.into_iter().for_each(|number| self.forget(number));
    }
}
