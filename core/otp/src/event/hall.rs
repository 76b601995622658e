//! Who hears what is published: the bus's state, and the requests that change it.
use super::{Bus, Removal, Verdict, tell_gone};
use crate::{
    Server,
    message::{Caller, decode, encode},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::marker::PhantomData;
use peerd_vat::{Crash, Cx, Event, Reason, Ref, WatchId};
use serde::{Deserialize, Serialize};

/// What can be asked of a bus. All but `Publish`, `Subscribe` and `Unsubscribe` are calls.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub enum Request<B: Bus> {
    Publish(B::Event),
    /// The first ref is told every event. Twice is once.
    Subscribe,
    Unsubscribe,
    /// The refs of the call are the handler's. Supervised: the first is its owner, who is told when the handler goes, and whose
    /// end takes the handler with it.
    Add {
        id: String,
        args: Vec<u8>,
        supervised: bool,
    },
    /// Answered `Left`, with what it left behind.
    Delete {
        id: String,
        args: Vec<u8>,
    },
    /// One takes another's place, also if there is no other.
    Swap {
        old: String,
        old_args: Vec<u8>,
        new: String,
        new_args: Vec<u8>,
    },
    /// Answered by the handler.
    Ask {
        id: String,
        request: B::Ask,
    },
    /// Answered `Handlers`, the newest first.
    Which,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    Ok,
    Left(Vec<u8>),
    Handlers(Vec<String>),
    Failed(Failure),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    NotFound,
    AlreadyPresent,
    /// What `Bus::add` said.
    NotAdded(String),
    Malformed,
}

/// A supervised handler went without being told to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    pub id: String,
    pub why: String,
}

pub struct Code<B>(PhantomData<fn() -> B>);

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Hall<B: Bus> {
    /// The newest last.
    handlers: Vec<Seat<B>>,
    subscribers: Vec<(Ref, WatchId)>,
}

#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Seat<B: Bus> {
    id: String,
    handler: B::Handler,
    owner: Option<(Ref, WatchId)>,
}

impl<B: Bus> Server for Code<B> {
    const NAME: &'static str = B::NAME;
    type State = Hall<B>;

    /// Traps exits, so that its handlers have their last word when its parent tells it to go.
    fn init(_args: &[u8], _refs: &[Ref], cx: &mut Cx<'_>) -> Result<Hall<B>, Crash> {
        cx.trap_exits(true);
        Ok(Hall { handlers: Vec::new(), subscribers: Vec::new() })
    }

    fn handle(hall: &mut Hall<B>, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, refs, reply } => {
                if let Some(answer) = hall.serve(decode(body), refs, reply.map(Caller), cx)
                    && let Some(reply) = reply
                {
                    Caller(reply).answer(&answer, cx);
                }
            }
            Event::Down { watch, reason, .. } => {
                hall.subscribers.retain(|subscriber| subscriber.1 != watch);
                while let Some(at) = hall.handlers.iter().position(|seat| seat.owner.is_some_and(|owner| owner.1 == watch)) {
                    let seat = hall.handlers.remove(at);
                    B::remove(seat.handler, &Removal::OwnerEnded(reason.clone()), cx);
                }
            }
            // Nobody has business here otherwise.
            Event::Reply { .. } | Event::Exit { .. } | Event::Timer { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }

    fn terminate(hall: &mut Hall<B>, reason: &Reason, cx: &mut Cx<'_>) {
        for seat in core::mem::take(&mut hall.handlers).into_iter().rev() {
            B::remove(seat.handler, &Removal::Stop(reason.clone()), cx);
        }
    }
}

