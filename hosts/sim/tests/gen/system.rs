//! A server looked into, suspended, upgraded, at rest, and an actor that goes on as one (G11, G15, semantics 17, 18).
use crate::{
    kit::{Order, Play, call, cast, exit, replace, say, start, start_with, status, system},
    server::{Ask, Obedient, State, Tell, check, many},
};
use expect_test::expect;
use peerd_otp::{
    Server, behaviour,
    gen_server::{self, GenServer, Init, Next},
    message::{Caller, Never, decode, encode},
    registry,
};
use peerd_vat::{CallId, Code, Crash, Cx, Event, Reason, Ref, System};

/// G15
#[test]
fn a_suspended_server_lets_messages_wait_and_its_state_can_be_replaced() {
    check(
        |play| {
            play.desk(many("a", b""));
            play.desk([system("a", System::Suspend), call("a", &Ask::Add(1)), cast("a", &Tell::Say("in order".into()))]);
            play.desk([system("a", System::GetState), call("a", &Ask::Add(2))]);
            play.desk([replace("a", encode(&State { total: 10, ..State::default() }))]);
            play.desk([replace("a", b"nonsense that is longer than a state".to_vec())]);
            play.desk([system("a", System::Resume)]);
            play.desk([system("a", System::GetState), call("a", &Ask::Add(1))]);
            // Running, too.
            play.desk([replace("a", encode(&State { total: 50, ..State::default() })), call("a", &Ask::Add(1))]);
            play.desk([Order::Lend { of: "a".into(), name: "lent".into() }, system("lent", System::GetState), status("lent")]);
        },
        expect![[r#"
            0.000 desk  start a: up
            0.000 desk  a: done
            0.000 desk  a: state Ok(Some([0, 0, 0]))
            0.000 desk  a: done
            0.000 desk  a: exit(crashed "state of obedient: Serde Deserialization Error")
            0.000 desk  a: done
            0.000 a     in order
            0.000 desk  a: 11
            0.000 desk  a: 13
            0.000 desk  a: state Ok(Some([13, 0, 0]))
            0.000 desk  a: 14
            0.000 desk  a: done
            0.000 desk  a: 51
            0.000 desk  lent: revoked
            0.000 desk  lent: Refused
        "#]],
    );
}

/// G15
#[test]
fn log_and_statistics_are_switched_on_and_off() {
    check(
        |play| {
            play.desk(many("a", b""));
            play.desk([system("a", System::GetStatistics), system("a", System::Statistics(true)), system("a", System::Log(3))]);
            play.desk([call("a", &Ask::Add(1)), cast("a", &Tell::Answer), call("a", &Ask::Add(1))]);
            play.desk([system("a", System::GetLog), system("a", System::GetStatistics)]);
            play.desk([system("a", System::Statistics(false)), system("a", System::Log(0))]);
            play.desk([system("a", System::GetStatistics), system("a", System::GetLog)]);
        },
        expect![[r#"
            0.000 desk  start a: up
            0.000 desk  a: None
            0.000 desk  a: done
            0.000 desk  a: done
            0.000 desk  a: 1
            0.000 desk  a: 2
            0.000 desk  a: 3 lines
            0.000 desk  a: Some(Statistics { since: Time(0), received: 6, sent: 2, spawned: 0 })
            0.000 desk  a: done
            0.000 desk  a: done
            0.000 desk  a: None
            0.000 desk  a: 0 lines
        "#]],
    );
}

/// G15
#[test]
fn a_server_is_upgraded_to_a_version_that_knows_its_state() {
    let code = |version| Code { name: "counting", version };
    let upgrade = |from, to, extra| system("a", System::Upgrade { from: code(from), to: code(to), extra });
    let mut play = Play::new(vec![gen_server::behaviour::<Counting<1>>(), gen_server::behaviour::<Counting<2>>()]);
    play.desk([start("old", "counting")]);
    play.desk([start("a", "counting"), call("a", &3u64)]);
    play.desk([upgrade(2, 1, b"down"), call("a", &3u64)]);
    play.desk([upgrade(2, 1, b"from what it is not"), call("a", &3u64)]);
    play.desk([upgrade(1, 2, b"no"), call("a", &3u64)]);
    play.desk([upgrade(1, 2, b"up"), call("a", &3u64)]);
    expect![[r#"
        0.000 desk  start old: up
        0.000 desk  start a: up
        0.000 desk  a: 30 in version 2
        0.000 a     from counting version 2 with 30
        0.000 desk  a: done
        0.000 desk  a: 1033 in version 1
        0.000 desk  a: exit(crashed "it is counting version 1, not counting version 2")
        0.000 desk  a: 1036 in version 1
        0.000 desk  a: exit(crashed "not like this")
        0.000 desk  a: 1039 in version 1
        0.000 a     from counting version 1 with 1039
        0.000 desk  a: done
        0.000 desk  a: 2069 in version 2
    "#]]
    .assert_eq(&play.told);
}

/// Version 1 counts ones, version 2 counts tens.
struct Counting<const VERSION: u32>;

impl<const V: u32> GenServer for Counting<V> {
    const NAME: &'static str = "counting";
    const VERSION: u32 = V;
    type State = u64;
    type Call = u64;
    type Cast = Never;
    type Continue = Never;

    fn init(_args: &[u8], _refs: &[Ref], _cx: &mut Cx<'_>) -> Result<Init<Self>, Crash> {
        Ok(Init::Ready(0))
    }

    fn call(total: &mut u64, more: u64, caller: Caller, cx: &mut Cx<'_>) -> Result<Next<Self>, Crash> {
        *total += if V == 1 { more } else { more * 10 };
        caller.answer(&format!("{total} in version {V}"), cx);
        Ok(Next::Go)
    }

    fn migrate(state: &[u8], from: Code<'_>, extra: &[u8], cx: &mut Cx<'_>) -> Result<u64, Crash> {
        let old: u64 = decode(state).expect("both versions count in numbers");
        say(cx, format!("from {from} with {old}"));
        if extra == b"no" { Err(Crash::new("migrate", "not like this")) } else { Ok(old + 1_000) }
    }
}

/// Registers itself, or not, and goes on as an obedient server.
struct Becomes;

impl Server for Becomes {
    const NAME: &'static str = "becomes";
    type State = (Ref, Option<CallId>);

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Self::State, Crash> {
        cx.trap_exits(true);
        let registers = args == b"registers";
        Ok((refs[0], registers.then(|| registry::register(refs[0], "mine", cx.me(), cx))))
    }

    fn handle((directory, call): &mut Self::State, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::Reply { call: settled, .. } if *call == Some(settled) => {}
            Event::User { body: b"plain", .. } => gen_server::enter::<Obedient>(State { total: 100, ..State::default() }, None, cx),
            Event::User { .. } => gen_server::enter::<Obedient>(State { total: 100, ..State::default() }, Some((*directory, "mine")), cx),
            _ => {}
        }
        Ok(())
    }
}

/// G11
#[test]
fn an_actor_goes_on_as_a_server_if_the_name_is_its_own() {
    let mut play = Play::new(vec![gen_server::behaviour::<Obedient>(), registry::behaviour(), behaviour::<Becomes>()]);
    play.desk([start("names", registry::NAME)]);
    let become_server = |how: &[u8]| Order::Cast { to: "a".into(), body: how.to_vec(), refs: vec![] };
    for (args, how) in [(&b""[..], &b"plain"[..]), (b"registers", b"named"), (b"", b"named")] {
        play.desk([start_with("a", "becomes", args, &["names"]), become_server(how), call("a", &Ask::Add(1))]);
        // Its parent's exit ends it, whatever the reason.
        play.desk([exit("a", Reason::Normal)]);
    }
    expect![[r#"
        0.000 desk  start names: up
        0.000 desk  start a: up
        0.000 desk  a: 101
        0.000 a     terminate with 101: normal
        0.000 desk  a ended: normal
        0.000 desk  start a: up
        0.000 desk  a: 101
        0.000 a     Reply { call: CallId(Key { index: 2, generation: 1 }), result: Ok(Answer { body: [0], refs: [] }) }
        0.000 a     terminate with 101: normal
        0.000 desk  a ended: normal
        0.000 desk  start a: up
        0.000 a     terminate with 100: process_not_registered
        0.000 a     = terminated: process_not_registered, with a total of 100
        0.000 a     = report: process_not_registered
        0.000 desk  a: exit(process_not_registered)
        0.000 desk  a ended: process_not_registered
    "#]]
    .assert_eq(&play.told);
}

/// Semantics 17
#[test]
fn a_server_rests_as_bytes_and_goes_on() {
    check(
        |play| {
            play.desk(many("a", b""));
            play.desk([call("a", &Ask::Later), call("a", &Ask::Add(3))]);
            play.desk([system("a", System::Passivate)]);
            play.desk([call("a", &Ask::Add(4)), cast("a", &Tell::Answer)]);
        },
        expect![[r#"
            0.000 desk  start a: up
            0.000 desk  a: 3
            0.000 desk  a: done
            0.000 desk  a: 7
            0.000 desk  a: at last
        "#]],
    );
}
