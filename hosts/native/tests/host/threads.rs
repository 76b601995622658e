//! Many threads, one vat.
use crate::crew::{Note, Scribe, system};
use peerd::prelude::Settle;
use peerd_native::Handle;
use std::thread;

const THREADS: u32 = 10;
const EACH: u32 = 2_000;

#[test]
fn ten_threads_lose_nothing_and_each_keeps_its_order() {
    let mut system = system();
    let scribe = system.spawn::<Scribe>(&());
    let handle = system.handle();
    let all_said = |by: u32, handle: &Handle| {
        for number in 0..EACH {
            let mut note = Note::Write { by, number };
            while let Err(refused) = handle.send(scribe, note) {
                note = refused.into_inner();
                thread::yield_now();
            }
        }
    };
    thread::scope(|scope| {
        (0..THREADS).for_each(|by| {
            drop(scope.spawn({
                let handle = &handle;
                move || all_said(by, handle)
            }))
        })
    });
    let written = system.ask(scribe, Note::Written).expect("it lives");
    assert_eq!(written.len() as u32, THREADS * EACH);
    for by in 0..THREADS {
        assert!(written.iter().filter(|note| note.0 == by).map(|note| note.1).eq(0..EACH), "the order of thread {by}");
    }
    assert!(system.counters().balance());
}

#[test]
fn each_answer_finds_who_asked() {
    let mut system = system();
    let handle = system.handle();
    thread::scope(|scope| {
        for by in 0..THREADS {
            let scribe = system.spawn::<Scribe>(&());
            let handle = &handle;
            scope.spawn(move || {
                for number in 0..50 {
                    assert!(handle.send(scribe, Note::Write { by, number }).is_ok());
                    let written = handle.ask(scribe, Note::Written).wait();
                    assert_eq!(written.map(|notes| notes.last().copied()), Ok(Some((by, number))));
                }
            });
        }
    });
}

#[test]
fn a_handle_outlives_its_system_and_says_so() {
    let mut system = system();
    let (handle, scribe) = (system.handle(), system.spawn::<Scribe>(&()));
    drop(system);
    assert!(matches!(handle.send(scribe, Note::Stop), Err(peerd_native::Refused::Ended(Note::Stop))));
    assert_eq!(handle.ask(scribe, Note::Keep).wait(), Err(Settle::Noconnection));
    assert!(handle.rows().is_none());
    assert_eq!(handle.end(), Some(peerd_native::End::Stopped));
}
