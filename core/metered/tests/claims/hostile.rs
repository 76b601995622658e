//! What a guest does wrong: it ends that guest's turn under a name of its own, and nothing that the turn asked for happens.
use crate::{
    guests::{Clerk, Count, Counter, Order},
    kit::{Forged, World, class, guest},
    turns::{Get, addr},
};
use peerd_actor::wire::{self, Header, Kind, Op, SPAWN_FLAGS};
use peerd_metered::{Input, Native, Outcome, Product, Trap};
use peerd_vat::{Ref, Rights, Settle};
use proptest::prelude::*;

/// Turns that send a word to whom they were endowed with, and then do what a test has them do: `body` says which.
pub fn forged(input: &Input<'_>, out: &mut Product) -> Outcome {
    let (header, body) = Header::split(input.message).expect("the host writes one");
    out.state.extend_from_slice(input.state);
    let mut put = |op: u32, a: u64, b: u64, payload: &[u8]| assert!(wire::append(&mut out.outbox, wire::OUTBOX_MAX, op, a, b, payload));
    if header.kind == Kind::Init {
        put(Op::Keep as u32, 0, 0, &2u32.to_le_bytes());
        return Outcome::Done;
    }
    // To whom it keeps: the text "sent", as a `String` is written.
    put(Op::Send as u32, 2, 0, b"\x04\0\0\0sent");
    let op = |op: Op| op as u32;
    match body.first().copied().unwrap_or_default() {
        0 => {}
        // Indexes of nothing.
        1 => put(op(Op::Send), 3, 0, b""),
        2 => put(op(Op::Send), u64::MAX, 0, b""),
        3 => put(op(Op::Send), 2, 1, &99u32.to_le_bytes()),
        4 => put(op(Op::Keep), 0, 0, &1u32.to_le_bytes()),
        5 => put(op(Op::Watch), 1 << 32 | 2, 0, b""),
        6 => put(op(Op::Exit), 7, 0, &[0]),
        // Lists that are cut, or claim what is not there.
        7 => put(op(Op::Send), 2, 2, &2u32.to_le_bytes()),
        8 => put(op(Op::Send), 2, u64::MAX, b""),
        9 => put(op(Op::Keep), 0, 0, &[2, 0, 0]),
        10 => put(op(Op::Spawn), 0, 0, &[255; 12]),
        11 => put(op(Op::Spawn), SPAWN_FLAGS + 1, 0, &[0; 8]),
        12 => put(op(Op::Call), 2, 0, b"short"),
        // Words that are none of the guest's.
        13 => put(op(Op::Timer), wire::KEYS, 1, b""),
        14 => put(op(Op::Become), u64::from(wire::TAGS), 0, b""),
        15 => put(op(Op::Stop), 0, 0, &[77]),
        16 => put(op(Op::Report), 65, 0, &[b'x'; 65]),
        17 => put(op(Op::Report), 1, 0, &[b'x', 0xFF]),
        18 => put(op(Op::Fail), 1, 0, b"xy"),
        19 => put(99, 0, 0, b""),
        20 => out.outbox.extend_from_slice(&[0; 7]),
        21 => put(op(Op::Alarm), 1, 1, b""),
        22 => put(op(Op::Watch), 2, 2 << 32, b""),
        // Callers.
        23 => put(op(Op::Reply), 2, 0, b"nobody asked"),
        24 => put(op(Op::Reply), 1, 0, b""),
        25 => {
            put(op(Op::Reply), 1, 0, b"once");
            put(op(Op::Reply), 1, 0, b"twice");
        }
        26 => {
            put(op(Op::Keep), 0, 0, &[2u32.to_le_bytes(), 1u32.to_le_bytes()].concat());
            put(op(Op::Refuse), 1, 0, &[4]);
        }
        27 => put(op(Op::Spawn), 0, 0, &[&4u32.to_le_bytes()[..], &[0; 4], b"root"].concat()),
        28 => out.state = vec![0; 65],
        29 => return Outcome::Trapped(Trap::OutOfBounds),
        30 => return Outcome::Trapped(Trap::Outbox),
        31 => {
            put(op(Op::Fail), 4, 0, b"planthis was the plan");
            return Outcome::Failed;
        }
        32 => return Outcome::Failed,
        33 => {
            for _ in 0..1_025 {
                put(op(Op::Call), 2, 0, &[0; 8]);
            }
        }
        other => panic!("the test has no {other}"),
    }
    Outcome::Done
}

