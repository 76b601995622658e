//! Refs that their maker takes back.
use super::kit::check;
use expect_test::expect;

#[test]
fn what_is_asked_through_a_facet_arrives_until_it_is_revoked_and_then_settles_revoked() {
    check(
        "root: spawn a {}; facet a f; spawn b; send b {keep f; call f {reply yes}; send f one} f
         root: revoke f
         b: call f {reply no}; send f two; watch f; exit f kill; system f suspend
         root: send a direct",
        expect![[r#"
            0.000 root   < user "spawn a {}; facet a f; spawn b; send b {keep f; call f {reply yes}; send f one} f" from host
            0.000 root   > spawn a
            0.000 root   > spawn b
            0.000 root   > b user "keep f; call f {reply yes}; send f one"
            0.000 a      < init "" from root
            0.000 b      < init "" from root
            0.000 b      < user "keep f; call f {reply yes}; send f one" from root
            0.000 b      > facet user "reply yes"
            0.000 b      > facet user "one"
            0.000 a      < user "reply yes" from b
            0.000 a      > caller reply "yes"
            0.000 a      < user "one" from b
            0.000 b      < reply "yes" from a
            0.000 root   < user "revoke f" from host
            0.000 b      < user "call f {reply no}; send f two; watch f; exit f kill; system f suspend" from host
            0.000 b      > facet user "reply no"
            0.000 b      = dead letter, revoked: user to facet "reply no"
            0.000 b      > facet user "two"
            0.000 b      = dead letter, revoked: user to facet "two"
            0.000 b      > facet exit "kill"
            0.000 b      = dead letter, revoked: exit to facet ""
            0.000 b      > facet suspend "suspend"
            0.000 b      = dead letter, revoked: suspend to facet "suspend"
            0.000 b      < reply "revoked" from host
            0.000 b      < down "revoked" from host
            0.000 b      < reply "revoked" from host
            0.000 root   < user "send a direct" from host
            0.000 root   > a user "direct"
            0.000 a      < user "direct" from root
        "#]],
    );
}

#[test]
fn a_facet_ends_with_its_maker_and_only_its_maker_revokes_it() {
    check(
        "root: spawn a; spawn m; spawn b; send m {keep a b; facet a f; send b {keep f; revoke f; send f one} f} a,b
         m: stop normal
         b: send f two",
        expect![[r#"
            0.000 root   < user "spawn a; spawn m; spawn b; send m {keep a b; facet a f; send b {keep f; revoke f; send f one} f} a,b" from host
            0.000 root   > spawn a
            0.000 root   > spawn m
            0.000 root   > spawn b
            0.000 root   > m user "keep a b; facet a f; send b {keep f; revoke f; send f one} f"
            0.000 a      < init "" from root
            0.000 m      < init "" from root
            0.000 m      < user "keep a b; facet a f; send b {keep f; revoke f; send f one} f" from root
            0.000 m      > b user "keep f; revoke f; send f one"
            0.000 b      < init "" from root
            0.000 b      < user "keep f; revoke f; send f one" from m
            0.000 b      > facet user "one"
            0.000 a      < user "one" from b
            0.000 m      < user "stop normal" from host
            0.000 m      = ended: normal
            0.000 b      < user "send f two" from host
            0.000 b      > facet user "two"
            0.000 b      = dead letter, revoked: user to facet "two"
        "#]],
    );
}

#[test]
fn a_facet_of_a_facet_is_revoked_with_either_and_what_was_tied_through_it_stays_tied() {
    check(
        "root: spawn a; facet a f; facet f g; spawn b {trap}; send b {keep g; watch g; send g one} g
         root: revoke f
         b: send g two
         a: stop odd",
        expect![[r#"
            0.000 root   < user "spawn a; facet a f; facet f g; spawn b {trap}; send b {keep g; watch g; send g one} g" from host
            0.000 root   > spawn a
            0.000 root   > spawn b
            0.000 root   > b user "keep g; watch g; send g one"
            0.000 a      < init "" from root
            0.000 b      < init "trap" from root
            0.000 b      < user "keep g; watch g; send g one" from root
            0.000 b      > facet user "one"
            0.000 a      < user "one" from b
            0.000 root   < user "revoke f" from host
            0.000 b      < user "send g two" from host
            0.000 b      > facet user "two"
            0.000 b      = dead letter, revoked: user to facet "two"
            0.000 a      < user "stop odd" from host
            0.000 a      = ended: odd
            0.000 host   = report: a odd, handling a message of 8 bytes
            0.000 b      < down "odd" from a
        "#]],
    );
}
