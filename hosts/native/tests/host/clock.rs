//! Timers on the machine's clock.
use crate::crew::{Clockwork, system};
use std::time::{Duration, Instant};

/// What a loaded machine may take to wake a thread.
const LATE: Duration = Duration::from_secs(2);

/// The vat counts whole milliseconds: by a finer clock a timer may ring almost one of them early.
#[test]
fn a_timer_is_not_early_and_not_much_late() {
    let mut system = system();
    let bell = system.probe();
    let clockwork = system.spawn::<Clockwork>(&bell.addr());
    for ms in [0, 1, 5, 20, 50] {
        let begun = Instant::now();
        system.send(clockwork, &ms);
        let (set, rang) = bell.expect_msg();
        let took = begun.elapsed();
        assert!(rang - set >= ms, "{ms} ms: set at {set}, rang at {rang}");
        assert!(took + Duration::from_millis(1) >= Duration::from_millis(ms), "{ms} ms took {took:?}");
        assert!(took < Duration::from_millis(ms) + LATE, "{ms} ms took {took:?}");
    }
}

#[test]
fn the_vats_clock_goes_with_the_machines() {
    let mut system = system();
    let (begun, from) = (Instant::now(), system.now());
    system.advance(30);
    let (took, shown) = (begun.elapsed().as_millis() as u64, system.now().since(from));
    assert!(shown >= 30 && shown <= took + 1, "{shown} ms were shown in {took}");
}

#[test]
fn who_waits_for_a_timer_does_not_turn_meanwhile() {
    let mut system = system();
    let bell = system.probe();
    let clockwork = system.spawn::<Clockwork>(&bell.addr());
    system.send(clockwork, &100);
    let before = system.counters().turns;
    bell.expect_msg();
    assert_eq!(system.counters().turns, before + 1);
}
