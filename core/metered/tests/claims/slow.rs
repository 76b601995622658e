//! Turns that are longer than their budget: run by the host, with the mailbox closed, and nobody sees a difference but the time.
use crate::{
    guests::{Clerk, Count, Counter, Counter2, Order},
    hostile::Raw,
    kit::{Costly, Forged, World, class, encode, guest},
    turns::{Get, addr},
};
use peerd_actor::wire::{self, Header, Kind, Op};
use peerd_metered::{Engine, Input as Turn, Limits, Native, Outcome, Product};
use peerd_otp::supervisor::{ChildSpec, Request, Strategy, SupervisorSpec};
use peerd_vat::{Input, Reason, Ref, Settle};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A counter's `Add` of more than 100 is slow, and one of more than 10,000 never ends.
fn cost_of_adding(input: &Turn<'_>) -> u64 {
    let (header, body) = Header::split(input.message).expect("a header");
    match (header.kind, body.split_first()) {
        (Kind::Message, Some((0, amount))) => match u64::from_le_bytes(amount.try_into().expect("a number")) {
            0..=100 => 10,
            101..=10_000 => 1_000_000,
            _ => u64::MAX,
        },
        _ => 10,
    }
}

/// A clerk is slow at texts with "slow" in them, and when it sets something aside.
fn cost_of_text(input: &Turn<'_>) -> u64 {
    let (header, body) = Header::split(input.message).expect("a header");
    let is_slow = body.windows(4).any(|part| part == b"slow") || (header.kind == Kind::Message && body.first() == Some(&13));
    if is_slow { 1_000_000 } else { 10 }
}

fn slow_start(input: &Turn<'_>) -> u64 {
    let (header, _) = Header::split(input.message).expect("a header");
    if header.kind == Kind::Init { 1_000_000 } else { 10 }
}

const FUEL_MAX: u64 = 10_000_000;

fn counter() -> Costly<Native<Counter>> {
    Costly { engine: Native::default(), cost: cost_of_adding }
}

fn clerk() -> Costly<Native<Clerk>> {
    Costly { engine: Native::default(), cost: cost_of_text }
}

fn world() -> World {
    let mut world = World::new(vec![guest(class("counter", 1), counter()), guest(class("clerk", 1), clerk())]);
    world.engines.insert("counter".into(), Box::new(counter()));
    world.engines.insert("clerk".into(), Box::new(clerk()));
    world
}

fn spawn_clerk(world: &mut World) -> Ref {
    let ear = world.ear();
    world.spawn("clerk", &Some(addr::<String>()), &[ear])
}

#[test]
fn a_slow_turn_ends_as_it_would_have_and_what_came_meanwhile_is_handled_after_it() {
    let mut world = world();
    let slow = world.spawn("counter", &1u64, &[]);
    let other = world.spawn("counter", &1u64, &[]);
    world.tell(slow, &Count::Add(1_000), &[]);
    world.call(slow, &Get);
    assert_eq!(world.ask(other, &Get), Ok(1u64), "others go on");
    assert_eq!(world.answer::<u64>(), None);
    world.serve(FUEL_MAX);
    assert_eq!(world.answer::<u64>(), Some(Ok(1_001)));
    assert!(world.slow.is_empty());
    let state = world.vat.state(slow.actor_id().expect("an actor")).expect("it lives");
    assert_eq!(state.len(), 9, "nothing is left of it");
}

#[test]
fn a_turn_that_never_ends_is_killed_and_its_caller_is_told() {
    let mut world = world();
    let hog = world.spawn("counter", &1u64, &[]);
    world.tell(hog, &Count::Add(1_000_000), &[]);
    world.call(hog, &Get);
    world.serve(FUEL_MAX);
    assert!(!world.lives(hog));
    assert_eq!(world.take_reports(), ["killed a turn of counter used up all the fuel it could have", "counter killed"]);
    assert!(matches!(world.answer::<u64>(), Some(Err(_))));
}

