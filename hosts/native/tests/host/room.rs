//! What happens when there is no room: it is said at once, and nothing that was taken is lost.
use crate::crew::{Note, Scribe, Shop, Sleeper, behaviours, let_go, system};
use peerd::prelude::*;
use peerd_native::Refused;
use peerd_vat::Config;

/// As much as a host keeps for its vat to take in.
const QUEUE: u32 = 65_536;

#[test]
fn a_full_queue_gives_the_message_back() {
    let mut system = system();
    let (handle, scribe, sleeper) = (system.handle(), system.spawn::<Scribe>(&()), system.spawn::<Sleeper>(&()));
    let mut taken = 0;
    assert!(handle.send(sleeper, 1).is_ok());
    let back = loop {
        match handle.send(scribe, Note::Write { by: 1, number: taken }) {
            Ok(()) => taken += 1,
            Err(refused) => break refused,
        }
    };
    let Refused::Busy(Note::Write { number, .. }) = back else { panic!("refused as {back:?}") };
    assert_eq!(number, taken, "the message is the caller's again");
    // What the vat had taken in before its thread stood still is in its mailboxes.
    assert!((QUEUE - 1..QUEUE + 1_000).contains(&taken), "{taken} were taken");
    assert_eq!(handle.ask(scribe, Note::Keep).wait(), Err(Settle::Overloaded));
    let_go(1);
    assert!(handle.rest_within(60_000));
    let written = system.ask(scribe, Note::Written).expect("it lives");
    assert!(written.iter().map(|note| note.1).eq(0..taken));
}

#[test]
fn a_large_message_counts_by_its_bytes() {
    let mut system = system();
    let (handle, sleeper) = (system.handle(), system.spawn::<Sleeper>(&()));
    let other = Addr::<String>::from_ref(system.spawn::<Scribe>(&()).as_ref());
    assert!(handle.send(other, "o".repeat(17 << 20)).is_err(), "more than there is room for at all");
    assert!(handle.send(sleeper, 2).is_ok());
    let taken = (0..100).take_while(|_| handle.send(other, "o".repeat(1 << 20)).is_ok()).count();
    assert!(taken < 32, "{taken} MiB were taken");
    let_go(2);
}

/// A mailbox of four: what is set aside counts.
fn small() -> peerd_native::System {
    peerd_native::System::with(Config { mailbox_entries_max: 4, dead_letters: true, ..Config::default() }, behaviours())
}

#[test]
fn a_full_mailbox_gives_the_message_back_and_nothing_taken_is_lost() {
    let mut system = small();
    let (handle, shop, scribe) = (system.handle(), system.spawn::<Shop>(&()), system.spawn::<Scribe>(&()));
    let mut taken = 0;
    while handle.send(shop, None).is_ok() {
        taken += 1;
        assert!(handle.rest_within(5_000));
    }
    assert_eq!(taken, 5, "four in the mailbox, and the one that found it full stands before it");
    assert!(matches!(handle.send(shop, None), Err(Refused::Full(None))));
    assert_eq!(system.ask(scribe, Note::Written), Ok(Vec::new()), "others have room");
    assert!(handle.exit(shop, Reason::Other("open".into())).is_ok());
    assert!(handle.rest_within(5_000));
    assert_eq!(system.ask(shop, Some), Ok(taken));
    assert!(system.counters().balance());
}

#[test]
fn who_stands_in_line_before_a_mailbox_is_forgotten_with_its_actor() {
    let mut system = small();
    let (handle, shop) = (system.handle(), system.spawn::<Shop>(&()));
    while handle.send(shop, None).is_ok() {
        assert!(handle.rest_within(5_000));
    }
    assert!(handle.exit(shop, Reason::Kill).is_ok());
    assert!(handle.rest_within(5_000));
    assert!(handle.send(shop, None).is_ok(), "nobody is there: it is a dead letter, not refused");
    assert_eq!(system.take_dead_letters().len(), 6);
}
