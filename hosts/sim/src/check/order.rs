//! I2: pairwise FIFO. I10, from the facts alone: what was sent is received or dead, and what is received was sent.
use super::Checked;
use crate::digest::Digest;
use peerd_otp::supervisor;
use peerd_vat::{ActorId, DeadClass, Fact, MessageKind, What};
use std::{
    collections::{BTreeMap, VecDeque},
    hash::Hasher as _,
};

#[derive(Default)]
pub(super) struct Order {
    /// By sender and receiver, in order of sending.
    pairs: BTreeMap<(ActorId, ActorId), Pair>,
    /// In all pairs.
    waiting: u64,
    /// Answers on their way, by who gave them. Whose call they answer no fact says.
    answers: BTreeMap<ActorId, Vec<Text>>,
    lives: BTreeMap<ActorId, u32>,
    /// Those that may set a message aside and so receive it twice.
    deferring: BTreeMap<ActorId, bool>,
}

#[derive(Default)]
struct Pair {
    waiting: VecDeque<Message>,
    /// Received by a deferring actor, and perhaps deferred.
    seen: Vec<Message>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Message {
    /// The sender's incarnation.
    life: u32,
    text: Text,
}

/// The hash of a text: enough to tell messages apart, and cheap to keep.
type Text = u64;

fn short(text: &[u8]) -> Text {
    let mut digest = Digest::default();
    digest.write(text);
    digest.finish()
}

impl Order {
    pub fn fact(&mut self, fact: &Fact) -> Checked {
        match (&fact.what, fact.actor) {
            (What::Spawned { child, incarnation, behaviour, .. }, _) => {
                self.lives.insert(*child, *incarnation);
                self.deferring.insert(*child, *behaviour == supervisor::NAME);
            }
            (What::Sent { to, kind: MessageKind::User, text }, Some(from)) => {
                if let Some(to) = to.actor_id() {
                    let message = Message { life: self.life(from), text: short(text) };
                    self.pairs.entry((from, to)).or_default().waiting.push_back(message);
                    self.waiting += 1;
                }
            }
            (What::Sent { kind: MessageKind::Reply, text, .. }, Some(from)) => self.answers.entry(from).or_default().push(short(text)),
            (What::Received { from: Some(from), kind: MessageKind::User, text, .. }, Some(to)) => return self.received(*from, to, text),
            (What::Received { from: Some(from), kind: MessageKind::Reply, text, .. }, Some(to)) => {
                let (answers, heard) = (self.answers.entry(*from).or_default(), short(text));
                match answers.iter().position(|answer| *answer == heard) {
                    Some(at) => drop(answers.remove(at)),
                    None if self.deferring.get(&to) == Some(&true) => {}
                    // An empty answer is the kernel's: a start that succeeded.
                    None if text.is_empty() => {}
                    None => {
                        return Err(format!("I10: {to} received an answer that {from} never sent: {:?}", String::from_utf8_lossy(text)));
                    }
                }
            }
            (What::Dead { to, class, kind: MessageKind::User, text }, Some(from)) => {
                if let Some(pair) = to.actor_id().and_then(|to| self.pairs.get_mut(&(from, to))) {
                    self.waiting -= pair.bury(short(text), *class);
                }
            }
            (What::Dead { kind: MessageKind::Reply, text, .. }, Some(from)) => {
                let (answers, lost) = (self.answers.entry(from).or_default(), short(text));
                if let Some(at) = answers.iter().position(|answer| *answer == lost) {
                    answers.remove(at);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn received(&mut self, from: ActorId, to: ActorId, text: &[u8]) -> Checked {
        let deferring = self.deferring.get(&to) == Some(&true);
        let (pair, heard) = (self.pairs.entry((from, to)).or_default(), short(text));
        match pair.waiting.iter().position(|message| message.text == heard) {
            Some(0) => {
                self.waiting -= 1;
                let message = pair.waiting.pop_front().expect("it is there");
                if deferring {
                    pair.seen.push(message);
                }
                Ok(())
            }
            _ if pair.seen.iter().any(|message| message.text == heard) => Ok(()),
            Some(n) => {
                Err(format!("I2: {to} received {:?} from {from}, with {n} sent before it still to come", String::from_utf8_lossy(text)))
            }
            None => Err(format!("I10: {to} received {:?}, which {from} never sent or not so often", String::from_utf8_lossy(text))),
        }
    }

    fn life(&self, actor: ActorId) -> u32 {
        self.lives.get(&actor).copied().unwrap_or(0)
    }

    /// Whether something that `from` sent in this or an earlier life has still to reach `to`.
    pub fn owes(&self, from: ActorId, to: ActorId, life: u32) -> bool {
        self.pairs.get(&(from, to)).is_some_and(|pair| pair.waiting.iter().any(|message| message.life <= life))
    }

    /// What has been sent and is neither received nor dead must still be under way.
    pub fn quiet(&self, in_flight: u64) -> Checked {
        if self.waiting > in_flight {
            return Err(format!("I10: {} messages sent, not received and not dead, but only {in_flight} in flight", self.waiting));
        }
        Ok(())
    }
}

impl Pair {
    /// Equal texts can't be told apart: what had no room is the newest, what dies with its receiver the oldest. What a turn
    /// crashed on has been received. How many wait no more.
    fn bury(&mut self, text: Text, class: DeadClass) -> u64 {
        let is_this = |message: &Message| message.text == text;
        let waiting = match class {
            DeadClass::Crashed => None,
            DeadClass::Overloaded => self.waiting.iter().rposition(is_this),
            _ => self.waiting.iter().position(is_this),
        };
        if let Some(at) = waiting {
            self.waiting.remove(at);
            return 1;
        }
        if let Some(at) = self.seen.iter().position(is_this) {
            self.seen.remove(at);
        }
        0
    }
}
