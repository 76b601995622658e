//! A port of another vat: what is sent to it leaves through the gate of its own vat.
use super::kit::{World, check};
use crate::{Input, PortId, Ref, VatId};
use alloc::{vec, vec::Vec};
use expect_test::expect;

#[test]
fn what_is_sent_to_a_port_of_another_vat_reaches_that_vats_host() {
    let mut world = World::new(3);
    world.play(
        "r1: send v2 {keep port; send port one; send v3 {keep port; send port two} port} p1
         r2: call port ask 500",
    );
    let told: Vec<&[u8]> = world.ports.iter().map(|(_, _, body, _)| &body[..]).collect();
    assert_eq!(told, [&b"one"[..], b"two", b"ask"]);
    assert!(world.ports.iter().all(|(vat, port, ..)| (*vat, *port) == (VatId(1), PortId(1))));
    let reply = world.ports[2].3.expect("it is a call");
    world.input(VatId(1), Input::Reply { to: reply, body: b"answer".to_vec() });
    world.run();
    assert_eq!(world.handled("r2").last().map(|text| &text[..]), Some("answer"));
}

#[test]
fn a_port_that_comes_home_is_the_port_and_a_watch_of_one_ends_with_its_vat() {
    check(
        2,
        "r1: send v2 {keep port; watch port; send v1 {keep port2; send port2 home} port} p1
         1-2: down
         r2: send port lost",
        expect![[r#"
            0.000 r2 < user "keep port; watch port; send v1 {keep port2; send port2 home} port" from r1
            0.000 r1 < user "keep port2; send port2 home" from r2
            0.000 r2 < down "noconnection" from ?Key { index: 2, generation: 0 }
            0.000 r2 = dead letter, vat_broken: user to ?Key { index: 2, generation: 0 } "lost"
        "#]],
    );
}

#[test]
fn a_port_that_was_not_lent_is_revoked_for_who_guesses_it() {
    let mut world = World::new(2);
    world.play("r1: spawn a; send v2 {keep a} a");
    let forged = {
        let vat = world.vat(VatId(2));
        let key = vat.stand_in(VatId(1), 1, crate::refs::Key { index: 2, generation: 0 });
        Ref::far(key, 0, crate::Rights::ALL)
    };
    let to = world.vat(VatId(2)).root().expect("it is booted");
    world.input(VatId(2), Input::Message { to, body: b"keep port; send port forged".to_vec(), refs: vec![forged] });
    world.run();
    assert!(world.ports.is_empty());
}
