//! The machine against scripted browsers: each case is a call, what the browser says to each request, and the whole transcript.
use super::{Drive, Input, Output, Probing};
use crate::web::sample;
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

const TAB: &str = r#"{"tab":7,"url":"https://shop.example/checkout","title":"Shop","loading":false}"#;
const LOADING: &str = r#"{"tab":7,"url":"https://shop.example/checkout","title":"Shop","loading":true}"#;
const LOST: &str = r#"{"err":{"kind":"lost"}}"#;
const DONE: &str = r#"{"status":"done","reached":true,"changed":{"dom":2}}"#;
const NOTHING: &str = r#"{"status":"done","reached":true,"changed":{}}"#;

const PAGE: &str = r#"
1 0 0 {"role":"heading","name":"Checkout","level":1}
2 0 0 {"role":"textbox","name":"Name","actionable":true}
3 0 0 {"role":"button","name":"Buy","actionable":true}
"#;

/// What the browser says or does next.
enum Say<'a> {
    /// The answer to a request that begins so.
    To(&'a str, String),
    Event(&'a str),
    Allow,
    Deny,
    Late,
    Cancel,
}
use Say::{Allow, Cancel, Deny, Event, Late};

fn to<'a>(request: &'a str, answer: &str) -> Say<'a> {
    Say::To(request, answer.to_string())
}

fn page<'a>(rows: &str) -> Say<'a> {
    Say::To("page snapshot", sample::answer(rows).to_string())
}

/// Another document, at another address.
fn elsewhere<'a>(rows: &str, url: &str) -> Say<'a> {
    let mut answer = sample::answer(rows);
    answer["doc"] = "d2".into();
    answer["url"] = url.into();
    Say::To("page snapshot", answer.to_string())
}

struct Run {
    drive: Drive,
    text: String,
    waiting: Option<String>,
    call: u32,
}

impl Run {
    /// A tab whose page was read once, so that ref_1 to ref_3 are known.
    fn new(probing: Probing) -> Run {
        let mut run = Run { drive: Drive::new(7, probing), text: String::new(), waiting: None, call: 0 };
        run.call("read_page", json!({}), &[to("tab", TAB), page(PAGE)]);
        run.text.clear();
        run
    }

    fn call(&mut self, tool: &str, input: Value, says: &[Say<'_>]) {
        self.call += 1;
        let origins = Vec::from(["https://shop.example".to_string()]);
        self.step(Input::Tool { effect: format!("e{}", self.call), tool: tool.into(), input: &input, origins });
        for say in says {
            let effect = format!("e{}", self.call);
            match say {
                Say::To(request, answer) => {
                    let asked = self.waiting.take().unwrap_or_default();
                    assert!(asked.starts_with(request), "expected {request}, asked {asked:?}\n{}", self.text);
                    let answer: Value = serde_json::from_str(answer).expect("an answer is JSON");
                    self.step(Input::Answer(&answer));
                }
                Say::Event(event) => {
                    let mut event: Value = serde_json::from_str(event).expect("an event is JSON");
                    if event["tab"].is_null() {
                        event["tab"] = 7.into();
                    }
                    self.text.push_str(&format!("< {}\n", event["event"].as_str().unwrap_or_default()));
                    self.step(Input::Host(&event));
                }
                Say::Allow => self.step(Input::Allowed { effect }),
                Say::Deny => self.step(Input::Denied { effect, reason: "denied by its owner".into() }),
                Say::Late => self.step(Input::Late),
                Say::Cancel => self.step(Input::Cancel { effect }),
            }
        }
    }

    fn step(&mut self, input: Input<'_>) {
        let mut out = Vec::new();
        self.drive.handle(input, &mut out);
        let bytes = postcard::to_allocvec(&self.drive).expect("the state can be kept");
        assert!(bytes.len() < 2_000, "the state stays small");
        self.drive = postcard::from_bytes(&bytes).expect("and read again");
        for output in out {
            let line = match output {
                Output::Ask { body, .. } | Output::Act { body, .. } => {
                    let asked = asked(&body);
                    self.waiting = Some(asked.clone());
                    format!("> {asked}")
                }
                Output::Tell { body } => format!("! {}", asked(&body)),
                Output::Need { need, .. } => format!("? {:?} {}", need.kind, need.value),
                Output::Wake { ms } => format!("> wake in {ms}"),
                Output::Finish(outcome) => {
                    let flags = [(outcome.error, " error"), (outcome.changed, " changed"), (outcome.step.is_some(), " step")];
                    let flags: String = flags.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
                    let verdict = serde_json::to_string(&outcome.verdict).expect("a word");
                    format!("= {}{flags}: {} / {}\n{}", verdict.trim_matches('"'), outcome.summary, outcome.evidence, outcome.text)
                }
                Output::Crash(why) => format!("= crash: {why}"),
                Output::Stop => "= stop".to_string(),
            };
            self.text.push_str(&line);
            self.text.push('\n');
        }
    }
}

fn asked(body: &Value) -> String {
    let op = body["op"].as_str().unwrap_or_default();
    let rest = match op {
        "page" => {
            let request = &body["request"];
            let what = [&request["act"], &request["effect"], &request["until"]]
                .into_iter()
                .filter(|value| !value.is_null())
                .map(ToString::to_string);
            let allow =
                request["allow"].as_array().filter(|allow| !allow.is_empty()).map(|allow| format!("allow {}", Value::from(allow.clone())));
            [request["do"].as_str().unwrap_or_default().to_string()].into_iter().chain(what).chain(allow).collect::<Vec<_>>().join(" ")
        }
        "fence" => body["origins"].to_string(),
        "navigate" => {
            format!("{}{} {}", body["url"].as_str().unwrap_or_default(), body["history"].as_str().unwrap_or_default(), body["effect"])
        }
        "probe" => body["effect"].to_string(),
        _ => String::new(),
    };
    format!("{op} {rest}").trim_end().to_string()
}

fn check(tool: &str, input: Value, says: &[Say<'_>], expected: Expect) {
    let mut run = Run::new(Probing::On);
    run.call(tool, input, says);
    expected.assert_eq(&run.text);
}

fn click() -> Value {
    json!({"ref": "ref_3"})
}

/// The requests up to the act.
fn until_act<'a>() -> Vec<Say<'a>> {
    [to("tab", TAB), to("fence", "{}"), page(PAGE)].into()
}

fn then<'a>(mut says: Vec<Say<'a>>, more: impl IntoIterator<Item = Say<'a>>) -> Vec<Say<'a>> {
    says.extend(more);
    says
}

mod acts;
mod grants;
mod lost;
mod tabs;
