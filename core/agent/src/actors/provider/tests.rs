//! The provider on a real vat: who may ask, what leaves, what Stop does.
use super::{
    super::{
        Actor, body, entry, json_bytes,
        wire::{Engine, ToProvider},
    },
    Provider,
};
use crate::{
    model::Request,
    view::{ChatId, Dialect, DoctorReport},
};
use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_vat::{Config, Crash, Cx, Event, Input as VatInput, Output, PortId, Ref, SpawnOptions, Time, Vat};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const HTTP: PortId = PortId(2);
const PANEL: PortId = PortId(4);
/// Where the chat tells what reached it.
const EARS: PortId = PortId(9);

/// Stands for a chat: passes on what the test says, and tells what it hears.
#[derive(Serialize, Deserialize)]
struct Chat {
    provider: Ref,
    ears: Ref,
}

impl Actor for Chat {
    const NAME: &'static str = "chat_double";

    fn init(_args: &[u8], cx: &mut Cx<'_>) -> Result<Self, Crash> {
        let &[http, panel, ears] = cx.refs() else { return Err(Crash::new("bad_args", "three ports")) };
        let provider = cx.spawn(SpawnOptions::new(Provider::NAME, &[]).refs(&[http, panel]));
        Ok(Chat { provider, ears })
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body: bytes, .. } => match body::<ToProvider>(bytes) {
                Ok(ToProvider::Cancel { .. }) => cx.send(self.provider, bytes),
                Ok(ToProvider::Ask { .. } | ToProvider::Doctor { .. }) => {
                    cx.call(self.provider, bytes, &[cx.me()], peerd_vat::INFINITY_MS);
                }
                Err(_) => cx.send(self.ears, bytes),
            },
            Event::Reply { result, .. } => match result {
                Ok(answer) => cx.send(self.ears, answer.body),
                Err(settle) => cx.send(self.ears, format!("settled {settle:?}").as_bytes()),
            },
            Event::Down { .. } | Event::Exit { .. } | Event::Timer { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }
}

struct World {
    vat: Vat,
    now: u64,
    /// The provider, as the http port knows it.
    provider: Option<Ref>,
    /// The first fetch's number is 1 in what is told.
    fetches: BTreeMap<u64, usize>,
    told: Vec<String>,
}

impl World {
    fn new() -> World {
        let mut vat = Vat::new(Config::default(), Vec::from([entry::<Provider>(), entry::<Chat>()]));
        let refs = [HTTP, PANEL, EARS].map(|port| vat.port(port)).to_vec();
        let mut out = Vec::new();
        vat.handle(Time(0), VatInput::Entropy { seed: 5 }, &mut out).expect("taken");
        vat.handle(Time(0), VatInput::Boot { behaviour: Chat::NAME.into(), args: Vec::new(), refs }, &mut out).expect("taken");
        let mut world = World { vat, now: 0, provider: None, fetches: BTreeMap::new(), told: Vec::new() };
        world.run();
        world
    }

    fn run(&mut self) {
        let mut out = Vec::new();
        while !self.vat.run(Time(self.now), 1_000, &mut out).idle {}
        for output in out {
            match output {
                Output::Port { port, body, refs, .. } => self.heard(port, &body, &refs),
                Output::Report(report) => panic!("{report:?}"),
                _ => {}
            }
        }
    }

    fn heard(&mut self, port: PortId, body: &[u8], refs: &[Ref]) {
        if port == EARS {
            let text = core::str::from_utf8(body).expect("text");
            return self.told.push(format!("{} chat {text}", self.now));
        }
        let value: Value = serde_json::from_slice(body).expect("JSON");
        if port == PANEL {
            return self.told.push(format!("{} panel {value}", self.now));
        }
        self.provider = refs.first().copied().or(self.provider);
        let number = value["fetch"].as_u64().expect("a number");
        let count = self.fetches.len();
        let n = *self.fetches.entry(number).or_insert(count + 1);
        let request = &value["request"];
        let what = match value["op"].as_str() {
            Some("fetch") => format!("{} {}", request["method"].as_str().unwrap_or("?"), request["url"].as_str().unwrap_or("?")),
            other => other.unwrap_or("?").to_string(),
        };
        self.told.push(format!("{} http {n} {what}", self.now));
    }

