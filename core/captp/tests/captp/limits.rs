//! Every limit, and what happens at it.
use peerd_captp::*;
use peerd_hostile::forge::Forger;

use crate::script::*;
use crate::world::*;

fn ready(limits: Limits) -> (Script, Conn) {
    let (mut script, conn) = Script::ready(Flavour::Peerd, limits);
    script.fetched(conn, Object(7));
    (script, conn)
}

#[test]
fn a_message_is_as_long_as_the_limit_and_no_longer() {
    let limits = Limits { frame_bytes_max: 1_000, hello_bytes_max: 500, ..Limits::default() };
    let message = |length: usize| {
        let empty = b"<10'op:deliver<11'desc:export1+>[000:]ff>".len();
        let bytes = length - empty;
        [format!("<10'op:deliver<11'desc:export1+>[{bytes}:").as_bytes(), &vec![0; bytes], b"]ff>"].concat()
    };
    let (mut script, conn) = ready(limits);
    assert_eq!(script.says(conn, &message(1_000)).closed, None);
    assert_eq!(script.says(conn, &message(1_001)), abort("a message that is too long"));
    // Before the hello there is less room.
    let mut script = Script::new(Flavour::Peerd, limits);
    let conn = script.accept();
    assert_eq!(script.says(conn, &message(501)), abort("a message that is too long"));
}

#[test]
fn depth_nodes_and_digits_of_a_message_are_limited() {
    let (mut script, conn) = ready(Limits { nodes_max: 1_000, ..Limits::default() });
    let arguments = |inner: &[u8]| [b"<10'op:deliver<11'desc:export1+>[".as_slice(), inner, b"]ff>"].concat();
    let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
    // The op and its list of arguments are two.
    assert_eq!(script.says(conn, &arguments(&nested(62))).closed, None);
    assert_eq!(script.says(conn, &arguments(&nested(63))), abort("values nested too deeply"));
    let (mut script, conn) = ready(Limits { nodes_max: 1_000, ..Limits::default() });
    assert_eq!(script.says(conn, &arguments(&[b't'; 992])).closed, None);
    assert_eq!(script.says(conn, &arguments(&[b't'; 993])), abort("too many values in one message"));
    let (mut script, conn) = ready(Limits::default());
    assert_eq!(script.says(conn, &arguments(&[vec![b'9'; 4_096], vec![b'+']].concat())).closed, None);
    assert_eq!(
        script.says(conn, &arguments(&[vec![b'9'; 4_097], vec![b'+']].concat())),
        abort("a number that is not canonical or too long")
    );
}

#[test]
fn what_we_could_not_read_we_do_not_write() {
    let mut world = World::new(2);
    world.connect(0, 1);
    let echo = world.echo(1);
    let far = world.give(1, echo, 0);
    let deep = |depth: usize| (0..depth).fold(Value::Void, |inner, _| Value::List(vec![inner]));
    let peer = &mut world.peers[0];
    assert_eq!(peer.call(far, vec![deep(1_000)]), Err(Refused::NotPortable("nested too deeply")));
    assert_eq!(peer.call(far, vec![Value::Bytes(vec![0; 1 << 20])]), Err(Refused::TooLong));
    let digits = Integer::parse(&"9".repeat(4_097)).expect("an integer");
    assert_eq!(peer.call(far, vec![Value::Integer(digits)]), Err(Refused::NotPortable("an integer with too many digits")));
    // The largest of each goes through.
    let largest =
        [deep(60), Value::Bytes(vec![0; (1 << 20) - 1_000]), Value::Integer(Integer::parse(&"9".repeat(4_096)).expect("an integer"))];
    for value in largest {
        let promise = world.peers[0].call(far, vec![value]).expect("within the limits");
        assert!(matches!(world.outcome(0, promise), Outcome::Fulfilled(_)));
    }
}

