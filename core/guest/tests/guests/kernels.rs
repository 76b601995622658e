//! Programs of the usual kinds: what they compute is right, and takes the same fuel on every engine, in both builds, in any slices.
use peerd_guestlab::engine::{Outcome, Ran, everywhere};

use crate::source::{BODY_AT, STATE_AT, class, guest, turn};

/// Plays a program on a message's body everywhere; eight bytes of state come back, and the fuel.
fn play(fields: &str, body: &[u8]) -> (u64, i64) {
    let class = class(&guest(fields));
    let Ran { outcome, fuel, state, .. } = everywhere(&class, b"", &[&[0; 40], body].concat(), 5_000_000);
    assert_eq!(outcome, Outcome::Returned(8));
    // With a thousandth less it does not end, and has taken all there was.
    let ran = everywhere(&class, b"", &[&[0; 40], body].concat(), fuel - fuel / 1_000 - 1);
    assert_eq!((ran.outcome, ran.state), (Outcome::Exhausted, vec![]));
    (u64::from_le_bytes(state.try_into().expect("eight bytes")), fuel)
}

fn answer(value: &str) -> String {
    format!("(i64.store (i32.const {STATE_AT}) {value}) (i32.const 8)")
}

#[test]
fn fib_calls_itself() {
    let fields = format!(
        "(func $fib (param $n i32) (result i32)
            (if (result i32) (i32.lt_u (local.get $n) (i32.const 2))
                (then (local.get $n))
                (else (i32.add (call $fib (i32.sub (local.get $n) (i32.const 1))) (call $fib (i32.sub (local.get $n) (i32.const 2)))))))
         {}",
        turn(&answer(&format!("(i64.extend_i32_u (call $fib (i32.load8_u (i32.const {BODY_AT}))))")))
    );
    // Each call costs the 16 that its operators do, both arms of the `if` among them.
    assert_eq!(play(&fields, &[15]), (610, 16 * 1_973 + 52 + 8));
}

#[test]
fn a_sieve_stores_bytes() {
    let fields = turn(&format!(
        "(memory.fill (i32.const 8192) (i32.const 1) (i32.const 16384))
         (local.set $i (i32.const 2))
         (loop $l
            (if (i32.load8_u offset=8192 (local.get $i)) (then
                (local.set $l (i64.add (local.get $l) (i64.const 1)))
                (local.set $j (i32.mul (local.get $i) (i32.const 2)))
                (block $end (loop $m
                    (br_if $end (i32.ge_u (local.get $j) (i32.const 16384)))
                    (i32.store8 offset=8192 (local.get $j) (i32.const 0))
                    (local.set $j (i32.add (local.get $j) (local.get $i)))
                    (br $m)))))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 16384))))
         {}",
        answer("(local.get $l)")
    ));
    assert_eq!(play(&fields, b"").0, 1_900);
}

fn numbers(count: usize) -> Vec<u32> {
    std::iter::successors(Some(12_345u32), |last| Some(last.wrapping_mul(1_664_525).wrapping_add(1_013_904_223)))
        .skip(1)
        .take(count)
        .collect()
}

