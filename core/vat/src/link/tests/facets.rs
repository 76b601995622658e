//! Facets that were lent to another vat: what comes through them, and what is told once they are revoked.
use super::kit::{World, check};
use crate::{DeadClass, VatId};
use alloc::format;
use expect_test::expect;

#[test]
fn what_comes_through_a_facet_of_another_vat_arrives_until_it_is_revoked() {
    check(
        2,
        "r1: spawn a; facet a f; send v2 {keep f} f+
         r2: send f one; call f {reply yes}; system f statistics on
         r1: revoke f
         r2: send f two; call f {reply no}; system f statistics off; exit f kill
         r1: send a direct",
        expect![[r#"
            0.000 r2 < user "keep f" from r1
            0.000 a < user "one" from r2
            0.000 a < user "reply yes" from r2
            0.000 a < system "statistics true" from r2
            0.000 r2 < reply "yes" from one there
            0.000 r2 < reply "" from one there
            0.000 one there = dead letter, revoked: user to caller "two"
            0.000 one there = dead letter, revoked: user to caller "reply no"
            0.000 one there = dead letter, revoked: system to caller "statistics false"
            0.000 one there = dead letter, revoked: exit to caller ""
            0.000 r2 < reply "revoked" from host
            0.000 r2 < reply "revoked" from host
            0.000 a < user "direct" from r1
        "#]],
    );
}

#[test]
fn a_bond_through_a_facet_of_another_vat_is_refused() {
    check(
        2,
        "r1: spawn a; facet a f; send v2 {keep f} f+
         r2: watch f; link f",
        expect![[r#"
            0.000 r2 < user "keep f" from r1
            0.000 r2 < down "revoked" from ?Key { index: 131072, generation: 0 }
            0.000 r2 < exit "revoked" from ?Key { index: 131072, generation: 0 }
        "#]],
    );
}

#[test]
fn a_facet_that_comes_home_is_the_facet_and_more_goes_through_it_than_a_window() {
    let mut world = World::new(2);
    world.play("r1: spawn a; facet a f; send v2 {keep f; send v1 {keep g; send g home} f} f");
    world.play(&format!("r2: {}", "send f x; ".repeat(600)));
    world.play("r1: revoke g\nr2: send f late");
    assert_eq!(world.handled("a").len(), 601);
    assert_eq!(world.vat(VatId(1)).counters().dead[DeadClass::Revoked as usize], 1);
}

#[test]
fn an_object_of_another_vat_is_asked_as_one_of_this_and_no_bond_goes_through_it() {
    check(
        2,
        "r1: spawn a; face a 1024 f; send v2 {keep f} f
         r2: send f one; call f {reply yes}; exit f kill; link f; system f get_state
         r2: watch f",
        expect![[r#"
            0.000 r2 < user "keep f" from r1
            0.000 r2 = dead letter, revoked: exit to ?Key { index: 131072, generation: 0 } ""
            0.000 r2 = dead letter, revoked: system to ?Key { index: 131072, generation: 0 } "get_state"
            0.000 a < user "one" from r2
            0.000 r2 < exit "revoked" from ?Key { index: 131072, generation: 0 }
            0.000 a < user "reply yes" from r2
            0.000 r2 < reply "revoked" from host
            0.000 r2 < reply "yes" from one there
            0.000 r2 < down "revoked" from ?Key { index: 131072, generation: 0 }
        "#]],
    );
}

#[test]
fn an_object_is_held_until_the_other_vat_has_it_no_more() {
    let mut world = World::new(2);
    world.play("r1: spawn a; face a 1024 f; send v2 {keep f} f; send v2 {keep f} f");
    assert_eq!(world.vat(VatId(1)).tables.objects.held(), 1);
    world.play("r2: drop f");
    assert_eq!(world.vat(VatId(1)).tables.objects.held(), 0);
    assert_eq!(world.vat(VatId(1)).tables.facets.exported(), 0);
    world.play("r1: send v2 {keep f} f\nr2: send f again");
    assert_eq!(world.handled("a").len(), 1);
}

#[test]
fn an_object_that_comes_home_is_the_object() {
    let mut world = World::new(2);
    world.play("r1: spawn a; face a 1024 f; send v2 {keep f; send v1 {keep g} f; drop f} f");
    world.play("r1: send g home; drop g; drop f");
    assert_eq!(world.handled("a").len(), 1);
    assert_eq!(world.vat(VatId(1)).tables.facets.exported(), 0);
    assert_eq!(world.vat(VatId(1)).tables.objects.held(), 0);
}