impl<B: Bus> Hall<B> {
    /// None: a handler answers.
    fn serve(&mut self, request: Option<Request<B>>, refs: &[Ref], caller: Option<Caller>, cx: &mut Cx<'_>) -> Option<Answer> {
        let Some(request) = request else { return Some(Answer::Failed(Failure::Malformed)) };
        Some(match (request, refs.first()) {
            (Request::Publish(event), _) => {
                self.publish(&event, cx);
                Answer::Ok
            }
            (Request::Subscribe, Some(&subscriber)) => {
                if self.subscribers.iter().all(|known| known.0 != subscriber) {
                    self.subscribers.push((subscriber, cx.watch(subscriber)));
                }
                Answer::Ok
            }
            (Request::Unsubscribe, Some(&subscriber)) => {
                let gone = self.subscribers.extract_if(.., |known| known.0 == subscriber);
                gone.for_each(|known| cx.unwatch(known.1));
                Answer::Ok
            }
            (Request::Add { id, args, supervised }, owner) => {
                let owner = owner.copied().filter(|_| supervised);
                self.add(id, &args, None, owner, refs, cx).map_or_else(Answer::Failed, |()| Answer::Ok)
            }
            (Request::Delete { id, args }, _) => self
                .take(&id, cx)
                .map_or(Answer::Failed(Failure::NotFound), |seat| Answer::Left(B::remove(seat.handler, &Removal::Told(args), cx))),
            (Request::Swap { old, old_args, new, new_args }, _) => {
                let seat = self.take(&old, cx);
                let owner = seat.as_ref().and_then(|seat| seat.owner).map(|owner| owner.0);
                let left = seat.map(|seat| B::remove(seat.handler, &Removal::Told(old_args), cx));
                self.add(new, &new_args, left, owner, refs, cx).map_or_else(Answer::Failed, |()| Answer::Ok)
            }
            (Request::Ask { id, request }, _) => {
                let Some((at, caller)) = self.position(&id).zip(caller) else { return Some(Answer::Failed(Failure::NotFound)) };
                let verdict = B::ask(&mut self.handlers[at].handler, request, caller, cx);
                self.judge(at, verdict, cx);
                return None;
            }
            (Request::Which, _) => Answer::Handlers(self.handlers.iter().rev().map(|seat| seat.id.clone()).collect()),
            (Request::Subscribe | Request::Unsubscribe, None) => Answer::Failed(Failure::Malformed),
        })
    }

    fn publish(&mut self, event: &B::Event, cx: &mut Cx<'_>) {
        for at in (0..self.handlers.len()).rev() {
            let verdict = B::handle(&mut self.handlers[at].handler, event, cx);
            self.judge(at, verdict, cx);
        }
        let bytes = encode(event);
        for (subscriber, _) in &self.subscribers {
            cx.send(*subscriber, &bytes);
        }
    }

    /// Carries out what a handler decided about itself. Those older than it keep their places.
    fn judge(&mut self, at: usize, verdict: Result<Verdict, Crash>, cx: &mut Cx<'_>) {
        let (why, swap) = match verdict {
            Ok(Verdict::Keep) => return,
            Ok(Verdict::Remove) => (Removal::Done, None),
            Ok(Verdict::Swap(args)) => (Removal::Done, Some(args)),
            Err(crash) => (Removal::Failed(crash), None),
        };
        let Seat { id, handler, owner } = self.handlers.remove(at);
        let left = B::remove(handler, &why, cx);
        if let Removal::Failed(crash) = &why {
            cx.report("handler_failed", format!("{id}: {crash}"));
        }
        let why = match swap.map(|args| B::add(&args, Some(left), &[], cx)) {
            Some(Ok(handler)) => return self.handlers.insert(at, Seat { id, handler, owner }),
            Some(Err(crash)) => Removal::Failed(crash),
            None => why,
        };
        if let Some((owner, watch)) = owner {
            cx.unwatch(watch);
            tell_gone(owner, &id, &why, cx);
        }
    }

    fn add(
        &mut self,
        id: String,
        args: &[u8],
        before: Option<Vec<u8>>,
        owner: Option<Ref>,
        refs: &[Ref],
        cx: &mut Cx<'_>,
    ) -> Result<(), Failure> {
        if self.position(&id).is_some() {
            return Err(Failure::AlreadyPresent);
        }
        let handler = B::add(args, before, refs, cx).map_err(|crash| Failure::NotAdded(crash.message.as_ref().into()))?;
        let owner = owner.map(|owner| (owner, cx.watch(owner)));
        self.handlers.push(Seat { id, handler, owner });
        Ok(())
    }

    fn take(&mut self, id: &str, cx: &mut Cx<'_>) -> Option<Seat<B>> {
        let seat = self.handlers.remove(self.position(id)?);
        if let Some((_, watch)) = seat.owner {
            cx.unwatch(watch);
        }
        Some(seat)
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.handlers.iter().position(|seat| seat.id == id)
    }
}

pub(super) fn in_words(why: &Removal) -> String {
    match why {
        Removal::Done => "done".into(),
        Removal::Told(_) => "told".into(),
        Removal::Failed(crash) => crash.to_string(),
        Removal::OwnerEnded(reason) | Removal::Stop(reason) => reason.to_string(),
    }
}
