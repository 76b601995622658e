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

/// Every pair of a thousand seeds' worth of interleavings: numbered words from three senders to two receivers.
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
