//! The host's side of the two ports: the book writes down, the echo answers.
use crate::{cast::Callboard, draw::Draw, inject::HELLO};
use peerd_vat::{ActorId, Input, PortId, Ref, Settle, Time};
use std::collections::BTreeMap;

/// Where actors say who they are and what they did.
pub const BOOK: PortId = PortId(1);
/// Where calls are answered as `Manner` says.
pub const ECHO: PortId = PortId(2);

#[derive(Default)]
pub(crate) struct Book {
    labels: BTreeMap<ActorId, String>,
    /// Who has said hello, with all rights.
    refs: BTreeMap<ActorId, Ref>,
    pub board: Callboard,
    words: Vec<(Time, String)>,
}

impl Book {
    pub fn born(&mut self, actor: ActorId, label: &str) {
        self.labels.insert(actor, label.into());
    }

    pub fn write(&mut self, now: Time, from: Ref, body: &[u8], refs: &[Ref]) {
        match (body, refs, from.actor_id().and_then(|id| self.labels.get(&id))) {
            (HELLO, [who], Some(label)) => {
                self.board.put(label, *who);
                if let Some(id) = from.actor_id() {
                    self.refs.insert(id, *who);
                }
            }
            _ => self.words.push((now, String::from_utf8_lossy(body).into_owned())),
        }
    }

    pub fn find(&self, id: ActorId) -> Option<Ref> {
        self.refs.get(&id).copied()
    }

    /// The vat was lost.
    pub fn forget_all(&mut self) {
        self.labels.clear();
        self.refs.clear();
        self.board.wipe();
    }

    /// What actors said, hellos apart.
    pub fn words(&self) -> impl DoubleEndedIterator<Item = (Time, &str)> + ExactSizeIterator {
        self.words.iter().map(|(at, text)| (*at, text.as_str()))
    }
}

/// The longest that an answer is under way.
const LATE_MS: u64 = 100_000;

/// How the echo answers calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    #[default]
    AtOnce,
    /// Late, twice, failed, or never, as drawn.
    Unreliable,
    /// By who plays, with `World::answer`.
    ByHand,
}

#[derive(Default)]
pub(crate) struct Echo {
    pub manner: Manner,
    /// In order of real time, then of asking.
    due: BTreeMap<(u64, u64), Input>,
    asked: u64,
    /// What is to be answered by hand, oldest first.
    open: Vec<(Ref, Vec<u8>)>,
}

impl Echo {
    pub fn ask(&mut self, now: u64, reply: Ref, body: &[u8], draw: &mut Draw) {
        let answer = |body: &[u8]| Input::Reply { to: reply, body: body.to_vec() };
        match self.manner {
            Manner::ByHand => self.open.push((reply, body.to_vec())),
            Manner::AtOnce => self.owe(now, answer(body)),
            Manner::Unreliable => match draw.below(7) {
                0 => {}
                1 => self.owe(now, Input::Fail { to: reply, settle: Settle::Noconnection }),
                2 => {
                    let first = now + draw.below(2_000);
                    self.owe(first, answer(body));
                    self.owe(first + draw.below(1_000), answer(b"twice"));
                }
                // Longer than the caller waits, and longer than many a worker lives.
                3 => self.owe(now + draw.below(LATE_MS), answer(body)),
                _ => self.owe(now + draw.below(2_000), answer(body)),
            },
        }
    }

    pub fn open(&self) -> &[(Ref, Vec<u8>)] {
        &self.open
    }

    /// Nobody waits for this answer any more, or it was given.
    pub fn close(&mut self, reply: Ref) {
        self.open.retain(|open| open.0 != reply);
    }

    fn owe(&mut self, at: u64, answer: Input) {
        self.asked += 1;
        self.due.insert((at, self.asked), answer);
    }

    /// Nobody waits for them any more.
    pub fn forget_all(&mut self) {
        self.due.clear();
        self.open.clear();
    }

    pub fn next(&self) -> Option<u64> {
        self.due.keys().next().map(|due| due.0)
    }

    /// One answer that is due by now.
    pub fn pop(&mut self, now: u64) -> Option<Input> {
        let first = self.due.first_entry().filter(|first| first.key().0 <= now)?;
        Some(first.remove())
    }
}