    fn say(&mut self, message: &ToProvider) -> &mut Self {
        let to = self.vat.root().expect("booted");
        self.input(to, json_bytes(message))
    }

    fn input(&mut self, to: Ref, body: Vec<u8>) -> &mut Self {
        self.vat.handle(Time(self.now), VatInput::Message { to, body, refs: Vec::new() }, &mut Vec::new()).expect("taken");
        self.run();
        self
    }

    fn http(&mut self, n: usize, mut event: Value) -> &mut Self {
        let number = self.fetches.iter().find(|(_, known)| **known == n).map(|(number, _)| *number);
        event["fetch"] = json!(number.expect("was fetched"));
        let to = self.provider.expect("fetched once");
        self.input(to, json_bytes(&event))
    }

    fn head(&mut self, n: usize, status: u16) -> &mut Self {
        self.http(n, json!({"head": {"status": status, "headers": [["content-type", "text/event-stream"]]}}))
    }

    fn chunk(&mut self, n: usize, text: &str) -> &mut Self {
        self.http(n, json!({"chunk": text}))
    }

    fn wait(&mut self, ms: u64) -> &mut Self {
        let until = self.now + ms;
        while let Some(due) = self.vat.wake_at().filter(|due| due.0 <= until) {
            self.now = self.now.max(due.0);
            self.run();
        }
        self.now = until;
        self
    }

    /// What happened since the last check; whole answers are cut to their first words.
    fn check(&mut self, expect: &[&str]) -> &mut Self {
        let told: Vec<String> = core::mem::take(&mut self.told);
        assert_eq!(told.len(), expect.len(), "{told:#?}");
        for (told, expect) in told.iter().zip(expect) {
            assert!(told.starts_with(expect), "{told}\n{expect}");
        }
        self
    }
}

fn ask(chat: ChatId, base: &str) -> ToProvider {
    let provider = crate::view::Provider {
        id: "acme".into(),
        label: "Acme".into(),
        dialect: Dialect::OpenaiChat,
        base: base.into(),
        models: Vec::new(),
        needs_key: true,
        has_key: true,
        price_in: None,
        price_out: None,
    };
    let engine = Engine { provider, model: "m".into(), limits: crate::view::Limits::default() };
    let request = Request { messages: Vec::from([crate::model::Message::says(crate::model::Role::User, "hi")]), ..Request::default() };
    ToProvider::Ask { chat, index: 3, engine, request: serde_json::to_value(request).expect("plain data") }
}

const BASE: &str = "https://acme.example/v1";
const HELLO: &str = "data: {\"id\":\"g\",\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\n";
const END: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
const FETCH: &str = "POST https://acme.example/v1/chat/completions";

fn first() -> String {
    format!("0 http 1 {FETCH}")
}

#[test]
fn words_stream_to_the_panel_and_the_reply_to_the_chat() {
    let mut world = World::new();
    world.say(&ask(1, BASE)).check(&[&first()]);
    world.head(1, 200).chunk(1, HELLO).check(&["0 panel {\"Delta\":{\"chat\":1,\"index\":3,\"text\":\"Hello\"}}"]);
    world.chunk(1, END).check(&["0 chat {\"Ok\":{\"id\":\"g\""]);
    world.http(1, json!({"end": true})).wait(1_000_000).check(&[]);
}

#[test]
fn a_stream_left_open_is_closed() {
    let mut world = World::new();
    world.say(&ask(1, BASE)).head(1, 200).chunk(1, END).wait(10_000);
    world.check(&[&first(), "0 chat {\"Ok\":", "2000 http 1 abort"]);
}

#[test]
fn words_after_the_last_one_close_the_stream() {
    let mut world = World::new();
    world.say(&ask(1, BASE)).head(1, 200).chunk(1, END).chunk(1, HELLO).wait(10_000);
    world.check(&[&first(), "0 chat {\"Ok\":", "0 http 1 abort"]);
}

#[test]
fn stop_aborts_the_fetch_in_the_same_turn() {
    let mut world = World::new();
    world.say(&ask(1, BASE)).head(1, 200).chunk(1, HELLO).wait(10).say(&ToProvider::Cancel { chat: 1 });
    world.check(&[&first(), "0 panel", "10 http 1 abort", "10 chat {\"Err\":{\"kind\":\"Cancelled\""]);
    world.say(&ToProvider::Cancel { chat: 1 }).wait(1_000_000).check(&[]);
}

