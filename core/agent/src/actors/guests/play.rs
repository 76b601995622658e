//! Messages played against an actor that is started for it and thrown away: what it answers is compared.
use super::{
    Actors, Came, Job, Step, WORK_MS,
    acts::Plan,
    failed, in_words,
    kept::Kind,
    opening::born,
    read::{self, Message, done, failed_with, fenced},
};
use crate::{outcome::Outcome, view::ChatId, web};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_otp::supervisor::{ChildSpec, Request, Restart};
use peerd_vat::{CallId, Cx, Ref, Settle};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Limit: messages of a test.
const CASES_MAX: usize = 50;
const ANSWER_MS: u64 = 15_000;

#[derive(Serialize, Deserialize)]
pub(super) struct Test {
    behaviour: String,
    kind: Kind,
    id: String,
    args: Vec<u8>,
    cases: Vec<Case>,
    at: usize,
    child: Option<Ref>,
    lines: Vec<String>,
    wrong: usize,
}

#[derive(Serialize, Deserialize)]
struct Case {
    message: Message,
    expect: Expect,
}

#[derive(Serialize, Deserialize)]
enum Expect {
    /// JSON.
    Answer(String),
    /// Words of the crash; none: any.
    Crash(String),
    /// Whatever it answers.
    Any,
}

/// What a test does next.
pub(super) enum Next {
    Wait(Step, CallId),
    Over,
}

impl Test {
    /// None: there is none.
    pub fn read(input: &Value, kind: Kind, behaviour: &str) -> Result<Option<Test>, String> {
        let cases = match &input["test"] {
            Value::Null => return Ok(None),
            Value::Array(cases) if cases.is_empty() => return Ok(None),
            Value::Array(cases) if cases.len() <= CASES_MAX => cases,
            Value::Array(_) => return Err(format!("a test has at most {CASES_MAX} messages")),
            _ => return Err("`test` is a list of messages".into()),
        };
        let case = |value: &Value| {
            let expect = match (value.get("reply"), value.get("crash")) {
                (Some(_), Some(_)) => return Err("a message of a test expects a `reply` or a `crash`, not both".to_string()),
                (Some(reply), None) => Expect::Answer(reply.to_string()),
                (None, Some(Value::String(words))) => Expect::Crash(words.clone()),
                (None, Some(_)) => return Err("`crash` is a part of what the crash says; empty for any".to_string()),
                (None, None) => Expect::Any,
            };
            Ok(Case { message: read::message(value, kind)?, expect })
        };
        let cases = cases.iter().map(case).collect::<Result<Vec<Case>, String>>()?;
        let args = read::args(input, kind);
        let (behaviour, id) = (behaviour.into(), String::new());
        Ok(Some(Test { behaviour, kind, id, args, cases, at: 0, child: None, lines: Vec::new(), wrong: 0 }))
    }

    pub fn is_right(&self) -> bool {
        self.wrong == 0
    }

    /// What came of it, for the model: what the actor said is data.
    pub fn told(&self) -> String {
        fenced(&self.lines.join("\n"))
    }

    pub fn summary(&self) -> String {
        match self.wrong {
            0 => format!("{} of {} as expected", self.cases.len(), self.cases.len()),
            wrong => format!("{wrong} of {} not as expected", self.cases.len()),
        }
    }

    /// Nobody wants to know any more.
    pub fn abandon(&self, tree: Option<Ref>, cx: &mut Cx<'_>) {
        if let (Some(tree), false) = (tree, self.id.is_empty()) {
            let call = cx.call(tree, &Request::terminate(&self.id), &[], WORK_MS);
            let _ = call;
        }
    }

    /// The next message, or the end of the actor.
    fn go_on(&mut self, tree: Ref, cx: &mut Cx<'_>) -> Next {
        match (self.cases.get(self.at), self.child) {
            (Some(case), Some(child)) => Next::Wait(Step::Said, cx.call(child, &case.message.body, &[], ANSWER_MS)),
            _ => Next::Wait(Step::Ended, cx.call(tree, &Request::terminate(&self.id), &[], WORK_MS)),
        }
    }