#[test]
fn a_location_is_as_long_as_the_limit_and_no_longer() {
    let (mut script, conn) = ready(Limits::default());
    let sturdyref = |length: usize| {
        let empty = "16'tcp-testing-only0000\"f>".len();
        let name = "x".repeat(length - empty);
        format!("<10'op:deliver<11'desc:export1+>[<15'ocapn-sturdyref<10'ocapn-peer16'tcp-testing-only{}\"{name}f>5:swiss>]ff>", name.len())
    };
    assert_eq!(script.says(conn, sturdyref(2_048).as_bytes()).closed, None);
    assert_eq!(script.says(conn, sturdyref(2_049).as_bytes()), abort("a location that is too long"));
}

#[test]
fn a_peer_that_has_us_hold_too_many_imports_or_answers_is_ended() {
    let limits = Limits { imports_max: 3, answers_max: 3, ..Limits::default() };
    let (mut script, conn) = ready(limits);
    script.says(conn, b"<10'op:deliver<11'desc:export1+>[<18'desc:import-object1+><18'desc:import-object2+><19'desc:import-promise3+>]ff>");
    assert_eq!(script.says(conn, b"<10'op:deliver<11'desc:export1+>[<18'desc:import-object3+>]ff>").closed, None);
    assert_eq!(script.says(conn, b"<10'op:deliver<11'desc:export1+>[<18'desc:import-object4+>]ff>"), abort("too many imports"));
    let (mut script, conn) = ready(limits);
    for position in 0..3 {
        script.says(conn, format!("<10'op:deliver<11'desc:export1+>[]{position}+f>").as_bytes());
    }
    assert_eq!(script.says(conn, b"<10'op:deliver<11'desc:export1+>[]3+f>"), abort("too many answers"));
}

#[test]
fn questions_and_exports_of_our_own_are_refused_at_their_limit_and_possible_again_later() {
    let limits = Limits { questions_max: 3, exports_max: 10, ..Limits::default() };
    let layer = |name| vec![netlayer(name, Framing::Length, Flavour::Peerd)];
    let mut world = World::of(vec![layer("alice"), layer("bob")], limits);
    world.connect(0, 1);
    let echo = world.echo(1);
    let far = world.give(1, echo, 0);
    world.pass(1_000);
    let promises: Vec<Promise> = (0..3).map(|_| world.peers[0].call(far, Vec::new()).expect("a call")).collect();
    assert_eq!(world.peers[0].call(far, Vec::new()), Err(Refused::Full("questions")));
    for promise in promises {
        world.outcome(0, promise);
    }
    world.pass(1_000);
    assert!(matches!(world.ask(0, far, &[]), Outcome::Fulfilled(_)));
    world.pass(1_000);
    let many: Vec<Value> = (100..111).map(|object| Value::Ref(Ref::Local(Object(object)))).collect();
    assert_eq!(world.peers[0].send(far, many.clone()), Err(Refused::Full("exports")));
    assert_eq!(world.peers[0].send(far, many[..10].to_vec()), Ok(()));
}

#[test]
fn what_waits_for_one_promise_is_limited_and_the_newest_is_broken() {
    for limits in [Limits { queued_max: 3, ..Limits::default() }, Limits { queued_bytes_max: 3 * 70, ..Limits::default() }] {
        let (mut script, conn) = ready(limits);
        let (promise, _) = script.peer.promise();
        script.says(conn, b"<10'op:deliver<11'desc:export1+>[]1+f>");
        let (_, _, answer) = script.delivered.pop().expect("delivered");
        script.peer.settle(answer.expect("asked for"), fulfilled(Value::Ref(Ref::Promise(promise)))).expect("once");
        let call = b"<10'op:deliver<11'desc:answer1+>[7\"padding]f<18'desc:import-object9+>>";
        let heard: Vec<Heard> = (0..4).map(|_| script.says(conn, call)).collect();
        assert_eq!(heard[..3], [Heard::default(), Heard::default(), Heard::default()], "{limits:?}");
        assert_eq!(heard[3].messages, ["<10'op:deliver<11'desc:export9+>[5'break31\"too much waits for this promise]ff>"], "{limits:?}");
    }
}

