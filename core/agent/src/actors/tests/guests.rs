//! Actors that an agent makes, from their class to their end. The host of this test compiles nothing: code is the name of a native guest.
use super::*;
use crate::view::Power;
use peerd_actor::{
    prelude::*,
    wire::{Header, Kind},
};
use peerd_metered::{Class, Engine, Input as Turn, Limits, Native, Outcome, Product};
use peerd_vat::Activity;

mod withheld;

/// JSON, as a guest has it.
struct Json(String);

impl Message for Json {
    fn put(&self, to: &mut peerd_actor::Writer<'_>) {
        to.bytes(self.0.as_bytes());
    }

    fn get(from: &mut peerd_actor::Reader<'_>) -> Option<Json> {
        let mut bytes = Vec::new();
        while let Some([byte]) = from.array::<1>() {
            bytes.push(byte);
        }
        String::from_utf8(bytes).ok().map(Json)
    }
}

struct Asked(Json, Option<Reply<Json>>);

impl Message for Asked {
    fn put(&self, to: &mut peerd_actor::Writer<'_>) {
        self.0.put(to);
    }

    fn get(from: &mut peerd_actor::Reader<'_>) -> Option<Asked> {
        Some(Asked(Json::get(from)?, Reply::get(from)))
    }
}

fn told(total: u64, message: Asked, cx: &mut dyn FnMut(Reply<Json>, &Json)) -> Result<u64, Crash> {
    let total = match &*message.0.0 {
        "\"get\"" => total,
        text => {
            total
                + text.parse::<u64>().map_err(|_| Crash::new("bad_input", format!("{text} is no number (counter.js, line 3, column 7)")))?
        }
    };
    if let Some(reply) = message.1 {
        cx(reply, &Json(total.to_string()));
    }
    Ok(total)
}

#[derive(Message)]
struct Counter {
    total: u64,
}

#[actor]
impl peerd_actor::Actor for Counter {
    const NAME: &'static str = "counter";
    type Args = Json;
    type Message = Asked;

    fn init(Json(args): Json, _: &mut Context<'_, Counter>) -> Result<Counter, Crash> {
        match &*args {
            "\"broken\"" => Err(Crash::new("bad_args", "it begins with nothing (counter.js, line 1, column 1)")),
            args => Ok(Counter { total: args.parse().unwrap_or(0) }),
        }
    }

    fn handle(&mut self, message: Asked, cx: &mut Context<'_, Counter>) -> Result<(), Crash> {
        self.total = told(self.total, message, &mut |reply, answer| cx.reply(reply, answer))?;
        Ok(())
    }
}

/// It answers twice as much, and takes over what the first one counted.
#[derive(Message)]
struct Double {
    total: u64,
    version: u32,
}

#[actor]
impl peerd_actor::Actor for Double {
    const NAME: &'static str = "counter";
    type Args = Json;
    type Message = Asked;

    fn init(_: Json, _: &mut Context<'_, Double>) -> Result<Double, Crash> {
        Ok(Double { total: 0, version: 2 })
    }

    fn handle(&mut self, message: Asked, cx: &mut Context<'_, Double>) -> Result<(), Crash> {
        self.total = told(self.total, message, &mut |reply, answer| {
            let twice = answer.0.parse::<u64>().unwrap_or(0) * 2;
            cx.reply(reply, &Json(twice.to_string()));
        })?;
        Ok(())
    }

    fn migrate(old: Old<'_>, _: &mut Context<'_, Double>) -> Result<Double, Crash> {
        let total = old.read::<u64>().ok_or_else(|| Crash::new("no_migration", "no state of a counter"))?;
        Ok(Double { total, version: 2 })
    }
}

/// It takes nothing over.
#[derive(Message)]
struct Stranger {
    total: u64,
}

#[actor]
impl peerd_actor::Actor for Stranger {
    const NAME: &'static str = "counter";
    type Args = Json;
    type Message = Asked;

    fn init(_: Json, _: &mut Context<'_, Stranger>) -> Result<Stranger, Crash> {
        Ok(Stranger { total: 1_000 })
    }

    fn handle(&mut self, message: Asked, cx: &mut Context<'_, Stranger>) -> Result<(), Crash> {
        self.total = told(self.total, message, &mut |reply, answer| cx.reply(reply, answer))?;
        Ok(())
    }
}

