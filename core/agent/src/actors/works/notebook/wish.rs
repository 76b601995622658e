//! What a page of ours wants of a notebook: its owner's doing, never a guest's.
use super::{
    ANSWER_MS, CELL, Notebook, Pending,
    cell::{CellKind, CellState},
    files, ipynb,
    run::{BY_HAND_MS, Terms},
    tool::SOURCE_MAX,
};
use crate::{
    actors::{call_json, wire::ToShelf, works::origins_of},
    web::words,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use peerd_vat::Cx;
use serde_json::{Value, json};

impl Notebook {
    pub fn wished(&mut self, wish: &Value, cx: &mut Cx<'_>) {
        if let Err(why) = self.wish(wish, cx) {
            self.problem(&why, cx);
        }
    }

    fn wish(&mut self, wish: &Value, cx: &mut Cx<'_>) -> Result<(), String> {
        let cell = wish["cell"].as_str().unwrap_or_default();
        let at = self.at(cell);
        match wish["op"].as_str().unwrap_or_default() {
            "show" => self.show_whole(cx),
            "source" => self.set_source(cell, source(wish)?, cx)?,
            "add" => {
                let place = wish["after"].as_str().map_or(self.cells.len(), |id| self.at(id).map_or(0, |at| at + 1));
                let id = self.insert(place, kind(wish), source(wish)?, cx)?;
                self.show(json!({"added": id, "token": wish["token"]}), cx);
            }
            "remove" => self.remove(cell, cx),
            "move" => {
                if let Some(at) = at {
                    let to = wish["to"].as_u64().unwrap_or(0).min(self.cells.len() as u64 - 1) as usize;
                    let moved = self.cells.remove(at);
                    self.cells.insert(to, moved);
                    self.keep(&[], cx);
                    self.show_whole(cx);
                }
            }
            "kind" => {
                if let Some(at) = at {
                    self.set_kind(at, kind(wish));
                    self.keep(&[cell], cx);
                    self.show_cell(cell, cx);
                }
            }
            "run" => {
                if wish["source"].is_string() {
                    self.set_source(cell, source(wish)?, cx)?;
                }
                self.run_by_hand(&[cell.to_string()], cx);
            }
            "run_all" => {
                let all: Vec<String> = self.cells.iter().filter(|cell| cell.kind == CellKind::Code).map(|cell| cell.id.clone()).collect();
                self.run_by_hand(&all, cx);
            }
            "stop" => self.cancelled(|_| true, cx),
            "restart" => {
                self.cancelled(|_| true, cx);
                self.end_kernel("its owner restarted it", cx);
                // They know.
                self.lost = None;
                self.show_kernel(cx);
            }
            "clear" => {
                for cell in self.cells.iter_mut().filter(|cell| !cell.is_under_way()) {
                    cell.outputs.clear();
                    (cell.count, cell.state, cell.note) = (None, CellState::Idle, String::new());
                }
                let all: Vec<String> = self.cells.iter().map(|cell| cell.id.clone()).collect();
                self.keep(&all.iter().map(String::as_str).collect::<Vec<_>>(), cx);
                self.show_whole(cx);
            }
            "attach" => {
                let path = files::path(wish["path"].as_str().unwrap_or_default())?;
                let content = STANDARD.decode(wish["base64"].as_str().unwrap_or_default()).map_err(|_| "the file can't be read")?;
                let write = self.put_file(&path, &content, cx)?;
                self.pending.push((write, Pending::Kept));
                self.show_files(cx);
            }
            "detach" => self.remove_file(wish["path"].as_str().unwrap_or_default(), cx),
            "file" => {
                let path = files::path(wish["path"].as_str().unwrap_or_default())?;
                let key = self.file_key(&path)?;
                let get = call_json(cx, self.doors.shelf, &ToShelf::Get { key }, &[], ANSWER_MS);
                self.pending.push((get, Pending::Fetch(path)));
            }
            "origins" => {
                self.book.origins = origins_of(wish)?;
                self.keep(&[], cx);
                // What was lent is taken back with the kernel.
                self.end_kernel("what it may reach was changed", cx);
                self.show_whole(cx);
            }
            "import" => self.import(wish["text"].as_str().unwrap_or_default(), cx)?,
            "export" => self.show(json!({"exported": ipynb::write(&self.cells, &self.book.extra), "token": wish["token"]}), cx),
            other => return Err(format!("a notebook can't {}", words::line(other, 40))),
        }
        Ok(())
    }

    fn run_by_hand(&mut self, cells: &[String], cx: &mut Cx<'_>) {
        self.enqueue(cells, Terms { call: None, time_ms: BY_HAND_MS, origins: Vec::new(), wanted: Vec::new() }, cx);
    }

    /// In the place of all its cells.
    fn import(&mut self, text: &str, cx: &mut Cx<'_>) -> Result<(), String> {
        if text.len() > super::CELLS_BYTES_MAX {
            return Err(format!("a notebook has at most {} MiB", super::CELLS_BYTES_MAX >> 20));
        }
        let mut last = self.book.last_cell;
        let file = ipynb::read(text, || {
            last += 1;
            format!("c{last}")
        })?;
        self.cancelled(|_| true, cx);
        let gone = self.cells.iter().map(|cell| (format!("{CELL}{}", cell.id), None)).collect();
        self.write(gone, cx);
        self.book.last_cell = last;
        self.book.extra = file.extra;
        self.book.language = if matches!(file.language.as_str(), "" | "javascript") { String::new() } else { file.language };
        self.cells = file.cells;
        let all: Vec<String> = self.cells.iter().map(|cell| cell.id.clone()).collect();
        self.keep(&all.iter().map(String::as_str).collect::<Vec<_>>(), cx);
        self.show_whole(cx);
        Ok(())
    }

    pub fn fetched(&mut self, path: &str, answer: Result<Value, String>, cx: &mut Cx<'_>) {
        match answer {
            Ok(answer) => self.show(json!({"file": {"path": path, "base64": answer["text"]}}), cx),
            Err(why) => self.problem(&why, cx),
        }
    }
}

fn source(wish: &Value) -> Result<String, String> {
    let source = wish["source"].as_str().unwrap_or_default();
    if source.len() > SOURCE_MAX { Err(format!("a cell has at most {} KiB", SOURCE_MAX >> 10)) } else { Ok(source.into()) }
}

fn kind(wish: &Value) -> CellKind {
    if wish["kind"] == "markdown" { CellKind::Markdown } else { CellKind::Code }
}
