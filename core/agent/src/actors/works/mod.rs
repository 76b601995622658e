//! The directory of notebooks and apps: knows each by number and name, starts its actor when somebody needs it, and ends it.
//!
//! ```text
//! chat ─ Tool ─▶ works ─ which one? ─▶ shelf ─▶ start under `boxes` ─▶ notebook 3 ─ answers the chat's call
//! page ─ Wish ─▶   │                                                       └─ starts a frame when code is to run: kernel 3-1
//!                  └─ a new name is a new one; the list lies on a shelf of its own
//! ```
mod app;
mod notebook;
mod sandbox;
#[cfg(test)]
mod tests;

use super::{
    Actor, body, call_json, json_bytes, reply_json,
    sandboxes::origins_of,
    send_json, shelf, started,
    wire::{Boot, ToShelf, ToWork, ToWorks},
};
use crate::{
    outcome::Outcome,
    view::{Update, Verdict, WorkId, WorkInfo, WorkKind},
    web::{tools, words},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_otp::supervisor::{Request, Restart};
use peerd_vat::{CallId, Crash, Cx, Event, Ref};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use app::App;
pub use notebook::Notebook;

const ANSWER_MS: u64 = 10_000;
/// Limit: notebooks and apps together.
const WORKS_MAX: usize = 500;
/// Limit: characters of a name.
const NAME_MAX: usize = 80;
/// On the directory's shelf.
const LIST: &str = "list";

#[derive(Serialize, Deserialize)]
pub struct Works {
    doors: Doors,
    wall: u64,
    wall_at: u64,
    shelf: Option<Ref>,
    is_loaded: bool,
    /// The newest first.
    list: Vec<WorkInfo>,
    live: Vec<(WorkId, Ref)>,
    opening: Vec<Opening>,
    pending: Vec<(CallId, Pending)>,
}

/// What each of them is endowed with.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Doors {
    panel: Ref,
    shelves: Ref,
    /// The supervisor of all that runs code of others.
    children: Ref,
    /// The host's ports: frames, and the bytes that go in and out of them.
    boxes: Ref,
    wires: Ref,
    egress: Ref,
}

/// One that is being started, and the messages that wait for it with their refs.
#[derive(Serialize, Deserialize)]
struct Opening {
    work: WorkId,
    waiting: Vec<(String, Vec<Ref>)>,
}

#[derive(Serialize, Deserialize)]
enum Pending {
    OpenShelf,
    ReadShelf,
    OpenWorkShelf(WorkId),
    StartWork(WorkId),
    Written,
    Nothing,
}

impl Actor for Works {
    const NAME: &'static str = "works";

