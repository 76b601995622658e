//! What is counted, reported and traced. Every message is entered once when it is under way and once when it is no more.
use crate::{
    ActorId, Counters, DeadClass, DeadLetter, Fact, MessageKind, Output, Outputs, Ref, Time, What,
    entry::Sender,
    status::{Line, Statistics},
    watched::Watched,
};
use alloc::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    vec::Vec,
};

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
    /// Actors that someone looks at.
    watched: BTreeMap<ActorId, Watched>,
    /// Somebody wants facts.
    telling: bool,
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
        Ledger { trace, telling: trace, dead_letters, ..Ledger::default() }
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
            head: Arc::from(&lost.body[..lost.body.len().min(HEAD_MAX)]),
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

    /// Whether facts are of interest to anyone.
    #[inline]
    pub fn is_told(&self) -> bool {
        self.telling
    }

    pub fn fact(&mut self, actor: Option<ActorId>, what: impl FnOnce() -> What) {
        if self.telling {
            self.tell(Fact { time: self.now, actor, what: what() });
        }
    }

    fn tell(&mut self, fact: Fact) {
        let watched = fact.actor.and_then(|actor| self.watched.get_mut(&actor));
        let traced = self.trace || watched.as_ref().is_some_and(|watched| watched.traced);
        if let Some(watched) = watched {
            watched.see(&fact);
        }
        if traced {
            self.out.push(Output::Trace(fact));
        }
    }

    pub fn log(&mut self, actor: ActorId, entries: u16) {
        self.watch(actor, |watched| watched.remember(entries));
    }

    pub fn logged(&self, actor: ActorId) -> Vec<Line> {
        self.watched.get(&actor).map_or_else(Vec::new, Watched::lines)
    }

    pub fn count(&mut self, actor: ActorId, on: bool) {
        let now = self.now;
        self.watch(actor, |watched| watched.count(on.then_some(now)));
    }

    pub fn counted(&self, actor: ActorId) -> Option<Statistics> {
        self.watched.get(&actor)?.statistics
    }

    pub fn trace_one(&mut self, actor: ActorId, on: bool) {
        self.watch(actor, |watched| watched.traced = on);
    }

    pub fn unwatch(&mut self, actor: ActorId) {
        if self.watched.is_empty() {
            return;
        }
        self.watched.remove(&actor);
        self.telling = self.trace || !self.watched.is_empty();
    }

    fn watch(&mut self, actor: ActorId, change: impl FnOnce(&mut Watched)) {
        let watched = self.watched.entry(actor).or_default();
        change(watched);
        if watched.is_idle() {
            self.watched.remove(&actor);
        }
        self.telling = self.trace || !self.watched.is_empty();
    }

    pub fn letters(&self) -> impl Iterator<Item = &DeadLetter> {
        self.letters.iter()
    }
}
