//! Behaviours in JavaScript are guests like all others: on wasmtime, and on wasmi, which needs no second to compile their engine.
use crate::{
    kit::{World, class, guest},
    wasmi_engine::Wasmi,
};
use peerd_actor::wire::{CALL, Header, Kind};
use peerd_metered::{Engine, Input, Outcome, Product};
use peerd_script::{Json, NoBehaviour, check, limits};
use peerd_wasmtime::{Module, Quick};
use std::{fs, path::Path, process::Command, sync::OnceLock};

/// The engine's module, built as everybody builds it.
fn quickjs() -> &'static [u8] {
    static MODULE: OnceLock<Vec<u8>> = OnceLock::new();
    MODULE.get_or_init(|| {
        let ground = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let built = Command::new(ground.join("x")).arg("quickjs").current_dir(&ground).output().expect("./x runs");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        fs::read(ground.join("target/quickjs/quickjs.wasm")).expect("it is built")
    })
}

const COUNTER: &str = include_str!("../../../../examples/scripts/counter.js");

fn source(name: &str, text: &str) -> Vec<u8> {
    peerd_script::module(quickjs(), name, text).expect("a name and a text")
}

fn wasmi(name: &str, text: &str) -> Wasmi {
    Wasmi::within(&source(name, text), &limits())
}

fn world(classes: &[(&'static str, &str)]) -> World {
    let guests = classes.iter().map(|(name, text)| guest(class(name, 1).fuel(peerd_script::FUEL), wasmi(name, text)));
    World::new(guests.collect())
}

fn ask(world: &mut World, to: peerd_vat::Ref, message: &str) -> String {
    world.ask::<_, Json>(to, &Json::new(message)).expect("an answer").text
}

#[test]
fn a_counter_counts_and_its_crash_tells_the_place() {
    let mut world = world(&[("counter", COUNTER)]);
    let counter = world.spawn("counter", &Json::new(r#"{"start":40}"#), &[]);
    world.tell(counter, &Json::new(r#"["add",2]"#), &[]);
    assert_eq!(ask(&mut world, counter, r#"["get"]"#), "42");
    world.tell(counter, &Json::new(r#"["crash"]"#), &[]);
    assert!(!world.lives(counter));
    assert_eq!(world.take_reports(), ["counter TypeError: not a function, at counter.js:12:19 in crash"]);
}

#[test]
fn what_is_no_behaviour_is_told_with_its_place() {
    let told = |text: &str| match check(&mut wasmi("odd", text)) {
        Err(NoBehaviour::Text { kind, message }) => format!("{kind}: {message}"),
        other => panic!("{text} is {other:?}"),
    };
    let all = [
        "export default {\n  handle: { add(state { } }\n}",
        "const limit = 5\nexport default { handle: { add: missing } }",
        "export const handle = {}",
        "export default { handel: {} }",
        "import fs from 'fs'\nexport default {}",
    ];
    let told: Vec<String> = all.into_iter().map(told).collect();
    assert!(told[0].starts_with("SyntaxError: ") && told[0].contains("at odd.js:2:"), "{}", told[0]);
    assert!(told[1].starts_with("ReferenceError: ") && told[1].contains("at odd.js:2:"), "{}", told[1]);
    assert_eq!(check(&mut wasmi("counter", COUNTER)), Ok(["add", "get", "crash"].map(String::from).to_vec()));
}

fn message(kind: Kind, flags: u16, seed: u64, text: &str) -> Vec<u8> {
    let header = Header { kind, flags, state_refs: 0, message_refs: 0, mark: 0, key: 0, now_ms: 1_000, seed };
    [&header.to_bytes()[..], &Json::bytes(text, 0)].concat()
}

#[test]
fn two_engines_agree_on_state_outbox_and_fuel() {
    let source = source("counter", COUNTER);
    let module = Module::load(&source, &limits()).expect("a guest");
    let mut engines: [Box<dyn Engine>; 2] = [Box::new(Quick::new(&module)), Box::new(Wasmi::within(&source, &limits()))];
    let mut state = Vec::new();
    let turns = [
        (Kind::Init, 0, "{}"),
        (Kind::Message, 0, r#"["add",2.5]"#),
        (Kind::Message, CALL, r#"["get"]"#),
        (Kind::Message, CALL, r#"["crash"]"#),
        (Kind::Message, CALL, r#"["nothing"]"#),
    ];
    for (kind, flags, text) in turns {
        let message = message(kind, flags, 7, text);
        let told = engines.each_mut().map(|engine| {
            let mut product = Product::default();
            let outcome = engine.turn(&Input { state: &state, message: &message, fuel: 1_000_000_000 }, &mut product);
            (outcome, product)
        });
        assert_eq!(told[0], told[1], "{text}");
        if told[0].0 == Outcome::Done {
            state.clone_from(&told[0].1.state);
        }
    }
    assert_eq!(state, br#"[{"total":2.5}]"#);
}
