//! The directory of what agents made themselves: classes of metered guests, and the actors of them, each under its chat's own supervisor.
//!
//! ```text
//! chat ─ Tool ─▶ actors ─ load ─▶ host             the class's code joins the vat: from then on it can be started
//!                  ├─ kept on the shelf            classes and who runs; the next life loads the code before it starts anybody
//!                  ├─ start ─▶ guests ─▶ actors of chat 1 (one_for_one, 5 in 10 s) ─▶ counter
//!                  └─ call, look, upgrade ─▶ counter
//! ```
//! Its actors are durable: what they know outlives crashes, the vat, and the newest code that could not take it over. An act of a chat's is
//! noted before it is done if doing it twice differs from doing it once.
mod acts;
mod call;
mod change;
mod compile;
mod delete;
mod kept;
mod look;
mod opening;
mod play;
mod read;
mod stop;

use super::{Actor, body, reply_json, wire::ToActors};
use crate::{outcome::Outcome, view::ChatId};
use alloc::{
    collections::{BTreeMap, VecDeque},
    string::String,
    vec::Vec,
};
use peerd_otp::supervisor::Announcement;
use peerd_vat::{Answer, CallId, Crash, Cx, Event, Reason, Ref, Settle};
use serde::{Deserialize, Serialize};

use acts::Plan;
use kept::{Class, Guest, Kind};

/// Limit: of one chat.
const CLASSES_MAX: usize = 16;
pub(super) const ACTORS_MAX: usize = 64;
/// Limit: acts under way, of all chats.
const JOBS_MAX: usize = 16;
/// Limit: of each actor the newest crashes are remembered, until peerd is started anew.
const CRASHES_MAX: usize = 8;
/// For what starts or ends an actor, or compiles its code, on a busy machine.
const WORK_MS: u64 = 20_000;
/// Above what a chat waits for its shelf.
const NOTE_MS: u64 = 20_000;

/// Until all that was kept is there again.
const OPENING: u32 = 0;
const OPEN: u32 = 1;

#[derive(Serialize, Deserialize)]
pub struct Actors {
    doors: Doors,
    shelf: Option<Ref>,
    classes: Vec<Class>,
    guests: Vec<Guest>,
    /// The supervisors of chats that have one in this life.
    trees: Vec<(ChatId, Ref)>,
    jobs: Vec<Job>,
    /// Who is stopped with nobody waiting for it.
    endings: Vec<stop::Ending>,
    /// Calls on the way to being open.
    opening: Vec<(CallId, opening::Wait)>,
    /// The newest version of each class that the host was given in this life, kept or not.
    loaded: BTreeMap<String, u32>,
    /// Of actors that are started to be tested.
    tested: u64,
    /// The number of the newest compiler.
    compiled: u64,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Doors {
    /// The host's port: code joins the vat through it.
    host: Ref,
    /// Above the chats' own supervisors.
    supervisors: Ref,
    shelves: Ref,
    /// The host's ports for frames, and above them: files are compiled in one.
    boxes: Ref,
    wires: Ref,
    frames: Ref,
}

/// An act of a chat's that is under way.
#[derive(Serialize, Deserialize)]
struct Job {
    by: Caller,
    plan: Plan,
    /// What is waited for, and what that is a step of.
    call: Option<CallId>,
    step: Step,
    /// Of the frame that a file of its is compiled in.
    compiler: Option<u64>,
    /// The owner has taken back the power meanwhile.
    is_taken_back: bool,
}

/// Whose act it is, and who waits.
#[derive(Clone, Serialize, Deserialize)]
struct Caller {
    chat: ChatId,
    effect: String,
    asker: Ref,
    reply: Ref,
    begun: bool,
}

/// What has just been asked of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Step {
    /// Nobody yet.
    Begin,
    /// A compiler is started, and given a file.
    Compiler,
    Compile,
    /// The host, to compile a class; or to take up an older one again.
    Load,
    Back,
    /// The chat's supervisor is started.
    Tree,
    /// It starts an actor, or again one that it has stopped, and ends one.
    Start,
    Restart,
    Stop,
    Delete,
    /// An actor of a test is started, spoken to, ended.
    Born,
    Said,
    Ended,
    /// The chat keeps that it may have been done; the shelf keeps what it led to.
    Note,
    Save,
    /// An actor is called.
    Call,
    /// Its supervisor gives the right to look into it, and to change its code.
    Control,
    Status,
    State,
    Used,
    Upgrade,
    Secret,
}