/// A counter whose first turn the host can't run so often.
struct Late(Native<Counter>, u32);

impl Engine for Late {
    fn limits(&self) -> Limits {
        self.0.limits()
    }

    fn turn(&mut self, input: &Turn<'_>, out: &mut Product) -> Outcome {
        let (header, _) = Header::split(input.message).expect("a header");
        if header.kind == Kind::Init && self.1 > 0 {
            self.1 -= 1;
            return Outcome::HostFault("no memory".into());
        }
        self.0.turn(input, out)
    }
}

fn engine(code: &str) -> Option<Box<dyn Engine>> {
    Some(match code {
        "late" => Box::new(Late(Native::default(), 1)),
        "later" => Box::new(Late(Native::default(), 10)),
        "counter" => Box::new(Native::<Counter>::default()),
        "double" => Box::new(Native::<Double>::default()),
        "stranger" => Box::new(Native::<Stranger>::default()),
        _ => return None,
    })
}

impl World {
    pub(super) fn guests(&mut self, op: &Value) -> Value {
        let text = |key: &str| op[key].as_str().unwrap_or_default();
        let version = op["version"].as_u64().unwrap_or(0) as u32;
        let code = match text("op") {
            "secret" => return json!({"secret": "5e".repeat(32)}),
            "tell" => return json!({"turns": 3, "fuel": 999}),
            "use" if text("alias") == "fragile" => return json!({"err": {"text": "no room"}}),
            "use" => self.codes.get(&(text("name").to_string(), op["of"].as_u64().unwrap_or(0) as u32)).cloned().unwrap_or_default(),
            _ => text("code").to_string(),
        };
        let facts = json!({"hash": "", "state_max": 4_096, "message_max": 100, "fuel_max": 50_000, "suspended": true});
        if text("op") == "load" && self.codes.get(&(text("name").to_string(), version)) == Some(&code) {
            return facts;
        }
        let Some(engine) = engine(&code) else {
            return json!({"err": {"text": format!("SyntaxError: {code} (line 1, column 2)")}});
        };
        let mut hash = [0; 32];
        code.bytes().zip(&mut hash).for_each(|(byte, place)| *place = byte);
        let name: &'static str = Box::leak(text("name").to_string().into_boxed_str());
        let class = Class::new(name, version, hash).alias(text("alias")).holds_children();
        if self.vat.add(peerd_metered::behaviour(class, engine)).is_err() {
            return json!({"err": {"text": "that version is loaded already"}});
        }
        self.codes.insert((name.to_string(), version), code);
        facts
    }

    /// What came of a tool that the model calls next, as the model is told.
    fn tool(&mut self, name: &str, input: Value) -> String {
        if self.fetches.is_empty() {
            self.task("Count");
        }
        self.model("", Some((name, input)));
        told_in(&self.fetches[0].1)
    }

    /// The owner's next words, in the first chat.
    fn say(&mut self, text: &str) {
        if !self.fetches.is_empty() {
            self.model("", None);
        }
        let chat = self.chats().iter().map(|chat| chat.id).min().expect("a chat");
        self.command(&Command::Say { chat, text: text.into(), tab: Some(3) });
    }

    fn call(&mut self, message: Value) -> String {
        self.tool("call_actor", json!({"actor": "counter", "message": message}))
    }

    fn send(&mut self, to: Option<Ref>, body: &Value) {
        let to = to.expect("it subscribed");
        self.vat.handle(Time(self.now), Input::Message { to, body: json_bytes(body), refs: Vec::new() }, &mut Vec::new()).expect("taken");
    }

