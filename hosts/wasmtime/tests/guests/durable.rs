//! Modules over lives of their vat: what they counted, what they had begun, and the next version of their code.
use crate::{
    kit::{World, class, guest},
    modules::module,
};
use peerd_actor::{Message, Reader, Writer};
use peerd_guests::counter::Count;
use peerd_journal::{File, Identity, Recovery, Until};
use peerd_otp::supervisor::{Answer, ChildSpec, Request, Strategy, SupervisorSpec};
use peerd_vat::{Behaviour, Config, Input, Ref, Vat, VatId};
use peerd_wasmtime::{Quick, Slow};
use std::collections::BTreeMap;

type Disk = BTreeMap<File, Vec<u8>>;

fn counters(versions: &[u32]) -> Vec<Box<dyn Behaviour>> {
    let of = |version: &u32| {
        let module = module(if *version == 1 { "counter" } else { "counter2" });
        let mut class = class("counter", *version);
        class.hash = module.hash();
        guest(class, Quick::new(&module))
    };
    versions.iter().map(of).collect()
}

fn open(guests: Vec<Box<dyn Behaviour>>, disk: Disk) -> World {
    let listing = disk.iter().map(|(file, bytes)| (*file, bytes.len() as u64));
    let mut recovery = Recovery::new(None, peerd_journal::Vat(1), listing, Until::End, None);
    while let Some(read) = recovery.read() {
        let bytes = &disk[&read.file];
        let from = bytes.len().min(read.at as usize);
        recovery.give(&bytes[from..bytes.len().min(from + read.length)]);
    }
    let found = recovery.finish().expect("only whole flights are on this disk");
    let config = Config { vat: VatId(1), ..Config::default() };
    let vat = Vat::durable(config, World::with_root(guests), Identity([5; 16]), found).expect("it comes back");
    let mut world = World::of(vat, disk);
    land(&mut world);
    world
}

fn land(world: &mut World) {
    while let Some(flight) = world.vat.flight() {
        world.disk.entry(flight.file).or_default().extend_from_slice(flight.bytes);
        world.input(Input::Landed);
        world.run();
    }
}

fn ask(world: &mut World, to: Ref, tag: u8) -> u64 {
    struct Tagged(u8);
    impl Message for Tagged {
        fn put(&self, to: &mut Writer<'_>) {
            to.tag(self.0);
        }

        fn get(_: &mut Reader<'_>) -> Option<Tagged> {
            None
        }
    }
    world.call(to, &Tagged(tag));
    land(world);
    world.answer().expect("it is answered").expect("an answer")
}

const TOTAL: u8 = 1;
const LIVES: u8 = 3;

fn kept(world: &mut World) -> Ref {
    let counter = world.spawn_landed("counter", "tally", &40u64, &[], land);
    land(world);
    counter
}

#[test]
fn a_modules_state_outlives_its_vat_and_the_next_module_takes_it_over() {
    let mut world = open(counters(&[1]), Disk::new());
    let counter = kept(&mut world);
    world.tell(counter, &Count::Add(2), &[]);
    land(&mut world);
    let mut world = open(counters(&[1]), world.disk);
    let counter = kept(&mut world);
    assert_eq!(ask(&mut world, counter, TOTAL), 42);
    // With both there it stays what it is, until somebody says otherwise.
    let mut world = open(counters(&[1, 2]), world.disk);
    let counter = kept(&mut world);
    world.tell(counter, &Count::Add(1), &[]);
    assert_eq!(ask(&mut world, counter, TOTAL), 43);
    world.upgrade_landed(counter, 1, 2, land).expect("it knows how");
    assert_eq!((ask(&mut world, counter, TOTAL), ask(&mut world, counter, LIVES)), (43, 1));
    let mut world = open(counters(&[1, 2]), world.disk);
    let counter = kept(&mut world);
    assert_eq!((ask(&mut world, counter, TOTAL), ask(&mut world, counter, LIVES)), (43, 2));
}

#[test]
fn a_slow_turn_of_a_module_goes_on_after_a_crash_of_its_vat() {
    // With fuel for nothing every turn of this class is slow.
    let slow_class = || {
        let module = module("counter");
        let mut class = class("counter", 1).fuel(10);
        class.hash = module.hash();
        vec![guest(class, Quick::new(&module))]
    };
    let mut host = Slow::default();
    host.know("counter", 1, &module("counter"));
    let mut serve = |world: &mut World| {
        while let Some((reply, body)) = world.slow.pop_front() {
            host.request(reply, body).expect("there is room");
            world.answer_slow(host.serve(u64::MAX).answers);
            land(world);
        }
    };
    let mut world = open(slow_class(), Disk::new());
    let counter = kept(&mut world);
    serve(&mut world);
    world.tell(counter, &Count::Add(2), &[]);
    land(&mut world);
    assert_eq!(world.slow.len(), 1);
    let mut world = open(slow_class(), world.disk);
    let counter = kept(&mut world);
    serve(&mut world);
    let mut world = open(counters(&[1]), world.disk);
    let _ = counter;
    let counter = kept(&mut world);
    assert_eq!(ask(&mut world, counter, TOTAL), 42);
}

#[test]
fn a_supervisor_restarts_a_module_that_crashes_as_it_does_any_other() {
    let mut world = World::new(counters(&[1]));
    let spec =
        SupervisorSpec::new(Strategy::OneForOne).intensity(1, 5_000).child(ChildSpec::new("counter", "counter", crate::kit::encode(&7u64)));
    let tree = world.spawn_raw(peerd_otp::supervisor::NAME, &spec.encode());
    let (body, refs) = world.ask_raw(tree, &Request::WhichChildren.encode());
    assert!(matches!(Answer::decode(&body), Some(Answer::Children(children)) if children.len() == 1));
    world.tell(refs[0], &Count::Add(1), &[]);
    world.tell(refs[0], &Count::Crash, &[]);
    assert_eq!(ask(&mut world, refs[0], TOTAL), 7);
    world.tell(refs[0], &Count::Crash, &[]);
    assert!(!world.lives(refs[0]) && !world.lives(tree));
}
