//! Native code asks, waits, watches, and changes its mind.
use crate::crew::{Note, Scribe, Sleeper, let_go, system};
use peerd::prelude::*;
use peerd_vat::DeadClass;
use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake},
    thread::{self, Thread},
    time::{Duration, Instant},
};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Unpark>) {
        self.0.unpark();
    }
}

/// The least that is an executor.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Arc::new(Unpark(thread::current())).into();
    let (mut future, mut cx) = (pin!(future), Context::from_waker(&waker));
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn an_answer_is_a_future_that_any_executor_can_poll() {
    let system = system();
    let handle = system.handle();
    let answered = block_on(async {
        let scribe = handle.spawn::<Scribe>(&()).await?;
        let kept = handle.ask(scribe, Note::Keep);
        assert!(handle.send(scribe, Note::AnswerKept).is_ok());
        kept.await
    });
    assert_eq!(answered, Ok(7));
}

#[test]
fn a_watch_from_outside_tells_the_reason_once() {
    let mut system = system();
    let (handle, scribe) = (system.handle(), system.spawn::<Scribe>(&()));
    let mut watched = handle.watch(scribe);
    assert_eq!(watched.wait_for(1), None);
    system.send(scribe, &Note::Stop);
    assert_eq!(watched.wait(), Reason::ShutdownWith("told".into()));
    assert_eq!(handle.watch(scribe).wait(), Reason::Noproc);
}

#[test]
fn a_wait_ends_at_its_deadline_though_the_vat_stands() {
    let mut system = system();
    let (handle, sleeper) = (system.handle(), system.spawn::<Sleeper>(&()));
    let scribe = system.spawn::<Scribe>(&());
    system.send(sleeper, &10);
    let begun = Instant::now();
    assert_eq!(handle.ask_within(50, scribe, Note::Written).wait(), Err(Settle::Timeout));
    assert!(begun.elapsed() >= Duration::from_millis(50));
    let_go(10);
}

#[test]
fn an_answer_that_nobody_waits_for_any_more_is_a_late_one() {
    let mut system = system();
    let (handle, scribe) = (system.handle(), system.spawn::<Scribe>(&()));
    let asked = handle.ask(scribe, Note::Keep);
    assert!(handle.rest_within(5_000));
    drop(asked);
    system.send(scribe, &Note::AnswerKept);
    assert!(system.take_dead_letters().iter().any(|letter| letter.class == DeadClass::LateReply));
    assert!(system.counters().balance());
}

#[test]
fn a_reply_that_is_dropped_settles_and_one_to_nobody_too() {
    let mut system = system();
    let scribe = system.spawn::<Scribe>(&());
    system.send(scribe, &Note::Stop);
    assert_eq!(system.ask(scribe, Note::Keep), Err(Settle::Noproc));
    let crashing = system.spawn::<Scribe>(&());
    let kept = system.handle().ask(crashing, Note::Keep);
    system.send(crashing, &Note::Crash);
    assert!(matches!(kept.wait(), Err(Settle::Exit(Reason::Crash(_)))));
}
