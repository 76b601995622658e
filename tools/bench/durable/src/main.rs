//! The native contestants of `./x bench durable`: reads `durable MESSAGES EVERY`, `reopened EVERY` of the same files, or `raw BYTES GROUPS`
//! a line, and answers with an object.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock and the disk")]
use peerd_drill::actors::{Deed, Teller, Word};
use peerd_native::{Handle, Port, Store, prelude::*};
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    io::{self, BufRead, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

/// Longer than any group takes.
const PATIENCE_MS: u64 = 60_000;
/// Limit: messages given that are not known to be durable. Enough for two groups.
const AHEAD: u64 = 2_048;
/// Of who is so far ahead.
const PAUSE: Duration = Duration::from_micros(100);
/// Of the journal's format: what is before the first group, and what each has besides its payload, whose length stands there.
const HEADER: usize = 64;
const GROUP: usize = 68;
const LENGTH: usize = 24;

/// A system on these files, and its teller, whose words come out of the port.
struct Till {
    system: System,
    teller: Addr<Deed>,
    port: Port<Word>,
}

impl Till {
    /// Its log stays whole: what is measured is that all of it is replayed.
    fn open(folder: &Path, every: u64) -> Till {
        let mut system =
            System::open(Store::at(folder).compact_from(u64::MAX), vec![behaviour::<Teller>()]).expect("nobody else has it open");
        let port = system.handle().port::<Word>().expect("it has not ended");
        let teller = system.keep::<Teller>("teller", &(port.addr(), None, every));
        Till { system, teller, port }
    }

    fn word(&self) -> Word {
        self.port.take_within(PATIENCE_MS).expect("the teller speaks, and the disk is well")
    }

    fn print(&mut self) -> u64 {
        self.system.send(self.teller, &Deed::Tell);
        self.word().print
    }
}

/// Gives all messages as fast as they are taken, from another thread; hears of one in `every` when it is durable.
fn durable(folder: &Path, messages: u64, every: u64) -> Value {
    let mut till = Till::open(folder, every);
    till.print();
    let (handle, teller) = (till.system.handle(), till.teller);
    let (given, heard) = std::sync::mpsc::channel();
    let known = Arc::new(AtomicU64::new(0));
    let landed = Arc::clone(&known);
    let begun = Instant::now();
    let giver = thread::spawn(move || {
        for number in 1..=messages {
            while number > landed.load(Relaxed) + AHEAD {
                thread::sleep(PAUSE);
            }
            if number % every == 0 {
                given.send(Instant::now()).expect("it is heard");
            }
            give(&handle, teller, Deed::numbered(number));
        }
    });
    let mut waits: Vec<f64> = Vec::new();
    while known.load(Relaxed) < messages {
        known.store(till.word().count, Relaxed);
        waits.push(heard.recv().expect("it was given").elapsed().as_secs_f64() * 1e3);
    }
    let seconds = begun.elapsed().as_secs_f64();
    giver.join().expect("it has no bug");
    json!({"seconds": seconds, "waits": waits, "print": till.print().to_string()})
}

fn reopened(folder: &Path, every: u64) -> Value {
    let begun = Instant::now();
    let mut till = Till::open(folder, every);
    let seconds = begun.elapsed().as_secs_f64();
    let logs: Vec<Vec<u8>> = files(folder).iter().map(|path| fs::read(path).expect("it is there")).collect();
    let (bytes, groups) = (logs.iter().map(Vec::len).sum::<usize>(), logs.iter().map(|log| groups(log)).sum::<usize>());
    json!({"seconds": seconds, "bytes": bytes, "groups": groups, "print": till.print().to_string()})
}

fn give(handle: &Handle, to: Addr<Deed>, mut deed: Deed) {
    while let Err(back) = handle.send(to, deed) {
        deed = back.into_inner();
        thread::yield_now();
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let found = fs::read_dir(folder).expect("the system made it");
    found.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.extension().is_some_and(|kind| kind == "log")).collect()
}

/// In a log that is whole.
fn groups(log: &[u8]) -> usize {
    let (mut count, mut at) = (0, HEADER);
    while let Some(length) = log.get(at + LENGTH..).and_then(|rest| rest.first_chunk()) {
        at += GROUP + u32::from_le_bytes(*length) as usize;
        count += 1;
    }
    count
}

/// So many groups of so many bytes: a write and a flush each.
fn raw(folder: &Path, bytes: usize, groups: u64) -> io::Result<Value> {
    fs::create_dir_all(folder)?;
    let mut file = File::create(folder.join("raw"))?;
    let group: Vec<u8> = (0..bytes).map(|n| (n * 31 % 251) as u8).collect();
    let begun = Instant::now();
    for _ in 0..groups {
        file.write_all(&group)?;
        file.sync_data()?;
    }
    Ok(json!({"seconds": begun.elapsed().as_secs_f64()}))
}

fn main() -> io::Result<()> {
    let folder = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let own = folder.join("played");
    for line in io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<u64> = line.split(' ').skip(1).filter_map(|word| word.parse().ok()).collect();
        let said = match (line.split(' ').next(), &words[..]) {
            (Some("durable"), [messages, every]) => durable(&own, *messages, *every),
            (Some("reopened"), [every]) => reopened(&own, *every),
            (Some("raw"), [bytes, groups]) => raw(&own, *bytes as usize, *groups)?,
            _ => json!({"failed": line}),
        };
        // What was played lies there until it has been opened again.
        if !line.starts_with("durable") {
            fs::remove_dir_all(&own)?;
        }
        println!("{said}");
        io::stdout().flush()?;
    }
    Ok(())
}
