//! What JavaScript actors cost on this machine: `./x quickjs && cargo run --release -p peerd-wasmtime --example javascript`.
#![allow(clippy::disallowed_methods, reason = "it measures time")]
use peerd_actor::wire::{CALL, Header, Kind};
use peerd_guest::abi::exports;
use peerd_metered::{Engine as _, Input, OUTBOX_MAX, Product};
use peerd_script::Json;
use peerd_wasmtime::{Module, Quick};
use std::{fs, time::Instant};
use wasmtime::{Config, Engine, Linker, Memory, MemoryType, Store};

const COUNTER: &str = include_str!("../../../examples/scripts/counter.js");
const SUMS: &str = "export default { init: () => ({ sum: 0 }), handle: {
  loop(state, n) { let sum = 0; for (let i = 0; i < n; i++) sum = (sum * 31 + i) | 0; state.sum = sum },
  words(state, n) { const seen = {}; for (let i = 0; i < n; i++) { const w = 'w' + i % 97; seen[w] = (seen[w] ?? 0) + 1 } state.sum = seen.w5 },
  sort(state, n) { const a = Array.from({ length: n }, (_, i) => (i * 7919) % 10007); a.sort((x, y) => x - y); state.sum = a[0] },
  regex(state, n) { state.sum = 'lorem ipsum dolor '.repeat(n).match(/\\b[a-z]+r\\b/g).length },
  json(state, n) { state.sum = JSON.parse(JSON.stringify(Array.from({ length: n }, (_, i) => ({ i, text: 'x' + i })))).length },
} }";

fn message(kind: Kind, flags: u16, text: &str) -> Vec<u8> {
    let header = Header { kind, flags, state_refs: 0, message_refs: 0, mark: 0, key: 0, now_ms: 1_000, seed: 7 };
    [&header.to_bytes()[..], &Json::bytes(text, 0)].concat()
}

fn main() {
    let quickjs = fs::read("target/quickjs/quickjs.wasm").expect("./x quickjs has built it");
    let limits = peerd_script::limits();
    let begun = Instant::now();
    let rewritten = peerd_guest::rewrite(&quickjs, &limits).expect("a guest");
    println!("engine {} bytes, rewritten {}; rewriting and proving both builds {:?}", quickjs.len(), rewritten.trap.len(), begun.elapsed());
    println!("{:?}", rewritten.report);
    let begun = Instant::now();
    let engine = Module::load(&quickjs, &limits).expect("a guest");
    println!("the same, and compiling one of them: {:?}", begun.elapsed());
    let class = |name: &str, text: &str| {
        let begun = Instant::now();
        let prepared = engine.prepared(&peerd_script::text(name, text).expect("a text")).expect("a behaviour").0;
        println!("class {name}: {:?}", begun.elapsed());
        prepared
    };
    let (counter, sums) = (class("counter", COUNTER), class("sums", SUMS));
    let mut quick = Quick::new(&counter);
    for (name, kind, flags, text) in
        [("add", Kind::Message, 0, r#"["add",2]"#), ("get", Kind::Message, CALL, r#"["get"]"#), ("init", Kind::Init, 0, "{}")]
    {
        let (best, fuel) = timed(&mut quick, br#"[{"total":5}]"#, &message(kind, flags, text), 20_000);
        println!("{name:10} {best:>10} ns  {fuel:>10} fuel  {:5.2} fuel/ns", fuel as f64 / best as f64);
    }
    let source = peerd_script::module(&quickjs, "counter", COUNTER).expect("a class");
    dirty(&peerd_guest::rewrite(&source, &limits).expect("a guest"), br#"[{"total":5}]"#, &message(Kind::Message, 0, r#"["add",2]"#));
    let mut quick = Quick::new(&sums);
    for (name, n) in [("loop", 20_000), ("words", 5_000), ("sort", 1_000), ("regex", 200), ("json", 500)] {
        let (best, fuel) = timed(&mut quick, br#"[{"sum":0}]"#, &message(Kind::Message, 0, &format!(r#"["{name}",{n}]"#)), 50);
        println!("{name:10} {best:>10} ns  {fuel:>10} fuel  {:5.2} fuel/ns", fuel as f64 / best as f64);
    }
}

/// The best of some: nanoseconds and fuel.
fn timed(quick: &mut Quick, state: &[u8], message: &[u8], times: usize) -> (u128, u64) {
    let mut product = Product::default();
    let mut best = u128::MAX;
    for _ in 0..times {
        product.clear();
        let begun = Instant::now();
        let outcome = quick.turn(&Input { state, message, fuel: i32::MAX as u64 }, &mut product);
        best = best.min(begun.elapsed().as_nanos());
        assert_eq!(outcome, peerd_metered::Outcome::Done, "{}", String::from_utf8_lossy(&product.outbox));
    }
    (best, product.fuel)
}

/// What one turn writes to, and how much of it is another than before.
fn dirty(rewritten: &peerd_guest::Rewritten, state: &[u8], message: &[u8]) {
    let mut config = Config::new();
    config.wasm_exceptions(true);
    let engine = Engine::new(&config).expect("an engine");
    let code = wasmtime::Module::new(&engine, &rewritten.trap).expect("a module");
    let mut store = Store::new(&engine, ());
    let kernel = Memory::new(&mut store, MemoryType::new(64, None)).expect("memory");
    let mut linker = Linker::new(&engine);
    linker.define(&store, "peerd", "kernel", kernel).expect("defined once");
    let instance = linker.instantiate(&mut store, &code).expect("an instance");
    let own = instance.get_memory(&mut store, "memory").expect("it is exported");
    let before = own.data(&store).to_vec();
    kernel.write(&mut store, 0x1_0000, state).expect("there is room");
    kernel.write(&mut store, 0x3_0000, message).expect("there is room");
    let turn = instance.get_func(&mut store, exports::TURN).expect("it is exported");
    let at = [0x1_0000, state.len(), 0x3_0000, message.len(), i32::MAX as usize, 0x5_0008, 0x5_0008 + OUTBOX_MAX, 0x7_0000, 0x5_0000];
    turn.call(&mut store, &at.map(|at| wasmtime::Val::I32(at as i32)), &mut [wasmtime::Val::I32(0)]).expect("a turn");
    let marks = instance.get_global(&mut store, exports::DIRTY).expect("it is exported").get(&mut store).unwrap_i64() as u64;
    let mut best = u128::MAX;
    let reset = instance.get_typed_func::<i32, ()>(&mut store, exports::RESET).expect("it is exported");
    kernel.write(&mut store, 0x8_0000, &before).expect("there is room");
    let after = own.data(&store).to_vec();
    for _ in 0..1_000 {
        instance
            .get_global(&mut store, exports::DIRTY)
            .expect("it is exported")
            .set(&mut store, wasmtime::Val::I64(marks as i64))
            .expect("it is mutable");
        let begun = Instant::now();
        reset.call(&mut store, 0x8_0000).expect("a reset");
        best = best.min(begun.elapsed().as_nanos());
    }
    let granule = 1usize << rewritten.report.granule_shift;
    let differ = |(a, b): (&[u8], &[u8])| a.iter().zip(b).filter(|(a, b)| a != b).count();
    let differing: Vec<usize> = before.chunks(granule).zip(after.chunks(granule)).map(differ).collect();
    let used = before.iter().rposition(|byte| *byte != 0).unwrap_or(0);
    println!("dirty: {} granules of {granule} bytes, put back in {best} ns; marks {marks:064b}", marks.count_ones());
    println!("bytes that differ in each: {differing:?}; used up to {used}");
}
