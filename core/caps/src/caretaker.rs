//! A ref that is lent under terms and taken back at once: what waits in the caretaker goes no further, and calls that it has passed on
//! settle `revoked` (Miller 9.3; expiry, budget and rate are reasons to be revoked, or to be slow).
//!
//! ```
//! use peerd_caps::{Terms, caretaker};
//! use peerd_vat::{Cx, Ref};
//!
//! fn lend(printer: Ref, guest: Ref, cx: &mut Cx<'_>) -> caretaker::Caretaker {
//!     let lent = caretaker::spawn(cx, printer, &Terms::default().at_most(10).expires_after(3_600_000));
//!     cx.send_with(guest, b"print on this", &[lent.face]);
//!     lent // whose `revoke` ends it before that
//! }
//! ```
use crate::{
    Letter, Terms,
    relay::Relay,
    terms::{Ends, Running},
};
use alloc::boxed::Box;
use peerd_otp::{
    Server,
    message::{Caller, cast, decode, encode},
};
use peerd_vat::{Behaviour, CallId, Crash, Cx, Event, Ref, Settle, SpawnOptions};
use serde::{Deserialize, Serialize};

pub const NAME: &str = "caretaker";

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour() -> Box<dyn Behaviour> {
    peerd_otp::behaviour::<Held>()
}

/// What its owner has of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caretaker {
    /// Its owner's: to end it, to link to it, to look into it.
    pub actor: Ref,
    /// To lend. Stands for the target.
    pub face: Ref,
    /// To keep, or to give to who may end it too: revokes and looks, and can't use what it revokes.
    pub revoker: Ref,
}

/// Spawned by the caller.
pub fn spawn(cx: &mut Cx<'_>, target: Ref, terms: &Terms) -> Caretaker {
    spawn_with(cx, target, terms, |options| options)
}

/// The same, durable, labelled, kept or whatever else the options can say. The target is lent to it with the right to send.
pub fn spawn_with<'o>(
    cx: &mut Cx<'_>,
    target: Ref,
    terms: &Terms,
    options: impl FnOnce(SpawnOptions<'o>) -> SpawnOptions<'o>,
) -> Caretaker {
    let args = encode(terms);
    let actor = cx.spawn(options(SpawnOptions::new(NAME, &[])).args(&args).refs(&[target]));
    Caretaker::of(actor)
}

impl Caretaker {
    /// Of an actor over which the caller has the control right: a supervisor's child, for one.
    #[must_use]
    pub const fn of(actor: Ref) -> Caretaker {
        Caretaker { actor, face: actor.object(FACE), revoker: actor.object_ahead(REVOKER) }
    }

    /// At once, also for what waits. Once more is nothing.
    pub fn revoke(&self, cx: &mut Cx<'_>) {
        cast(self.revoker, &Request::Revoke, &[], cx);
    }

    /// Answered by an encoded `Standing`.
    pub fn look(&self, deadline_ms: u64, cx: &mut Cx<'_>) -> CallId {
        cx.call(self.revoker, &encode(&Request::Look), &[], deadline_ms)
    }
}

const FACE: u32 = 1;
const REVOKER: u32 = 2;
const EXPIRY: u64 = 1;

/// What a revoker is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// A call of it is answered, by nothing, when it is done.
    Revoke,
    /// Answered by a `Standing`.
    Look,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub is_revoked: bool,
    pub passed: u64,
    pub refused: u64,
    /// Of its budget, if it has one.
    pub left: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct Held {
    /// None: revoked. It keeps nothing alive that nobody can reach through it.
    target: Option<Ref>,
    terms: Running,
    relay: Relay,
    passed: u64,
    refused: u64,
}

impl Server for Held {
    const NAME: &'static str = NAME;
    type State = Held;

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Held, Crash> {
        let terms: Terms = decode(args).ok_or_else(|| Crash::new("bad_args", "not the terms of a caretaker"))?;
        let terms = terms.begin(cx);
        match terms.ends() {
            Some(Ends::OfVat(time)) => cx.timer(EXPIRY, time.since(cx.now())),
            Some(Ends::OfDay(wall)) => cx.alarm(EXPIRY, wall),
            None => {}
        }
        Ok(Held { target: refs.first().copied(), terms, relay: Relay::default(), passed: 0, refused: 0 })
    }

    fn handle(held: &mut Held, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match (Letter::of(&event), event) {
            (Some(letter), _) if cx.addressed() == Some(FACE) => held.pass(letter, cx),
            (Some(letter), _) if cx.addressed() == Some(REVOKER) => held.obey(letter, cx),
            (Some(letter), _) => letter.refuse(&Settle::Revoked, cx),
            (_, Event::Reply { call, result }) => held.relay.answer(call, result, cx),
            (_, Event::Timer { key: EXPIRY } | Event::Alarm { key: EXPIRY, .. }) => held.revoke(cx),
            _ => {}
        }
        Ok(())
    }
}

impl Held {
    fn pass(&mut self, letter: Letter<'_>, cx: &mut Cx<'_>) {
        let target = self.target.ok_or(Settle::Revoked);
        match target.and_then(|target| self.terms.admit(letter.body, cx).map(|()| target)) {
            Ok(target) => {
                self.passed += 1;
                self.relay.pass(letter, target, cx);
            }
            Err(settle) => {
                self.refused += 1;
                letter.refuse(&settle, cx);
            }
        }
    }

    fn obey(&mut self, letter: Letter<'_>, cx: &mut Cx<'_>) {
        match (decode(letter.body), letter.reply) {
            (Some(Request::Revoke), _) => {
                self.revoke(cx);
                letter.answer(&[], &[], cx);
            }
            (Some(Request::Look), Some(reply)) => Caller(reply).answer(&self.standing(cx), cx),
            _ => letter.refuse(&Settle::Revoked, cx),
        }
    }

    fn standing(&self, cx: &Cx<'_>) -> Standing {
        let is_revoked = self.target.is_none() || self.terms.is_over(cx);
        Standing { is_revoked, passed: self.passed, refused: self.refused, left: self.terms.left() }
    }

    fn revoke(&mut self, cx: &mut Cx<'_>) {
        self.target = None;
        self.relay.refuse_all(&Settle::Revoked, cx);
    }
}