#[test]
fn whoever_called_the_turn_that_is_killed_is_told_so_and_not_that_it_gave_no_answer() {
    let told = Some(Err(Settle::Exit(Reason::Killed)));
    let mut world = world();
    let hog = world.spawn("counter", &1u64, &[]);
    world.call(hog, &Count::Add(1_000_000));
    world.serve(FUEL_MAX);
    assert_eq!(world.answer::<u64>(), told);
    assert!(!world.lives(hog));
    // The same where there is no port.
    let mut class = class("counter", 1);
    class.slow = None;
    let mut world = World::new(vec![guest(class, counter())]);
    let hog = world.spawn("counter", &1u64, &[]);
    world.call(hog, &Count::Add(1_000));
    assert_eq!(world.answer::<u64>(), told);
    assert!(!world.lives(hog));
}

#[test]
fn without_a_port_for_slow_turns_such_a_turn_is_killed_at_once() {
    let mut class = class("counter", 1);
    class.slow = None;
    let mut world = World::new(vec![guest(class, counter())]);
    let hog = world.spawn("counter", &1u64, &[]);
    world.tell(hog, &Count::Add(1_000), &[]);
    assert!(!world.lives(hog) && world.slow.is_empty());
}

#[test]
fn a_slow_turn_answers_its_caller_and_may_keep_what_came_with_it() {
    let mut world = world();
    let (a, b) = (spawn_clerk(&mut world), spawn_clerk(&mut world));
    world.tell(a, &Order::Keep(vec![addr()]), &[b]);
    world.tell(a, &Order::Pass(0, "slow".into()), &[]);
    // The one that passes is slow, and so is the one that is told.
    world.serve(FUEL_MAX);
    world.serve(FUEL_MAX);
    assert_eq!(world.take_heard(), ["say slow"]);
    world.tell(a, &Order::Pass(0, "quick".into()), &[]);
    assert_eq!(world.take_heard(), ["say quick"]);
}

#[test]
fn a_slow_turn_that_defers_sets_its_message_aside_until_the_tag_changes() {
    let mut world = world();
    let a = spawn_clerk(&mut world);
    world.tell(a, &Order::Defer(2), &[]);
    world.serve(FUEL_MAX);
    assert!(world.slow.is_empty());
    world.tell(a, &Order::Say("between".into()), &[]);
    world.tell(a, &Order::Become(1), &[]);
    world.serve(FUEL_MAX);
    world.tell(a, &Order::Become(2), &[]);
    world.serve(FUEL_MAX);
    assert_eq!(world.take_heard(), ["say between", "undeferred 2"]);
    let state = world.vat.state(a.actor_id().expect("an actor")).expect("it lives");
    assert!(state.len() < 80, "nothing is left of it: {}", state.len());
}

#[test]
fn a_slow_first_turn_is_over_before_anything_else_is_handled() {
    let start = || Costly { engine: Native::<Counter>::default(), cost: slow_start };
    let mut world = World::new(vec![guest(class("counter", 1), start())]);
    world.engines.insert("counter".into(), Box::new(start()));
    let slow = world.spawn("counter", &7u64, &[]);
    world.tell(slow, &Count::Add(3), &[]);
    world.call(slow, &Get);
    assert_eq!(world.answer::<u64>(), None);
    world.serve(FUEL_MAX);
    assert_eq!(world.answer::<u64>(), Some(Ok(10)));
}

#[test]
fn whoever_started_it_waits_for_a_slow_first_turn() {
    let start = || Costly { engine: Native::<Counter>::default(), cost: slow_start };
    let mut world = World::new(vec![guest(class("counter", 1), start())]);
    world.engines.insert("counter".into(), Box::new(start()));
    let spec = SupervisorSpec::new(Strategy::OneForOne).child(ChildSpec::new("counter", "counter", encode(&7u64)));
    let tree = world.spawn_raw(peerd_otp::supervisor::NAME, &spec.encode());
    world.call(tree, &Raw(Request::WhichChildren.encode()));
    assert!(!world.answer_or_not(), "its supervisor starts it still");
    world.serve(FUEL_MAX);
    assert!(world.answer_or_not(), "it has started");
    assert_eq!(world.take_reports(), ["progress counter runs"]);
}

