//! Patterns over lives of their vat.
use super::kit::World;
use peerd_caps::{
    Terms,
    caretaker::{self, Caretaker},
    sealer::{self, Sealer},
};
use peerd_vat::{Durability, Identity, Ref, SpawnOptions};

fn kept<'a>(options: SpawnOptions<'a>) -> SpawnOptions<'a> {
    options.durability(Durability::Durable).identity(Identity::Kept("lent"))
}

/// The root finds again what it kept.
fn lent(world: &mut World, terms: Terms) {
    world.turn(move |owner, cx| {
        let Caretaker { actor, face, revoker } = caretaker::spawn_with(cx, owner.get("a"), &terms, kept);
        owner.refs.extend([("actor", actor), ("face", face), ("revoker", revoker)]);
    });
}

fn ask(world: &mut World, label: &'static str, to: Ref, body: &'static [u8], refs: Vec<Ref>) {
    world.turn(move |owner, cx| owner.ask(label, to, body, &refs, cx));
}

fn face(world: &World) -> Ref {
    world.owner.lock().expect("one test, one thread").get("face")
}

#[test]
fn a_durable_caretaker_stays_what_it_was_and_stays_revoked() {
    let mut world = World::durable();
    lent(&mut world, Terms::default().at_most(2));
    let first = face(&world);
    ask(&mut world, "first life", first, b"what", Vec::new());
    assert_eq!(world.settled(), ["first life: a what"]);
    let mut world = world.again();
    lent(&mut world, Terms::default());
    let again = face(&world);
    assert_eq!(again, first, "its face is the same ref");
    ask(&mut world, "second life", again, b"what", Vec::new());
    ask(&mut world, "over its budget", again, b"what", Vec::new());
    assert_eq!(world.settled(), ["second life: a what", "over its budget: revoked"]);
}

#[test]
fn what_was_revoked_before_the_vat_fell_is_revoked_after_it() {
    let mut world = World::durable();
    lent(&mut world, Terms::default());
    world.turn(|owner, cx| Caretaker::of(owner.get("actor")).revoke(cx));
    for _ in 0..2 {
        world = world.again();
        lent(&mut world, Terms::default());
        let face = face(&world);
        ask(&mut world, "asked", face, b"what", Vec::new());
        assert_eq!(world.settled(), ["asked: revoked"]);
    }
}

#[test]
fn a_durable_caretaker_expires_by_the_time_of_day() {
    let mut world = World::durable();
    lent(&mut world, Terms::default().expires_after(5_000));
    world.advance(4_000);
    let mut world = world.again();
    lent(&mut world, Terms::default());
    // The clock of this life begins where that of the first began: the host says what time it is.
    world.advance(4_999);
    let lent = face(&world);
    ask(&mut world, "in time", lent, b"what", Vec::new());
    world.advance(1);
    ask(&mut world, "late", lent, b"what", Vec::new());
    assert_eq!(world.settled(), ["in time: a what", "late: revoked"]);
}

#[test]
fn a_box_of_a_durable_sealer_opens_in_a_later_life() {
    let brand = |world: &mut World| {
        world.turn(|owner, cx| {
            let Sealer { sealer, unsealer, .. } = sealer::spawn_with(cx, kept);
            owner.refs.extend([("seal", sealer), ("unseal", unsealer)]);
        });
    };
    let get = |world: &World, name| world.owner.lock().expect("one test, one thread").get(name);
    let mut world = World::durable();
    brand(&mut world);
    let sealer = get(&world, "seal");
    ask(&mut world, "sealed", sealer, b"a secret", Vec::new());
    let sealed = world.answered()[0];
    let mut world = world.again();
    brand(&mut world);
    let (sealer, unsealer) = (get(&world, "seal"), get(&world, "unseal"));
    ask(&mut world, "unsealed", unsealer, &[], Vec::from([sealed]));
    assert_eq!(world.settled(), ["unsealed: a secret"]);
    ask(&mut world, "another", sealer, b"another secret", Vec::new());
    assert_ne!(world.answered(), [sealed], "no number is given twice");
}
