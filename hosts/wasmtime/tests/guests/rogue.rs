//! What a module of ill will does ends as its own failure, under the name of what it was, and its neighbours do not notice.
use crate::{
    kit::{World, class, guest},
    modules::module,
};
use peerd_guests::counter::Count;
use peerd_wasmtime::{Quick, Slow};

fn world() -> World {
    World::new(vec![guest(class("rogue", 1), Quick::new(&module("rogue"))), guest(class("counter", 1), Quick::new(&module("counter")))])
}

/// `Count::Get` as a caller writes it.
struct Get;

impl peerd_actor::Message for Get {
    fn put(&self, to: &mut peerd_actor::Writer<'_>) {
        to.tag(1);
    }

    fn get(_: &mut peerd_actor::Reader<'_>) -> Option<Get> {
        None
    }
}

#[test]
fn each_wrong_is_the_crash_of_its_own_turn() {
    let expected = [
        (1, "ref"),
        (2, "ref"),
        (3, "ref"),
        (4, "ref"),
        (5, "ref"),
        (6, "outbox"),
        (7, "outbox"),
        (8, "out_of_bounds"),
        (9, "spawn"),
        (10, "depth"),
        (11, "out_of_bounds"),
        (13, "unreachable"),
        (14, "unreachable"),
        (15, "indirect_call out_of_bounds"),
        (16, "entry"),
        (17, "entry"),
    ];
    let mut world = world();
    let counter = world.spawn("counter", &1u64, &[]);
    for (order, kinds) in expected {
        let rogue = world.spawn("rogue", &(), &[]);
        let fellow = world.spawn("rogue", &(), &[]);
        world.tell(rogue, &(order as u8), &[]);
        let reports = world.take_reports();
        let kind = reports.first().and_then(|report| report.strip_prefix("rogue ")?.split(':').next()).unwrap_or_default();
        assert!(!world.lives(rogue) && kinds.split(' ').any(|known| known == kind), "{order}: {reports:?}");
        // On the same instance, and in the same vat.
        world.tell(fellow, &0u8, &[]);
        assert!(world.lives(fellow));
        world.tell(counter, &Count::Add(1), &[]);
    }
    assert_eq!(world.ask(counter, &Get), Ok(expected.len() as u64 + 1));
    assert!(world.slow.is_empty() && world.take_reports().is_empty());
}

#[test]
fn what_never_ends_becomes_slow_and_is_killed_whatever_it_does() {
    let mut world = world();
    let mut slow = Slow::new(50_000, 2_000_000);
    slow.know("rogue", 1, &module("rogue"));
    let counter = world.spawn("counter", &1u64, &[]);
    // A loop that asks for memory until there is none panics then, which is its own crash.
    for (order, word) in [(18u8, "killed"), (19, "killed"), (12, "unreachable")] {
        let rogue = world.spawn("rogue", &(), &[]);
        world.tell(rogue, &order, &[]);
        while let Some((reply, body)) = world.slow.pop_front() {
            slow.request(reply, body).expect("there is room");
            loop {
                let served = slow.serve(3);
                world.answer_slow(served.answers);
                assert_eq!(world.ask(counter, &Get), Ok(1u64), "others go on meanwhile");
                if served.idle {
                    break;
                }
            }
        }
        assert!(!world.lives(rogue), "{order}");
        let reports = world.take_reports();
        assert!(reports.iter().any(|report| report.starts_with(&format!("rogue {word}"))), "{order}: {reports:?}");
    }
}
