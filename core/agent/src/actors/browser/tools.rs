//! The tools of the tab inventory: list, open, switch to and close tabs. The chat's own tabs are seen in full; of the
//! owner's others only number and origin, and acting on those is asked for.
//!
//! ```text
//! list ──────────────────▶ tabs ─▶ answer
//! new ─▶ granted? ─▶ note ─▶ open ─▶ answer        lost ─▶ probe ─┬─ done: go on with its answer
//! switch, close ─▶ tab ─▶ ours or granted? ─▶ do ─▶ answer        ├─ never begun: once more, under another name
//!                              └─ ask the chat                    └─ unclear: unknown, never repeated
//! ```
//! What opens or closes a tab is noted by the chat first, so that a later life of this actor knows what to probe for.
use super::{
    super::{reply_json, wire::ToChat},
    inventory::{Tool, row},
    *,
};
use crate::{
    address,
    grants::{Need, NeedKind},
    outcome::Outcome,
    view::Verdict,
    web::words,
};
use alloc::{
    format,
    string::{String, ToString},
};

const ANSWER_MS: u64 = 15_000;
/// Above what a chat waits for the store.
const NOTE_MS: u64 = 20_000;
/// Limit: how often one call begins anew after the service worker was lost.
const TRIES_MAX: u32 = 8;
/// Limit: tabs listed for the model (agent.md 3).
const LISTED_MAX: usize = 100;

/// One call under way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Job {
    chat: ChatId,
    effect: String,
    reply: Ref,
    origins: Vec<String>,
    tool: Tool,
    stage: Stage,
    tries: u32,
    /// What the chat was asked for.
    need: Option<Need>,
    /// Leaves once the chat has noted it.
    held: Option<String>,
}

/// What the chat notes of a job.
#[derive(Serialize, Deserialize)]
struct Trace {
    tries: u32,
    session: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    /// The tab, or all of them, are being looked at.
    Look,
    /// The chat was asked.
    Asked,
    Act,
    Probe,
}

impl Job {
    pub(super) fn new(chat: ChatId, effect: String, reply: Ref, origins: Vec<String>) -> Job {
        Job { chat, effect, reply, origins, tool: Tool::List, stage: Stage::Look, tries: 0, need: None, held: None }
    }

    /// What began is never begun again under the same name.
    fn act_effect(&self) -> String {
        format!("{}.{}", self.effect, self.tries)
    }

    fn may(&self, origin: &str) -> bool {
        self.origins.iter().any(|granted| granted == origin)
    }
}

impl Browser {
    /// A call: a new one, or one that an earlier life of the chat, or of this actor, was busy with.
    pub(super) fn called(&mut self, job: Job, tool: &str, input: &Value, trace: Option<&str>, cx: &mut Cx<'_>) {
        if let Some(known) = self.jobs.iter_mut().find(|known| known.effect == job.effect) {
            known.reply = job.reply;
            if let Some(need) = known.need.clone().filter(|_| known.stage == Stage::Asked) {
                self.ask_chat(&job.effect, need, cx);
            }
            return;
        }
        match trace.map(serde_json::from_str::<Trace>) {
            Some(Ok(trace)) => self.take_up(Job { tries: trace.tries, ..job }, tool, input, &trace.session, cx),
            // Another version of the program has written it: no session is called that.
            Some(Err(_)) => self.take_up(job, tool, input, "", cx),
            None => self.begin(job, tool, input, cx),
        }
    }

    /// It may have begun in an earlier life. Another life of the browser knows nothing of that.
    fn take_up(&mut self, mut job: Job, tool: &str, input: &Value, session: &str, cx: &mut Cx<'_>) {
        match Tool::read(tool, input, self.of_chat(job.chat).active) {
            Err(why) => return finish(&job, failed(&why), cx),
            Ok(tool) => job.tool = tool,
        }
        if session != self.session {
            let outcome = unknown(&job.tool);
            return finish(&job, outcome, cx);
        }
        let effect = job.effect.clone();
        self.jobs.push(job);
        self.probe(&effect, cx);
    }

