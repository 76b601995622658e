//! Several hosts in one process, and one process after another: actors go on, and nobody sees two owners.
use crate::files::Folder;
use peerd_native::{Cluster, Failed, HostNumber, NotDone, Shards, Terms, prelude::*};
use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

const TERMS: Terms = Terms { term_ms: 1_000, renew_ms: 300, margin_ms: 200, seal_ms: 1_500 };

#[derive(Message)]
enum Ask {
    Add(Reply<u64>),
    /// A turn that takes so long.
    Sleep(u64),
    /// So long from now it is a hundred more.
    Later(u64),
    /// Whom it greets from then on.
    Friend(Addr<Ask>),
    /// It greets the one of this key, found among all.
    Find(Namespace<Ask>, String),
    Found(Option<Addr<Ask>>),
    Greet,
    /// By a friend: it is a thousand more.
    Greeted,
}

#[derive(Serialize, Deserialize)]
struct Sum(u64, Option<Addr<Ask>>);

impl Actor for Sum {
    const NAME: &'static str = "sum";
    type Args = String;
    type Message = Ask;

    fn init(_: String, _: &mut Context<'_, '_, Sum>) -> Result<Sum, Crash> {
        Ok(Sum(0, None))
    }

    fn handle(&mut self, message: Ask, cx: &mut Context<'_, '_, Sum>) -> Result<(), Crash> {
        match message {
            Ask::Add(reply) => {
                self.0 += 1;
                cx.reply(reply, &self.0);
            }
            Ask::Sleep(ms) => thread::sleep(Duration::from_millis(ms)),
            Ask::Later(ms) => cx.timer(1, ms),
            Ask::Friend(friend) => self.1 = Some(friend),
            Ask::Find(all, key) => cx.find(all, &key, |found| Ask::Found(found.ok())),
            Ask::Found(found) => found.into_iter().for_each(|friend| cx.send(friend, &Ask::Greeted)),
            Ask::Greet => self.1.into_iter().for_each(|friend| cx.send(friend, &Ask::Greeted)),
            Ask::Greeted => self.0 += 1_000,
        }
        Ok(())
    }

    fn signal(&mut self, signal: Signal, _: &mut Context<'_, '_, Sum>) -> Result<(), Crash> {
        if let Signal::Timer { .. } = signal {
            self.0 += 100;
        }
        Ok(())
    }
}

fn shards(hosts: u32) -> Shards {
    Shards::new(3, || vec![behaviour::<Sum>()]).of::<Sum>().hosts(hosts).terms(TERMS)
}

fn open(folder: &Path, hosts: u32) -> Cluster {
    Cluster::open(folder, shards(hosts)).expect("nobody else has it open")
}

fn add(cluster: &Cluster, key: &str) -> Result<u64, NotDone> {
    cluster.ask::<Sum, u64>(key, 10_000, Ask::Add)
}

fn other(cluster: &Cluster, than: HostNumber) -> HostNumber {
    cluster.hosts().into_iter().map(|(host, _)| host).find(|host| *host != than).expect("there are two")
}

