//! Actors that outlive their system: what was answered is there the next time.
use crate::files::Folder;
use peerd_native::{Failed, System, prelude::*};

#[derive(Message)]
pub enum Count {
    Add(u64),
    Total(Reply<u64>),
    /// Asked, so that the kernel does not try it again.
    Crash(Reply<u64>),
    /// Tells the other what weighs more than a record may, in one turn.
    Burden(Addr<Count>, Reply<u64>),
    Weight(Vec<u8>),
}

#[derive(Serialize, Deserialize)]
pub struct Counter {
    total: u64,
}

impl Actor for Counter {
    const NAME: &'static str = "counter";
    type Args = u64;
    type Message = Count;

    fn init(total: u64, _: &mut Context<'_, '_, Counter>) -> Result<Counter, Crash> {
        Ok(Counter { total })
    }

    fn handle(&mut self, message: Count, cx: &mut Context<'_, '_, Counter>) -> Result<(), Crash> {
        match message {
            Count::Add(more) => self.total += more,
            Count::Total(reply) => cx.reply(reply, &self.total),
            Count::Crash(_) => {
                self.total = 0;
                return Err(crash("told", "to crash"));
            }
            Count::Burden(other, _) => {
                self.total = 0;
                (0..3).for_each(|_| cx.send(other, &Count::Weight(vec![7; 14 << 20])));
            }
            Count::Weight(_) => {}
        }
        Ok(())
    }
}

fn open(folder: &Folder) -> System {
    System::open(&folder.0, vec![behaviour::<Counter>()]).expect("it opens")
}

#[test]
fn what_was_answered_is_there_the_next_time_under_the_same_id() {
    let folder = Folder::new();
    for round in 0..4 {
        let mut system = open(&folder);
        let (counter, other) = (system.keep::<Counter>("a", &100), system.keep::<Counter>("b", &0));
        assert_eq!(system.ask(counter, Count::Total), Ok(100 + round * 3));
        system.send(counter, &Count::Add(3));
        system.send(other, &Count::Add(1));
        assert_eq!((system.ask(counter, Count::Total), system.ask(other, Count::Total)), (Ok(103 + round * 3), Ok(round + 1)));
        if round % 2 == 0 {
            assert_eq!(system.shutdown(5_000), End::Stopped);
        }
    }
}

#[test]
fn asked_for_twice_it_is_the_same_actor() {
    let folder = Folder::new();
    let mut system = open(&folder);
    let first = system.keep::<Counter>("a", &7);
    let again = system.keep::<Counter>("a", &9);
    assert_eq!((first, system.ask(again, Count::Total)), (again, Ok(7)));
}

#[test]
fn a_turn_too_large_for_a_record_crashes_its_actor_and_nobody_else() {
    let folder = Folder::new();
    let mut system = open(&folder);
    let (counter, other) = (system.keep::<Counter>("a", &7), system.keep::<Counter>("b", &1));
    // Megabytes are made and weighed: on a busy machine that takes its time.
    let settled = system.handle().ask_within(60_000, counter, |reply| Count::Burden(other, reply)).wait();
    assert!(matches!(&settled, Err(Settle::Exit(Reason::Crash(crash))) if &*crash.kind == "too_large"), "{settled:?}");
    assert_eq!(system.ask(other, Count::Total), Ok(1));
    drop(system);
    let mut system = open(&folder);
    let counter = system.keep::<Counter>("a", &0);
    assert_eq!(system.ask(counter, Count::Total), Ok(7), "what it had before");
}

#[test]
fn a_crash_takes_it_back_to_its_last_turn() {
    let folder = Folder::new();
    let mut system = open(&folder);
    let counter = system.keep::<Counter>("a", &7);
    system.send(counter, &Count::Add(1));
    assert!(system.ask(counter, Count::Crash).is_err());
    // Its life is over until somebody asks for it.
    let counter = loop {
        let counter = system.keep::<Counter>("a", &0);
        if let Ok(total) = system.ask(counter, Count::Total) {
            assert_eq!(total, 8);
            break counter;
        }
    };
    drop(system);
    let mut system = open(&folder);
    assert_eq!(system.keep::<Counter>("a", &0), counter);
    assert_eq!(system.ask(counter, Count::Total), Ok(8));
}

#[test]
fn a_supervised_counter_goes_on_after_its_crash_and_the_next_time() {
    let folder = Folder::new();
    for round in 0..3 {
        let mut system = open(&folder);
        let crew = system.keep_supervisor("crew", &Supervisor::one_for_one());
        let counter = system.start_child::<Counter>(crew, Child::new::<Counter>("a", &7).durable()).expect("it starts");
        assert_eq!(system.ask(counter, Count::Total), Ok(7 + round));
        assert!(system.ask(counter, Count::Crash).is_err());
        while system.ask(counter, Count::Total).is_err() {}
        system.send(counter, &Count::Add(1));
        assert_eq!(system.ask(counter, Count::Total), Ok(8 + round));
        if round == 1 {
            assert_eq!(system.shutdown(5_000), End::Stopped);
        }
    }
}

#[test]
fn one_journal_has_one_system() {
    let folder = Folder::new();
    let system = open(&folder);
    assert!(matches!(System::open(&folder.0, vec![behaviour::<Counter>()]), Err(Failed::Owned)));
    drop(system);
    drop(open(&folder));
}

#[test]
#[should_panic(expected = "this system has no journal")]
fn without_a_journal_nothing_is_kept() {
    let mut system = System::new(vec![behaviour::<Counter>()]);
    system.keep::<Counter>("a", &7);
}

#[test]
fn whose_lock_is_gone_answers_nothing_more() {
    let folder = Folder::new();
    let mut system = open(&folder);
    let counter = system.keep::<Counter>("a", &7);
    assert_eq!(system.ask(counter, Count::Total), Ok(7));
    std::fs::remove_file(folder.0.join("lock")).expect("it is there while somebody has it");
    assert_eq!(system.ask(counter, Count::Total), Err(Settle::Noconnection));
    let end = system.handle().end();
    assert!(matches!(&end, Some(End::Unwritten(why)) if why.contains("lock was taken away")), "{end:?}");
}