    fn begin(&mut self, mut job: Job, tool: &str, input: &Value, cx: &mut Cx<'_>) {
        match Tool::read(tool, input, self.of_chat(job.chat).active) {
            Err(why) => return finish(&job, failed(&why), cx),
            Ok(tool) => job.tool = tool,
        }
        if let Tool::Switch { tab } | Tool::Close { tab } = job.tool
            && self.is_withheld(job.chat, tab)
        {
            return finish(&job, failed("the owner has taken this tab back from this chat"), cx);
        }
        let effect = job.effect.clone();
        let tool = job.tool.clone();
        self.jobs.push(job);
        match tool {
            Tool::List => self.ask_for(&effect, Stage::Look, &json!({"op": "tabs"}), cx),
            Tool::Switch { tab } | Tool::Close { tab } => self.ask_for(&effect, Stage::Look, &json!({"op": "tab", "tab": tab}), cx),
            Tool::New { url } => match address::origin(&url) {
                Some(origin) if !self.job(&effect).is_some_and(|job| job.may(&origin)) => {
                    let need = Need { kind: NeedKind::Navigate { url: url.clone() }, value: url, why: "new_tab".into() };
                    self.ask_chat(&effect, need, cx);
                }
                _ => self.act(&effect, cx),
            },
        }
    }

    pub(super) fn tool_answered(&mut self, effect: &str, answer: &Value, cx: &mut Cx<'_>) {
        let Some(job) = self.job(effect).cloned() else { return };
        let failure = answer["err"]["kind"].as_str();
        match (job.stage, failure) {
            (Stage::Asked, _) => {}
            (Stage::Look, Some("lost")) if job.tries < TRIES_MAX => self.look_again(effect, cx),
            (Stage::Act, Some("lost" | "timeout")) => self.probe(effect, cx),
            (Stage::Probe, Some("lost")) if job.tries < TRIES_MAX => self.probe(effect, cx),
            (Stage::Probe, Some(_)) => self.end(effect, unknown(&job.tool), cx),
            (_, Some(kind)) => {
                let why = if kind == "gone" { "there is no such tab" } else { answer["err"]["text"].as_str().unwrap_or(kind) };
                self.end(effect, failed(&words::line(why, 200)), cx);
            }
            (Stage::Look, None) => self.seen(&job, answer, cx),
            (Stage::Act, None) => self.acted(&job, answer, cx),
            (Stage::Probe, None) => match answer["state"].as_str() {
                Some("done") => {
                    self.stage(effect, Stage::Act);
                    self.tool_answered(effect, &answer["answer"], cx);
                }
                // Fenced off by the question: it will not begin any more.
                Some("unknown") if job.tries < TRIES_MAX => self.act(effect, cx),
                _ => self.end(effect, unknown(&job.tool), cx),
            },
        }
    }

    fn seen(&mut self, job: &Job, answer: &Value, cx: &mut Cx<'_>) {
        let Some(tab) = (match job.tool {
            Tool::Switch { tab } | Tool::Close { tab } => Some(tab),
            Tool::List | Tool::New { .. } => None,
        }) else {
            return self.listed(job, answer, cx);
        };
        let driver = self.driver_of(tab).map(|driver| driver.chat);
        if driver.is_some_and(|chat| chat != job.chat) {
            return self.end(&job.effect, failed("another task is using this tab"), cx);
        }
        let url = answer["url"].as_str().unwrap_or_default();
        // A tab without a web address has nothing that a task could be granted by name: it is asked for by what it shows.
        let origin = address::origin(url).unwrap_or_else(|| words::line(url, 100));
        if driver == Some(job.chat) || job.may(&origin) {
            return self.act(&job.effect, cx);
        }
        let need = Need { kind: NeedKind::Act { origin }, value: words::line(url, words::WORDS_MAX), why: job.tool.words() };
        self.ask_chat(&job.effect, need, cx);
    }

