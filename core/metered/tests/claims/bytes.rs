//! What a guest at rest takes, by an allocator that counts.
#![expect(unsafe_code, reason = "an allocator can be written in no other way")]
use crate::kit::{World, class, guest};
use peerd_actor::wire::{self, Header, Kind, Op};
use peerd_metered::{Input, Outcome, Product};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

struct Counting;

thread_local! {
    // By thread: tests run beside each other.
    static TAKEN: Cell<usize> = const { Cell::new(0) };
}

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        TAKEN.set(TAKEN.get().wrapping_add(layout.size()));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        TAKEN.set(TAKEN.get().wrapping_sub(layout.size()));
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Its state is as long as its arguments say. One of many spawns its fellows: as many in a turn as its message says.
fn sized(input: &Input<'_>, out: &mut Product) -> Outcome {
    let (header, body) = Header::split(input.message).expect("the host writes one");
    match header.kind {
        Kind::Init => out.state.resize(200, 7),
        _ => {
            out.state.extend_from_slice(input.state);
            for _ in 0..body.first().copied().unwrap_or_default() {
                let payload = [&5u32.to_le_bytes()[..], &[0; 4], b"sized"].concat();
                assert!(wire::append(&mut out.outbox, wire::OUTBOX_MAX, Op::Spawn as u32, 0, 0, &payload));
            }
        }
    }
    Outcome::Done
}

struct Wide(fn(&Input<'_>, &mut Product) -> Outcome);

impl peerd_metered::Engine for Wide {
    fn limits(&self) -> peerd_metered::Limits {
        peerd_metered::Limits { state_max: 256, message_max: 256 }
    }

    fn turn(&mut self, input: &Input<'_>, out: &mut Product) -> Outcome {
        (self.0)(input, out)
    }
}

#[test]
fn a_guest_with_two_hundred_bytes_of_state_takes_at_most_three_hundred_and_twenty() {
    let mut world = World::new(vec![guest(class("sized", 1), Wide(sized))]);
    let first = world.spawn("sized", &(), &[]);
    // A warm kernel has its buffers, and free places for what is under way.
    (0..100).for_each(|_| world.tell(first, &200u8, &[]));
    let (before, lived) = (TAKEN.get(), world.vat.counters().spawned);
    (0..400).for_each(|_| world.tell(first, &200u8, &[]));
    let (grown, born) = (TAKEN.get() - before, world.vat.counters().spawned - lived);
    assert_eq!(born, 80_000);
    let each = grown as f64 / born as f64;
    println!("{each:.0} bytes each");
    assert!(each <= 320.0, "{each:.1} bytes each");
}

#[test]
fn a_class_spawns_no_more_than_its_quota_and_knows_itself_by_its_alias() {
    let long = class("guest 1/sized", 1).alias("sized").spawns_max(20, 50);
    let mut world = World::new(vec![guest(long, Wide(sized))]);
    let spawned = |world: &mut World, count: u8| {
        let parent = world.spawn("guest 1/sized", &(), &[]);
        let before = world.vat.counters().spawned;
        world.tell(parent, &count, &[]);
        (world.vat.counters().spawned - before, world.take_reports())
    };
    assert_eq!(spawned(&mut world, 20), (20, Vec::new()));
    let in_turn = "guest 1/sized spawn: actors of guest 1/sized may spawn 20 in one turn";
    assert_eq!(spawned(&mut world, 21), (0, vec![in_turn.to_string()]), "the turn did not happen");
    let in_all = "guest 1/sized spawn: actors of guest 1/sized have spawned 50, as many as they may";
    // What a turn that failed had counted stays counted: it asked for it.
    assert_eq!(spawned(&mut world, 15), (0, vec![in_all.to_string()]));
}
