//! What stands under one key: admits calls, gives the key to one at a time, and hears of their ends.
use super::{
    Access, KEY_MAX, Order, Outcome, REQUEST_MAX, Refused, Reply, Request, Spec, Which,
    hand::{Badge, Word},
    results,
    rows::{Cancel, Row, Rows, Stands},
    run::{Args, Cue, Told},
    tree::{Cut, Tree},
};
use crate::{
    Server,
    message::{self, Caller, decode, encode},
};
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::mem;
use peerd_vat::{Crash, Cx, Durability, Event, Identity, Reason, Ref, Settle, SpawnOptions};
use serde::{Deserialize, Serialize};

pub const NAME: &str = "keyed object";

/// The alarm by which results go. Those of calls have other keys.
pub(super) const RESULTS: u64 = 0;

/// Limit: who wait for one call. With an answer for each, the end of a call fits in a record.
const CALLERS_MAX: usize = 64;

/// What an object is sent.
#[derive(Serialize, Deserialize)]
pub enum Message {
    /// By its front. The first of the refs is the caller, if it is a call.
    Asked { is_call: bool, request: Request },
    /// By a run.
    Word(Word),
}

#[derive(Serialize, Deserialize)]
pub struct Object {
    spec: Spec,
    pub(super) key: String,
    front: Ref,
    refs: Vec<Ref>,
    pub(super) rows: Rows,
    pub(super) tree: Tree,
    /// Calls that come later, by their alarms.
    pub(super) delayed: BTreeMap<u64, u64>,
    last_alarm: u64,
}

impl Server for Object {
    const NAME: &'static str = NAME;
    const MINDS_RECOVERY: bool = true;
    type State = Object;

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Object, Crash> {
        let bad = || Crash::new("bad_args", "an object is begun by its front");
        let (spec, key) = decode(args).ok_or_else(bad)?;
        let (front, refs) = refs.split_first().ok_or_else(bad)?;
        cx.trap_exits(true);
        let (rows, tree) = (Rows::default(), Tree::new(cx));
        Ok(Object { spec, key, front: *front, refs: refs.into(), rows, tree, delayed: BTreeMap::new(), last_alarm: RESULTS })
    }

    /// Signals of the last life that nobody handled, and answers that it did not live to hear.
    fn recovered(object: &mut Object, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let runs: Vec<Ref> = cx.kept_children().map(|child| child.actor).collect();
        runs.into_iter().for_each(|run| object.look_after(run, None, cx));
        for wait in object.tree.broken(cx) {
            object.hear(wait, Told::Failed(Settle::Noconnection), &[], cx);
        }
        object.begin_next(cx);
        Ok(())
    }

    fn handle(object: &mut Object, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, refs, .. } => match decode(body) {
                Some(Message::Asked { is_call, request }) => {
                    let (caller, refs) = refs.split_at(usize::from(is_call).min(refs.len()));
                    object.serve(request, caller.first().map(|caller| Caller(*caller)), refs, cx);
                }
                Some(Message::Word(word)) => object.listen(word, refs, cx),
                None => cx.report("malformed", "neither its front's nor a run's"),
            },
            Event::Reply { call, result } => object.answered(call, result, cx),
            Event::Exit { from, reason } => object.look_after(from, Some(&reason), cx),
            Event::Alarm { key, .. } => object.rang(key, cx),
            // Nobody else has business here.
            Event::Down { .. } | Event::Timer { .. } => {}
        }
        object.begin_next(cx);
        Ok(())
    }

    fn held(object: &Object) -> Option<Vec<Ref>> {
        Some(object.rows.held().chain(object.tree.held()).chain(object.refs.iter().copied()).collect())
    }
}

/// What callers ask.
impl Object {
    fn serve(&mut self, request: Request, caller: Option<Caller>, refs: &[Ref], cx: &mut Cx<'_>) {
        let reply = match request {
            Request::Call(order) => match self.admit(order, refs, cx) {
                Ok((number, _)) => return self.attach(number, caller, cx),
                Err(why) => Reply::Refused(why),
            },
            Request::Send(order) => match self.admit(order, refs, cx) {
                Ok((number, is_known)) => Reply::Sent { number, is_known },
                Err(why) => Reply::Refused(why),
            },
            Request::Attach(which) => match self.find(&which, cx) {
                Some(number) => return self.attach(number, caller, cx),
                None => Reply::Refused(Refused::NotFound),
            },
            Request::Cancel(which) => self.find_under_way(&which, |object, number| object.cancel(number, cx)),
            Request::Kill(which) => self.find_under_way(&which, |object, number| object.kill(number, cx)),
        };
        if let Some(caller) = caller {
            caller.answer(&reply, cx);
        }
    }

    /// Its number, and whether an earlier order is that call.
    fn admit(&mut self, order: Order, refs: &[Ref], cx: &mut Cx<'_>) -> Result<(u64, bool), Refused> {
        let Order { access, name, branch, after_ms, request } = order;
        if let Some(name) = &name {
            if name.is_empty() || name.len() > KEY_MAX {
                return Err(Refused::Key);
            }
            if let Some(number) = self.find(&Which::Named(name.clone()), cx) {
                return Ok((number, true));
            }
        }
        if request.len() > REQUEST_MAX {
            return Err(Refused::TooLong);
        }
        if self.rows.len() >= self.spec.calls_max.min(Spec::CALLS_MAX) as usize || !results::has_room(&request, cx) {
            return Err(Refused::Full);
        }
        let row = Row { access, stands: Stands::Queued, callers: Vec::new(), refs: refs.into(), name, branch };
        let number = self.rows.add(row);
        results::keep_request(number, &request, cx);
        if after_ms > 0 {
            let alarm = self.alarm(after_ms, cx);
            self.delayed.insert(alarm, number);
            self.rows.get_mut(number).expect("added above").stands = Stands::Delayed(alarm);
        } else {
            self.arrive(number, cx);
        }
        Ok((number, false))
    }