/// A guest that is told this, by a call or not: what was reported, what it had sent, and what the caller got.
fn after(order: u8, is_call: bool) -> (Vec<String>, Vec<String>, bool) {
    let mut world = World::new(vec![
        guest(class("forger", 1), Forged(forged)),
        guest(class("counter", 1), Native::<Counter>::default()),
        guest(class("clerk", 1), Native::<Clerk>::default()),
    ]);
    let ear = world.ear();
    // Others, who must not notice.
    let counter = world.spawn("counter", &1u64, &[]);
    let clerk = world.spawn("clerk", &Some(addr::<String>()), &[ear]);
    let forger = world.spawn("forger", &(), &[ear]);
    if is_call {
        world.call(forger, &order)
    } else {
        world.tell(forger, &order, &[])
    }
    let lives = world.lives(forger);
    if is_call {
        let settled = world.answer::<()>().expect("a caller is always told");
        assert!(matches!(settled, Err(Settle::Exit(_) | Settle::Noreply)), "{settled:?}");
    }
    let (reports, heard) = (world.take_reports(), world.take_heard());
    world.tell(counter, &Count::Add(2), &[]);
    assert_eq!(world.ask(counter, &Get), Ok(3u64));
    world.tell(clerk, &Order::Say("well".into()), &[]);
    assert_eq!(world.take_heard(), ["say well"]);
    (reports, heard, lives)
}

#[test]
fn an_honest_turn_of_the_forger_sends_and_lives() {
    assert_eq!(after(0, false), (vec![], vec!["sent".into()], true));
}

#[test]
fn every_wrong_entry_is_the_turns_crash_and_nothing_of_the_turn_happens() {
    let kinds = [
        ("ref", &[1, 2, 3, 4, 5, 6][..]),
        ("entry", &[7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22]),
        ("refs", &[8]),
        ("alarm", &[21]),
        ("reply", &[23]),
        ("ref", &[24]),
        ("spawn", &[27]),
        ("state", &[28]),
        ("out_of_bounds", &[29]),
        ("outbox", &[30]),
        ("plan: this was the plan", &[31]),
        ("failed", &[32]),
        ("calls", &[33]),
    ];
    for (kind, orders) in kinds {
        for order in orders {
            let (reports, heard, lives) = after(*order, false);
            assert!(!lives && heard.is_empty(), "{order}");
            let [report] = &reports[..] else { panic!("{order}: {reports:?}") };
            assert!(report.starts_with(&format!("forger {kind}")), "{order}: {report}");
        }
    }
}

#[test]
fn a_caller_is_answered_once_and_not_kept_after_that() {
    for order in [25, 26] {
        let (reports, heard, lives) = after(order, true);
        assert!(!lives && heard.is_empty() && reports[0].starts_with("forger reply"), "{order}: {reports:?}");
    }
}

