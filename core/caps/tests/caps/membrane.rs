//! What crosses a membrane is wrapped, both ways, is itself again when it comes home, and all of it ends at once.
use super::kit::World;
use peerd_caps::membrane::{self, Membrane};
use peerd_vat::Ref;

/// Around `a`; `b` is outside.
fn world() -> World {
    let mut world = World::new();
    world.turn(|owner, cx| {
        let made = membrane::spawn(cx, owner.get("a"));
        owner.refs.extend([("face", made.face), ("revoker", made.revoker)]);
    });
    world
}

fn ask(world: &mut World, label: &'static str, to: &'static str, body: &'static [u8], refs: &'static [&'static str]) -> Vec<Ref> {
    world.turn(move |owner, cx| {
        let refs: Vec<Ref> = refs.iter().map(|name| owner.get(name)).collect();
        owner.ask(label, owner.get(to), body, &refs, cx);
    });
    world.answered()
}

#[test]
fn a_ref_that_comes_out_twice_is_the_same_wrapper_and_not_what_is_in_it() {
    let mut world = world();
    let first = ask(&mut world, "out", "face", b"give", &[]);
    let second = ask(&mut world, "out", "face", b"give", &[]);
    let owner = world.owner.lock().expect("one test, one thread");
    assert_eq!(first, second);
    assert_eq!(first, [owner.get("face")], "the wrapper of a that there was");
    assert_ne!(first, [owner.get("a")]);
}

#[test]
fn what_goes_in_and_comes_back_is_what_it_was() {
    let mut world = world();
    let back = ask(&mut world, "back", "face", b"back", &["b", "face"]);
    let owner = world.owner.lock().expect("one test, one thread");
    assert_eq!(back, [owner.get("b"), owner.get("face")]);
}

#[test]
fn inside_nobody_gets_a_ref_of_the_outside_and_what_they_send_out_comes_through() {
    let mut world = world();
    world.turn(|owner, cx| cx.send_with(owner.get("face"), b"forward", &[owner.get("b")]));
    assert_eq!(world.heard(), ["b: from inside of 1 refs"]);
    let before = world.vat.counters();
    world.turn(|owner, cx| {
        Membrane { face: owner.get("face"), revoker: owner.get("revoker") }.revoke(cx);
        cx.send_with(owner.get("a"), b"told", &[]);
    });
    assert_eq!(world.heard(), ["a: told of 0 refs"], "who has a itself is not concerned");
    assert_eq!(world.vat.counters().dead, before.dead);
}

#[test]
fn one_revocation_ends_all_that_ever_crossed_and_what_is_under_way() {
    let mut world = world();
    let out = ask(&mut world, "out", "face", b"give", &[]);
    world.turn(move |owner, cx| {
        owner.refs.insert("out", out[0]);
        owner.ask("under way", out[0], b"hold", &[], cx);
    });
    world.turn(|owner, cx| {
        owner.ask("waits", owner.get("out"), b"what", &[], cx);
        owner.ask("done", owner.get("revoker"), &[], &[], cx);
    });
    ask(&mut world, "later", "out", b"what", &[]);
    ask(&mut world, "and through the face", "face", b"what", &[]);
    let said = ["out: myself", "under way: revoked", "done: ", "waits: revoked", "later: revoked", "and through the face: revoked"];
    assert_eq!(world.settled(), said);
}

#[test]
fn wrappers_that_nobody_has_any_more_are_forgotten() {
    let mut world = world();
    let states = |world: &World| {
        let rows = world.vat.rows();
        let row = rows.iter().find(|row| row.behaviour == "membrane").expect("it lives");
        row.state_bytes
    };
    // Each of these goes in, wrapped, and nobody inside keeps it.
    let cross = |world: &mut World, times: u32| {
        for _ in 0..times {
            world.turn(|owner, cx| {
                let passing = cx.spawn(peerd_vat::SpawnOptions::new("target", b"passing"));
                cx.send_with(owner.get("face"), b"told", &[passing]);
            });
        }
    };
    cross(&mut world, 40);
    let after_forty = states(&world);
    assert!(after_forty > 40, "its state is looked at");
    cross(&mut world, 400);
    assert!(states(&world) <= after_forty + 17 * 40, "{} grew to {}", after_forty, states(&world));
}
