//! What a handler can do besides changing what is kept: ask, and wait for it.
use super::{Access, Order, object};
use crate::message;
use alloc::{string::String, vec::Vec};
use peerd_vat::{Cx, Ref};
use serde::{Deserialize, Serialize};

/// What a run tells its object, in the order in which it did it.
#[derive(Serialize, Deserialize)]
pub struct Word {
    pub run: Badge,
    /// It has heard that it is cancelled.
    pub cleans: bool,
    pub said: Said,
}

/// What a run proves by that it is the one it says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Badge {
    pub number: u64,
    pub secret: u64,
}

#[derive(Serialize, Deserialize)]
pub enum Said {
    /// What is kept under the key from now on.
    Changed(super::run::Kept),
    /// The front is the first of the refs.
    Call {
        token: u32,
        key: String,
        order: Order,
    },
    /// Whom it asks is the first of the refs.
    Ask {
        token: u32,
        deadline_ms: u64,
        body: Vec<u8>,
    },
    Sleep {
        token: u32,
        ms: u64,
    },
    Ended(Result<Vec<u8>, String>),
}

/// A handler's, for one turn. What it asks for happens if the turn commits, and is answered in a later one: `Handler::heard`, by the
/// number that is given for it here.
pub struct Hand<'a, 'k> {
    pub(super) cx: &'a mut Cx<'k>,
    pub(super) own: &'a mut Own,
}

/// What the library keeps around a run.
#[derive(Serialize, Deserialize)]
pub struct Own {
    pub badge: Badge,
    pub object: Ref,
    pub front: Ref,
    pub refs: Vec<Ref>,
    pub key: String,
    pub access: Access,
    pub cleans: bool,
    /// Questions so far, and those that are not answered.
    pub asked: u32,
    pub open: u32,
}

impl<'k> Hand<'_, 'k> {
    #[must_use]
    pub fn key(&self) -> &str {
        &self.own.key
    }

    /// What all handlers of its kind have.
    #[must_use]
    pub fn refs(&self) -> &[Ref] {
        &self.own.refs
    }

    /// Of the objects of its own kind.
    #[must_use]
    pub fn front(&self) -> Ref {
        self.own.front
    }

    /// To send, to spawn, to look at the clock. Calls that are made here are nobody's: their replies are not heard.
    pub fn kernel(&mut self) -> &mut Cx<'k> {
        self.cx
    }

    /// Calls another key, as a branch of this call: cancelled and killed with it. Heard as `Told::Ended`, or `Told::Refused`.
    pub fn call(&mut self, front: Ref, key: &str, order: Order, refs: &[Ref]) -> u32 {
        let token = self.next();
        let refs: Vec<Ref> = [front].iter().chain(refs).copied().collect();
        self.say(Said::Call { token, key: key.into(), order }, &refs);
        token
    }

    /// Asks any actor. Heard as `Told::Answer`, or `Told::Failed`.
    pub fn ask(&mut self, to: Ref, body: &[u8], refs: &[Ref], deadline_ms: u64) -> u32 {
        let token = self.next();
        let refs: Vec<Ref> = [to].iter().chain(refs).copied().collect();
        self.say(Said::Ask { token, deadline_ms, body: body.into() }, &refs);
        token
    }

    /// By the time of day. Heard as `Told::Time`.
    pub fn sleep(&mut self, ms: u64) -> u32 {
        let token = self.next();
        self.say(Said::Sleep { token, ms }, &[]);
        token
    }

    pub(super) fn say(&mut self, said: Said, refs: &[Ref]) {
        let word = Word { run: self.own.badge, cleans: self.own.cleans, said };
        message::cast(self.own.object, &object::Message::Word(word), refs, self.cx);
    }

    const fn next(&mut self) -> u32 {
        self.own.asked += 1;
        self.own.open += 1;
        self.own.asked - 1
    }
}
