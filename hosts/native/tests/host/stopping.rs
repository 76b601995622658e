//! The end: in order, and within its bound.
use crate::crew::{Guest, Note, Scribe, Sleeper, let_go, system};
use peerd::prelude::*;
use peerd_native::{End, Port, System};
use std::time::{Duration, Instant};

/// What a loaded machine may add.
const SLACK: Duration = Duration::from_secs(5);

fn guest(name: &str, door: &Port<String>) -> (String, Addr<String>, bool) {
    (name.to_owned(), door.addr(), false)
}

fn all(door: &Port<String>) -> Vec<String> {
    std::iter::from_fn(|| door.take()).collect()
}

#[test]
fn the_last_started_is_stopped_first_all_the_way_down() {
    let mut system = system();
    let door = system.handle().port::<String>().expect("it runs");
    let child = |name: &str| Child::new::<Guest>(name, &guest(name, &door));
    system.spawn::<Guest>(&guest("first", &door));
    let top = system.supervise(&Supervisor::one_for_one().child(child("a")).child(child("b")));
    system.start_child::<Guest>(top, child("c")).expect("started");
    system.spawn::<Guest>(&guest("last", &door));
    assert_eq!(system.shutdown(10_000), End::Stopped);
    assert_eq!(all(&door), ["last", "c", "b", "a", "first"]);
}

#[test]
fn a_dropped_system_stops_everybody() {
    let mut system = system();
    let door = system.handle().port::<String>().expect("it runs");
    system.spawn::<Guest>(&guest("only", &door));
    drop(system);
    assert_eq!(all(&door), ["only"]);
}

fn shut(system: System, ms: u64) -> End {
    let begun = Instant::now();
    let end = system.shutdown(ms);
    let took = begun.elapsed();
    assert!(took < Duration::from_millis(ms) + SLACK, "{took:?} for {ms} ms");
    end
}

#[test]
fn who_does_not_go_is_dropped_where_it_stands_when_the_time_is_over() {
    let mut system = system();
    let door = system.handle().port::<String>().expect("it runs");
    let busy = system.spawn::<Guest>(&("stubborn".into(), door.addr(), true));
    system.spawn::<Scribe>(&());
    system.send(busy, &());
    assert_eq!(shut(system, 100), End::Cut { left: 1 });
    assert_eq!(all(&door), Vec::<String>::new());
}

#[test]
fn a_busy_actor_that_goes_when_told_does_not_delay_the_end() {
    let mut system = system();
    let door = system.handle().port::<String>().expect("it runs");
    let busy = system.spawn::<Guest>(&guest("busy", &door));
    system.send(busy, &());
    assert_eq!(shut(system, 10_000), End::Stopped);
    assert_eq!(all(&door), ["busy"]);
}

#[test]
fn what_waits_for_slow_turns_does_not_hold_up_the_end() {
    let mut system = system();
    let sleeper = system.spawn::<Sleeper>(&());
    (0..10_000).for_each(|_| system.send(sleeper, &0));
    assert!(matches!(shut(system, 200), End::Cut { .. } | End::Stopped));
}

#[test]
fn a_turn_that_does_not_return_is_left_to_its_thread() {
    let mut system = system();
    let handle = system.handle();
    let sleeper = system.spawn::<Sleeper>(&());
    system.send(sleeper, &3);
    assert!(!handle.rest_within(50), "it sleeps");
    assert_eq!(shut(system, 50), End::Stuck);
    let_go(3);
    // It returns after all, and finds that its time is over.
    let left = Instant::now() + SLACK;
    while handle.end().is_none() && Instant::now() < left {
        std::thread::yield_now();
    }
    assert!(matches!(handle.end(), Some(End::Cut { .. } | End::Stopped)));
    assert!(handle.send(sleeper, 4).is_err());
}

#[test]
fn nobody_is_started_while_it_stops() {
    let mut system = system();
    let (handle, door) = (system.handle(), system.handle().port::<String>().expect("it runs"));
    system.spawn::<Guest>(&("stubborn".into(), door.addr(), true));
    let late = std::thread::scope(|scope| {
        let stopping = scope.spawn(move || system.shutdown(300));
        let late = loop {
            // Until the order to stop has come: each that was started before is stopped too.
            if let Err(settle) = handle.spawn::<Scribe>(&()).wait() {
                break settle;
            }
        };
        assert!(matches!(stopping.join(), Ok(End::Cut { .. } | End::Stopped)));
        late
    });
    assert!(matches!(late, Settle::Noproc | Settle::Noconnection), "{late}");
    assert!(handle.ask(Addr::<Note>::from_ref(door.addr().as_ref()), Note::Keep).wait().is_err());
}
