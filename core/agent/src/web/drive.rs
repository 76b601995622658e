//! Driving one tab: a call in, requests to the browser and the page out, one outcome at the end. No call is acted on twice unless it
//! is known that the first time nothing was done.
//!
//! ```text
//! Tool ─▶ tab ─▶ granted? ─┬─▶ fence ─▶ look ─▶ resolve ─▶ act ─▶ settle ─▶ look again ─▶ verdict
//!            │      │ask     ├─▶ fence ─▶ navigate ─▶ arrive ─▶ look
//!            │      ▼        └─▶ read
//!            │    Need                      act lost ─▶ probe ─┬─ known: go on with its answer
//!            └─ loading: arrive first                          ├─ never begun: act again
//!                                                              └─ unclear: unknown, never repeated
//! ```
//! Before each act its trace is noted elsewhere, so that another life of the tab's actor can ask what came of it.
mod acting;
mod asking;
mod finish;
mod gate;
mod going;
mod job;
mod looking;
mod reading;
mod taken;
#[cfg(test)]
mod tests;
mod trace;

use super::{diff::Past, input::Call, refs::Refs, words};
use crate::{address, grants::Need, outcome::Outcome, view::TabId, view::Verdict};
use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    vec::Vec,
};
use job::{Job, Stage, Then};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Limit: words kept for the model until its next call.
const NEWS_MAX: usize = 8;

/// The state machine of one tab. Small: between calls it keeps what refs mean and the page as last shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Drive {
    tab: TabId,
    probing: Probing,
    url: String,
    refs: Refs,
    /// As the model last saw it.
    shown: Past,
    /// Hash of the last reading.
    read: u64,
    /// An address that did not finish loading in time: it is not waited for again.
    slow: String,
    news: Vec<String>,
    job: Option<Job>,
}

/// Whether a lost act is looked for before it is repeated. Off only to show what that prevents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Probing {
    #[default]
    On,
    Off,
}

