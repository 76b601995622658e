//! A notebook: cells in their order, files beside them, and a kernel, which is a Worker in a frame of an opaque origin, that runs one cell at a time.
//!
//! ```text
//! Tool, Wish ─▶ book (cells, files) ─ kept on its shelf ─▶ shown to pages
//!                 └─ run ─▶ queue ─▶ kernel ─ out, show ─▶ the cell's outputs, as they come
//!                                       └─ result, error, or its end: the state of the kernel is lost, the cells are not
//! ```
pub(super) mod cell;
pub(super) mod files;
mod ipynb;
mod picture;
mod run;
mod tool;
mod wish;

use super::sandbox::{self, Doors, Sandbox};
use crate::{
    actors::{
        Actor, body, call_json,
        sandboxes::frame::FromFrame,
        send_json,
        wire::{ToShelf, ToWork},
    },
    view::{Update, WorkInfo},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use cell::{Cell, CellKind, CellState};
use peerd_vat::{CallId, Crash, Cx, Event, Reason, Ref};
use run::{Run, RunStage};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The object that hears the kernel's words.
const EAR: u32 = 1;
const ANSWER_MS: u64 = 10_000;
/// Limit: bytes of all cells with their outputs.
const CELLS_BYTES_MAX: usize = 6 << 20;
/// A kernel that nobody used for so long is ended.
const IDLE_MS: u64 = 20 * 60_000;
const SHOW_MS: u64 = 100;

const SHOW: u64 = 1;
const IDLE: u64 = 2;
/// Runs are numbered above this.
const RUNS: u64 = 16;

/// On its shelf: its order and what else there is of it, then each cell and each file.
const BOOK: &str = "book";
const CELL: &str = "cell/";
const FILE: &str = "file/";

#[derive(Serialize, Deserialize)]
pub struct Notebook {
    info: WorkInfo,
    doors: Doors,
    is_loaded: bool,
    cells: Vec<Cell>,
    book: Book,
    /// Path and size of each file; what is in them lies on the shelf.
    files: Vec<(String, usize)>,
    kernel: Option<Sandbox>,
    /// Why the last kernel is no more; told with the next run.
    lost: Option<String>,
    queue: Vec<Run>,
    current: Option<Run>,
    last_run: u64,
    /// Cells that pages have not been shown as they are now.
    dirty: Vec<String>,
    pending: Vec<(CallId, Pending)>,
}

/// What is kept of it beside cells and files.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Book {
    /// The cells' ids.
    order: Vec<String>,
    last_cell: u64,
    count: u64,
    /// JSON object: what its file had that is not ours.
    extra: String,
    /// Of its file, when that is another one than JavaScript.
    language: String,
    /// Origins that its owner lets it fetch from.
    origins: Vec<String>,
}

#[derive(Serialize, Deserialize)]
enum Pending {
    Load,
    Kept,
    /// A file's text for the guest that waits.
    Read(Ref),
    /// For a page, or for the agent's call.
    Fetch(String),
    Told(String, Ref),
    /// A file was written for whoever waits: a guest, or an agent's call.
    Wrote(Ref),
    WroteTold(String, Ref),
}

impl Actor for Notebook {
    const NAME: &'static str = "notebook";

