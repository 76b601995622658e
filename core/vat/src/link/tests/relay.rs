//! Vats without a connection of their own speak through the one that made them known to each other.
use super::kit::{World, check};
use crate::VatId;
use alloc::format;
use expect_test::expect;

/// Vat 1 knows c of vat 3, and c knows r1, though only vat 2 is connected to both.
const MET: &str = "1-3: down
    r3: spawn c; send v2 {keep c; send v1 {keep c; send v2 {keep r1; send c {keep r1} r1} me} c+} c+";

#[test]
fn two_vats_speak_through_the_one_that_introduced_them_in_order_and_are_told_of_each_others_deaths() {
    check(
        3,
        &format!(
            "{MET}
            r1: watch c; link c; send c one; send c {{send r1 two}}; call c {{reply three}}; send c four
            r1: system c statistics on
            r1: exit c odd; send c five"
        ),
        expect![[r#"
            0.000 r2 < user "keep c; send v1 {keep c; send v2 {keep r1; send c {keep r1} r1} me} c+" from r3
            0.000 r1 < user "keep c; send v2 {keep r1; send c {keep r1} r1} me" from r2
            0.000 r2 < user "keep r1; send c {keep r1} r1" from r1
            0.000 c < user "keep r1" from r2
            0.000 c < user "one" from r1
            0.000 c < user "send r1 two" from r1
            0.000 c < user "reply three" from r1
            0.000 c < user "four" from r1
            0.000 r1 < user "two" from c
            0.000 r1 < reply "three" from c
            0.000 c < system "statistics true" from r1
            0.000 r1 < reply "" from c
            0.000 c = ended: odd
            0.000 r1 = dead letter, noproc: user to c "five"
            0.000 r1 < down "odd" from c
            0.000 r1 < exit "odd" from c
        "#]],
    );
}

#[test]
fn what_is_carried_is_lost_with_either_half_of_the_way_and_comes_again_with_it() {
    check(
        3,
        &format!(
            "{MET}
            r1: watch c; send c one; call c {{hold r}}
            2-3: down
            r1: send c two
            2-3: up
            r1: send c three; watch c
            1-2: down
            1-2: up
            r1: send c four"
        ),
        expect![[r#"
            0.000 r2 < user "keep c; send v1 {keep c; send v2 {keep r1; send c {keep r1} r1} me} c+" from r3
            0.000 r1 < user "keep c; send v2 {keep r1; send c {keep r1} r1} me" from r2
            0.000 r2 < user "keep r1; send c {keep r1} r1" from r1
            0.000 c < user "keep r1" from r2
            0.000 c < user "one" from r1
            0.000 c < user "hold r" from r1
            0.000 r1 < down "noconnection" from c
            0.000 r1 < reply "noconnection" from host
            0.000 r1 = dead letter, vat_broken: user to c "two"
            0.000 c < user "three" from r1
            0.000 r1 < down "noconnection" from c
            0.000 c < user "four" from r1
        "#]],
    );
}

#[test]
fn a_connection_of_their_own_takes_the_place_of_a_carried_one() {
    let mut world = World::new(3);
    world.play(MET);
    world.play("r1: send c one");
    assert_eq!(world.vat(VatId(1)).links.way(VatId(3)), Some(VatId(2)));
    world.play("1-3: up\n2-3: down\nr1: send c two");
    assert_eq!((world.vat(VatId(1)).links.way(VatId(3)), world.vat(VatId(3)).links.way(VatId(1))), (None, None));
    assert_eq!(world.handled("c"), ["keep r1", "one", "two"]);
    assert!(world.cut.is_empty());
}

/// A ref to a of vat 1 is known in vat 4 by vat 2, and one to d of vat 4 in vat 1 by vat 3; both begin before either hears of it.
#[test]
fn of_two_ways_that_begin_at_once_one_stands() {
    let mut world = World::new(4);
    world.play(
        "1-4: down
         r1: spawn a; send v2 {keep a; send v4 {keep a} a} a
         r4: spawn d; send v3 {keep d; send v1 {keep d} d} d
         & r1: send d one
         r4: send a two
         r1: send d three
         r4: send a four",
    );
    assert!(world.handled("d").ends_with(&["three".into()]), "{:?}", world.transcript);
    assert!(world.handled("a").ends_with(&["two".into(), "four".into()]) || world.handled("a").ends_with(&["four".into()]));
    assert_eq!(world.vat(VatId(1)).links.way(VatId(4)), world.vat(VatId(4)).links.way(VatId(1)));
    assert!(world.cut.is_empty(), "{:?}", world.cut);
}

#[test]
fn what_is_larger_than_a_piece_is_carried_whole() {
    let mut world = World::new(3);
    world.play(MET);
    let long = "x".repeat(300_000);
    world.play(&format!("r1: send c {long}"));
    assert_eq!(world.handled("c").last(), Some(&long));
}

#[test]
fn nobody_is_carried_over_what_is_carried_itself() {
    check(
        4,
        "1-3: down
         1-4: down
         2-4: down
         r4: spawn d; send v3 {keep d; send v2 {keep d; send v1 {keep d; send d one} d} d} d
         r2: send d two",
        expect![[r#"
            0.000 r3 < user "keep d; send v2 {keep d; send v1 {keep d; send d one} d} d" from r4
            0.000 r2 < user "keep d; send v1 {keep d; send d one} d" from r3
            0.000 r1 < user "keep d; send d one" from r2
            0.000 r1 = dead letter, vat_broken: user to d "one"
            0.000 d < user "two" from r2
        "#]],
    );
}