/// What came of a step: the answer's bytes and its first ref, or why there is none.
type Came<'a> = Result<(&'a [u8], Option<Ref>), Settle>;

impl Actor for Actors {
    const NAME: &'static str = "actors";

    fn init(_args: &[u8], cx: &mut Cx<'_>) -> Result<Self, Crash> {
        let &[host, supervisors, shelves, boxes, wires, frames] = cx.refs() else {
            let why = "the actors need six refs: the host's guests, the supervisors of chats, shelves, boxes, wires, above frames";
            return Err(Crash::new("bad_args", why));
        };
        let mut actors = Actors {
            doors: Doors { host, supervisors, shelves, boxes, wires, frames },
            shelf: None,
            classes: Vec::new(),
            guests: Vec::new(),
            trees: Vec::new(),
            jobs: Vec::new(),
            endings: Vec::new(),
            opening: Vec::new(),
            loaded: BTreeMap::new(),
            tested: 0,
            // 48 bits: numbers travel as JSON; at random, as the host may still have frames of an earlier life.
            compiled: cx.random() >> 16,
        };
        cx.become_tag(OPENING);
        actors.open(cx);
        Ok(actors)
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body: bytes, refs, reply } => {
                if let Some(Announcement { restarts, .. }) = announced(bytes) {
                    self.started_again(refs.first().copied(), restarts, cx);
                } else if cx.tag() == OPENING {
                    cx.defer();
                } else {
                    self.told(body(bytes)?, refs, reply, cx);
                }
            }
            Event::Reply { call, result } => self.settled(call, result, cx)?,
            Event::Down { target, reason, .. } => self.ended(target, &reason, cx),
            Event::Exit { .. } | Event::Timer { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }
}

/// From a supervisor; what chats and the desk say is JSON.
fn announced(bytes: &[u8]) -> Option<Announcement> {
    if bytes.first() == Some(&b'{') { None } else { Announcement::decode(bytes) }
}

impl Actors {
    fn told(&mut self, message: ToActors, refs: &[Ref], reply: Option<Ref>, cx: &mut Cx<'_>) {
        match message {
            ToActors::Tool { chat, effect, tool, input, begun } => {
                let (Some(asker), Some(reply)) = (refs.first(), reply) else { return };
                let by = Caller { chat, effect, asker: *asker, reply, begun };
                // A chat that asks again has lost the answer with an earlier life of its own: it has this one.
                if let Some(job) = self.jobs.iter_mut().find(|job| job.by.effect == by.effect) {
                    job.by = by;
                    return;
                }
                if self.jobs.len() >= JOBS_MAX {
                    return reply_json(cx, reply, &failed("too much is under way with actors already: wait for it to end"));
                }
                match Plan::read(self, chat, &tool, &input) {
                    Err(why) => reply_json(cx, reply, &failed(&why)),
                    Ok(plan) => {
                        let job = Job { by, plan, call: None, step: Step::Begin, compiler: None, is_taken_back: false };
                        self.go_on(job, Ok((&[], None)), cx);
                    }
                }
            }
            // What an actor does by itself meanwhile is its own business: only nobody waits for it here.
            ToActors::Cancel { effect } => self.cancel(|job| job.by.effect == effect, cx),
            ToActors::TakeBack { chat } => {
                self.cancel(|job| job.by.chat == chat, cx);
                self.stop_all(chat, cx);
            }
            ToActors::Forget { chat } => {
                self.cancel(|job| job.by.chat == chat, cx);
                self.forget_chat(chat, cx);
            }
        }
    }

    fn cancel(&mut self, is_meant: impl Fn(&Job) -> bool, cx: &mut Cx<'_>) {
        // What changes something goes on to its end, which is near: half of an upgrade would be neither code.
        for job in self.jobs.extract_if(.., |job| is_meant(job) && !job.plan.is_change()) {
            if let (Some(call), Step::Call | Step::Said) = (job.call, job.step) {
                cx.cancel_call(call);
            }
            if let Some(number) = job.compiler {
                compile::end(number, self.doors.frames, cx);
            }
            if let Some(test) = job.plan.test() {
                test.abandon(self.trees.iter().find(|(chat, _)| *chat == job.by.chat).map(|(_, tree)| *tree), cx);
            }
        }
    }

