//! What each framework must play, and how it is asked.
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use std::time::Instant;
use tokio::sync::Notify;

const SENDERS: u64 = 100;
pub const CREDIT: u64 = 500;
/// Some take 7 kB an actor: a million of them is more than a machine may have. The figure is for each.
const BEINGS_MAX: u64 = 200_000;

pub trait Rival {
    const VERSION: &'static str;
    type Hop: Clone;
    type Sender;
    type Being;

    /// Each spawns the next and ends; the last counts in the tally.
    async fn chain(length: u64, last: Tally);
    /// Someone in a circle, whose tokens go to `next`; tokens without hops count in the tally.
    async fn hop(next: Option<&Self::Hop>, home: &Tally) -> Self::Hop;
    async fn close(first: &Self::Hop, next: &Self::Hop);
    async fn token(first: &Self::Hop, hops: u64);
    /// Senders of so many messages each to one counter, waiting for their first credit.
    async fn fan(senders: u64, each: u64, handled: &Tally) -> Vec<Self::Sender>;
    async fn credit(sender: &Self::Sender);
    /// Someone with state who waits; its messages count in the tally.
    async fn being(handled: &Tally) -> Self::Being;
    async fn tell(being: &Self::Being);
}

/// Counts up to a number and then tells.
#[derive(Clone)]
pub struct Tally(Arc<Counted>);

struct Counted {
    count: AtomicU64,
    full: u64,
    reached: Notify,
}

impl Tally {
    fn of(full: u64) -> Tally {
        Tally(Arc::new(Counted { count: AtomicU64::new(0), full, reached: Notify::new() }))
    }

    pub fn one(&self) {
        if self.0.count.fetch_add(1, Ordering::Relaxed) + 1 == self.0.full {
            self.0.reached.notify_one();
        }
    }

    async fn full(&self) {
        self.0.reached.notified().await;
    }
}

/// 200 bytes of which the actor changes some.
pub struct State([u8; 200]);

impl State {
    pub fn new() -> State {
        State([7; 200])
    }

    pub fn change(&mut self) {
        self.0[0] = self.0[0].wrapping_add(1);
    }
}

pub async fn answer<R: Rival>(line: &str) -> String {
    let mut words = line.split_whitespace();
    let (program, units) = (words.next().unwrap_or_default(), words.next().and_then(|units| units.parse().ok()).unwrap_or(1));
    let value = match program {
        "hello" => return format!("ok {}", R::VERSION),
        "spawn-exit" => chain::<R>(units).await,
        "ping-pong" => circle::<R>(2, 1, units * 2).await * 2.0,
        "ring" => circle::<R>(1_000, 1, units).await,
        "ring-dense-100" => circle::<R>(1_000, 100, units).await,
        "ring-dense-1000" => circle::<R>(1_000, 1_000, units).await,
        "fan-in" => fan_in::<R>(units).await,
        "spawn-million" => beings::<R>(units).await.spawn_ns,
        "one-to-all" => beings::<R>(units).await.message_ns,
        "bytes-idle" => beings::<R>(units).await.bytes,
        other => return format!("failed there is no {other}"),
    };
    format!("ok {value}")
}

async fn chain<R: Rival>(units: u64) -> f64 {
    let last = Tally::of(1);
    let begun = Instant::now();
    R::chain(units - 1, last.clone()).await;
    last.full().await;
    each(begun, units)
}

async fn circle<R: Rival>(actors: u64, tokens: u64, hops: u64) -> f64 {
    let home = Tally::of(tokens);
    let first = R::hop(None, &home).await;
    let mut next = first.clone();
    for _ in 1..actors {
        next = R::hop(Some(&next), &home).await;
    }
    R::close(&first, &next).await;
    let begun = Instant::now();
    for _ in 0..tokens {
        R::token(&first, hops / tokens - 1).await;
    }
    home.full().await;
    each(begun, hops)
}

async fn fan_in<R: Rival>(units: u64) -> f64 {
    let handled = Tally::of(units);
    let senders = R::fan(SENDERS, units / SENDERS, &handled).await;
    let begun = Instant::now();
    for sender in &senders {
        R::credit(sender).await;
    }
    handled.full().await;
    each(begun, units)
}

struct Beings {
    spawn_ns: f64,
    message_ns: f64,
    bytes: f64,
}

async fn beings<R: Rival>(units: u64) -> Beings {
    let units = units.min(BEINGS_MAX);
    let handled = Tally::of(units);
    let before = resident();
    let begun = Instant::now();
    let mut all = Vec::new();
    for _ in 0..units {
        all.push(R::being(&handled).await);
    }
    let spawn_ns = each(begun, units);
    let bytes = (resident() - before) as f64 / units as f64;
    let begun = Instant::now();
    for being in &all {
        R::tell(being).await;
    }
    handled.full().await;
    Beings { spawn_ns, message_ns: each(begun, units), bytes }
}

fn each(begun: Instant, units: u64) -> f64 {
    begun.elapsed().as_nanos() as f64 / units as f64
}

fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4_096
}