    pub(super) fn allowed(&mut self, effect: &str, cx: &mut Cx<'_>) {
        if self.job(effect).is_some_and(|job| job.stage == Stage::Asked) {
            self.act(effect, cx);
        }
    }

    pub(super) fn denied(&mut self, effect: &str, reason: &str, cx: &mut Cx<'_>) {
        if self.job(effect).is_some_and(|job| job.stage == Stage::Asked) {
            let text = format!("Not done: {reason}");
            let outcome = Outcome { verdict: Verdict::Denied, evidence: reason.into(), text, error: true, ..Outcome::default() };
            self.end(effect, outcome, cx);
        }
    }

    /// Begins, or begins anew.
    fn act(&mut self, effect: &str, cx: &mut Cx<'_>) {
        let Some(job) = self.jobs.iter_mut().find(|job| job.effect == effect) else { return };
        job.tries += 1;
        let (chat, act_effect, mut origins) = (job.chat, job.act_effect(), job.origins.clone());
        let op = match job.tool.clone() {
            Tool::List => return,
            Tool::New { url } => {
                let granted = address::origin(&url).filter(|origin| !job.may(origin));
                origins.extend(granted);
                let beside = self.of_chat(chat).active;
                json!({"op": "new_tab", "url": url, "beside": beside, "origins": origins, "effect": act_effect})
            }
            Tool::Close { tab } => json!({"op": "close_tab", "tab": tab, "effect": act_effect}),
            // Nothing to do in the browser: the tab need not come to the front.
            Tool::Switch { tab } => {
                self.of_chat(chat).active = Some(tab);
                self.drive(chat, tab, String::new(), cx);
                return self.end(effect, done(&format!("tab {tab} is now the one you act on"), Some(tab)), cx);
            }
        };
        self.note(effect, &op, cx);
    }

    /// Kept before done.
    fn note(&mut self, effect: &str, op: &Value, cx: &mut Cx<'_>) {
        let Some(job) = self.jobs.iter_mut().find(|job| job.effect == effect) else { return };
        job.held = Some(op.to_string());
        job.stage = Stage::Act;
        let (chat, tries) = (job.chat, job.tries);
        let trace = serde_json::to_string(&Trace { tries, session: self.session.clone() }).expect("it has string keys");
        let Some(actor) = self.of_chat(chat).actor else {
            return self.end(effect, failed("nobody can note what is about to be done"), cx);
        };
        let call = call_json(cx, actor, &ToChat::Dispatch { effect: effect.into(), trace }, &[], NOTE_MS);
        self.pending.push((call, Pending::Note(effect.into())));
    }

    pub(super) fn noted(&mut self, effect: &str, is_kept: bool, cx: &mut Cx<'_>) {
        let Some(job) = self.jobs.iter_mut().find(|job| job.effect == effect) else { return };
        let Some(op) = job.held.take() else { return };
        if !is_kept {
            return self.end(effect, failed("it could not be written down first, so nothing was done"), cx);
        }
        let call = cx.call(self.chrome, op.as_bytes(), &[], ANSWER_MS);
        self.pending.push((call, Pending::Tool(effect.into())));
    }

    fn acted(&mut self, job: &Job, answer: &Value, cx: &mut Cx<'_>) {
        let outcome = match job.tool {
            Tool::New { .. } => match answer["tab"].as_i64() {
                Some(tab) => {
                    self.of_chat(job.chat).active = Some(tab);
                    self.drive(job.chat, tab, String::new(), cx);
                    done(&format!("tab {tab} is open and is now the one you act on"), Some(tab))
                }
                None => failed("the browser opened no tab"),
            },
            Tool::Close { tab } => {
                // Before the browser tells that it is closed: by then this call may have ended.
                self.undrive(tab, cx);
                done(&format!("tab {tab} is closed"), None)
            }
            Tool::List | Tool::Switch { .. } => return,
        };
        self.end(&job.effect, outcome, cx);
    }

