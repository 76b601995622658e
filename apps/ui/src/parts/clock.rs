//! A clock that ticks once a second, for countdowns and "5 min".
use crate::browser;
use leptos::prelude::*;
use std::time::Duration;

#[derive(Clone, Copy)]
struct Clock(RwSignal<u64>);

/// Now, as a signal. All who ask share one timer.
pub fn now() -> RwSignal<u64> {
    if let Some(Clock(now)) = use_context() {
        return now;
    }
    let now = RwSignal::new(browser::now());
    set_interval(move || now.set(browser::now()), Duration::from_secs(1));
    provide_context(Clock(now));
    now
}