    /// Of the oldest open request, and nothing runs yet.
    fn model_says(&mut self, name: &str, input: &Value) {
        let (fetch, _) = self.fetches.remove(0);
        let call = json!({"index": 0, "id": format!("call_{fetch}"), "type": "function", "function": {"name": name, "arguments": input.to_string()}});
        let delta = json!({"role": "assistant", "content": "", "tool_calls": [call]});
        let chunk = json!({"id": "x", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": "tool_calls"}]});
        self.send(self.provider, &json!({"fetch": fetch, "head": {"status": 200, "headers": [["content-type", "text/event-stream"]]}}));
        self.send(self.provider, &json!({"fetch": fetch, "chunk": format!("data: {chunk}\n\ndata: [DONE]\n\n")}));
        self.send(self.provider, &json!({"fetch": fetch, "end": true}));
    }

    /// So many turns. False: it was over before.
    fn steps(&mut self, turns: u32) -> bool {
        let mut out = Vec::new();
        for _ in 0..turns {
            let ran = self.vat.run(Time(self.now), 1, &mut out);
            let has_landed = self.disk.land(&mut self.vat, Time(self.now), &mut out);
            if ran.turns == 0 && out.is_empty() && !has_landed {
                return false;
            }
            for output in core::mem::take(&mut out) {
                if let Output::Port { port, reply, body, refs, .. } = output {
                    self.asked(port, reply, &body, &refs);
                }
            }
        }
        true
    }

    fn last(&self) -> String {
        told_in(&self.fetches.last().expect("the model is asked").1)
    }

    /// A class of that code, and a call to start an actor of it that has just been made.
    fn begin_to_start(&mut self, code: &str) {
        self.tool("create_actor_class", json!({"name": code, "wasm": code}));
        self.model("", Some(("start_actor", json!({"class": code}))));
        assert!(self.fetches.is_empty(), "it is not over");
    }

    fn counter(&mut self) {
        self.may_crash = true;
        let made = self.tool("create_actor_class", json!({"name": "counter", "wasm": "counter"}));
        assert!(made.starts_with("done: class counter, wasm; a message has at most 100 bytes"), "{made}");
        let begun = self.tool("start_actor", json!({"class": "counter", "args": 5}));
        assert_eq!(begun, "done: counter runs under the supervisor of this chat");
    }

    fn labels(&self) -> Vec<(String, String)> {
        let rows = self.vat.rows();
        let parent =
            |row: &peerd_vat::Row| rows.iter().find(|other| Some(other.id) == row.parent).map_or(String::new(), |up| up.label.clone());
        let is_guest =
            |row: &&peerd_vat::Row| row.behaviour.starts_with("guest ") && matches!(row.state, Activity::Runnable | Activity::Waiting);
        rows.iter().filter(is_guest).map(|row| (row.label.clone(), parent(row))).collect()
    }
}

/// The result that a request to the model ends with.
fn told_in(request: &str) -> String {
    let asked: Value = serde_json::from_str(request).expect("JSON");
    let messages = asked["messages"].as_array().expect("messages");
    messages.last().and_then(|last| last["content"].as_str()).expect("a result").to_string()
}

fn answer(of: &str) -> String {
    format!("done: counter answered\n<page origin=\"actor\">\n{of}\n</page>")
}

#[test]
fn an_actor_of_a_class_is_under_its_chats_supervisor_and_answers() {
    let mut world = World::new();
    world.counter();
    assert_eq!(world.call(json!(2)), answer("7"));
    let chat = world.chats()[0].id;
    assert_eq!(world.labels(), [("counter".to_string(), format!("actors of chat {chat}"))]);
    let list = world.tool("list_actors", json!({}));
    assert_eq!(list, "done: 1 actors\nclass counter (version 1)\n  counter (version 1): runs");
    let long = world.call(json!("a".repeat(200)));
    assert!(long.contains("the message has 202 bytes, and counter takes 100 at most"), "{long}");
}

#[test]
fn a_crash_says_where_and_its_supervisor_starts_it_again_as_it_was() {
    let mut world = World::new();
    world.counter();
    world.call(json!(2));
    let failed = world.call(json!("tea"));
    assert!(failed.starts_with("failed: counter failed on it, and is started again as it was before\n"), "{failed}");
    assert!(failed.contains("bad_input: \"tea\" is no number (counter.js, line 3, column 7)"), "{failed}");
    assert_eq!(world.call(json!("get")), answer("7"));
    let seen = world.tool("inspect_actor", json!({"actor": "counter"}));
    for part in [
        "mailbox 0 messages",
        "999 fuel in 3 turns",
        "started again 1 times",
        "0 s ago: bad_input: \"tea\" is no number (counter.js, line 3, column 7)",
    ] {
        assert!(seen.contains(part), "{part} in {seen}");
    }
}

#[test]
fn one_that_crashes_too_often_is_given_up_and_can_be_started_again_with_what_it_knew() {
    let mut world = World::new();
    world.counter();
    for _ in 0..6 {
        world.call(json!("tea"));
        // Else the chat says that it goes round in circles.
        world.say("And again");
    }
    let gone = world.call(json!(1));
    assert!(gone.contains("it crashed so often that its supervisor gave up"), "{gone}");
    world.tool("start_actor", json!({"class": "counter"}));
    assert_eq!(world.call(json!("get")), answer("5"));
}

#[test]
fn a_class_that_fails_its_test_is_not_made_and_nothing_of_the_test_is_left() {
    let mut world = World::new();
    world.may_crash = true;
    let test = json!([{"message": 2, "reply": 2}, {"message": "tea", "crash": "line 3"}, {"message": "get", "reply": 2}]);
    let made = world.tool("create_actor_class", json!({"name": "counter", "wasm": "counter", "test": test}));
    // After a crash the rest is played to a new one.
    assert!(made.starts_with("failed: 1 of 3 not as expected\n"), "{made}");
    for line in ["ok: 2 => reply 2", "ok: \"tea\" => crash bad_input", "WRONG: \"get\" => reply 0, not reply 2"] {
        assert!(made.contains(line), "{line} in {made}");
    }
    assert_eq!(world.tool("list_actors", json!({})), "done: there are none yet");
    let right = json!([{"message": 2, "reply": 2}, {"message": "get", "reply": 2}]);
    let made = world.tool("create_actor_class", json!({"name": "counter", "wasm": "counter", "test": right}));
    assert!(made.contains("Its test: 2 of 2 as expected"), "{made}");
    assert_eq!(world.labels(), []);
    let tested = world.tool("test_actor_class", json!({"class": "counter", "args": 40, "test": [{"message": 2, "reply": 42}]}));
    assert!(tested.starts_with("done: 1 of 1 as expected"), "{tested}");
    let broken = world.tool("create_actor_class", json!({"name": "broken", "wasm": "nonsense"}));
    assert!(broken.contains("SyntaxError: nonsense (line 1, column 2)"), "{broken}");
    let first = world.tool("start_actor", json!({"class": "counter", "args": "broken"}));
    assert!(first.contains("it begins with nothing (counter.js, line 1, column 1)"), "{first}");
}

#[test]
fn an_upgrade_keeps_what_is_known_and_one_that_fails_keeps_the_old_code() {
    let mut world = World::new();
    world.counter();
    world.call(json!(2));
    let wrong = json!({"class": "counter", "wasm": "double", "test": [{"message": 1, "reply": 1}]});
    let failed = world.tool("upgrade_actor_class", wrong);
    assert!(failed.starts_with("failed: the old code stays: the new code failed its test"), "{failed}");
    assert_eq!(world.call(json!("get")), answer("7"));
    let failed = world.tool("upgrade_actor_class", json!({"class": "counter", "wasm": "stranger"}));
    assert!(failed.starts_with("failed: the old code stays: the new code did not take over what counter knows"), "{failed}");
    assert_eq!(world.call(json!("get")), answer("7"));
    let fresh = world.tool("start_actor", json!({"class": "counter", "name": "fresh"}));
    assert!(fresh.starts_with("done"), "{fresh}");
    let first = world.tool("call_actor", json!({"actor": "fresh", "message": "get"}));
    assert!(first.contains("\n0\n"), "the old code is what starts: {first}");
    let done = world.tool("upgrade_actor_class", json!({"class": "counter", "wasm": "double"}));
    assert_eq!(done, "done: class counter has new code: counter, fresh go on with it, as they were");
    assert_eq!(world.call(json!("get")), answer("14"));
    // Also after a crash, and in the next life.
    world.call(json!("tea"));
    assert_eq!(world.call(json!("get")), answer("14"));
    let mut again = world.again();
    again.may_crash = true;
    let chat = again.chats()[0].id;
    again.command(&Command::OpenChat { chat });
    assert_eq!(again.labels().len(), 2);
    assert_eq!(again.codes.values().map(String::as_str).collect::<Vec<_>>(), ["double"]);
}

#[test]
fn actors_go_on_in_the_next_life_before_any_chat_is_opened() {
    let mut world = World::new();
    world.counter();
    world.call(json!(2));
    let chat = world.chats()[0].id;
    let mut again = world.again();
    assert_eq!(again.labels(), [("counter".to_string(), format!("actors of chat {chat}"))]);
    again.command(&Command::OpenChat { chat });
    again.say("And now?");
    assert_eq!(again.call(json!("get")), answer("7"));
}

#[test]
fn a_stopped_actor_is_not_started_by_the_next_life_and_a_deleted_one_begins_anew() {
    let mut world = World::new();
    world.counter();
    world.call(json!(2));
    let stopped = world.tool("stop_actor", json!({"actor": "counter"}));
    assert_eq!(stopped, "done: counter is stopped, and what it knows is kept");
    assert_eq!(world.labels(), []);
    let mut again = world.again();
    assert_eq!(again.labels(), []);
    let chat = again.chats()[0].id;
    again.command(&Command::OpenChat { chat });
    again.say("And now?");
    again.tool("start_actor", json!({"class": "counter"}));
    assert_eq!(again.call(json!("get")), answer("7"));
    let gone = again.tool("stop_actor", json!({"actor": "counter", "delete": true}));
    assert_eq!(gone, "done: counter is gone, and what it knew");
    again.tool("start_actor", json!({"class": "counter", "args": 1}));
    assert_eq!(again.call(json!("get")), answer("1"));
}

#[test]
fn a_class_is_deleted_when_it_has_no_actors_and_its_name_is_free_again() {
    let mut world = World::new();
    world.counter();
    let delete = json!({"class": "counter"});
    let refused = world.tool("delete_actor_class", delete.clone());
    assert!(refused.contains("counter has actors: counter; stop_actor with delete, for each, comes first"), "{refused}");
    world.tool("stop_actor", json!({"actor": "counter"}));
    let refused = world.tool("delete_actor_class", delete.clone());
    assert!(refused.contains("counter has actors: counter"), "one that is stopped has a state: {refused}");
    world.tool("stop_actor", json!({"actor": "counter", "delete": true}));
    assert_eq!(world.tool("delete_actor_class", delete.clone()), "done: class counter is gone");
    assert_eq!(world.tool("list_actors", json!({})), "done: there are none yet");
    let none = world.tool("delete_actor_class", delete);
    assert!(none.contains("there is no class counter"), "{none}");
    let mut again = world.again();
    assert_eq!(again.codes.len(), 0, "nothing of it is loaded in the next life");
    let chat = again.chats()[0].id;
    again.command(&Command::OpenChat { chat });
    again.say("Once more");
    let made = again.tool("create_actor_class", json!({"name": "counter", "wasm": "double"}));
    assert!(made.starts_with("done: class counter"), "{made}");
}

#[test]
fn a_link_leads_other_chats_to_an_actor_until_it_is_taken_back() {
    let mut world = World::new();
    world.counter();
    let shared = world.tool("share_actor", json!({"actor": "counter"}));
    let link = format!("peerd-actor:{}", "5e".repeat(32));
    assert!(shared.contains(&link), "{shared}");
    world.model("", None);
    world.task("Count here, too");
    let names = world.call(json!(1));
    assert!(names.contains("there is no actor counter: none was started yet"), "{names}");
    let called = world.tool("call_actor", json!({"actor": link, "message": 1}));
    assert_eq!(called, answer("6"));
    let stopped = world.tool("stop_actor", json!({"actor": link}));
    assert!(stopped.starts_with("failed"), "a link is no power to end it: {stopped}");
    world.say("No more");
    world.tool("share_actor", json!({"actor": "counter", "stop": true}));
    let called = world.tool("call_actor", json!({"actor": link, "message": 1}));
    assert!(called.contains("this link leads to no actor"), "{called}");
}

#[test]
fn what_is_taken_back_stops_and_a_deleted_chat_takes_its_actors_along() {
    let mut world = World::new();
    world.counter();
    let chat = world.chats()[0].id;
    world.command(&Command::TakeBack { chat, power: Power::Actors });
    assert_eq!(world.labels(), []);
    let refused = world.call(json!(1));
    assert!(refused.contains("taken it back"), "{refused}");
    world.model("", None);
    world.command(&Command::DeleteChat { chat });
    let again = world.again();
    assert_eq!((again.labels(), again.codes.len()), (Vec::new(), 0));
}

#[test]
fn the_directory_of_actors_may_crash_and_they_go_on() {
    let mut world = World::new();
    world.counter();
    world.call(json!(2));
    world.tell(world.directory, &json!("nonsense"));
    assert_eq!(world.labels().len(), 1, "nobody ended with it");
    assert_eq!(world.call(json!(1)), answer("8"));
    let upgraded = world.tool("upgrade_actor_class", json!({"class": "counter", "wasm": "double"}));
    assert!(upgraded.starts_with("done: class counter has new code: counter goes on"), "{upgraded}");
    assert_eq!(world.call(json!("get")), answer("16"));
}

#[test]
fn quotas_are_refused_in_words() {
    let mut world = World::new();
    world.counter();
    for number in 1..super::super::guests::ACTORS_MAX {
        let begun = world.tool("start_actor", json!({"class": "counter", "name": format!("c{number}")}));
        assert!(begun.starts_with("done"), "{begun}");
    }
    let refused = world.tool("start_actor", json!({"class": "counter", "name": "more"}));
    assert!(refused.contains("a chat has at most 64 actors"), "{refused}");
    let named = world.tool("start_actor", json!({"class": "counter", "name": "tab 3"}));
    assert!(named.contains("is a name of at most 32"), "{named}");
}

#[test]
fn an_actor_that_is_being_started_when_the_power_is_taken_back_does_not_run() {
    let mut world = World::new();
    world.begin_to_start("late");
    let chat = world.chats()[0].id;
    world.command(&Command::TakeBack { chat, power: Power::Actors });
    world.pass(1_000);
    assert_eq!(world.labels(), []);
    assert_eq!(world.again().labels(), [], "nor in the next life");
}

#[test]
fn of_a_stop_that_a_frozen_browser_cuts_short_nothing_false_is_said() {
    let (mut turns, mut refused) = (0, 0);
    loop {
        let mut world = World::new();
        world.counter();
        world.model_says("stop_actor", &json!({"actor": "counter"}));
        let is_within = world.steps(turns);
        world.now += 25_000;
        world.pass(100_000);
        let said = world.last();
        assert!(!said.starts_with("done: counter is stopped") || world.labels().is_empty(), "{turns}: {said}");
        refused += u32::from(said.contains("could not be stopped"));
        turns += 1;
        if !is_within {
            break;
        }
    }
    assert!(refused > 0, "its time was up before it was stopped");
}

#[test]
fn the_owners_switch_stops_all_also_when_the_browser_freezes_on_the_way() {
    let mut turns = 0;
    loop {
        let mut world = World::new();
        world.counter();
        let chat = world.chats()[0].id;
        world.send(world.desk, &json!({"wall": 1_000_000 + world.now, "panel": Command::TakeBack { chat, power: Power::Actors }}));
        let is_within = world.steps(turns);
        world.now += 25_000;
        world.pass(100_000);
        assert_eq!(world.labels(), [], "{turns}");
        turns += 1;
        if !is_within {
            break;
        }
    }
}

#[test]
fn a_call_on_its_way_does_not_arrive_by_a_link_that_leads_nowhere_any_more() {
    let mut world = World::new();
    world.counter();
    world.tool("share_actor", json!({"actor": "counter"}));
    world.model("", None);
    let chat = world.chats()[0].id;
    world.task("Count here, too");
    world.command(&Command::Say { chat, text: "No more".into(), tab: Some(3) });
    world.model_says("call_actor", &json!({"actor": format!("peerd-actor:{}", "5e".repeat(32)), "message": 1}));
    // The call is noted first.
    world.model_says("share_actor", &json!({"actor": "counter", "stop": true}));
    world.run();
    assert_eq!(told_in(&world.fetches[0].1), "done: counter is shared no more");
    assert!(world.last().contains("this link leads to no actor"), "{}", world.last());
}

#[test]
fn a_roll_back_that_fails_is_said_and_the_rejected_code_does_not_start() {
    let mut world = World::new();
    world.tool("create_actor_class", json!({"name": "fragile", "wasm": "counter"}));
    world.tool("start_actor", json!({"class": "fragile"}));
    let failed = world.tool("upgrade_actor_class", json!({"class": "fragile", "wasm": "stranger"}));
    assert!(failed.contains("The old code could not be made the newest again: no room"), "{failed}");
    let refused = world.tool("start_actor", json!({"class": "fragile", "name": "other"}));
    assert!(refused.contains("fragile can't be loaded: no room"), "{refused}");
    let mut again = world.again();
    let chat = again.chats()[0].id;
    again.command(&Command::OpenChat { chat });
    again.say("And now?");
    again.tool("start_actor", json!({"class": "fragile", "name": "other"}));
    let first = again.tool("call_actor", json!({"actor": "other", "message": "get"}));
    assert!(first.contains("\n0\n"), "the old code: {first}");
}
