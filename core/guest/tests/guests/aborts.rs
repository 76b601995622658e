//! A turn that is aborted, at whatever point, never happened: not in the kernel's memory, not for the next tenant.
use peerd_guest::Build;
use peerd_guestlab::engine::{ENGINES, Engine, Guest, NEW, OUT, OUT_BYTES, Outcome};

use crate::source::{BODY_AT, STATE_AT, class, guest, turn};

/// Writes all over its memory and its globals, grows, and sends as it goes.
fn busy() -> String {
    let fields = format!(
        "(global $g (mut i64) (i64.const 5))
         {}",
        turn(&format!(
            "(local.set $i (i32.const 40))
             (loop $l
                (i64.store offset=3 (i32.mul (local.get $i) (i32.const 1600)) (i64.const -1))
                (global.set $g (i64.add (global.get $g) (i64.const 3)))
                (memory.fill (i32.mul (local.get $i) (i32.const 900)) (i32.const 7) (i32.const 33))
                (call $emit (local.get $i) (i64.const 1) (global.get $g) (i32.const {BODY_AT}) (i32.const 9))
                (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
             (i64.store (i32.const {STATE_AT}) (global.get $g))
             (i32.const 8)"
        ))
    );
    guest(&fields)
}

/// The kernel's memory but for what is a turn's to scribble on.
fn kept(guest: &mut Guest) -> Vec<u8> {
    let mut bytes = guest.kernel();
    bytes[OUT as usize..(OUT + OUT_BYTES) as usize].fill(0);
    bytes[NEW as usize..NEW as usize + 512].fill(0);
    bytes
}

#[test]
fn a_turn_aborted_at_any_fuel_leaves_the_kernel_and_the_next_tenant_as_they_were() {
    let class = class(&busy());
    let message = [3; 60];
    for engine in ENGINES {
        let mut guest = Guest::new(engine, &class, Build::Trap);
        let whole = guest.turn(b"mine", &message, 100_000, 0);
        guest.reset();
        assert_eq!(whole.outcome, Outcome::Returned(8));
        let pristine = guest.memory();
        let mut fresh = Guest::new(engine, &class, Build::Trap);
        assert_eq!(pristine, fresh.memory());
        guest.write_kernel(OUT - 8, &[0xaa; 8]);
        let before = kept(&mut guest);
        // Every fuel there is a difference by, in the quick engine; in the other, each seventh.
        let step = if engine == Engine::Wasmtime { 1 } else { 7 };
        for fuel in (0..whole.fuel).step_by(step) {
            let ran = guest.turn(b"mine", &message, fuel, 0);
            assert_eq!(ran.outcome, Outcome::Exhausted, "with {fuel} of {}", whole.fuel);
            guest.reset();
            assert!(kept(&mut guest) == before && guest.memory() == pristine, "{engine:?} with {fuel}");
            assert_eq!(guest.global("__g0"), 5);
        }
        assert_eq!(guest.turn(b"mine", &message, whole.fuel, 0), whole);
    }
}

#[test]
fn a_kill_in_any_slice_leaves_the_kernel_as_it_was() {
    let class = class(&busy());
    let mut guest = Guest::new(Engine::Wasmtime, &class, Build::Yielding);
    let whole = guest.turn(b"mine", &[3; 60], 100_000, 10);
    assert!(guest.asked() > 100);
    guest.reset();
    let pristine = guest.memory();
    for fuel in 0..whole.fuel {
        assert_eq!(guest.turn(b"mine", &[3; 60], fuel, 10).outcome, Outcome::Exhausted);
        guest.reset();
        assert!(guest.memory() == pristine);
    }
}