    fn init(args: &[u8], cx: &mut Cx<'_>) -> Result<Self, Crash> {
        let boot: Boot = body(args)?;
        let &[panel, shelves, children, boxes, wires, egress] = cx.refs() else {
            return Err(Crash::new("bad_args", "the works need six refs: panel, shelves, their supervisor, boxes, wires, egress"));
        };
        let doors = Doors { panel, shelves, children, boxes, wires, egress };
        let open = cx.call(shelves, &shelf::start(Works::NAME), &[], ANSWER_MS);
        Ok(Works {
            doors,
            wall: boot.wall,
            wall_at: cx.now().0,
            shelf: None,
            is_loaded: false,
            list: Vec::new(),
            live: Vec::new(),
            opening: Vec::new(),
            pending: [(open, Pending::OpenShelf)].into(),
        })
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { .. } if !self.is_loaded => cx.defer(),
            Event::User { body: bytes, refs, reply } => self.told(body(bytes)?, refs, reply, cx),
            Event::Reply { call, result } => {
                let Some(at) = self.pending.iter().position(|(known, _)| *known == call) else { return Ok(()) };
                match self.pending.remove(at).1 {
                    Pending::OpenShelf => {
                        let shelf = result.map_err(|settle| settle.to_string()).and_then(|answer| started(&answer));
                        let shelf = shelf.map_err(|why| Crash::new("shelf", why))?;
                        self.shelf = Some(shelf);
                        self.pending.push((call_json(cx, shelf, &ToShelf::Read, &[], ANSWER_MS), Pending::ReadShelf));
                    }
                    Pending::ReadShelf => {
                        let answer = result.map_err(|settle| Crash::new("shelf", settle.to_string()))?;
                        let kept: Vec<(String, String)> = body(answer.body)?;
                        let list = kept.iter().find(|(key, _)| key == LIST).map(|(_, text)| serde_json::from_str(text));
                        self.list = list.transpose().map_err(|why| Crash::new("shelf", format!("the list: {why}")))?.unwrap_or_default();
                        self.is_loaded = true;
                        cx.become_tag(1);
                    }
                    Pending::OpenWorkShelf(work) => match result.map_err(|settle| settle.to_string()).and_then(|answer| started(&answer)) {
                        Ok(shelf) => self.start(work, shelf, cx),
                        Err(why) => self.not_started(work, &why, cx),
                    },
                    Pending::StartWork(work) => match result.map_err(|settle| settle.to_string()).and_then(|answer| started(&answer)) {
                        Ok(actor) => self.has_started(work, actor, cx),
                        Err(why) => self.not_started(work, &why, cx),
                    },
                    Pending::Written => {
                        let answer = result.ok().and_then(|answer| body::<Value>(answer.body).ok());
                        if answer.is_none_or(|answer| !answer["err"].is_null()) {
                            self.problem("The list of notebooks and apps could not be kept.", cx);
                        }
                    }
                    Pending::Nothing => {}
                }
            }
            // It is started again when it is needed; what it kept is there.
            Event::Down { target, .. } => self.live.retain(|(_, actor)| *actor != target),
            Event::Exit { .. } | Event::Timer { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }
}

impl Works {
    fn told(&mut self, message: ToWorks, refs: &[Ref], reply: Option<Ref>, cx: &mut Cx<'_>) {
        match message {
            ToWorks::Tool { chat, effect, tool, input, origins } => {
                let (Some(asker), Some(reply)) = (refs.first(), reply) else { return };
                match self.work_of(&tool, &input, cx) {
                    Ok(Some(work)) if tool == tools::APP_KEEP && input["action"] == "rename" => {
                        let outcome = match self.rename(work, &input, cx) {
                            Ok(name) => Outcome {
                                verdict: Verdict::Done,
                                text: format!("done: it is called {name:?} now"),
                                evidence: name,
                                changed: true,
                                ..Outcome::default()
                            },
                            Err(why) => failed(&why),
                        };
                        reply_json(cx, reply, &outcome);
                    }
                    Err(why) => reply_json(cx, reply, &failed(&why)),
                    Ok(None) => reply_json(cx, reply, &self.listed(tools::work_kind(&tool))),
                    Ok(Some(work)) => {
                        self.touch(work, cx);
                        self.tell(work, &ToWork::Tool { chat, effect, tool, input, origins }, &[*asker, reply], cx);
                    }
                }
            }
            ToWorks::Allowed { effect } => self.tell_live(&ToWork::Allowed { effect }, cx),
            ToWorks::Denied { effect, reason } => self.tell_live(&ToWork::Denied { effect, reason }, cx),
            ToWorks::Cancel { effect } => self.tell_live(&ToWork::Cancel { effect }, cx),
            ToWorks::TakeBack { chat } => self.tell_live(&ToWork::TakeBack { chat }, cx),
            ToWorks::Wish { wall, work, wish } => {
                if wall > 0 {
                    (self.wall, self.wall_at) = (wall, cx.now().0);
                }
                self.wished(work, wish, cx);
            }
        }
    }

    /// What a page of ours wants: it is its owner's doing.
    fn wished(&mut self, work: Option<WorkId>, wish: Value, cx: &mut Cx<'_>) {
        match (wish["op"].as_str(), work) {
            (Some("list"), _) => self.show(cx),
            (Some("new"), _) => {
                let kind = if wish["kind"] == "app" { WorkKind::App } else { WorkKind::Notebook };
                let name = wish["name"].as_str().map_or_else(|| self.free_name(kind), |name| words::line(name.trim(), NAME_MAX));
                let Ok(work) = self.create(kind, &name, cx) else {
                    return self.problem("There are too many already: delete some first.", cx);
                };
                let token = wish["token"].clone();
                send_json(cx, self.doors.panel, &Update::Work { work, news: serde_json::json!({"made": token}) });
                if !wish["then"].is_null() {
                    self.tell(work, &ToWork::Wish { wish: wish["then"].clone() }, &[], cx);
                }
            }
            (Some("rename"), Some(work)) => {
                if let Err(why) = self.rename(work, &wish, cx) {
                    self.problem(&why, cx);
                }
            }
            (Some("delete"), Some(work)) => self.delete(work, cx),
            (_, Some(work)) if self.list.iter().any(|known| known.id == work) => {
                self.touch(work, cx);
                self.tell(work, &ToWork::Wish { wish }, &[], cx);
            }
            (_, Some(work)) => send_json(cx, self.doors.panel, &Update::Work { work, news: serde_json::json!({"deleted": true}) }),
            _ => {}
        }
    }

