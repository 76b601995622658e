//! Behaviours in JavaScript are guests like all others: on wasmtime, and on wasmi, which needs no second to compile their engine.
use crate::{
    json::{LISTENER, Said, Whole, a_caller_waits_and_so_does_a_message, ask, counters_are_hired_and_one_breaks, tell},
    kit::{World, class, guest},
    wasmi_engine::Wasmi,
};
use peerd_actor::{
    Addr, Message, Reader, Writer,
    wire::{CALL, Entries, Header, Kind, Op},
};
use peerd_guests::{clerk, counter};
use peerd_metered::{Engine, Input, Outcome, Product, slow};
use peerd_script::{Json, NoBehaviour, check, limits};
use peerd_vat::{Behaviour, Settle};
use peerd_wasmtime::{Module, Quick, Slow};
use std::{fs, path::Path, process::Command, sync::OnceLock};

/// The engine's module, built as everybody builds it.
pub fn quickjs() -> &'static [u8] {
    static MODULE: OnceLock<Vec<u8>> = OnceLock::new();
    MODULE.get_or_init(|| {
        let ground = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let built = Command::new(ground.join("x")).arg("quickjs").current_dir(&ground).output().expect("./x runs");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        fs::read(ground.join("target/quickjs/quickjs.wasm")).expect("it is built")
    })
}

pub const COUNTER: &str = include_str!("../../../../examples/scripts/counter.js");
pub const OFFICE: &str = include_str!("../../../../examples/scripts/office.js");
const BRIDGE: &str = include_str!("../../../../examples/scripts/bridge.js");

fn source(name: &str, text: &str) -> Vec<u8> {
    peerd_script::module(quickjs(), name, text).expect("a name and a text")
}

fn wasmi(name: &str, text: &str) -> Wasmi {
    Wasmi::within(&source(name, text), &limits())
}

fn scripted(name: &'static str, version: u32, text: &str) -> Box<dyn Behaviour> {
    guest(class(name, version).fuel(peerd_script::FUEL).spawning("counter"), wasmi(name, text))
}

