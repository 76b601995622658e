//! One frame in which an app runs, in a page of ours or where nobody sees it: from its opening to its end.
use super::{App, EARS, Files, SHOW, SHOW_MS, VIEWS, Why, tool::Call};
use crate::actors::{
    sandboxes::pace::{LINE_MS, Pace, TOO_MUCH},
    works::sandbox::{Sandbox, text},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_captp::Value;
use peerd_gateway::portable;
use peerd_vat::{Answer, CallId, Cx, Ref, Settle};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Limit: of an app, in pages and elsewhere.
const VIEWS_MAX: usize = 4;
/// Until all its scripts have begun.
const START_MS: u64 = 10_000;
/// Until it says how it looks: its scripts may be busy.
const LOOK_MS: u64 = 5_000;
/// Limit: lines of its console that are kept, the newest, and characters of one.
const LINES_MAX: usize = 200;
const LINE_MAX: usize = 1_000;
/// Limit: lines of one message: those of a turn of the app, and one that says how many more there were.
const MESSAGE_LINES_MAX: usize = LINES_MAX + 1;
/// Limit: bytes of what it says of itself; of an export.
const SAID_MAX: usize = 900 << 10;

#[derive(Serialize, Deserialize)]
pub struct View {
    pub number: u64,
    pub(super) sandbox: Sandbox,
    pub purpose: Purpose,
    /// The saved files, or the draft's.
    saved: bool,
    stage: Stage,
    pub log: Vec<Line>,
    /// Of those, how many were shown.
    shown: usize,
    pace: Pace,
}

#[derive(Serialize, Deserialize)]
pub enum Purpose {
    /// Somebody sees it, in the page of this name.
    Page(String),
    /// The agent tries it: how long it may run, what is asked of it then, and where it may fetch from.
    Try { call: Call, ms: u64, script: String, origins: Vec<String> },
    /// It is not started: it is made one file. For the agent, or for the page that asks by this token.
    Export { call: Option<Call>, token: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    Opens,
    /// It has its files, and is started when its origins are lent.
    Lends,
    Starts(CallId),
    Runs,
    Looks(CallId),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    pub level: String,
    pub text: String,
    /// File, line and column.
    pub at: String,
}

impl Line {
    /// Level, text and place, as an app says them.
    fn read(said: &Value) -> Option<Line> {
        let Value::List(said) = said else { return None };
        let [Value::Text(level), Value::Text(text), Value::Text(at)] = said.as_slice() else { return None };
        Some(Line { level: short(level, 10), text: short(text, LINE_MAX), at: short(at, 200) })
    }
}

impl App {
    pub fn open_view(&mut self, purpose: Purpose, saved: bool, cx: &mut Cx<'_>) -> Result<(), String> {
        if self.views.len() >= VIEWS_MAX {
            return Err(format!("it is open {VIEWS_MAX} times already"));
        }
        self.last_view += 1;
        let number = self.last_view;
        let page = if let Purpose::Page(page) = &purpose { Some(page.as_str()) } else { None };
        let name = format!("frame {}-{number}", self.info.id);
        let ear = EARS + u32::try_from(number).expect("nobody opens so many views");
        let sandbox = Sandbox::start("app", &name, page, ear, self.doors, cx);
        self.views.push(View { number, sandbox, purpose, saved, stage: Stage::Opens, log: Vec::new(), shown: 0, pace: Pace::default() });
        Ok(())
    }

    pub fn view_is_up(&mut self, at: usize, runner: Ref, cx: &mut Cx<'_>) {
        let view = &mut self.views[at];
        view.sandbox.runner = Some(runner);
        let files: &Files = if view.saved { &self.saved } else { &self.draft };
        let tell = |method: &str, name: &str, text: &str, cx: &mut Cx<'_>| {
            cx.send(runner, &portable::invoke(method, [Value::text(name), Value::text(text)].into()));
        };
        for (path, text) in files {
            tell("put", path, text, cx);
        }
        for (key, value) in &self.data {
            tell("item", key, value, cx);
        }
        view.stage = Stage::Lends;
        self.lend_to_view(at, cx);
    }

    /// What it may fetch from has changed, or is to be lent first of all.
    pub fn lend_to_view(&mut self, at: usize, cx: &mut Cx<'_>) {
        let view = &mut self.views[at];
        if view.stage == Stage::Opens {
            return;
        }
        let mut origins = self.book.origins.clone();
        match &view.purpose {
            Purpose::Try { origins: own, .. } => origins.extend(own.iter().cloned()),
            Purpose::Export { .. } => origins.clear(),
            Purpose::Page(_) => {}
        }
        match (view.stage, view.sandbox.has(&origins, cx)) {
            (_, Err(why)) => self.end_view(at, &why, cx),
            (_, Ok(false)) => {}
            (Stage::Lends, Ok(true)) => {
                let method = if let Purpose::Export { .. } = view.purpose { "compose" } else { "start" };
                match view.sandbox.call(method, [Value::text(&self.info.name)].into(), START_MS, cx) {
                    Some(call) => view.stage = Stage::Starts(call),
                    None => self.end_view(at, "it is gone", cx),
                }
            }
            // Nobody waits for that: it finds out when it fetches.
            (_, Ok(true)) => drop(view.sandbox.call("network", Vec::new(), START_MS, cx)),
        }
    }

    pub fn view_settled(&mut self, call: CallId, result: Result<Answer<'_>, Settle>, cx: &mut Cx<'_>) {
        for at in 0..self.views.len() {
            if let Some(started) = self.views[at].sandbox.settled(call, &result, self.doors, cx) {
                match started {
                    Err(why) => self.end_view(at, &why, cx),
                    Ok(()) => self.lend_to_view(at, cx),
                }
                return;
            }
        }
        let is_this = |view: &View| matches!(view.stage, Stage::Starts(waited) | Stage::Looks(waited) if waited == call);
        let Some(at) = self.views.iter().position(is_this) else { return };
        let said = text(result, SAID_MAX).map_err(Why::of);
        let view = &mut self.views[at];
        let is_start = matches!(view.stage, Stage::Starts(_));
        view.stage = Stage::Runs;
        match (&view.purpose, said) {
            (Purpose::Page(page), said) => {
                let news = json!({"started": {"page": page, "err": said.err().map(|why| why.shown())}});
                self.show(news, cx);
            }
            (Purpose::Try { ms, .. }, Ok(_)) if is_start => cx.timer(VIEWS + view.number, *ms),
            (Purpose::Try { .. } | Purpose::Export { .. }, said) => {
                let view = self.views.remove(at);
                view.sandbox.end(self.doors, cx);
                self.tried(view, said, cx);
            }
        }
    }

    /// What is tried has run for as long as it was to: now it is asked how it looks.
    pub fn view_timer(&mut self, number: u64, cx: &mut Cx<'_>) {
        let Some(at) = self.views.iter().position(|view| view.number == number) else { return };
        let view = &mut self.views[at];
        let Purpose::Try { script, .. } = &view.purpose else { return };
        match view.sandbox.call("look", [Value::text(script)].into(), LOOK_MS, cx) {
            Some(call) => view.stage = Stage::Looks(call),
            None => self.end_view(at, "it is gone", cx),
        }
    }

    /// Whatever it does: its frame is taken away.
    pub fn end_view(&mut self, at: usize, why: &str, cx: &mut Cx<'_>) {
        self.view_failed(at, Why { ours: why.into(), theirs: String::new() }, cx);
    }

    pub fn view_failed(&mut self, at: usize, why: Why, cx: &mut Cx<'_>) {
        // Its last words often say why.
        self.show_logs(cx);
        let view = self.views.remove(at);
        view.sandbox.end(self.doors, cx);
        match &view.purpose {
            Purpose::Page(page) => self.show(json!({"ended": {"page": page, "why": why.shown()}}), cx),
            Purpose::Try { .. } | Purpose::Export { .. } => self.tried(view, Err(why), cx),
        }
    }

    /// What the app says. Hostile until it is read; who waits is answered, whatever it said.
    pub fn guest(&mut self, number: u64, bytes: &[u8], reply: Option<Ref>, cx: &mut Cx<'_>) {
        let answer = match portable::invoked(bytes) {
            Some((method, args)) => self.heard(number, &method, &args, cx),
            None => Ok(()),
        };
        if let Some(reply) = reply {
            cx.reply(reply, &portable::write(&answer.map_or_else(Value::Error, |()| Value::Void)), &[]);
        }
    }

    fn heard(&mut self, number: u64, method: &str, args: &[Value], cx: &mut Cx<'_>) -> Result<(), String> {
        match (method, args) {
            ("log", [Value::List(lines)]) if lines.len() <= MESSAGE_LINES_MAX => {
                self.logs(number, lines.iter().filter_map(Line::read).collect(), cx);
                Ok(())
            }
            ("asked", [Value::Text(method), Value::Text(url)]) => {
                self.asked_in_vain(number, method, url, cx);
                Ok(())
            }
            ("set", [Value::Text(key), Value::Text(value)]) => self.keep_item(number, key, Some(value), cx),
            ("delete", [Value::Text(key)]) => self.keep_item(number, key, None, cx),
            ("clear", []) => {
                let keys: Vec<String> = self.data.iter().map(|(key, _)| key.clone()).collect();
                keys.iter().try_for_each(|key| self.keep_item(number, key, None, cx))
            }
            _ => Err("an app keeps text by key, and says something on its console".into()),
        }
    }

    fn logs(&mut self, number: u64, lines: Vec<Line>, cx: &mut Cx<'_>) {
        let Some(at) = self.views.iter().position(|view| view.number == number) else { return };
        let view = &mut self.views[at];
        if !view.pace.allows(cx.now().0, LINE_MS * lines.len() as u64) {
            return self.end_view(at, TOO_MUCH, cx);
        }
        if view.shown == view.log.len() && !lines.is_empty() {
            cx.timer(SHOW, SHOW_MS);
        }
        view.log.extend(lines);
        let old = view.log.len().saturating_sub(LINES_MAX);
        view.log.drain(..old);
        view.shown = view.shown.saturating_sub(old);
    }

    /// To the pages that show it.
    pub fn show_logs(&mut self, cx: &mut Cx<'_>) {
        let mut news = Vec::new();
        for view in &mut self.views {
            if let Purpose::Page(page) = &view.purpose {
                let lines: Vec<_> =
                    view.log[view.shown..].iter().map(|line| json!({"level": line.level, "text": line.text, "at": line.at})).collect();
                if !lines.is_empty() {
                    news.push(json!({"log": {"page": page, "lines": lines}}));
                }
            }
            view.shown = view.log.len();
        }
        for news in news {
            self.show(news, cx);
        }
    }
}

fn short(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((at, _)) => format!("{}..", &text[..at]),
        None => text.to_string(),
    }
}
