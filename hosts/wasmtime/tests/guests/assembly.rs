//! Behaviours in AssemblyScript are guests like all others, and speak as JavaScript does. On wasmtime alone: a failure leaves by an exception, of
//! which wasmi knows nothing.
use crate::{
    json::{LISTENER, Said, a_caller_waits_and_so_does_a_message, ask, counters_are_hired_and_one_breaks, opened, tell},
    kit::{World, class, guest},
    wasmi_engine::Wasmi,
};
use peerd_actor::wire::{CALL, Entries, Header, Kind, Op};
use peerd_metered::{Engine, Input, Outcome, Product};
use peerd_script::Json;
use peerd_vat::{Behaviour, Settle};
use peerd_wasmtime::{Module, Quick};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, OnceLock, PoisonError},
};

/// The modules of examples/assembly, built as everybody builds them.
fn source(name: &str) -> Vec<u8> {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let ground = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let built = Command::new(ground.join("x")).arg("assembly").current_dir(&ground).output().expect("./x runs");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        ground.join("target/assembly")
    });
    fs::read(folder.join(format!("{name}.wasm"))).expect("it is built")
}

fn engine(module: &'static str) -> Quick {
    static LOADED: Mutex<BTreeMap<&str, Module>> = Mutex::new(BTreeMap::new());
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let load = || Module::load(&source(module), &peerd_guest::Limits::default()).expect("a guest");
    Quick::new(loaded.entry(module).or_insert_with(load))
}

fn compiled(name: &'static str, version: u32, module: &'static str) -> Box<dyn Behaviour> {
    guest(class(name, version).fuel(5_000_000).spawning("counter"), engine(module))
}

fn scripted(name: &'static str, text: &str) -> Box<dyn Behaviour> {
    let source = peerd_script::module(crate::script::quickjs(), name, text).expect("a name and a text");
    guest(class(name, 1).fuel(peerd_script::FUEL).spawning("counter"), Wasmi::within(&source, &peerd_script::limits()))
}

