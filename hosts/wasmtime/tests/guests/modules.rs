//! The modules of `examples/guests`, built as everybody builds them.
use peerd_guest::Limits;
use peerd_wasmtime::Module;
use std::{collections::BTreeMap, fs, path::Path, process::Command, sync::OnceLock};

pub const NAMES: [&str; 7] = ["clerk", "counter", "counter2", "hog", "member", "player", "rogue"];

/// The bytes of one, as the compiler wrote them.
pub fn source(name: &str) -> &'static [u8] {
    static SOURCES: OnceLock<BTreeMap<&str, Vec<u8>>> = OnceLock::new();
    let sources = SOURCES.get_or_init(|| {
        let ground = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let built = Command::new(ground.join("x")).arg("guests").current_dir(&ground).output().expect("./x runs");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let read = |name| (name, fs::read(ground.join("target/guests").join(format!("{name}.wasm"))).expect("it is built"));
        NAMES.into_iter().map(read).collect()
    });
    &sources[name]
}

pub fn module(name: &str) -> Module {
    static MODULES: OnceLock<BTreeMap<&str, Module>> = OnceLock::new();
    let load = |name| (name, Module::load(source(name), &Limits::default()).unwrap_or_else(|why| panic!("{name}: {why}")));
    MODULES.get_or_init(|| NAMES.into_iter().map(load).collect())[name].clone()
}

#[test]
fn every_example_is_a_guest_and_a_counter_is_small() {
    for name in NAMES {
        let report = module(name).report().clone();
        assert!(report.memory_bytes <= 65_536 || name == "rogue", "{name} has {} bytes of memory", report.memory_bytes);
        println!("{name}: {} bytes, {} rewritten, {} of image", report.source_bytes, report.trap_bytes, report.image_bytes);
    }
    assert!(source("counter").len() < 20_000);
}

#[test]
fn another_limit_is_another_module() {
    let other = Limits { depth_max: 999, ..Limits::default() };
    let loaded = Module::load(source("counter"), &other).expect("it loads");
    assert_ne!(loaded.hash(), module("counter").hash());
    assert_ne!(module("counter2").hash(), module("counter").hash());
}
