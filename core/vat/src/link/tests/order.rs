//! One line per pair, all kinds in it (P01 far), and no overtaking under a congested link (P05).
use super::kit::{World, check};
use alloc::{format, string::String, vec::Vec};
use expect_test::expect;

#[test]
fn what_was_sent_before_an_exit_is_admitted_and_what_was_sent_after_is_never_seen() {
    check(
        2,
        "r1: spawn b; send v2 {keep b; spawn a {}; send a {keep b} b+} b+
         a: send b one; send b two; send b three; send b four; watch b; exit b odd; send b five; send b six; send b seven",
        expect![[r#"
            0.000 r2 < user "keep b; spawn a {}; send a {keep b} b+" from r1
            0.000 a < user "keep b" from r2
            0.000 b = ended: odd
            0.000 one there = dead letter, noproc: user to b "one"
            0.000 one there = dead letter, noproc: user to b "two"
            0.000 one there = dead letter, noproc: user to b "three"
            0.000 one there = dead letter, noproc: user to b "four"
            0.000 one there = dead letter, noproc: user to b "five"
            0.000 one there = dead letter, noproc: user to b "six"
            0.000 one there = dead letter, noproc: user to b "seven"
            0.000 a < down "odd" from b
        "#]],
    );
}

#[test]
fn a_ref_travels_comes_home_and_reaches_a_third_vat_with_the_rights_it_was_lent() {
    check(
        3,
        "r1: spawn a; send v2 {keep a} a
         r2: send a hello; exit a kill; send v3 {keep a} a; send v1 {keep home} a
         r3: send a {hello too}; exit a kill
         r1: send home {back here}; exit home kill",
        expect![[r#"
            0.000 r2 < user "keep a" from r1
            0.000 r2 = dead letter, revoked: exit to a ""
            0.000 a < user "hello" from r2
            0.000 r1 < user "keep home" from r2
            0.000 r3 < user "keep a" from r2
            0.000 r3 = dead letter, revoked: exit to a ""
            0.000 a < user "hello too" from r3
            0.000 r1 = dead letter, revoked: exit to a ""
            0.000 a < user "back here" from r1
        "#]],
    );
}

#[test]
fn a_message_in_small_pieces_and_late_is_the_same_message() {
    check(
        2,
        "1>2: cut 1
         1>2: delay 30
         r1: spawn a; send v2 {keep a; send a {thanks}} a
         +60",
        expect![[r#"
            0.030 r2 < user "keep a; send a {thanks}" from r1
            0.030 a < user "thanks" from r2
        "#]],
    );
}

/// A name for each sender.
fn senders() -> Vec<String> {
    (0..64).map(|n| format!("s{n:02}")).collect()
}

#[test]
fn a_connection_lost_under_sixty_four_senders_is_told_after_all_that_came_and_nothing_comes_after() {
    for bytes in 0..16 {
        let mut world = World::new(2);
        for name in senders() {
            world.play(&format!("r1: spawn {name}; send {name} {{keep v2}} v2"));
        }
        world.play("r1: spawn relay; send v2 {keep relay; watch relay; watch v1} relay\n1>2: delay 5");
        world.play("r2: send v1 {keep r2} me");
        for name in senders() {
            world.play(&format!("& r1: send {name} {{keep r2; send r2 {name}; send r2 {name}; send r2 {name}}} r2"));
        }
        world.advance(bytes % 7);
        world.disconnect(crate::VatId(1), crate::VatId(2), bytes as usize * 41);
        world.run();
        let seen = world.transcript.iter().filter(|line| line.contains(" r2 < ")).collect::<Vec<_>>();
        let down = seen.iter().position(|line| line.contains("from v1")).expect("the loss is told");
        assert_eq!(down, seen.len() - 1, "cut after {bytes}: {:?}", &seen[down..]);
    }
}

#[test]
fn under_a_congested_link_signals_replies_and_acknowledgements_arrive_once_and_in_order() {
    let mut world = World::new(2);
    world.play(
        "r1: spawn a {trap}; spawn b; send v2 {keep a b; spawn s {trap}; send s {keep a b} a+,b+; spawn w {}; send w {keep a; watch a; link a} a+} a+,b+
         s: watch b; link a
         1>2: shut",
    );
    // Nothing comes back, no credit either: most of this waits at its sender.
    for n in 0..300 {
        world.play(&format!("& s: send a {n:03}"));
    }
    world.play("s: unlink a; exit a odd; unwatch; send a {last}\nw: stop other\nb: stop normal");
    assert!(world.handled("a").len() < 300);
    world.play("1>2: open");
    let seen = world.handled("a");
    let (numbers, rest): (Vec<&String>, Vec<&String>) = seen.iter().partition(|text| text.parse::<u32>().is_ok());
    assert!(numbers.len() == 300 && numbers.is_sorted(), "{} of 300", numbers.len());
    assert_eq!(rest, ["other", "odd", "last"], "{rest:?}");
    assert!(!world.transcript.iter().any(|line| line.contains(" s < down")), "the demonitor came before the death was told");
}

/// Numbered words from three senders to two receivers.
#[test]
fn numbered_words_arrive_in_order_whatever_the_network_does() {
    for seed in 0u64..40 {
        let mut world = World::new(3);
        world.play("r1: spawn x; spawn y; send v2 {keep x y} x,y; send v3 {keep x y} x,y");
        let mut draw = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut below = |n: u64| {
            draw ^= draw << 13;
            draw ^= draw >> 7;
            draw ^= draw << 17;
            draw % n
        };
        for n in 0..60 {
            let (from, to) = (["r1", "r2", "r3"][below(3) as usize], ["x", "y"][below(2) as usize]);
            let mut line = format!("{from}: send {to} {{{from} {n:03}}}");
            match below(8) {
                0 => line = format!("+{}", below(20)),
                1 => line = format!("{}>1: delay {}", 2 + below(2), below(30)),
                2 => line = format!("{}>1: {}", 2 + below(2), ["shut", "open"][below(2) as usize]),
                3 => line = format!("{}>1: cut {}", 2 + below(2), below(9)),
                _ => {}
            }
            world.play(&format!("{}{line}", ["", "& "][below(2) as usize]));
        }
        world.play("2>1: open\n3>1: open\n+100");
        for receiver in ["x", "y"] {
            for sender in ["r1", "r2", "r3"] {
                let seen: Vec<String> = world.handled(receiver).into_iter().filter(|text| text.starts_with(sender)).collect();
                assert!(seen.is_sorted(), "seed {seed}: {receiver} saw {seen:?}");
            }
        }
    }
}

#[test]
fn a_priority_ref_crosses_and_goes_ahead_of_what_waits() {
    check(
        2,
        "r1: priority fast; send v2 {keep fast slow} fast,me
         r2: send slow one; send slow two; send fast three",
        expect![[r#"
            0.000 r2 < user "keep fast slow" from r1
            0.000 r1 < user "three" from r2
            0.000 r1 < user "one" from r2
            0.000 r1 < user "two" from r2
        "#]],
    );
}
