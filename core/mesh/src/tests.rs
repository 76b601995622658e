//! Claims about leases, hand-over and the way of messages, each on a store and a few hosts that speak when they are told to.
use crate::{Answer, Ask, Change, Epoch, Found, Host, HostId, Id, Input, Lease, Lost, Output, Parcel, Router, Shard, Store, Terms, Way};
use alloc::{vec, vec::Vec};
use peerd_vat::Time;

const TERM: u64 = 15_000;
const FIRST: Lease = Lease { shard: Shard(0), epoch: Epoch(1) };
const SECOND: Lease = Lease { shard: Shard(0), epoch: Epoch(2) };

struct World {
    now: Time,
    store: Store,
    changes: Vec<Change>,
    hosts: Vec<Host>,
}

impl World {
    fn new(shards: u32, hosts: usize) -> World {
        let terms = Terms::default();
        let hosts = (0..hosts).map(|_| Host::new(terms)).collect();
        World { now: Time(0), store: Store::open(Time(0), terms, shards, []), changes: Vec::new(), hosts }
    }

    /// One host does what is due, its questions are answered at once, and what it opens is open. What else it wants.
    fn tick(&mut self, at: usize) -> Vec<Output> {
        let mut out = Vec::new();
        self.hosts[at].tick(self.now, &mut out);
        self.obey(at, out)
    }

    fn tell(&mut self, at: usize, input: Input) -> Vec<Output> {
        let mut out = Vec::new();
        self.hosts[at].handle(self.now, input, &mut out);
        self.obey(at, out)
    }

    fn obey(&mut self, at: usize, mut out: Vec<Output>) -> Vec<Output> {
        let mut wants = Vec::new();
        while !out.is_empty() {
            let next = out.remove(0);
            let input = match &next {
                Output::Ask(ask) => Input::Answered(self.ask(ask)),
                Output::Open(lease) => Input::Opened(*lease),
                Output::Seal(_) | Output::Drop(_) => {
                    wants.push(next);
                    continue;
                }
            };
            wants.extend(Some(next).filter(|next| matches!(next, Output::Open(_))));
            self.hosts[at].handle(self.now, input, &mut out);
        }
        wants
    }

    fn ask(&mut self, ask: &Ask) -> Answer {
        self.store.ask(self.now, ask, &mut self.changes).expect("of a host that has joined")
    }

    /// The question of a host, kept back.
    fn question(&mut self, at: usize) -> Ask {
        let mut out = Vec::new();
        self.hosts[at].tick(self.now, &mut out);
        out.into_iter().find_map(|output| if let Output::Ask(ask) = output { Some(ask) } else { None }).expect("it is due")
    }

    fn speaks(&self, at: usize, lease: Lease) -> bool {
        self.hosts[at].may_speak(self.now, lease)
    }

    fn at(&mut self, ms: u64) {
        self.now = Time(ms);
    }
}

#[test]
fn who_is_first_has_all_at_once_and_renews() {
    let mut world = World::new(2, 1);
    assert_eq!(world.tick(0), [Output::Open(FIRST), Output::Open(Lease { shard: Shard(1), epoch: Epoch(1) })]);
    for ms in (5_000..60_000).step_by(5_000) {
        world.at(ms);
        assert_eq!((world.tick(0), world.speaks(0, FIRST)), (vec![], true));
    }
    assert_eq!(world.store.find(world.now, Shard(0)), Found::At(HostId(1), Epoch(1)));
}

#[test]
fn the_shard_of_a_dead_host_is_nobodys_until_its_lease_is_over_and_then_in_the_next_epoch() {
    let mut world = World::new(1, 2);
    world.tick(0);
    for ms in (0..TERM).step_by(1_000) {
        world.at(ms);
        assert_eq!(world.tick(1), [], "at {ms}");
    }
    world.at(TERM);
    assert_eq!(world.store.find(world.now, Shard(0)), Found::NotNow);
    assert_eq!(world.tick(1), [Output::Open(SECOND)]);
}

