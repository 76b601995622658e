//! Less than a target can do, as a rule of yours says: each message is passed on, changed, or refused.
use crate::{Letter, relay::Relay};
use alloc::{boxed::Box, vec::Vec};
use core::marker::PhantomData;
use peerd_otp::{
    Server,
    message::{decode, encode},
};
use peerd_vat::{Behaviour, Crash, Cx, Event, Ref, Settle, SpawnOptions};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The rule. Its value is what the owner chose, and what it remembers.
pub trait Attenuate: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Unique among the behaviours of its vat.
    const NAME: &'static str;

    /// What the target gets in place of this. A call stays one: its answer goes back as it comes.
    ///
    /// # Errors
    /// What a caller is told whose message goes no further.
    fn pass(&mut self, letter: Letter<'_>) -> Result<(Vec<u8>, Vec<Ref>), Settle>;
}

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour<A: Attenuate>() -> Box<dyn Behaviour> {
    peerd_otp::behaviour::<Attenuator<A>>()
}

/// Spawned by the caller. What it gets is to be lent.
pub fn spawn<A: Attenuate>(cx: &mut Cx<'_>, target: Ref, rule: &A) -> Ref {
    spawn_with(cx, target, rule, |options| options)
}

/// The same, durable, labelled, kept or whatever else the options can say.
pub fn spawn_with<'o, A: Attenuate>(
    cx: &mut Cx<'_>,
    target: Ref,
    rule: &A,
    options: impl FnOnce(SpawnOptions<'o>) -> SpawnOptions<'o>,
) -> Ref {
    let args = encode(rule);
    cx.spawn(options(SpawnOptions::new(A::NAME, &[])).args(&args).refs(&[target])).object(FACE)
}

const FACE: u32 = 1;

struct Attenuator<A>(PhantomData<fn(A)>);

#[derive(Serialize, Deserialize)]
struct State<A> {
    rule: A,
    target: Ref,
    relay: Relay,
}

impl<A: Attenuate> Server for Attenuator<A> {
    const NAME: &'static str = A::NAME;
    type State = State<A>;

    fn init(args: &[u8], refs: &[Ref], _: &mut Cx<'_>) -> Result<State<A>, Crash> {
        match (decode(args), refs) {
            (Some(rule), [target, ..]) => Ok(State { rule, target: *target, relay: Relay::default() }),
            _ => Err(Crash::new("bad_args", "a rule and a target")),
        }
    }

    fn handle(state: &mut State<A>, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match (Letter::of(&event), event) {
            (Some(letter), _) if cx.addressed() == Some(FACE) => match state.rule.pass(letter) {
                Ok((body, refs)) => drop(state.relay.pass(Letter { body: &body, refs: &refs, ..letter }, state.target, cx)),
                Err(settle) => letter.refuse(&settle, cx),
            },
            (Some(letter), _) => letter.refuse(&Settle::Revoked, cx),
            (_, Event::Reply { call, result }) => state.relay.answer(call, result, cx),
            _ => {}
        }
        Ok(())
    }
}
