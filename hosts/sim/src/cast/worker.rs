//! A supervised child whose every start and stop goes as the case says.
use super::{Server, book, tell_book, words};
use crate::check::WATCHING;
use peerd_vat::{Around, Behaviour, Crash, Cx, Event, Reason, Ref, around};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

/// How its starts go, by child id. The last entry holds for all later starts; no entry is `Up`.
#[derive(Clone, Default)]
pub struct Plan(Arc<Mutex<BTreeMap<String, VecDeque<Begin>>>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    Up,
    Ignore,
    Crash,
    /// Not ready until it is told `up` or `fail`.
    Hang,
}

impl Plan {
    pub fn set(&self, id: &str, begins: &[Begin]) {
        self.0.lock().expect("one thread").insert(id.into(), begins.iter().copied().collect());
    }

    /// All starts go well again.
    pub fn clear(&self) {
        self.0.lock().expect("one thread").clear();
    }

    fn next(&self, id: &str) -> Begin {
        let mut plan = self.0.lock().expect("one thread");
        let Some(begins) = plan.get_mut(id) else { return Begin::Up };
        if begins.len() > 1 { begins.pop_front() } else { begins.front().copied() }.unwrap_or(Begin::Up)
    }
}

/// What it does when its supervisor says go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Manner {
    #[default]
    Plain,
    /// Takes so many ms.
    Slow(u64),
    /// Goes with a reason of its own.
    Odd(String),
    Deaf,
    /// Has dropped the link to its supervisor.
    Unlinked,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Worker {
    pub id: String,
    pub manner: Manner,
}

impl Worker {
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("a plain value always encodes")
    }
}

#[derive(Serialize, Deserialize)]
pub struct Job {
    book: Ref,
    worker: Worker,
    leaving: Option<Reason>,
}

const LEAVE: u64 = 1;
const READY: u32 = 1;

struct Body;

impl Server for Body {
    const NAME: &'static str = "worker";
    type State = Job;

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Job, Crash> {
        let worker: Worker = postcard::from_bytes(args).map_err(|_| Crash::new("bad_args", "no worker"))?;
        cx.trap_exits(true);
        if let (Manner::Unlinked, Some(parent)) = (&worker.manner, cx.parent()) {
            cx.unlink(parent);
            cx.report(crate::check::UNLINKED, "");
        }
        Ok(Job { book: book(refs)?, worker, leaving: None })
    }

    fn handle(job: &mut Job, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, refs, .. } => match words(body) {
                ("stop", _) => cx.stop(Reason::Normal),
                ("die", _) => return Err(Crash::new("died", "died")),
                ("exit", "shutdown") => cx.stop(Reason::Shutdown),
                ("exit", with) => match with.strip_prefix("shutdown ") {
                    Some(why) => cx.stop(Reason::ShutdownWith(why.into())),
                    None => cx.stop(Reason::Other(with.into())),
                },
                ("ping", text) => tell_book(cx, job.book, &format!("pong {} {text}", job.worker.id)),
                ("meet", _) => {
                    for who in refs {
                        cx.watch(*who);
                        cx.report(WATCHING, who.actor_id().map(|id| id.to_string()).unwrap_or_default());
                    }
                }
                // The book answers nobody: all the while this handles nothing else.
                ("hang", ms) => {
                    let call = cx.call(job.book, body, &[], ms.parse().unwrap_or(0));
                    cx.await_reply(call);
                }
                ("up", _) => cx.become_tag(READY),
                ("fail", _) => return Err(Crash::new("failed", "failed")),
                _ => {}
            },
            Event::Timer { key: LEAVE } => cx.stop(job.leaving.take().unwrap_or(Reason::Normal)),
            _ => {}
        }
        Ok(())
    }

    fn parent_exit(job: &mut Job, reason: Reason, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match &job.worker.manner {
            Manner::Plain | Manner::Unlinked => cx.stop(reason),
            Manner::Odd(own) => cx.stop(Reason::Other(own.clone())),
            Manner::Deaf => {}
            Manner::Slow(ms) => {
                cx.timer(LEAVE, *ms);
                job.leaving = Some(reason);
            }
        }
        Ok(())
    }
}

/// The worker with the plan of its world.
pub(super) fn behaviour(plan: &Plan) -> Box<dyn Behaviour> {
    planned(peerd_otp::behaviour::<Body>(), plan)
}

/// One whose starts go as planned. Its arguments are a `Worker`.
pub(super) fn planned(inner: Box<dyn Behaviour>, plan: &Plan) -> Box<dyn Behaviour> {
    around(inner, Planned { plan: plan.clone() })
}

struct Planned {
    plan: Plan,
}

impl Around for Planned {
    fn init(&mut self, inner: &mut dyn Behaviour, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        if cx.has_state() {
            return inner.init(args, cx);
        }
        let id = postcard::from_bytes::<Worker>(args).map(|worker| worker.id).unwrap_or_default();
        let begin = self.plan.next(&id);
        inner.init(args, cx)?;
        match begin {
            Begin::Up => {}
            Begin::Ignore => cx.stop(Reason::Normal),
            Begin::Crash => return Err(Crash::new("start", "no start")),
            Begin::Hang => cx.defer(),
        }
        Ok(())
    }
}