    /// Under way, or ended and still kept.
    fn find(&self, which: &Which, cx: &Cx<'_>) -> Option<u64> {
        self.rows.find(which).or_else(|| {
            let number = match which {
                Which::Number(number) => *number,
                Which::Named(name) => results::named(name, cx)?,
                Which::Branch(_) => return None,
            };
            results::ended(number, cx).map(|_| number)
        })
    }

    fn find_under_way(&mut self, which: &Which, then: impl FnOnce(&mut Object, u64)) -> Reply {
        match self.rows.find(which) {
            Some(number) => {
                then(self, number);
                Reply::Ok
            }
            None => Reply::Refused(Refused::NotFound),
        }
    }

    fn attach(&mut self, number: u64, caller: Option<Caller>, cx: &mut Cx<'_>) {
        let Some(caller) = caller else { return };
        let reply = match self.rows.get_mut(number) {
            Some(row) if row.callers.len() < CALLERS_MAX => return row.callers.push(caller),
            Some(_) => Reply::Refused(Refused::Full),
            None => results::ended(number, cx).map_or(Reply::Refused(Refused::NotFound), Reply::Ended),
        };
        caller.answer(&reply, cx);
    }
}

/// The way of a call.
impl Object {
    pub(super) fn arrive(&mut self, number: u64, cx: &mut Cx<'_>) {
        if self.rows.arrive(number) == Access::Shared {
            self.begin(number, cx);
        }
    }

    fn begin_next(&mut self, cx: &mut Cx<'_>) {
        if let Some(number) = self.rows.next() {
            self.begin(number, cx);
        }
    }

    fn begin(&mut self, number: u64, cx: &mut Cx<'_>) {
        let badge = Badge { number, secret: cx.random() };
        let Some(row) = self.rows.get_mut(number) else { return };
        let (access, refs) = (row.access, mem::take(&mut row.refs));
        let run = self.spawn(&Args { badge, key: self.key.clone(), access }, cx);
        let begin = Cue::Begin { kept: results::value(cx), request: results::take_request(number, cx) };
        message::cast(run, &begin, &refs, cx);
        if let Some(row) = self.rows.get_mut(number) {
            row.stands = Stands::Running { run, badge, cancel: Cancel::Not };
        }
    }

    /// The first life of a run, or the next one of what it has committed.
    pub(super) fn spawn(&self, args: &Args, cx: &mut Cx<'_>) -> Ref {
        let (id, bytes) = (args.badge.number.to_string(), encode(args));
        let label = format!("{} {id}", self.key);
        let refs: Vec<Ref> = [cx.me(), self.front].iter().chain(&self.refs).copied().collect();
        let options = SpawnOptions::new(&self.spec.handler, &bytes).refs(&refs).label(&label).identity(Identity::Kept(&id));
        cx.spawn(options.durability(Durability::Durable).linked())
    }

    pub(super) fn finish(&mut self, number: u64, outcome: Outcome, cx: &mut Cx<'_>) {
        let Some(row) = self.rows.remove(number) else { return };
        if let Stands::Delayed(alarm) = row.stands {
            self.delayed.remove(&alarm);
            cx.cancel_alarm(alarm);
        }
        if !matches!(row.stands, Stands::Running { .. }) {
            results::take_request(number, cx);
        }
        self.tree.cut(number, Cut::Leave, cx);
        let reply = Reply::Ended(outcome.clone());
        row.callers.into_iter().for_each(|caller| caller.answer(&reply, cx));
        if let Some(name) = row.name {
            let until = cx.wall().after(self.spec.kept_ms);
            results::keep(number, name, outcome, until, cx).expect("calls are refused long before a map is full of results");
            if cx.alarm_at(RESULTS).is_none() {
                cx.alarm(RESULTS, until);
            }
        }
    }

    fn cancel(&mut self, number: u64, cx: &mut Cx<'_>) {
        let Some(row) = self.rows.get_mut(number) else { return };
        match &mut row.stands {
            Stands::Delayed(_) | Stands::Queued => self.finish(number, Outcome::Cancelled, cx),
            Stands::Running { cancel, .. } if *cancel != Cancel::Not => {}
            Stands::Running { cancel, .. } => {
                *cancel = Cancel::Asked;
                self.tree.cut(number, Cut::Cancel, cx);
                self.tell_cancelled(number, cx);
            }
        }
    }

    /// From the leaves up: when nothing is left that it has called.
    pub(super) fn tell_cancelled(&mut self, number: u64, cx: &mut Cx<'_>) {
        if self.tree.has(number) {
            return;
        }
        if let Some(Row { stands: Stands::Running { run, cancel, .. }, .. }) = self.rows.get_mut(number)
            && *cancel == Cancel::Asked
        {
            *cancel = Cancel::Told;
            message::cast(*run, &Cue::Cancelled, &[], cx);
        }
    }

    fn kill(&mut self, number: u64, cx: &mut Cx<'_>) {
        self.end_run(number, cx);
        self.finish(number, Outcome::Killed, cx);
    }

    pub(super) fn end_run(&mut self, number: u64, cx: &mut Cx<'_>) {
        self.tree.cut(number, Cut::Kill, cx);
        if let Some(Row { stands: Stands::Running { run, .. }, .. }) = self.rows.get(number) {
            cx.exit(*run, Reason::Kill);
        }
    }

    pub(super) fn alarm(&mut self, ms: u64, cx: &mut Cx<'_>) -> u64 {
        self.last_alarm += 1;
        cx.alarm(self.last_alarm, cx.wall().after(ms));
        self.last_alarm
    }
}
