//! The thin path: a turn takes state and message, leaves a state and an outbox, and takes the same fuel everywhere.
use peerd_guest::abi::Why;

use peerd_guestlab::engine::{Outcome, Ran, everywhere};

use crate::source::{BODY_AT, STATE_AT, class, guest, turn};

fn bytes(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn message(body: &[u8]) -> Vec<u8> {
    [&[0; 40], body].concat()
}

/// Adds the message's number to the state's, and sends the sum with three bytes.
fn adder() -> String {
    guest(&turn(&format!(
        "(i64.store (i32.const {STATE_AT}) (i64.add (i64.load (i32.const {STATE_AT})) (i64.load (i32.const {BODY_AT}))))
         (call $emit (i32.const 1) (i64.const 7) (i64.load (i32.const {STATE_AT})) (i32.const {STATE_AT}) (i32.const 3))
         (i32.const 8)"
    )))
}

#[test]
fn a_turn_takes_state_and_message_and_leaves_a_state_and_an_outbox() {
    let ran = everywhere(&class(&adder()), &bytes(&[40]), &message(&bytes(&[2])), 10_000);
    let outbox = [&[1, 0, 0, 0, 3, 0, 0, 0][..], &bytes(&[7, 42]), &[42, 0, 0, 0, 0, 0, 0, 0]].concat();
    assert_eq!((ran.outcome, ran.state, ran.outbox), (Outcome::Returned(8), bytes(&[42]), outbox));
}

#[test]
fn a_turn_costs_its_base_its_bytes_its_entries_and_its_operators() {
    let ran = everywhere(&class(&adder()), &bytes(&[40]), &message(&bytes(&[2])), 10_000);
    // 50 and a sixteenth of 8 + 48; 15 operators, one of them a call, which costs 2; 20 for the entry, whose 3 bytes
    // and the new state's 8 are less than a sixteenth.
    assert_eq!(ran.fuel, 50 + 3 + 16 + 20);
}

#[test]
fn a_loop_that_never_ends_is_ended_by_its_fuel() {
    let class = class(&guest(&turn("(loop $l (br $l)) (i32.const 0)")));
    let Ran { outcome, fuel, .. } = everywhere(&class, b"", &message(b""), 1_000_000);
    assert_eq!((outcome, fuel), (Outcome::Exhausted, 1_000_001));
}

#[test]
fn recursion_without_end_is_ended_by_its_depth() {
    let class = class(&guest(&format!("(func $f (call $f)) {}", turn("(call $f) (i32.const 0)"))));
    assert_eq!(everywhere(&class, b"", &message(b""), 1_000_000).outcome, Outcome::Crashed(Why::Depth));
}
