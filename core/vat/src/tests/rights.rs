//! What a ref allows, and what of it is lent.
use super::kit::check;
use expect_test::expect;

#[test]
fn a_lent_ref_can_send_and_watch_and_neither_kill_nor_link() {
    check(
        "root: spawn a; spawn b {trap}; send b {keep a; send a hello; watch a; exit a kill; link a} a",
        expect![[r#"
            0.000 root   < user "spawn a; spawn b {trap}; send b {keep a; send a hello; watch a; exit a kill; link a} a" from host
            0.000 root   > spawn a
            0.000 root   > spawn b
            0.000 root   > b user "keep a; send a hello; watch a; exit a kill; link a"
            0.000 a      < init "" from root
            0.000 b      < init "trap" from root
            0.000 b      < user "keep a; send a hello; watch a; exit a kill; link a" from root
            0.000 b      > a user "hello"
            0.000 b      > a exit "kill"
            0.000 b      = dead letter, revoked: exit to a ""
            0.000 a      < user "hello" from b
            0.000 b      < exit "revoked" from a
        "#]],
    );
}

#[test]
fn a_ref_lent_with_all_its_rights_can_kill() {
    check(
        "root: spawn a; spawn b; send b {keep a; exit a kill} a+",
        expect![[r#"
        0.000 root   < user "spawn a; spawn b; send b {keep a; exit a kill} a+" from host
        0.000 root   > spawn a
        0.000 root   > spawn b
        0.000 root   > b user "keep a; exit a kill"
        0.000 a      < init "" from root
        0.000 b      < init "" from root
        0.000 b      < user "keep a; exit a kill" from root
        0.000 b      > a exit "kill"
        0.000 a      = ended: killed
        0.000 host   = report: a killed, handling an exit signal from 2.1
    "#]],
    );
}

#[test]
fn a_parents_name_is_no_capability() {
    check(
        "root: spawn a {send kin hello; call kin hello; watch kin; exit kin kill}",
        expect![[r#"
            0.000 root   < user "spawn a {send kin hello; call kin hello; watch kin; exit kin kill}" from host
            0.000 root   > spawn a
            0.000 a      < init "send kin hello; call kin hello; watch kin; exit kin kill" from root
            0.000 a      > root user "hello"
            0.000 a      = dead letter, revoked: user to root "hello"
            0.000 a      > root user "hello"
            0.000 a      = dead letter, revoked: user to root "hello"
            0.000 a      > root exit "kill"
            0.000 a      = dead letter, revoked: exit to root ""
            0.000 a      < reply "revoked" from host
            0.000 a      < down "revoked" from host
        "#]],
    );
}

#[test]
fn family_may_link_without_the_right() {
    check(
        "root: spawn a {link kin}
         a: stop odd",
        expect![[r#"
            0.000 root   < user "spawn a {link kin}" from host
            0.000 root   > spawn a
            0.000 a      < init "link kin" from root
            0.000 a      < user "stop odd" from host
            0.000 a      = ended: odd
            0.000 host   = report: a odd, handling a message of 8 bytes
            0.000 root   < exit "odd" from a
        "#]],
    );
}
