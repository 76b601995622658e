//! What exit signals do (semantics 7.2).
use super::kit::check;
use expect_test::expect;

#[test]
fn an_exit_takes_effect_ahead_of_what_waits_and_what_follows_is_dead() {
    check(
        "root: spawn a
         root: send a one; send a two; exit a odd; send a three",
        expect![[r#"
            0.000 root   < user "spawn a" from host
            0.000 root   > spawn a
            0.000 a      < init "" from root
            0.000 root   < user "send a one; send a two; exit a odd; send a three" from host
            0.000 root   > a user "one"
            0.000 root   > a user "two"
            0.000 root   > a exit "odd"
            0.000 a      = ended: odd
            0.000 host   = report: a odd, handling an exit signal from 0.1
            0.000 root   = dead letter, noproc: user to a "one"
            0.000 root   = dead letter, noproc: user to a "two"
            0.000 root   > a user "three"
            0.000 root   = dead letter, noproc: user to a "three"
        "#]],
    );
}

#[test]
fn by_hand_kill_is_killed_normal_from_another_is_nothing_and_the_rest_is_itself() {
    check(
        "root: spawn a; exit a normal; exit a shutdown; spawn b; exit b kill; spawn c; exit c odd",
        expect![[r#"
        0.000 root   < user "spawn a; exit a normal; exit a shutdown; spawn b; exit b kill; spawn c; exit c odd" from host
        0.000 root   > spawn a
        0.000 root   > a exit "normal"
        0.000 root   > a exit "shutdown"
        0.000 a      = ended: shutdown
        0.000 root   = dead letter, noproc: init to a ""
        0.000 root   > spawn b
        0.000 root   > b exit "kill"
        0.000 b      = ended: killed
        0.000 host   = report: b killed, handling an exit signal from 0.1
        0.000 root   = dead letter, noproc: init to b ""
        0.000 root   > spawn c
        0.000 root   > c exit "odd"
        0.000 c      = ended: odd
        0.000 host   = report: c odd, handling an exit signal from 0.1
        0.000 root   = dead letter, noproc: init to c ""
    "#]],
    );
}

#[test]
fn trapped_exits_are_messages_but_for_kill() {
    check(
        "root: spawn a {trap}
         root: exit a normal; exit a odd; exit a killed
         root: exit a kill",
        expect![[r#"
            0.000 root   < user "spawn a {trap}" from host
            0.000 root   > spawn a
            0.000 a      < init "trap" from root
            0.000 root   < user "exit a normal; exit a odd; exit a killed" from host
            0.000 root   > a exit "normal"
            0.000 root   > a exit "odd"
            0.000 root   > a exit "killed"
            0.000 a      < exit "normal" from root
            0.000 a      < exit "odd" from root
            0.000 a      < exit "killed" from root
            0.000 root   < user "exit a kill" from host
            0.000 root   > a exit "kill"
            0.000 a      = ended: killed
            0.000 host   = report: a killed, handling an exit signal from 0.1
        "#]],
    );
}

#[test]
fn through_a_link_kill_stays_kill_and_can_be_trapped() {
    check(
        "root: spawn a {trap}; spawn b; spawn c; link c; send a {keep c; link c} c+; send b {keep c; link c} c+
         c: stop kill",
        expect![[r#"
            0.000 root   < user "spawn a {trap}; spawn b; spawn c; link c; send a {keep c; link c} c+; send b {keep c; link c} c+" from host
            0.000 root   > spawn a
            0.000 root   > spawn b
            0.000 root   > spawn c
            0.000 root   > a user "keep c; link c"
            0.000 root   > b user "keep c; link c"
            0.000 a      < init "trap" from root
            0.000 a      < user "keep c; link c" from root
            0.000 b      < init "" from root
            0.000 b      < user "keep c; link c" from root
            0.000 c      < init "" from root
            0.000 c      < user "stop kill" from host
            0.000 c      = ended: kill
            0.000 host   = report: c kill, handling a message of 9 bytes
            0.000 b      = ended: kill
            0.000 host   = report: b kill, handling an exit signal from 3.1
            0.000 root   < exit "kill" from c
            0.000 a      < exit "kill" from c
        "#]],
    );
}

#[test]
fn a_normal_end_harms_no_linked_actor() {
    check(
        "root: spawn a linked; spawn b {trap}; send a {keep b; link b} b+
         a: stop normal",
        expect![[r#"
            0.000 root   < user "spawn a linked; spawn b {trap}; send a {keep b; link b} b+" from host
            0.000 root   > spawn a
            0.000 root   > spawn b
            0.000 root   > a user "keep b; link b"
            0.000 a      < init "" from root
            0.000 a      < user "keep b; link b" from root
            0.000 b      < init "trap" from root
            0.000 a      < user "stop normal" from host
            0.000 a      = ended: normal
            0.000 root   < exit "normal" from a
            0.000 b      < exit "normal" from a
        "#]],
    );
}

#[test]
fn an_unlinked_kill_shows_as_killed_along_a_chain() {
    check(
        "root: spawn a {spawn b linked {spawn c linked}} linked
         host: exit c kill",
        expect![[r#"
            0.000 root   < user "spawn a {spawn b linked {spawn c linked}} linked" from host
            0.000 root   > spawn a
            0.000 a      < init "spawn b linked {spawn c linked}" from root
            0.000 a      > spawn b
            0.000 b      < init "spawn c linked" from a
            0.000 b      > spawn c
            0.000 c      < init "" from b
            0.000 host   > c exit "kill"
            0.000 c      = ended: killed
            0.000 host   = report: c killed, handling an exit signal from the host
            0.000 b      = ended: killed
            0.000 host   = report: b killed, handling an exit signal from 3.1
            0.000 a      = ended: killed
            0.000 host   = report: a killed, handling an exit signal from 2.1
            0.000 root   < exit "killed" from a
        "#]],
    );
}

#[test]
fn an_actor_can_end_itself_by_signal_after_its_turn() {
    check(
        "root: spawn a; spawn b {trap}; watch a; send a {exit me normal; send parent still}; send b {exit me normal}; send b {exit me kill; exit me odd}",
        expect![[r#"
            0.000 root   < user "spawn a; spawn b {trap}; watch a; send a {exit me normal; send parent still}; send b {exit me normal}; send b {exit me kill; exit me odd}" from host
            0.000 root   > spawn a
            0.000 root   > spawn b
            0.000 root   > a user "exit me normal; send parent still"
            0.000 root   > b user "exit me normal"
            0.000 root   > b user "exit me kill; exit me odd"
            0.000 a      < init "" from root
            0.000 a      < user "exit me normal; send parent still" from root
            0.000 a      > a exit "normal"
            0.000 a      > root user "still"
            0.000 a      = ended: normal
            0.000 b      < init "trap" from root
            0.000 b      < user "exit me normal" from root
            0.000 b      > b exit "normal"
            0.000 b      < user "exit me kill; exit me odd" from root
            0.000 b      > b exit "kill"
            0.000 b      > b exit "odd"
            0.000 b      = ended: killed
            0.000 host   = report: b killed, handling an exit signal from 2.1
            0.000 b      = dead letter, noproc: exit to b "normal"
            0.000 b      = dead letter, noproc: exit to b "odd"
            0.000 root   < user "still" from a
            0.000 root   < down "normal" from a
        "#]],
    );
}

#[test]
fn of_two_exits_the_first_ones_reason_counts() {
    check(
        "root: spawn a; watch a; exit a one; exit a two",
        expect![[r#"
            0.000 root   < user "spawn a; watch a; exit a one; exit a two" from host
            0.000 root   > spawn a
            0.000 root   > a exit "one"
            0.000 a      = ended: one
            0.000 host   = report: a one, handling an exit signal from 0.1
            0.000 root   = dead letter, noproc: init to a ""
            0.000 root   > a exit "two"
            0.000 root   = dead letter, noproc: exit to a ""
            0.000 root   < down "one" from a
        "#]],
    );
}

#[test]
fn an_actor_that_kills_what_it_is_linked_to_ends_after_its_own_turn() {
    check(
        "root: spawn a {spawn b linked}
         a: exit b kill; send parent {still sent}",
        expect![[r#"
            0.000 root   < user "spawn a {spawn b linked}" from host
            0.000 root   > spawn a
            0.000 a      < init "spawn b linked" from root
            0.000 a      > spawn b
            0.000 b      < init "" from a
            0.000 a      < user "exit b kill; send parent {still sent}" from host
            0.000 a      > b exit "kill"
            0.000 b      = ended: killed
            0.000 host   = report: b killed, handling an exit signal from 1.1
            0.000 a      > root user "still sent"
            0.000 a      = ended: killed
            0.000 host   = report: a killed, handling an exit signal from 2.1
            0.000 root   < user "still sent" from a
        "#]],
    );
}

#[test]
fn the_trap_that_counts_is_the_last_committed_one() {
    check(
        "root: spawn a
         a: trap; exit me odd
         a: trap off; exit me odd",
        expect![[r#"
            0.000 root   < user "spawn a" from host
            0.000 root   > spawn a
            0.000 a      < init "" from root
            0.000 a      < user "trap; exit me odd" from host
            0.000 a      > a exit "odd"
            0.000 a      < exit "odd" from a
            0.000 a      < user "trap off; exit me odd" from host
            0.000 a      > a exit "odd"
            0.000 a      = ended: odd
            0.000 host   = report: a odd, handling an exit signal from 1.1
        "#]],
    );
}
