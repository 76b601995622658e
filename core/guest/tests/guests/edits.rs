//! The verifier: whatever is changed in what was rewritten is rejected, or is what another source is rewritten to.
use peerd_guest::{Build, Limits, recover, rewrite, verify};
use peerd_guestlab::edit::{Judged, edited, edits, judge};
use peerd_guestlab::engine::module;

use crate::source::{STATE_AT, class, turn, with_memory};

/// One of everything that is injected, and of what stands near it.
fn everything() -> String {
    let fields = format!(
        "(type $f (func (param i64) (result i64)))
         (tag $t (param i64))
         (func $throws (param $l i64) (if (i64.eqz (local.get $l)) (then (throw $t (i64.const 3)))))
         (table 2 4 funcref) (elem (i32.const 0) $leaf $down)
         (global $g (mut i64) (i64.const 4)) (global $h (mut f32) (f32.const 2))
         (data (i32.const 4000) \"pristine\") (data $d \"passive\")
         (func $begin (global.set $g (i64.const 6)) (i64.store8 (i32.const 4096) (i64.const 9)))
         (start $begin)
         (func $leaf (param $l i64) (result i64) (i64.add (local.get $l) (i64.load (i32.const 4000))))
         (func $down (param $l i64) (result i64)
            (if (result i64) (i64.eqz (local.get $l)) (then (i64.const 0)) (else (call $down (i64.sub (local.get $l) (i64.const 1))))))
         (func $leaves_one (param i32))
         (func $early (param $n i32) (loop $again (br_if 1 (i32.eqz (local.get $n))) (br $again)))
         {}",
        turn(&format!(
            "(local.set $i (i32.const 3))
             (loop $l
                (i32.store offset=4100 (local.get $i) (local.get $j))
                (f64.store (i32.const 4200) (local.get $x))
                (f32.store (i32.const 4300) (global.get $h))
                (local.set $x (f64.copysign (f64.const 1) (local.get $x)))
                (i32.store16 (i32.const 4400) (i32.reinterpret_f32 (global.get $h)))
                (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
             (memory.fill (i32.const 5000) (i32.const 1) (i32.const 100))
             (memory.copy (i32.const 5200) (i32.const 5000) (i32.const 100))
             (memory.init $d (i32.const 5400) (i32.const 0) (i32.const 7))
             (drop (i32.add (memory.grow (i32.const 1)) (memory.size)))
             (call $emit (i32.const 1) (call $leaf (i64.const 2)) (call $down (i64.const 3)) (i32.const 5400) (i32.const 7))
             (local.set $l (block $caught (result i64)
                (try_table (catch $t $caught) (call $throws (local.get $l)))
                (i64.const 1)))
             (i64.store (i32.const {STATE_AT}) (call_indirect (type $f) (i64.const 2) (i32.const 1)))
             (i32.const 8)"
        ))
    );
    with_memory("(memory (export \"memory\") 1 3)", &fields)
}

fn limits() -> Limits {
    Limits::default()
}

#[test]
fn every_edit_of_an_operator_is_rejected_or_is_another_guest_well_metered() {
    let class = class(&everything());
    for build in [Build::Trap, Build::Yielding] {
        let module = module(&class, build);
        let injected = if build == Build::Trap { 9 } else { 10 };
        let mut counts = [0; 4];
        for edit in edits(module) {
            let Some(changed) = edited(module, edit) else { continue };
            let judged = judge(module, &changed, build, &limits()).unwrap_or_else(|why| panic!("{edit:?}: {why}"));
            // Of the injected functions, only the turn and the beginning have anything in them that is another guest's otherwise.
            let is_fixed = edit.function < injected && ![1, 8].contains(&edit.function);
            assert!(!is_fixed || judged != Judged::Another, "{edit:?} of an injected function is admitted");
            counts[judged as usize] += 1;
        }
        let [invalid, rejected, another, same] = counts;
        // Swapping two equal operators changes nothing.
        assert!(invalid > 500 && rejected > 1_500 && another > 20 && same < 100, "{counts:?}");
    }
}

#[test]
fn a_module_is_what_the_source_that_is_recovered_from_it_is_rewritten_to() {
    let class = class(&everything());
    for build in [Build::Trap, Build::Yielding] {
        let source = recover(module(&class, build), build, &limits()).expect("it is one of ours");
        let again = rewrite(&source, &limits()).expect("a source");
        assert_eq!((&again.trap, &again.yielding), (&class.trap, &class.yielding));
    }
}

#[test]
fn one_build_is_not_the_other_and_no_classs_limits_are_anothers() {
    let class = class(&everything());
    assert!(verify(&class.trap, Build::Yielding, &limits()).is_err());
    assert!(verify(&class.yielding, Build::Trap, &limits()).is_err());
    let others = [
        Limits { depth_max: 999, ..limits() },
        Limits { start_fuel: 5, ..limits() },
        Limits { pages_max: 2, ..limits() },
        Limits { table_max: 1, ..limits() },
    ];
    for other in others {
        assert!(verify(&class.trap, Build::Trap, &other).is_err(), "{other:?}");
    }
}

#[test]
fn a_source_is_no_rewritten_module() {
    let source = wat::parse_str(everything()).expect("it is wat");
    assert!(verify(&source, Build::Trap, &limits()).is_err());
    assert!(verify(b"", Build::Trap, &limits()).is_err());
    assert!(verify(b"\0asm\x01\0\0\0", Build::Trap, &limits()).is_err());
}