    fn heard(&mut self, came: Came<'_>) {
        let Some(case) = self.cases.get(self.at) else { return };
        let (said, is_right) = match (came, &case.expect) {
            (Ok((bytes, _)), expect) => {
                let is_right = match expect {
                    Expect::Answer(wanted) => read::value(bytes, self.kind) == serde_json::from_str(wanted).ok(),
                    Expect::Any => true,
                    Expect::Crash(_) => false,
                };
                (format!("reply {}", read::answer(bytes, self.kind)), is_right)
            }
            (Err(Settle::Exit(reason)), expect) => {
                let why = in_words(&reason);
                let is_right = matches!(expect, Expect::Crash(words) if why.contains(&**words));
                (format!("crash {why}"), is_right)
            }
            // It was a message for which there is no answer.
            (Err(Settle::Noreply), expect) => ("no reply".into(), matches!(expect, Expect::Any)),
            (Err(settle), _) => (settle.to_string(), false),
        };
        let wanted = match &case.expect {
            Expect::Answer(wanted) => format!(", not reply {wanted}"),
            Expect::Crash(words) => format!(", not a crash with {words:?}"),
            Expect::Any => ", and an answer or none was expected".into(),
        };
        let mark = if is_right { "ok" } else { "WRONG" };
        self.lines.push(format!("{mark}: {} => {said}{}", case.message.shown(self.kind), if is_right { "" } else { &wanted }));
        self.wrong += usize::from(!is_right);
        self.at += 1;
    }

    fn not_begun(&mut self, why: &str) {
        self.lines.push(format!("WRONG: it did not start: {why}"));
        self.wrong += 1;
    }
}

impl Actors {
    pub(super) fn test(&mut self, job: &mut Job, mut test: Test, came: Came<'_>, cx: &mut Cx<'_>) -> Option<Outcome> {
        match self.play(job.by.chat, job.step, &mut test, came, cx) {
            Next::Wait(step, call) => self.ask(job, Plan::Test(test), step, call),
            Next::Over if test.is_right() => Some(done(&test.summary(), &test.told())),
            Next::Over => Some(test_failed(&test)),
        }
    }

    /// From the step before a test to the step behind it.
    pub(super) fn play(&mut self, chat: ChatId, step: Step, test: &mut Test, came: Came<'_>, cx: &mut Cx<'_>) -> Next {
        match step {
            Step::Tree => match born(came) {
                Ok(tree) => self.tree_started(chat, tree, cx),
                Err(why) => {
                    test.not_begun(&why);
                    return Next::Over;
                }
            },
            Step::Born => match born(came) {
                Ok(child) => test.child = Some(child),
                Err(why) => {
                    test.not_begun(&why);
                    return Next::Over;
                }
            },
            Step::Said => {
                let is_over = matches!(came, Err(Settle::Exit(_)));
                test.heard(came);
                if is_over {
                    // A crash ends it, and a temporary child is not started again: what follows begins with a new one.
                    test.child = None;
                }
            }
            Step::Ended => return Next::Over,
            _ => {}
        }
        let Some(tree) = self.tree(chat) else { return Next::Wait(Step::Tree, self.start_tree(chat, cx)) };
        if test.child.is_some() || test.at >= test.cases.len() {
            return test.go_on(tree, cx);
        }
        self.tested += 1;
        test.id = format!("test {}", self.tested);
        let spec = ChildSpec::new(&test.id, &test.behaviour, test.args.clone()).restart(Restart::Temporary);
        Next::Wait(Step::Born, cx.call(tree, &Request::StartChild(spec).encode(), &[], WORK_MS))
    }
}

pub(super) fn test_failed(test: &Test) -> Outcome {
    let outcome = failed_with(&test.summary(), &test.lines.join("\n"));
    let first = test.lines.iter().find(|line| line.starts_with("WRONG")).map(|line| web::words::line(line, 160));
    let evidence = first.unwrap_or_else(|| test.summary());
    if test.lines.is_empty() { failed(&test.summary()) } else { Outcome { evidence, ..outcome } }
}