#[test]
fn bytes_in_a_guests_state_that_look_like_a_callers_ref_hold_nobody() {
    // The guest is told the bytes of a caller's ref, and keeps them: as bytes. They are no ref, so the caller is told that nobody answers.
    fn keeper(input: &Input<'_>, out: &mut Product) -> Outcome {
        let (_, body) = Header::split(input.message).expect("the host writes one");
        out.state.extend_from_slice(if body.len() == 16 { body } else { input.state });
        Outcome::Done
    }
    let mut world = World::new(vec![guest(class("keeper", 1), Forged(keeper))]);
    let keeper = world.spawn("keeper", &(), &[]);
    // The next call of the root has the first place among the calls there are, and so has each after it, with the next generation.
    for generation in 1..50u32 {
        let forged: [u8; 16] = {
            let mut bytes = [0xA7, 3, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            bytes[8..12].copy_from_slice(&generation.to_le_bytes());
            bytes
        };
        let as_ref: Ref = postcard::from_bytes(&forged).expect("the form of a ref");
        assert!(as_ref.is_one_shot());
        world.call(keeper, &forged);
        assert_eq!(world.answer::<()>(), Some(Err(Settle::Noreply)), "it is told at once, not at its deadline");
    }
}

#[test]
fn of_last_words_with_a_wrong_one_among_them_none_is_said() {
    fn last(input: &Input<'_>, out: &mut Product) -> Outcome {
        let (header, body) = Header::split(input.message).expect("the host writes one");
        out.state.extend_from_slice(input.state);
        let mut put = |op: Op, a: u64, payload: &[u8]| assert!(wire::append(&mut out.outbox, wire::OUTBOX_MAX, op as u32, a, 0, payload));
        match (header.kind, body) {
            (Kind::Init, _) => put(Op::Keep, 0, &2u32.to_le_bytes()),
            (Kind::Message, [is_wrong]) => {
                out.state.extend((*is_wrong != 0).then_some(1));
                put(Op::Stop, 0, &[0]);
            }
            _ => {
                put(Op::Send, 2, b"\x04\0\0\0last");
                if !input.state.is_empty() {
                    put(Op::Send, 99, b"");
                }
            }
        }
        Outcome::Done
    }
    for (is_wrong, heard) in [(0u8, vec!["last".to_string()]), (1, vec![])] {
        let mut world = World::new(vec![guest(class("last", 1), Forged(last))]);
        let ear = world.ear();
        let last = world.spawn("last", &(), &[ear]);
        world.tell(last, &is_wrong, &[]);
        assert_eq!((world.take_heard(), world.lives(last)), (heard, false));
    }
}

/// An outbox that is drawn: operations, places and payloads that are wrong each in a while.
fn drawn() -> impl Strategy<Value = Vec<u8>> {
    let place = prop_oneof![6 => 0u64..6, 1 => any::<u64>()];
    let number = prop_oneof![6 => 0u64..3, 1 => any::<u64>(), 1 => (0u64..3).prop_map(|high| high << 32 | 1)];
    let word = prop_oneof![8 => 0u32..6, 1 => (0u32..6).prop_map(|index| index | 0xF << 28), 1 => any::<u32>()];
    let list = proptest::collection::vec(word, 0..4).prop_map(|words| words.iter().flat_map(|word| word.to_le_bytes()).collect());
    let spawn = ("(|forger|drawer|counter)", "(|kept)", 0u32..2).prop_map(|(name, label, cut)| {
        let lengths = [name.len() as u32 + cut, label.len() as u32].map(u32::to_le_bytes).concat();
        [&lengths[..], name.as_bytes(), label.as_bytes(), b"args"].concat()
    });
    let term = prop_oneof![
        Just(vec![0]),
        Just(vec![3]),
        Just(vec![4]),
        Just(vec![8, 2, b'x', b'y']),
        proptest::collection::vec(any::<u8>(), 0..12)
    ];
    let payload = prop_oneof![list, spawn, term];
    let entry = (prop_oneof![12 => 1u32..23, 1 => any::<u32>()], place, number, payload);
    let entries = proptest::collection::vec(entry, 0..6).prop_map(|entries| {
        let mut outbox = Vec::new();
        for (op, a, b, payload) in entries {
            assert!(wire::append(&mut outbox, wire::OUTBOX_MAX, op, a, b, &payload));
        }
        outbox
    });
    prop_oneof![8 => entries, 1 => proptest::collection::vec(any::<u8>(), 0..80)]
}

/// Its message is its outbox.
fn obedient(input: &Input<'_>, out: &mut Product) -> Outcome {
    let (header, body) = Header::split(input.message).expect("the host writes one");
    if header.kind == Kind::Message {
        out.outbox.extend_from_slice(body);
    } else if header.kind == Kind::Init {
        assert!(wire::append(&mut out.outbox, wire::OUTBOX_MAX, Op::Keep as u32, 0, 0, &[2u32.to_le_bytes(), 3u32.to_le_bytes()].concat()));
    }
    out.state.extend_from_slice(input.state);
    Outcome::Done
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_in_an_outbox_it_happens_whole_or_is_a_crash_and_the_vat_goes_on(script in proptest::collection::vec((drawn(), any::<bool>()), 1..8)) {
        let mut world = World::new(vec![
            guest(class("drawer", 1), Forged(obedient)),
            guest(class("counter", 1), Native::<Counter>::default()),
        ]);
        let counter = world.spawn("counter", &1u64, &[]);
        let port = peerd_vat::Vat::port_of(peerd_vat::PortId(77));
        let mut drawer = world.spawn("drawer", &(), &[counter, port]);
        for (outbox, is_call) in script {
            if is_call { world.call(drawer, &Raw(outbox)) } else { world.tell(drawer, &Raw(outbox), &[counter.attenuated(Rights::LENT)]) }
            world.wait(10);
            while world.answer_or_not() {}
            if !world.lives(drawer) {
                drawer = world.spawn("drawer", &(), &[counter, port]);
            }
        }
        // It was lent no right to stop or change it, only to send, and what it sends is no counter's message or an honest one.
        prop_assert!(world.lives(counter));
        prop_assert!(world.ask::<_, u64>(counter, &Get).is_ok());
    }
}

/// Bytes as they are.
pub struct Raw(pub Vec<u8>);

impl peerd_actor::Message for Raw {
    fn put(&self, to: &mut peerd_actor::Writer<'_>) {
        to.bytes(&self.0);
    }

    fn get(_: &mut peerd_actor::Reader<'_>) -> Option<Raw> {
        None
    }
}
