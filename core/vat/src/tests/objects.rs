//! Refs to what is inside an actor: where their messages arrive, what they can't do, and when nobody has them any more.
use super::kit::{World, check};
use crate::Config;
use alloc::{format, string::String};
use expect_test::expect;

#[test]
fn a_message_says_which_object_it_is_for_and_brings_only_what_its_sender_put_in() {
    check(
        "root: spawn a; spawn b; face a 3 f; send b {keep f; send f {keep g; send g back} b; call f {reply yes}} f
         root: send f plain; facet f h; send h {through a facet}; call h {reply too}",
        expect![[r#"
            0.000 root   < user "spawn a; spawn b; face a 3 f; send b {keep f; send f {keep g; send g back} b; call f {reply yes}} f" from host
            0.000 root   > spawn a
            0.000 root   > spawn b
            0.000 root   > b user "keep f; send f {keep g; send g back} b; call f {reply yes}"
            0.000 a      < init "" from root
            0.000 b      < init "" from root
            0.000 b      < user "keep f; send f {keep g; send g back} b; call f {reply yes}" from root
            0.000 b      > a object 3 user "keep g; send g back"
            0.000 b      > a object 3 user "reply yes"
            0.000 a      < user "keep g; send g back" from b
            0.000 a      = inform object 3
            0.000 a      < user "reply yes" from b
            0.000 a      = inform object 3
            0.000 a      > caller reply "yes"
            0.000 b      < reply "yes" from a
            0.000 root   < user "send f plain; facet f h; send h {through a facet}; call h {reply too}" from host
            0.000 root   > a object 3 user "plain"
            0.000 root   > facet user "through a facet"
            0.000 root   > facet user "reply too"
            0.000 a      < user "plain" from root
            0.000 a      = inform object 3
            0.000 a      < user "through a facet" from root
            0.000 a      = inform object 3
            0.000 a      < user "reply too" from root
            0.000 a      = inform object 3
            0.000 a      > caller reply "too"
            0.000 root   < reply "too" from a
        "#]],
    );
}

#[test]
fn an_actor_is_asked_through_another_ones_object_for_its_own() {
    check(
        "root: face me 7 f; spawn b; send b {keep f; call f {reply yes}} f",
        expect![[r#"
        0.000 root   < user "face me 7 f; spawn b; send b {keep f; call f {reply yes}} f" from host
        0.000 root   > spawn b
        0.000 root   > b user "keep f; call f {reply yes}"
        0.000 b      < init "" from root
        0.000 b      < user "keep f; call f {reply yes}" from root
        0.000 b      > root object 7 user "reply yes"
        0.000 root   < user "reply yes" from b
        0.000 root   = inform object 7
        0.000 root   > caller reply "yes"
        0.000 b      < reply "yes" from root
    "#]],
    );
}

#[test]
fn what_is_sent_ahead_to_an_object_overtakes_what_waits() {
    check(
        "root: spawn a; face a 3 f; face_ahead a 4 g; send a one; send f two; send g three",
        expect![[r#"
        0.000 root   < user "spawn a; face a 3 f; face_ahead a 4 g; send a one; send f two; send g three" from host
        0.000 root   > spawn a
        0.000 root   > a user "one"
        0.000 root   > a object 3 user "two"
        0.000 root   > a object 4 user "three"
        0.000 a      < init "" from root
        0.000 a      < user "three" from root
        0.000 a      = inform object 4
        0.000 a      < user "one" from root
        0.000 a      < user "two" from root
        0.000 a      = inform object 3
    "#]],
    );
}

#[test]
fn a_refusal_settles_a_call_as_the_kernel_does() {
    check(
        "root: spawn a; spawn b; send b {keep a; call a refuse} a",
        expect![[r#"
        0.000 root   < user "spawn a; spawn b; send b {keep a; call a refuse} a" from host
        0.000 root   > spawn a
        0.000 root   > spawn b
        0.000 root   > b user "keep a; call a refuse"
        0.000 a      < init "" from root
        0.000 b      < init "" from root
        0.000 b      < user "keep a; call a refuse" from root
        0.000 b      > a user "refuse"
        0.000 a      < user "refuse" from b
        0.000 a      > caller reply "revoked"
        0.000 b      < reply "revoked" from a
    "#]],
    );
}

/// What is given to a stranger: the ref that a message lends, an object of the actor, a facet of either.
const GIVEN: [&str; 4] = ["a", "f", "v", "w"];
/// Whatever a ref may be used for but to send and to watch.
const DEEDS: [&str; 22] = [
    "link X",
    "exit X odd",
    "exit X kill",
    "system X suspend",
    "system X resume",
    "system X get_state",
    "system X replace {}",
    "system X status",
    "system X log 3",
    "system X get_log",
    "system X statistics on",
    "system X get_statistics",
    "system X trace on",
    "system X upgrade puppet 1 note 1 {}",
    "system X passivate",
    "system X activate",
    "system X get_map {}",
    "bury X",
    "forget X",
    "park X",
    "replace X",
    "resume X; fail X; unlink X; revoke X",
];

/// I11: nothing that a lent ref is turned into can do what its owner can.
#[test]
fn a_lent_ref_can_not_kill_link_suspend_or_inspect() {
    for given in GIVEN {
        for deed in DEEDS {
            for disguise in ["", "pin X X; ", "facet X X; ", "face X 5 X; "] {
                let mut world = World::new(Config::default());
                world.play("root: spawn a {put k v}; spawn b {trap}; face a 3 f; facet a v; facet f w");
                world.play(&format!("root: send b {{keep {given}}} {given}"));
                world.transcript.clear();
                let tried = format!("{disguise}{deed}").replace('X', given);
                world.play(&format!("b: {tried}\nroot: send a still; watch a"));
                let told: String = world.transcript.join("\n");
                assert!(told.contains("a      < user \"still\""), "{given}, {tried}:\n{told}");
                let harmed = |line: &&str| {
                    let of_a = line.contains(" a      ") && !line.contains("< user \"still\"");
                    let of_b = line.contains("b      < reply ") && !line.contains("\"revoked\"");
                    of_a || of_b || line.contains("> spawn") || line.contains("report: ")
                };
                assert_eq!(told.lines().find(harmed), None, "{given}, {tried}:\n{told}");
            }
        }
    }
}

#[test]
fn the_same_deeds_of_an_owner_are_seen_by_that_test() {
    let mut world = World::new(Config::default());
    world.play("root: spawn a; exit a kill");
    assert!(world.transcript.join("\n").contains("a      = ended: killed"));
}

#[test]
fn a_watch_of_an_object_ends_with_its_actor_and_says_no_more_of_it() {
    check(
        "root: spawn a; face a 3 f; spawn b; send b {keep f; watch f; on down {exit f kill; inform gone}} f
         a: stop odd",
        expect![[r#"
            0.000 root   < user "spawn a; face a 3 f; spawn b; send b {keep f; watch f; on down {exit f kill; inform gone}} f" from host
            0.000 root   > spawn a
            0.000 root   > spawn b
            0.000 root   > b user "keep f; watch f; on down {exit f kill; inform gone}"
            0.000 a      < init "" from root
            0.000 b      < init "" from root
            0.000 b      < user "keep f; watch f; on down {exit f kill; inform gone}" from root
            0.000 a      < user "stop odd" from host
            0.000 a      = ended: odd
            0.000 host   = report: a odd, handling a message of 8 bytes
            0.000 b      < down "odd" from a
            0.000 b      > a object 3 exit "kill"
            0.000 b      = dead letter, revoked: exit to a object 3 ""
            0.000 b      = inform gone
        "#]],
    );
}

#[test]
fn an_object_is_held_as_long_as_a_state_a_message_or_a_facet_has_a_ref_to_it() {
    check(
        "root: spawn a; face a 1024 f; spawn b; spawn c; send b {keep f c a} f,c,a
         a: held 1024
         b: send c {keep f a} f,a; drop f
         a: held 1024
         c: facet f g; drop f
         a: held 1024
         c: send g {held 1024}; revoke g
         a: held 1024",
        expect![[r#"
            0.000 root   < user "spawn a; face a 1024 f; spawn b; spawn c; send b {keep f c a} f,c,a" from host
            0.000 root   > spawn a
            0.000 root   > spawn b
            0.000 root   > spawn c
            0.000 root   > b user "keep f c a"
            0.000 a      < init "" from root
            0.000 b      < init "" from root
            0.000 b      < user "keep f c a" from root
            0.000 c      < init "" from root
            0.000 a      < user "held 1024" from host
            0.000 a      = inform 1024 is held, 0 let go
            0.000 b      < user "send c {keep f a} f,a; drop f" from host
            0.000 b      > c user "keep f a"
            0.000 c      < user "keep f a" from b
            0.000 a      < user "held 1024" from host
            0.000 a      = inform 1024 is held, 0 let go
            0.000 c      < user "facet f g; drop f" from host
            0.000 a      < user "held 1024" from host
            0.000 a      = inform 1024 is held, 0 let go
            0.000 c      < user "send g {held 1024}; revoke g" from host
            0.000 c      > facet user "held 1024"
            0.000 a      < user "held 1024" from c
            0.000 a      = inform object 1024
            0.000 a      = inform 1024 is held, 0 let go
            0.000 a      < user "held 1024" from host
            0.000 a      = inform 1024 is not held, 1 let go
        "#]],
    );
}

#[test]
fn who_ends_holds_nothing_and_a_ref_to_ones_own_object_keeps_nothing() {
    check(
        "root: spawn a; face a 1024 f; spawn b; send b {keep f} f; send a {keep f; held 1024} f
         b: stop normal
         a: held 1024",
        expect![[r#"
            0.000 root   < user "spawn a; face a 1024 f; spawn b; send b {keep f} f; send a {keep f; held 1024} f" from host
            0.000 root   > spawn a
            0.000 root   > spawn b
            0.000 root   > b user "keep f"
            0.000 root   > a user "keep f; held 1024"
            0.000 a      < init "" from root
            0.000 a      < user "keep f; held 1024" from root
            0.000 a      = inform 1024 is held, 0 let go
            0.000 b      < init "" from root
            0.000 b      < user "keep f" from root
            0.000 b      < user "stop normal" from host
            0.000 b      = ended: normal
            0.000 a      < user "held 1024" from host
            0.000 a      = inform 1024 is not held, 1 let go
        "#]],
    );
}

#[test]
fn a_dead_actors_objects_leave_nothing_behind() {
    let mut world = World::new(Config::default());
    let before = world.vat.tables.objects.live();
    world.play("root: spawn a; face a 1024 f; spawn b; send b {keep f} f; facet f g; send g one\na: stop normal\nb: send f late; drop f");
    world.play("root: revoke g");
    assert_eq!(world.vat.tables.objects.live(), before);
}
