//! Equal inputs have equal outcomes: natively, on wasmtime and on wasmi, turn by turn and over whole plays.
use crate::{
    kit::{EAR, World, class, guest},
    modules::{module, source},
    wasmi_engine::Wasmi,
};
use peerd_actor::{Addr, Message, Reader};
use peerd_guests::{clerk, counter, member, player};
use peerd_metered::{Engine, Input, Limits, Native, Outcome, Product};
use peerd_vat::{Config, Ref, Vat};
use peerd_wasmtime::Quick;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

/// A turn: which class, its input, and what came of it.
type Told = (String, Vec<u8>, Vec<u8>, Outcome, Product);

/// An engine whose turns are written down.
struct Recorded<E> {
    name: &'static str,
    engine: E,
    told: Arc<Mutex<Vec<Told>>>,
}

impl<E: Engine> Engine for Recorded<E> {
    fn limits(&self) -> Limits {
        self.engine.limits()
    }

    fn turn(&mut self, input: &Input<'_>, out: &mut Product) -> Outcome {
        let outcome = self.engine.turn(input, out);
        let told = (self.name.into(), input.state.to_vec(), input.message.to_vec(), outcome.clone(), out.clone());
        self.told.lock().expect("no turn panics").push(told);
        outcome
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    Native,
    Wasmtime,
    Wasmi,
}

fn engine(on: On, name: &'static str) -> Box<dyn Engine> {
    match (on, name) {
        (On::Wasmtime, _) => Box::new(Quick::new(&module(name))),
        (On::Wasmi, _) => Box::new(Wasmi::new(source(name))),
        (On::Native, "clerk") => Box::new(Native::<clerk::Clerk>::default()),
        (On::Native, "counter") => Box::new(Native::<counter::Counter>::default()),
        (On::Native, "member") => Box::new(Native::<member::Member>::default()),
        (On::Native, "player") => Box::new(Native::<player::Player>::default()),
        (On::Native, _) => panic!("no {name} natively"),
    }
}

struct Play {
    world: World,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Play {
    fn on(on: On) -> Play {
        let told = Arc::default();
        let guests = ["clerk", "counter", "member", "player"].map(|name| {
            let engine = Recorded { name, engine: engine(on, name), told: Arc::clone(&told) };
            // Of one hash: it is not what is compared.
            guest(class(name, 1).fuel(10_000_000), engine)
        });
        let vat = Vat::new(Config { trace: true, ..Config::default() }, World::with_root(guests.into()));
        Play { world: World::of(vat, BTreeMap::new()), told }
    }

    fn told(self) -> (Vec<Told>, Vec<String>, Vec<String>) {
        let told = self.told.lock().expect("no turn panics").clone();
        (told, self.world.trace, self.world.heard)
    }
}

/// An address as a test writes it into a message: what it names is beside it.
fn addr<M>() -> Addr<M> {
    Reader::new(&[], 0, 1, None).read().expect("an index")
}

fn draw(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (*seed ^ (*seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB) >> 7
}

/// Clerks and a counter, told this and that.
fn random_play(on: On, mut seed: u64) -> (Vec<Told>, Vec<String>, Vec<String>) {
    use clerk::Order;
    let mut play = Play::on(on);
    let world = &mut play.world;
    let ear = Vat::port_of(EAR);
    let counter = world.spawn("counter", &draw(&mut seed), &[]);
    let mut clerks: Vec<Ref> = (0..3).map(|_| world.spawn("clerk", &addr::<String>(), &[ear])).collect();
    for _ in 0..60 {
        let (to, n) = (clerks[draw(&mut seed) as usize % clerks.len()], draw(&mut seed));
        let other = clerks[n as usize % clerks.len()];
        match draw(&mut seed) % 14 {
            0 => world.tell(to, &Order::Ask(addr(), n as u32 % 9), &[counter]),
            1 => world.call(to, &Held),
            2 => world.tell(to, &Order::Answer(format!("answer {}", n % 100)), &[]),
            3 => world.tell(to, &Order::Watch(addr(), n as u32 % 9), &[other]),
            4 => world.tell(to, &Order::Timer(n % 5, n), &[]),
            5 => world.tell(to, &Order::Defer(n as u32 % 3), &[]),
            6 => world.tell(to, &Order::Become(n as u32 % 3), &[]),
            7 => world.tell(to, &Order::Spawn(n as u32 % 7), &[]),
            8 => world.tell(to, &Order::Draw(n as u32), &[]),
            9 => world.tell(to, &Order::Float(f64::from_bits(n.rotate_left(17))), &[]),
            10 => world.tell(counter, &counter::Count::Add(n % 1_000), &[]),
            11 => world.tell(to, &Order::Find("tick".into()), &[]),
            12 => world.tell(to, &vec![n as u8; n as usize % 600], &[]),
            _ => world.wait(n % 40),
        }
        if draw(&mut seed).is_multiple_of(20) {
            world.tell(to, &Order::Stop("enough".into()), &[]);
        }
        for (at, who) in clerks.clone().into_iter().enumerate() {
            if !world.lives(who) {
                clerks[at] = world.spawn("clerk", &addr::<String>(), &[ear]);
            }
        }
    }
    world.wait(200);
    play.told()
}

/// `Order::Hold` as a caller writes it.
struct Held;

impl Message for Held {
    fn put(&self, to: &mut peerd_actor::Writer<'_>) {
        to.tag(1);
    }

    fn get(_: &mut Reader<'_>) -> Option<Held> {
        None
    }
}

#[test]
fn random_plays_are_the_same_on_every_engine_turn_by_turn() {
    let mut ends = BTreeMap::new();
    for seed in 0..8u64 {
        let native = random_play(On::Native, seed);
        let wasmtime = random_play(On::Wasmtime, seed);
        let wasmi = random_play(On::Wasmi, seed);
        for (at, (a, b)) in wasmtime.0.iter().zip(&wasmi.0).enumerate() {
            assert_eq!(a, b, "seed {seed}, turn {at}: wasmtime and wasmi, fuel included");
        }
        for (at, (a, b)) in native.0.iter().zip(&wasmtime.0).enumerate() {
            // Only the meter tells them apart.
            let unmetered = |told: &Told| {
                let (name, state, message, outcome, product) = told.clone();
                (name, state, message, outcome, Product { fuel: 0, ..product })
            };
            assert_eq!(unmetered(a), unmetered(b), "seed {seed}, turn {at}: natively and on wasmtime");
        }
        assert_eq!((&native.1, &native.2), (&wasmtime.1, &wasmtime.2), "seed {seed}: the transcripts");
        assert_eq!((&wasmi.1, &wasmi.2), (&wasmtime.1, &wasmtime.2), "seed {seed}: the transcripts");
        assert!(native.0.len() > 60 && native.1.len() > 100);
        for told in &native.0 {
            *ends.entry(format!("{:?}", told.3)).or_insert(0) += 1;
        }
    }
    assert!(ends["Done"] > 50 && ends["Failed"] > 0, "{ends:?}");
}

#[test]
fn a_ring_and_two_players_end_alike() {
    let play = |on| {
        let mut play = Play::on(on);
        let world = &mut play.world;
        let judge = Vat::port_of(peerd_vat::PortId(9));
        let first = world.spawn("member", &(), &[]);
        world.tell(first, &member::Word::Grow(19, addr(), addr()), &[first, judge]);
        world.tell(first, &member::Word::Token(1_000), &[]);
        let (a, b) = (world.spawn("player", &addr::<u64>(), &[judge]), world.spawn("player", &addr::<u64>(), &[judge]));
        world.tell(a, &player::Play::Against(addr()), &[b]);
        world.tell(b, &player::Play::Against(addr()), &[a]);
        world.tell(a, &player::Play::Ball(200), &[]);
        let hits = world.vat.state(a.actor_id().expect("an actor")).expect("it lives");
        (play.told(), hits)
    };
    let (native, wasmtime) = (play(On::Native), play(On::Wasmtime));
    assert_eq!((&native.0.1, &native.1), (&wasmtime.0.1, &wasmtime.1));
    let tokens = wasmtime.0.0.iter().filter(|told| told.0 == "member" && told.2.get(40) == Some(&1)).count();
    assert_eq!(tokens, 1_001);
    assert!(native.1.ends_with(&101u64.to_le_bytes()));
}
