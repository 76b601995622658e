//! gen_server: starts, answers, continue, hibernation, reports, ends (G01 to G16).
use crate::kit::{Order, Play, Read, ask, call, call_for, cast, exit, say, start, start_with, status, stop};
use expect_test::{Expect, expect};
use peerd_otp::{
    gen_server::{self, GenServer, Init, Next},
    message::{Caller, encode},
    registry,
};
use peerd_vat::{Crash, Cx, Event, Reason, Ref};
use serde::{Deserialize, Serialize};

/// Does what it is told, and says what it does.
pub struct Obedient;

#[derive(Default, Serialize, Deserialize)]
pub struct State {
    pub total: u64,
    pub waiting: Vec<Caller>,
    pub secret: bool,
}

#[derive(Serialize, Deserialize)]
pub enum Ask {
    Add(u64),
    /// Answered by `Tell::Answer`, or by whoever `Tell::HandOn` names.
    Later,
    ContinueWith(Vec<u64>),
    Stop(Reason),
    Crash,
}

#[derive(Serialize, Deserialize)]
pub enum Tell {
    Answer,
    HandOn,
    ContinueWith(Vec<u64>),
    Sleep,
    Say(String),
}

impl GenServer for Obedient {
    const NAME: &'static str = "obedient";
    const HIBERNATE_AFTER_MS: Option<u64> = Some(60_000);
    type State = State;
    type Call = Ask;
    type Cast = Tell;
    type Continue = Vec<u64>;

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Init<Obedient>, Crash> {
        let state = State { secret: args == b"secret", ..State::default() };
        Ok(match args {
            b"ignore" => Init::Ignore,
            b"stop" => Init::Stop(Reason::Other("no".into())),
            b"crash" => return Err(Crash::new("init", "no start")),
            b"continue" => Init::Continue(state, vec![1, 2]),
            b"hang" => {
                cx.defer();
                Init::Ready(state)
            }
            b"trap" => {
                cx.trap_exits(true);
                Init::Ready(state)
            }
            b"named" => Init::Named { state, directory: refs[0], name: "the one".into() },
            _ => Init::Ready(state),
        })
    }

    fn call(state: &mut State, ask: Ask, caller: Caller, cx: &mut Cx<'_>) -> Result<Next<Obedient>, Crash> {
        match ask {
            Ask::Add(more) => {
                state.total += more;
                caller.answer(&format!("{}", state.total), cx);
                Ok(Next::Go)
            }
            Ask::Later => {
                state.waiting.push(caller);
                Ok(Next::Go)
            }
            Ask::ContinueWith(list) => {
                caller.answer(&"first", cx);
                Ok(Next::Continue(list))
            }
            Ask::Stop(reason) => {
                caller.answer(&"stopping", cx);
                Ok(Next::Stop(reason))
            }
            Ask::Crash => {
                caller.answer(&"never seen", cx);
                Err(Crash::new("told", "crashed as told"))
            }
        }
    }

    fn cast(state: &mut State, tell: Tell, cx: &mut Cx<'_>) -> Result<Next<Obedient>, Crash> {
        match tell {
            Tell::Answer => state.waiting.drain(..).for_each(|caller| caller.answer(&"at last", cx)),
            Tell::HandOn => {
                let to = cx.refs()[0];
                state.waiting.drain(..).for_each(|caller| cx.send_with(to, &encode(&Hand), &[caller.0]));
            }
            Tell::ContinueWith(list) => return Ok(Next::Continue(list)),
            Tell::Sleep => return Ok(Next::Hibernate),
            Tell::Say(text) => say(cx, text),
        }
        Ok(Next::Go)
    }

