//! A program that is to be started for its alarms: who starts it knows of one before anybody hears that it is set.
use crate::files::Folder;
use peerd_native::{Store, System, prelude::*};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

#[derive(Message)]
enum Ask {
    /// The time of day in milliseconds.
    Remind(u64, Reply<u64>),
    Forget(Reply<u64>),
    Rang(Reply<u64>),
}

#[derive(Serialize, Deserialize)]
struct Clerk {
    rang: u64,
}

impl Actor for Clerk {
    const NAME: &'static str = "clerk";
    type Args = ();
    type Message = Ask;

    fn init((): (), _: &mut Context<'_, '_, Clerk>) -> Result<Clerk, Crash> {
        Ok(Clerk { rang: 0 })
    }

    fn handle(&mut self, message: Ask, cx: &mut Context<'_, '_, Clerk>) -> Result<(), Crash> {
        match message {
            Ask::Remind(at, reply) => {
                cx.alarm(1, Wall(at));
                cx.reply(reply, &at);
            }
            Ask::Forget(reply) => {
                cx.cancel_alarm(1);
                cx.reply(reply, &0);
            }
            Ask::Rang(reply) => cx.reply(reply, &self.rang),
        }
        Ok(())
    }

    fn signal(&mut self, _: Signal, _: &mut Context<'_, '_, Clerk>) -> Result<(), Crash> {
        self.rang += 1;
        Ok(())
    }
}

#[derive(Clone, Default)]
struct Timer(Arc<Mutex<Vec<Option<SystemTime>>>>);

impl Timer {
    fn asked(&self) -> Vec<Option<SystemTime>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One that won't come before `earliest`.
    fn store(&self, folder: &Folder, earliest: u64) -> Store {
        let timer = self.clone();
        Store::at(&folder.0).waker(move |at| {
            if at.is_some_and(|at| at < wall(earliest)) {
                return Err("not so early".into());
            }
            timer.0.lock().unwrap_or_else(PoisonError::into_inner).push(at);
            Ok(())
        })
    }
}

fn wall(ms: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(ms)
}

fn in_an_hour() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    u64::try_from(now.as_millis()).expect("a time of day") + 3_600_000
}

fn open(store: Store) -> (System, Addr<Ask>) {
    let mut system = System::open(store, vec![behaviour::<Clerk>()]).expect("it opens");
    let clerk = system.keep::<Clerk>("clerk", &());
    (system, clerk)
}

#[test]
fn who_starts_a_program_knows_of_an_alarm_when_it_is_heard_that_it_is_set() {
    let (folder, timer, at) = (Folder::new(), Timer::default(), in_an_hour());
    let (mut system, clerk) = open(timer.store(&folder, 0));
    assert_eq!(system.ask(clerk, |reply| Ask::Remind(at, reply)), Ok(at));
    assert_eq!(timer.asked(), [None, Some(wall(at))]);
    assert_eq!(system.ask(clerk, |reply| Ask::Remind(at - 1_000, reply)), Ok(at - 1_000));
    assert_eq!(timer.asked().last(), Some(&Some(wall(at - 1_000))));
    drop(system);
    // The next life tells it again: the timer may have lost what it was told.
    let again = Timer::default();
    let (mut system, clerk) = open(again.store(&folder, 0));
    assert_eq!(again.asked(), [Some(wall(at - 1_000))]);
    assert_eq!(system.ask(clerk, Ask::Forget), Ok(0));
    assert_eq!(system.shutdown(5_000), End::Stopped);
    assert_eq!(again.asked(), [Some(wall(at - 1_000)), None]);
}

#[test]
fn an_alarm_that_nobody_would_start_the_program_for_is_not_set() {
    let (folder, timer, at) = (Folder::new(), Timer::default(), in_an_hour());
    let (mut system, clerk) = open(timer.store(&folder, at));
    assert_eq!(system.ask(clerk, |reply| Ask::Remind(at, reply)), Ok(at));
    let handle = system.handle();
    assert!(handle.ask(clerk, |reply| Ask::Remind(at - 1, reply)).wait().is_err());
    assert!(matches!(system.shutdown(5_000), End::Unwritten(why) if why.contains("not so early")));
    let again = Timer::default();
    drop(open(again.store(&folder, at)));
    assert_eq!(again.asked(), [Some(wall(at))]);
}

#[test]
fn what_came_due_while_it_was_closed_rings_when_it_is_started() {
    let (folder, timer) = (Folder::new(), Timer::default());
    let (mut system, clerk) = open(timer.store(&folder, 0));
    let soon = in_an_hour() - 3_599_900;
    assert_eq!(system.ask(clerk, |reply| Ask::Remind(soon, reply)), Ok(soon));
    drop(system);
    std::thread::sleep(Duration::from_millis(200));
    let (mut system, clerk) = open(timer.store(&folder, 0));
    system.advance(0);
    assert_eq!(system.ask(clerk, Ask::Rang), Ok(1));
    assert_eq!(system.shutdown(5_000), End::Stopped);
    assert_eq!(timer.asked().last(), Some(&None));
}
