//! System messages to actors of another vat: with the control right, and answered as calls are.
use super::kit::check;
use expect_test::expect;

#[test]
fn an_actor_of_another_vat_is_looked_into_held_and_let_go() {
    check(
        2,
        "r1: spawn a; send v2 {keep a} a+
         r2: system a suspend; send a one; system a statistics on
         r2: system a resume
         r2: system a trace on; system a upgrade nothing 1 puppet 1 x; system a get_log
         r2: exit a kill; system a get_log",
        expect![[r#"
            0.000 r2 < user "keep a" from r1
            0.000 a < system "statistics true" from r2
            0.000 r2 < reply "" from a
            0.000 r2 < reply "" from a
            0.000 a < user "one" from r2
            0.000 r2 < reply "" from a
            0.000 a < system "trace true" from r2
            0.000 a < upgrade "upgrade nothing version 1 to puppet version 1" from r2
            0.000 r2 < reply "" from a
            0.000 a < system "get_log" from r2
            0.000 r2 < reply "exit(crashed \"it is puppet version 1, not nothing version 1\")" from host
            0.000 r2 < reply "\0" from a
            0.000 a = ended: killed
            0.000 one there = dead letter, noproc: system to a "get_log"
            0.000 r2 < reply "noproc" from host
        "#]],
    );
}

#[test]
fn without_the_control_right_it_is_revoked_and_with_the_vat_it_is_lost() {
    check(
        2,
        "r1: spawn a; send v2 {keep a} a; spawn b; send v2 {keep b} b+
         r2: system a suspend
         1-2: down
         r2: system b suspend",
        expect![[r#"
            0.000 r2 < user "keep a" from r1
            0.000 r2 < user "keep b" from r1
            0.000 r2 = dead letter, revoked: suspend to a "suspend"
            0.000 r2 < reply "revoked" from host
            0.000 r2 = dead letter, vat_broken: suspend to b "suspend"
            0.000 r2 < reply "noconnection" from host
        "#]],
    );
}
