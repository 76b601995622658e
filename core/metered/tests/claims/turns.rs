//! What a guest can do, and that it is what an actor of the kernel's own could.
use crate::{
    guests::{Clerk, Count, Counter, Order},
    kit::{Forged, World, class, encode, guest},
};
use peerd_actor::{
    Addr, Message, Reader, Writer,
    wire::{self, Header, Kind, Op},
};
use peerd_metered::{Input, Native, Outcome, Product};
use peerd_vat::{Ref, Settle};

fn world() -> World {
    World::new(vec![
        guest(class("counter", 1), Native::<Counter>::default()),
        guest(class("clerk", 1).spawning("counter"), Native::<Clerk>::default()),
    ])
}

/// An address as a test writes it into a message: what it names is beside it.
pub fn addr<M>() -> Addr<M> {
    Reader::new(&[], 0, 1, None).read().expect("an index")
}

fn clerk(world: &mut World) -> Ref {
    let ear = world.ear();
    world.spawn("clerk", &Some(addr::<String>()), &[ear])
}

#[test]
fn a_counter_counts_and_answers() {
    let mut world = world();
    let counter = world.spawn("counter", &40u64, &[]);
    world.tell(counter, &Count::Add(2), &[]);
    assert_eq!(world.ask(counter, &Get), Ok(42u64));
    let state = world.vat.state(counter.actor_id().expect("an actor")).expect("it lives");
    assert_eq!(state.len(), 1 + 8);
}

/// `Count::Get` as a caller writes it.
pub struct Get;

impl Message for Get {
    fn put(&self, to: &mut Writer<'_>) {
        to.tag(1);
    }

    fn get(_: &mut Reader<'_>) -> Option<Get> {
        None
    }
}

#[test]
fn refs_are_kept_passed_on_and_used_over_turns() {
    let mut world = world();
    let (a, b, c) = (clerk(&mut world), clerk(&mut world), clerk(&mut world));
    world.tell(a, &Order::Keep(vec![addr(), addr()]), &[b, c]);
    world.tell(a, &Order::Pass(1, "to c".into()), &[]);
    world.tell(a, &Order::Keep(vec![addr()]), &[c]);
    world.tell(a, &Order::Pass(0, "to c again".into()), &[]);
    assert_eq!(world.take_heard(), ["say to c", "say to c again"]);
    world.tell(a, &Order::Pass(1, "to nobody".into()), &[]);
    assert_eq!(world.take_reports(), ["clerk place: nobody"]);
}

#[test]
fn children_are_named_in_the_turn_that_spawns_them_and_after() {
    let mut world = world();
    let a = clerk(&mut world);
    world.tell(a, &Order::Spawn("first word".into()), &[]);
    world.tell(a, &Order::Pass(0, "second word".into()), &[]);
    assert_eq!(world.take_heard(), ["say first word", "say second word"]);
}

#[test]
fn calls_settle_once_under_their_marks() {
    let mut world = world();
    let (a, counter) = (clerk(&mut world), world.spawn("counter", &5u64, &[]));
    world.tell(a, &Order::Ask(addr(), 9), &[counter]);
    assert_eq!(world.take_heard(), ["answer 9 Some(5)"]);
    let b = clerk(&mut world);
    // A clerk takes no counter's question.
    world.tell(a, &Order::AskWithin(addr(), 50), &[b]);
    assert_eq!(world.take_heard(), ["no answer 1 Noreply"]);
    assert_eq!(world.take_reports(), ["malformed a message could not be read"]);
}

/// `Order::Hold` as a caller writes it.
struct Hold;

impl Message for Hold {
    fn put(&self, to: &mut Writer<'_>) {
        to.tag(6);
    }

    fn get(_: &mut Reader<'_>) -> Option<Hold> {
        None
    }
}

#[test]
fn a_caller_can_be_kept_and_answered_later_or_refused_or_forgotten() {
    let mut world = world();
    let a = clerk(&mut world);
    world.call(a, &Hold);
    assert_eq!(world.answer::<String>(), None);
    world.tell(a, &Order::Answer("late".into()), &[]);
    assert_eq!(world.answer::<String>(), Some(Ok("late".into())));
    world.call(a, &Hold);
    world.tell(a, &Order::Refuse, &[]);
    assert_eq!(world.answer::<String>(), Some(Err(Settle::Revoked)));
    // Whoever does not keep it has let it go.
    world.call(a, &Order::Become(0));
    assert_eq!(world.answer::<String>(), Some(Err(Settle::Noreply)));
    world.call(a, &Hold);
    world.tell(a, &Order::Stop("enough".into()), &[]);
    assert!(matches!(world.answer::<String>(), Some(Err(Settle::Exit(_)))));
}

