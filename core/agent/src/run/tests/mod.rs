//! One check for all of the loop: a script of what happens, and the whole transcript of what the chat says and wants.
mod ends;
mod lives;
mod recipes;
mod tasks;

use super::{Action, Door, Input, Session};
use crate::{
    actors::wire::{Engine, Found},
    grants::{Need, NeedKind},
    model::{Block, Failure, FailureKind, Image, Message, Reply, Role, Stop, ToolUse, Usage},
    outcome::{Outcome, StepTaken},
    recipe::Recipe,
    view::{Answer, Dialect, Item, Limits, Provider, RunPhase, Update, Verdict},
    web::Fingerprint,
};
use alloc::{
    boxed::Box,
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use expect_test::Expect;
use serde_json::{Value, json};

/// A chat, and what was written of it.
struct Chat {
    session: Session,
    phase: RunPhase,
    /// The newest that was saved.
    kept: BTreeMap<String, String>,
    request: Vec<Message>,
    log: String,
    calls: u32,
    runs: u64,
    limits: Limits,
}

fn check(script: &str, expect: Expect) -> Chat {
    let mut chat = Chat::new();
    chat.play(script);
    expect.assert_eq(&chat.log);
    chat
}

impl Chat {
    fn new() -> Chat {
        Chat::of(&[])
    }

    fn of(kept: &[(String, String)]) -> Chat {
        let mut out = Vec::new();
        let session = Session::open(7, 1_000, kept, &mut out);
        let mut chat = Chat {
            session,
            phase: RunPhase::Idle,
            kept: kept.iter().cloned().collect(),
            request: Vec::new(),
            log: String::new(),
            calls: 0,
            runs: 0,
            limits: Limits::default(),
        };
        chat.tell(out);
        chat
    }

    /// Between turns a chat is bytes; so it is between any two lines here.
    fn play(&mut self, script: &str) {
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            self.log.push_str(&format!("< {line}\n"));
            let bytes = postcard::to_allocvec(&self.session).expect("encodes");
            self.session = postcard::from_bytes(&bytes).expect("decodes");
            if line == "dies" {
                self.die();
                continue;
            }
            let input = self.input(line);
            let mut out = Vec::new();
            self.session.handle(2_000, input, &mut out);
            self.tell(out);
        }
    }

    fn kept(&self) -> Vec<(String, String)> {
        self.kept.clone().into_iter().collect()
    }

    /// What was saved is all there is of it.
    fn die(&mut self) {
        let mut out = Vec::new();
        self.session = Session::open(7, 3_000, &self.kept(), &mut out);
        self.tell(out);
    }

    fn input(&mut self, line: &str) -> Input {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "task" => Input::Task { text: rest.into(), tab: Some(3), engine: engine(&self.limits), seed: self.seed() },
            "task-alone" => Input::Task { text: rest.into(), tab: None, engine: engine(&self.limits), seed: self.seed() },
            "recipe" => Input::Recipe { recipe: Box::new(recipe(rest)), slots: Vec::new(), tab: Some(3), seed: self.seed() },
            "found" => Input::Found(Ok(Found { tab: 3, url: rest.into(), title: String::new(), missing: None, gone: false })),
            "missing" => {
                Input::Found(Ok(Found { tab: 3, url: String::new(), title: String::new(), missing: Some(rest.into()), gone: false }))
            }
            "gone" => Input::Found(Ok(Found {
                tab: 3,
                url: String::new(),
                title: String::new(),
                missing: Some("there is no such tab".into()),
                gone: true,
            })),
            "says" => self.reply(rest, Stop::End),
            "cut" => self.reply(rest, Stop::Length),
            "refuses" => self.reply("", Stop::Refusal(rest.into())),
            "pauses" => self.reply(rest, Stop::Pause),
            "locked" => Input::Replied(Ok(Box::new(Err(Failure { kind: FailureKind::Locked, ..failure("") })))),
            "rejects" => Input::Replied(Ok(Box::new(Err(Failure { kind: FailureKind::Request, ..failure(rest) })))),
            "fails" => Input::Replied(Ok(Box::new(Err(failure(rest))))),
            "saved" => Input::Saved,
            "unsaved" => Input::Unsaved { why: rest.into(), first: true },
            "unsaved-later" => Input::Unsaved { why: rest.into(), first: false },
            "lost" => Input::Acted(Err(rest.into())),
            "revoked" => Input::ActRevoked,
            "needs" => Input::Need { effect: self.effect(), need: need(rest) },
            "answers" => Input::Answer {
                token: 1,
                answer: if rest == "once" {
                    Answer::Once
                } else if rest == "task" {
                    Answer::TaskOrigin
                } else {
                    Answer::Deny
                },
            },
            "timer" => Input::Timer { key: rest.parse().expect("a key") },
            "stop" => Input::Stop,
            "resume" => Input::Resume,
            "hand" => Input::Hand,
            "news" => Input::TabNews { text: rest.into(), gone: None },
            "begins" => Input::Dispatch { effect: self.effect(), trace: "a trace".into() },
            "unlocked" => Input::Unlocked,
            "keep" => Input::KeepRun { name: rest.into() },
            _ => Input::Acted(Ok(Box::new(outcome(word, rest)))),
        }
    }

    fn seed(&mut self) -> u64 {
        self.runs += 1;
        0xaa + self.runs
    }

    fn effect(&self) -> String {
        self.session.task.as_ref().and_then(|task| task.current.as_ref()).map(|doing| doing.effect.clone()).unwrap_or_default()
    }

    /// `Let me look. + read_page {} + left_click {"ref":"ref_1"}`
    fn reply(&mut self, said: &str, stop: Stop) -> Input {
        let said = format!(" {said}");
        let mut parts = said.split(" + ");
        let text = parts.next().unwrap_or_default().trim();
        let mut blocks: Vec<Block> = if text.is_empty() { Vec::new() } else { Vec::from([Block::Text(text.into())]) };
        for part in parts {
            self.calls += 1;
            let (name, input) = part.split_once(' ').unwrap_or((part, "{}"));
            let bad = input.starts_with('!').then(|| "The arguments are not a JSON object.".to_string());
            let input = serde_json::from_str(input).unwrap_or(json!({}));
            blocks.push(Block::ToolUse(ToolUse { id: format!("c{}", self.calls), name: name.into(), input, bad }));
        }
        let usage = Usage { input: 1_000, output: 10, ..Usage::default() };
        let message = Message { role: Role::Assistant, blocks };
        Input::Replied(Ok(Box::new(Ok(Reply { id: "r".into(), model: "m".into(), message, usage, stop }))))
    }

    fn tell(&mut self, out: Vec<Action>) {
        for action in out {
            let line = match action {
                Action::Show(update) => self.shown(update),
                Action::List(info) => format!("list {:?} {}", info.title, word(&info.state)),
                Action::Save { changes, reply } => {
                    for (key, text) in changes {
                        match text {
                            Some(text) => self.kept.insert(key, text),
                            None => self.kept.remove(&key),
                        };
                    }
                    if reply { "save, then say so".into() } else { String::new() }
                }
                Action::Ask { request, .. } => {
                    self.request = crate::model::history::valid(&request.messages, "p", "m");
                    format!("ask: {}", self.request.last().map(last_words).unwrap_or_default())
                }
                Action::CancelAsk => "cancel the request".into(),
                Action::Find { tab } => format!("find {}", tab.map_or("the active tab".into(), |tab| format!("tab {tab}"))),
                Action::Act { door, effect, tool, input, origins, trace, begun: _ } => {
                    let trace = trace.filter(|trace| !trace.is_empty()).map(|trace| format!(" after {trace}")).unwrap_or_default();
                    format!("{} {effect}: {tool} {input} on {}{trace}", door_word(door), origins.join(" "))
                }
                Action::Noted => "noted".into(),
                Action::Unnoted => "not noted".into(),
                Action::CancelAct { effect, .. } => format!("cancel {effect}"),
                Action::Allowed { effect, .. } => format!("allow {effect}"),
                Action::Denied { effect, reason, .. } => format!("deny {effect}: {reason}"),
                Action::AskOwner { token, approval } => {
                    format!("question {token} until {}: {} | {} | {}", approval.until, approval.what, approval.origin, approval.value)
                }
                Action::Withdraw { token } => format!("withdraw question {token}"),
                Action::Drive { tab, title } => format!("drive tab {tab} for {title:?}"),
                Action::Release => "release".into(),
                Action::Keep(recipe) => format!("keep {} steps: {}", recipe.steps.len(), recipe.name),
                Action::Problem(text) => format!("problem: {text}"),
                Action::Timer { .. } | Action::CancelTimer { .. } => String::new(),
            };
            if !line.is_empty() {
                self.log.push_str(&format!("    > {line}\n"));
            }
        }
    }

    fn shown(&mut self, update: Update) -> String {
        match update {
            Update::Item { index, item, .. } => match item {
                Item::User { text, .. } => format!("{index} owner: {text}"),
                Item::Assistant { live: true, .. } => String::new(),
                Item::Assistant { text, .. } => format!("{index} model: {text}"),
                Item::Tool { card } if card.verdict == Verdict::Running => String::new(),
                Item::Tool { card } => format!("{index} {}: {} ({})", word(&card.verdict), card.summary, card.evidence),
                Item::Note { text, .. } => format!("{index} note: {text}"),
            },
            Update::Run { run, .. } if run.phase != self.phase => {
                self.phase = run.phase;
                format!("{}, {}", word(&run.phase), run.line)
            }
            _ => String::new(),
        }
    }
}

fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(ToString::to_string)).unwrap_or_default()
}

fn door_word(door: Door) -> &'static str {
    match door {
        Door::Browser => "browser",
        Door::Web => "web",
        Door::Sandboxes => "sandboxes",
        Door::Linux => "linux",
        Door::Actors => "actors",
        Door::Works => "works",
    }
}

fn last_words(message: &Message) -> String {
    let block = |block: &Block| match block {
        Block::Text(text) => text.replace('\n', " "),
        Block::ToolResult(result) => {
            format!("[{}{} {}]", result.id, if result.error { " error" } else { "" }, result.text.replace('\n', " "))
        }
        Block::Image(_) | Block::ToolUse(_) | Block::Opaque { .. } => "..".into(),
    };
    message.blocks.iter().map(block).collect::<Vec<_>>().join(" ")
}

fn engine(limits: &Limits) -> Engine {
    let provider = Provider {
        id: "p".into(),
        label: "P".into(),
        dialect: Dialect::Anthropic,
        base: "https://p.example".into(),
        models: Vec::new(),
        needs_key: true,
        has_key: true,
        price_in: None,
        price_out: None,
    };
    Engine { provider, model: "m".into(), limits: limits.clone() }
}

fn failure(text: &str) -> Failure {
    Failure { kind: FailureKind::Truncated, text: text.into(), status: None, partial: "Half a".into(), tries: 1 }
}

