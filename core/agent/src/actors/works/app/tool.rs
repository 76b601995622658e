//! What the agent does to an app: writes its files, tries it and reads its console, saves it.
use super::{
    App, Why,
    view::{Line, Purpose, View},
};
use crate::{
    actors::{
        reply_json,
        works::{failed, notebook::files},
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
use serde_json::{Value, json};

/// Runs for so long before it is looked at.
const TRY_MS: u64 = 600;
const TRY_MAX_MS: u64 = 10_000;
/// Limit: characters of what is told of one file, of how it looks, of its console.
const TOLD_MAX: usize = 16_000;

/// Who called, and waits.
#[derive(Clone, Serialize, Deserialize)]
pub struct Call {
    pub chat: ChatId,
    pub effect: String,
    pub asker: Ref,
    pub reply: Ref,
    /// That its chat may read from.
    pub origins: Vec<String>,
}

impl App {
    pub fn tool(&mut self, call: Call, tool: &str, input: &Value, cx: &mut Cx<'_>) {
        let reply = call.reply;
        let outcome = match tool {
            tools::APP_WRITE => self.tool_write(input, cx).map(Some),
            tools::APP_READ => self.tool_read(input).map(Some),
            tools::APP_PREVIEW => {
                let ms = input["wait_ms"].as_u64().unwrap_or(TRY_MS).min(TRY_MAX_MS);
                let script = input["script"].as_str().unwrap_or_default().to_string();
                self.has_a_page().and_then(|()| self.asks_for_trial(call, input, ms, script, cx)).map(|()| None)
            }
            tools::APP_KEEP => self.tool_keep(call, input, cx),
            other => Err(format!("an app has no tool {other}")),
        };
        match outcome {
            Ok(None) => {}
            Ok(Some(outcome)) => reply_json(cx, reply, &outcome),
            Err(why) => reply_json(cx, reply, &failed(&why)),
        }
    }

    fn has_a_page(&self) -> Result<(), String> {
        let is_there = self.draft.iter().any(|(path, _)| path == "index.html");
        if is_there { Ok(()) } else { Err("an app begins with index.html, which is not there yet".into()) }
    }

    fn tool_write(&mut self, input: &Value, cx: &mut Cx<'_>) -> Result<Outcome, String> {
        let path = files::path(input["path"].as_str().unwrap_or_default())?;
        if input["remove"] == true {
            self.put(&path, None, cx)?;
            return Ok(done(format!("removed {path}"), String::new()));
        }
        let content = input["content"].as_str().ok_or("`content` is missing")?;
        self.put(&path, Some(content), cx)?;
        Ok(done(format!("wrote {} bytes to {path}", content.len()), String::new()))
    }

    fn tool_read(&self, input: &Value) -> Result<Outcome, String> {
        if let Some(said) = input["path"].as_str() {
            let path = files::path(said)?;
            let found = self.draft.iter().find(|(known, _)| *known == path);
            let (_, text) = found.ok_or_else(|| format!("there is no file {path}"))?;
            return Ok(done(format!("read {path}"), cut(text, TOLD_MAX)));
        }
        let files: Vec<String> = self.draft.iter().map(|(path, text)| format!("{path}: {} bytes", text.len())).collect();
        let state = match (self.book.version, self.draft == self.saved) {
            (0, _) => "not saved yet".to_string(),
            (version, true) => format!("saved as version {version}"),
            (version, false) => format!("changed since version {version} was saved"),
        };
        let text = format!("{:?}: {state}; it keeps {} items\n{}", self.info.name, self.data.len(), files.join("\n"));
        Ok(done(format!("read the list of {} files", files.len()), text))
    }

    fn tool_keep(&mut self, call: Call, input: &Value, cx: &mut Cx<'_>) -> Result<Option<Outcome>, String> {
        match input["action"].as_str() {
            Some("save") => self.save(cx).map(|version| Some(done(format!("saved as version {version}"), String::new()))),
            Some("export") => {
                self.has_a_page()?;
                self.open_view(Purpose::Export { call: Some(call), token: String::new() }, false, cx)?;
                Ok(None)
            }
            _ => Err("`action` is save, rename or export".into()),
        }
    }

    /// What was tried, or made one file, is over.
    pub fn tried(&mut self, view: View, said: Result<String, Why>, cx: &mut Cx<'_>) {
        match (view.purpose, said) {
            (Purpose::Try { call, .. }, said) => reply_json(cx, call.reply, &looked(&view.log, said)),
            (Purpose::Export { call: Some(call), .. }, Ok(text)) => {
                let evidence = format!("one file of {} bytes", text.len());
                let hint = "Its owner gets the same file in the page of apps, by Export.";
                let text = format!("done: {evidence}. {hint}\n{}", web::fence("app", &cut(&text, TOLD_MAX)));
                reply_json(cx, call.reply, &Outcome { verdict: Verdict::Done, evidence, text, changed: true, ..Outcome::default() });
            }
            (Purpose::Export { call: Some(call), .. }, Err(why)) => reply_json(cx, call.reply, &failed_with(&why, "")),
            (Purpose::Export { call: None, token }, Ok(text)) => self.show(json!({"exported": text, "token": token}), cx),
            (Purpose::Export { call: None, .. }, Err(why)) => self.problem(&why.shown(), cx),
            (Purpose::Page(_), _) => {}
        }
    }

    /// Those that nobody waits for any more.
    pub fn cancelled(&mut self, is_meant: impl Fn(&Call) -> bool, cx: &mut Cx<'_>) {
        self.forget_asking(&is_meant);
        let of = |view: &View| match &view.purpose {
            Purpose::Try { call, .. } | Purpose::Export { call: Some(call), .. } => is_meant(call),
            Purpose::Export { call: None, .. } | Purpose::Page(_) => false,
        };
        while let Some(at) = self.views.iter().position(of) {
            self.end_view(at, "it was stopped", cx);
        }
    }
}

/// How it looks and what it said, or why it could not be asked. Its errors are what the agent is to mend: the call itself went well.
fn looked(log: &[Line], said: Result<String, Why>) -> Outcome {
    let errors = log.iter().filter(|line| line.level == "error").count();
    let console: Vec<String> = log.iter().map(line).collect();
    let console = if console.is_empty() { "nothing".into() } else { cut(&console.join("\n"), TOLD_MAX) };
    match said {
        Ok(said) => {
            let evidence = match errors {
                0 => "it ran without an error".to_string(),
                1 => "it ran, with 1 error".to_string(),
                many => format!("it ran, with {many} errors"),
            };
            done(evidence, format!("{}\n--- console\n{console}", cut(&said, TOLD_MAX)))
        }
        Err(why) => failed_with(&why, &format!("--- console\n{console}")),
    }
}

/// Its own reason is data, as all that it says.
fn failed_with(why: &Why, said: &str) -> Outcome {
    let theirs = [why.theirs.as_str(), said].into_iter().filter(|text| !text.is_empty()).map(|text| cut(text, TOLD_MAX));
    let theirs = theirs.collect::<Vec<_>>().join("\n");
    let outcome = failed(&why.ours);
    if theirs.is_empty() { outcome } else { Outcome { text: format!("{}\n{}", outcome.text, web::fence("app", &theirs)), ..outcome } }
}

fn line(line: &Line) -> String {
    if line.at.is_empty() { format!("[{}] {}", line.level, line.text) } else { format!("[{}] {}: {}", line.level, line.at, line.text) }
}

fn done(evidence: String, said: String) -> Outcome {
    let text = if said.is_empty() { format!("done: {evidence}") } else { format!("done: {evidence}\n{}", web::fence("app", &said)) };
    Outcome { verdict: Verdict::Done, evidence, text, changed: true, ..Outcome::default() }
}

fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((at, _)) => format!("{}.. ({} characters in all)", &text[..at], text.chars().count()),
        None => text.into(),
    }
}