#[test]
fn who_ends_meanwhile_is_run_for_nothing_and_the_host_is_told() {
    let mut world = world();
    let slow = world.spawn("counter", &1u64, &[]);
    world.tell(slow, &Count::Add(1_000), &[]);
    world.input(Input::Exit { to: slow, reason: peerd_vat::Reason::Kill });
    world.run();
    assert_eq!((world.lives(slow), world.dropped), (false, 1));
    world.serve(FUEL_MAX);
}

#[test]
fn a_host_that_can_not_is_asked_again_and_that_counts_for_nothing() {
    let mut world = world();
    let slow = world.spawn("counter", &1u64, &[]);
    world.tell(slow, &Count::Add(1_000), &[]);
    for wait in [100, 200, 400] {
        let (reply, _) = world.slow.pop_front().expect("it is asked");
        world.input(Input::Fail { to: reply, settle: Settle::Overloaded });
        world.run();
        world.wait(wait - 1);
        assert!(world.slow.is_empty());
        world.wait(1);
    }
    let (reply, _) = world.slow.pop_front().expect("it is asked");
    world.input(Input::Reply { to: reply, body: b"no answer".to_vec() });
    world.run();
    world.wait(800);
    world.serve(FUEL_MAX);
    assert_eq!(world.ask(slow, &Get), Ok(1_001u64));
    assert!(world.take_reports().iter().all(|report| report.starts_with("host_fault a turn of counter could not be run")));
}

#[test]
fn the_hosts_fault_in_a_quick_turn_is_no_fault_of_the_guest() {
    /// Fails as often as the number says.
    static FAULTS: AtomicU32 = AtomicU32::new(3);
    struct Faulty(Native<Counter>);
    impl Engine for Faulty {
        fn limits(&self) -> Limits {
            self.0.limits()
        }

        fn turn(&mut self, input: &Turn<'_>, out: &mut Product) -> Outcome {
            let (header, _) = Header::split(input.message).expect("a header");
            if header.kind == Kind::Message && FAULTS.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
                return Outcome::HostFault("no memory".into());
            }
            self.0.turn(input, out)
        }
    }
    let mut world = World::new(vec![guest(class("counter", 1), Faulty(Native::default()))]);
    let counter = world.spawn("counter", &1u64, &[]);
    world.call(counter, &Get);
    world.wait(100);
    world.wait(200);
    assert_eq!(world.answer::<u64>(), None);
    world.wait(400);
    assert_eq!(world.answer::<u64>(), Some(Ok(1)));
}

#[test]
fn a_callers_deadline_does_not_end_the_turn_that_it_began() {
    let mut world = world();
    let a = spawn_clerk(&mut world);
    world.call_within(a, &Slow, 50);
    assert_eq!(world.slow.len(), 1);
    world.wait(60);
    assert_eq!(world.answer::<String>(), Some(Err(Settle::Timeout)));
    while !world.slow.is_empty() {
        world.serve(FUEL_MAX);
    }
    assert_eq!(world.take_heard(), ["say slow"], "once");
}

/// `Order::Say` as a caller writes it.
struct Slow;

impl peerd_actor::Message for Slow {
    fn put(&self, to: &mut peerd_actor::Writer<'_>) {
        to.tag(1);
        String::from("slow").put(to);
    }

    fn get(_: &mut peerd_actor::Reader<'_>) -> Option<Slow> {
        None
    }
}

#[test]
fn a_class_that_is_always_slow_goes_to_the_host_at_once_until_a_turn_was_quick() {
    static QUICK: AtomicU32 = AtomicU32::new(0);
    fn counted(input: &Turn<'_>) -> u64 {
        QUICK.fetch_add(1, Relaxed);
        cost_of_adding(input)
    }
    let engine = || Costly { engine: Native::<Counter>::default(), cost: counted };
    let mut world = World::new(vec![guest(class("counter", 1), engine())]);
    world.engines.insert("counter".into(), Box::new(counter()));
    let slow = world.spawn("counter", &1u64, &[]);
    let mut tried = Vec::new();
    for _ in 0..5 {
        let before = QUICK.load(Relaxed);
        world.tell(slow, &Count::Add(101), &[]);
        world.serve(FUEL_MAX);
        tried.push(QUICK.load(Relaxed) - before);
    }
    assert_eq!(tried, [1, 1, 1, 0, 0]);
    world.call(slow, &Get);
    world.serve(FUEL_MAX);
    assert_eq!(world.answer::<u64>(), Some(Ok(506)));
    assert_eq!(world.ask(slow, &Get), Ok(506u64), "without the host");
}

