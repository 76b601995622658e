//! Request collections, multi-calls, and calls that must succeed (G06, G08, 10.1).
use crate::kit::{Order, Play, cast, exit, say, start, start_with};
use expect_test::expect;
use peerd_otp::{
    Server, behaviour,
    message::{decode, encode},
    requests::{Checked, Heard, MultiCall, Requests, or_exit},
};
use peerd_vat::{CallId, Crash, Cx, Event, Reason, Ref};
use serde::{Deserialize, Serialize};

/// Answers a number of milliseconds with itself, that much later.
struct Slow;

impl Server for Slow {
    const NAME: &'static str = "slow";
    type State = Vec<(u64, Ref)>;

    fn init(_args: &[u8], _refs: &[Ref], _cx: &mut Cx<'_>) -> Result<Self::State, Crash> {
        Ok(Vec::new())
    }

    fn handle(waiting: &mut Self::State, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, reply: Some(reply), .. } => {
                let ms = decode(body).expect("a number");
                waiting.push((ms, reply));
                cx.timer(ms, ms);
            }
            Event::Timer { key } => waiting.extract_if(.., |open| open.0 == key).for_each(|open| cx.reply(open.1, &encode(&key), &[])),
            _ => {}
        }
        Ok(())
    }
}

/// Asks those it knows: `each`, `all`, `must`.
struct Asker;

#[derive(Serialize, Deserialize)]
struct Asks {
    whom: Vec<Ref>,
    each: Requests<String>,
    all: Option<MultiCall<u32>>,
    must: Option<CallId>,
}

impl Server for Asker {
    const NAME: &'static str = "asker";
    type State = Asks;

    fn init(_args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Asks, Crash> {
        Ok(Asks { whom: refs.to_vec(), each: Requests::until(cx.now().after(100)), all: None, must: None })
    }

    fn handle(asks: &mut Asks, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, .. } => asks.begin(decode::<(String, Vec<u64>)>(body).expect("words"), cx),
            Event::Reply { call, result } => {
                if asks.must == Some(call) {
                    if or_exit(result, "must", cx).is_some() {
                        say(cx, "it did");
                    }
                    return Ok(());
                }
                if let Some(all) = &mut asks.all {
                    match all.settle(call, &result) {
                        Heard::NotOurs => {}
                        Heard::Some => return Ok(()),
                        Heard::All => {
                            let answers: Vec<_> = all.answers.iter().map(|(label, body)| (*label, decode::<u64>(body))).collect();
                            say(cx, format!("answers {answers:?}, silent {:?}", all.silent));
                            return Ok(());
                        }
                    }
                }
                let how = match asks.each.check(call) {
                    Checked::Settled(label) => format!("{label}: {:?}", result.map(|answer| decode::<u64>(answer.body))),
                    other => format!("{other:?}"),
                };
                say(cx, format!("{how}, {} open", asks.each.len()));
            }
            _ => {}
        }
        Ok(())
    }
}

impl Asks {
    fn begin(&mut self, (verb, numbers): (String, Vec<u64>), cx: &mut Cx<'_>) {
        match verb.as_str() {
            "each" => {
                for (whom, number) in self.whom.iter().zip(numbers) {
                    self.each.send(format!("in {number}"), *whom, &encode(&number), &[], cx);
                }
            }
            "other" => drop(cx.call(self.whom[0], &encode(&numbers[0]), &[], 1_000)),
            "cancel" => {
                let dropped: Vec<String> = self.each.cancel(cx).collect();
                say(cx, format!("nobody waits for {dropped:?}"));
            }
            "all" => self.all = Some(MultiCall::begin((1..).zip(self.whom.iter().copied()), &encode(&numbers[0]), 100, cx)),
            _ => self.must = Some(cx.call(self.whom[0], &encode(&numbers[0]), &[], 50)),
        }
    }
}

fn asks(verb: &str, numbers: &[u64]) -> Order {
    cast("asker", &(verb, numbers))
}

fn play() -> Play {
    let mut play = Play::new(vec![behaviour::<Slow>(), behaviour::<Asker>()]);
    play.desk([start("a", "slow"), start("b", "slow"), start("c", "slow"), start_with("asker", "asker", b"", &["a", "b", "c"])]);
    play.told.clear();
    play
}

/// G06
#[test]
fn answers_are_matched_to_labels_and_one_deadline_is_for_all() {
    let mut play = play();
    play.desk([asks("each", &[30, 10, 500])]);
    play.advance(20);
    // Asked later, and by the same time all the same.
    play.desk([asks("each", &[70, 90]), asks("other", &[5])]);
    play.advance(1_000);
    play.desk([asks("other", &[1])]);
    play.advance(10);
    play.desk([asks("each", &[1])]);
    expect![[r#"
        0.010 asker in 10: Ok(Some(10)), 2 open
        0.025 asker NotOurs, 4 open
        0.030 asker in 30: Ok(Some(30)), 3 open
        0.090 asker in 70: Ok(Some(70)), 2 open
        0.100 asker in 500: Err(Timeout), 1 open
        0.100 asker in 90: Err(Timeout), 0 open
        1.021 asker NoRequest, 0 open
        1.030 asker in 1: Err(Timeout), 0 open
    "#]]
    .assert_eq(&play.told);
}

#[test]
fn nobody_waits_for_what_is_cancelled() {
    let mut play = play();
    play.desk([asks("each", &[30, 10]), asks("cancel", &[])]);
    play.advance(1_000);
    expect![[r#"
        0.000 asker nobody waits for ["in 10", "in 30"]
    "#]]
    .assert_eq(&play.told);
}

/// G08 multicall_down
#[test]
fn a_multi_call_tells_the_silent_apart_and_late_answers_reach_nobody() {
    let mut play = play();
    play.desk([exit("b", Reason::Kill)]);
    play.desk([asks("all", &[20])]);
    play.advance(1_000);
    play.desk([asks("all", &[200])]);
    play.advance(1_000);
    expect![[r#"
        0.000 b     = report: killed
        0.000 desk  b ended: killed
        0.020 asker answers [(1, Some(20)), (3, Some(20))], silent [(2, Noproc)]
        1.100 asker answers [], silent [(2, Noproc), (1, Timeout), (3, Timeout)]
    "#]]
    .assert_eq(&play.told);
}

#[test]
fn a_call_that_must_succeed_ends_its_caller_with_how_it_failed() {
    for prepare in [&[][..], &[exit("a", Reason::Kill)]] {
        let mut play = play();
        play.desk(prepare.iter().cloned());
        play.desk([asks("must", &[10])]);
        play.advance(10);
        play.desk([asks("must", &[60])]);
        play.advance(60);
        play.told.push('\n');
        if prepare.is_empty() {
            expect![[r#"
                0.010 asker it did
                0.060 asker = report: timeout(must)
                0.060 desk  asker ended: timeout(must)

            "#]]
            .assert_eq(&play.told);
        } else {
            expect![[r#"
                0.000 a     = report: killed
                0.000 desk  a ended: killed
                0.000 asker = report: noproc
                0.000 desk  asker ended: noproc

            "#]]
            .assert_eq(&play.told);
        }
    }
}
