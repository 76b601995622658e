//! Whom guests spawn, where a host lets nobody outlive who spawned it.
use crate::{
    durable::{self, land},
    hostile::Raw,
    kit::{Forged, World, class, guest},
};
use peerd_actor::wire::{self, Header, Kind, Op, SPAWN_DURABLE, SPAWN_KEPT};
use peerd_metered::{Class, Input as Turn, Outcome, Product};
use peerd_vat::{Activity, Behaviour, Input, Reason, Ref};

/// Its arguments and its messages are its outbox.
fn obey(input: &Turn<'_>, out: &mut Product) -> Outcome {
    let (header, body) = Header::split(input.message).expect("the host writes one");
    if matches!(header.kind, Kind::Init | Kind::Message) {
        out.outbox.extend_from_slice(body);
    }
    Outcome::Done
}

fn family(class: Class) -> Box<dyn Behaviour> {
    guest(class, Forged(obey))
}

fn held() -> Class {
    class("family", 1).holds_children()
}

fn outbox(entries: &[(Op, u64, Vec<u8>)]) -> Vec<u8> {
    let mut outbox = Vec::new();
    for (op, a, payload) in entries {
        assert!(wire::append(&mut outbox, wire::OUTBOX_MAX, *op as u32, *a, 0, payload));
    }
    outbox
}

/// One more of its kind, which obeys these arguments.
fn spawn(flags: u64, label: &str, args: &[u8]) -> (Op, u64, Vec<u8>) {
    let lengths = ["family", label].map(|text| (text.len() as u32).to_le_bytes()).concat();
    (Op::Spawn, flags, [&lengths[..], b"family", label.as_bytes(), args].concat())
}

fn keep(index: u32) -> (Op, u64, Vec<u8>) {
    (Op::Keep, 0, index.to_le_bytes().to_vec())
}

fn begin(class: Class) -> (World, Ref) {
    let mut world = World::new(vec![family(class)]);
    let parent = world.spawn("family", &Raw(Vec::new()), &[]);
    (world, parent)
}

fn tell(world: &mut World, who: Ref, entries: &[(Op, u64, Vec<u8>)]) {
    world.tell(who, &Raw(outbox(entries)), &[]);
}

fn living(world: &World) -> usize {
    let lives = |state: Activity| matches!(state, Activity::Runnable | Activity::Waiting);
    world.vat.rows().iter().filter(|row| row.behaviour == "family" && lives(row.state)).count()
}

#[test]
fn who_is_spawned_ends_with_who_spawned_it_however_that_ends() {
    let ends: [fn(&mut World, Ref); 4] = [
        |world, parent| tell(world, parent, &[(Op::Stop, 0, vec![0])]),
        |world, parent| tell(world, parent, &[(Op::Exit, 0, vec![0])]),
        |world, parent| tell(world, parent, &[(Op::Send, 99, Vec::new())]),
        |world, parent| {
            world.input(Input::Exit { to: parent, reason: Reason::Kill });
            world.run();
        },
    ];
    let traps = outbox(&[(Op::TrapExits, 1, Vec::new())]);
    let grandchild = outbox(&[spawn(0, "", &traps)]);
    for end in ends {
        let (mut world, parent) = begin(held());
        tell(&mut world, parent, &[spawn(0, "", &[]), spawn(0, "", &traps), spawn(0, "", &grandchild)]);
        assert_eq!(living(&world), 5);
        end(&mut world, parent);
        assert_eq!(living(&world), 0);
    }
    // Where the host does not say so they end when they like.
    let (mut world, parent) = begin(class("family", 1));
    tell(&mut world, parent, &[spawn(0, "", &[])]);
    tell(&mut world, parent, &[(Op::Stop, 0, vec![0])]);
    assert_eq!(living(&world), 1);
}

#[test]
fn the_link_to_a_child_can_not_be_undone() {
    let (mut world, parent) = begin(held());
    tell(&mut world, parent, &[spawn(0, "", &[]), keep(2)]);
    tell(&mut world, parent, &[(Op::Unlink, 2, Vec::new())]);
    assert_eq!((living(&world), world.take_reports().len()), (0, 2));
    let (mut world, parent) = begin(held());
    tell(&mut world, parent, &[spawn(0, "", &[]), (Op::Unlink, 2, Vec::new())]);
    assert_eq!((living(&world), world.take_reports()), (0, vec!["family unlink: an actor ends with who spawned it".to_string()]));
}

#[test]
fn a_durable_child_is_kept_by_a_durable_actor_or_not_spawned() {
    let refused = ["family spawn: a durable actor is spawned by a durable one, and kept under a label".to_string()];
    let (mut world, parent) = begin(held());
    tell(&mut world, parent, &[spawn(SPAWN_DURABLE | SPAWN_KEPT, "one", &[])]);
    assert_eq!(world.take_reports(), refused);
    let mut world = durable::open(vec![family(held())], durable::Disk::new());
    let parent = world.spawn_landed("family", "parent", &Raw(Vec::new()), &[], land);
    tell(&mut world, parent, &[spawn(SPAWN_DURABLE | SPAWN_KEPT, "one", &[])]);
    land(&mut world);
    assert_eq!((living(&world), world.take_reports()), (2, vec![]));
    tell(&mut world, parent, &[spawn(SPAWN_DURABLE, "", &[])]);
    land(&mut world);
    assert_eq!(world.take_reports()[0], refused[0]);
    assert_eq!(living(&world), 0);
}
