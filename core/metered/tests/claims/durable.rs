//! Guests whose turns are written down: they outlive their vat, with what they had begun.
use crate::{
    guests::{Clerk, Count, Counter, Counter2, Order},
    hostile::{Raw, forged},
    kit::{Costly, Forged, World, class, encode, guest},
    turns::{Get, addr},
};
use peerd_actor::wire::{Header, Kind};
use peerd_journal::{File, Identity, Recovery, Until};
use peerd_metered::{Engine, Input as Turn, Native, Outcome, Product};
use peerd_otp::supervisor::{self, ChildSpec, Failure, Request, SupervisorSpec};
use peerd_vat::{Activity, Behaviour, Config, Crash, Durability, Input, Poison, Reason, Ref, Settle, Vat, VatId};
use std::collections::BTreeMap;

pub type Disk = BTreeMap<File, Vec<u8>>;

/// An `Add` of more than 100 is slow, and so is a crash.
fn cost(input: &Turn<'_>) -> u64 {
    let (header, body) = Header::split(input.message).expect("a header");
    let amount = (header.kind == Kind::Message && body.first() == Some(&0)).then(|| body[1..].try_into().expect("a number"));
    let crashes = header.kind == Kind::Message && body == [2];
    if crashes || amount.map(u64::from_le_bytes).is_some_and(|amount| amount > 100) { 1_000_000 } else { 10 }
}

fn slow_start(input: &Turn<'_>) -> u64 {
    let (header, _) = Header::split(input.message).expect("a header");
    if header.kind == Kind::Init { 1_000_000 } else { 10 }
}

const FUEL_MAX: u64 = 10_000_000;

fn counter() -> Costly<Native<Counter>> {
    Costly { engine: Native::default(), cost }
}

fn guests() -> Vec<Box<dyn Behaviour>> {
    vec![guest(class("counter", 1), counter()), guest(class("clerk", 1), Native::<Clerk>::default())]
}

pub fn open(guests: Vec<Box<dyn Behaviour>>, disk: Disk) -> World {
    let config = Config { vat: VatId(1), ..Config::default() };
    let listing = disk.iter().map(|(file, bytes)| (*file, bytes.len() as u64));
    let mut recovery = Recovery::new(None, peerd_journal::Vat(1), listing, Until::End, None);
    while let Some(read) = recovery.read() {
        let bytes = &disk[&read.file];
        let from = bytes.len().min(read.at as usize);
        recovery.give(&bytes[from..bytes.len().min(from + read.length)]);
    }
    let found = recovery.finish().expect("only whole flights are on this disk");
    let vat = Vat::durable(config, World::with_root(guests), Identity([5; 16]), found).expect("it comes back");
    let mut world = World::of(vat, disk);
    world.engines.insert("counter".into(), Box::new(counter()) as Box<dyn Engine>);
    land(&mut world);
    world
}

/// What has gathered is on the disk, and what waited for that leaves.
pub fn land(world: &mut World) {
    while let Some(flight) = world.vat.flight() {
        world.disk.entry(flight.file).or_default().extend_from_slice(flight.bytes);
        world.input(Input::Landed);
        world.run();
    }
}

/// The vat is cut down and opened again, with these guests. The root spawns its counter again.
fn again(world: World, guests: Vec<Box<dyn Behaviour>>) -> (World, Ref) {
    let mut world = open(guests, world.disk);
    let counter = kept(&mut world);
    (world, counter)
}

fn kept(world: &mut World) -> Ref {
    let counter = world.spawn_landed("counter", "tally", &40u64, &[], land);
    land(world);
    counter
}

fn total(world: &mut World, counter: Ref) -> u64 {
    world.call(counter, &Get);
    land(world);
    world.answer().expect("it is answered").expect("an answer")
}