    fn init(args: &[u8], cx: &mut Cx<'_>) -> Result<Self, Crash> {
        let info: WorkInfo = body(args)?;
        let doors = Doors::of(cx.refs())?;
        let load = call_json(cx, doors.shelf, &ToShelf::Read, &[], ANSWER_MS);
        Ok(Notebook {
            info,
            doors,
            is_loaded: false,
            cells: Vec::new(),
            book: Book::default(),
            files: Vec::new(),
            kernel: None,
            lost: None,
            queue: Vec::new(),
            current: None,
            last_run: RUNS,
            dirty: Vec::new(),
            pending: [(load, Pending::Load)].into(),
        })
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { .. } if !self.is_loaded => cx.defer(),
            Event::User { body: bytes, refs, .. } if cx.addressed() == Some(EAR) => self.guest(bytes, refs.first().copied(), cx),
            Event::User { body: bytes, refs, .. } => match body::<ToWork>(bytes) {
                Ok(message) => self.told(message, refs, cx),
                Err(_) => self.frame(body(bytes)?, refs, cx),
            },
            Event::Reply { call, result } => {
                if let Some(at) = self.pending.iter().position(|(known, _)| *known == call) {
                    let pending = self.pending.remove(at).1;
                    return self.settled(pending, sandbox::json(result), cx);
                }
                match self.kernel.as_mut().and_then(|kernel| kernel.settled(call, &result, self.doors, cx)) {
                    Some(Ok(())) => self.go(cx),
                    Some(Err(why)) => self.kernel_ended(&why, cx),
                    None => self.ran(call, result, cx),
                }
            }
            Event::Timer { key: SHOW } => self.show_dirty(cx),
            Event::Timer { key: IDLE } if self.current.is_none() => self.end_kernel("nobody used it for a while", cx),
            Event::Timer { key } => self.time_is_up(key, cx),
            Event::Down { .. } | Event::Exit { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }

    fn terminate(&mut self, _reason: &Reason, cx: &mut Cx<'_>) {
        if let Some(kernel) = &self.kernel {
            kernel.end(self.doors, cx);
        }
    }
}

impl Notebook {
    fn told(&mut self, message: ToWork, refs: &[Ref], cx: &mut Cx<'_>) {
        match message {
            ToWork::Tool { chat, effect, tool, input, origins } => {
                if let &[asker, reply] = refs {
                    self.tool(tool::Call { chat, effect, asker, reply }, &tool, &input, &origins, cx);
                }
            }
            ToWork::Allowed { effect } => self.allowed(&effect, cx),
            ToWork::Denied { effect, reason } => self.denied(&effect, &reason, cx),
            ToWork::Cancel { effect } => self.cancelled(|run| run.effect() == Some(&effect), cx),
            ToWork::TakeBack { chat } => self.cancelled(|run| run.chat() == Some(chat), cx),
            ToWork::Renamed { name } => {
                self.info.name = name;
                self.show_whole(cx);
            }
            ToWork::Wish { wish } => self.wished(&wish, cx),
        }
    }

    fn frame(&mut self, said: FromFrame, refs: &[Ref], cx: &mut Cx<'_>) {
        let (FromFrame::Up { number } | FromFrame::Gone { number, .. }) = &said;
        // Of an earlier kernel.
        let Some(kernel) = self.kernel.as_mut().filter(|kernel| kernel.number == *number) else { return };
        match said {
            FromFrame::Up { .. } => {
                kernel.runner = refs.first().copied();
                self.show_kernel(cx);
                self.go(cx);
            }
            FromFrame::Gone { why, .. } => self.kernel_gone(&why, cx),
        }
    }

    fn settled(&mut self, pending: Pending, answer: Result<Value, String>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match pending {
            Pending::Load => {
                let kept = answer.map_err(|why| Crash::new("shelf", why))?;
                self.load(serde_json::from_value(kept).map_err(|why| Crash::new("shelf", why.to_string()))?);
                cx.become_tag(1);
            }
            Pending::Kept => {
                if let Err(why) = answer {
                    self.problem(&format!("{} could not be kept: {why}.", self.info.name), cx);
                }
            }
            Pending::Read(reply) => self.read_for_guest(reply, answer, cx),
            Pending::Fetch(path) => self.fetched(&path, answer, cx),
            Pending::Told(path, reply) => self.read_for_agent(&path, reply, answer, cx),
            Pending::Wrote(reply) => self.wrote_for_guest(reply, answer, cx),
            Pending::WroteTold(path, reply) => self.wrote_for_agent(&path, reply, answer, cx),
        }
        Ok(())
    }

    fn load(&mut self, kept: Vec<(String, String)>) {
        self.is_loaded = true;
        for (key, text) in kept {
            if key == BOOK {
                self.book = serde_json::from_str(&text).unwrap_or_default();
            } else if key.starts_with(CELL)
                && let Ok(mut cell) = serde_json::from_str::<Cell>(&text)
            {
                if cell.is_under_way() {
                    (cell.state, cell.note) = (CellState::Killed, "the browser, or peerd in it, ended while it ran".into());
                    self.lost = Some("it ended with the browser".into());
                }
                self.cells.push(cell);
            } else if let Some(path) = key.strip_prefix(FILE) {
                self.files.push((path.into(), files::size(&text)));
            }
        }
        let order = &self.book.order;
        let place = |cell: &Cell| order.iter().position(|id| *id == cell.id).unwrap_or(usize::MAX);
        self.cells.sort_by_key(place);
    }

    fn at(&self, id: &str) -> Option<usize> {
        self.cells.iter().position(|cell| cell.id == id)
    }

    fn fresh(&mut self) -> String {
        loop {
            self.book.last_cell += 1;
            let id = format!("c{}", self.book.last_cell);
            if self.at(&id).is_none() {
                return id;
            }
        }
    }

    /// Bytes that there is room for still.
    fn room(&self) -> usize {
        CELLS_BYTES_MAX.saturating_sub(self.cells.iter().map(Cell::weight).sum())
    }

