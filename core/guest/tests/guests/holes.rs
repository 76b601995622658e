//! Holes that a rewriting can have, each closed: of those that a prototype had, every one.
use peerd_guest::abi::Why;
use peerd_guest::{Build, Limits, Refused, rewrite};
use peerd_guestlab::engine::{ENGINES, Engine, Guest, NEW, OUT, OUT_BYTES, Outcome, STATE, everywhere, everywhere_on};

use crate::source::{BODY_AT, MESSAGE_AT, STATE_AT, class, class_of, guest, turn, with_memory};

const MESSAGE: [u8; 40] = [0; 40];

fn refused(source: &str) -> Refused {
    let bytes = wat::parse_str(source).expect("it is wat");
    rewrite(&bytes, &Limits::default()).expect_err("it is no guest")
}

/// Runs two turns of one class on one instance, with the reset between them, and tells what the second leaves.
fn next_tenant(source: &str, first: &[u8], second: &[u8]) -> Vec<u8> {
    let class = class(source);
    let told = ENGINES.map(|engine| {
        let mut guest = Guest::new(engine, &class, Build::Trap);
        guest.turn(first, &[&MESSAGE[..], &[1]].concat(), 100_000, 0);
        guest.reset();
        guest.turn(second, &[&MESSAGE[..], &[0]].concat(), 100_000, 0).state
    });
    assert_eq!(told[0], told[1]);
    told[0].clone()
}