    fn info(_: &mut State, event: Event<'_>, cx: &mut Cx<'_>) -> Result<Next<Obedient>, Crash> {
        match event {
            Event::User { body, refs: &[answer], .. } if body == encode(&Hand) => Caller(answer).answer(&"by another", cx),
            Event::User { body, .. } if body == b"continue please" => return Ok(Next::Continue(vec![7])),
            Event::User { body, .. } => say(cx, format!("{} bytes of nonsense", body.len())),
            Event::Exit { reason, .. } => say(cx, format!("trapped {reason}")),
            other => say(cx, format!("{other:?}")),
        }
        Ok(Next::Go)
    }

    fn proceed(_: &mut State, mut list: Vec<u64>, cx: &mut Cx<'_>) -> Result<Next<Obedient>, Crash> {
        say(cx, format!("continue {list:?}"));
        list.pop();
        Ok(if list.is_empty() { Next::Go } else { Next::Continue(list) })
    }

    fn terminate(state: &mut State, reason: &Reason, cx: &mut Cx<'_>) {
        say(cx, format!("terminate with {}: {reason}", state.total));
    }

    fn hibernate(_: &mut State, cx: &mut Cx<'_>) {
        say(cx, "falls asleep");
    }

    fn wake(_: &mut State, cx: &mut Cx<'_>) {
        say(cx, "wakes");
    }

    fn status(state: &State) -> Result<String, Crash> {
        if state.secret { Err(Crash::new("status", "can't tell")) } else { Ok(format!("a total of {}", state.total)) }
    }
}

/// Too short for any `Ask` or `Tell` that takes an argument, too high for any that does not.
#[derive(Serialize, Deserialize)]
struct Hand;

pub fn check(script: impl FnOnce(&mut Play), expect: Expect) {
    let mut play = Play::new(vec![gen_server::behaviour::<Obedient>(), registry::behaviour()]);
    script(&mut play);
    expect.assert_eq(&play.told);
}

pub fn many(name: &str, args: &[u8]) -> [Order; 1] {
    [start_with(name, "obedient", args, &[])]
}