    /// Whether so many more bytes have room: then they have it, and what runs has less.
    fn take_room(&mut self, bytes: usize) -> Result<(), String> {
        if bytes > self.room() {
            return Err(format!("the notebook would have more than {} MiB: clear outputs or delete cells", CELLS_BYTES_MAX >> 20));
        }
        if self.cells.len() >= ipynb::CELLS_MAX {
            return Err(format!("a notebook has at most {} cells", ipynb::CELLS_MAX));
        }
        if let Some(run) = &mut self.current {
            run.room = run.room.saturating_sub(bytes);
        }
        Ok(())
    }

    fn insert(&mut self, at: usize, kind: CellKind, source: String, cx: &mut Cx<'_>) -> Result<String, String> {
        self.take_room(source.len())?;
        let id = self.fresh();
        self.cells.insert(at.min(self.cells.len()), Cell::new(id.clone(), kind, source));
        self.keep(&[&id], cx);
        self.show_whole(cx);
        Ok(id)
    }

    fn set_source(&mut self, id: &str, source: String, cx: &mut Cx<'_>) -> Result<(), String> {
        let at = self.at(id).ok_or_else(|| format!("there is no cell {id}"))?;
        if self.cells[at].source == source {
            return Ok(());
        }
        self.take_room(source.len().saturating_sub(self.cells[at].source.len()))?;
        self.cells[at].source = source;
        self.keep(&[id], cx);
        self.show_cell(id, cx);
        Ok(())
    }

    fn remove(&mut self, id: &str, cx: &mut Cx<'_>) {
        let Some(at) = self.at(id) else { return };
        if self.cells[at].is_under_way() {
            self.cancelled(|run| run.cell == id, cx);
        }
        self.cells.remove(at);
        self.write([(format!("{CELL}{id}"), None)].into(), cx);
        self.keep(&[], cx);
        self.show_whole(cx);
    }

    /// Keeps the book and these cells.
    fn keep(&mut self, cells: &[&str], cx: &mut Cx<'_>) {
        self.book.order = self.cells.iter().map(|cell| cell.id.clone()).collect();
        let mut changes = Vec::from([(BOOK.to_string(), serde_json::to_string(&self.book).ok())]);
        for cell in self.cells.iter().filter(|cell| cells.contains(&cell.id.as_str())) {
            changes.push((format!("{CELL}{}", cell.id), serde_json::to_string(cell).ok()));
        }
        self.write(changes, cx);
    }

    fn write(&mut self, changes: Vec<(String, Option<String>)>, cx: &mut Cx<'_>) {
        let call = call_json(cx, self.doors.shelf, &ToShelf::Write { changes }, &[], ANSWER_MS);
        self.pending.push((call, Pending::Kept));
    }

    // ---- what pages see -----------------------------------------------------------------------------------------------------

    fn show(&self, news: Value, cx: &mut Cx<'_>) {
        send_json(cx, self.doors.panel, &Update::Work { work: self.info.id, news });
    }

    fn show_whole(&mut self, cx: &mut Cx<'_>) {
        self.dirty.clear();
        let whole = json!({
            "kind": "notebook", "name": self.info.name, "cells": self.cells.iter().map(Cell::value).collect::<Vec<_>>(), "files": self.listed_files(),
            "kernel": self.kernel_state(), "lost": self.lost, "language": self.book.language, "origins": self.book.origins,
        });
        self.show(json!({"whole": whole}), cx);
    }

    fn show_cell(&self, id: &str, cx: &mut Cx<'_>) {
        if let Some(cell) = self.cells.iter().find(|cell| cell.id == id) {
            self.show(json!({"cell": cell.value()}), cx);
        }
    }

    /// It is shown soon, and not more often than people can see.
    fn shows_soon(&mut self, id: &str, cx: &mut Cx<'_>) {
        if self.dirty.is_empty() {
            cx.timer(SHOW, SHOW_MS);
        }
        if !self.dirty.iter().any(|known| known == id) {
            self.dirty.push(id.into());
        }
    }

    fn show_dirty(&mut self, cx: &mut Cx<'_>) {
        for id in core::mem::take(&mut self.dirty) {
            self.show_cell(&id, cx);
            self.stream(&id, cx);
        }
    }

    fn show_kernel(&self, cx: &mut Cx<'_>) {
        self.show(json!({"kernel": self.kernel_state(), "lost": self.lost}), cx);
    }

    fn kernel_state(&self) -> &'static str {
        match (&self.kernel, &self.current) {
            (None, None) => "off",
            (Some(kernel), Some(run)) if kernel.runner.is_some() && matches!(run.stage, RunStage::Runs(_)) => "busy",
            (Some(kernel), None) if kernel.runner.is_some() => "idle",
            _ => "starting",
        }
    }

    fn problem(&self, text: &str, cx: &mut Cx<'_>) {
        self.show(json!({"problem": text}), cx);
    }
}
