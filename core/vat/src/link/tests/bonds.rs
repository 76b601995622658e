//! Links and monitors across vats (P10 far, P13 far).
use super::kit::{World, check};
use expect_test::expect;

#[test]
fn four_monitors_removed_kept_flushed_and_removed_too_late() {
    check(
        2,
        "r1: spawn a; send v2 {keep a} a+
         r2: spawn w1; send w1 {keep a; watch a} a; spawn w2; send w2 {keep a; watch a} a
         r2: spawn w3; send w3 {keep a; watch a} a; spawn w4; send w4 {keep a; watch a} a
         w1: unwatch
         & w3: unwatch
         r1: exit a odd
         w4: unwatch",
        expect![[r#"
            0.000 r2 < user "keep a" from r1
            0.000 w1 < user "keep a; watch a" from r2
            0.000 w2 < user "keep a; watch a" from r2
            0.000 w3 < user "keep a; watch a" from r2
            0.000 w4 < user "keep a; watch a" from r2
            0.000 a = ended: odd
            0.000 w2 < down "odd" from a
            0.000 w4 < down "odd" from a
        "#]],
    );
}

#[test]
fn a_demonitor_that_crosses_the_down_wins() {
    check(
        2,
        "r1: spawn a; send v2 {keep a} a+
         r2: watch a
         1>2: delay 10
         r1: exit a odd
         r2: unwatch
         +20",
        expect![[r#"
            0.000 r2 < user "keep a" from r1
            0.000 a = ended: odd
        "#]],
    );
}

#[test]
fn an_exit_crosses_a_link_and_ends_the_other_side() {
    check(
        2,
        "r1: spawn a; send v2 {keep a; spawn b {}; send b {keep a; link a} a+} a+
         a: stop odd",
        expect![[r#"
            0.000 r2 < user "keep a; spawn b {}; send b {keep a; link a} a+" from r1
            0.000 b < user "keep a; link a" from r2
            0.000 a = ended: odd
            0.000 b = ended: odd
        "#]],
    );
}

#[test]
fn linked_twice_and_unlinked_once_is_no_link() {
    check(
        2,
        "r1: spawn a; send v2 {keep a; spawn b {}; send b {keep a} a+} a+
         b: link a; link a; unlink a
         r1: exit a odd",
        expect![[r#"
            0.000 r2 < user "keep a; spawn b {}; send b {keep a} a+" from r1
            0.000 b < user "keep a" from r2
            0.000 a = ended: odd
        "#]],
    );
}

#[test]
fn a_link_without_the_right_or_to_the_dead_is_told_as_its_end() {
    check(
        2,
        "r1: spawn a; spawn c; send v2 {keep a c; spawn b {trap}; send b {keep a c} a,c+} a,c+
         b: link a; watch a
         a: stop normal
         c: stop normal
         b: link a; link c; watch a",
        expect![[r#"
            0.000 r2 < user "keep a c; spawn b {trap}; send b {keep a c} a,c+" from r1
            0.000 b < user "keep a c" from r2
            0.000 b < exit "revoked" from a
            0.000 a = ended: normal
            0.000 b < down "normal" from a
            0.000 c = ended: normal
            0.000 b < exit "revoked" from a
            0.000 b < exit "noproc" from c
            0.000 b < down "noproc" from a
        "#]],
    );
}

/// Both ends link and unlink as they like while their words cross: when all has arrived, both agree.
#[test]
fn links_made_and_undone_from_both_ends_agree_when_all_has_arrived() {
    let mut ended_linked = 0;
    for seed in 0u64..300 {
        let mut world = World::new(2);
        world.play("r1: spawn a {trap}; send v2 {keep a; spawn b {trap}; send b {keep it; send it {keep it} me+} a+} a+");
        let mut draw = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut below = |n: u64| {
            draw ^= draw << 13;
            draw ^= draw >> 7;
            draw ^= draw << 17;
            draw % n
        };
        for way in ["1>2", "2>1"] {
            world.play(&alloc::format!("{way}: delay {}", 1 + below(9)));
        }
        for _ in 0..below(30) {
            let verb = ["link", "unlink"][below(2) as usize];
            let who = ["a", "b"][below(2) as usize];
            world.play(&alloc::format!("{who}: {verb} it\n+{}", below(6)));
        }
        world.play("+50");
        let linked = |world: &World, name: &str| {
            let (vat, who) = world.find(name);
            let vat = &world.vats[vat.0 as usize - 1];
            let links = vat.tables.relations.iter(vat.tables.slots.life(who.key).edges);
            links.filter(|(_, item)| matches!(item, crate::relations::Item::Link { .. })).count()
        };
        let (a, b) = (linked(&world, "a"), linked(&world, "b"));
        assert!(a == b && a <= 1, "seed {seed}: a has {a}, b has {b}");
        ended_linked += a;
        assert_eq!(world.handled("a").iter().chain(&world.handled("b")).filter(|text| *text == "noproc").count(), 0);
        world.play("a: stop odd\n+50");
        let exits = world.handled("b").iter().filter(|text| *text == "odd").count();
        assert_eq!(exits, b, "seed {seed}");
    }
    assert!((50..250).contains(&ended_linked), "{ended_linked} of 300 ended linked: the draw shows nothing");
}