fn world(classes: &[(&'static str, &str)]) -> World {
    World::new(classes.iter().map(|(name, text)| scripted(name, 1, text)).collect())
}

#[test]
fn a_counter_counts_and_its_crash_tells_the_place() {
    let mut world = world(&[("counter", COUNTER)]);
    let counter = world.spawn("counter", &Said(r#"{"start":40}"#, 0), &[]);
    tell(&mut world, counter, r#"["add",2]"#);
    assert_eq!(ask(&mut world, counter, r#"["get"]"#), Ok("42".into()));
    tell(&mut world, counter, r#"["crash"]"#);
    assert!(!world.lives(counter));
    assert_eq!(world.take_reports(), ["counter TypeError: not a function, at counter.js:12:19 in crash"]);
}

#[test]
fn what_is_no_behaviour_is_told_with_its_place() {
    let told = |text: &str| match check(&mut wasmi("odd", text)) {
        Err(NoBehaviour::Text { kind, message }) => format!("{kind}: {message}"),
        other => panic!("{text} is {other:?}"),
    };
    let expected = [
        ("export default {\n  handle: { add(state { } }\n}", "SyntaxError: Unexpected token '{', at odd.js:2:23"),
        ("const limit = 5\nexport default { handle: { add: missing } }", "ReferenceError: missing is not defined, at odd.js:2:33"),
        ("export const handle = {}", "TypeError: a behaviour is export default { init, handle: { .. } }"),
        (
            "export default { handel: {} }",
            "TypeError: a behaviour has no handel: it has handle, init, bytes, exit, recovered, upgrade, terminate",
        ),
        ("import fs from 'fs'\nexport default {}", "ReferenceError: could not load module 'fs'"),
    ];
    for (text, why) in expected {
        assert_eq!(told(text), why);
    }
    assert_eq!(check(&mut wasmi("counter", COUNTER)), Ok(["add", "get", "crash"].map(String::from).to_vec()));
    assert!(matches!(check(&mut wasmi("odd", "throw 'no'")), Err(NoBehaviour::Text { .. })));
}

#[test]
fn actors_spawn_call_watch_and_answer_each_other() {
    let mut world = world(&[("counter", COUNTER), ("office", OFFICE), ("listener", LISTENER)]);
    counters_are_hired_and_one_breaks(&mut world, r#"["break","ann"]"#, "TypeError", r#"{"why":"other","message":"enough"}]"#);
}

#[test]
fn callers_wait_in_the_state_for_a_timer_and_messages_for_a_tag() {
    let mut world = world(&[("counter", COUNTER), ("office", OFFICE), ("listener", LISTENER)]);
    let office = a_caller_waits_and_so_does_a_message(&mut world);
    assert_eq!(ask(&mut world, office, r#"["later",6]"#), Ok("42".into()));
    assert_eq!(ask(&mut world, office, r#"["nothing",6]"#), Err(Settle::Noreply));
    assert_eq!(world.take_reports(), [r#"malformed there is no handler for ["nothing",6]"#]);
    tell(&mut world, office, r#"["never"]"#);
    assert_eq!(world.take_reports(), ["office TypeError: it awaits what does not come within this turn"]);
}

#[test]
fn what_would_go_wrong_in_silence_is_told() {
    const QUIET: &str = "export default { init: () => ({ n: 1 }), handle: {
  more: (state, n) => ({ ...state, n: state.n + n }),
  put(state, n, ctx) { ctx.state = { n } },
  n: state => state.n,
  caught: async state => { try { await Promise.reject(new Error('no')) } catch { state.n = 8 } },
  late(state) { const failed = Promise.reject(new Error('no')); return Promise.resolve().then(() => failed).catch(() => 'heard') },
  lost(state) { (async () => { await null; throw new RangeError('nobody listens') })(); state.n = 9 },
} }";
    let mut world = world(&[("quiet", QUIET)]);
    let quiet = world.spawn("quiet", &Said("", 0), &[]);
    tell(&mut world, quiet, r#"["more",2]"#);
    assert_eq!(
        world.take_reports(),
        ["returned nobody waits for what a handler returned: it changes its state in place, or sets ctx.state"]
    );
    tell(&mut world, quiet, r#"["put",7]"#);
    assert_eq!(ask(&mut world, quiet, r#"["n"]"#), Ok("7".into()));
    tell(&mut world, quiet, r#"["caught"]"#);
    assert_eq!(ask(&mut world, quiet, r#"["n"]"#), Ok("8".into()));
    assert_eq!(ask(&mut world, quiet, r#"["late"]"#), Ok(r#""heard""#.into()));
    tell(&mut world, quiet, r#"["lost"]"#);
    assert_eq!(world.take_reports(), ["quiet RangeError: nobody listens, at quiet.js:7:54"]);
    assert!(!world.lives(quiet));
}

/// `Count::Get` and `Count::Add` of a guest that was written in Rust.
struct Get;

impl Message for Get {
    fn put(&self, to: &mut Writer<'_>) {
        to.tag(1);
    }

    fn get(_: &mut Reader<'_>) -> Option<Get> {
        None
    }
}

#[test]
fn it_speaks_with_a_guest_in_rust_and_can_be_taken_for_one() {
    let counter = guest(class("counter", 1), Wasmi::new(crate::modules::source("counter")));
    let clerk = guest(class("clerk", 1).fuel(10_000_000), Wasmi::new(crate::modules::source("clerk")));
    let mut world = World::new(vec![counter, clerk, scripted("bridge", 1, BRIDGE)]);
    let rust = world.spawn("counter", &30u64, &[]);
    let bridge = world.spawn("bridge", &Said("", 0), &[]);
    world.tell(bridge, &Said(r#"["use",{"counter":{"$ref":0},"more":12}]"#, 1), &[rust]);
    assert_eq!(ask(&mut world, bridge, r#"["last"]"#), Ok("42".into()));
    assert_eq!(world.ask(bridge, &Get), Ok(7u64));
    world.tell(bridge, &counter::Count::Add(5), &[]);
    // A clerk asks whatever is an address of a counter, and says what came of it.
    let ear = world.ear();
    let to: Addr<String> = Reader::new(&[], 0, 1, None).read().expect("an index");
    let clerk = world.spawn("clerk", &to, &[ear]);
    world.tell(clerk, &clerk::Order::Ask(to.cast(), 3), &[bridge]);
    assert_eq!(world.take_heard(), ["answer 3 Some(12)"]);
}

#[test]
fn a_new_text_takes_over_the_state() {
    const ADDED: &str = "export default { handle: { twice: state => state.total * 2 } }";
    const CHANGED: &str = "export default {
  handle: { get: state => state.sum },
  upgrade: ({ total }, { name, version, extra }) => ({ sum: `${total} of ${name} ${version}${extra}` }),
}";
    let mut world = world(&[("counter", COUNTER)]);
    let counter = world.spawn("counter", &Said(r#"{"start":21}"#, 0), &[]);
    assert!(world.vat.add(scripted("counter", 2, ADDED)).is_ok());
    assert_eq!(world.upgrade(counter, 1, 2, &[]), Ok(()));
    assert_eq!(ask(&mut world, counter, r#"["twice"]"#), Ok("42".into()));
    assert!(world.vat.add(scripted("counter", 3, CHANGED)).is_ok());
    assert_eq!(world.upgrade(counter, 2, 3, b"!"), Ok(()));
    assert_eq!(ask(&mut world, counter, r#"["get"]"#), Ok(r#""21 of counter 2!""#.into()));
}

fn message(kind: Kind, flags: u16, seed: u64, text: &str) -> Vec<u8> {
    let header = Header { kind, flags, state_refs: 0, message_refs: 0, mark: 0, key: 0, now_ms: 1_000, seed };
    [&header.to_bytes()[..], &Json::bytes(text, 0)].concat()
}

/// Of a turn that was called: the answer, or why it failed.
fn answered(engine: &mut impl Engine, state: &[u8], seed: u64, text: &str) -> Result<String, String> {
    let mut product = Product::default();
    let outcome = engine.turn(&Input { state, message: &message(Kind::Message, CALL, seed, text), fuel: 2_000_000_000 }, &mut product);
    let last = Entries::of(&product.outbox).last();
    match (outcome, last) {
        (Outcome::Done, Some(Some(entry))) if entry.op == Op::Reply => Ok(Json::text_of(entry.payload).expect("a value").into()),
        (Outcome::Failed, Some(Some(entry))) => Err(String::from_utf8_lossy(entry.payload).into()),
        (outcome, _) => Err(format!("{outcome:?}")),
    }
}

#[test]
fn tenants_of_one_instance_see_nothing_of_each_other() {
    const VANDAL: &str = "let secret = 'mine'
export default { handle: {
  vandalise(state) {
    secret = state; globalThis.left = state; Array.prototype.push = () => 'gone'; Object.prototype.found = 1
    JSON.stringify = () => '1'; delete globalThis.Math; handle.look = () => 'patched'; Object.freeze = null
  },
  look: () => [secret, typeof left, [].push('x'), ({}).found ?? null, typeof Math, Date.now()],
} }
const handle = {}";
    let mut engine = wasmi("vandal", VANDAL);
    let look = r#"["mine","undefined",1,null,"object",1000]"#;
    assert_eq!(answered(&mut engine, br#"["a"]"#, 1, r#"["look"]"#), Ok(look.into()));
    assert!(answered(&mut engine, br#"["stolen"]"#, 1, r#"["vandalise"]"#).is_ok());
    assert_eq!(answered(&mut engine, br#"["b"]"#, 1, r#"["look"]"#), Ok(look.into()));
}

#[test]
fn time_and_chance_are_the_turns() {
    const WORLD: &str = "const atStart = [Date.now(), Math.random()]
export default { handle: { draw: () => [Date.now(), new Date().getTimezoneOffset(), new Date(0).toString(), Math.random(), Math.random(), atStart,
  typeof setTimeout, typeof fetch, typeof performance, typeof process, typeof print, typeof std] } }";
    let mut engine = wasmi("world", WORLD);
    let draw = |engine: &mut Wasmi, seed| answered(engine, b"[0]", seed, r#"["draw"]"#).expect("it draws");
    let (first, again, other) = (draw(&mut engine, 7), draw(&mut engine, 7), draw(&mut engine, 8));
    assert!(first == again && first != other);
    assert!(first.starts_with(r#"[1000,0,"Thu Jan 01 1970 00:00:00 GMT+0000","#), "{first}");
    assert!(first.ends_with(&format!("{}]", r#","undefined""#.repeat(6))), "{first}");
}

const GLUTTON: &str = "export default { handle: {
  memory() { const all = []; for (;;) all.push(new Array(100).fill(all.length)) },
  text() { let all = 'x'; for (;;) all += all },
  depth() { const down = n => down(n + 1) + 1; return down(0) },
  nest() { return JSON.parse('['.repeat(50000)) },
  outbox(state, _, ctx) { for (;;) ctx.send(ctx.self, 'memory', 'x'.repeat(1000)) },
  state(state) { state[0] = 'x'.repeat(70000) },
  garbage() { for (let i = 0; i < 20000; i++) { const a = { i }; a.a = a } return 'collected' },
  deep() { let n = 0; const down = () => { n++; down() }; try { down() } catch {} return n > 300 },
  rows() { const all = []; for (let i = 0; i < 2500; i++) all.push({ i, text: 'x' + i }); return JSON.parse(JSON.stringify(all)).length },
  small() { const all = []; for (let i = 0; i < 10000; i++) all.push({}); return all.length },
  well: () => 'well',
} }";

#[test]
fn the_language_says_what_it_says_elsewhere() {
    let expected = include_str!("language.json");
    assert_eq!(answered(&mut wasmi("language", include_str!("language.js")), b"[0]", 1, r#"["words"]"#), Ok(expected.into()));
}

#[test]
fn a_ref_can_not_be_made_from_text() {
    const FORGER: &str = r#"export default { handle: {
  forge(state, value, ctx) {
    const tried = []
    for (const to of [value, { $ref: 0 }, 0, JSON.parse('{"$ref":0}'), Object.create(ctx.self), { ...ctx.self }, { toJSON: ctx.self.toJSON }]) {
      for (const verb of ['send', 'call', 'reply', 'refuse', 'watch', 'link', 'unlink', 'exit']) {
        try { ctx[verb](to, 'overloaded'); tried.push(verb) } catch (error) { if (error.message !== 'this is no ref') tried.push(error.message) }
      }
    }
    return [value, tried, JSON.stringify(ctx.self), String(ctx.self)]
  },
} }"#;
    let told = answered(&mut wasmi("forger", FORGER), b"[0]", 1, r#"["forge",{"$ref":0}]"#);
    assert_eq!(told, Ok(r#"[{"$ref":0},[],"\"[ref]\"","[object Ref]"]"#.into()));
}

#[test]
fn what_asks_for_too_much_is_its_own_failure() {
    let mut engine = wasmi("glutton", GLUTTON);
    for (handler, why) in [
        ("memory", "InternalErrorout of memory"),
        ("text", "InternalErrorstring too long"),
        ("depth", "RangeErrorMaximum call stack size exceeded"),
        ("nest", "Trapped(Depth)"),
        ("outbox", "Trapped(Outbox)"),
        ("state", "statethe state has outgrown"),
    ] {
        let told = answered(&mut engine, b"[[]]", 1, &format!(r#"["{handler}"]"#)).expect_err("it fails");
        assert!(told.starts_with(why), "{handler}: {told}");
        assert_eq!(answered(&mut engine, b"[[]]", 1, r#"["well"]"#), Ok(r#""well""#.into()));
    }
    assert_eq!(answered(&mut engine, b"[[]]", 1, r#"["deep"]"#), Ok("true".into()));
    assert_eq!(answered(&mut engine, b"[[]]", 1, r#"["small"]"#), Ok("10000".into()));
    assert_eq!(answered(&mut engine, b"[[]]", 1, r#"["rows"]"#), Ok("2500".into()));
    assert_eq!(answered(&mut engine, b"[[]]", 1, r#"["garbage"]"#), Ok(r#""collected""#.into()));
}

/// The engine's own module, compiled once for all.
fn engine() -> &'static Module {
    static MODULE: OnceLock<Module> = OnceLock::new();
    MODULE.get_or_init(|| Module::load(quickjs(), &limits()).expect("a guest"))
}

#[test]
fn classes_that_share_the_engines_code_do_as_those_that_have_their_own() {
    let class = |name: &str, text: &str| engine().prepared(&peerd_script::text(name, text).expect("a name and a text"));
    let (module, product) = class("glutton", GLUTTON).expect("a behaviour");
    assert_eq!(peerd_script::handles(Outcome::Done, &product).expect("names").len(), 11);
    let mut both: [Box<dyn Engine>; 2] = [Box::new(Quick::new(&module)), Box::new(wasmi("glutton", GLUTTON))];
    for handler in ["well", "memory", "depth", "state", "well"] {
        let mut told = both.each_mut().map(|engine| answered(engine, b"[[]]", 1, &format!(r#"["{handler}"]"#)));
        // Where in a line the last object found no room depends on where the text lies.
        if handler == "memory" {
            told = told.map(|told| told.map_err(|why| why.split(':').next().expect("a first part").into()));
        }
        assert_eq!(told[0], told[1], "{handler}");
    }
    // Each has its text and no other.
    let (counter, _) = class("counter", COUNTER).expect("a behaviour");
    assert_eq!(answered(&mut Quick::new(&counter), br#"[{"total":2}]"#, 1, r#"["get"]"#), Ok("2".into()));
    assert!(answered(&mut Quick::new(&module), br#"[{"total":2}]"#, 1, r#"["get"]"#).is_err());
    assert!(counter.hash() != module.hash() && class("counter", COUNTER).expect("a behaviour").0.hash() == counter.hash());
    assert_ne!(class("other", COUNTER).expect("a behaviour").0.hash(), counter.hash());

    let (outcome, product) = class("odd", "export default {\n  init( }").expect_err("no behaviour");
    let why = peerd_script::handles(outcome, &product).expect_err("no behaviour").to_string();
    assert_eq!(why, "SyntaxError: missing formal parameter, at odd.js:2:9");
    let (outcome, product) = class("odd", "for (;;) {}").expect_err("no behaviour");
    assert_eq!(peerd_script::handles(outcome, &product), Err(NoBehaviour::Start("out of fuel".into())));
}

const HOG: &str = r#"export default { init: () => 0, handle: {
  loop() { while (true) {} },
  caught() { for (;;) try { for (;;) {} } catch {} },
  regex: () => /^(a+)+$/.test('a'.repeat(40) + 'b'),
  sort: () => Array.from({ length: 2000 }, (_, i) => (i * 7919) % 10007).sort((a, b) => a - b)[7],
} }"#;

#[test]
fn slices_make_no_difference_and_what_does_not_end_is_killed() {
    let (module, _) = engine().prepared(&peerd_script::text("hog", HOG).expect("a text")).expect("a behaviour");
    let mut world = World::new(vec![guest(class("hog", 1).fuel(peerd_script::FUEL), Quick::new(&module))]);
    let mut host = Slow::new(500_000, 400_000_000);
    host.know("hog", 1, &module);

    // In one go, and in slices.
    let hog = world.spawn("hog", &Said("", 0), &[]);
    world.call(hog, &Said(r#"["sort"]"#, 0));
    let (reply, body) = world.slow.pop_front().expect("it is slow");
    let seed = Header::split(&slow::Request::decode(&body).expect("a request").message).expect("a header").0.seed;
    host.request(reply, body).expect("there is room");
    let served = host.serve(u64::MAX);
    let [peerd_vat::Input::Reply { body, .. }] = &*served.answers else { panic!("one answer") };
    let answer = slow::Answer::decode(body).expect("an answer");
    let mut quick = Product::default();
    let input = message(Kind::Message, CALL, seed, r#"["sort"]"#);
    Quick::new(&module).turn(&Input { state: b"[0]", message: &input, fuel: 2_000_000_000 }, &mut quick);
    assert_eq!(
        (&answer.outcome, answer.fuel, &*answer.state, &*answer.outbox),
        (&Outcome::Done, quick.fuel, &*quick.state, &*quick.outbox)
    );
    assert!(served.slices > 10, "{}", served.slices);
    world.answer_slow(served.answers);
    assert!(matches!(world.answer::<Whole>(), Some(Ok(_))));

    for handler in ["loop", "caught", "regex"] {
        let hog = world.spawn("hog", &Said("", 0), &[]);
        tell(&mut world, hog, &format!(r#"["{handler}"]"#));
        let (reply, body) = world.slow.pop_front().expect("it is slow");
        host.request(reply, body).expect("there is room");
        let answers = host.serve(u64::MAX).answers;
        world.answer_slow(answers);
        assert!(!world.lives(hog), "{handler}");
        assert_eq!(world.take_reports(), ["killed a turn of hog used up all the fuel it could have", "hog killed"]);
    }
}