#[test]
fn quicksort_sorts() {
    let fields = format!(
        "(func $sort (param $lo i32) (param $hi i32) (local $i i32) (local $j i32) (local $p i32) (local $t i32)
            (if (i32.ge_s (local.get $lo) (local.get $hi)) (then (return)))
            (local.set $i (i32.sub (local.get $lo) (i32.const 4)))
            (local.set $j (i32.add (local.get $hi) (i32.const 4)))
            (local.set $p (i32.load (i32.and (i32.shr_u (i32.add (local.get $lo) (local.get $hi)) (i32.const 1)) (i32.const -4))))
            (block $done (loop $l
                (loop $up (local.set $i (i32.add (local.get $i) (i32.const 4)))
                    (br_if $up (i32.lt_u (i32.load (local.get $i)) (local.get $p))))
                (loop $down (local.set $j (i32.sub (local.get $j) (i32.const 4)))
                    (br_if $down (i32.gt_u (i32.load (local.get $j)) (local.get $p))))
                (br_if $done (i32.ge_s (local.get $i) (local.get $j)))
                (local.set $t (i32.load (local.get $i)))
                (i32.store (local.get $i) (i32.load (local.get $j)))
                (i32.store (local.get $j) (local.get $t))
                (br $l)))
            (call $sort (local.get $lo) (local.get $j))
            (call $sort (i32.add (local.get $j) (i32.const 4)) (local.get $hi)))
         {}",
        turn(&format!(
            "(local.set $j (i32.const 12345))
             (loop $l
                (local.set $j (i32.add (i32.mul (local.get $j) (i32.const 1664525)) (i32.const 1013904223)))
                (i32.store offset=8192 (local.get $i) (local.get $j))
                (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 2048))))
             (call $sort (i32.const 8192) (i32.const 10236))
             (local.set $i (i32.const 0))
             (loop $m
                (local.set $l (i64.add (i64.rotl (local.get $l) (i64.const 5)) (i64.load32_u offset=8192 (local.get $i))))
                (br_if $m (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 2048))))
             {}",
            answer("(local.get $l)")
        ))
    );
    let mut sorted = numbers(512);
    sorted.sort_unstable();
    let sum = sorted.iter().fold(0u64, |sum, number| sum.rotate_left(5).wrapping_add(u64::from(*number)));
    assert_eq!(play(&fields, b"").0, sum);
}

#[test]
fn a_crc_shifts_bits() {
    let fields = turn(&format!(
        "(local.set $i (i32.const -1))
         (loop $l
            (local.set $i (i32.xor (local.get $i) (i32.load8_u (i32.add (i32.const {BODY_AT}) (i32.wrap_i64 (local.get $l))))))
            (local.set $j (i32.const 8))
            (loop $m
                (local.set $i (i32.xor (i32.shr_u (local.get $i) (i32.const 1))
                    (i32.and (i32.const 0xedb88320) (i32.sub (i32.const 0) (i32.and (local.get $i) (i32.const 1))))))
                (br_if $m (local.tee $j (i32.sub (local.get $j) (i32.const 1)))))
            (br_if $l (i64.lt_u (local.tee $l (i64.add (local.get $l) (i64.const 1))) (i64.extend_i32_u (i32.sub (local.get $ml) (i32.const 40))))))
         {}",
        answer("(i64.extend_i32_u (i32.xor (local.get $i) (i32.const -1)))")
    ));
    // The check value of CRC-32.
    assert_eq!(play(&fields, b"123456789").0, 0xcbf4_3926);
}

