//! Seeds are independent: each processor plays some. Outcomes are heard in the order of the seeds.
use peerd_sim::{Kind, Outcome, Scenario, Watch, run};
use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    sync::{
        atomic::{AtomicUsize, Ordering::Relaxed},
        mpsc,
    },
    thread,
};

/// `hear` says whether to go on.
pub fn play_all(
    scenario: &Scenario,
    seeds: &[u64],
    watch: Watch,
    faults: Option<&[Kind]>,
    mut hear: impl FnMut(u64, &Outcome) -> ControlFlow<()>,
) {
    let (next, (tell, told)) = (AtomicUsize::new(0), mpsc::channel());
    thread::scope(|crew| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            let (tell, next) = (tell.clone(), &next);
            crew.spawn(move || {
                while let at = next.fetch_add(1, Relaxed)
                    && at < seeds.len()
                    // Else nobody hears any more.
                    && tell.send((at, run(scenario, seeds[at], watch, faults))).is_ok()
                {}
            });
        }
        drop(tell);
        let (mut early, mut due) = (BTreeMap::new(), 0);
        for (at, outcome) in told {
            early.insert(at, outcome);
            while let Some(outcome) = early.remove(&due) {
                if hear(seeds[due], &outcome).is_break() {
                    return;
                }
                due += 1;
            }
        }
    });
}
