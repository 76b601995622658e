//! gen_statem: the order of events, postpone, enter, time-outs, modules (G17 to G22). Where it is about order, the same
//! machine was run on Erlang/OTP 25, and the expectation is what it printed.
use crate::kit::{Order, Play, call, cast, exit, replace, say, start, start_with, status, stop, system};
use expect_test::{Expect, expect};
use peerd_otp::{
    message::{Caller, encode},
    statem::{self, Action, Goal, Init, Machine, Module, Set, Step, Switch, Trigger, Which},
};
use peerd_vat::{Crash, Cx, Event, Reason, Ref, System, Time};

/// Does what the words of its events say: `postpone s1` postpones unless in s1, `to s1; insert a, b` inserts `a; b`, and so on.
/// Says all that it handles.
pub struct Puppet;

/// Says when it is entered, too.
struct Entered;

type Timeout = String;

/// What both puppets do.
fn obey<M: Machine<State = String, Data = Vec<Caller>, Own = String, Timer = Timeout>>(
    state: &str,
    words: &str,
    data: &mut Vec<Caller>,
    cx: &mut Cx<'_>,
) -> Result<Step<M>, Crash> {
    let mut step = Step::keep();
    for command in words.split(';').map(str::trim) {
        let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
        let (first, content) = rest.split_once(' ').unwrap_or((rest, ""));
        let ms = || first.parse::<u64>().expect("milliseconds");
        let which = || match first {
            "state" => Which::State,
            "event" => Which::Event,
            name => Which::Named(name.into()),
        };
        step = match verb {
            "to" => Step { goal: Goal::To(rest.into()), ..step },
            "repeat" => Step { goal: Goal::Repeat, ..step },
            "stop" => Step { goal: Goal::Stop(Reason::Other(rest.into())), ..step },
            "postpone" if rest == state => step,
            "postpone" => step.postpone(),
            "insert" => step.insert(rest.replace(',', ";")),
            "state" => step.state_timeout(ms(), content.into()),
            "event" => step.event_timeout(ms(), content.into()),
            "timer" => {
                let (ms, content) = content.split_once(' ').expect("`timer NAME MS CONTENT`");
                step.timeout(first.into(), ms.parse().expect("milliseconds"), content.into())
            }
            "at" => step.and(Action::Timer(Which::State, Set::At(Time(ms()), content.into()))),
            "update" => step.update(which(), content.into()),
            "cancel" => step.cancel(which()),
            "push" => step.switch(Switch::Push(rest.into())),
            "change" => step.switch(Switch::Change(rest.into())),
            "pop" => step.switch(Switch::Pop),
            "answer" => {
                data.drain(..).for_each(|caller| caller.answer(&rest, cx));
                step
            }
            _ => step,
        };
    }
    Ok(step)
}

fn handle<M: Machine<State = String, Data = Vec<Caller>, Call = String, Cast = String, Own = String, Timer = Timeout>>(
    state: &str,
    trigger: Trigger<'_, M>,
    data: &mut Vec<Caller>,
    cx: &mut Cx<'_>,
) -> Result<Step<M>, Crash> {
    let (kind, words) = match trigger {
        Trigger::Call(words, caller) => {
            data.push(caller);
            ("call", words)
        }
        Trigger::Cast(words) => ("cast", words),
        Trigger::Info(Event::Exit { reason, .. }) => ("exit", reason.to_string()),
        Trigger::Info(_) => ("info", String::new()),
        Trigger::Inserted(words) => ("inserted", words.clone()),
        Trigger::StateTimeout(words) => ("state timeout", words.clone()),
        Trigger::EventTimeout(words) => ("event timeout", words.clone()),
        Trigger::Timeout(name, words) => (name.as_str(), words.clone()),
    };
    let label = format!("{kind} {words:?} in {state}");
    say(cx, label);
    obey(state, &words, data, cx)
}

/// The callbacks named `loud`.
const LOUD: Module<Puppet> = Module {
    handle: |state, trigger, data, cx| {
        say(cx, "LOUD");
        handle(state, trigger, data, cx)
    },
    enter: Puppet::enter,
};

impl Machine for Puppet {
    const NAME: &'static str = "puppet";
    type State = String;
    type Data = Vec<Caller>;
    type Call = String;
    type Cast = String;
    type Own = String;
    type Timer = Timeout;