#[test]
fn what_a_call_that_throws_has_cost_is_not_forgotten() {
    let fields = format!(
        "(tag $t)
         (func $thrower (param $n i32)
            (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (throw $t))
         {}",
        turn(
            "(local.set $i (i32.const 100))
             (loop $l
                (block $caught (try_table (catch $t $caught) (call $thrower (i32.const 1000))))
                (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
             (i32.const 0)"
        )
    );
    let ran = everywhere_on(&[Engine::Wasmtime], &class(&guest(&fields)), b"", &MESSAGE, 10_000_000);
    // The inner loop's five operators a thousand times, what is thrown, and the head of the outer loop, a hundred times.
    let thrower = 1 + 1_000 + 1_000 * 5;
    let around = 2 + 1 + 5;
    assert_eq!((ran.outcome, ran.fuel), (Outcome::Returned(0), 52 + 2 + 1 + 100 * (thrower + around)));
}

#[test]
fn a_thousand_caught_exceptions_are_no_depth() {
    let fields = format!(
        "(tag $t)
         (func $down (param $n i32)
            (if (local.get $n) (then (call $down (i32.sub (local.get $n) (i32.const 1)))) (else (throw $t))))
         {}",
        turn(
            "(local.set $i (i32.const 1000))
             (loop $l
                (block $caught (try_table (catch_all $caught) (call $down (i32.const 100))))
                (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
             (i32.const 0)"
        )
    );
    assert_eq!(everywhere_on(&[Engine::Wasmtime], &class(&guest(&fields)), b"", &MESSAGE, 100_000_000).outcome, Outcome::Returned(0));
}

#[test]
fn an_exception_that_nobody_catches_ends_as_any_crash_does() {
    let fields = format!("(tag $t) {}", turn("(throw $t)"));
    let ran = everywhere_on(&[Engine::Wasmtime], &class(&guest(&fields)), b"", &MESSAGE, 10_000);
    assert_eq!(ran.outcome, Outcome::Crashed(Why::Guest));
}

#[test]
fn a_guest_that_catches_everything_is_still_killed() {
    let fields = format!(
        "(tag $t) (func $spin (loop $l (br $l)))
         {}",
        turn("(loop $l (block $caught (try_table (catch_all $caught) (call $spin))) (br $l)) (i32.const 666)")
    );
    let class = class(&guest(&fields));
    for build in [Build::Trap, Build::Yielding] {
        let mut guest = Guest::new(Engine::Wasmtime, &class, build);
        assert_eq!(guest.turn(b"", &MESSAGE, 100_000, 10_000).outcome, Outcome::Exhausted, "{build:?}");
    }
}

#[test]
fn a_tail_call_is_no_way_around_the_charge() {
    let tail = format!("(func $f (param i32) (return_call $f (local.get 0))) {}", turn("(call $f (i32.const 1)) (i32.const 0)"));
    assert!(matches!(refused(&guest(&tail)), Refused::Operator { name, .. } if name == "ReturnCall"));
}

#[test]
fn a_leaf_is_paid_for_by_whom_it_serves() {
    let leaf = "(func $leaf (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 3)))";
    let called = |times: usize| {
        let calls = "(drop (call $leaf (i32.const 9)))".repeat(times);
        everywhere(&class(&guest(&format!("{leaf} {}", turn(&format!("{calls} (i32.const 0)"))))), b"", &MESSAGE, 10_000).fuel
    };
    // A constant, the call, two operands and the division, and the drop.
    assert_eq!((called(20) - called(10), class(&guest(&format!("{leaf} {}", turn("(i32.const 0)")))).report.leaves), (140, 2));
    // Nobody knows what an indirect call reaches: it costs as much as the dearest leaf.
    let table = format!(
        "(type $l (func (param i32) (result i32))) (table 1 funcref) (elem (i32.const 0) $leaf) {leaf}
         {}",
        turn("(drop (call_indirect (type $l) (i32.const 9) (i32.const 0))) (i32.const 0)")
    );
    assert_eq!(everywhere(&class(&guest(&table)), b"", &MESSAGE, 10_000).fuel, 52 + 1 + 1 + 66 + 1 + 1);
}

/// If the message's first byte is set it spoils, else it keeps eight bytes from `at` for its state.
fn spoils(spoil: &str, at: u32) -> String {
    guest(&turn(&format!(
        "(if (i32.load8_u (i32.const {BODY_AT})) (then {spoil})
            (else (i64.store (i32.const {STATE_AT}) (i64.load (i32.const {at})))))
         (i32.const 8)"
    )))
}

#[test]
fn a_store_across_granules_is_undone_on_both_sides() {
    for (store, at) in [("i64.store (i32.const 8188) (i64.const -1)", 8_192), ("i64.store offset=4 (i32.const 8185) (i64.const -1)", 8_192)]
    {
        assert_eq!(next_tenant(&spoils(&format!("({store})"), at), b"", b""), [0; 8], "{store}");
    }
    let narrow = ["i64.store32", "i64.store16", "i32.store", "i32.store16"];
    for (store, value) in narrow.iter().zip(["(i64.const -1)", "(i64.const -1)", "(i32.const -1)", "(i32.const -1)"]) {
        assert_eq!(next_tenant(&spoils(&format!("({store} (i32.const 8191) {value})"), 8_190), b"", b""), [0; 8], "{store}");
    }
}

#[test]
fn the_last_bytes_of_a_memory_are_undone_too() {
    let spoil = "(i64.store (i32.const 65528) (i64.const -1))";
    assert_eq!(next_tenant(&spoils(spoil, 65_528), b"", b""), [0; 8]);
}

#[test]
fn a_tenant_reads_nothing_of_the_states_and_messages_before() {
    let reads = |at: u32| guest(&turn(&format!("(i64.store (i32.const {STATE_AT}) (i64.load (i32.const {at}))) (i32.const 8)")));
    // Byte 128 of the state that the tenant before had, from one that has 16 bytes; and of its message.
    assert_eq!(next_tenant(&reads(STATE_AT + 128), &[0xee; 512], &[1; 16]), [0; 8]);
    let class = class(&reads(MESSAGE_AT + 900));
    let mut guest = Guest::new(Engine::Wasmtime, &class, Build::Trap);
    assert_eq!(guest.turn(b"", &[0xee; 1_000], 10_000, 0).state, [0xee; 8]);
    guest.reset();
    assert_eq!(guest.turn(b"", &MESSAGE, 10_000, 0).state, [0; 8]);
}

#[test]
fn bulk_work_is_undone_from_its_first_byte_to_its_last() {
    for (bulk, at) in [
        ("(memory.fill (i32.const 5000) (i32.const 1) (i32.const 3200))", 5_000),
        ("(memory.fill (i32.const 5000) (i32.const 1) (i32.const 3200))", 8_192),
        ("(memory.copy (i32.const 9000) (i32.const 2088) (i32.const 1))", 9_000),
        ("(memory.fill (i32.const 0) (i32.const 1) (i32.const 65536))", 65_528),
    ] {
        assert_eq!(next_tenant(&spoils(bulk, at), b"", b""), [0; 8], "{bulk} at {at}");
    }
    let source = spoils("(memory.init $d (i32.const 9000) (i32.const 0) (i32.const 4))", 9_000);
    let source = source.replacen("(func (export", "(data $d \"\\01\\02\\03\\04\") (func (export", 1);
    assert_eq!(next_tenant(&source, b"", b""), [0; 8]);
}

#[test]
fn globals_and_what_memory_was_asked_for_are_undone() {
    let source = |body: &str| {
        let fields = "(global $g (mut i64) (i64.const 77)) (global $f (mut f64) (f64.const 1.5))";
        with_memory("(memory (export \"memory\") 1 3)", &format!("{fields} {}", turn(body)))
    };
    let body = format!(
        "(global.set $g (i64.add (global.get $g) (i64.extend_i32_u (memory.grow (i32.const 1)))))
         (global.set $f (f64.add (global.get $f) (f64.const 1)))
         (i64.store (i32.const {STATE_AT}) (global.get $g))
         (i64.store (i32.const {}) (i64.trunc_f64_s (global.get $f)))
         (i64.store (i32.const {}) (i64.extend_i32_u (memory.size)))
         (i64.store (i32.const 70000) (i64.const 1))
         (i32.const 24)",
        STATE_AT + 8,
        STATE_AT + 16
    );
    // Twice on the same instance, in everywhere.
    let ran = everywhere(&class(&source(&body)), b"", &MESSAGE, 100_000);
    let numbers: Vec<u64> = ran.state.chunks(8).map(|number| u64::from_le_bytes(number.try_into().expect("eight"))).collect();
    assert_eq!(numbers, [78, 2, 2]);
}

#[test]
fn what_the_start_function_did_is_pristine() {
    let fields = format!(
        "(global $g (mut i32) (i32.const 1)) (tag $unused)
         (func $begin (global.set $g (i32.const 9)) (i32.store (i32.const 9000) (i32.const 5)))
         (start $begin)
         {}",
        turn(&format!(
            "(i32.store (i32.const {STATE_AT}) (i32.add (global.get $g) (i32.load (i32.const 9000))))
             (global.set $g (i32.const 0)) (i32.store (i32.const 9000) (i32.const 0))
             (i32.const 4)"
        ))
    );
    let ran = everywhere(&class(&guest(&fields.replace("(tag $unused)", ""))), b"", &MESSAGE, 10_000);
    assert_eq!(ran.state, [14, 0, 0, 0]);
}

#[test]
fn no_number_of_sends_leaves_the_outbox() {
    let source = guest(&turn(&format!(
        "(local.set $i (i32.const 200))
         (loop $l
            (call $emit (i32.const 1) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 1024))
            (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
         (i32.const {})",
        0
    )));
    let class = class(&source);
    for engine in ENGINES {
        let mut guest = Guest::new(engine, &class, Build::Trap);
        let behind = (OUT + OUT_BYTES) as usize;
        let before = guest.kernel()[behind..].to_vec();
        assert_eq!(guest.turn(b"", &MESSAGE, 1_000_000, 0).outcome, Outcome::Crashed(Why::Outbox));
        assert!(guest.kernel()[behind..] == before);
    }
    // To the last byte there is.
    let one = |bytes: u32| {
        let source = guest(&turn(&format!(
            "(call $emit (i32.const 1) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const {bytes})) (i32.const 0)"
        )));
        let mut guest = Guest::new(Engine::Wasmtime, &crate::source::class(&source), Build::Trap);
        guest.out_bytes = 64;
        guest.turn(b"", &MESSAGE, 10_000, 0).outcome
    };
    assert_eq!([one(40), one(41), one(0)], [Outcome::Returned(0), Outcome::Crashed(Why::Outbox), Outcome::Returned(0)]);
    // A length that would wrap.
    assert_eq!([one(u32::MAX), one(u32::MAX - 24), one(0x8000_0000)], [(); 3].map(|()| Outcome::Crashed(Why::Outbox)));
}

#[test]
fn the_padding_of_an_entry_is_zeros_whatever_stood_there() {
    let source = guest(&turn("(call $emit (i32.const 1) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 1)) (i32.const 0)"));
    let mut guest = Guest::new(Engine::Wasmtime, &class(&source), Build::Trap);
    guest.write_kernel(OUT, &[0xff; 64]);
    assert_eq!(guest.turn(b"", &MESSAGE, 10_000, 0).outbox[24..], [0; 8]);
}

#[test]
fn a_new_state_is_beside_the_old_one_until_somebody_installs_it() {
    let source = guest(&turn(&format!("(i32.store (i32.const {STATE_AT}) (i32.const 9)) (i32.const 4)")));
    let mut guest = Guest::new(Engine::Wasmtime, &class(&source), Build::Trap);
    guest.turn(b"mine", &MESSAGE, 10_000, 0);
    let kernel = guest.kernel();
    assert_eq!((&kernel[STATE as usize..][..4], &kernel[NEW as usize..][..4]), (&b"mine"[..], &[9, 0, 0, 0][..]));
}

#[test]
fn a_new_state_has_room_in_its_buffer_or_the_turn_crashes() {
    let source = |length: i32| guest(&turn(&format!("(i32.const {length})")));
    let outcome = |length| everywhere(&class(&source(length)), b"", &MESSAGE, 10_000).outcome;
    assert_eq!(outcome(512), Outcome::Returned(512));
    assert_eq!(outcome(513), Outcome::Crashed(Why::State));
    assert_eq!((outcome(-1), outcome(i32::MIN)), (Outcome::Returned(-1), Outcome::Returned(-1)));
}

#[test]
fn where_the_buffers_are_is_no_code_of_the_guests() {
    let mutable = guest(&turn("(i32.const 0)")).replace("(export \"peerd_state\") i32", "(export \"peerd_state\") (mut i32)");
    assert!(matches!(refused(&mutable), Refused::Abi(_)));
    let beyond = guest(&turn("(i32.const 0)")).replace("(i32.const 1024)", "(i32.const 65500)");
    assert!(matches!(refused(&beyond), Refused::Abi(_)));
}

#[test]
fn what_has_no_rule_is_refused_by_its_name() {
    let of = |fields: &str, operators: &str| refused(&guest(&format!("{fields} {}", turn(operators))));
    let operator = |fields: &str, operators: &str, name: &str| match of(fields, operators) {
        Refused::Operator { name: found, .. } => assert_eq!(found, name),
        other => panic!("{name}: {other}"),
    };
    operator("", "(v128.store (i32.const 0) (v128.const i64x2 0 0)) (i32.const 0)", "V128Const");
    operator("", "(i32.atomic.load (i32.const 0))", "I32AtomicLoad");
    operator("", "(atomic.fence) (i32.const 0)", "AtomicFence");
    let table = "(table $t 1 funcref) (elem $e (i32.const 0) func 0)";
    operator(table, "(table.set $t (i32.const 0) (ref.null func)) (i32.const 0)", "RefNull");
    operator(table, "(table.size $t)", "TableSize");
    operator(table, "(table.grow $t (ref.null func) (i32.const 1))", "RefNull");
    operator(table, "(table.copy $t $t (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0)", "TableCopy");
    operator("(table $t 1 funcref)", "(drop (table.get $t (i32.const 0))) (i32.const 0)", "TableGet");
    operator("(data $d \"x\")", "(data.drop $d) (i32.const 0)", "DataDrop");
    operator("", "(i64.add128 (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)) drop drop (i32.const 0)", "I64Add128");
    operator("", "(drop (ref.i31 (i32.const 0))) (i32.const 0)", "RefI31");
    operator(table, "(elem.drop $e) (i32.const 0)", "ElemDrop");
}

#[test]
fn the_old_way_to_catch_is_refused() {
    let mut bytes = wat::parse_str(guest(&turn("(block) (i32.const 0)"))).expect("it is wat");
    let block = bytes.windows(3).position(|window| window == [0x02, 0x40, 0x0b]).expect("there is an empty block");
    bytes[block] = 0x06;
    let refused = rewrite(&bytes, &Limits::default()).expect_err("it is no guest");
    assert!(matches!(refused, Refused::Invalid { .. } | Refused::Operator { .. }), "{refused}");
}

#[test]
fn what_outlives_a_reset_or_reaches_out_is_no_guest() {
    let kind = |fields: &str| refused(&guest(&format!("{fields} {}", turn("(i32.const 0)"))));
    assert!(matches!(kind("(memory 1)"), Refused::Invalid { .. } | Refused::Kind(_)));
    assert!(matches!(kind("(table 1 funcref) (table 1 funcref)"), Refused::Kind(_)));
    assert!(matches!(kind("(table 1 externref)"), Refused::Kind(_)));
    assert!(matches!(kind("(table 20000 funcref)"), Refused::TooMany { .. }));
    assert!(matches!(kind("(global (mut funcref) (ref.null func))"), Refused::Kind(_)));
    assert!(matches!(kind("(func (export \"__turn\"))"), Refused::Export(_)));
    assert!(matches!(kind("(func (param externref))"), Refused::Kind(_)));
    let import = |import: &str| refused(&guest(&turn("(i32.const 0)")).replacen("(import", &format!("{import} (import"), 1));
    assert!(matches!(import("(import \"peerd\" \"kernel\" (memory 1))"), Refused::Import(_) | Refused::Invalid { .. }));
    assert!(matches!(import("(import \"peerd\" \"yield\" (func))"), Refused::Import(_)));
    assert!(matches!(import("(import \"env\" \"now\" (func (result i64)))"), Refused::Import(_)));
    assert!(matches!(import("(import \"peerd\" \"g\" (global i32))"), Refused::Import(_)));
    let shared = guest(&turn("(i32.const 0)")).replace("(memory (export \"memory\") 1)", "(memory (export \"memory\") 1 1 shared)");
    assert!(matches!(refused(&shared), Refused::Invalid { .. }));
    let wide = guest(&turn("(i32.const 0)")).replace("(memory (export \"memory\") 1)", "(memory (export \"memory\") i64 1)");
    assert!(matches!(refused(&wide), Refused::Invalid { .. }));
    let large = guest(&turn("(i32.const 0)")).replace("(memory (export \"memory\") 1)", "(memory (export \"memory\") 17)");
    assert!(matches!(refused(&large), Refused::TooMany { .. }));
}

#[test]
fn no_exception_holds_another() {
    let refused = refused(&guest(&format!("(tag (param i32 exnref)) {}", turn("(i32.const 0)"))));
    assert_eq!(refused, Refused::Kind("an exception that holds another"));
}

#[test]
fn what_a_branch_or_a_call_moves_at_once_is_little() {
    let i64s = |count| " i64".repeat(count);
    let of = |fields: &str| {
        rewrite(&wat::parse_str(guest(&format!("{fields} {}", turn("(i32.const 0)")))).expect("it is wat"), &Limits::default())
    };
    let refused_for = |fields: String| match of(&fields) {
        Err(Refused::TooMany { what, .. }) => what,
        other => panic!("{fields}: {other:?}"),
    };
    let looped = |count| {
        format!(
            "(type $t (func (param{}))) (func {} (loop (type $t) {}))",
            i64s(count),
            "(i64.const 0)".repeat(count),
            "drop ".repeat(count)
        )
    };
    assert_eq!(refused_for(format!("(func (param{}))", i64s(65))), "parameters of a function");
    assert_eq!(refused_for(format!("(func (result{}) unreachable)", i64s(21))), "results of a function");
    assert_eq!(refused_for(looped(21)), "values that a block takes");
    assert!(of(&looped(20)).is_ok() && of(&format!("(func (param{}))", i64s(64))).is_ok());
}

#[test]
fn locals_that_a_call_sets_to_zero_are_paid_for() {
    let fuel = |locals: usize| {
        let fields = format!("(func $many (local{})) {}", " i64".repeat(locals), turn("(call $many) (i32.const 0)"));
        everywhere(&class(&guest(&fields)), b"", &MESSAGE, 100_000).fuel
    };
    assert_eq!(fuel(9_600) - fuel(800), 1_100);
    assert_eq!(fuel(40) - fuel(0), 5);
}

#[test]
fn what_takes_long_to_prove_is_refused() {
    let refused_for = |fields: &str| match refused(&guest(&format!("{fields} {}", turn("(i32.const 0)")))) {
        Refused::TooMany { what, .. } => what,
        other => panic!("{other}"),
    };
    let wide = format!("(func (local{}))", " i64".repeat(9_999));
    assert_eq!(refused_for(&wide.repeat(105)), "locals of all functions");
    let stores = "f64.store offset=1 ".repeat(20_000);
    assert_eq!(refused_for(&format!("(func unreachable {stores})")), "bytes of a rewritten function");
}

#[test]
fn a_grow_beyond_the_classs_pages_answers_minus_one_and_one_within_them_does_not() {
    let body = format!(
        "(i32.store (i32.const {STATE_AT}) (memory.grow (i32.const 2)))
         (i32.store offset=4 (i32.const {STATE_AT}) (memory.grow (i32.const 2)))
         (i32.store offset=8 (i32.const {STATE_AT}) (memory.grow (i32.const -1)))
         (i32.store offset=12 (i32.const {STATE_AT}) (memory.size))
         (i32.const 16)"
    );
    let limits = Limits { pages_max: 4, ..Limits::default() };
    let class = class_of(&with_memory("(memory (export \"memory\") 1)", &turn(&body)), &limits);
    let ran = everywhere(&class, b"", &MESSAGE, 100_000);
    assert_eq!(ran.state, [1, -1, -1, 3].map(|number: i32| number.to_le_bytes()).concat());
    assert!((30_000..31_000).contains(&ran.fuel), "{}", ran.fuel);
    assert_eq!(class.report.memory_bytes, 4 * 65_536);
}

#[test]
fn the_depth_of_a_frame_is_more_the_more_it_holds() {
    let deepest = |locals: usize| {
        let fields = format!(
            "(func $down (param $n i32) (local {}) (i32.store (i32.const {STATE_AT}) (local.get $n)) (call $down (i32.add (local.get $n) (i32.const 1))))
             (func $probe (param $n i32) (result i32) (local {})
                (if (result i32) (local.get $n) (then (call $probe (i32.sub (local.get $n) (i32.const 1)))) (else (i32.const 0))))
             {}",
            "i64 ".repeat(locals),
            "i64 ".repeat(locals),
            turn(&format!("(call $probe (i32.load (i32.const {STATE_AT})))"))
        );
        let mut guest = Guest::new(Engine::Wasmtime, &class(&guest(&fields)), Build::Trap);
        let mut is_too_deep = |depth: u32| {
            let outcome = guest.turn(&depth.to_le_bytes(), &MESSAGE, 99_000, 0).outcome;
            guest.reset();
            outcome == Outcome::Crashed(Why::Depth)
        };
        (0..1_100u32).find(|depth| is_too_deep(*depth))
    };
    assert_eq!((deepest(0), deepest(16)), (Some(999), Some(499)));
}

#[test]
fn indirect_recursion_is_as_deep_as_any() {
    let fields = format!(
        "(type $f (func)) (table 1 funcref) (elem (i32.const 0) $f)
         (func $f (call_indirect (type $f) (i32.const 0)))
         {}",
        turn("(call $f) (i32.const 0)")
    );
    assert_eq!(everywhere(&class(&guest(&fields)), b"", &MESSAGE, 1_000_000).outcome, Outcome::Crashed(Why::Depth));
}

#[test]
fn bulk_work_costs_a_sixteenth_of_its_bytes_and_can_be_stopped_in_the_middle() {
    let limits = Limits { pages_max: 16, ..Limits::default() };
    let class = class_of(
        &with_memory(
            "(memory (export \"memory\") 16)",
            &turn("(memory.fill (i32.const 0) (i32.const 1) (i32.const 1048576)) (i32.const 0)"),
        ),
        &limits,
    );
    assert_eq!(everywhere(&class, b"", &MESSAGE, 1_000_000).fuel, 52 + 5 + 65_536);
    let mut guest = Guest::new(Engine::Wasmtime, &class, Build::Yielding);
    guest.turn(b"", &MESSAGE, 1_000_000, 1_000);
    assert!(guest.asked() >= 65);
}

#[test]
fn a_long_copy_that_overlaps_is_right_in_both_directions() {
    for (to, from) in [(1_000, 70_000), (70_000, 1_000), (70_000, 70_000), (4_096, 4_095), (4_095, 4_096)] {
        let body = format!(
            "(local.set $i (i32.const 600000))
             (loop $l
                (i32.store (local.get $i) (i32.mul (local.get $i) (i32.const -1640531527)))
                (br_if $l (i32.ge_s (local.tee $i (i32.sub (local.get $i) (i32.const 4))) (i32.const 4096))))
             (memory.copy (i32.const {to}) (i32.const {from}) (i32.const 500001))
             (local.set $i (i32.const 600000))
             (loop $m
                (local.set $l (i64.add (i64.rotl (local.get $l) (i64.const 7)) (i64.load8_u (local.get $i))))
                (br_if $m (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
             (i64.store (i32.const {STATE_AT}) (local.get $l))
             (i32.const 8)"
        );
        let class = class(&with_memory("(memory (export \"memory\") 10)", &turn(&body)));
        let mut memory = vec![0u8; 10 * 65_536];
        for at in (4_096..=600_000).rev().step_by(4).filter(|at| at % 4 == 0) {
            memory[at..at + 4].copy_from_slice(&(at as u32).wrapping_mul(-1_640_531_527i32 as u32).to_le_bytes());
        }
        memory.copy_within(from..from + 500_001, to);
        let sum = (1..=600_000).rev().fold(0u64, |sum: u64, at| sum.rotate_left(7).wrapping_add(memory[at].into()));
        assert_eq!(everywhere_on(&[Engine::Wasmtime], &class, b"", &MESSAGE, 100_000_000).state, sum.to_le_bytes(), "{from} to {to}");
    }
}

#[test]
fn no_nan_but_one_is_ever_seen() {
    let stores = [
        "(f64.store (i32.const 1024) (f64.const -nan:0x123))",
        "(i64.store (i32.const 1024) (i64.reinterpret_f64 (f64.neg (f64.const nan))))",
        "(f64.store (i32.const 1024) (f64.reinterpret_i64 (i64.const -1)))",
        "(f64.store (i32.const 1024) (f64.promote_f32 (f32.const -nan:0x7)))",
    ];
    for store in stores {
        let ran = everywhere(&class(&guest(&turn(&format!("{store} (i32.const 8)")))), b"", &MESSAGE, 10_000);
        assert_eq!(ran.state, 0x7ff8_0000_0000_0000u64.to_le_bytes(), "{store}");
    }
    for store in
        ["(f32.store (i32.const 1024) (f32.const -nan:0x3))", "(i32.store (i32.const 1024) (i32.reinterpret_f32 (f32.const -nan:0x3)))"]
    {
        let ran = everywhere(&class(&guest(&turn(&format!("{store} (i32.const 4)")))), b"", &MESSAGE, 10_000);
        assert_eq!(ran.state, 0x7fc0_0000u32.to_le_bytes(), "{store}");
    }
    for (sign, one) in [("(f64.copysign (f64.const 1) (f64.const -nan))", 1f64), ("(f64.copysign (f64.const 1) (f64.const -2))", -1f64)] {
        let ran = everywhere(&class(&guest(&turn(&format!("(f64.store (i32.const 1024) {sign}) (i32.const 8)")))), b"", &MESSAGE, 10_000);
        assert_eq!(ran.state, one.to_le_bytes(), "{sign}");
    }
}

#[test]
fn a_float_that_is_no_nan_is_stored_as_it_is() {
    for bits in [0u64, 1 << 63, 0x7ff0_0000_0000_0000, 0xfff0_0000_0000_0000, 1, 0x3ff8_0000_0000_0000] {
        let ran = everywhere(
            &class(&guest(&turn(&format!("(f64.store (i32.const 1024) (f64.reinterpret_i64 (i64.const {bits}))) (i32.const 8)")))),
            b"",
            &MESSAGE,
            10_000,
        );
        assert_eq!(ran.state, bits.to_le_bytes());
    }
}

#[test]
fn more_state_or_message_than_the_buffers_hold_is_the_hosts_fault_and_said_so() {
    let class = class(&guest(&turn("(i32.const 0)")));
    let outcome = |state: &[u8], message: &[u8]| everywhere(&class, state, message, 10_000).outcome;
    assert_eq!(outcome(&[0; 513], &MESSAGE), Outcome::Crashed(Why::Input));
    assert_eq!(outcome(&[], &[0; 1_025]), Outcome::Crashed(Why::Input));
    assert_eq!(outcome(&[0; 512], &[0; 1_024]), Outcome::Returned(0));
}

#[test]
fn marks_that_a_trap_took_along_are_of_no_use_to_the_next_tenant() {
    // A loop keeps its marks to itself until it ends, and this one does not.
    let source = guest(&turn(&format!(
        "(if (i32.load8_u (i32.const {BODY_AT}))
            (then
                (local.set $i (i32.const 20000))
                (loop $l
                    (i32.store8 (local.get $i) (i32.const 7))
                    (i32.store8 (i32.add (local.get $i) (i32.const 9000)) (i32.const 7))
                    (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 500))) (i32.const 30000))))
                unreachable))
         (i64.store (i32.const {STATE_AT}) (i64.load (i32.const 20000)))
         (i64.store (i32.const {}) (i64.load (i32.const 38500)))
         (i32.const 16)",
        STATE_AT + 8
    )));
    assert_eq!(next_tenant(&source, b"", b""), [0; 16]);
}

#[test]
fn a_copy_of_few_bytes_is_one_however_the_ranges_lie() {
    let source = guest(&turn(&format!(
        "(memory.copy
            (i32.load8_u (i32.const {BODY_AT})) (i32.load8_u (i32.const {})) (i32.load8_u (i32.const {})))
         (memory.copy (i32.const {STATE_AT}) (i32.const 0) (i32.const 200))
         (i32.const 200)",
        BODY_AT + 1,
        BODY_AT + 2
    )));
    let source = source.replace("(module", "(module (data (i32.const 0) \"\\01\\02\\03\\04\\05\\06\\07\\08\\09\\0a\\0b\\0c\\0d\\0e\\0f\\10\\11\\12\\13\\14\\15\\16\\17\\18\\19\\1a\\1b\\1c\\1d\\1e\\1f\\20\\21\\22\\23\\24\\25\\26\\27\\28\\29\\2a\\2b\\2c\\2d\\2e\\2f\\30\\31\\32\\33\\34\\35\\36\\37\\38\\39\\3a\\3b\\3c\\3d\\3e\\3f\\40\")");
    let class = class(&source);
    for engine in ENGINES {
        let mut guest = Guest::new(engine, &class, Build::Trap);
        for length in 0..=40u8 {
            for (to, from) in [(0, 8), (8, 0), (3, 4), (4, 3), (10, 10), (100, 1), (0, 24), (24, 0), (20, 5)] {
                let mut expected: Vec<u8> = (1..=64).chain([0; 136]).collect();
                expected.copy_within(usize::from(from)..usize::from(from) + usize::from(length), to.into());
                let ran = guest.turn(b"", &[&MESSAGE[..], &[to, from, length]].concat(), 100_000, 0);
                guest.reset();
                assert_eq!(ran.state, expected, "{engine:?}: {length} bytes from {from} to {to}");
            }
        }
    }
}