#[test]
fn who_listens_to_one_promise_again_and_again_is_limited() {
    let (mut script, conn) = ready(Limits { queued_bytes_max: 1_000, ..Limits::default() });
    script.says(conn, b"<10'op:deliver<11'desc:export1+>[]1+f>");
    let listen = b"<9'op:listen<11'desc:answer1+><18'desc:import-object9+>f>";
    for _ in 0..15 {
        assert_eq!(script.says(conn, listen), Heard::default());
    }
    assert_eq!(script.says(conn, listen).messages, ["<10'op:deliver<11'desc:export9+>[5'break31\"too much waits for this promise]ff>"]);
    // Those who wait are told, and take no room any more.
    let (_, _, answer) = script.delivered.pop().expect("delivered");
    script.peer.settle(answer.expect("asked for"), fulfilled(Value::Bool(true))).expect("once");
    assert_eq!(script.heard(conn).messages.len(), 15);
    script.says(conn, b"<13'op:gc-answers[1+]>");
    assert_eq!(script.peer.totals().kept_bytes, 0);
}

#[test]
fn what_answers_keep_is_limited_in_all_and_free_again_when_they_are_released() {
    let (mut script, conn) = ready(Limits { kept_bytes_max: 10_000, ..Limits::default() });
    let answered = |script: &mut Script, position: u32| {
        script.says(conn, format!("<10'op:deliver<11'desc:export1+>[]{position}+<18'desc:import-object9+>>").as_bytes());
        let (_, _, answer) = script.delivered.pop().expect("delivered");
        script.peer.settle(answer.expect("asked for"), fulfilled(Value::Bytes(vec![0; 4_000]))).expect("once");
        script.heard(conn).messages.remove(0)
    };
    assert!(answered(&mut script, 1).contains("7'fulfill4000:"));
    assert!(answered(&mut script, 2).contains("7'fulfill4000:"));
    assert!(answered(&mut script, 3).contains("5'break16\"too much is held"));
    script.says(conn, b"<13'op:gc-answers[1+2+3+]>");
    assert_eq!(script.peer.totals().kept_bytes, 0);
    assert!(answered(&mut script, 4).contains("7'fulfill4000:"));
}

#[test]
fn gifts_and_who_waits_for_them_are_limited() {
    let (mut script, conn) = ready(Limits { gifts_max: 2, ..Limits::default() });
    let deposit = |at: u32| format!("<10'op:deliver<11'desc:export0+>[12'deposit-gift{at}+<11'desc:export1+>]f<18'desc:import-object9+>>");
    for at in 0..2 {
        assert!(script.says(conn, deposit(at).as_bytes()).messages[0].contains("fulfill"));
    }
    assert_eq!(script.says(conn, deposit(2).as_bytes()).messages, ["<10'op:deliver<11'desc:export9+>[5'break14\"too many gifts]ff>"]);
}

#[test]
fn dials_are_limited_and_end_in_time() {
    let mut script = Script::new(Flavour::Peerd, Limits { dials_max: 2, ..Limits::default() });
    script.pass(Conn(0), 0);
    let sturdyref = |name: &str| Sturdyref { location: location(name), swiss: b"x".to_vec() };
    let first = script.peer.enliven(&sturdyref("one")).expect("a dial");
    script.peer.enliven(&sturdyref("two")).expect("a dial");
    assert_eq!(script.peer.enliven(&sturdyref("three")), Err(Refused::Full("dials")));
    assert!(script.peer.enliven(&sturdyref("one")).is_ok());
    script.peer.listen(first).expect("held");
    script.pass(Conn(0), 0);
    script.pass(Conn(0), 9_999);
    assert_eq!(script.settled, []);
    script.pass(Conn(0), 1);
    assert_eq!(script.settled, [(first, Outcome::Broken(Reason::Machine("no connection")))]);
    assert_eq!(script.peer.totals().dials, 0);
    // What connects now is told to go.
    let Some(Output::Dial { dial, .. }) = script.outputs.iter().find(|output| matches!(output, Output::Dial { .. })) else {
        panic!("a dial")
    };
    script.peer.handle(Time(script.now), Input::Connected { conn: Conn(99), netlayer: 0, role: Role::Dialled(*dial), proven: None });
    assert_eq!(script.heard(Conn(99)).closed.as_deref(), Some("no longer wanted"));
}

