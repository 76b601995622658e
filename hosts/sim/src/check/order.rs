//! I2: pairwise FIFO. I10, from the facts alone: what was sent is received or dead, and what is received was sent.
use super::Checked;
use peerd_otp::supervisor;
use peerd_vat::{ActorId, DeadClass, Fact, MessageKind, What};
use std::collections::{BTreeMap, VecDeque};

#[derive(Default)]
pub(super) struct Order {
    /// By sender and receiver, in order of sending.
    pairs: BTreeMap<(ActorId, ActorId), Pair>,
    /// Answers on their way, by who gave them. Whose call they answer no fact says.
    answers: BTreeMap<ActorId, Vec<Vec<u8>>>,
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

#[derive(Clone, PartialEq, Eq)]
struct Message {
    /// The sender's incarnation.
    life: u32,
    text: Vec<u8>,
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
                    let message = Message { life: self.life(from), text: text.clone() };
                    self.pairs.entry((from, to)).or_default().waiting.push_back(message);
                }
            }
            (What::Sent { kind: MessageKind::Reply, text, .. }, Some(from)) => self.answers.entry(from).or_default().push(text.clone()),
            (What::Received { from: Some(from), kind: MessageKind::User, text, .. }, Some(to)) => return self.received(*from, to, text),
            (What::Received { from: Some(from), kind: MessageKind::Reply, text, .. }, Some(to)) => {
                let answers = self.answers.entry(*from).or_default();
                match answers.iter().position(|answer| answer == text) {
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
                    pair.bury(text, *class == DeadClass::Crashed);
                }
            }
            (What::Dead { kind: MessageKind::Reply, text, .. }, Some(from)) => {
                let answers = self.answers.entry(from).or_default();
                if let Some(at) = answers.iter().position(|answer| answer == text) {
                    answers.remove(at);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn received(&mut self, from: ActorId, to: ActorId, text: &[u8]) -> Checked {
        let deferring = self.deferring.get(&to) == Some(&true);
        let pair = self.pairs.entry((from, to)).or_default();
        match pair.waiting.iter().position(|message| message.text == text) {
            Some(0) => {
                let message = pair.waiting.pop_front().expect("it is there");
                if deferring {
                    pair.seen.push(message);
                }
                Ok(())
            }
            _ if pair.seen.iter().any(|message| message.text == text) => Ok(()),
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
        let waiting: usize = self.pairs.values().map(|pair| pair.waiting.len()).sum();
        if waiting as u64 > in_flight {
            return Err(format!("I10: {waiting} messages sent, not received and not dead, but only {in_flight} in flight"));
        }
        Ok(())
    }
}

impl Pair {
    /// Oldest first: equal texts can't be told apart. What a turn crashed on has been received.
    fn bury(&mut self, text: &[u8], received: bool) {
        let waiting = self.waiting.iter().position(|message| message.text == text).filter(|_| !received);
        if let Some(at) = waiting {
            self.waiting.remove(at);
        } else if let Some(at) = self.seen.iter().position(|message| message.text == text) {
            self.seen.remove(at);
        }
    }
}
