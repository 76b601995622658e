//! How quiet the machine is: what a request would wait for a native loop that touches memory, reads the clock, and does nothing else.
//!
//! Whatever keeps that loop from running is not a program's own: the host of a virtual machine that takes pages back, its other guests, the
//! tick. No program that touches as much memory can promise to answer sooner.
use std::time::{Duration, Instant};

/// What the process of a Worker with a hundred hogs touches in three seconds, by `Referenced` of its smaps.
pub const BYTES: usize = 16 << 20;
const PAGE: usize = 4_096;
/// A page each.
const EVERY_NS: u64 = 1_000;
const DURATION: Duration = Duration::from_secs(1);
/// Limit: shorter than this the loop is its own.
const GAP_MIN_NS: u64 = 2_000;

/// The 99th percentile, in nanoseconds, over all moments at which a request could be due.
pub fn wait_ns() -> f64 {
    let mut memory = vec![1u8; BYTES];
    let begun = Instant::now();
    let (mut gaps, mut last, mut due, mut seed) = (Vec::new(), 0, 0, 1u64);
    let total = DURATION.as_nanos() as u64;
    while last < total {
        if last >= due {
            due = last + EVERY_NS;
            seed = seed.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
            let page = &mut memory[(seed >> 33) as usize % (BYTES / PAGE) * PAGE];
            *page = std::hint::black_box(page.wrapping_add(1));
        }
        let now = begun.elapsed().as_nanos() as u64;
        if now - last > GAP_MIN_NS {
            gaps.push(now - last);
        }
        last = now;
    }
    hundredth(gaps, total)
}

/// Of `total` the hundredth part that waits longest for its gap to end, waits longer than this.
fn hundredth(mut gaps: Vec<u64>, total: u64) -> f64 {
    gaps.sort_unstable_by(|one, other| other.cmp(one));
    let (part, mut sum, mut wait) = (total as f64 / 100.0, 0.0, 0f64);
    for (index, gap) in gaps.iter().enumerate() {
        sum += *gap as f64;
        // What of the longest gaps is further from their end than this is the hundredth part, if all others are shorter: else it is more.
        wait = wait.max((sum - part) / (index + 1) as f64);
    }
    wait
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(gaps: &[u64], total: u64) -> f64 {
        hundredth(gaps.to_vec(), total)
    }

    #[test]
    fn the_hundredth_wait_is_what_is_left_of_the_gaps_that_cover_more_than_a_hundredth() {
        assert_eq!(waits(&[], 10_000), 0.0);
        assert_eq!(waits(&[100], 10_000), 0.0, "one moment in a hundred waits, and the last of those not at all");
        assert_eq!(waits(&[300], 10_000), 200.0);
        assert_eq!(waits(&[50, 300, 50], 10_000), 200.0, "shorter ones are over before");
        assert_eq!(waits(&[150, 250], 10_000), 150.0);
        assert_eq!(waits(&[250, 250], 10_000), 200.0);
    }
}
