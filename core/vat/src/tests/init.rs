//! An init that is not ready yet.
use super::kit::check;
use expect_test::expect;

#[test]
fn a_starter_waits_for_a_deferred_init() {
    check(
        "root: start a {needs 1 {inform ready}}
         root: send a {inform early; tag 1}",
        expect![[r#"
            0.000 root   < user "start a {needs 1 {inform ready}}" from host
            0.000 root   > spawn a
            0.000 a      < init "needs 1 {inform ready}" from root
            0.000 root   < user "send a {inform early; tag 1}" from host
            0.000 root   > a user "inform early; tag 1"
            0.000 a      < user "inform early; tag 1" from root
            0.000 a      = inform early
            0.000 a      < init "needs 1 {inform ready}" from root
            0.000 a      = inform ready
            0.000 root   < reply "" from a
        "#]],
    );
}

#[test]
fn a_starter_is_told_why_a_deferred_init_never_came_back() {
    check(
        "root: start a {needs 1 {inform ready}}
         root: send a {stop shutdown}",
        expect![[r#"
            0.000 root   < user "start a {needs 1 {inform ready}}" from host
            0.000 root   > spawn a
            0.000 a      < init "needs 1 {inform ready}" from root
            0.000 root   < user "send a {stop shutdown}" from host
            0.000 root   > a user "stop shutdown"
            0.000 a      < user "stop shutdown" from root
            0.000 a      = ended: shutdown
            0.000 root   = dead letter, noproc: init to a "needs 1 {inform ready}"
            0.000 root   < reply "exit(shutdown)" from host
        "#]],
    );
}
