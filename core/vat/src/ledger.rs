//! What is counted, reported and traced. Every message is entered once when it is under way and once when it is no more.
use crate::{ActorId, Counters, DeadClass, DeadLetter, Fact, MessageKind, Output, Outputs, Ref, Time, What, entry::Sender};
use alloc::{collections::VecDeque, vec::Vec};

/// Dead letters a person can still look at.
const LETTERS_MAX: usize = 1_000;
/// Bytes of a dead letter's body that are kept.
const HEAD_MAX: usize = 256;

#[derive(Default)]
pub(crate) struct Ledger {
    pub counters: Counters,
    pub now: Time,
    /// The host's outputs, lent for one call of the vat.
    pub out: Outputs,
    pub trace: bool,
    pub dead_letters: bool,
    letters: VecDeque<DeadLetter>,
}

/// A message that will not be handled.
pub(crate) struct Lost<'a> {
    pub class: DeadClass,
    pub from: Sender,
    pub to: Ref,
    pub kind: MessageKind,
    pub body: &'a [u8],
}

impl Ledger {
    pub fn new(trace: bool, dead_letters: bool) -> Ledger {
        Ledger { trace, dead_letters, ..Ledger::default() }
    }

    /// For a message that was entered as sent.
    pub fn lose(&mut self, lost: &Lost<'_>) {
        self.counters.dead[lost.class as usize] += 1;
        self.fact(lost.from.actor_id(), || What::Dead { class: lost.class, to: lost.to, kind: lost.kind, text: lost.body.to_vec() });
        // What was called back by its own sender is counted, but is no news to anyone.
        if lost.class == DeadClass::Cancelled {
            return;
        }
        let letter = DeadLetter {
            time: self.now,
            class: lost.class,
            from: lost.from.actor_id(),
            to: lost.to,
            length: u32::try_from(lost.body.len()).unwrap_or(u32::MAX),
            head: Vec::from(&lost.body[..lost.body.len().min(HEAD_MAX)]),
        };
        if self.dead_letters {
            self.out.push(Output::DeadLetter(letter.clone()));
        }
        if self.letters.len() == LETTERS_MAX {
            self.letters.pop_front();
        }
        self.letters.push_back(letter);
    }

    /// For a message that never got under way.
    pub fn refuse(&mut self, lost: &Lost<'_>) {
        self.counters.sent += 1;
        self.lose(lost);
    }

    pub fn fact(&mut self, actor: Option<ActorId>, what: impl FnOnce() -> What) {
        if self.trace {
            self.out.push(Output::Trace(Fact { time: self.now, actor, what: what() }));
        }
    }

    pub fn letters(&self) -> impl Iterator<Item = &DeadLetter> {
        self.letters.iter()
    }
}
