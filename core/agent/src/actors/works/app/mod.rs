//! An app: files of a small program for the browser, what it keeps, and the frames it is shown or tried in, each of an opaque origin.
//!
//! ```text
//! Tool, Wish ─▶ files (draft, saved) ─ kept on its shelf ─▶ shown to pages
//!                 └─ open ─▶ a frame in a page, or one that nobody sees ─ put, start ─▶ the app
//!                                log, set, delete ◀─ what it says, and what it keeps
//!                                fetch ─▶ origins that its owner has allowed (network.rs)
//! ```
mod network;
mod store;
mod tool;
mod view;
mod wish;

use super::sandbox::{self, Doors, Thrown};
use crate::{
    actors::{
        Actor, body, call_json,
        sandboxes::frame::FromFrame,
        send_json,
        wire::{ToShelf, ToWork},
    },
    view::{Update, WorkInfo},
    web::words,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_vat::{CallId, Crash, Cx, Event, Reason, Ref};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use view::View;

/// Views' ears are numbered above this.
const EARS: u32 = 16;
const ANSWER_MS: u64 = 10_000;
/// Limit: bytes of all files. An exported app is one message.
const FILES_BYTES_MAX: usize = 640 << 10;
const FILES_MAX: usize = 100;
const SHOW_MS: u64 = 100;
const SHOW: u64 = 1;
const SHOW_REFUSED: u64 = 2;
/// Limit: characters of an app's own reason, in a page of ours.
const WHY_MAX: usize = 200;
/// Timers of views are numbered above this.
const VIEWS: u64 = 16;

/// On its shelf.
const BOOK: &str = "book";
const FILE: &str = "file/";
const SAVED: &str = "saved/";
const DATA: &str = "data/";

#[derive(Serialize, Deserialize)]
pub struct App {
    info: WorkInfo,
    doors: Doors,
    is_loaded: bool,
    book: Book,
    /// Path and text, in the order of the paths: what is being worked on, and what was saved last.
    draft: Files,
    saved: Files,
    /// What the app keeps: the same for all its views.
    data: Vec<(String, String)>,
    views: Vec<View>,
    last_view: u64,
    /// Trials whose chat has still to allow something.
    asking: Vec<network::Asking>,
    /// Origins that it asked for in vain, the newest last.
    refused: Vec<String>,
    /// They are shown soon.
    shows_refused: bool,
    pending: Vec<(CallId, Pending)>,
}

type Files = Vec<(String, String)>;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Book {
    /// How often it was saved.
    version: u64,
    /// Where it may fetch from: its owner's word, for all its views, until it is taken back.
    origins: Vec<String>,
}

#[derive(Serialize, Deserialize)]
enum Pending {
    Load,
    Kept,
}

impl Actor for App {
    const NAME: &'static str = "app";

    fn init(args: &[u8], cx: &mut Cx<'_>) -> Result<Self, Crash> {
        let info: WorkInfo = body(args)?;
        let doors = Doors::of(cx.refs())?;
        let load = call_json(cx, doors.shelf, &ToShelf::Read, &[], ANSWER_MS);
        Ok(App {
            info,
            doors,
            is_loaded: false,
            book: Book::default(),
            draft: Vec::new(),
            saved: Vec::new(),
            data: Vec::new(),
            views: Vec::new(),
            last_view: 0,
            asking: Vec::new(),
            refused: Vec::new(),
            shows_refused: false,
            pending: [(load, Pending::Load)].into(),
        })
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { .. } if !self.is_loaded => cx.defer(),
            Event::User { body: bytes, refs, .. } if cx.addressed().is_some() => {
                let view = u64::from(cx.addressed().unwrap_or_default().saturating_sub(EARS));
                self.guest(view, bytes, refs.first().copied(), cx);
            }
            Event::User { body: bytes, refs, .. } => match body::<ToWork>(bytes) {
                Ok(message) => self.told(message, refs, cx),
                Err(_) => self.frame(body(bytes)?, refs, cx),
            },
            Event::Reply { call, result } => {
                if let Some(at) = self.pending.iter().position(|(known, _)| *known == call) {
                    let pending = self.pending.remove(at).1;
                    return self.settled(&pending, sandbox::json(result), cx);
                }
                self.view_settled(call, result, cx);
            }
            Event::Timer { key: SHOW } => self.show_logs(cx),
            Event::Timer { key: SHOW_REFUSED } => self.show_refused(cx),
            Event::Timer { key } => self.view_timer(key - VIEWS, cx),
            Event::Down { .. } | Event::Exit { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }

    fn terminate(&mut self, _reason: &Reason, cx: &mut Cx<'_>) {
        for view in &self.views {
            view.sandbox.end(self.doors, cx);
        }
    }
}

impl App {
    fn told(&mut self, message: ToWork, refs: &[Ref], cx: &mut Cx<'_>) {
        match message {
            ToWork::Tool { chat, effect, tool, input, origins } => {
                if let &[asker, reply] = refs {
                    self.tool(tool::Call { chat, effect, asker, reply, origins }, &tool, &input, cx);
                }
            }
            ToWork::Allowed { effect } => self.allowed(&effect, cx),
            ToWork::Denied { effect, reason } => self.denied(&effect, &reason, cx),
            ToWork::Cancel { effect } => self.cancelled(|call| call.effect == effect, cx),
            ToWork::TakeBack { chat } => self.cancelled(|call| call.chat == chat, cx),
            ToWork::Renamed { name } => {
                self.info.name = name;
                self.show_whole(cx);
            }
            ToWork::Wish { wish } => self.wished(&wish, cx),
        }
    }

    fn frame(&mut self, said: FromFrame, refs: &[Ref], cx: &mut Cx<'_>) {
        match said {
            FromFrame::Up { number } => {
                if let (Some(at), Some(runner)) = (self.views.iter().position(|view| view.sandbox.number == number), refs.first()) {
                    self.view_is_up(at, *runner, cx);
                }
            }
            FromFrame::Gone { number, why } => {
                if let Some(at) = self.views.iter().position(|view| view.sandbox.number == number) {
                    self.view_failed(at, Why { ours: "its frame ended".into(), theirs: why }, cx);
                }
            }
        }
    }

    fn settled(&mut self, pending: &Pending, answer: Result<Value, String>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match pending {
            Pending::Load => {
                let kept = answer.map_err(|why| Crash::new("shelf", why))?;
                let kept: Vec<(String, String)> = serde_json::from_value(kept).map_err(|why| Crash::new("shelf", why.to_string()))?;
                for (key, text) in kept {
                    if key == BOOK {
                        self.book = serde_json::from_str(&text).unwrap_or_default();
                    } else if let Some(path) = key.strip_prefix(FILE) {
                        self.draft.push((path.into(), text));
                    } else if let Some(path) = key.strip_prefix(SAVED) {
                        self.saved.push((path.into(), text));
                    } else if let Some(name) = key.strip_prefix(DATA) {
                        self.data.push((name.into(), text));
                    }
                }
                self.is_loaded = true;
                cx.become_tag(1);
            }
            Pending::Kept => {
                if let Err(why) = answer {
                    self.problem(&format!("{} could not be kept: {why}.", self.info.name), cx);
                }
            }
        }
        Ok(())
    }

    /// Of the draft. None: the file is taken away.
    fn put(&mut self, path: &str, text: Option<&str>, cx: &mut Cx<'_>) -> Result<(), String> {
        let others: usize = self.draft.iter().filter(|(known, _)| known != path).map(|(path, text)| path.len() + text.len()).sum();
        match text {
            Some(text) if others + path.len() + text.len() > FILES_BYTES_MAX => {
                return Err(format!("the files of an app have at most {} KiB together", FILES_BYTES_MAX >> 10));
            }
            Some(_) if self.draft.len() >= FILES_MAX => return Err(format!("an app has at most {FILES_MAX} files")),
            Some(_) | None => {}
        }
        self.draft.retain(|(known, _)| known != path);
        if let Some(text) = text {
            self.draft.push((path.into(), text.into()));
            self.draft.sort();
        }
        self.write([(format!("{FILE}{path}"), text.map(ToString::to_string))].into(), cx);
        self.show_whole(cx);
        Ok(())
    }

    /// The draft is what the library has from now on.
    fn save(&mut self, cx: &mut Cx<'_>) -> Result<u64, String> {
        if !self.draft.iter().any(|(path, _)| path == "index.html") {
            return Err("an app begins with index.html, which is not there".into());
        }
        self.book.version += 1;
        let gone = self.saved.iter().filter(|(path, _)| self.draft.iter().all(|(known, _)| known != path));
        let mut changes: Vec<(String, Option<String>)> = gone.map(|(path, _)| (format!("{SAVED}{path}"), None)).collect();
        changes.extend(self.draft.iter().map(|(path, text)| (format!("{SAVED}{path}"), Some(text.clone()))));
        changes.push((BOOK.into(), serde_json::to_string(&self.book).ok()));
        self.saved = self.draft.clone();
        self.write(changes, cx);
        self.show_whole(cx);
        Ok(self.book.version)
    }

    fn write(&mut self, changes: Vec<(String, Option<String>)>, cx: &mut Cx<'_>) {
        let call = call_json(cx, self.doors.shelf, &ToShelf::Write { changes }, &[], ANSWER_MS);
        self.pending.push((call, Pending::Kept));
    }

    fn show(&self, news: Value, cx: &mut Cx<'_>) {
        send_json(cx, self.doors.panel, &Update::Work { work: self.info.id, news });
    }

    fn show_whole(&self, cx: &mut Cx<'_>) {
        let files: Vec<Value> = self.draft.iter().map(|(path, text)| json!({"path": path, "text": text})).collect();
        let whole = json!({
            "kind": "app", "name": self.info.name, "files": files, "version": self.book.version, "changed": self.draft != self.saved,
            "keeps": self.data.len(), "kept_bytes": store::bytes(&self.data), "origins": self.book.origins, "refused": self.refused,
        });
        self.show(json!({"whole": whole}), cx);
    }

    fn problem(&self, text: &str, cx: &mut Cx<'_>) {
        self.show(json!({"problem": text}), cx);
    }
}

/// Why something came to nothing: in our words, and in those of whoever was in the frame, who may be anybody.
pub struct Why {
    ours: String,
    theirs: String,
}

impl Why {
    fn of(thrown: Thrown) -> Why {
        match thrown {
            Thrown::ByTheCode(theirs) => Why { ours: "it gave an error".into(), theirs },
            Thrown::Otherwise(ours) => Why { ours, theirs: String::new() },
        }
    }

    /// For its owner, who sees whose page it stands in.
    fn shown(&self) -> String {
        let theirs = words::line(&self.theirs, WHY_MAX);
        if theirs.is_empty() { self.ours.clone() } else { format!("{}: {theirs}", self.ours) }
    }
}