#[test]
fn what_a_guest_counted_is_there_in_the_next_life_of_its_vat() {
    let mut world = open(guests(), Disk::new());
    let mut counter = kept(&mut world);
    for expected in [42, 44, 46] {
        world.tell(counter, &Count::Add(2), &[]);
        assert_eq!(total(&mut world, counter), expected);
        (world, counter) = again(world, guests());
    }
    assert_eq!(total(&mut world, counter), 46);
}

#[test]
fn a_slow_turn_that_was_cut_down_with_its_vat_is_begun_again() {
    let mut world = open(guests(), Disk::new());
    let mut counter = kept(&mut world);
    world.tell(counter, &Count::Add(1_000), &[]);
    world.tell(counter, &Count::Add(1), &[]);
    land(&mut world);
    assert_eq!(world.slow.len(), 1, "it leaves when it is on the disk");
    for _ in 0..2 {
        (world, counter) = again(world, guests());
        assert_eq!(world.slow.len(), 1);
    }
    world.serve(FUEL_MAX);
    land(&mut world);
    assert_eq!(total(&mut world, counter), 1_040, "what was told after it was not durable: its sender was none");
    (world, counter) = again(world, guests());
    assert_eq!((total(&mut world, counter), world.slow.len()), (1_040, 0), "once");
}

#[test]
fn a_slow_first_turn_that_was_cut_down_is_begun_again() {
    let guests = || -> Vec<Box<dyn Behaviour>> {
        vec![guest(class("counter", 1), Costly { engine: Native::<Counter>::default(), cost: slow_start })]
    };
    let mut world = open(guests(), Disk::new());
    let _ = kept(&mut world);
    land(&mut world);
    assert_eq!(world.slow.len(), 1);
    let (mut world, counter) = again(world, guests());
    assert_eq!(world.slow.len(), 1);
    world.serve(FUEL_MAX);
    land(&mut world);
    assert_eq!(total(&mut world, counter), 40);
    let (mut world, counter) = again(world, guests());
    assert_eq!((total(&mut world, counter), world.slow.len()), (40, 0));
}

#[test]
fn newer_code_takes_the_state_over_and_knows_its_lives() {
    let mut world = open(guests(), Disk::new());
    let mut counter = kept(&mut world);
    world.tell(counter, &Count::Add(2), &[]);
    land(&mut world);
    let newer = || -> Vec<Box<dyn Behaviour>> { vec![guest(class("counter", 2), Native::<Counter2>::default())] };
    (world, counter) = again(world, newer());
    assert_eq!(total(&mut world, counter), 42, "of the first life that this code knows nothing of");
    world.tell(counter, &Count::Add(1), &[]);
    land(&mut world);
    (world, counter) = again(world, newer());
    assert_eq!(total(&mut world, counter), 1_044);
}

#[test]
fn another_module_of_the_same_version_takes_no_state_over_unasked() {
    let mut world = open(guests(), Disk::new());
    let counter = kept(&mut world);
    world.tell(counter, &Count::Add(2), &[]);
    land(&mut world);
    let mut other = class("counter", 1);
    other.hash = [77; 32];
    let (world, counter) = again(world, vec![guest(other, Native::<Counter>::default())]);
    let row = world.vat.rows().into_iter().find(|row| Some(row.id) == counter.actor_id()).expect("it is known");
    assert_eq!(row.state, Activity::Suspended, "its code has no migration from another module");
    let (mut world, counter) = again(world, guests());
    assert_eq!(total(&mut world, counter), 42);
}

#[test]
fn a_guest_added_to_a_running_vat_comes_back_with_it() {
    let mut world = open(Vec::new(), Disk::new());
    world.vat.add(guest(class("counter", 1), counter())).map_err(|_| Crash::new("taken", "")).expect("it is new");
    let counter = kept(&mut world);
    world.tell(counter, &Count::Add(5), &[]);
    land(&mut world);
    let (mut world, counter) = again(world, guests());
    assert_eq!(total(&mut world, counter), 45);
}

