//! The loss of a vat: everybody who was bound to it is told, its own down is the last word, and stale lives are refused.
use super::kit::check;
use expect_test::expect;

#[test]
fn links_exit_monitors_go_down_calls_settle_and_the_vats_own_down_is_last() {
    check(
        2,
        "r1: spawn a; spawn b; send v2 {keep a b; watch a; watch v2} a,b+
         r2: watch v1; link b; watch a; call a {hold c} 5000; spawn c {trap}; send c {keep b; link b} b+
         1-2: reset
         r2: send a {lost}; call a {lost} 5000; watch a; link b; watch v1",
        expect![[r#"
            0.000 r2 < user "keep a b; watch a; watch v2" from r1
            0.000 a < user "hold c" from r2
            0.000 c < user "keep b; link b" from r2
            0.000 b = ended: noconnection
            0.000 r2 < down "noconnection" from a
            0.000 c < exit "noconnection" from b
            0.000 r2 < down "noconnection" from a
            0.000 r2 < exit "noconnection" from b
            0.000 r2 < reply "noconnection" from host
            0.000 r2 < down "noconnection" from v1
            0.000 r2 = dead letter, vat_broken: user to a "lost"
            0.000 r2 = dead letter, vat_broken: user to a "lost"
            0.000 r2 < reply "noconnection" from host
            0.000 r2 < down "noconnection" from host
            0.000 r2 < exit "noconnection" from b
            0.000 r2 < down "noconnection" from host
        "#]],
    );
}

#[test]
fn a_reset_in_the_middle_of_a_frame_leaves_what_was_whole() {
    check(
        2,
        "r1: spawn a; send v2 {keep a} a
         2>1: shut
         r2: send a one
         r2: send a two
         1-2: reset 3
         2>1: open
         1-2: up
         r2: send a three",
        expect![[r#"
            0.000 r2 < user "keep a" from r1
            0.000 a < user "three" from r2
        "#]],
    );
}

#[test]
fn a_one_way_partition_holds_back_one_way_and_nothing_is_lost_when_it_heals() {
    check(
        2,
        "r1: spawn a; send v2 {keep a} a
         2>1: shut
         r2: watch a; send a one
         r1: send v2 {still heard}
         +1000
         2>1: open",
        expect![[r#"
            0.000 r2 < user "keep a" from r1
            0.000 r2 < user "still heard" from r1
            1.000 a < user "one" from r2
        "#]],
    );
}

#[test]
fn a_demonitor_before_the_loss_means_nothing_is_seen() {
    check(
        2,
        "r1: spawn a; send v2 {keep a} a
         r2: watch a
         & r2: unwatch
         1-2: reset",
        expect![[r#"
            0.000 r2 < user "keep a" from r1
            0.000 a = dead letter, cancelled: down to r2 "noconnection"
        "#]],
    );
}

#[test]
fn after_a_restart_of_its_vat_an_old_ref_is_noproc_and_the_new_root_is_reached() {
    let mut world = super::kit::World::new(2);
    world.play("r1: spawn a; send v2 {keep a} a\nr2: watch a; watch v1");
    world.restart(crate::VatId(1));
    world.play("r2: send a {to the old one}; call a {to the old one}; watch a; send v1 {to the new one}");
    expect![[r#"
        0.000 r2 < user "keep a" from r1
        0.000 r2 < down "noconnection" from a
        0.000 r2 < down "noconnection" from v1
        0.000 r2 = dead letter, noproc: user to a "to the old one"
        0.000 r2 = dead letter, noproc: user to a "to the old one"
        0.000 r1 < user "to the new one" from r2
        0.000 r2 < reply "noproc" from host
        0.000 r2 < down "noproc" from host
    "#]]
    .assert_eq(&(world.transcript.join("\n") + "\n"));
}
