//! Tries, waits and ends of one logical call, on a clock of its own.
use super::{chunks, events, provider, request, tell, tell_reply};
use crate::model::{
    Exchange, HttpRequest, Message, Now, Role,
    exchange::{Action, Input, Limits},
};
use crate::view::{Dialect, Provider};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use expect_test::{Expect, expect};
use serde_json::json;

/// A world of one exchange: its timer rings when it is due, its bytes are as scripted.
struct World {
    now: Now,
    exchange: Exchange,
    timer: Option<u64>,
    bodies: Vec<HttpRequest>,
    told: String,
}

impl World {
    fn new(dialect: Dialect) -> World {
        World::of(&provider(dialect))
    }

    fn of(provider: &Provider) -> World {
        let now = Now { ms: 1_000, wall_ms: 784_111_770_000 };
        let mut out = Vec::new();
        let exchange = Exchange::start(now, &request(), provider, Limits::default(), 7, 42, &mut out);
        let mut world = World { now, exchange, timer: None, bodies: Vec::new(), told: String::new() };
        world.obey(out);
        world
    }

    fn obey(&mut self, actions: Vec<Action>) {
        for action in actions {
            let line = match action {
                Action::Fetch { fetch, request } => {
                    self.bodies.push(request);
                    format!("fetch {fetch}\n")
                }
                Action::Abort { fetch } => format!("abort {fetch}\n"),
                Action::Timer { after_ms } => {
                    self.timer = Some(self.now.ms + after_ms);
                    continue;
                }
                Action::Emit(event) => tell(&event),
                Action::Done(Ok(reply)) => tell_reply(&reply),
                Action::Done(Err(failure)) => {
                    let partial = if failure.partial.is_empty() { String::new() } else { format!(" after {:?}", failure.partial) };
                    format!("{:?} {:?}, tries {}{partial}: {}\n", failure.kind, failure.status, failure.tries, failure.text)
                }
            };
            self.told.push_str(&format!("{} > {line}", self.now.ms - 1_000));
        }
    }

    fn input(&mut self, input: Input) -> &mut Self {
        let mut out = Vec::new();
        let state = postcard::to_allocvec(&self.exchange).expect("state is plain data");
        self.exchange = postcard::from_bytes(&state).expect("as written");
        self.exchange.handle(self.now, input, &mut out);
        self.obey(out);
        self
    }

    fn head(&mut self, fetch: u64, status: u16, headers: &[(&str, &str)]) -> &mut Self {
        let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        self.input(Input::Head { fetch, status, headers })
    }

    fn refuse(&mut self, fetch: u64, status: u16, headers: &[(&str, &str)], body: &str) -> &mut Self {
        self.head(fetch, status, headers).chunk(fetch, body).input(Input::End { fetch })
    }

    fn chunk(&mut self, fetch: u64, text: &str) -> &mut Self {
        self.input(Input::Chunk { fetch, bytes: text.as_bytes().to_vec() })
    }

    fn error(&mut self, fetch: u64, text: &str) -> &mut Self {
        self.input(Input::Error { fetch, text: text.into() })
    }

    /// Lets time pass until nothing rings any more before then.
    fn wait(&mut self, ms: u64) -> &mut Self {
        let until = self.now.ms + ms;
        while let Some(due) = self.timer.filter(|due| *due <= until) {
            self.now.ms = due;
            self.timer = None;
            self.input(Input::Timer);
        }
        self.now.ms = until;
        self
    }

    fn check(&self, expect: Expect) {
        expect.assert_eq(&self.told);
        assert!(self.bodies.windows(2).all(|pair| pair[0] == pair[1]), "all tries send the same bytes");
    }
}

fn answer() -> String {
    let delta = json!({"id": "g", "choices": [{"delta": {"content": "Hello"}, "finish_reason": null}]});
    let end = json!({"id": "g", "choices": [{"delta": {}, "finish_reason": "stop"}]});
    format!("{}data: [DONE]\n\n", chunks(&[delta, end]))
}

fn begin() -> String {
    chunks(&[
        json!({"id": "g", "choices": [{"delta": {"content": "Hel", "tool_calls": [{"id": "a", "function": {"name": "find", "arguments": "{}"}}]}}]}),
    ])
}

fn openai() -> World {
    World::new(Dialect::OpenaiChat)
}

