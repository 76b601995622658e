//! Cases that must fail: a harness that passes them is dead.
use crate::{judge, verdict::Row};

fn play(steps: &str) -> Row {
    judge("canary", &format!("row C\norigin ours\nclaim c\n{steps}"), || 0.0)
}

/// It fails, and says this.
fn fails(steps: &str, why: &str) {
    let told = play(steps).result.expect_err("a canary fails");
    assert!(told.contains(why), "{told}");
}

#[test]
fn what_is_expected_and_does_not_happen_fails() {
    fails("spawn a\n  + a\n  + b", "expected");
    fails("spawn a\n  + a\ntell a m\n  in any order\n  a got m\n  a got n", "expected");
}

#[test]
fn what_happens_and_is_not_expected_fails() {
    fails("spawn a", "got [\"+ a\"]");
    fails("spawn a\n  + a\na: timer 1 10\nadvance 10", "10 a timer 1");
    fails("spawn a\n  ...\ntell a m\n  ...\n  never a got *", "expected");
}

#[test]
fn another_order_fails_and_any_order_does_not() {
    let steps = |lines: &str| format!("spawn a\n  + a\na: send me m; send me n\n{lines}");
    fails(&steps("  a got n\n  a got m"), "expected");
    assert_eq!(play(&steps("  in any order\n  a got n\n  a got m")).result, Ok(()));
}

#[test]
fn a_case_that_is_wrong_fails_whatever_it_expects() {
    fails("frobnicate\n  ...", "there is no verb");
    fails("send nobody m\n  ...", "nobody is called");
    fails("supervisor sup one_for_one\n  a unheard_of\nsupervise sup\n  ...", "no fixture");
}

#[test]
fn an_axis_is_played_for_each_of_its_values() {
    let row = play("for what in m n\nfor how in 1..3\nspawn a\n  + a\ntell a $what$how\n  a got $what$how");
    assert_eq!((row.result, row.plays), (Ok(()), 6));
    fails("for what in m n\nspawn a\n  + a\ntell a $what\n  a got m", "[what=n]");
}
