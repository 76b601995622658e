//! A crash is an actor's, and its supervisor's business. A panic is a bug, and the end of the vat.
use crate::crew::{Note, Scribe, system};
use peerd::prelude::*;
use peerd_native::{End, Refused};
use peerd_vat::Said;

#[test]
fn a_panic_is_told_to_all_who_wait_and_everything_is_refused_after() {
    let mut system = system();
    let (handle, scribe, other) = (system.handle(), system.spawn::<Scribe>(&()), system.spawn::<Scribe>(&()));
    let port = handle.port::<u64>().expect("it runs");
    let (kept, watched) = (handle.ask(other, Note::Keep), handle.watch(other));
    assert!(handle.send(scribe, Note::Panic).is_ok());
    assert_eq!(kept.wait(), Err(Settle::Noconnection));
    assert_eq!(watched.wait(), Reason::Noconnection);
    assert_eq!(port.take(), None);
    assert!(matches!(handle.send(other, Note::Stop), Err(Refused::Ended(Note::Stop))));
    assert!(handle.port::<u64>().is_err());
    let bug = Some(End::Bug("the scribe has a bug".into()));
    assert_eq!(handle.end(), bug);
    assert_eq!(Some(system.shutdown(1_000)), bug);
}

#[test]
fn a_crash_is_no_bug() {
    let mut system = system();
    let top = system.supervise(&Supervisor::one_for_one());
    let scribe = system.start_child::<Scribe>(top, Child::new::<Scribe>("scribe", &())).expect("started");
    system.send(scribe, &Note::Crash);
    assert_eq!(system.ask(scribe, Note::Written), Ok(Vec::new()), "a new life, the same address");
    assert!(system.take_reports().iter().any(|report| matches!(report.what, Said::Crashed { .. })));
    assert_eq!(system.shutdown(5_000), End::Stopped);
}

#[test]
#[should_panic(expected = "no behaviour is named")]
fn an_actor_that_is_not_in_the_table_is_a_bug_of_whoever_spawns_it() {
    peerd_native::System::new(Vec::new()).spawn::<Scribe>(&());
}
