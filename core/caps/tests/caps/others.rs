//! Sealers, wards, topics, what can be swapped, and names.
use super::kit::World;
use peerd_caps::{
    petnames::{Petnames, Shown, Taken},
    pubsub, sealer,
    swappable::{self, Swappable},
    ward,
};
use peerd_vat::Reason;

#[test]
fn only_the_unsealer_of_its_brand_opens_a_box() {
    let mut world = World::new();
    world.turn(|owner, cx| {
        let (mine, other) = (sealer::spawn(cx), sealer::spawn(cx));
        let refs = [("seal", mine.sealer), ("unseal", mine.unsealer), ("check", mine.checker), ("other", other.unsealer)];
        owner.refs.extend(refs);
        owner.ask("sealed", mine.sealer, b"a secret", &[owner.get("b")], cx);
    });
    let sealed = world.answered()[0];
    world.turn(move |owner, cx| {
        owner.refs.insert("box", sealed);
        owner.ask("other", owner.get("other"), &[], &[sealed], cx);
        owner.ask("sealer", owner.get("seal"), &[], &[sealed], cx);
        owner.ask("the box itself", sealed, b"open", &[], cx);
        owner.ask("no box", owner.get("unseal"), &[], &[owner.get("a")], cx);
        owner.ask("checked", owner.get("check"), &[], &[sealed], cx);
        owner.ask("not of it", owner.get("check"), &[], &[owner.get("a")], cx);
        owner.ask("unsealed", owner.get("unseal"), &[], &[sealed], cx);
    });
    let told = [
        "sealed: ",
        "other: revoked",
        "sealer: ",
        "the box itself: revoked",
        "no box: revoked",
        "checked: \u{1}",
        "not of it: \0",
        "unsealed: a secret",
    ];
    assert_eq!(world.settled(), told);
}

#[test]
fn a_warded_thing_is_open_to_all_and_the_rest_to_who_has_the_incanter_too() {
    let mut world = World::new();
    world.turn(|owner, cx| {
        let made = ward::spawn(cx);
        owner.refs.extend([("warden", made.warden), ("incanter", made.incanter)]);
        owner.ask("warded", made.warden, &[], &[owner.get("a"), owner.get("b")], cx);
    });
    let warded = world.answered()[0];
    world.turn(move |owner, cx| {
        let (incanter, a) = (owner.get("incanter"), owner.get("a"));
        owner.ask("open", warded, b"what", &[], cx);
        owner.ask("together", incanter, b"what", &[warded], cx);
        owner.ask("of something else", incanter, b"what", &[a], cx);
        owner.ask("of nothing", incanter, b"what", &[], cx);
        owner.ask("the incanter wards nothing", incanter, &[], &[a, a], cx);
    });
    let told = [
        "warded: ",
        "of something else: revoked",
        "of nothing: revoked",
        "the incanter wards nothing: revoked",
        "open: a what",
        "together: b what",
    ];
    assert_eq!(world.settled(), told);
}

#[test]
fn what_is_published_all_hear_who_subscribed_until_they_leave_or_end() {
    let mut world = World::new();
    world.turn(|owner, cx| {
        let topic = pubsub::spawn(cx);
        owner.refs.extend([("publish", topic.publisher), ("subscribe", topic.subscriber)]);
        owner.ask("b", topic.subscriber, &[], &[owner.get("b")], cx);
        owner.ask("a", topic.subscriber, &[], &[owner.get("a")], cx);
    });
    let of_a = world.answered()[0];
    world.turn(|owner, cx| cx.send(owner.get("publish"), b"one"));
    assert_eq!(world.heard(), ["b: one of 0 refs", "a: one of 0 refs"]);
    world.turn(move |owner, cx| {
        cx.send(of_a, b"leave");
        owner.ask("a publisher does not subscribe", owner.get("publish"), b"two", &[owner.get("a")], cx);
        owner.ask("a subscriber does not publish", owner.get("subscribe"), b"three", &[], cx);
    });
    assert_eq!(world.heard(), ["b: two of 1 refs"]);
    world.turn(|owner, cx| cx.exit(owner.get("b"), Reason::Shutdown));
    let before = world.vat.counters().dead;
    world.turn(|owner, cx| cx.send(owner.get("publish"), b"four"));
    assert_eq!((world.heard(), world.vat.counters().dead), (Vec::new(), before));
}

#[test]
fn what_is_asked_after_a_swap_goes_to_the_new_target() {
    let mut world = World::new();
    world.turn(|owner, cx| {
        let stand = swappable::spawn(cx, owner.get("a"));
        owner.refs.extend([("face", stand.face), ("swap", stand.swapper)]);
        owner.ask("before", stand.face, b"hold", &[], cx);
    });
    world.turn(|owner, cx| {
        let (face, swapper) = (owner.get("face"), owner.get("swap"));
        owner.ask("a face does not swap", face, b"what", &[owner.get("b")], cx);
        Swappable { face, swapper }.swap(owner.get("b"), cx);
        owner.ask("after", face, b"what", &[], cx);
        cx.send(owner.get("a"), b"free");
    });
    assert_eq!(world.settled(), ["before: freed", "a face does not swap: b what", "after: b what"]);
}

#[test]
fn a_petname_is_mine_and_what_others_say_is_shown_as_theirs() {
    let mut world = World::new();
    world.turn(|owner, _| {
        let (a, b, me) = (owner.get("a"), owner.get("b"), a_third(owner));
        let mut names = Petnames::default();
        names.hear(b, b, "Bank");
        assert_eq!(names.shown(b), Shown::Nickname("Bank".into()));
        names.hear(b, a, "my bank");
        assert_eq!(names.shown(b), Shown::Nickname("Bank".into()), "I don't know who says it");
        assert_eq!(names.name(a, "Ann"), Ok(()));
        assert_eq!(names.shown(b), Shown::Edge { by: "Ann".into(), name: "my bank".into() });
        assert_eq!(names.name(b, "Ann"), Err(Taken));
        assert_eq!((names.name(b, "the bank"), names.find("the bank")), (Ok(()), Some(b)));
        assert_eq!(names.shown(b), Shown::Petname("the bank".into()));
        assert_eq!((names.name(a, "Anne"), names.find("Ann"), names.find("Anne")), (Ok(()), None, Some(a)));
        assert!(names.unname(b) && !names.unname(b));
        assert_eq!(names.shown(me), Shown::Nobody);
    });
}

fn a_third(owner: &super::kit::Owner) -> peerd_vat::Ref {
    owner.get("a").object(5)
}