#[test]
fn connections_are_limited() {
    let mut script = Script::new(Flavour::Peerd, Limits { conns_max: 2, ..Limits::default() });
    script.accept();
    script.accept();
    script.peer.handle(Time(script.now), Input::Connected { conn: Conn(99), netlayer: 0, role: Role::Accepted, proven: None });
    assert_eq!(script.heard(Conn(99)).closed.as_deref(), Some("too many connections"));
}

#[test]
fn a_peer_that_does_not_read_is_not_read_nor_called_and_then_ended() {
    let (mut script, conn) = ready(Limits { unsent_bytes_max: 10_000, ..Limits::default() });
    script.says(conn, b"<10'op:deliver<11'desc:export1+>[<18'desc:import-object1+>]ff>");
    let Value::Ref(far) = script.delivered.pop().expect("delivered").1[0] else { panic!("a reference") };
    // It asks for much, and takes nothing.
    let answer = |script: &mut Script| {
        script.says(conn, b"<10'op:deliver<11'desc:export1+>[]f<18'desc:import-object9+>>");
        let (_, _, answer) = script.delivered.pop().expect("delivered");
        script.peer.settle(answer.expect("asked for"), fulfilled(Value::Bytes(vec![0; 6_000]))).expect("once");
        script.heard(conn).closed
    };
    answer(&mut script);
    script.outputs.clear();
    answer(&mut script);
    assert_eq!(script.outputs, [Output::Pause { conn }]);
    assert_eq!(script.peer.send(far, Vec::new()), Err(Refused::Full("unsent")));
    script.peer.handle(Time(script.now), Input::Written { conn, bytes: 9_000 });
    script.heard(conn);
    assert_eq!(script.outputs, [Output::Pause { conn }, Output::Resume { conn }]);
    assert_eq!(script.peer.send(far, Vec::new()), Ok(()));
    for _ in 0..2 {
        assert_eq!(answer(&mut script), None);
    }
    assert_eq!(answer(&mut script).as_deref(), Some("too much that was not read"));
}

#[test]
fn a_large_answer_asked_for_again_and_again_in_one_piece_is_not_written_as_often() {
    let limits = Limits { unsent_bytes_max: 100_000, frame_bytes_max: 50_000, ..Limits::default() };
    let netlayer =
        Netlayer { location: location("ours"), policy: Policy::Claimed, framing: Framing::Raw, auth: Auth::None, flavour: Flavour::Peerd };
    let mut peer = Peer::new(vec![netlayer], limits, [1; 32]);
    let (conn, now) = (Conn(1), Time(1));
    peer.handle(now, Input::Connected { conn, netlayer: 0, role: Role::Accepted, proven: None });
    peer.handle(now, Input::Bytes { conn, bytes: &Forger::new(9).hello("theirs") });
    let (large, resolver) = peer.promise();
    peer.settle(resolver, fulfilled(Value::Bytes(vec![0; 40_000]))).expect("once");
    peer.register(b"large", Ref::Promise(large));
    while peer.take().is_some() {}
    let listens = b"<10'op:deliver<11'desc:export0+>[5'fetch5:large]f<18'desc:import-object1+>>".repeat(1_000);
    peer.handle(now, Input::Bytes { conn, bytes: &listens });
    let mut sent = 0;
    let mut closed = None;
    while let Some(output) = peer.take() {
        match output {
            Output::Send { bytes, .. } => sent += bytes.len(),
            Output::Close { why, .. } => closed = Some(why),
            _ => {}
        }
    }
    assert_eq!(closed.as_deref(), Some("too much that was not read"));
    assert!(sent <= 2 * 100_000 + 50_000, "{sent}");
}

#[test]
fn a_reason_is_told_in_a_sentence() {
    let (mut script, conn) = ready(Limits::default());
    script.says(conn, b"<10'op:deliver<11'desc:export1+>[]f<18'desc:import-object1+>>");
    let (_, _, answer) = script.delivered.pop().expect("delivered");
    script.peer.settle(answer.expect("asked for"), told(&"é".repeat(1_000))).expect("once");
    let heard = script.heard(conn);
    assert!(heard.messages[0].contains("5'break256\""), "{heard:?}");
}