/// G01, G02
#[test]
fn a_start_says_what_came_of_init() {
    check(
        |play| {
            for args in [&b""[..], b"ignore", b"stop", b"crash", b"hang"] {
                play.desk(many("a", args));
            }
            play.advance(4_999);
            play.advance(1);
        },
        expect![[r#"
            0.000 desk  start a: up
            0.000 desk  start a: Ignored
            0.000 desk  a ended: normal
            0.000 a     = report: no
            0.000 desk  start a: Failed(Other("no"))
            0.000 desk  a ended: no
            0.000 a     = report: crashed "no start"
            0.000 desk  start a: Failed(Crash(Crash { kind: "init", message: "no start" }))
            0.000 desk  a ended: crashed "no start"
            5.000 a     = report: killed
            5.000 desk  start a: Timeout
            5.000 desk  a ended: killed
        "#]],
    );
}

/// G01, G02: a name is taken before the start is reported, and free again before a failed one is.
#[test]
fn a_taken_name_is_told_with_who_has_it() {
    let named = |name: &str| Order::Start {
        name: name.into(),
        behaviour: "obedient".into(),
        args: b"named".to_vec(),
        refs: vec!["names".into()],
        ms: 5_000,
        taken_in: Some(("names".into(), "the one".into())),
    };
    check(
        |play| {
            play.desk([start("names", registry::NAME)]);
            play.desk([named("a"), call("a", &Ask::Add(1))]);
            play.desk([named("b")]);
            play.desk([stop("a", Reason::Normal)]);
            play.desk([named("c")]);
            play.desk([ask("names", &registry::Request::Whereis("the one".into()), &[], Read::Registry)]);
        },
        expect![[r#"
            0.000 desk  start names: up
            0.000 desk  start a: up
            0.000 desk  a: 1
            0.000 b     terminate with 0: shutdown(already_started)
            0.000 desk  b ended: shutdown(already_started)
            0.000 desk  start b: already_started(a)
            0.000 a     terminate with 1: normal
            0.000 desk  a: Ok(())
            0.000 desk  a ended: normal
            0.000 desk  start c: up
            0.000 desk  names: Found c
        "#]],
    );
}

/// G03
#[test]
fn a_stop_settles_with_the_end() {
    check(
        |play| {
            play.desk(many("a", b""));
            play.desk([stop("a", Reason::Normal)]);
            play.desk([stop("a", Reason::Normal)]);
            play.desk(many("b", b""));
            play.desk([stop("b", Reason::Other("odd".into()))]);
            play.desk(many("c", b""));
            play.desk([Order::Lend { of: "c".into(), name: "lent".into() }, stop("lent", Reason::Normal), call("c", &Ask::Add(1))]);
        },
        expect![[r#"
            0.000 desk  start a: up
            0.000 a     terminate with 0: normal
            0.000 desk  a: Ok(())
            0.000 desk  a ended: normal
            0.000 desk  a: Err(Noproc)
            0.000 desk  start b: up
            0.000 b     terminate with 0: odd
            0.000 b     = terminated: odd, with a total of 0
            0.000 b     = report: odd
            0.000 desk  b: Ok(())
            0.000 desk  b ended: odd
            0.000 desk  start c: up
            0.000 desk  lent: Err(Revoked)
            0.000 desk  c: 1
        "#]],
    );
}

/// G04
#[test]
fn an_abnormal_end_is_reported_and_an_orderly_one_is_not() {
    check(
        |play| {
            for reason in [Reason::Shutdown, Reason::ShutdownWith("x".into()), Reason::Other("odd".into())] {
                play.desk(many("a", b""));
                play.desk([call("a", &Ask::Stop(reason))]);
            }
            play.desk(many("b", b""));
            play.desk([call("b", &Ask::Crash)]);
        },
        expect![[r#"
            0.000 desk  start a: up
            0.000 a     terminate with 0: shutdown
            0.000 desk  a: stopping
            0.000 desk  a ended: shutdown
            0.000 desk  start a: up
            0.000 a     terminate with 0: shutdown(x)
            0.000 desk  a: stopping
            0.000 desk  a ended: shutdown(x)
            0.000 desk  start a: up
            0.000 a     terminate with 0: odd
            0.000 a     = terminated: odd, with a total of 0
            0.000 a     = report: odd
            0.000 desk  a: stopping
            0.000 desk  a ended: odd
            0.000 desk  start b: up
            0.000 b     = report: crashed "crashed as told"
            0.000 desk  b: exit(crashed "crashed as told")
            0.000 desk  b ended: crashed "crashed as told"
        "#]],
    );
}

/// G05
#[test]
fn a_call_is_answered_now_later_by_another_or_by_the_end() {
    check(
        |play| {
            play.desk([start("a", "obedient"), start("b", "obedient")]);
            play.desk([call("a", &Ask::Add(5)), call("a", &Ask::Later), call("a", &Ask::Add(1))]);
            play.desk([cast("a", &Tell::Answer)]);
            play.desk([call("a", &Ask::Later), Order::Cast { to: "a".into(), body: encode(&Tell::HandOn), refs: vec!["b".into()] }]);
            play.desk([call_for("a", &Ask::Later, 100)]);
            play.advance(100);
            play.desk([cast("a", &Tell::Answer)]);
            play.desk([call("a", &Ask::Later), exit("a", Reason::Other("odd".into()))]);
            play.desk([call("a", &Ask::Add(1))]);
        },
        expect![[r#"
            0.000 desk  start a: up
            0.000 desk  start b: up
            0.000 desk  a: 5
            0.000 desk  a: 6
            0.000 desk  a: at last
            0.000 desk  a: by another
            0.100 desk  a: timeout
            0.100 a     = report: odd
            0.100 desk  a: noproc
            0.100 desk  a ended: odd
            0.100 desk  a: noproc
        "#]],
    );
}

/// G09
#[test]
fn continue_runs_before_anything_queued() {
    check(
        |play| {
            play.desk([
                start_with("a", "obedient", b"continue", &[]),
                call("a", &Ask::Add(1)),
                call("a", &Ask::ContinueWith(vec![3, 4, 5])),
                cast("a", &Tell::Say("after the call's".into())),
                cast("a", &Tell::ContinueWith(vec![6])),
                cast("a", &Tell::Say("after the cast's".into())),
                Order::Cast { to: "a".into(), body: b"continue please".to_vec(), refs: vec![] },
                cast("a", &Tell::Say("after the info's".into())),
            ]);
        },
        expect![[r#"
            0.000 desk  start a: up
            0.000 a     continue [1, 2]
            0.000 a     continue [1]
            0.000 desk  a: 1
            0.000 desk  a: first
            0.000 a     continue [3, 4, 5]
            0.000 a     continue [3, 4]
            0.000 a     continue [3]
            0.000 a     after the call's
            0.000 a     continue [6]
            0.000 a     after the cast's
            0.000 a     continue [7]
            0.000 a     after the info's
        "#]],
    );
}

/// G12
#[test]
fn it_hibernates_when_told_or_idle_and_wakes_by_any_message() {
    check(
        |play| {
            play.desk(many("a", b""));
            play.desk([cast("a", &Tell::Sleep), call("a", &Ask::Add(1))]);
            play.advance(59_000);
            play.desk([call("a", &Ask::Add(1))]);
            play.advance(59_999);
            play.advance(1);
            play.desk([status("a")]);
            play.desk([call("a", &Ask::Add(1))]);
            play.advance(60_000);
        },
        expect![[r#"
            0.000 desk  start a: up
            0.000 a     falls asleep
            0.000 a     wakes
            0.000 desk  a: 1
            59.000 desk  a: 2
            119.000 a     falls asleep
            119.000 desk  a: Status(Status { behaviour: "obedient", activity: "hibernates", state: "a total of 2" })
            119.000 a     wakes
            119.000 desk  a: 3
            179.000 a     falls asleep
        "#]],
    );
}

/// G14
#[test]
fn what_goes_wrong_in_the_redaction_hides_nothing_else() {
    check(
        |play| {
            play.desk(many("a", b"secret"));
            play.desk([status("a")]);
            play.desk([call("a", &Ask::Stop(Reason::Other("the original".into())))]);
        },
        expect![[r#"
            0.000 desk  start a: up
            0.000 desk  a: Status(Status { behaviour: "obedient", activity: "waits", state: "a state that could not be shown: crashed \"can't tell\"" })
            0.000 a     terminate with 0: the original
            0.000 a     = terminated: the original, with a state that could not be shown: crashed "can't tell"
            0.000 a     = report: the original
            0.000 desk  a: stopping
            0.000 desk  a ended: the original
        "#]],
    );
}

/// G16
#[test]
fn terminate_runs_on_stop_and_on_the_parents_exit_when_trapping_and_not_else() {
    check(
        |play| {
            play.desk([start("plain", "obedient"), start_with("traps", "obedient", b"trap", &[])]);
            play.desk([exit("plain", Reason::Shutdown), exit("traps", Reason::Normal)]);
            play.desk(many("traps", b"trap"));
            play.desk([exit("traps", Reason::Kill)]);
            play.desk(many("a", b""));
            play.desk([call("a", &Ask::Later), call("a", &Ask::Stop(Reason::Shutdown))]);
        },
        expect![[r#"
            0.000 desk  start plain: up
            0.000 desk  start traps: up
            0.000 traps terminate with 0: normal
            0.000 desk  plain ended: shutdown
            0.000 desk  traps ended: normal
            0.000 desk  start traps: up
            0.000 traps = report: killed
            0.000 desk  traps ended: killed
            0.000 desk  start a: up
            0.000 a     terminate with 0: shutdown
            0.000 desk  a: stopping
            0.000 desk  a: exit(shutdown)
            0.000 desk  a ended: shutdown
        "#]],
    );
}