#[test]
fn bodies_move_in_floats() {
    let fields = format!(
        "(global $px (mut f64) (f64.const 1)) (global $vx (mut f64) (f64.const 0))
         (global $py (mut f64) (f64.const 0)) (global $vy (mut f64) (f64.const 0.7))
         (func $step (local $r f64)
            (local.set $r (f64.sqrt (f64.add (f64.mul (global.get $px) (global.get $px)) (f64.mul (global.get $py) (global.get $py)))))
            (local.set $r (f64.div (f64.const -0.01) (f64.mul (local.get $r) (f64.mul (local.get $r) (local.get $r)))))
            (global.set $vx (f64.add (global.get $vx) (f64.mul (local.get $r) (global.get $px))))
            (global.set $vy (f64.add (global.get $vy) (f64.mul (local.get $r) (global.get $py))))
            (global.set $px (f64.add (global.get $px) (f64.mul (f64.const 0.01) (global.get $vx))))
            (global.set $py (f64.add (global.get $py) (f64.mul (f64.const 0.01) (global.get $vy)))))
         {}",
        turn(&format!(
            "(local.set $i (i32.const 500))
             (loop $l (call $step) (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
             (f64.store (i32.const {STATE_AT}) (f64.add (global.get $px) (global.get $vy))) (i32.const 8)"
        ))
    );
    let (mut px, mut vx, mut py, mut vy) = (1f64, 0f64, 0f64, 0.7f64);
    for _ in 0..500 {
        let r = (px * px + py * py).sqrt();
        let r = -0.01 / (r * (r * r));
        vx += r * px;
        vy += r * py;
        px += 0.01 * vx;
        py += 0.01 * vy;
    }
    assert_eq!(play(&fields, b"").0, (px + vy).to_bits());
}

const SHA256_K: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];
const SHA256_H: [u32; 8] = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

#[test]
fn sha256_of_one_block() {
    let data = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).map(|byte| format!("\\{byte:02x}")).collect::<String>();
    let rotated = |word: &str, by: u32| format!("(i32.rotr (local.get {word}) (i32.const {by}))");
    let three = |word: &str, by: [u32; 3]| {
        format!("(i32.xor (i32.xor {} {}) {})", rotated(word, by[0]), rotated(word, by[1]), rotated(word, by[2]))
    };
    let small = |by: [u32; 2], shift: u32| {
        format!("(i32.xor (i32.xor {} {}) (i32.shr_u (local.get $x) (i32.const {shift})))", rotated("$x", by[0]), rotated("$x", by[1]))
    };
    // Words at 8192, constants at 4096, the hash at 3072.
    let fields = format!(
        "(data (i32.const 4096) \"{}\") (data (i32.const 3072) \"{}\")
         (func $small0 (param $x i32) (result i32) {}) (func $small1 (param $x i32) (result i32) {})
         (func $large0 (param $x i32) (result i32) {}) (func $large1 (param $x i32) (result i32) {})
         (func $block
            (local $i i32) (local $t i32) (local $u i32)
            (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $e i32) (local $f i32) (local $g i32) (local $h i32)
            (local.set $i (i32.const 64))
            (loop $l
                (i32.store offset=8192 (local.get $i) (i32.add
                    (i32.add (i32.load offset=8128 (local.get $i)) (call $small0 (i32.load offset=8132 (local.get $i))))
                    (i32.add (i32.load offset=8164 (local.get $i)) (call $small1 (i32.load offset=8184 (local.get $i))))))
                (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 256))))
            {}
            (local.set $i (i32.const 0))
            (loop $m
                (local.set $t (i32.add (i32.add (local.get $h) (call $large1 (local.get $e)))
                    (i32.add (i32.xor (i32.and (local.get $e) (local.get $f)) (i32.and (i32.xor (local.get $e) (i32.const -1)) (local.get $g)))
                        (i32.add (i32.load offset=4096 (local.get $i)) (i32.load offset=8192 (local.get $i))))))
                (local.set $u (i32.add (call $large0 (local.get $a))
                    (i32.xor (i32.xor (i32.and (local.get $a) (local.get $b)) (i32.and (local.get $a) (local.get $c))) (i32.and (local.get $b) (local.get $c)))))
                (local.set $h (local.get $g)) (local.set $g (local.get $f)) (local.set $f (local.get $e))
                (local.set $e (i32.add (local.get $d) (local.get $t)))
                (local.set $d (local.get $c)) (local.set $c (local.get $b)) (local.set $b (local.get $a))
                (local.set $a (i32.add (local.get $t) (local.get $u)))
                (br_if $m (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 256))))
            {})
         {}",
        data(&SHA256_K),
        data(&SHA256_H),
        small([7, 18], 3),
        small([17, 19], 10),
        three("$x", [2, 13, 22]),
        three("$x", [6, 11, 25]),
        "abcdefgh".chars().enumerate().map(|(n, name)| format!("(local.set ${name} (i32.load (i32.const {})))", 3_072 + 4 * n)).collect::<String>(),
        "abcdefgh"
            .chars()
            .enumerate()
            .map(|(n, name)| format!("(i32.store (i32.const {0}) (i32.add (i32.load (i32.const {0})) (local.get ${name})))", 3_072 + 4 * n))
            .collect::<String>(),
        turn(&format!(
            "(i32.store (i32.const 8192) (i32.const 0x61626380))
             (i32.store (i32.const 8252) (i32.const 24))
             (call $block)
             {}",
            answer("(i64.load (i32.const 3072))")
        ))
    );
    // SHA-256 of `abc` begins ba7816bf 8f01cfea.
    assert_eq!(play(&fields, b"").0, 0x8f01_cfea_ba78_16bf);
}

