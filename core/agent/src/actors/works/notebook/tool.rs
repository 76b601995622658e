//! What the agent does to a notebook. Each call has an effect's id, by which one that is asked again is known.
use super::{
    Notebook, Pending,
    cell::{Cell, CellKind, CellState},
    files,
    run::Terms,
};
use crate::{
    actors::{
        call_json, reply_json,
        wire::ToShelf,
        works::{failed, origins_of},
    },
    outcome::Outcome,
    view::{ChatId, Verdict},
    web::{self, tools},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_vat::{Cx, Ref};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Limit: bytes of a cell's source.
pub const SOURCE_MAX: usize = 256 << 10;
const TIME_S: u64 = 30;
/// Below a chat's patience with a silent call.
const TIME_MAX_S: u64 = 60;
/// Limit: characters of a cell's outputs, of which the model is told; its beginning and its end.
const TOLD_HALF: usize = 8_000;
/// Limit: of one cell, when the whole notebook is read.
const LISTED_MAX: usize = 600;
/// Limit: pictures that one call shows the model.
const IMAGES_MAX: usize = 2;

/// Who called, and waits.
#[derive(Clone, Serialize, Deserialize)]
pub struct Call {
    pub chat: ChatId,
    pub effect: String,
    pub asker: Ref,
    pub reply: Ref,
}

impl Notebook {
    pub fn tool(&mut self, call: Call, tool: &str, input: &Value, granted: &[String], cx: &mut Cx<'_>) {
        let reply = call.reply;
        let done = match tool {
            tools::NOTEBOOK_RUN => self.tool_run(call, input, granted, cx),
            tools::NOTEBOOK_EDIT => self.tool_edit(&call, input, cx).map(Some),
            tools::NOTEBOOK_READ => self.tool_read(input).map(Some),
            tools::NOTEBOOK_FILE => self.tool_file(&call, input, cx),
            other => Err(format!("a notebook has no tool {other}")),
        };
        match done {
            Ok(None) => {}
            Ok(Some(outcome)) => reply_json(cx, reply, &outcome),
            Err(why) => reply_json(cx, reply, &failed(&why)),
        }
    }

    /// None: it is answered when it has run.
    fn tool_run(&mut self, call: Call, input: &Value, granted: &[String], cx: &mut Cx<'_>) -> Result<Option<Outcome>, String> {
        // Asked again by a chat that has lost the answer: it is not done again.
        if let Some(known) = self.cells.iter().find(|cell| cell.effect == call.effect) {
            let (id, is_over) = (known.id.clone(), !known.is_under_way());
            if is_over {
                return Ok(Some(self.outcome(&id)));
            }
            self.cancelled(|run| run.effect() == Some(&call.effect), cx);
            return Err("it was under way when its answer was lost, and was stopped: read the cell".into());
        }
        let time_ms = input["time_s"].as_u64().unwrap_or(TIME_S).clamp(1, TIME_MAX_S) * 1_000;
        let origins = origins_of(input)?;
        let source = source(input)?;
        let id = match (input["cell"].as_str(), source) {
            (Some(id), source) => {
                let at = self.at(id).ok_or_else(|| self.no_cell(id))?;
                if self.cells[at].is_under_way() {
                    return Err("that cell is under way already".into());
                }
                if let Some(source) = source {
                    self.set_source(id, source, cx)?;
                }
                id.to_string()
            }
            (None, Some(source)) => self.insert(self.cells.len(), CellKind::Code, source, cx)?,
            (None, None) => return Err("`code` of a new cell, or `cell` to run again, is missing".into()),
        };
        let wanted = origins.iter().filter(|origin| !granted.contains(origin) && !self.book.origins.contains(origin)).cloned().collect();
        self.enqueue(&[id], Terms { call: Some(call), time_ms, origins, wanted }, cx);
        Ok(None)
    }

    fn tool_edit(&mut self, call: &Call, input: &Value, cx: &mut Cx<'_>) -> Result<Outcome, String> {
        if self.cells.iter().any(|cell| cell.effect == call.effect) {
            return Ok(done("it was done before".into(), String::new()));
        }
        let source = source(input)?;
        let kind = match input["kind"].as_str() {
            None => None,
            Some("code") => Some(CellKind::Code),
            Some("markdown") => Some(CellKind::Markdown),
            Some(_) => return Err("`kind` is code or markdown".into()),
        };
        let cell = input["cell"].as_str();
        let evidence = match (cell, source) {
            (Some(id), _) if input["remove"] == true => {
                self.at(id).ok_or_else(|| self.no_cell(id))?;
                self.remove(id, cx);
                format!("removed cell {id}")
            }
            (Some(id), source) => {
                let at = self.at(id).ok_or_else(|| self.no_cell(id))?;
                if let Some(kind) = kind {
                    self.set_kind(at, kind);
                }
                if let Some(source) = source {
                    self.set_source(id, source, cx)?;
                }
                self.keep(&[id], cx);
                self.show_cell(id, cx);
                format!("changed cell {id}")
            }
            (None, Some(source)) => {
                let at = match input["after"].as_str() {
                    Some(id) => self.at(id).ok_or_else(|| self.no_cell(id))? + 1,
                    None => self.cells.len(),
                };
                let id = self.insert(at, kind.unwrap_or_default(), source, cx)?;
                if let Some(at) = self.at(&id) {
                    self.cells[at].effect = call.effect.clone();
                    self.keep(&[&id], cx);
                }
                format!("added cell {id}")
            }
            (None, None) => return Err("`source` of a new cell, or `cell` to change, is missing".into()),
        };
        Ok(done(evidence, String::new()))
    }

    /// It has nothing to show any more when it is no code.
    pub fn set_kind(&mut self, at: usize, kind: CellKind) {
        let cell = &mut self.cells[at];
        if cell.kind != kind && !cell.is_under_way() {
            cell.kind = kind;
            cell.outputs.clear();
            (cell.count, cell.state) = (None, CellState::Idle);
        }
    }

    fn tool_read(&mut self, input: &Value) -> Result<Outcome, String> {
        if let Some(id) = input["cell"].as_str() {
            let at = self.at(id).ok_or_else(|| self.no_cell(id))?;
            let cell = &self.cells[at];
            let text = format!("{}\n{}\n--- outputs\n{}", head(cell), cell.source, cell.text());
            return Ok(pictured(done(format!("read cell {id}"), text), cell));
        }
        let mut text =
            format!("{:?}: {} cells, {} files; kernel: {}\n", self.info.name, self.cells.len(), self.files.len(), self.kernel_state());
        for cell in &self.cells {
            text.push_str(&format!("{}\n{}\n", head(cell), cut(&cell.source, LISTED_MAX)));
            let said = cell.text();
            if !said.is_empty() {
                text.push_str(&format!("--- outputs\n{}\n", cut(&said, LISTED_MAX)));
            }
        }
        for (path, size) in &self.files {
            text.push_str(&format!("file {path}: {size} bytes\n"));
        }
        Ok(done(format!("read {} cells", self.cells.len()), text))
    }

    fn tool_file(&mut self, call: &Call, input: &Value, cx: &mut Cx<'_>) -> Result<Option<Outcome>, String> {
        let path = files::path(input["path"].as_str().unwrap_or_default())?;
        if input["remove"] == true {
            let is_there = self.files.iter().any(|(known, _)| *known == path);
            self.remove_file(&path, cx);
            return if is_there {
                Ok(Some(done(format!("removed {path}"), String::new())))
            } else {
                Err(format!("there is no file {path}"))
            };
        }
        match input["content"].as_str() {
            Some(content) => {
                let write = self.put_file(&path, content.as_bytes(), cx)?;
                self.pending.push((write, Pending::WroteTold(path, call.reply)));
            }
            None => {
                let key = self.file_key(&path)?;
                let get = call_json(cx, self.doors.shelf, &ToShelf::Get { key }, &[], super::ANSWER_MS);
                self.pending.push((get, Pending::Told(path, call.reply)));
            }
        }
        Ok(None)
    }

    pub fn read_for_agent(&mut self, path: &str, reply: Ref, answer: Result<Value, String>, cx: &mut Cx<'_>) {
        let bytes = answer.and_then(|answer| files::bytes(answer["text"].as_str().unwrap_or_default()));
        let outcome = match bytes.map(String::from_utf8) {
            Ok(Ok(text)) => done(format!("read {} bytes of {path}", text.len()), text),
            Ok(Err(_)) => failed("it is no text: read it in a cell, by files.read"),
            Err(why) => failed(&why),
        };
        reply_json(cx, reply, &outcome);
    }

    pub fn wrote_for_agent(&mut self, path: &str, reply: Ref, answer: Result<Value, String>, cx: &mut Cx<'_>) {
        let outcome = match answer {
            Ok(_) => done(format!("wrote {path}"), String::new()),
            Err(why) => failed(&why),
        };
        reply_json(cx, reply, &outcome);
        self.show_files(cx);
    }

    fn no_cell(&self, id: &str) -> String {
        let ids: Vec<&str> = self.cells.iter().map(|cell| cell.id.as_str()).collect();
        format!("there is no cell {id:?}: there are {}", cut(&ids.join(", "), LISTED_MAX))
    }
}

fn source(input: &Value) -> Result<Option<String>, String> {
    match (input["code"].as_str(), input["source"].as_str()) {
        (Some(text), _) | (None, Some(text)) if text.len() > SOURCE_MAX => Err(format!("a cell has at most {} KiB", SOURCE_MAX >> 10)),
        (Some(text), _) | (None, Some(text)) => Ok(Some(text.into())),
        (None, None) => Ok(None),
    }
}

fn head(cell: &Cell) -> String {
    let kind = match cell.kind {
        CellKind::Code => "code",
        CellKind::Markdown => "markdown",
        CellKind::Raw => "raw",
    };
    let state = match cell.state {
        CellState::Idle => "not run",
        CellState::Queued => "waits to be run",
        CellState::Running => "runs",
        CellState::Done => "done",
        CellState::Failed => "threw",
        CellState::Killed => "killed",
    };
    if cell.kind == CellKind::Code { format!("[{}] {kind}, {state}", cell.id) } else { format!("[{}] {kind}", cell.id) }
}

/// `said` is the notebook's, whoever wrote it there.
fn done(evidence: String, said: String) -> Outcome {
    let text = if said.is_empty() { format!("done: {evidence}") } else { format!("done: {evidence}\n{}", fenced(&said)) };
    Outcome { verdict: Verdict::Done, evidence, text, changed: true, ..Outcome::default() }
}

pub fn fenced(said: &str) -> String {
    web::fence("notebook", &middle_out(said))
}

/// What is too long is left out of its middle.
fn middle_out(text: &str) -> String {
    let chars = text.chars().count();
    if chars <= 2 * TOLD_HALF {
        return text.into();
    }
    let at = |n: usize| text.char_indices().nth(n).map_or(text.len(), |(at, _)| at);
    format!("{}\n[{} characters left out]\n{}", &text[..at(TOLD_HALF)], chars - 2 * TOLD_HALF, &text[at(chars - TOLD_HALF)..])
}

fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((at, _)) => format!("{}.. ({} characters in all)", &text[..at], text.chars().count()),
        None => text.into(),
    }
}

/// With the pictures among the cell's outputs.
pub fn pictured(mut outcome: Outcome, cell: &Cell) -> Outcome {
    let (mut images, left_out) = cell.pictures();
    images.truncate(IMAGES_MAX);
    if left_out > 0 {
        outcome.text.push_str(&format!("\nPictures left out, as they are too large or not of the type that they say: {left_out}."));
    }
    Outcome { images, ..outcome }
}