#[test]
fn a_holder_stops_three_seconds_before_the_end_counted_from_when_it_asked() {
    let mut world = World::new(1, 1);
    world.tick(0);
    world.at(5_000);
    let ask = world.question(0);
    // The store hears of it late: it counts from then, and the holder doesn't.
    world.at(9_000);
    let answer = world.ask(&ask);
    world.tell(0, Input::Answered(answer));
    world.at(16_999);
    assert!(world.speaks(0, FIRST));
    world.at(17_000);
    assert!(!world.speaks(0, FIRST));
    let mut out = Vec::new();
    world.hosts[0].tick(world.now, &mut out);
    assert_eq!(out[0], Output::Drop(FIRST));
}

#[test]
fn what_was_sealed_is_given_to_another_at_once() {
    let mut world = World::new(1, 2);
    world.tick(0);
    world.tick(1);
    world.at(1_000);
    assert_eq!(world.tell(0, Input::Leave), [Output::Seal(FIRST)]);
    assert_eq!(world.store.nudges(world.now), []);
    assert_eq!(world.tell(0, Input::Sealed(FIRST)), []);
    assert!(world.hosts[0].has_left());
    assert_eq!(world.changes.last(), Some(&Change::Sealed(FIRST, HostId(1))));
    assert_eq!(world.store.nudges(world.now), [HostId(2)]);
    assert_eq!(world.tell(1, Input::Nudged), [Output::Open(SECOND)]);
    assert_eq!(world.store.nudges(world.now), []);
}

#[test]
fn the_last_one_gives_up_all_too_and_whoever_is_next_begins_at_once() {
    let mut world = World::new(1, 2);
    world.tick(0);
    assert_eq!(world.tell(0, Input::Leave), [Output::Seal(FIRST)]);
    world.tell(0, Input::Sealed(FIRST));
    assert_eq!(world.tick(1), [Output::Open(SECOND)]);
}

#[test]
fn what_ended_by_itself_begins_again_in_the_next_epoch() {
    let mut world = World::new(1, 1);
    world.tick(0);
    assert_eq!(world.tell(0, Input::Ended(FIRST)), [Output::Open(SECOND)]);
    assert!(!world.speaks(0, FIRST) && world.speaks(0, SECOND));
}

#[test]
fn a_grant_whose_answer_was_lost_is_burnt() {
    let mut world = World::new(1, 1);
    let join = world.question(0);
    let mut out = Vec::new();
    let joined = world.ask(&join);
    world.hosts[0].handle(world.now, Input::Answered(joined), &mut out);
    let Some(Output::Ask(first)) = out.pop() else { panic!("it asks as soon as it has a number") };
    let lost = world.ask(&first);
    world.at(5_000);
    let second = world.question(0);
    // It comes after all, when something newer is under way: it may not count, because the newer question does not name it.
    assert_eq!(world.tell(0, Input::Answered(lost)), []);
    let answer = world.ask(&second);
    assert_eq!(world.tell(0, Input::Answered(answer.clone())), [Output::Open(SECOND)]);
    assert_eq!(world.tell(0, Input::Answered(answer)), [], "an answer counts once");
}

#[test]
fn a_question_that_comes_late_takes_nothing_away() {
    let mut world = World::new(1, 1);
    world.tick(0);
    let late = Ask::Renew { host: HostId(1), number: 1, held: vec![], released: vec![], leaves: false, moves: vec![] };
    world.at(5_000);
    world.tick(0);
    world.ask(&late);
    assert_eq!(world.store.find(world.now, Shard(0)), Found::At(HostId(1), Epoch(1)));
}

#[test]
fn a_store_that_begins_again_gives_nothing_away_for_a_term() {
    let mut world = World::new(2, 2);
    world.tick(0);
    world.at(40_000);
    world.store = Store::open(world.now, Terms::default(), 2, world.changes.clone());
    assert_eq!(world.tick(1), []);
    world.at(40_000 + TERM - 1);
    assert_eq!(world.tick(1), []);
    // Its next question.
    world.at(60_000);
    assert_eq!(world.tick(1).len(), 2);
    assert_eq!(world.store.find(world.now, Shard(0)), Found::At(HostId(2), Epoch(2)));
}