#[test]
fn a_scanner_of_json_branches_on_tables() {
    // The deepest nesting in the high half; strings and numbers in the low.
    let fields = turn(&format!(
        "(block $end (loop $l
            (br_if $end (i32.ge_u (local.get $i) (i32.sub (local.get $ml) (i32.const 40))))
            (block $next (block $close (block $open (block $quote (block $digit (block $other
                (local.set $j (i32.load8_u offset={BODY_AT} (local.get $i)))
                (br_if $digit (i32.lt_u (i32.sub (local.get $j) (i32.const 48)) (i32.const 10)))
                (br_if $quote (i32.eq (local.get $j) (i32.const 34)))
                (br_table $open $other $close $other
                    (select (i32.sub (i32.and (local.get $j) (i32.const 0xdf)) (i32.const 91)) (i32.const 3)
                        (i32.or (i32.eq (i32.and (local.get $j) (i32.const 0xdf)) (i32.const 91)) (i32.eq (i32.and (local.get $j) (i32.const 0xdf)) (i32.const 93))))))
                (br $next))
                (block $done (loop $more
                    (local.set $i (i32.add (local.get $i) (i32.const 1)))
                    (br_if $done (i32.ge_u (i32.sub (i32.load8_u offset={BODY_AT} (local.get $i)) (i32.const 48)) (i32.const 10)))
                    (br $more)))
                (local.set $i (i32.sub (local.get $i) (i32.const 1)))
                (local.set $l (i64.add (local.get $l) (i64.const 1)))
                (br $next))
                (loop $more
                    (local.set $i (i32.add (local.get $i) (i32.const 1)))
                    (br_if $more (i32.ne (i32.load8_u offset={BODY_AT} (local.get $i)) (i32.const 34))))
                (local.set $l (i64.add (local.get $l) (i64.const 1)))
                (br $next))
                (local.set $sl (i32.add (local.get $sl) (i32.const 1)))
                (local.set $x (f64.max (local.get $x) (f64.convert_i32_u (local.get $sl))))
                (br $next))
                (local.set $sl (i32.sub (local.get $sl) (i32.const 1))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $l)))
         {}",
        answer("(i64.or (i64.shl (i64.trunc_f64_u (local.get $x)) (i64.const 32)) (local.get $l))")
    ));
    let text = br#"{"a": [1, 22, {"b": [333, "x y"]}, "z"], "c": 4444}"#;
    assert_eq!(play(&fields, text).0, (4 << 32) | 9);
}

#[test]
fn an_interpreter_calls_through_its_table() {
    let fields = format!(
        "(type $op (func (param i64) (result i64)))
         (table 4 4 funcref) (elem (i32.const 0) $inc $double $square $call)
         (func $inc (param i64) (result i64) (i64.add (local.get 0) (i64.const 1)))
         (func $double (param i64) (result i64) (i64.shl (local.get 0) (i64.const 1)))
         (func $square (param i64) (result i64) (i64.mul (local.get 0) (local.get 0)))
         (func $call (param i64) (result i64) (call_indirect (type $op) (call_indirect (type $op) (local.get 0) (i32.const 0)) (i32.const 1)))
         {}",
        turn(&format!(
            "(loop $l
                (local.set $l (call_indirect (type $op) (local.get $l) (i32.and (i32.load8_u offset={BODY_AT} (local.get $i)) (i32.const 3))))
                (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.sub (local.get $ml) (i32.const 40)))))
             {}",
            answer("(local.get $l)")
        ))
    );
    assert_eq!(play(&fields, &[0, 0, 2, 1, 3]).0, ((2 * 2 * 2) + 1) * 2);
}

#[test]
fn blocks_with_several_values_and_a_loop_with_parameters_are_charged_like_any() {
    let fields = turn(&answer(
        "(i64.const 0) (i64.const 10)
         (loop $l (param i64 i64) (result i64)
            (local.set $l)
            (i64.add (local.get $l))
            (local.set $l (i64.sub (local.get $l) (i64.const 1)))
            (local.get $l)
            (if (param i64 i64) (result i64) (i64.eqz (local.get $l)) (then drop) (else (br $l))))",
    ));
    assert_eq!(play(&fields, b"").0, 55);
}