#[test]
fn a_counter_counts_and_its_crash_tells_the_place() {
    let mut world = World::new(vec![compiled("counter", 1, "counter")]);
    let counter = world.spawn("counter", &Said(r#"{"start":40}"#, 0), &[]);
    tell(&mut world, counter, r#"["add",2.5]"#);
    assert_eq!(ask(&mut world, counter, r#"["get"]"#), Ok("42.5".into()));
    tell(&mut world, counter, r#"["crash"]"#);
    assert!(!world.lives(counter));
    assert_eq!(world.take_reports(), ["counter Error: no more of 42.5, at counter.ts:25:3"]);
}

#[test]
fn what_a_sender_gets_wrong_is_told_and_ends_nobody() {
    let mut world = World::new(vec![compiled("counter", 1, "counter")]);
    let counter = world.spawn("counter", &Said("", 0), &[]);
    for (message, why) in [
        (r#"["ad",2]"#, "there is no handler ad"),
        (r#"["add","tea"]"#, "the value of add could not be read: a number was expected, not a text"),
        (r#"["add"]"#, "the value of add could not be read: a number was expected, not nothing"),
        ("7", "a message could not be read"),
        ("", "a message could not be read"),
    ] {
        assert_eq!(ask(&mut world, counter, message), Err(Settle::Noreply), "{message}");
        assert_eq!(world.take_reports(), [format!("malformed {why}")], "{message}");
    }
    assert_eq!(ask(&mut world, counter, r#"["get"]"#), Ok("0".into()));
}

#[test]
fn actors_spawn_call_watch_and_answer_each_other_in_either_language() {
    for (counter, kind) in [(compiled("counter", 1, "counter"), "Error"), (scripted("counter", crate::script::COUNTER), "TypeError")] {
        let mut world = World::new(vec![counter, compiled("office", 1, "office"), scripted("listener", LISTENER)]);
        counters_are_hired_and_one_breaks(&mut world, r#"["fire","ann"]"#, kind, r#"{"why":"other","kind":"","message":"enough"}]"#);
    }
}

#[test]
fn javascript_hires_counters_that_were_compiled() {
    let mut world =
        World::new(vec![compiled("counter", 1, "counter"), scripted("office", crate::script::OFFICE), scripted("listener", LISTENER)]);
    let (_, office) = opened(&mut world);
    tell(&mut world, office, r#"["hire","ann"]"#);
    assert_eq!(ask(&mut world, office, r#"["count","ann"]"#), Ok(r#""ann: 15""#.into()));
    tell(&mut world, office, r#"["break","ann"]"#);
    assert_eq!(ask(&mut world, office, r#"["log"]"#), Ok(r#"["ann left: crash Error"]"#.into()));
}

#[test]
fn callers_wait_in_the_state_for_a_timer_and_messages_for_a_tag() {
    a_caller_waits_and_so_does_a_message(&mut World::new(vec![compiled("office", 1, "office"), scripted("listener", LISTENER)]));
}

#[test]
fn new_code_takes_over_the_state() {
    let mut world = World::new(vec![compiled("counter", 1, "counter")]);
    let counter = world.spawn("counter", &Said(r#"{"start":21}"#, 0), &[]);
    assert!(world.vat.add(compiled("counter", 2, "counter2")).is_ok());
    assert_eq!(world.upgrade(counter, 1, 2, &[]), Ok(()));
    assert_eq!(ask(&mut world, counter, r#"["add",1]"#), Ok("22".into()));
    assert_eq!(ask(&mut world, counter, r#"["get"]"#), Ok("[22,101]".into()));
}

fn message(kind: Kind, flags: u16, seed: u64, text: &str) -> Vec<u8> {
    let header = Header { kind, flags, state_refs: 0, message_refs: 0, mark: 0, key: 0, now_ms: 1_000, seed };
    [&header.to_bytes()[..], &Json::bytes(text, 0)].concat()
}

const STATE: &[u8] = br#"[{"text":"","items":[]}]"#;

/// Of a turn that was called: the answer, or why it failed.
fn answered(engine: &mut impl Engine, seed: u64, text: &str) -> Result<String, String> {
    let mut product = Product::default();
    let outcome = engine.turn(&Input { state: STATE, message: &message(Kind::Message, CALL, seed, text), fuel: 50_000_000 }, &mut product);
    let last = Entries::of(&product.outbox).last();
    match (outcome, last) {
        (Outcome::Done, Some(Some(entry))) if entry.op == Op::Reply => Ok(Json::text_of(entry.payload).expect("a value").into()),
        (Outcome::Done | Outcome::Failed, Some(Some(entry))) => Err(String::from_utf8_lossy(entry.payload).into()),
        (outcome, _) => Err(format!("{outcome:?}")),
    }
}

#[test]
fn what_asks_for_too_much_is_its_own_failure_with_a_place_where_it_has_one() {
    let mut engine = engine("glutton");
    for (handler, why) in [
        ("memory", "Trapped(Unreachable)"),
        ("text", "Trapped(Unreachable)"),
        ("depth", "Trapped(Depth)"),
        ("outbox", "Trapped(Outbox)"),
        ("large", "statethe state has outgrown its buffer of 65536 bytes"),
        ("spin", "Exhausted"),
        ("outside", "ErrorIndex out of range, at glutton.ts:39"),
        ("nothing", "ErrorUnexpected 'null' (not assigned or failed cast), at glutton.ts:"),
        ("divide", "Trapped(Arithmetic)"),
    ] {
        let text = format!(r#"["{handler}"]"#);
        let told = answered(&mut engine, 1, &text).expect_err("it fails");
        assert!(told.starts_with(why), "{handler}: {told}");
        assert_eq!(answered(&mut engine, 1, r#"["well"]"#), Ok(r#""well""#.into()));
    }
}

#[test]
fn values_come_back_as_they_went() {
    let mut engine = engine("glutton");
    for (handler, value) in [
        ("echo", r#"{"a":[1,-2.5,1e300,"x\n\"\\\u0001",null,true,{}],"b":{"c":[]}}"#),
        ("echo", r#""Grüße 🙂 \ud800""#),
        ("whole", "9007199254740993"),
        ("whole", "-9223372036854775807"),
        ("small", "255"),
        ("real", "0.1"),
        ("real", "-1.7976931348623157e+308"),
        ("words", r#""ü\\\"\u0000 🙂""#),
        ("table", r#"{"a":[1,2.5],"":[]}"#),
    ] {
        assert_eq!(answered(&mut engine, 1, &format!(r#"["{handler}",{value}]"#)), Ok(value.into()), "{handler}");
    }
    for (handler, value) in
        [("small", "256"), ("small", "-1"), ("whole", "0.5"), ("table", "[]"), ("words", "null"), ("forge", r#"{"$ref":0}"#)]
    {
        let told = answered(&mut engine, 1, &format!(r#"["{handler}",{value}]"#)).expect_err("it is none of its kind");
        assert!(told.starts_with("malformedthe value of"), "{told}");
    }
    for broken in [
        "[\"echo\",{\"a\":}]",
        "[\"echo\",[1,]",
        "[\"echo\",\"x",
        "[\"words\",\"\\u12",
        "{",
        "[\"whole\",-]",
        "[\"echo\",{\"$ref\":1099511627776}]",
    ] {
        let told = answered(&mut engine, 1, broken);
        assert!(told.as_ref().is_err_and(|told| told.starts_with("malformed")), "{broken}: {told:?}");
    }
}

#[test]
fn time_and_chance_are_the_turns() {
    let mut engine = engine("glutton");
    let mut draw = |seed| answered(&mut engine, seed, r#"["chance"]"#).expect("it draws");
    let (first, again, other) = (draw(7), draw(7), draw(8));
    assert!(first == again && first != other && first.starts_with("[1000,0."), "{first} {other}");
}