#[test]
fn watches_timers_and_last_words() {
    let mut world = world();
    let (a, b) = (clerk(&mut world), clerk(&mut world));
    world.tell(a, &Order::Watch(addr(), 4), &[b]);
    world.tell(a, &Order::Timer(3, 20), &[]);
    world.tell(b, &Order::Stop("enough".into()), &[]);
    world.wait(30);
    assert_eq!(world.take_heard(), ["last Other(\"enough\")", "down 4 Other(\"enough\")", "tick 3 at 30"]);
}

#[test]
fn what_is_deferred_comes_back_with_another_tag() {
    let mut world = world();
    let a = clerk(&mut world);
    world.tell(a, &Order::Defer(2), &[]);
    world.tell(a, &Order::Say("between".into()), &[]);
    world.tell(a, &Order::Become(1), &[]);
    world.tell(a, &Order::Become(2), &[]);
    assert_eq!(world.take_heard(), ["say between", "undeferred 2"]);
}

#[test]
fn a_crash_drops_the_turn_and_an_unreadable_message_does_not_even_crash() {
    let mut world = world();
    let counter = world.spawn("counter", &40u64, &[]);
    world.tell(counter, &(77u8, 1u64), &[]);
    assert_eq!(world.take_reports(), ["malformed a message could not be read"]);
    world.tell(counter, &vec![7u8; 5_000], &[]);
    assert_eq!(world.take_reports(), ["malformed a message of 5004 bytes is too long for counter"]);
    assert_eq!(world.ask(counter, &Get), Ok(40u64));
    world.tell(counter, &Count::Crash, &[]);
    assert_eq!(world.take_reports(), ["counter told: to crash"]);
    assert!(!world.lives(counter));
}

#[test]
fn a_state_that_outgrows_its_buffer_is_the_turns_crash() {
    let mut world = world();
    let a = clerk(&mut world);
    world.tell(a, &Order::Say("x".repeat(200)), &[]);
    assert!(world.lives(a));
    world.tell(a, &Order::Say("y".repeat(200)), &[]);
    assert_eq!(world.take_reports(), ["clerk state: the state has outgrown its buffer"]);
    assert_eq!(world.take_heard().len(), 1);
}

#[test]
fn a_turn_draws_its_own_numbers() {
    let mut world = world();
    let a = clerk(&mut world);
    let drawn: Vec<u64> = (0..2).map(|_| world.ask(a, &Random).expect("it answers")).collect();
    assert_ne!(drawn[0], drawn[1]);
}

struct Random;

impl Message for Random {
    fn put(&self, to: &mut Writer<'_>) {
        to.tag(16);
    }

    fn get(_: &mut Reader<'_>) -> Option<Random> {
        None
    }
}

/// It keeps a counter and whom it tells. Told 0, it asks the counter and watches it; what comes of that it defers until it is told 1.
fn patient(input: &Input<'_>, out: &mut Product) -> Outcome {
    let (header, body) = Header::split(input.message).expect("the host writes one");
    let mut put =
        |op: Op, a: u64, b: u64, payload: &[u8]| assert!(wire::append(&mut out.outbox, wire::OUTBOX_MAX, op as u32, a, b, payload));
    out.state.extend_from_slice(input.state);
    match (header.kind, body) {
        (Kind::Init, _) => put(Op::Keep, 0, 0, &[2u32.to_le_bytes(), 3u32.to_le_bytes()].concat()),
        (Kind::Message, [0]) => {
            put(Op::Call, 2, 9 << 32, &[&1_000u64.to_le_bytes()[..], &encode(&Get)].concat());
            put(Op::Watch, 2, 5, &[]);
        }
        (Kind::Message, _) => {
            out.state.push(1);
            put(Op::Become, 1, 0, &[]);
        }
        (Kind::Reply | Kind::Down, _) if input.state.is_empty() => put(Op::Defer, 0, 0, &[]),
        (Kind::Reply | Kind::Down, _) => put(Op::Send, 3, 0, &encode(&format!("{:?} {}", header.kind, header.mark))),
        _ => {}
    }
    Outcome::Done
}

#[test]
fn an_answer_and_a_down_that_are_deferred_come_again_under_their_marks() {
    let mut world = World::new(vec![guest(class("patient", 1), Forged(patient)), guest(class("counter", 1), Native::<Counter>::default())]);
    let (counter, ear) = (world.spawn("counter", &1u64, &[]), world.ear());
    let patient = world.spawn("patient", &(), &[counter, ear]);
    world.tell(patient, &0u8, &[]);
    world.tell(counter, &Count::Crash, &[]);
    assert_eq!(world.take_heard(), Vec::<String>::new());
    world.tell(patient, &1u8, &[]);
    assert_eq!(world.take_heard(), ["Reply 9", "Down 5"]);
    let state = world.vat.state(patient.actor_id().expect("an actor")).expect("it lives");
    assert_eq!(state.len(), 2 + 2 * 16 + 1, "it waits for nothing any more: {state:?}");
}
