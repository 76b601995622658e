//! The worker's side of a queue.
use super::Word;
use crate::message;
use alloc::vec::Vec;
use peerd_vat::{Cx, Ref};
use serde::{Deserialize, Serialize};

/// One who has joined a queue, for one life: whoever begins another joins again, since what it had not confirmed is others' by then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Puller {
    queue: Ref,
    ticket: u64,
    /// Whose items of other tickets are not for it any more.
    life: Ref,
}

/// What is to be done, until it is confirmed under this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    pub number: u64,
    pub body: &'a [u8],
}

impl Puller {
    /// From now on items come, at most so many that are not confirmed, each behind these bytes.
    pub fn join(queue: Ref, window: u32, before: &[u8], cx: &mut Cx<'_>) -> Puller {
        let ticket = cx.random();
        message::cast(queue, &Word::Join { ticket, window, before: before.into() }, &[cx.me()], cx);
        Puller { queue, ticket, life: cx.pinned(cx.me()) }
    }

    /// What came behind `before`. None: it is no item, or one that is another's by now.
    #[must_use]
    pub fn accept<'a>(&self, body: &'a [u8], cx: &Cx<'_>) -> Option<Item<'a>> {
        let (ticket, number, body) = read(body)?;
        self.owns(ticket, cx).then_some(Item { number, body })
    }

    /// Whether what came with this ticket is for it.
    #[must_use]
    pub fn owns(&self, ticket: u64, cx: &Cx<'_>) -> bool {
        ticket == self.ticket && self.life == cx.pinned(cx.me())
    }

    /// It is done: the next one may come.
    pub fn confirm(&self, number: u64, cx: &mut Cx<'_>) {
        message::cast(self.queue, &Word::Confirm { ticket: self.ticket, number }, &[], cx);
    }

    /// No more items come. Those that came are its own until it confirms them or ends.
    pub fn leave(&self, cx: &mut Cx<'_>) {
        message::cast(self.queue, &Word::Leave { ticket: self.ticket }, &[], cx);
    }
}

/// An item as it is sent.
pub(super) fn written(before: &[u8], ticket: u64, number: u64, item: &[u8]) -> Vec<u8> {
    [before, &ticket.to_le_bytes(), &number.to_le_bytes(), item].concat()
}

fn read(body: &[u8]) -> Option<(u64, u64, &[u8])> {
    let (ticket, rest) = body.split_first_chunk()?;
    let (number, item) = rest.split_first_chunk()?;
    Some((u64::from_le_bytes(*ticket), u64::from_le_bytes(*number), item))
}