#[test]
fn a_pause_asked_for_is_kept_then_the_same_bytes_go_out() {
    let mut world = openai();
    world.refuse(7, 429, &[("retry-after", "2")], "{\"error\":{\"message\":\"slow down\"}}").wait(1_999).wait(1);
    world.refuse(8, 529, &[("retry-after-ms", "700")], "").wait(700);
    world.head(9, 200, &[("content-type", "text/event-stream")]).chunk(9, &answer());
    world.check(expect![[r#"
        0 > fetch 7
        0 > retry 2 of 3 in 2000 ms: Acme asks for a pause: too many requests. It said: "slow down".
        2000 > fetch 8
        2000 > retry 3 of 3 in 700 ms: Acme is overloaded.
        2700 > fetch 9
        2700 > start ""
        2700 > text "Hello"
        2700 > reply "g" of "", end; in 0, out 0, cache read 0 write 0, reasoning 0
          "Hello"
    "#]]);
}

#[test]
fn the_third_try_is_the_last() {
    let mut world = openai();
    for fetch in 7..10 {
        world.refuse(fetch, 503, &[], "<html>busy</html>").wait(10_000);
    }
    world.check(expect![[r#"
        0 > fetch 7
        0 > retry 2 of 3 in 462 ms: Acme has a problem of its own (503). It said: "(a web page)".
        462 > fetch 8
        10000 > retry 3 of 3 in 959 ms: Acme has a problem of its own (503). It said: "(a web page)".
        10959 > fetch 9
        20000 > Server Some(503), tries 3: Acme has a problem of its own (503). It said: "(a web page)".
    "#]]);
}

#[test]
fn a_server_that_asks_for_an_hour_is_given_up_on() {
    openai().refuse(7, 429, &[("retry-after", "3600")], "").wait(4_000_000).check(expect![[r#"
        0 > fetch 7
        0 > RateLimit Some(429), tries 1: Acme asks for a pause: too many requests. It asks to wait 3600 s, which is too long.
    "#]]);
}

#[test]
fn what_trying_cannot_help_is_tried_once() {
    for (status, expect) in [
        (
            400,
            expect![[r#"
        0 > fetch 7
        0 > Request Some(400), tries 1: Acme refused the request (400). It said: "no".
    "#]],
        ),
        (
            401,
            expect![[r#"
        0 > fetch 7
        0 > Key Some(401), tries 1: Acme refused the key. It said: "no". Check it in the settings.
    "#]],
        ),
        (
            403,
            expect![[r#"
        0 > fetch 7
        0 > Key Some(403), tries 1: Acme does not allow this (403). It said: "no". Check the key's rights in the settings.
    "#]],
        ),
        (
            404,
            expect![[r#"
        0 > fetch 7
        0 > Request Some(404), tries 1: Acme does not know this model or address (404). It said: "no".
    "#]],
        ),
        (
            422,
            expect![[r#"
        0 > fetch 7
        0 > Request Some(422), tries 1: Acme refused the request (422). It said: "no".
    "#]],
        ),
        (
            302,
            expect![[r#"
        0 > fetch 7
        0 > Request Some(302), tries 1: Acme wants to send the request to another address. peerd follows no redirects: enter the final address.
    "#]],
        ),
    ] {
        let mut world = openai();
        world.refuse(7, status, &[("x-should-retry", "true"), ("location", "https://evil.example/")], "{\"error\":{\"message\":\"no\"}}");
        world.wait(1_000_000).check(expect);
    }
}

#[test]
fn a_local_server_that_shuts_us_out_is_the_doctors_case_and_may_take_longer() {
    let local = Provider { needs_key: false, base: "http://127.0.0.1:11434/v1".into(), ..provider(Dialect::OpenaiChat) };
    World::of(&local).refuse(7, 403, &[], "").check(expect![[r#"
        0 > fetch 7
        0 > Request Some(403), tries 1: Acme does not let peerd in (403). The doctor in the settings says what to set.
    "#]]);
    World::of(&local).wait(1_000_000).check(expect![[r#"
        0 > fetch 7
        120000 > abort 7
        120000 > Stalled None, tries 1: Acme did not answer within 120 s.
    "#]]);
}

#[test]
fn a_refusal_without_an_end_is_not_waited_for() {
    openai().head(7, 400, &[]).chunk(7, "{\"error\":\"no\"}").wait(60_000).check(expect![[r#"
        0 > fetch 7
        5000 > abort 7
        5000 > Request Some(400), tries 1: Acme refused the request (400). It said: "no".
    "#]]);
}

#[test]
fn no_connection_is_tried_again_and_nothing_after_the_first_word() {
    let mut world = openai();
    world.error(7, "net::ERR_CONNECTION_REFUSED").wait(8_000);
    world.head(8, 200, &[]).chunk(8, &begin()).error(8, "net::ERR_NETWORK_CHANGED").wait(100_000);
    world.check(expect![[r#"
        0 > fetch 7
        0 > retry 2 of 3 in 462 ms: Acme can't be reached (net::ERR_CONNECTION_REFUSED).
        462 > fetch 8
        8000 > start ""
        8000 > text "Hel"
        8000 > tool find "a"
        8000 > Transport None, tries 2 after "Hel": Acme broke off (net::ERR_NETWORK_CHANGED).
    "#]]);
}

#[test]
fn an_empty_answer_is_tried_again_and_a_cut_one_is_not() {
    let mut world = openai();
    world.head(7, 200, &[]).input(Input::End { fetch: 7 }).wait(500);
    world.head(8, 200, &[]).chunk(8, &begin()).input(Input::End { fetch: 8 }).wait(100_000);
    world.check(expect![[r#"
        0 > fetch 7
        0 > retry 2 of 3 in 462 ms: Acme's answer was cut off.
        462 > fetch 8
        500 > start ""
        500 > text "Hel"
        500 > tool find "a"
        500 > Truncated None, tries 2 after "Hel": Acme's answer was cut off.
    "#]]);
}

#[test]
fn an_error_event_before_the_first_word_is_tried_again() {
    let mut world = World::new(Dialect::Anthropic);
    let start = json!({"type": "message_start", "message": {"id": "m"}});
    let error = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    world.head(7, 200, &[]).chunk(7, &events(&[start, error])).wait(500);
    world.check(expect![[r#"
        0 > fetch 7
        0 > start ""
        0 > abort 7
        0 > retry 2 of 3 in 462 ms: Acme broke off. It said: "Overloaded".
        462 > fetch 8
    "#]]);
}

#[test]
fn each_part_has_its_limit() {
    openai().wait(1_000_000).check(expect![[r#"
        0 > fetch 7
        45000 > abort 7
        45000 > Stalled None, tries 1: Acme did not answer within 45 s.
    "#]]);
    openai().head(7, 200, &[]).wait(60_000).chunk(7, ": still here\n").wait(1_000_000).check(expect![[r#"
        0 > fetch 7
        120000 > abort 7
        120000 > Stalled None, tries 1: Acme sent no word of an answer within 120 s.
    "#]]);
    let mut stalled = openai();
    stalled.head(7, 200, &[]).wait(100_000).chunk(7, &begin()).wait(59_999).chunk(7, ": still here\n").wait(1_000_000);
    stalled.check(expect![[r#"
        0 > fetch 7
        100000 > start ""
        100000 > text "Hel"
        100000 > tool find "a"
        219999 > abort 7
        219999 > Stalled None, tries 1 after "Hel": Acme stopped sending in the middle of its answer: nothing for 60 s.
    "#]]);
}

#[test]
fn a_whole_answer_does_not_wait_for_its_usage() {
    let whole = answer().replace("data: [DONE]\n\n", "");
    openai().head(7, 200, &[]).chunk(7, &whole).wait(1_000_000).check(expect![[r#"
        0 > fetch 7
        0 > start ""
        0 > text "Hello"
        5000 > abort 7
        5000 > reply "g" of "", end; in 0, out 0, cache read 0 write 0, reasoning 0
          "Hello"
    "#]]);
    openai().head(7, 200, &[]).chunk(7, &whole).error(7, "reset").check(expect![[r#"
        0 > fetch 7
        0 > start ""
        0 > text "Hello"
        0 > reply "g" of "", end; in 0, out 0, cache read 0 write 0, reasoning 0
          "Hello"
    "#]]);
}

#[test]
fn stop_aborts_at_once_and_late_bytes_do_not_count() {
    let mut world = openai();
    world.head(7, 200, &[]).chunk(7, &begin()).wait(10).input(Input::Cancel).chunk(7, &answer()).input(Input::Cancel).wait(1_000_000);
    world.check(expect![[r#"
        0 > fetch 7
        0 > start ""
        0 > text "Hel"
        0 > tool find "a"
        10 > abort 7
        10 > Cancelled None, tries 1 after "Hel": Stopped.
    "#]]);
    let mut waiting = openai();
    waiting.error(7, "reset").input(Input::Cancel).wait(1_000_000);
    waiting.check(expect![[r#"
        0 > fetch 7
        0 > retry 2 of 3 in 462 ms: Acme can't be reached (reset).
        0 > Cancelled None, tries 1: Stopped.
    "#]]);
}

#[test]
fn events_of_an_older_try_do_not_count() {
    let mut world = openai();
    world.error(7, "reset").wait(500).head(7, 401, &[]).chunk(7, "x").error(7, "again").head(8, 200, &[]).chunk(8, &answer());
    world.check(expect![[r#"
        0 > fetch 7
        0 > retry 2 of 3 in 462 ms: Acme can't be reached (reset).
        462 > fetch 8
        500 > start ""
        500 > text "Hello"
        500 > reply "g" of "", end; in 0, out 0, cache read 0 write 0, reasoning 0
          "Hello"
    "#]]);
}

#[test]
fn what_the_host_itself_refuses_is_said_plainly_and_once() {
    openai().error(7, "locked").wait(100_000).check(expect![[r#"
        0 > fetch 7
        0 > Locked None, tries 1: The keys are locked: unlock them with your passphrase.
    "#]]);
    openai().error(7, "redirect").wait(100_000).check(expect![[r#"
        0 > fetch 7
        0 > Request Some(302), tries 1: Acme wants to send the request to another address. peerd follows no redirects: enter the final address.
    "#]]);
    openai().error(7, "bad_key").wait(100_000).check(expect![[r#"
        0 > fetch 7
        0 > Key None, tries 1: The key for Acme can't be used: paste it again in the settings.
    "#]]);
    openai().error(7, "no_key").wait(100_000).check(expect![[r#"
        0 > fetch 7
        0 > Key None, tries 1: There is no key for Acme yet: paste one in the settings.
    "#]]);
}

#[test]
fn a_body_that_is_no_stream_is_read_for_its_error() {
    let json = [("content-type", "application/json; charset=utf-8")];
    openai().refuse(7, 200, &json, "{\"error\":{\"code\":402,\"message\":\"no credit\"}}").check(expect![[r#"
        0 > fetch 7
        0 > Credit None, tries 1: There is no credit left at Acme. It said: "no credit".
    "#]]);
    openai().refuse(7, 200, &json, "{\"choices\":[]}").check(expect![[r#"
        0 > fetch 7
        0 > Malformed None, tries 1: Acme sent no stream of events, though asked for one.
    "#]]);
    openai().head(7, 200, &[]).chunk(7, "<html>no line's end").input(Input::End { fetch: 7 }).check(expect![[r#"
        0 > fetch 7
        0 > Malformed None, tries 1: Acme sent no event stream but this: "<html>no line's end".
    "#]]);
    openai().head(7, 200, &[]).chunk(7, "<!doctype html>\n").check(expect![[r#"
        0 > fetch 7
        0 > abort 7
        0 > Malformed None, tries 1: Acme sent no event stream but this: "<!doctype html>".
    "#]]);
}

#[test]
fn a_call_never_takes_an_id_of_the_history() {
    let mut request = request();
    request.messages.extend(super::round("a"));
    request.messages.push(Message::says(Role::User, "again"));
    let mut out = Vec::new();
    let mut exchange = Exchange::start(Now::default(), &request, &provider(Dialect::OpenaiChat), Limits::default(), 1, 1, &mut out);
    let end = chunks(&[json!({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]})]);
    exchange.handle(Now::default(), Input::Head { fetch: 1, status: 200, headers: Vec::new() }, &mut out);
    out.clear();
    exchange.handle(Now::default(), Input::Chunk { fetch: 1, bytes: (begin() + &end).into_bytes() }, &mut out);
    exchange.handle(Now::default(), Input::End { fetch: 1 }, &mut out);
    let Some(Action::Done(Ok(reply))) = out.last() else { panic!("an answer: {out:?}") };
    assert_eq!(reply.calls().next().map(|call| call.id.as_str()), Some("a_2"));
}