    /// Which one a call means; none: all of its kind. What is made by being written to is made.
    fn work_of(&mut self, tool: &str, input: &Value, cx: &mut Cx<'_>) -> Result<Option<WorkId>, String> {
        let kind = tools::work_kind(tool);
        let said = match (&input[kind.word()], kind) {
            (Value::Null, _) => String::new(),
            (Value::String(name), _) => words::line(name.trim(), NAME_MAX),
            (Value::Number(number), _) => number.to_string(),
            _ => return Err(format!("`{}` is its name", kind.word())),
        };
        if said.is_empty() {
            return if tools::makes_work(tool) { Err(format!("`{}` is missing: its name", kind.word())) } else { Ok(None) };
        }
        let mut of_kind = self.list.iter().filter(|known| known.kind == kind);
        let known = of_kind.clone().find(|known| known.name.to_lowercase() == said.to_lowercase());
        if let Some(known) = known.or_else(|| of_kind.find(|known| known.id.to_string() == said)) {
            return Ok(Some(known.id));
        }
        if !tools::makes_work(tool) {
            return Err(format!("there is no {} called {said:?}", kind.word()));
        }
        self.create(kind, &said, cx).map(Some)
    }

    fn create(&mut self, kind: WorkKind, name: &str, cx: &mut Cx<'_>) -> Result<WorkId, String> {
        if self.list.len() >= WORKS_MAX {
            return Err(format!("there are {WORKS_MAX} notebooks and apps already: its owner has to delete some"));
        }
        let id = self.list.iter().map(|known| known.id).max().unwrap_or(0) + 1;
        self.list.insert(0, WorkInfo { id, kind, name: name.into(), at: self.wall_now(cx) });
        self.keep(cx);
        Ok(id)
    }

    fn free_name(&self, kind: WorkKind) -> String {
        let name = |n: usize| if n == 1 { format!("Untitled {}", kind.word()) } else { format!("Untitled {} {n}", kind.word()) };
        let is_free = |name: &String| self.list.iter().all(|known| known.name != *name);
        (1..=WORKS_MAX + 1).map(name).find(is_free).unwrap_or_default()
    }

    /// It was used: it is first in the list from now on.
    fn touch(&mut self, work: WorkId, cx: &mut Cx<'_>) {
        let now = self.wall_now(cx);
        let Some(at) = self.list.iter().position(|known| known.id == work) else { return };
        if at == 0 && self.list[0].at + 60_000 > now {
            return;
        }
        let mut known = self.list.remove(at);
        known.at = now;
        self.list.insert(0, known);
        self.keep(cx);
    }

    fn rename(&mut self, work: WorkId, input: &Value, cx: &mut Cx<'_>) -> Result<String, String> {
        let name = words::line(input["name"].as_str().unwrap_or_default().trim(), NAME_MAX);
        let Some(at) = self.list.iter().position(|known| known.id == work).filter(|_| !name.is_empty()) else {
            return Err("`name` is missing".into());
        };
        let kind = self.list[at].kind;
        if self.list.iter().any(|known| known.id != work && known.kind == kind && known.name.to_lowercase() == name.to_lowercase()) {
            return Err(format!("there is another {} of that name", kind.word()));
        }
        self.list[at].name = name.clone();
        self.keep(cx);
        self.tell(work, &ToWork::Renamed { name: name.clone() }, &[], cx);
        Ok(name)
    }

    fn delete(&mut self, work: WorkId, cx: &mut Cx<'_>) {
        let Some(at) = self.list.iter().position(|known| known.id == work) else { return };
        let id = self.list.remove(at).child();
        self.live.retain(|(known, _)| *known != work);
        self.opening.retain(|opening| opening.work != work);
        let end = cx.call(self.doors.children, &Request::terminate(&id), &[], ANSWER_MS);
        self.pending.push((end, Pending::Nothing));
        // A shelf that this life has not opened is there all the same: it is opened to be dropped.
        for request in [shelf::start(&id), Request::terminate(&id), Request::delete(&id)] {
            let call = cx.call(self.doors.shelves, &request, &[], ANSWER_MS);
            self.pending.push((call, Pending::Nothing));
        }
        self.keep(cx);
        send_json(cx, self.doors.panel, &Update::Work { work, news: serde_json::json!({"deleted": true}) });
    }