    fn settled(&mut self, call: CallId, result: Result<Answer<'_>, Settle>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let came = result.map(|answer| (answer.body, answer.refs.first().copied()));
        if let Some(at) = self.opening.iter().position(|(waiting, _)| *waiting == call) {
            let (_, wait) = self.opening.remove(at);
            return self.opened(wait, came, cx);
        }
        if let Some(at) = self.endings.iter().position(|ending| ending.call == call) {
            let ending = self.endings.remove(at);
            self.end_settled(ending, came, cx);
        } else if let Some(at) = self.jobs.iter().position(|job| job.call == Some(call)) {
            let job = self.jobs.remove(at);
            self.go_on(job, came, cx);
        }
        Ok(())
    }

    /// One step of an act: it is done with, or it waits for something again.
    fn go_on(&mut self, mut job: Job, came: Came<'_>, cx: &mut Cx<'_>) {
        // Taken out, so that it can be changed beside the rest.
        let plan = core::mem::replace(&mut job.plan, Plan::None);
        job.call = None;
        match self.step(&mut job, plan, came, cx) {
            Some(outcome) => reply_json(cx, job.by.reply, &outcome),
            None if job.call.is_some() => self.jobs.push(job),
            None => reply_json(cx, job.by.reply, &failed("what it was about is gone, with its chat")),
        }
    }

    fn ask(&self, job: &mut Job, plan: Plan, step: Step, call: CallId) -> Option<Outcome> {
        (job.plan, job.step, job.call) = (plan, step, Some(call));
        None
    }

    /// An actor's or a supervisor's incarnation is over.
    fn ended(&mut self, target: Ref, reason: &Reason, cx: &mut Cx<'_>) {
        if let Some((chat, tree)) = self.trees.iter().find(|(_, tree)| tree.actor_id() == target.actor_id()).copied() {
            // It gave up, and begins anew without anybody: their owner starts them again, or not.
            for guest in self.guests.iter_mut().filter(|guest| guest.chat == chat && guest.link.is_some()) {
                guest.link = None;
                guest.gave_up = true;
            }
            cx.watch(tree);
            return;
        }
        let now = cx.now().0;
        if let Some(guest) = self.guests.iter_mut().find(|guest| guest.is(target))
            && !reason.is_orderly()
        {
            guest.crashes.push_back(kept::Crashed { at: now, why: in_words(reason) });
            if guest.crashes.len() > CRASHES_MAX {
                guest.crashes.pop_front();
            }
            guest.crashed += 1;
        }
    }

    /// Its supervisor has begun its next life.
    fn started_again(&mut self, child: Option<Ref>, restarts: u32, cx: &mut Cx<'_>) {
        let Some(child) = child else { return };
        if let Some(guest) = self.guests.iter_mut().find(|guest| guest.is(child)) {
            guest.restarts = restarts;
            cx.watch(child);
        }
    }

    fn guest(&self, chat: ChatId, name: &str) -> Option<&Guest> {
        self.guests.iter().find(|guest| guest.chat == chat && guest.name == name)
    }

    fn guest_mut(&mut self, chat: ChatId, name: &str) -> Option<&mut Guest> {
        self.guests.iter_mut().find(|guest| guest.chat == chat && guest.name == name)
    }

    fn class(&self, chat: ChatId, name: &str) -> Option<&Class> {
        self.classes.iter().find(|class| class.chat == chat && class.name == name)
    }

    /// Of an actor whose class is gone nobody asks.
    fn kind(&self, chat: ChatId, class: &str) -> Kind {
        self.class(chat, class).map_or(Kind::Wasm, |class| class.newest().kind)
    }

    fn tree(&self, chat: ChatId) -> Option<Ref> {
        self.trees.iter().find(|(of, _)| *of == chat).map(|(_, tree)| *tree)
    }
}

/// For people and for the model: a crash with its own words, which say where.
fn in_words(reason: &Reason) -> String {
    match reason {
        Reason::Crash(crash) => alloc::format!("{}: {}", crash.kind, crash.message),
        Reason::Kill | Reason::Killed => "killed: a turn used up all the fuel that it may have, or it was told to end".into(),
        other => alloc::string::ToString::to_string(other),
    }
}

fn failed(why: &str) -> Outcome {
    super::sandboxes::failed(why)
}

type Crashes = VecDeque<kept::Crashed>;
