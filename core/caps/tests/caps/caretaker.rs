//! What a caretaker passes on, and that nothing passes once it is revoked.
use super::kit::{Owner, World};
use peerd_caps::{
    Terms,
    caretaker::{self, Caretaker, Request, Standing},
};
use peerd_otp::message::{decode, encode};
use peerd_vat::{Cx, DeadClass, Reason, Rights, System};

fn lend(terms: Terms) -> World {
    let mut world = World::new();
    world.turn(move |owner, cx| {
        let lent = caretaker::spawn(cx, owner.get("a"), &terms);
        owner.refs.extend([("actor", lent.actor), ("face", lent.face), ("revoker", lent.revoker)]);
    });
    world
}

fn lent(owner: &Owner) -> Caretaker {
    Caretaker { actor: owner.get("actor"), face: owner.get("face"), revoker: owner.get("revoker") }
}

fn ask(world: &mut World, label: &'static str, body: &'static [u8]) {
    world.turn(move |owner, cx| owner.ask(label, owner.get("face"), body, &[], cx));
}

fn look(world: &mut World) -> Standing {
    world.turn(|owner, cx| owner.ask("look", owner.get("revoker"), &encode(&Request::Look), &[], cx));
    let owner = world.owner.lock().expect("one test, one thread");
    decode(&owner.answer).expect("a caretaker's standing")
}

#[test]
fn what_is_asked_through_a_caretaker_is_answered_as_by_its_target() {
    let mut world = lend(Terms::default());
    world.turn(|owner, cx| {
        let (face, b) = (owner.get("face"), owner.get("b"));
        owner.ask("asked", face, b"what", &[], cx);
        owner.ask("with refs", face, b"back", &[b], cx);
        cx.send_with(face, b"told", &[b]);
    });
    assert_eq!(world.settled(), ["asked: a what", "with refs: yours"]);
    assert_eq!(world.heard(), ["a: told of 1 refs"]);
    assert_eq!(world.answered().len(), 1);
    let standing = look(&mut world);
    assert_eq!(standing, Standing { is_revoked: false, passed: 3, refused: 0, left: None });
}

#[test]
fn a_target_that_fails_a_call_fails_it_through_a_caretaker_too() {
    let mut world = lend(Terms::default());
    ask(&mut world, "held", b"hold");
    world.turn(|owner, cx| cx.exit(owner.get("a"), Reason::Shutdown));
    assert_eq!(world.settled(), ["held: exit(shutdown)"]);
    ask(&mut world, "late", b"what");
    assert_eq!(world.settled(), ["late: noproc"]);
}

#[test]
fn a_revocation_settles_what_is_under_way_and_what_waits_and_all_that_comes() {
    let mut world = lend(Terms::default());
    ask(&mut world, "under way", b"hold");
    world.turn(|owner, cx| {
        let face = owner.get("face");
        owner.ask("waits", face, b"what", &[], cx);
        cx.send(face, b"waits, too");
        lent(owner).revoke(cx);
        owner.ask("comes", face, b"what", &[], cx);
    });
    assert_eq!(world.settled(), ["under way: revoked", "waits: revoked", "comes: revoked"]);
    assert_eq!(world.heard(), Vec::<&str>::new());
    assert_eq!(world.vat.counters().dead[DeadClass::Revoked as usize], 1, "the message that waits for nothing");
    world.turn(|owner, cx| cx.send(owner.get("a"), b"free"));
    assert_eq!(world.settled(), Vec::<&str>::new(), "its answer is late");
    assert!(look(&mut world).is_revoked);
}

#[test]
fn a_revoker_revokes_and_looks_and_does_not_use() {
    let mut world = lend(Terms::default());
    world.turn(|owner, cx| {
        let revoker = owner.get("revoker");
        owner.ask("used", revoker, b"what", &[], cx);
        owner.ask("face", owner.get("face"), &encode(&Request::Revoke), &[], cx);
        owner.ask("revoked", revoker, &encode(&Request::Revoke), &[], cx);
    });
    assert_eq!(world.settled(), ["used: revoked", "revoked: ", "face: revoked"]);
}

#[test]
fn neither_face_of_a_caretaker_gives_a_right_over_it() {
    let mut world = lend(Terms::default());
    world.turn(|owner, cx| {
        for name in ["face", "revoker"] {
            let face = owner.get(name);
            assert_eq!(face.rights(), Rights::LENT);
            assert_eq!(face.object(2).rights(), Rights::NONE);
            cx.exit(face, Reason::Kill);
            let call = cx.system(face, System::Suspend, 1_000);
            owner.expect("suspend", call);
        }
    });
    ask(&mut world, "still", b"what");
    assert_eq!(world.settled(), ["suspend: revoked", "suspend: revoked", "still: a what"]);
}

#[test]
fn a_facet_shows_some_messages_and_a_budget_is_not_spent_on_the_others() {
    let mut world = lend(Terms::default().only(b"hw").at_most(2));
    for body in [b"what".as_slice(), b"else", b"who", b"what"] {
        ask(&mut world, "asked", body);
    }
    assert_eq!(world.settled(), ["asked: a what", "asked: revoked", "asked: a who", "asked: revoked"]);
    assert_eq!(look(&mut world), Standing { is_revoked: false, passed: 2, refused: 2, left: Some(0) });
}

#[test]
fn what_is_faster_than_its_rate_is_overloaded_until_time_passes() {
    let mut world = lend(Terms::default().rate(2, 1_000));
    for _ in 0..3 {
        ask(&mut world, "asked", b"what");
    }
    world.advance(500);
    ask(&mut world, "later", b"what");
    assert_eq!(world.settled(), ["asked: a what", "asked: a what", "asked: overloaded", "later: a what"]);
}

#[test]
fn when_it_expires_it_is_revoked_and_so_is_what_is_under_way() {
    let mut world = lend(Terms::default().expires_after(5_000));
    ask(&mut world, "under way", b"hold");
    world.advance(4_999);
    ask(&mut world, "in time", b"what");
    assert_eq!(world.settled(), ["in time: a what"]);
    world.advance(1);
    assert_eq!(world.settled(), ["under way: revoked"]);
    ask(&mut world, "late", b"what");
    assert_eq!(world.settled(), ["late: revoked"]);
}

#[test]
fn a_caretaker_of_a_caretaker_is_revoked_with_either() {
    for revoked in [true, false] {
        let mut world = lend(Terms::default());
        world.turn(move |owner, cx: &mut Cx<'_>| {
            let outer = caretaker::spawn(cx, owner.get("face"), &Terms::default());
            owner.ask("asked", outer.face, b"hold", &[], cx);
            owner.refs.insert("outer", outer.revoker);
        });
        world.turn(move |owner, cx| cx.send_with(owner.get(if revoked { "outer" } else { "revoker" }), &encode(&Request::Revoke), &[]));
        assert_eq!(world.settled(), ["asked: revoked"]);
    }
}