    fn listed(&mut self, job: &Job, answer: &Value, cx: &mut Cx<'_>) {
        let tabs = answer.as_array().map(Vec::as_slice).unwrap_or_default();
        let known = self.of_chat(job.chat);
        let mut text = String::new();
        for tab in tabs.iter().take(LISTED_MAX) {
            text.push_str(&row(tab, known));
        }
        if tabs.len() > LISTED_MAX {
            text.push_str(&format!("and {} more\n", tabs.len() - LISTED_MAX));
        }
        let hash = words::hash(0, &text);
        let changed = core::mem::replace(&mut known.listed, hash) != hash;
        let evidence = format!("{} tabs", tabs.len());
        self.end(&job.effect, Outcome { verdict: Verdict::Done, evidence, text, changed, ..Outcome::default() }, cx);
    }

    fn ask_chat(&mut self, effect: &str, need: Need, cx: &mut Cx<'_>) {
        let Some(job) = self.jobs.iter_mut().find(|job| job.effect == effect) else { return };
        job.stage = Stage::Asked;
        job.need = Some(need.clone());
        let chat = job.chat;
        match self.of_chat(chat).actor {
            Some(actor) => send_json(cx, actor, &ToChat::Need { effect: effect.into(), need }),
            None => self.end(effect, failed("nobody can be asked for leave"), cx),
        }
    }

    fn look_again(&mut self, effect: &str, cx: &mut Cx<'_>) {
        let Some(job) = self.jobs.iter_mut().find(|job| job.effect == effect) else { return };
        job.tries += 1;
        let op = match job.tool {
            Tool::Switch { tab } | Tool::Close { tab } => json!({"op": "tab", "tab": tab}),
            Tool::List | Tool::New { .. } => json!({"op": "tabs"}),
        };
        self.ask_for(effect, Stage::Look, &op, cx);
    }

    fn probe(&mut self, effect: &str, cx: &mut Cx<'_>) {
        let Some(job) = self.job(effect) else { return };
        let op = json!({"op": "probe", "effect": job.act_effect()});
        self.ask_for(effect, Stage::Probe, &op, cx);
    }

    fn ask_for(&mut self, effect: &str, stage: Stage, op: &Value, cx: &mut Cx<'_>) {
        self.stage(effect, stage);
        self.ask_chrome(op, ANSWER_MS, Pending::Tool(effect.into()), cx);
    }

    fn stage(&mut self, effect: &str, stage: Stage) {
        if let Some(job) = self.jobs.iter_mut().find(|job| job.effect == effect) {
            job.stage = stage;
        }
    }

    fn job(&self, effect: &str) -> Option<&Job> {
        self.jobs.iter().find(|job| job.effect == effect)
    }

    /// A call under way closes this tab.
    pub(super) fn closes(&self, tab: TabId) -> bool {
        self.jobs.iter().any(|job| job.tool == Tool::Close { tab })
    }

    fn end(&mut self, effect: &str, outcome: Outcome, cx: &mut Cx<'_>) {
        if let Some(at) = self.jobs.iter().position(|job| job.effect == effect) {
            finish(&self.jobs.remove(at), outcome, cx);
        }
    }
}

fn finish(job: &Job, outcome: Outcome, cx: &mut Cx<'_>) {
    reply_json(cx, job.reply, &Outcome { summary: job.tool.words(), ..outcome });
}

fn done(evidence: &str, tab: Option<TabId>) -> Outcome {
    Outcome {
        verdict: Verdict::Verified,
        evidence: evidence.into(),
        text: format!("verified: {evidence}"),
        changed: true,
        tab,
        ..Outcome::default()
    }
}

fn failed(why: &str) -> Outcome {
    Outcome { verdict: Verdict::Failed, evidence: why.into(), text: format!("failed: {why}"), error: true, ..Outcome::default() }
}

fn unknown(tool: &Tool) -> Outcome {
    let why = format!("it can't be told whether this was done: {}. It is not repeated; look with list_tabs.", tool.words());
    Outcome { verdict: Verdict::Unknown, evidence: why.clone(), text: why, error: true, ..Outcome::default() }
}