#[test]
fn a_guest_whose_module_is_added_after_its_vat_has_come_back_goes_on_when_its_owner_asks_for_it() {
    let mut world = open(guests(), Disk::new());
    let counter = kept(&mut world);
    world.tell(counter, &Count::Add(5), &[]);
    land(&mut world);
    let mut world = open(Vec::new(), world.disk);
    for guest in guests() {
        world.vat.add(guest).map_err(|_| Crash::new("taken", "")).expect("it is new");
    }
    let counter = kept(&mut world);
    assert_eq!(total(&mut world, counter), 45);
    assert!(world.take_reports().is_empty());
    // And it is known by that code.
    let (mut world, counter) = again(world, guests());
    assert_eq!(total(&mut world, counter), 45);
}

#[test]
fn a_slow_turn_that_goes_down_with_life_after_life_is_given_up() {
    let mut world = open(guests(), Disk::new());
    let mut counter = kept(&mut world);
    world.tell(counter, &Count::Add(2), &[]);
    world.tell(counter, &Count::Crash, &[]);
    land(&mut world);
    let mut lives = 0;
    while !world.slow.is_empty() {
        lives += 1;
        assert!(lives < 10, "it is begun for ever");
        (world, counter) = again(world, guests());
    }
    assert_eq!(lives, 6);
    assert!(world.take_reports().iter().any(|report| report.starts_with("poison ")));
    assert_eq!(total(&mut world, counter), 42);
}

/// A supervisor that lets five restarts pass in ten seconds.
fn tree(world: &mut World) -> Ref {
    let tree = world.spawn_raw(supervisor::NAME, &SupervisorSpec::one_for_one().intensity(5, 10_000).encode());
    land(world);
    tree
}

fn start(world: &mut World, tree: Ref, name: &str, behaviour: &str) -> (supervisor::Answer, Option<Ref>) {
    let spec = ChildSpec::new(name, behaviour, encode(&40u64)).durability(Durability::Durable).poison(Poison::Skip(1));
    world.call_with(tree, &Raw(Request::StartChild(spec).encode()), &[world.ear()]);
    land(world);
    while !world.slow.is_empty() {
        world.serve(FUEL_MAX);
        land(world);
    }
    let (body, refs) = world.answer_raw();
    (supervisor::Answer::decode(&body).expect("an answer"), refs.first().copied())
}

#[test]
fn a_slow_turn_that_fails_is_dropped_with_its_life_and_takes_down_nobody_else() {
    let mut world = open(guests(), Disk::new());
    let tree = tree(&mut world);
    let children = ["one", "other"].map(|name| start(&mut world, tree, name, "counter").1.expect("it runs"));
    let [one, other] = children;
    world.tell(one, &Count::Add(2), &[]);
    world.call(one, &Count::Crash);
    land(&mut world);
    let mut served = 0;
    while !world.slow.is_empty() {
        world.serve(FUEL_MAX);
        land(&mut world);
        served += 1;
    }
    assert_eq!(served, 1, "it is not begun again");
    let told = Reason::Crash(Crash::new("told", "to crash"));
    assert_eq!(world.answer::<()>(), Some(Err(Settle::Exit(told))), "its caller hears of it");
    let reports = world.take_reports();
    assert_eq!(reports.iter().filter(|report| *report == "counter told: to crash").count(), 1, "{reports:?}");
    assert!(world.lives(one) && world.lives(other) && world.lives(tree));
    assert_eq!((total(&mut world, one), total(&mut world, other)), (42, 40));
}