pub enum Input<'a> {
    Tool {
        effect: String,
        tool: String,
        input: &'a Value,
        origins: Vec<String>,
    },
    /// To the last `Output::Ask` or `Output::Act`.
    Answer(&'a Value),
    Allowed {
        effect: String,
    },
    Denied {
        effect: String,
        reason: String,
    },
    Cancel {
        effect: String,
    },
    /// An event of the chrome port.
    Host(&'a Value),
    /// `salt` tells this life's reload from those of lives before.
    Adopt {
        url: String,
        restarts: u32,
        driven: bool,
        salt: u64,
    },
    /// The last `Output::Wake` is due.
    Late,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// A call to the chrome port; its answer is awaited, for so long.
    Ask {
        body: Value,
        ms: u64,
    },
    /// The same, but it may have an effect: it waits until the trace was noted.
    Act {
        body: Value,
        ms: u64,
    },
    /// A call whose answer nobody waits for.
    Tell {
        body: Value,
    },
    Need {
        effect: String,
        need: Need,
    },
    Wake {
        ms: u64,
    },
    Finish(Box<Outcome>),
    /// The page's renderer died: the supervisor decides.
    Crash(String),
    /// The tab is gone.
    Stop,
}

impl Drive {
    #[must_use]
    pub fn new(tab: TabId, probing: Probing) -> Drive {
        Drive {
            tab,
            probing,
            url: String::new(),
            refs: Refs::default(),
            shown: Past::default(),
            read: 0,
            slow: String::new(),
            news: Vec::new(),
            job: None,
        }
    }

    /// A call is under way; the next one has to wait.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.job.is_some()
    }

    pub fn handle(&mut self, input: Input<'_>, out: &mut Vec<Output>) {
        match input {
            Input::Tool { effect, tool, input, origins } => self.begin(effect, &tool, input, origins, out),
            Input::Answer(answer) => self.answered(answer, out),
            Input::Allowed { effect } => self.allowed(&effect, out),
            Input::Denied { effect, reason } => self.denied(&effect, &reason, out),
            Input::Cancel { effect } => self.cancel(&effect, out),
            Input::Host(event) => self.host(event, out),
            Input::Adopt { url, restarts, driven, salt } => {
                self.url = url;
                if restarts > 0 {
                    self.restarted(restarts, driven, salt, out);
                }
            }
            Input::Late => self.late(out),
        }
    }

    fn begin(&mut self, effect: String, tool: &str, input: &Value, origins: Vec<String>, out: &mut Vec<Output>) {
        match Call::read(tool, input) {
            Ok(call) => {
                self.job = Some(Job::new(effect, tool, call, origins));
                self.ask_tab(Then::Start, out);
            }
            Err(why) => {
                let text = format!("failed: {why}");
                let outcome =
                    Outcome { verdict: Verdict::Failed, summary: tool.to_string(), evidence: why, text, error: true, ..Outcome::default() };
                out.push(Output::Finish(Box::new(Outcome { tab: Some(self.tab), url: self.url.clone(), ..outcome })));
            }
        }
    }

    fn answered(&mut self, answer: &Value, out: &mut Vec<Output>) {
        if self.lost(answer, out) {
            return;
        }
        let Some(job) = &self.job else { return };
        match job.stage.clone() {
            Stage::Tab(then) => self.on_tab(then, answer, out),
            Stage::Fence(then) => self.on_fence(then, answer, out),
            Stage::Look => self.on_look(answer, out),
            Stage::Act => self.on_act(answer, out),
            Stage::Probe => self.on_probe(answer, out),
            Stage::After => self.on_after(answer, out),
            Stage::Go => self.on_go(answer, out),
            Stage::GoProbe => self.on_go_probe(answer, out),
            Stage::Read => self.on_read(answer, out),
            // Nothing was asked: a late word.
            Stage::Arrive(_) | Stage::Grant(_) | Stage::Pause | Stage::Again(_) => {}
        }
    }

    fn late(&mut self, out: &mut Vec<Output>) {
        let Some(job) = &self.job else { return };
        match job.stage.clone() {
            Stage::Arrive(then) => self.ask_tab(then, out),
            Stage::Pause => self.ask_after(out),
            Stage::Again(stage) => self.again(*stage, out),
            _ => {}
        }
    }

    fn cancel(&mut self, effect: &str, out: &mut Vec<Output>) {
        let Some(job) = self.job.as_ref().filter(|job| job.effect == effect) else { return };
        if job.dispatched && job.done.is_none() && job.act().is_some() {
            let body = json!({"op": "page", "tab": self.tab, "request": {"do": "cancel", "effect": job.act_effect()}});
            out.push(Output::Tell { body });
        }
        let evidence = if job.dispatched { "stopped in the middle" } else { "stopped before anything was done" };
        self.end(Verdict::Stopped, evidence, evidence, out);
    }

    fn host(&mut self, event: &Value, out: &mut Vec<Output>) {
        let url = words::line(event["url"].as_str().unwrap_or_default(), 4_000);
        match event["event"].as_str().unwrap_or_default() {
            "tab_opened" if event["tab"]["opener"] == self.tab => self.opened(&event["tab"]),
            _ if event["tab"] != self.tab => {}
            "tab_closed" => {
                let told = "the tab was closed by its owner";
                match &self.job {
                    // A page may close itself when it is done.
                    Some(job) if job.dispatched && job.done.is_none() && job.act().is_some() => self.unknown("the tab was closed", out),
                    Some(_) => self.end(Verdict::Failed, told, told, out),
                    None => {}
                }
                out.push(Output::Stop);
            }
            "crashed" => out.push(Output::Crash(format!("the page crashed at {}", self.url))),
            "committed" => self.on_commit(url, event["redirected"] == true, event["by"].as_str().unwrap_or_default()),
            "moved" => self.on_moved(url, out),
            "loaded" => self.on_loaded(url, out),
            "blocked" => self.on_blocked(url, out),
            "nav_failed" => self.on_nav_failed(words::line(event["why"].as_str().unwrap_or_default(), 200), out),
            "dialog" => self.note_event("a dialog of the page was dismissed", event["text"].as_str().unwrap_or_default()),
            "download" => self.note_event("a download began", event["name"].as_str().unwrap_or_default()),
            _ => {}
        }
    }

    /// The page's renderer died with the incarnation before.
    fn restarted(&mut self, restarts: u32, driven: bool, salt: u64, out: &mut Vec<Output>) {
        self.refs = Refs::after(restarts);
        self.shown = Past::default();
        self.remember("the page crashed and was loaded again; refs shown before are stale".into());
        if driven && address::origin(&self.url).is_some() {
            let effect = format!("reload-{}-{salt:x}", self.tab);
            out.push(Output::Tell { body: json!({"op": "navigate", "tab": self.tab, "url": self.url, "effect": effect}) });
        }
    }

    /// For the model, with its next result.
    fn remember(&mut self, news: String) {
        if self.news.len() < NEWS_MAX && !self.news.contains(&news) {
            self.news.push(news);
        }
    }
}
