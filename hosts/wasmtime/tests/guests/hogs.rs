//! Turns that are long: in slices, beside each other and beside others, with a hard end, and always of the same fuel.
use crate::{
    kit::{World, class, guest},
    modules::module,
};
use peerd_actor::{Message, Writer};
use peerd_guests::{
    counter::Count,
    hog::{Hog, Work},
};
use peerd_metered::{Engine, Input, Native, Outcome, Product, slow};
use peerd_vat::Input as Told;
use peerd_wasmtime::{Quick, SUSPENDED_MAX, Slow};

fn world() -> World {
    World::new(vec![guest(class("hog", 1), Quick::new(&module("hog"))), guest(class("counter", 1), Quick::new(&module("counter")))])
}

/// `Work::Rounds` as a caller writes it.
struct Rounds(u64);

impl Message for Rounds {
    fn put(&self, to: &mut Writer<'_>) {
        to.tag(0);
        self.0.put(to);
    }

    fn get(_: &mut peerd_actor::Reader<'_>) -> Option<Rounds> {
        None
    }
}

/// What is to be asked of the host for a hog's turn, taken from one.
fn request(rounds: u64) -> (peerd_vat::Ref, Vec<u8>) {
    let mut world = world();
    let hog = world.spawn("hog", &(), &[]);
    world.call(hog, &Rounds(rounds));
    world.slow.pop_front().expect("it is slow")
}

fn host(slice: i32, fuel_max: u64) -> Slow {
    let mut slow = Slow::new(slice, fuel_max);
    slow.know("hog", 1, &module("hog"));
    slow
}

fn answer(served: &[Told]) -> slow::Answer<'_> {
    let [Told::Reply { body, .. }] = served else { panic!("one answer: {served:?}") };
    slow::Answer::decode(body).expect("an answer")
}

#[test]
fn fuel_and_outcome_do_not_depend_on_the_slice_nor_on_the_tier() {
    let (reply, body) = request(100_000);
    let asked = slow::Request::decode(&body).expect("a request");
    let mut quick = Product::default();
    let input = Input { state: &asked.state, message: &asked.message, fuel: 1_000_000_000 };
    assert_eq!(Quick::new(&module("hog")).turn(&input, &mut quick), Outcome::Done);
    let mut native = Product::default();
    assert_eq!(Native::<Hog>::default().turn(&input, &mut native), Outcome::Done);
    assert_eq!((&native.state, &native.outbox), (&quick.state, &quick.outbox));
    for slice in [997, 50_000, i32::MAX] {
        let mut host = host(slice, 1_000_000_000);
        host.request(reply, body.clone()).expect("there is room");
        let served = host.serve(u64::MAX);
        assert_eq!(served.slices, quick.fuel.div_ceil(slice as u64), "in slices of {slice}");
        let answer = answer(&served.answers);
        assert_eq!(answer.outcome, Outcome::Done);
        assert_eq!((answer.fuel, &*answer.state, &*answer.outbox), (quick.fuel, &*quick.state, &*quick.outbox));
    }
}

#[test]
fn the_cap_is_the_cap_also_of_the_last_slice() {
    let (reply, body) = request(100_000);
    let all = {
        let mut host = host(50_000, u64::MAX >> 1);
        host.request(reply, body.clone()).expect("there is room");
        let served = host.serve(u64::MAX);
        answer(&served.answers).fuel
    };
    for (fuel_max, expected) in [(all, Outcome::Done), (all - 1, Outcome::Exhausted)] {
        let mut host = host(50_000, fuel_max);
        host.request(reply, body.clone()).expect("there is room");
        let served = host.serve(u64::MAX);
        assert_eq!(answer(&served.answers).outcome, expected, "{fuel_max} of {all}");
    }
}

#[test]
fn beside_a_hundred_hogs_others_go_on_and_the_hogs_are_killed_in_the_end() {
    let mut world = world();
    let mut host = host(50_000, 5_000_000);
    let hogs: Vec<_> = (0..100).map(|_| world.spawn("hog", &(), &[])).collect();
    let counter = world.spawn("counter", &0u64, &[]);
    for hog in &hogs {
        world.tell(*hog, &Work::ForEver, &[]);
    }
    assert_eq!(world.slow.len(), 100);
    let mut asked = 0u64;
    loop {
        for (reply, body) in world.slow.drain(..) {
            host.request(reply, body).expect("there is room");
        }
        let served = host.serve(7);
        world.answer_slow(served.answers);
        asked += 1;
        world.tell(counter, &Count::Add(1), &[]);
        if served.idle {
            break;
        }
    }
    assert!(asked > 100, "{asked}");
    assert!(hogs.iter().all(|hog| !world.lives(*hog)) && world.lives(counter));
    assert_eq!(world.take_reports().iter().filter(|report| *report == "hog killed").count(), 100);
}

#[test]
fn more_than_may_be_suspended_wait_and_all_are_served() {
    let (reply, body) = request(20_000);
    let mut host = host(10_000, 1_000_000_000);
    let count = SUSPENDED_MAX + 44;
    for _ in 0..count {
        host.request(reply, body.clone()).expect("there is room");
    }
    let first = host.serve(SUSPENDED_MAX as u64);
    assert_eq!((first.answers.len(), host.load()), (0, (SUSPENDED_MAX, 44)));
    let rest = host.serve(u64::MAX);
    assert_eq!((rest.answers.len(), rest.idle), (count, true));
    assert!(rest.answers.iter().all(|told| answer(std::slice::from_ref(told)).outcome == Outcome::Done));
}

#[test]
fn who_is_killed_meanwhile_is_run_no_further() {
    let mut world = world();
    let mut host = host(50_000, u64::MAX >> 1);
    let hog = world.spawn("hog", &(), &[]);
    world.tell(hog, &Work::ForEver, &[]);
    let (reply, body) = world.slow.pop_front().expect("it is slow");
    host.request(reply, body).expect("there is room");
    assert!(!host.serve(10).idle);
    world.input(Told::Exit { to: hog, reason: peerd_vat::Reason::Kill });
    world.run();
    assert_eq!(world.dropped, 1);
    host.dropped(reply);
    assert!(host.serve(1).idle);
}

#[test]
fn what_the_host_does_not_know_is_its_own_fault() {
    let mut world = world();
    let hog = world.spawn("hog", &(), &[]);
    world.call(hog, &Rounds(20_000));
    let (reply, body) = world.slow.pop_front().expect("it is slow");
    let mut stranger = Slow::new(50_000, 1_000_000_000);
    stranger.request(reply, body).expect("there is room");
    world.answer_slow(stranger.serve(10).answers);
    world.wait(100);
    let (reply, body) = world.slow.pop_front().expect("it is asked again");
    let mut host = host(50_000, 1_000_000_000);
    host.request(reply, body).expect("there is room");
    world.answer_slow(host.serve(u64::MAX).answers);
    assert!(matches!(world.answer::<u64>(), Some(Ok(_))));
    assert_eq!(world.take_reports(), ["host_fault a turn of hog could not be run: a class that is not known here"]);
}
