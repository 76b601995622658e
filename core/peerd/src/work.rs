//! Queues of work in the types of this crate: each item goes to one worker that has room for it, until it is confirmed.
use crate::{Actor, Addr, Context, Message, Reader, Writer, encode};
use core::marker::PhantomData;
use peerd_otp::{
    message::decode,
    work_pulling::{self, Puller, Reply, Request, Spec},
};
use peerd_vat::{Answer, CALL_MS, Durability, Settle};
use serde::{Deserialize, Serialize};

/// What a queue of `T`s takes: nothing that anybody could send by hand.
pub struct Queued<T>(PhantomData<fn(T)>);

/// A capability: whoever has it can add items, and can have them.
pub type WorkQueue<T> = Addr<Queued<T>>;

/// An item on its way to a worker.
pub struct Work<T> {
    ticket: u64,
    number: u64,
    /// None in the one that only shows where in a message an item goes.
    item: Option<T>,
}

/// What a worker keeps of a queue that it has joined, in one life.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Pulling<T> {
    puller: Puller,
    of: PhantomData<fn(T)>,
}

/// Why an item is not in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAdded {
    Refused(work_pulling::NotAdded),
    /// The queue did not answer: nobody knows whether it is there.
    Call(Settle),
}

impl<T: Message> Message for Work<T> {
    fn put(&self, to: &mut Writer<'_>) {
        if let Some(item) = &self.item {
            (self.ticket, self.number).put(to);
            item.put(to);
        }
    }

    fn get(from: &mut Reader<'_>) -> Option<Work<T>> {
        let (ticket, number) = Message::get(from)?;
        Some(Work { ticket, number, item: Some(T::get(from)?) })
    }
}

impl<A: Actor> Context<'_, '_, A> {
    /// A queue, linked to this actor and kept by it under this label.
    pub fn work_queue<T: Message>(&mut self, label: &str, spec: &Spec, durability: Durability) -> WorkQueue<T> {
        Addr::from_ref(work_pulling::spawn(self.cx, label, spec, durability))
    }

    /// The answer, the item's number, comes when a durable queue has it on the disk. An item can't hold addresses.
    pub fn add<T: Message>(
        &mut self,
        queue: WorkQueue<T>,
        item: &T,
        then: impl FnOnce(Result<u64, NotAdded>) -> A::Message + Send + 'static,
    ) {
        let (body, refs) = encode(item);
        self.write(&peerd_otp::message::encode(&Request::Add(body)), &refs);
        self.call(CALL_MS, queue.as_ref(), move |result| then(added(result)));
    }

    /// From now on items come as this message, whose last part they are, at most so many that are not confirmed. For this life: in
    /// another one this is asked again, and what was not confirmed comes again, to this worker or to another.
    ///
    /// ```ignore
    /// self.letters = Some(cx.pull(letters, 2, Desk::Letter));
    /// ```
    pub fn pull<T: Message>(&mut self, queue: WorkQueue<T>, window: u32, comes_as: impl FnOnce(Work<T>) -> A::Message) -> Pulling<T> {
        let (before, _) = encode(&comes_as(Work { ticket: 0, number: 0, item: None }));
        Pulling { puller: Puller::join(queue.as_ref(), window, &before, self.cx), of: PhantomData }
    }

    /// The item and its number. None: it is another worker's by now.
    pub fn accept<T>(&self, pulling: &Pulling<T>, work: Work<T>) -> Option<(u64, T)> {
        let item = work.item.filter(|_| pulling.puller.owns(work.ticket, self.cx))?;
        Some((work.number, item))
    }

    /// It is done. In the turn that did it, it is done once, whoever is killed when.
    pub fn confirm<T>(&mut self, pulling: &Pulling<T>, number: u64) {
        pulling.puller.confirm(number, self.cx);
    }

    /// No more items come. Those that came are its own until it confirms them or ends.
    pub fn leave<T>(&mut self, pulling: &Pulling<T>) {
        pulling.puller.leave(self.cx);
    }
}

fn added(result: Result<Answer<'_>, Settle>) -> Result<u64, NotAdded> {
    let answer = result.map_err(NotAdded::Call)?;
    match decode(answer.body) {
        Some(Reply::Added(number)) => Ok(number),
        Some(Reply::NotAdded(why)) => Err(NotAdded::Refused(why)),
        Some(Reply::Status(_) | Reply::Malformed) | None => Err(NotAdded::Call(Settle::Noreply)),
    }
}
