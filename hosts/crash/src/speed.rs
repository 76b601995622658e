//! How fast records become groups and groups an image, with no file in between.
use peerd_crash::{KEY, VAT};
use peerd_journal::{
    Actor, Change, Code, Commit, Consumed, Epoch, HEADER, Hash, Header, Identity, Image, List, Message, Opening, Origin, Record, Scan,
    Writer,
};
use peerd_seal::Key;
use std::{process::ExitCode, time::Instant};

/// A durable message: a turn that consumes 256 bytes and changes 200 bytes of state.
const MESSAGE: usize = 256;
const STATE: usize = 200;
const COMMITS: u64 = 400_000;
const ACTORS: u64 = 1_000;

pub fn tell() -> ExitCode {
    println!("{COMMITS} commits of {ACTORS} actors, {MESSAGE} bytes consumed and {STATE} bytes of state each");
    for (group, key) in [1, 16, 256, 4_096].map(|group| (group, None)).into_iter().chain([16, 4_096].map(|group| (group, Some(KEY)))) {
        let begun = Instant::now();
        let (file, groups) = write(group, key);
        let (wrote, megabytes) = (begun.elapsed().as_secs_f64(), file.len() as f64 / 1e6);
        let begun = Instant::now();
        let image = fold(&file, key);
        let read = begun.elapsed().as_secs_f64();
        assert_eq!(image.actors.len() as u64, ACTORS, "all was read");
        println!(
            "groups of {group:5}{}: written {:5.0} MB/s, {:9.0} commits/s, {:8.0} groups/s; read {:5.0} MB/s, {:9.0} records/s; {:.0} bytes a commit",
            if key.is_some() { ", sealed" } else { "" },
            megabytes / wrote,
            COMMITS as f64 / wrote,
            groups as f64 / wrote,
            megabytes / read,
            COMMITS as f64 / read,
            file.len() as f64 / COMMITS as f64,
        );
    }
    ExitCode::SUCCESS
}

fn write(group: u64, key: Option<Key>) -> (Vec<u8>, u64) {
    let mut writer = Writer::open(Opening::first(Identity([1; 16]), VAT), key.map(Key::codec));
    let (mut file, mut groups, mut list) = (Vec::new(), 0, List::default());
    let (body, mut state) = ([7; MESSAGE], [0; STATE]);
    for n in 0..COMMITS {
        let actor = Actor(n % ACTORS);
        list.clear();
        if n < ACTORS {
            list.push(Change::Born { actor, code: Code { name: "counter", hash: Hash([1; 32]) }, options: &[] });
        }
        state[..8].copy_from_slice(&n.to_le_bytes());
        list.push(Change::State(&state));
        let message = Message { to: actor, from: Actor(0), life: 0, kind: 0, envelope: &[], body: &body };
        let consumed = Consumed::Inline { origin: Origin::Near, message };
        let (turn, changes) = (n / ACTORS + 1, list.changes());
        let commit = Commit { actor, life: 1, turn, now: n, seed: n, is_confirmed: true, consumed, changes };
        writer.append(&Record::Commit(commit)).expect("a small record");
        if (n + 1) % group == 0 || n + 1 == COMMITS {
            while let Some(flight) = writer.flight() {
                file.extend_from_slice(flight.bytes);
                writer.landed();
                groups += 1;
            }
        }
    }
    (file, groups)
}

fn fold(file: &[u8], key: Option<Key>) -> Image {
    let header = Header::of(file).expect("just written");
    let (mut scan, mut image, mut codec) = (Scan::new(&header, None), Image::default(), key.map(Key::codec));
    for bytes in file[HEADER..].chunks(256 << 10) {
        scan.feed(bytes);
        while let Some(group) = scan.group(&mut codec) {
            for (position, record) in group.records() {
                image.apply(Epoch(1), position, record).expect("just written");
            }
        }
    }
    image
}