#[test]
fn a_moved_actor_goes_on_with_its_state_and_its_timers() {
    let folder = Folder::new();
    let cluster = open(&folder.0, 2);
    assert_eq!(add(&cluster, "a"), Ok(1));
    let before = cluster.whereabouts::<Sum>("a").expect("it has just answered");
    cluster.tell_actor::<Sum>("a", 5_000, Ask::Later(1_000)).expect("it has room");
    let to = other(&cluster, before);
    cluster.move_to::<Sum>("a", to);
    let until = Instant::now() + Duration::from_secs(10);
    while cluster.whereabouts::<Sum>("a") != Some(to) {
        assert!(Instant::now() < until, "it never moved");
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(add(&cluster, "a"), Ok(2));
    while add(&cluster, "a").expect("it is there") < 100 {
        assert!(Instant::now() < until, "its timer did not come with it");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_shards_of_a_dead_host_are_waited_for_and_not_before_their_lease_is_over() {
    let folder = Folder::new();
    let cluster = open(&folder.0, 2);
    assert_eq!(add(&cluster, "a"), Ok(1));
    let dead = cluster.whereabouts::<Sum>("a").expect("it has just answered");
    cluster.kill_host(dead);
    let killed = Instant::now();
    assert_eq!(cluster.ask::<Sum, u64>("a", 50, Ask::Add), Err(NotDone::NotNow));
    assert_eq!(add(&cluster, "a"), Ok(2));
    // It had renewed at most so long before.
    assert!(killed.elapsed() >= Duration::from_millis(TERMS.term_ms - TERMS.renew_ms - 100), "{:?}", killed.elapsed());
}

#[test]
fn a_turn_that_does_not_return_is_given_up_and_speaks_no_more() {
    let folder = Folder::new();
    let cluster = open(&folder.0, 2);
    assert_eq!(add(&cluster, "a"), Ok(1));
    let before = cluster.whereabouts::<Sum>("a").expect("it has just answered");
    cluster.tell_actor::<Sum>("a", 5_000, Ask::Sleep(6_000)).expect("it has room");
    cluster.move_to::<Sum>("a", other(&cluster, before));
    assert_eq!(cluster.ask::<Sum, u64>("a", 20_000, Ask::Add), Ok(2));
    assert_ne!(cluster.whereabouts::<Sum>("a"), Some(before));
}

#[test]
fn another_process_may_go_on_when_the_first_is_gone() {
    let folder = Folder::new();
    let first = open(&folder.0, 1);
    assert_eq!(add(&first, "a"), Ok(1));
    assert!(matches!(Cluster::open(&folder.0, shards(1)), Err(Failed::Owned)));
    assert!(first.shutdown(10_000));
    let second = open(&folder.0, 1);
    let began = Instant::now();
    assert_eq!(add(&second, "a"), Ok(2));
    assert!(began.elapsed() < Duration::from_millis(TERMS.term_ms), "what was given up is had at once");
}

#[test]
fn one_that_died_is_waited_for_a_whole_term() {
    let folder = Folder::new();
    let first = open(&folder.0, 2);
    assert_eq!(add(&first, "a"), Ok(1));
    first.hosts().into_iter().for_each(|(host, _)| first.kill_host(host));
    drop(first);
    let second = open(&folder.0, 1);
    let began = Instant::now();
    assert_eq!(second.ask::<Sum, u64>("a", 50, Ask::Add), Err(NotDone::NotNow));
    assert_eq!(add(&second, "a"), Ok(2));
    assert!(began.elapsed() >= Duration::from_millis(TERMS.term_ms), "how much of a term is left nobody knows");
}

#[test]
fn what_one_was_lent_of_another_is_good_wherever_both_have_moved() {
    let folder = Folder::new();
    let cluster = open(&folder.0, 2);
    let keys: Vec<String> = (0..20).map(|n| format!("k{n}")).collect();
    // In another shard.
    let other = keys.iter().find(|key| cluster.shard_of::<Sum>(key) != cluster.shard_of::<Sum>(&keys[0])).expect("they are spread");
    let ((here, one), (there, two)) = (cluster.find::<Sum>(&keys[0], 5_000).expect("it"), cluster.find::<Sum>(other, 5_000).expect("it"));
    let lent = there.introduce(two, &here).wait().expect("their vats are joined");
    here.send(one, Ask::Friend(lent)).unwrap_or_else(|_| panic!("it has room"));
    assert_eq!(add(&cluster, &keys[0]), Ok(1));
    for key in [&keys[0], other] {
        let at = cluster.whereabouts::<Sum>(key).expect("it runs");
        let to = cluster.hosts().into_iter().map(|(host, _)| host).find(|host| *host != at).expect("there are two");
        cluster.move_to::<Sum>(key, to);
    }
    cluster.tell_actor::<Sum>(&keys[0], 10_000, Ask::Greet).expect("it has room");
    let until = Instant::now() + Duration::from_secs(10);
    while add(&cluster, other).expect("it is there") < 1_000 {
        assert!(Instant::now() < until, "it was never greeted");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn actors_find_each_other_by_key_whoever_runs_their_shards() {
    let folder = Folder::new();
    let cluster = open(&folder.0, 2);
    let keys: Vec<String> = (0..12).map(|n| format!("k{n}")).collect();
    for key in &keys {
        assert_eq!(add(&cluster, key), Ok(1));
    }
    for key in &keys {
        let until = Instant::now() + Duration::from_secs(10);
        // Shards get to know each other after they begin.
        while add(&cluster, key).expect("it is there") < 1_000 {
            assert!(Instant::now() < until, "{key} was never greeted");
            let (handle, one, all) = cluster.find_with::<Sum, Sum>(&keys[0], 5_000).expect("it is there");
            handle.send(one, Ask::Find(all, key.clone())).unwrap_or_else(|_| panic!("it has room"));
            thread::sleep(Duration::from_millis(20));
        }
    }
}