#[test]
fn thinking_is_told_once() {
    let thought = "data: {\"choices\":[{\"delta\":{\"reasoning\":\"Hm\"}}]}\n\n";
    let mut world = World::new();
    world.say(&ask(1, BASE)).head(1, 200).chunk(1, thought).chunk(1, thought);
    world.check(&[&first(), "0 chat {\"Progress\":{\"line\":\"the model thinks\"}}"]);
}

#[test]
fn a_stop_of_one_chat_leaves_the_others() {
    let mut world = World::new();
    world.say(&ask(1, BASE)).say(&ask(2, BASE)).say(&ToProvider::Cancel { chat: 2 });
    let second = format!("0 http 2 {FETCH}");
    world.check(&[&first(), &second, "0 http 2 abort", "0 chat {\"Err\":{\"kind\":\"Cancelled\""]);
    world.head(1, 200).chunk(1, END).check(&["0 chat {\"Ok\":"]);
}

#[test]
fn a_second_question_takes_the_place_of_the_first() {
    let mut world = World::new();
    world.say(&ask(1, BASE)).say(&ask(1, BASE));
    let second = format!("0 http 2 {FETCH}");
    world.check(&[&first(), "0 http 1 abort", &second, "0 chat {\"Err\":{\"kind\":\"Cancelled\""]);
}

#[test]
fn a_busy_server_is_asked_again_and_the_chat_hears_why() {
    let mut world = World::new();
    world.say(&ask(1, BASE)).http(1, json!({"head": {"status": 429, "headers": [["retry-after", "2"]]}})).http(1, json!({"end": true}));
    let progress = "0 chat {\"Progress\":{\"line\":\"retry 2 of 3 in 2 s: Acme asks for a pause";
    let again = format!("2000 http 2 {FETCH}");
    world.wait(3_000).check(&[&first(), progress, &again]);
    world.head(2, 200).chunk(2, END).check(&["3000 chat {\"Ok\":"]);
}

#[test]
fn no_redirect_is_followed() {
    let mut world = World::new();
    world.say(&ask(1, BASE));
    world.http(1, json!({"head": {"status": 307, "headers": [["location", "https://evil.example/"]]}})).http(1, json!({"end": true}));
    world.wait(1_000_000).check(&[&first(), "0 chat {\"Err\":{\"kind\":\"Request\""]);
}

#[test]
fn an_address_that_is_none_is_never_fetched() {
    for base in ["https://acme.example@evil.example", "ftp://acme.example", "acme.example", ""] {
        World::new().say(&ask(1, base)).wait(1_000_000).check(&["0 chat {\"Err\":{\"kind\":\"Request\""]);
    }
}

#[test]
fn events_of_an_earlier_life_are_aborted() {
    let mut world = World::new();
    world.say(&ask(1, BASE));
    let provider = world.provider.expect("fetched once");
    world.input(provider, json_bytes(&json!({"fetch": 77, "chunk": "x"}))).check(&[&first(), "0 http 2 abort"]);
}

#[test]
fn the_doctor_lists_asks_and_reports() {
    let base = "http://127.0.0.1:11434/v1";
    let mut world = World::new();
    world.say(&ToProvider::Doctor { base: base.into() }).check(&["0 http 1 GET http://127.0.0.1:11434/v1/models"]);
    world.head(1, 200).chunk(1, "{\"data\":[{\"id\":\"qwen\"}]}").http(1, json!({"end": true}));
    world.check(&["0 http 2 POST http://127.0.0.1:11434/v1/chat/completions"]);
    world.head(2, 200).chunk(2, "{\"choices\":[{}]}").http(2, json!({"end": true}));
    let report = DoctorReport { found: true, models: Vec::from(["qwen".into()]), advice: String::new() };
    let report = format!("0 chat {}", serde_json::to_string(&report).expect("plain data"));
    world.wait(1_000_000).check(&[&report]);
}

#[test]
fn the_doctor_does_not_wait_for_ever() {
    let mut world = World::new();
    world.say(&ToProvider::Doctor { base: "http://127.0.0.1:11434/v1".into() }).wait(1_000_000);
    world.check(&["0 http 1 GET", "15000 http 1 abort", "15000 chat {\"found\":false,\"models\":[],\"advice\":\"Nothing answers"]);
}
