//! How fast other threads get into a vat and back, and records onto the disk: `cargo run --release -p peerd-native --example rates`.
#![allow(clippy::disallowed_methods, reason = "it measures the machine's time")]
use peerd_journal::{Epoch, Record, Vat};
use peerd_native::{Journal, prelude::*};
use std::{
    collections::VecDeque,
    thread,
    time::{Duration, Instant},
};

#[derive(Message)]
enum Count {
    Add(u64),
    Total(Reply<u64>),
}

#[derive(Serialize, Deserialize)]
struct Counter {
    total: u64,
}

impl Actor for Counter {
    const NAME: &'static str = "counter";
    type Args = ();
    type Message = Count;

    fn init((): (), _: &mut Context<'_, '_, Counter>) -> Result<Counter, Crash> {
        Ok(Counter { total: 0 })
    }

    fn handle(&mut self, message: Count, cx: &mut Context<'_, '_, Counter>) -> Result<(), Crash> {
        match message {
            Count::Add(more) => self.total += more,
            Count::Total(reply) => cx.reply(reply, &self.total),
        }
        Ok(())
    }
}

const TIME: Duration = Duration::from_millis(1_000);
const ROUNDS: usize = 5;
/// Calls that one thread has under way when it does not wait for each.
const PIPELINE: usize = 100;

/// Done until the time is over, by so many threads, each with an actor of its own.
fn rate(name: &str, threads: usize, work: impl Fn(&Handle, Addr<Count>, Instant) -> u64 + Sync) {
    let mut rates: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let mut system = System::new(vec![behaviour::<Counter>()]);
            let (handle, begun) = (system.handle(), Instant::now());
            let actors: Vec<_> = (0..threads).map(|_| system.spawn::<Counter>(&())).collect();
            let done: u64 = thread::scope(|scope| {
                let (handle, work) = (&handle, &work);
                let workers: Vec<_> = actors.iter().map(|actor| scope.spawn(move || work(handle, *actor, begun + TIME))).collect();
                workers.into_iter().map(|worker| worker.join().expect("it has no bug")).sum()
            });
            let handled: u64 = actors.iter().filter_map(|actor| system.ask(*actor, Count::Total).ok()).sum();
            assert!(handled == 0 || handled == done, "sent must equal handled");
            done as f64 / begun.elapsed().as_secs_f64()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    println!("{name}, {threads} threads: {:.0}/s (of {ROUNDS} rounds, {:.0} to {:.0})", rates[ROUNDS / 2], rates[0], rates[ROUNDS - 1]);
}

fn send(handle: &Handle, to: Addr<Count>, until: Instant) -> u64 {
    let mut sent = 0;
    while Instant::now() < until {
        for _ in 0..100 {
            let mut message = Count::Add(1);
            while let Err(refused) = handle.send(to, message) {
                message = refused.into_inner();
                thread::yield_now();
            }
            sent += 1;
        }
    }
    sent
}

fn call(handle: &Handle, to: Addr<Count>, until: Instant) -> u64 {
    let mut answered = 0;
    while Instant::now() < until {
        assert!(handle.ask(to, Count::Total).wait().is_ok());
        answered += 1;
    }
    answered
}

fn call_ahead(handle: &Handle, to: Addr<Count>, until: Instant) -> u64 {
    let (mut answered, mut under_way) = (0, VecDeque::new());
    while Instant::now() < until {
        under_way.push_back(handle.ask(to, Count::Total));
        if under_way.len() == PIPELINE {
            answered += u64::from(under_way.pop_front().is_some_and(|first| first.wait().is_ok()));
        }
    }
    answered + under_way.into_iter().map(|last| u64::from(last.wait().is_ok())).sum::<u64>()
}

/// Records made durable, so many with each flush.
fn commits(group: u64) {
    let folder = std::env::temp_dir().join(format!("peerd-rates-{}", std::process::id()));
    let (mut journal, _) = Journal::open(&folder, Vat(0)).expect("the folder is new");
    let (begun, mut shard) = (Instant::now(), 0);
    while begun.elapsed() < TIME {
        for _ in 0..group {
            shard += 1;
            let lease = Record::Lease { shard: shard % 1_000, epoch: Epoch(shard), holder: Vat(0), is_sealed: false };
            journal.append(&lease).expect("a group this size has room");
        }
        journal.commit().expect("the disk is well");
    }
    println!("records made durable, {group} with each flush: {:.0}/s", shard as f64 / begun.elapsed().as_secs_f64());
    drop(journal);
    std::fs::remove_dir_all(folder).expect("it is there");
}

fn main() {
    for group in [1, 100, 10_000] {
        commits(group);
    }
    for threads in [1, 2, 4] {
        rate("sends", threads, send);
    }
    for threads in [1, 2, 4] {
        rate("calls, each waited for", threads, call);
    }
    for threads in [1, 2] {
        rate(&format!("calls, {PIPELINE} under way"), threads, call_ahead);
    }
}