fn need(text: &str) -> Need {
    let (kind, at) = text.split_once(' ').expect("kind and place");
    let kind = match kind {
        "go" => NeedKind::Navigate { url: at.into() },
        "submit" => NeedKind::Submit { origin: at.into() },
        _ => NeedKind::Secret { origin: at.into(), field: "Password".into() },
    };
    Need { kind, value: at.into(), why: "left_click".into() }
}

/// `verified https://a.example/b: clicked "Buy"`, `unverified`, `failed covered`, `read <page>..`, `picture`.
fn outcome(verdict: &str, rest: &str) -> Outcome {
    let (url, text) = rest.split_once(": ").filter(|(url, _)| url.starts_with("http")).unwrap_or(("", rest));
    let base = Outcome {
        url: url.into(),
        tab: Some(3),
        evidence: text.into(),
        text: format!("{verdict} {text}"),
        page_before: 1,
        ..Outcome::default()
    };
    match verdict {
        "verified" => {
            let target = Fingerprint { role: "button".into(), name: text.into(), ..Fingerprint::default() };
            let step = StepTaken {
                tool: "left_click".into(),
                target: Some(target),
                url_before: "https://a.example/".into(),
                url_after: url.into(),
                ..StepTaken::default()
            };
            Outcome { verdict: Verdict::Verified, changed: true, step: Some(step), ..base }
        }
        "unverified" => Outcome { verdict: Verdict::Unverified, ..base },
        "failed" => Outcome { verdict: Verdict::Failed, error: true, ..base },
        "picture" => Outcome {
            verdict: Verdict::Done,
            changed: true,
            images: Vec::from([Image { mime: "image/jpeg".into(), data: "AA".into() }]),
            ..base
        },
        "read" => Outcome { verdict: Verdict::Done, changed: true, text: text.replace('|', "\n"), ..base },
        other => panic!("no such line in a script: {other}"),
    }
}

fn recipe(start: &str) -> Recipe {
    Recipe::from_value(&json!({
        "peerd": "recipe", "version": 1, "name": "Order tea", "start": start,
        "slots": [{"name": "town", "label": "Town", "type": "text", "default": "Bruges"}],
        "grants": {"origins": ["start"], "submit": ["start"]},
        "steps": [
            {"intent": "Click \"Tea\" (link)", "tool": "left_click", "target": {"role": "link", "name": "Tea"}, "at": "/shop/", "then": {"url": "/shop/item/*"}},
            {"intent": "Set \"Town\" (textbox) to {town}", "tool": "form_input", "target": {"role": "textbox", "name": "Town"}, "slot": "town"},
            {"intent": "Click \"Order\" (button)", "tool": "left_click", "target": {"role": "button", "name": "Order"}, "then": {"seen": "Order received"}},
        ],
    }))
    .expect("valid")
}