    fn init(args: &[u8], _refs: &[Ref], cx: &mut Cx<'_>) -> Result<Init<Puppet>, Crash> {
        let step = obey("s0", std::str::from_utf8(args).expect("words"), &mut Vec::new(), cx)?;
        Ok(Init::With("s0".into(), Vec::new(), step))
    }

    fn handle(state: &String, trigger: Trigger<'_, Puppet>, data: &mut Vec<Caller>, cx: &mut Cx<'_>) -> Result<Step<Puppet>, Crash> {
        handle(state, trigger, data, cx)
    }

    fn module(name: &str) -> Option<Module<Puppet>> {
        (name == "loud").then_some(LOUD)
    }

    fn terminate(state: &String, reason: &Reason, _: &mut Vec<Caller>, cx: &mut Cx<'_>) {
        say(cx, format!("terminate in {state}: {reason}"));
    }
}

impl Machine for Entered {
    const NAME: &'static str = "entered";
    const ENTERS: bool = true;
    type State = String;
    type Data = Vec<Caller>;
    type Call = String;
    type Cast = String;
    type Own = String;
    type Timer = Timeout;

    fn init(args: &[u8], _refs: &[Ref], _cx: &mut Cx<'_>) -> Result<Init<Entered>, Crash> {
        Ok(Init::Ready(if args.is_empty() { "s0".into() } else { String::from_utf8_lossy(args).into() }, Vec::new()))
    }

    fn handle(state: &String, trigger: Trigger<'_, Entered>, data: &mut Vec<Caller>, cx: &mut Cx<'_>) -> Result<Step<Entered>, Crash> {
        handle(state, trigger, data, cx)
    }

    /// The state's own name may say what to do: `s1 state 10 tick`.
    fn enter(from: &String, to: &String, data: &mut Vec<Caller>, cx: &mut Cx<'_>) -> Result<Step<Entered>, Crash> {
        say(cx, format!("enter {to:?} from {from:?}"));
        obey(to, to.split_once(' ').map_or("", |words| words.1), data, cx)
    }
}

fn play() -> Play {
    Play::new(vec![statem::behaviour::<Puppet>(), statem::behaviour::<Entered>()])
}

/// All casts wait in the mailbox before the first is handled.
fn check(behaviour: &str, casts: &[&str], expect: Expect) {
    let mut play = play();
    play.desk([start("m", behaviour)].into_iter().chain(casts.iter().map(|words| say_to(words))));
    expect.assert_eq(&play.told);
}

fn say_to(words: &str) -> Order {
    cast("m", &words)
}