#[test]
fn of_a_slow_turn_that_asks_for_what_it_may_not_nothing_happens_and_it_is_not_begun_again() {
    fn slow(input: &Turn<'_>) -> u64 {
        let (header, _) = Header::split(input.message).expect("a header");
        if header.kind == Kind::Message { 1_000_000 } else { 10 }
    }
    fn quiet(input: &Turn<'_>, out: &mut Product) -> Outcome {
        let (header, _) = Header::split(input.message).expect("a header");
        if header.kind != Kind::Recovered {
            return forged(input, out);
        }
        out.state.extend_from_slice(input.state);
        Outcome::Done
    }
    let forger = || Costly { engine: Forged(quiet), cost: slow };
    for order in [27u8, 28, 33] {
        let mut world = open(vec![guest(class("forger", 1), forger())], Disk::new());
        world.engines.insert("forger".into(), Box::new(forger()));
        let tree = tree(&mut world);
        let one = start(&mut world, tree, "one", "forger").1.expect("it runs");
        world.tell(one, &order, &[]);
        land(&mut world);
        world.serve(FUEL_MAX);
        land(&mut world);
        assert!(world.slow.is_empty() && world.take_heard().is_empty() && world.lives(one), "{order}");
    }
}

#[test]
fn a_slow_first_turn_that_fails_is_told_to_whoever_started_it() {
    fn fails(input: &Turn<'_>, _: &mut Product) -> Outcome {
        let (header, _) = Header::split(input.message).expect("a header");
        if header.kind == Kind::Init { Outcome::Failed } else { Outcome::Done }
    }
    let failing = || Costly { engine: Forged(fails), cost: slow_start };
    let mut world = open(vec![guest(class("failing", 1), failing())], Disk::new());
    world.engines.insert("failing".into(), Box::new(failing()));
    let tree = tree(&mut world);
    for _ in 0..2 {
        let (answer, child) = start(&mut world, tree, "one", "failing");
        assert!(matches!(answer, supervisor::Answer::Error(Failure::ChildFailed(Reason::Crash(_), _))), "{answer:?}");
        assert!(child.is_none());
    }
    assert!(world.lives(tree));
}

#[test]
fn one_whose_first_turn_is_killed_in_a_later_life_does_not_begin_with_no_state() {
    fn endless(input: &Turn<'_>) -> u64 {
        if slow_start(input) > 10 { u64::MAX } else { 10 }
    }
    let endless = || Costly { engine: Native::<Counter>::default(), cost: endless };
    let guests = || vec![guest(class("counter", 1), endless())];
    let mut world = open(guests(), Disk::new());
    let _ = kept(&mut world);
    (world, _) = again(world, guests());
    world.engines.insert("counter".into(), Box::new(endless()));
    world.serve(FUEL_MAX);
    land(&mut world);
    let _ = world.take_reports();
    let counter = kept(&mut world);
    assert_eq!(world.take_reports(), ["counter poison: the first turn of counter has never ended well"]);
    assert!(!world.lives(counter) && world.slow.is_empty());
}

#[test]
fn a_slow_turn_that_was_cut_down_goes_on_with_the_newer_code() {
    let mut world = open(guests(), Disk::new());
    let counter = kept(&mut world);
    world.tell(counter, &Count::Add(1_000), &[]);
    land(&mut world);
    assert_eq!(world.slow.len(), 1);
    let newer: Vec<Box<dyn Behaviour>> = vec![guest(class("counter", 2), Native::<Counter2>::default())];
    let (mut world, counter) = again(world, newer);
    assert_eq!(total(&mut world, counter), 2_040, "it counts double");
    assert!(world.slow.is_empty() && world.take_reports().is_empty());
}

#[test]
fn an_alarm_rings_in_a_later_life() {
    let mut world = open(guests(), Disk::new());
    let ear = world.ear();
    let clerk = world.spawn_landed("clerk", "clerk", &Some(addr::<String>()), &[ear], land);
    world.tell(clerk, &Order::Alarm(3, 500), &[]);
    land(&mut world);
    let mut world = open(guests(), world.disk);
    let ear = world.ear();
    let _ = world.spawn_landed("clerk", "clerk", &Some(addr::<String>()), &[ear], land);
    world.wait(600);
    land(&mut world);
    assert_eq!(world.take_heard(), ["recovered", "alarm 3"]);
}
