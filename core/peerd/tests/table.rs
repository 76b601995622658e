//! Tables: typed entries in the order of their keys, and each table apart from the others of its actor.
use peerd::{Key, prelude::*};
use proptest::prelude::*;

const LINES: Table<u64, String> = Table::new(0);
const BY_NAME: Table<(String, i16), u32> = Table::new(1);
/// What some other version put under the same number.
const AS_NUMBERS: Table<u64, (u64, u64)> = Table::new(0);

#[derive(Message)]
enum Ask {
    Write(Vec<(u64, String)>),
    Strike(u64, Reply<bool>),
    Line(u64, Reply<Option<String>>),
    Lines(u64, u64, Reply<Vec<String>>),
    Newest(u64, Reply<Vec<u64>>),
    Name(String, i16, u32),
    Names(String, Reply<Vec<i16>>),
    ClearLines,
    TooLong(Reply<String>),
    Confused,
}

#[derive(Serialize, Deserialize)]
struct Clerk;

impl Actor for Clerk {
    const NAME: &'static str = "clerk";
    type Args = ();
    type Message = Ask;

    fn init((): (), _: &mut Context<'_, '_, Clerk>) -> Result<Clerk, Crash> {
        Ok(Clerk)
    }

    fn handle(&mut self, ask: Ask, cx: &mut Context<'_, '_, Clerk>) -> Result<(), Crash> {
        match ask {
            Ask::Write(lines) => lines.iter().try_for_each(|(number, line)| cx.put(LINES, number, line))?,
            Ask::Strike(number, reply) => {
                let was_there = cx.delete(LINES, &number);
                cx.reply(reply, &was_there);
            }
            Ask::Line(number, reply) => {
                let line = cx.get(LINES, &number)?;
                cx.reply(reply, &line);
            }
            Ask::Lines(first, last, reply) => {
                let lines = cx.entries(LINES, first..=last).map(|entry| Ok(entry?.1)).collect::<Result<Vec<_>, Crash>>()?;
                cx.reply(reply, &lines);
            }
            Ask::Newest(count, reply) => {
                let newest = cx.entries(LINES, ..).rev().take(count as usize);
                let numbers = newest.map(|entry| Ok(entry?.0)).collect::<Result<Vec<_>, Crash>>()?;
                cx.reply(reply, &numbers);
            }
            Ask::Name(name, rank, age) => cx.put(BY_NAME, &(name, rank), &age)?,
            Ask::Names(name, reply) => {
                let ranks = cx.entries(BY_NAME, (name.clone(), i16::MIN)..=(name, i16::MAX));
                let ranks = ranks.map(|entry| Ok(entry?.0.1)).collect::<Result<Vec<_>, Crash>>()?;
                cx.reply(reply, &ranks);
            }
            Ask::ClearLines => cx.clear(LINES),
            Ask::TooLong(reply) => {
                let refused = cx.put(LINES, &9, &"x".repeat(200_000)).expect_err("it is too long");
                cx.put(LINES, &9, &"short".to_owned())?;
                cx.reply(reply, &refused.message.to_string());
            }
            Ask::Confused => drop(cx.get(AS_NUMBERS, &1)?),
        }
        Ok(())
    }
}

fn clerk() -> (System, Addr<Ask>) {
    let mut system = System::new(vec![behaviour::<Clerk>()]);
    let clerk = system.spawn::<Clerk>(&());
    let lines = [(1, "one"), (300, "three hundred"), (20, "twenty")].map(|(number, line)| (number, line.to_owned()));
    system.send(clerk, &Ask::Write(lines.to_vec()));
    (system, clerk)
}

#[test]
fn entries_come_in_the_order_of_their_keys_from_both_ends() {
    let (mut system, clerk) = clerk();
    assert_eq!(system.ask(clerk, |reply| Ask::Lines(2, 300, reply)), Ok(vec!["twenty".to_owned(), "three hundred".to_owned()]));
    assert_eq!(system.ask(clerk, |reply| Ask::Lines(300, 2, reply)), Ok(Vec::new()));
    assert_eq!(system.ask(clerk, |reply| Ask::Newest(2, reply)), Ok(vec![300, 20]));
    assert_eq!(system.ask(clerk, |reply| Ask::Strike(20, reply)), Ok(true));
    assert_eq!(system.ask(clerk, |reply| Ask::Strike(20, reply)), Ok(false));
    assert_eq!(system.ask(clerk, |reply| Ask::Line(20, reply)), Ok(None));
    assert_eq!(system.ask(clerk, |reply| Ask::Line(1, reply)), Ok(Some("one".to_owned())));
}

#[test]
fn tables_of_one_actor_do_not_meet() {
    let (mut system, clerk) = clerk();
    for (name, rank) in [("ann", 3), ("ann", -3), ("an", 7), ("ann\0", 9), ("bob", 1)] {
        system.send(clerk, &Ask::Name(name.to_owned(), rank, 40));
    }
    assert_eq!(system.ask(clerk, |reply| Ask::Names("ann".to_owned(), reply)), Ok(vec![-3, 3]));
    assert_eq!(system.ask(clerk, |reply| Ask::Newest(9, reply)), Ok(vec![300, 20, 1]));
    system.send(clerk, &Ask::ClearLines);
    assert_eq!(system.ask(clerk, |reply| Ask::Newest(9, reply)), Ok(Vec::new()));
    assert_eq!(system.ask(clerk, |reply| Ask::Names("bob".to_owned(), reply)), Ok(vec![1]));
}

#[test]
fn what_does_not_fit_is_said_and_the_turn_goes_on() {
    let (mut system, clerk) = clerk();
    assert_eq!(system.ask(clerk, Ask::TooLong), Ok("a value of 200003 bytes; 131072 are the most".to_owned()));
    assert_eq!(system.ask(clerk, |reply| Ask::Line(9, reply)), Ok(Some("short".to_owned())));
}

#[test]
fn what_another_type_has_put_is_a_crash_and_no_guess() {
    let (mut system, clerk) = clerk();
    system.send(clerk, &Ask::Confused);
    let reports = system.take_reports();
    assert!(matches!(&reports[0].what, peerd_vat::Said::Crashed { reason: Reason::Crash(crash), .. } if &*crash.kind == "decode"));
}

fn bytes<K: Key>(key: &K) -> Vec<u8> {
    let mut bytes = Vec::new();
    key.put(&mut bytes);
    bytes
}

proptest! {
    #[test]
    fn bytes_of_keys_are_in_the_keys_order_and_read_back(
        one in (proptest::collection::vec(0u8..3, 0..4), any::<i32>(), "[\0ab]{0,3}"),
        two in (proptest::collection::vec(0u8..3, 0..4), any::<i32>(), "[\0ab]{0,3}"),
    ) {
        prop_assert_eq!(bytes(&one).cmp(&bytes(&two)), one.cmp(&two));
        let both = bytes(&(one.clone(), two.clone()));
        let mut rest = &both[..];
        prop_assert_eq!(Key::take(&mut rest), Some((one, two)));
        prop_assert!(rest.is_empty());
    }

    #[test]
    fn bytes_that_are_no_key_are_refused(garbage in proptest::collection::vec(any::<u8>(), 0..12)) {
        let mut rest = &garbage[..];
        if let Some(key) = <(String, u16)>::take(&mut rest) {
            prop_assert_eq!(bytes(&key), &garbage[..garbage.len() - rest.len()]);
        }
    }
}