/// G17
#[test]
fn postponed_events_come_again_oldest_first_when_the_state_changes() {
    check(
        "puppet",
        &["postpone s2; a", "postpone s1; b", "postpone s2; c", "to s0", "to s1", "new", "to s2", "newer"],
        expect![[r#"
        0.000 desk  start m: up
        0.000 m     cast "postpone s2; a" in s0
        0.000 m     cast "postpone s1; b" in s0
        0.000 m     cast "postpone s2; c" in s0
        0.000 m     cast "to s0" in s0
        0.000 m     cast "to s1" in s0
        0.000 m     cast "postpone s2; a" in s1
        0.000 m     cast "postpone s1; b" in s1
        0.000 m     cast "postpone s2; c" in s1
        0.000 m     cast "new" in s1
        0.000 m     cast "to s2" in s1
        0.000 m     cast "postpone s2; a" in s2
        0.000 m     cast "postpone s2; c" in s2
        0.000 m     cast "newer" in s2
    "#]],
    );
}

/// G18 event_order
#[test]
fn after_a_change_inserted_events_come_first_then_postponed_ones_then_zero_timeouts_then_new_ones() {
    check(
        "entered",
        &["postpone s1; p1", "postpone s1; p2", "insert to s1, event 0 in vain; insert i2", "new"],
        expect![[r#"
            0.000 m     enter "s0" from "s0"
            0.000 desk  start m: up
            0.000 m     cast "postpone s1; p1" in s0
            0.000 m     cast "postpone s1; p2" in s0
            0.000 m     cast "insert to s1, event 0 in vain; insert i2" in s0
            0.000 m     inserted "to s1; event 0 in vain" in s0
            0.000 m     enter "s1" from "s0"
            0.000 m     cast "postpone s1; p1" in s1
            0.000 m     cast "postpone s1; p2" in s1
            0.000 m     inserted "i2" in s1
            0.000 m     cast "new" in s1
        "#]],
    );
    check(
        "entered",
        &["postpone s1; p1", "postpone s1; p2", "insert to s1, insert j1, state 0 zero; insert i2", "new1", "new2"],
        expect![[r#"
            0.000 m     enter "s0" from "s0"
            0.000 desk  start m: up
            0.000 m     cast "postpone s1; p1" in s0
            0.000 m     cast "postpone s1; p2" in s0
            0.000 m     cast "insert to s1, insert j1, state 0 zero; insert i2" in s0
            0.000 m     inserted "to s1; insert j1; state 0 zero" in s0
            0.000 m     enter "s1" from "s0"
            0.000 m     inserted "j1" in s1
            0.000 m     cast "postpone s1; p1" in s1
            0.000 m     cast "postpone s1; p2" in s1
            0.000 m     inserted "i2" in s1
            0.000 m     state timeout "zero" in s1
            0.000 m     cast "new1" in s1
            0.000 m     cast "new2" in s1
        "#]],
    );
    check(
        "puppet",
        &["state 0 a; timer x 0 b; event 0 c; timer y 0 insert after_y", "new"],
        expect![[r#"
        0.000 desk  start m: up
        0.000 m     cast "state 0 a; timer x 0 b; event 0 c; timer y 0 insert after_y" in s0
        0.000 m     state timeout "a" in s0
        0.000 m     x "b" in s0
        0.000 m     y "insert after_y" in s0
        0.000 m     inserted "after_y" in s0
        0.000 m     cast "new" in s0
    "#]],
    );
}

#[test]
fn inserted_events_and_timeouts_can_be_postponed() {
    check(
        "puppet",
        &["insert postpone s1; timer w 0 postpone s1", "new", "to s1; insert first; timer v 0 last", "newer"],
        expect![[r#"
            0.000 desk  start m: up
            0.000 m     cast "insert postpone s1; timer w 0 postpone s1" in s0
            0.000 m     inserted "postpone s1" in s0
            0.000 m     w "postpone s1" in s0
            0.000 m     cast "new" in s0
            0.000 m     cast "to s1; insert first; timer v 0 last" in s0
            0.000 m     inserted "first" in s1
            0.000 m     inserted "postpone s1" in s1
            0.000 m     w "postpone s1" in s1
            0.000 m     v "last" in s1
            0.000 m     cast "newer" in s1
        "#]],
    );
}

/// G19
#[test]
fn a_state_is_entered_at_the_start_at_each_change_and_when_repeated() {
    check(
        "entered",
        &["keep", "to s0", "to s1", "repeat"],
        expect![[r#"
        0.000 m     enter "s0" from "s0"
        0.000 desk  start m: up
        0.000 m     cast "keep" in s0
        0.000 m     cast "to s0" in s0
        0.000 m     cast "to s1" in s0
        0.000 m     enter "s1" from "s0"
        0.000 m     cast "repeat" in s1
        0.000 m     enter "s1" from "s1"
    "#]],
    );
}

/// G19, G22
#[test]
fn what_a_state_enter_call_may_not_do_ends_the_machine_by_name() {
    for name in ["postpone x", "insert x", "to other", "repeat", "push loud"] {
        let mut play = play();
        play.desk([start("m", "entered"), cast("m", &format!("to s1 {name}"))]);
        let told = play.told.lines().find(|line| line.contains("report")).expect("it ended").to_owned();
        let expected = match name {
            "postpone x" => "bad_action: postpone in a state-enter call",
            "insert x" => "bad_action: an inserted event in a state-enter call",
            "to other" => "bad_state_enter_return: a change of state in a state-enter call",
            "repeat" => "bad_state_enter_return: a state that is entered for ever",
            _ => "bad_action: a change of module in a state-enter call",
        };
        assert!(told.contains(expected), "{name}: {told}");
    }
}

/// G20
#[test]
fn a_state_timeout_is_cancelled_by_a_change_of_state_only() {
    let mut play = play();
    play.desk([start("m", "puppet"), say_to("state 100 first")]);
    play.advance(50);
    play.desk([say_to("to s0"), say_to("repeat")]);
    play.advance(50);
    play.desk([say_to("state 100 second"), say_to("to s1")]);
    play.advance(200);
    play.desk([say_to("state 100 third"), say_to("state 150 instead")]);
    play.advance(200);
    play.desk([say_to("at 510 absolute")]);
    play.advance(10);
    expect![[r#"
        0.000 desk  start m: up
        0.000 m     cast "state 100 first" in s0
        0.050 m     cast "to s0" in s0
        0.050 m     cast "repeat" in s0
        0.100 m     state timeout "first" in s0
        0.100 m     cast "state 100 second" in s0
        0.100 m     cast "to s1" in s0
        0.300 m     cast "state 100 third" in s1
        0.300 m     cast "state 150 instead" in s1
        0.450 m     state timeout "instead" in s1
        0.500 m     cast "at 510 absolute" in s1
        0.510 m     state timeout "absolute" in s1
    "#]]
    .assert_eq(&play.told);
}

/// G20
#[test]
fn an_event_timeout_is_cancelled_by_any_event() {
    let mut play = play();
    play.desk([start("m", "puppet"), say_to("event 20 alone")]);
    play.advance(20);
    play.desk([say_to("event 20 in vain")]);
    play.advance(19);
    play.desk([say_to("anything")]);
    play.advance(100);
    play.desk([say_to("timer x 0 any; event 0 in vain"), say_to("event 0 immediately"), say_to("new")]);
    expect![[r#"
        0.000 desk  start m: up
        0.000 m     cast "event 20 alone" in s0
        0.020 m     event timeout "alone" in s0
        0.020 m     cast "event 20 in vain" in s0
        0.039 m     cast "anything" in s0
        0.139 m     cast "timer x 0 any; event 0 in vain" in s0
        0.139 m     x "any" in s0
        0.139 m     cast "event 0 immediately" in s0
        0.139 m     event timeout "immediately" in s0
        0.139 m     cast "new" in s0
    "#]]
    .assert_eq(&play.told);
}

/// G21 generic_timers, timeout_cancel_and_update
#[test]
fn named_timers_are_independent_replaced_cancelled_and_updated() {
    let mut play = play();
    play.desk([start("m", "puppet"), say_to("timer x 10 one; timer y 20 two; timer z 30 three"), say_to("to s1")]);
    play.advance(5);
    play.desk([say_to("timer x 20 again; cancel y; update z changed")]);
    play.advance(100);
    play.desk([say_to("update x not set"), say_to("new")]);
    play.desk([say_to("timer x 0 b1; timer y 0 b2; timer x 0 b3")]);
    play.desk([say_to("timer x 0 b1; timer y 0 b2; cancel x")]);
    play.desk([say_to("timer x 0 insert update y fresh; timer y 0 stale")]);
    expect![[r#"
        0.000 desk  start m: up
        0.000 m     cast "timer x 10 one; timer y 20 two; timer z 30 three" in s0
        0.000 m     cast "to s1" in s0
        0.005 m     cast "timer x 20 again; cancel y; update z changed" in s1
        0.025 m     x "again" in s1
        0.030 m     z "changed" in s1
        0.105 m     cast "update x not set" in s1
        0.105 m     x "not set" in s1
        0.105 m     cast "new" in s1
        0.105 m     cast "timer x 0 b1; timer y 0 b2; timer x 0 b3" in s1
        0.105 m     y "b2" in s1
        0.105 m     x "b3" in s1
        0.105 m     cast "timer x 0 b1; timer y 0 b2; cancel x" in s1
        0.105 m     y "b2" in s1
        0.105 m     cast "timer x 0 insert update y fresh; timer y 0 stale" in s1
        0.105 m     x "insert update y fresh" in s1
        0.105 m     inserted "update y fresh" in s1
        0.105 m     y "fresh" in s1
    "#]]
    .assert_eq(&play.told);
}

/// G22 pop_too_many
#[test]
fn modules_are_changed_pushed_and_popped_and_one_pop_too_many_is_a_bad_action() {
    check(
        "puppet",
        &["push loud", "hello", "push loud", "pop", "pop", "quiet", "change loud", "loud again", "pop"],
        expect![[r#"
        0.000 desk  start m: up
        0.000 m     cast "push loud" in s0
        0.000 m     LOUD
        0.000 m     cast "hello" in s0
        0.000 m     LOUD
        0.000 m     cast "push loud" in s0
        0.000 m     LOUD
        0.000 m     cast "pop" in s0
        0.000 m     LOUD
        0.000 m     cast "pop" in s0
        0.000 m     cast "quiet" in s0
        0.000 m     cast "change loud" in s0
        0.000 m     LOUD
        0.000 m     cast "loud again" in s0
        0.000 m     = report: crashed "bad_action: pop, with nothing pushed"
        0.000 desk  m ended: crashed "bad_action: pop, with nothing pushed"
    "#]],
    );
    check(
        "puppet",
        &["push unheard-of"],
        expect![[r#"
        0.000 desk  start m: up
        0.000 m     = report: crashed "bad_action: no module is named \"unheard-of\""
        0.000 desk  m ended: crashed "bad_action: no module is named \"unheard-of\""
    "#]],
    );
}

/// G16
#[test]
fn a_stop_answers_the_callers_it_names_and_the_others_get_the_reason() {
    let mut play = play();
    play.desk([start("m", "puppet"), call("m", &"one"), call("m", &"two"), say_to("answer yes"), call("m", &"three")]);
    play.desk([call("m", &"postpone s9; four"), say_to("stop enough")]);
    expect![[r#"
        0.000 desk  start m: up
        0.000 m     call "one" in s0
        0.000 m     call "two" in s0
        0.000 m     cast "answer yes" in s0
        0.000 desk  m: yes
        0.000 m     call "three" in s0
        0.000 desk  m: yes
        0.000 m     call "postpone s9; four" in s0
        0.000 m     cast "stop enough" in s0
        0.000 m     terminate in s0: enough
        0.000 m     = terminated: enough, with "s0", 33 bytes of data
        0.000 m     = report: enough
        0.000 desk  m: exit(enough)
        0.000 desk  m: exit(enough)
        0.000 desk  m ended: enough
    "#]]
    .assert_eq(&play.told);
}

/// G15
#[test]
fn a_suspended_machine_lets_events_and_timeouts_wait() {
    let mut play = play();
    play.desk([start_with("m", "puppet", b"timer x 10 tick", &[]), say_to("postpone s1; old")]);
    play.desk([system("m", System::Suspend)]);
    play.desk([say_to("to s1; insert i"), say_to("new")]);
    play.advance(10);
    play.desk([system("m", System::GetState)]);
    play.desk([replace("m", encode(&("s0", Vec::<Caller>::new())))]);
    play.desk([system("m", System::Resume)]);
    play.desk([status("m"), stop("m", Reason::Normal)]);
    play.desk([exit("m", Reason::Kill)]);
    expect![[r#"
        0.000 desk  start m: up
        0.000 m     cast "postpone s1; old" in s0
        0.000 desk  m: done
        0.010 desk  m: state Ok(Some([2, 115, 48, 0]))
        0.010 desk  m: done
        0.010 m     cast "to s1; insert i" in s0
        0.010 desk  m: done
        0.010 m     inserted "i" in s1
        0.010 m     cast "postpone s1; old" in s1
        0.010 m     cast "new" in s1
        0.010 m     x "tick" in s1
        0.010 desk  m: Status(Status { behaviour: "puppet", activity: "\"s1\"", state: "\"s1\", 1 bytes of data" })
        0.010 m     terminate in s1: normal
        0.010 desk  m: Ok(())
        0.010 desk  m ended: normal
    "#]]
    .assert_eq(&play.told);
}

#[test]
fn an_init_with_a_bad_action_does_not_start() {
    let mut play = play();
    play.desk([start_with("m", "puppet", b"postpone s1", &[])]);
    expect![[r#"
        0.000 m     = report: crashed "bad_action: postpone without an event"
        0.000 desk  start m: Failed(Crash(Crash { kind: "bad_action", message: "bad_action: postpone without an event" }))
        0.000 desk  m ended: crashed "bad_action: postpone without an event"
    "#]]
    .assert_eq(&play.told);
}

/// Semantics 17
#[test]
fn a_machine_rests_as_bytes_with_its_time_outs_and_what_it_postponed() {
    let mut play = play();
    play.desk([start("m", "puppet"), say_to("timer x 10 tick; push loud"), call("m", &"postpone s1")]);
    play.desk([system("m", System::Passivate)]);
    play.advance(10);
    play.desk([system("m", System::Passivate)]);
    play.desk([say_to("to s1; pop"), say_to("answer yes")]);
    expect![[r#"
        0.000 desk  start m: up
        0.000 m     cast "timer x 10 tick; push loud" in s0
        0.000 m     LOUD
        0.000 m     call "postpone s1" in s0
        0.000 desk  m: done
        0.010 m     LOUD
        0.010 m     x "tick" in s0
        0.010 desk  m: done
        0.010 m     LOUD
        0.010 m     cast "to s1; pop" in s0
        0.010 m     call "postpone s1" in s1
        0.010 m     cast "answer yes" in s1
        0.010 desk  m: yes
    "#]]
    .assert_eq(&play.told);
}
