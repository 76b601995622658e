//! Full mailboxes (semantics 5.4).
use super::kit::{World, check_with};
use crate::{Config, Input, Outputs, Refused};
use alloc::format;
use expect_test::expect;

fn two() -> Config {
    Config { mailbox_entries_max: 2, mailbox_bytes_max: 1_000, ..Config::default() }
}

#[test]
fn a_full_mailbox_refuses_the_newest_and_loses_nothing_older() {
    check_with(
        two(),
        "root: spawn a; send a one; send a two; call a three",
        expect![[r#"
            0.000 root   < user "spawn a; send a one; send a two; call a three" from host
            0.000 root   > spawn a
            0.000 root   > a user "one"
            0.000 root   > a user "two"
            0.000 root   > a user "three"
            0.000 root   = dead letter, overloaded: user to a "three"
            0.000 a      < init "" from root
            0.000 a      < user "one" from root
            0.000 a      < user "two" from root
            0.000 root   < reply "overloaded" from host
        "#]],
    );
}

#[test]
fn downs_exits_ticks_and_replies_still_arrive() {
    check_with(
        two(),
        "root: spawn b; call b {reply x}; watch b; exit b odd; send me one; send me two; send me three; timer 1 0; spawn c linked; exit c odd",
        expect![[r#"
            0.000 root   < user "spawn b; call b {reply x}; watch b; exit b odd; send me one; send me two; send me three; timer 1 0; spawn c linked; exit c odd" from host
            0.000 root   > spawn b
            0.000 root   > b user "reply x"
            0.000 root   > b exit "odd"
            0.000 b      = ended: odd
            0.000 host   = report: b odd, handling an exit signal from 0.1
            0.000 root   = dead letter, noproc: init to b ""
            0.000 root   = dead letter, noproc: user to b "reply x"
            0.000 root   > root user "one"
            0.000 root   > root user "two"
            0.000 root   > root user "three"
            0.000 root   = dead letter, overloaded: user to root "three"
            0.000 root   > spawn c
            0.000 root   > c exit "odd"
            0.000 c      = ended: odd
            0.000 host   = report: c odd, handling an exit signal from 0.1
            0.000 root   = dead letter, noproc: init to c ""
            0.000 root   < reply "noproc" from host
            0.000 root   < down "odd" from b
            0.000 root   < user "one" from root
            0.000 root   < user "two" from root
            0.000 root   < timer "1" from root
            0.000 root   < exit "odd" from c
        "#]],
    );
}

#[test]
fn deferred_messages_count() {
    check_with(
        two(),
        "root: spawn a
         a: needs 1 {one}
         a: needs 1 {two}
         a: three",
        expect![[r#"
            0.000 root   < user "spawn a" from host
            0.000 root   > spawn a
            0.000 a      < init "" from root
            0.000 a      < user "needs 1 {one}" from host
            0.000 a      < user "needs 1 {two}" from host
            0.000 host   = refused: full
        "#]],
    );
}

#[test]
fn bytes_count_too() {
    let forty = "0123456789012345678901234567890123456789";
    check_with(
        Config { mailbox_entries_max: 9, mailbox_bytes_max: 125, ..two() },
        &format!("root: spawn a\nroot: send a {forty}; send a {forty}"),
        expect![[r#"
            0.000 root   < user "spawn a" from host
            0.000 root   > spawn a
            0.000 a      < init "" from root
            0.000 root   < user "send a 0123456789012345678901234567890123456789; send a 0123456789012345678901234567890123456789" from host
            0.000 root   > a user "0123456789012345678901234567890123456789"
            0.000 root   > a user "0123456789012345678901234567890123456789"
            0.000 root   = dead letter, overloaded: user to a "0123456789012345678901234567890123456789"
            0.000 a      < user "0123456789012345678901234567890123456789" from root
        "#]],
    );
}

#[test]
fn the_edge_refuses_and_gives_back() {
    let mut world = World::new(Config { mailbox_entries_max: 1, ..Config::default() });
    let message = |body: &[u8]| Input::Message { to: world.vat.root().expect("it lives"), body: body.into(), refs: [].into() };
    let (one, two) = (message(b"one"), message(b"two"));
    assert_eq!(world.input(one), Ok(()));
    let before = world.vat.counters();
    assert_eq!(world.vat.handle(world.now, two.clone(), &mut Outputs::new()), Err(Refused::Full(two)));
    assert_eq!(world.vat.counters(), before, "what was refused was never under way");
}
