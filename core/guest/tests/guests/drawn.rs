//! Sources drawn from a seed: each does rewritten what it did, and takes the same fuel everywhere.
use peerd_guestlab::generated::{Seen, check, seeded};

/// Limit: what takes some seconds; the fuzzer draws more.
const SOURCES: u64 = 60;

#[test]
fn a_drawn_source_does_what_it_did_and_takes_the_same_fuel_everywhere() {
    let mut counts = [0; 4];
    for seed in 1..=SOURCES {
        let seen = check(&seeded(seed)).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        counts[seen as usize] += 1;
    }
    let returned = counts[Seen::Returned as usize];
    assert!(returned as u64 > SOURCES / 10 && counts[Seen::Crashed as usize] > 5, "{counts:?}");
}