    fn tell(&mut self, work: WorkId, message: &ToWork, refs: &[Ref], cx: &mut Cx<'_>) {
        let text = serde_json::to_string(message).expect("our own messages have string keys");
        if let Some((_, actor)) = self.live.iter().find(|(id, _)| *id == work) {
            return cx.send_with(*actor, text.as_bytes(), refs);
        }
        if let Some(opening) = self.opening.iter_mut().find(|opening| opening.work == work) {
            return opening.waiting.push((text, refs.to_vec()));
        }
        let Some(known) = self.list.iter().find(|known| known.id == work) else { return };
        let open = cx.call(self.doors.shelves, &shelf::start(&known.child()), &[], ANSWER_MS);
        self.opening.push(Opening { work, waiting: [(text, refs.to_vec())].into() });
        self.pending.push((open, Pending::OpenWorkShelf(work)));
    }

    fn tell_live(&self, message: &ToWork, cx: &mut Cx<'_>) {
        for (_, actor) in &self.live {
            send_json(cx, *actor, message);
        }
    }

    fn start(&mut self, work: WorkId, shelf: Ref, cx: &mut Cx<'_>) {
        let Some(known) = self.list.iter().find(|known| known.id == work) else { return };
        let behaviour = match known.kind {
            WorkKind::Notebook => Notebook::NAME,
            WorkKind::App => App::NAME,
        };
        let request = Request::start(&known.child(), behaviour, json_bytes(known), Restart::Temporary);
        let Doors { panel, children, boxes, wires, egress, .. } = self.doors;
        let call = cx.call(children, &request, &[panel, shelf, children, boxes, wires, egress], ANSWER_MS);
        self.pending.push((call, Pending::StartWork(work)));
    }

    fn has_started(&mut self, work: WorkId, actor: Ref, cx: &mut Cx<'_>) {
        // It was deleted meanwhile.
        if self.list.iter().all(|known| known.id != work) {
            return;
        }
        cx.watch(actor);
        self.live.push((work, actor));
        if let Some(at) = self.opening.iter().position(|opening| opening.work == work) {
            for (text, refs) in self.opening.remove(at).waiting {
                cx.send_with(actor, text.as_bytes(), &refs);
            }
        }
    }

    fn not_started(&mut self, work: WorkId, why: &str, cx: &mut Cx<'_>) {
        if let Some(at) = self.opening.iter().position(|opening| opening.work == work) {
            for (_, refs) in self.opening.remove(at).waiting {
                if let [_, reply] = refs.as_slice() {
                    reply_json(cx, *reply, &failed(&format!("it did not start: {why}")));
                }
            }
            self.problem("It could not be opened.", cx);
        }
    }

    fn listed(&self, kind: WorkKind) -> Outcome {
        let names: Vec<String> = self.list.iter().filter(|known| known.kind == kind).map(|known| format!("- {}", known.name)).collect();
        let evidence = format!("{} {}s", names.len(), kind.word());
        Outcome { verdict: Verdict::Done, text: format!("{evidence}\n{}", names.join("\n")), evidence, changed: true, ..Outcome::default() }
    }

    fn keep(&mut self, cx: &mut Cx<'_>) {
        if let Some(shelf) = self.shelf {
            let text = serde_json::to_string(&self.list).expect("our own words have string keys");
            let write = ToShelf::Write { changes: [(LIST.into(), Some(text))].into() };
            self.pending.push((call_json(cx, shelf, &write, &[], ANSWER_MS), Pending::Written));
        }
        self.show(cx);
    }

    fn show(&self, cx: &mut Cx<'_>) {
        send_json(cx, self.doors.panel, &Update::Works { works: self.list.clone() });
    }

    fn problem(&self, text: &str, cx: &mut Cx<'_>) {
        send_json(cx, self.doors.panel, &Update::Problem { text: text.into() });
    }

    fn wall_now(&self, cx: &Cx<'_>) -> u64 {
        self.wall + cx.now().0.saturating_sub(self.wall_at)
    }
}

fn failed(why: &str) -> Outcome {
    let evidence = why.lines().next().unwrap_or_default().into();
    Outcome { verdict: Verdict::Failed, evidence, text: format!("failed: {why}"), error: true, ..Outcome::default() }
}