#[test]
fn an_upgrade_waits_for_the_slow_turn_and_takes_what_it_left() {
    let mut world = World::new(vec![guest(class("counter", 1), counter())]);
    world.engines.insert("counter".into(), Box::new(counter()));
    let slow = world.spawn("counter", &1u64, &[]);
    world.vat.add(guest(class("counter", 2), Native::<Counter2>::default())).map_err(|_| "taken").expect("it is new");
    world.tell(slow, &Count::Add(1_000), &[]);
    world.serve(FUEL_MAX);
    assert_eq!(world.upgrade(slow, 1, 2, b"fail").map_err(|settle| settle.to_string()), Err("exit(crashed \"told to fail\")".into()));
    assert_eq!(world.ask(slow, &Get), Ok(1_001u64));
    assert_eq!(world.upgrade(slow, 1, 2, b""), Ok(()));
    world.tell(slow, &Count::Add(1), &[]);
    assert_eq!(world.ask(slow, &Get), Ok(1_003u64));
}

#[test]
fn an_upgrade_in_the_middle_of_a_slow_turn_does_the_turn_once() {
    let mut world = World::new(vec![guest(class("counter", 1), counter())]);
    world.engines.insert("counter".into(), Box::new(counter()));
    let slow = world.spawn("counter", &1u64, &[]);
    world.vat.add(guest(class("counter", 2), Native::<Counter2>::default())).map_err(|_| "taken").expect("it is new");
    world.tell(slow, &Count::Add(1_000), &[]);
    let done = world.begin_upgrade(slow, 1, 2);
    world.serve(FUEL_MAX);
    let done = done.or_else(|| world.upgraded());
    assert_eq!(done, Some(Ok(())));
    // By the old code before the upgrade, or by the new one after it.
    let total: u64 = world.ask(slow, &Get).expect("it answers");
    assert_eq!(total, 1_001);
    assert!(world.slow.is_empty());
}

#[test]
fn an_upgrade_takes_over_what_a_slow_first_turn_that_defers_itself_has_left() {
    fn defers(input: &Turn<'_>, out: &mut Product) -> Outcome {
        let (header, _) = Header::split(input.message).expect("a header");
        out.state.extend_from_slice(input.state);
        if header.kind == Kind::Init {
            out.state.push(7);
            assert!(wire::append(&mut out.outbox, wire::OUTBOX_MAX, Op::Defer as u32, 0, 0, &[]));
        }
        Outcome::Done
    }
    fn takes_over(input: &Turn<'_>, out: &mut Product) -> Outcome {
        let (header, _) = Header::split(input.message).expect("a header");
        out.state.extend_from_slice(input.state);
        out.state.extend((header.kind == Kind::Migrate).then_some(8));
        Outcome::Done
    }
    let first = || Costly { engine: Forged(defers), cost: slow_start };
    let mut world = World::new(vec![guest(class("counter", 1), first())]);
    world.engines.insert("counter".into(), Box::new(first()));
    let slow = world.spawn("counter", &(), &[]);
    // The tag that says that it has begun brings it back once.
    world.serve(FUEL_MAX);
    world.serve(FUEL_MAX);
    world.vat.add(guest(class("counter", 2), Forged(takes_over))).map_err(|_| "taken").expect("it is new");
    assert_eq!(world.upgrade(slow, 1, 2, b""), Ok(()));
    let state = world.vat.state(slow.actor_id().expect("an actor")).expect("it lives");
    assert_eq!(peerd_metered::own_state(&state), Some(&[7, 7, 8][..]));
}
