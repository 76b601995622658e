//! The object at position 0 of every session: what is fetched, deposited and withdrawn there.
use alloc::vec::Vec;

use super::Peer;
use super::promises::broken;
use super::refs::EXTENSION;
use crate::give::Receive;
use crate::io::Outcome;
use crate::keys::hashed;
use crate::session::Sid;
use crate::value::{Promise, Ref, Value};

/// The public name of the object by which peers of our kind know each other.
pub(super) const EXTENSION_SWISS: &[u8] = b"peerd-extension";

impl Peer {
    /// A call of our bootstrap object. The arguments hold what they mention.
    pub(super) fn ask_bootstrap(&mut self, sid: Sid, mut args: Vec<Value>, receive: Option<Receive>, result: Option<Promise>) {
        let word = match args.first() {
            Some(Value::Symbol(word)) => word.as_str(),
            _ => "",
        };
        let outcome = match (word, args.len(), receive) {
            ("fetch", 2, None) => match &args[1] {
                Value::Bytes(swiss) => self.find(swiss),
                Value::Text(swiss) => self.find(swiss.as_bytes()),
                _ => broken("a swiss number is bytes"),
            },
            ("deposit-gift", 3, None) => {
                let gift = args.pop().expect("three of them");
                self.deposited(sid, &args[1], gift)
            }
            ("withdraw-gift", 2, Some(receive)) => return self.withdraw(sid, receive, result),
            _ => broken("no such method"),
        };
        self.drop_all(&args);
        match result {
            Some(result) => self.settle_later(result, outcome),
            None => self.drop_outcome(&outcome),
        }
    }

    /// What a swiss number names, held.
    pub(super) fn find(&mut self, swiss: &[u8]) -> Outcome {
        if swiss == EXTENSION_SWISS {
            self.hold_one(Ref::Local(EXTENSION));
            return Outcome::Fulfilled(Value::Ref(Ref::Local(EXTENSION)));
        }
        match self.registered.get(&hashed(swiss)) {
            Some(reference) => {
                let reference = *reference;
                self.hold_one(reference);
                Outcome::Fulfilled(Value::Ref(reference))
            }
            None => broken("no such object"),
        }
    }
}