#[test]
fn a_store_that_begins_again_is_renewed_by_who_lives() {
    let mut world = World::new(1, 1);
    world.tick(0);
    world.at(5_000);
    world.store = Store::open(world.now, Terms::default(), 1, world.changes.clone());
    assert_eq!(world.tick(0), []);
    world.at(16_000);
    assert!(world.speaks(0, FIRST));
}

#[test]
fn who_thaws_says_nothing_before_it_has_asked_again() {
    let mut world = World::new(1, 2);
    world.tick(0);
    let mut out = Vec::new();
    // Its clock stood still meanwhile: by it nothing has run out.
    world.hosts[0].handle(world.now, Input::Thawed, &mut out);
    assert!(!world.speaks(0, FIRST));
    let frozen = world.now;
    world.at(20_000);
    assert_eq!(world.tick(1), [Output::Open(SECOND)]);
    let Some(Output::Ask(ask)) = out.pop() else { panic!("it asks at once") };
    let answer = world.ask(&ask);
    world.hosts[0].handle(frozen, Input::Answered(answer), &mut out);
    assert_eq!(out, [Output::Drop(FIRST)]);
}

#[test]
fn one_that_thaws_in_time_goes_on() {
    let mut world = World::new(1, 1);
    world.tick(0);
    assert_eq!(world.tell(0, Input::Thawed), []);
    assert!(world.speaks(0, FIRST));
}

#[test]
fn what_is_stuck_while_it_is_given_up_is_dropped_and_begins_elsewhere() {
    let mut world = World::new(1, 2);
    world.tick(0);
    world.tick(1);
    assert_eq!(world.tell(0, Input::Move { shard: Shard(0), to: HostId(2) }), [Output::Seal(FIRST)]);
    for ms in [5_000, 9_999] {
        world.at(ms);
        assert_eq!(world.tick(0), []);
    }
    world.at(10_000);
    assert_eq!(world.tick(0), [Output::Drop(FIRST)]);
    assert_eq!(world.tick(1), [Output::Open(SECOND)]);
}

#[test]
fn what_cannot_be_given_up_goes_on_and_is_asked_for_again() {
    let mut world = World::new(1, 2);
    world.tick(0);
    world.tick(1);
    world.tell(0, Input::Move { shard: Shard(0), to: HostId(2) });
    assert_eq!(world.hosts[0].takes(world.now, Shard(0)), None);
    world.tell(0, Input::NotSealed(FIRST));
    assert_eq!(world.hosts[0].takes(world.now, Shard(0)), Some(FIRST));
    world.at(5_000);
    assert_eq!(world.tick(0), [Output::Seal(FIRST)]);
}

fn parcel(number: u64, deadline: u64) -> Parcel<&'static str> {
    Parcel { id: Id { from: HostId(9), number }, shard: Shard(0), deadline: Time(deadline), hops: 0, body: "m" }
}

fn post(router: &mut Router<&'static str>, world: &World, at: usize, parcel: Parcel<&'static str>) -> Vec<Way<&'static str>> {
    let mut out = Vec::new();
    router.post(world.now, parcel, &world.hosts[at], &mut out);
    out.retain(|way| !matches!(way, Way::Find(_)));
    out
}

