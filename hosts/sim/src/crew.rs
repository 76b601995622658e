//! Seeds are independent: each processor plays some. Outcomes are heard in the order of the seeds.
use peerd_sim::{Outcome, Scenario, Watch, run};
use std::{
    collections::BTreeMap,
    sync::{
        atomic::{AtomicUsize, Ordering::Relaxed},
        mpsc,
    },
    thread,
};

pub fn play_all(scenario: &Scenario, seeds: &[u64], watch: Watch, mut hear: impl FnMut(u64, &Outcome)) {
    let (next, (tell, told)) = (AtomicUsize::new(0), mpsc::channel());
    thread::scope(|crew| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            let (tell, next) = (tell.clone(), &next);
            crew.spawn(move || {
                while let at = next.fetch_add(1, Relaxed)
                    && at < seeds.len()
                    // Nobody hears any more: something has failed worse than a seed.
                    && tell.send((at, run(scenario, seeds[at], watch))).is_ok()
                {}
            });
        }
        drop(tell);
        let (mut early, mut due) = (BTreeMap::new(), 0);
        for (at, outcome) in told {
            early.insert(at, outcome);
            while let Some(outcome) = early.remove(&due) {
                hear(seeds[due], &outcome);
                due += 1;
            }
        }
    });
}
