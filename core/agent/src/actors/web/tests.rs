//! The web actor on a vat: a caller with two calls at once, a scripted chrome port.
use super::*;
use crate::web::sample;
use alloc::{boxed::Box, string::String};
use expect_test::{Expect, expect};
use peerd_vat::{Behaviour, Config, Input as In, Output as Out, PortId, SpawnOptions, Time, Vat};

const CHROME: PortId = PortId(1);
const TOLD: PortId = PortId(9);

/// Spawns a web actor, calls it twice, allows what it is asked, and tells what came back.
struct Caller;

impl Behaviour for Caller {
    fn name(&self) -> &'static str {
        "caller"
    }

    fn init(&mut self, _args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let &[chrome, told] = cx.refs() else { return Err(Crash::new("bad_args", "two ports")) };
        let web = cx.spawn(SpawnOptions::new(Web::NAME, br#"{"tab":7}"#).refs(&[chrome, cx.me()]).monitored());
        cx.send_with(told, b"web", &[web]);
        for (effect, tool, input) in [("e1", "navigate", json!({"url": "https://other.example"})), ("e2", "screenshot", json!({}))] {
            let origins = Vec::from(["https://shop.example".into()]);
            let tool = ToWeb::Tool { effect: effect.into(), tool: tool.into(), input, origins, trace: None, begun: false };
            call_json(cx, web, &tool, &[cx.me()], 100_000);
        }
        cx.become_state(&postcard_of(&(web, told)));
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let (web, told): (Ref, Ref) = postcard::from_bytes(cx.state()).expect("it was kept at init");
        match event {
            Event::Reply { result: Ok(answer), .. } => {
                let outcome: crate::outcome::Outcome = body(answer.body)?;
                cx.send(told, format!("{:?}: {}", outcome.verdict, outcome.evidence).as_bytes());
            }
            Event::Reply { result: Err(settle), .. } => cx.send(told, format!("{settle}").as_bytes()),
            Event::User { body: bytes, reply, .. } => match body(bytes)? {
                ToChat::Need { effect, need } => {
                    cx.send(told, format!("asked for {}", need.value).as_bytes());
                    send_json(cx, web, &ToWeb::Allowed { effect });
                }
                ToChat::Dispatch { effect, .. } => {
                    cx.send(told, format!("notes {effect}").as_bytes());
                    if let Some(reply) = reply {
                        reply_json(cx, reply, &json!({}));
                    }
                }
                _ => {}
            },
            Event::Down { reason, .. } => cx.send(told, format!("down: {reason}").as_bytes()),
            _ => {}
        }
        Ok(())
    }
}

fn postcard_of<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_allocvec(value).expect("refs can be kept")
}

/// Answers each request by `answer`; after the request named in `event`, the event comes instead of an answer.
fn check(event: Option<(&str, Value)>, expected: Expect) {
    let mut vat = Vat::new(Config::default(), Vec::from([Box::new(Caller) as Box<dyn Behaviour>, crate::actors::entry::<Web>()]));
    let (mut out, mut text, mut web) = (Vec::new(), String::new(), None);
    let boot = In::Boot { behaviour: "caller".into(), args: Vec::new(), refs: Vec::from([vat.port(CHROME), vat.port(TOLD)]) };
    vat.handle(Time(0), boot, &mut out).expect("it boots");
    for now in 0..200 {
        vat.run(Time(now * 100), 1_000, &mut out);
        for output in core::mem::take(&mut out) {
            match output {
                Out::Port { port: TOLD, body, refs, .. } if refs.is_empty() => {
                    text.push_str(&format!("{}\n", String::from_utf8_lossy(&body)))
                }
                Out::Port { port: TOLD, refs, .. } => web = refs.first().copied(),
                Out::Port { port: CHROME, reply: Some(reply), body, .. } => {
                    let request: Value = serde_json::from_slice(&body).expect("a request is JSON");
                    let op = request["op"].as_str().unwrap_or_default();
                    text.push_str(&format!("> {op}\n"));
                    let input = match &event {
                        Some((on, event)) if *on == op => {
                            let body = json_bytes(&ToWeb::Host { event: event.clone() });
                            In::Message { to: web.expect("it was told"), body, refs: Vec::new() }
                        }
                        _ => In::Reply { to: reply, body: json_bytes(&answer(op)) },
                    };
                    vat.handle(Time(now * 100), input, &mut out).expect("there is room");
                }
                Out::Report(report) => text.push_str(&format!("report: {}\n", peerd_otp::crash_report::line(&report, 200))),
                _ => {}
            }
        }
    }
    expected.assert_eq(&text);
    assert!(vat.counters().balance());
}

fn answer(op: &str) -> Value {
    match op {
        "tab" => json!({"tab": 7, "url": "https://shop.example/checkout", "title": "", "loading": false}),
        "screenshot" => json!({"mime": "image/jpeg", "data": "AAAA"}),
        "page" => {
            let mut page = sample::answer(sample::SHOP);
            page["url"] = "https://other.example/".into();
            page
        }
        _ => json!({}),
    }
}

#[test]
fn a_second_call_waits_for_the_first() {
    check(
        None,
        expect![[r#"
            > tab
            asked for https://other.example
            > fence
            notes e1
            > navigate
            > tab
            Failed: no page came of it; it may be a download, or the server gave nothing
            > tab
            > screenshot
            Done: a picture of the visible page
        "#]],
    );
}

#[test]
fn a_crashed_page_is_a_crash_of_its_actor() {
    check(
        Some(("tab", json!({"event": "crashed", "tab": 7}))),
        expect![[r#"
            > tab
            report: 2.100 web (1.1, life 1): crashed "the page crashed at ", handling a message of 46 bytes
            exit(crashed "the page crashed at ")
            exit(crashed "the page crashed at ")
            down: crashed "the page crashed at "
        "#]],
    );
}

#[test]
fn a_closed_tab_ends_its_actor_in_order() {
    check(
        Some(("fence", json!({"event": "tab_closed", "tab": 7}))),
        expect![[r#"
            > tab
            asked for https://other.example
            > fence
            Failed: the tab was closed by its owner
            exit(normal)
            down: normal
        "#]],
    );
}
