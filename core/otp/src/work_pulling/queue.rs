//! The queue itself: items in its map, workers with room, and who has what.
use super::{Lost, NAME, NotAdded, Reply, Request, Spec, Status, Word, Workers, puller::written};
use crate::{
    Server,
    message::{Caller, decode},
    pieces,
};
use alloc::{collections::BTreeSet, format, string::ToString, vec::Vec};
use peerd_vat::{Crash, Cx, Event, Ref, WatchId};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct Queue {
    spec: Spec,
    /// The number of the next item that is added.
    next: u64,
    /// Nobody has ever had this one or a later one.
    fresh: u64,
    /// Those that somebody had and did not confirm: they go first.
    returned: BTreeSet<u64>,
    /// Items that are not confirmed.
    held: u32,
    lost: u64,
    /// Whoever was given something last is at the end.
    workers: Vec<Worker>,
}

#[derive(Serialize, Deserialize)]
struct Worker {
    actor: Ref,
    ticket: u64,
    /// 0: it is leaving.
    window: u32,
    before: Vec<u8>,
    watch: WatchId,
    out: BTreeSet<u64>,
}

impl Server for Queue {
    const NAME: &'static str = NAME;
    const MINDS_RECOVERY: bool = true;
    type State = Queue;

    fn init(args: &[u8], _: &[Ref], _: &mut Cx<'_>) -> Result<Queue, Crash> {
        let spec = decode(args).ok_or_else(|| Crash::new("bad_args", "a work queue takes a `Spec`"))?;
        Ok(Queue { spec, next: 1, fresh: 1, returned: BTreeSet::new(), held: 0, lost: 0, workers: Vec::new() })
    }

    /// Whom it knew is watched again: one that has ended is told of at once, and one that has another life joins.
    fn recovered(queue: &mut Queue, cx: &mut Cx<'_>) -> Result<(), Crash> {
        queue.workers.iter_mut().for_each(|worker| worker.watch = cx.watch(worker.actor));
        Ok(())
    }

    fn handle(queue: &mut Queue, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, refs, reply: Some(reply) } => {
                let answer = decode(body).map_or(Reply::Malformed, |request| queue.serve(request, refs, cx));
                Caller(reply).answer(&answer, cx);
            }
            Event::User { body, refs, reply: None } => match (decode(body), refs.first()) {
                (Some(Word::Join { ticket, window, before }), Some(actor)) => queue.join(*actor, ticket, window, before, cx),
                (Some(Word::Confirm { ticket, number }), _) => queue.confirm(ticket, number, cx),
                (Some(Word::Leave { ticket }), _) => queue.leave(ticket, cx),
                (Some(Word::Join { .. }) | None, _) => cx.report("malformed", "no worker's word"),
            },
            Event::Down { watch, .. } => queue.take_back(|worker| worker.watch == watch, cx),
            // Nobody else has business here.
            Event::Reply { .. } | Event::Exit { .. } | Event::Timer { .. } | Event::Alarm { .. } => {}
        }
        queue.give(cx);
        Ok(())
    }

    fn held(queue: &Queue) -> Option<Vec<Ref>> {
        Some(queue.workers.iter().map(|worker| worker.actor).collect())
    }
}

impl Queue {
    fn serve(&mut self, request: Request, refs: &[Ref], cx: &mut Cx<'_>) -> Reply {
        match request {
            Request::Add(_) if !refs.is_empty() => Reply::NotAdded(NotAdded::Refs),
            Request::Add(_) if self.held >= self.spec.items_max => Reply::NotAdded(NotAdded::Full(self.held)),
            Request::Add(item) => match pieces::put(&self.next.to_be_bytes(), &item, cx) {
                Ok(()) => {
                    self.held += 1;
                    self.next += 1;
                    Reply::Added(self.next - 1)
                }
                Err(why) => Reply::NotAdded(NotAdded::Map(why.to_string())),
            },
            Request::Status => {
                let out = self.workers.iter().map(|worker| worker.out.len() as u32).sum();
                Reply::Status(Status { waiting: self.held - out, out, workers: self.workers.len() as u32, lost: self.lost })
            }
        }
    }

    /// Anew if it is known: what it had is not its any more.
    fn join(&mut self, actor: Ref, ticket: u64, window: u32, before: Vec<u8>, cx: &mut Cx<'_>) {
        let is_replaced = |worker: &Worker| worker.actor.actor_id() == actor.actor_id();
        match self.spec.workers {
            Workers::One => self.take_back(|_| true, cx),
            Workers::Many => self.take_back(is_replaced, cx),
        }
        let watch = cx.watch(actor);
        self.workers.push(Worker { actor, ticket, window, before, watch, out: BTreeSet::new() });
    }

    fn confirm(&mut self, ticket: u64, number: u64, cx: &mut Cx<'_>) {
        // Else it is another's by now.
        if let Some(worker) = self.workers.iter_mut().find(|worker| worker.ticket == ticket)
            && worker.out.remove(&number)
        {
            self.delete(number, cx);
            self.let_go(cx);
        }
    }

    fn leave(&mut self, ticket: u64, cx: &mut Cx<'_>) {
        if let Some(worker) = self.workers.iter_mut().find(|worker| worker.ticket == ticket) {
            worker.window = 0;
            self.let_go(cx);
        }
    }

    /// Those that are leaving and have nothing left.
    fn let_go(&mut self, cx: &mut Cx<'_>) {
        let is_done = |worker: &Worker| worker.window == 0 && worker.out.is_empty();
        self.take_back(is_done, cx);
    }

    fn take_back(&mut self, is_over: impl Fn(&Worker) -> bool, cx: &mut Cx<'_>) {
        for worker in self.workers.extract_if(.., |worker| is_over(worker)).collect::<Vec<_>>() {
            cx.unwatch(worker.watch);
            match self.spec.lost {
                Lost::Again => self.returned.extend(worker.out),
                Lost::Gone if worker.out.is_empty() => {}
                Lost::Gone => {
                    self.lost += worker.out.len() as u64;
                    cx.report("lost", format!("not confirmed, and not sent again: items {:?}", worker.out));
                    worker.out.iter().for_each(|number| self.delete(*number, cx));
                }
            }
        }
    }

    /// As long as there is an item and somebody with room.
    fn give(&mut self, cx: &mut Cx<'_>) {
        while let Some(at) = self.workers.iter().position(|worker| (worker.out.len() as u64) < u64::from(worker.window)) {
            let Some(number) = self.take_next() else { return };
            let item = pieces::get(&number.to_be_bytes(), cx).expect("it is there until it is confirmed");
            let mut worker = self.workers.remove(at);
            let item = written(&worker.before, worker.ticket, number, &item);
            cx.send(worker.actor, &item);
            worker.out.insert(number);
            self.workers.push(worker);
        }
    }

    fn take_next(&mut self) -> Option<u64> {
        let number = self.returned.pop_first().or((self.fresh < self.next).then_some(self.fresh))?;
        self.fresh = self.fresh.max(number + 1);
        Some(number)
    }

    fn delete(&mut self, number: u64, cx: &mut Cx<'_>) {
        self.held -= 1;
        pieces::delete(&number.to_be_bytes(), cx);
    }
}