fn pump(router: &mut Router<&'static str>, world: &World, at: usize) -> Vec<Way<&'static str>> {
    let mut out = Vec::new();
    router.pump(world.now, &world.hosts[at], &mut out);
    out.retain(|way| !matches!(way, Way::Find(_)));
    out
}

#[test]
fn a_message_to_what_nobody_has_waits_in_order_and_can_be_cancelled_or_runs_out() {
    let (mut world, mut router) = (World::new(1, 1), Router::default());
    for (number, deadline) in [(1, 100), (2, 9_000), (3, 9_000), (4, 9_000)] {
        assert_eq!(post(&mut router, &world, 0, parcel(number, deadline)), []);
    }
    assert_eq!(router.waiting(), 4);
    assert!(router.cancel(Shard(0), parcel(3, 0).id).is_some() && router.cancel(Shard(0), parcel(3, 0).id).is_none());
    world.at(100);
    assert_eq!(pump(&mut router, &world, 0), [Way::Lost(parcel(1, 100), Lost::Expired)]);
    world.tick(0);
    assert_eq!(pump(&mut router, &world, 0), [2, 4].map(|number| Way::Deliver(FIRST, parcel(number, 9_000))));
    assert_eq!(router.waiting(), 0);
}

#[test]
fn while_messages_wait_the_store_is_asked_now_and_then_who_has_the_shard() {
    let (mut world, mut router) = (World::new(1, 2), Router::default());
    world.tick(1);
    let mut out = Vec::new();
    for ms in [0, 499, 500] {
        world.at(ms);
        router.post(world.now, parcel(ms, 9_000), &Host::new(Terms::default()), &mut out);
    }
    assert_eq!(out, [Way::Find(Shard(0)), Way::Find(Shard(0))]);
    let mut host = Host::new(Terms::default());
    let answer = world.ask(&Ask::Find(Shard(0)));
    host.handle(world.now, Input::Answered(answer), &mut Vec::new());
    assert_eq!(host.holder(Shard(0)), Some((HostId(1), Epoch(1))));
}

#[test]
fn what_could_not_be_passed_on_waits_and_is_tried_again() {
    let (mut world, mut router) = (World::new(1, 2), Router::default());
    world.tick(0);
    world.tick(1);
    let out = post(&mut router, &world, 1, parcel(1, 9_000));
    let [Way::Forward(to, sent)] = &out[..] else { panic!("{out:?}") };
    router.bounced(world.now, *to, sent.clone());
    assert_eq!(pump(&mut router, &world, 1), []);
    world.at(1_000);
    assert_eq!(pump(&mut router, &world, 1), out);
}

#[test]
fn a_message_is_given_once_and_one_that_comes_again_is_counted() {
    let (mut world, mut router) = (World::new(1, 1), Router::default());
    world.tick(0);
    assert_eq!(post(&mut router, &world, 0, parcel(1, 100)), [Way::Deliver(FIRST, parcel(1, 100))]);
    assert_eq!((post(&mut router, &world, 0, parcel(1, 100)), router.twice), (vec![], 1));
}

#[test]
fn a_message_to_a_stale_address_is_passed_on_twice_at_most() {
    let (mut world, mut router) = (World::new(1, 2), Router::default());
    world.tick(0);
    world.tick(1);
    let at = |hops| Parcel { hops, ..parcel(1, 100) };
    assert_eq!(post(&mut router, &world, 1, at(1)), [Way::Forward(HostId(1), at(2))]);
    assert_eq!(post(&mut router, &world, 1, at(2)), [Way::Lost(at(2), Lost::Astray)]);
    assert_eq!(post(&mut router, &world, 0, at(2)), [Way::Deliver(FIRST, at(2))]);
}

#[test]
fn a_message_to_what_is_given_up_waits_and_follows_it() {
    let (mut world, mut router) = (World::new(1, 2), Router::default());
    world.tick(0);
    world.tick(1);
    world.tell(0, Input::Move { shard: Shard(0), to: HostId(2) });
    assert_eq!(post(&mut router, &world, 0, parcel(1, 20_000)), []);
    world.tell(0, Input::Sealed(FIRST));
    assert_eq!(pump(&mut router, &world, 0), []);
    world.at(5_000);
    world.tick(1);
    world.tick(0);
    assert_eq!(pump(&mut router, &world, 0), [Way::Forward(HostId(2), Parcel { hops: 1, ..parcel(1, 20_000) })]);
}
