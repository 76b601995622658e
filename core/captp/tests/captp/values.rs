//! What each kind of peer can read, and what it is spared.
use peerd_captp::*;

use crate::script::Script;

/// What is written to a peer of this flavour, or why not.
fn written(flavour: Flavour, value: Value) -> Result<String, Refused> {
    let (mut script, conn) = Script::ready(flavour, Limits::default());
    script.fetched(conn, Object(7));
    script.says(conn, b"<10'op:deliver<11'desc:export1+>[<18'desc:import-object1+>]ff>");
    let Value::Ref(far) = script.delivered.pop().expect("delivered").1[0] else { panic!("a reference") };
    script.peer.send(far, vec![value])?;
    let message = script.heard(conn).messages.remove(0);
    let inner = message.strip_prefix("<10'op:deliver<11'desc:export1+>[").and_then(|rest| rest.strip_suffix("]ff>"));
    Ok(inner.expect("a call").to_owned())
}

const ALL: [Flavour; 4] = [Flavour::Unknown, Flavour::Goblins, Flavour::Endo, Flavour::Peerd];

#[test]
fn what_all_can_read_goes_to_all() {
    let value =
        Value::List(vec![Value::Void, Value::Bool(true), Value::integer(-7), Value::Bytes(vec![65]), Value::text("t"), Value::symbol("s")]);
    for flavour in ALL {
        assert_eq!(written(flavour, value.clone()).as_deref(), Ok("[<4'void>t7-1:A1\"t1's]"));
    }
}

#[test]
fn null_tagged_and_errors_go_only_to_who_reads_them() {
    let tagged = Value::Tagged("t".into(), Box::new(Value::integer(1)));
    for (value, wire, what) in [
        (Value::Null, "<4'null>", "null"),
        (Value::Error("e".into()), "<10'desc:error1\"e>", "an error"),
        (tagged, "<11'desc:tagged1't1+>", "a tagged value"),
    ] {
        for flavour in [Flavour::Endo, Flavour::Peerd] {
            assert_eq!(written(flavour, value.clone()).as_deref(), Ok(wire));
        }
        for flavour in [Flavour::Unknown, Flavour::Goblins] {
            assert_eq!(written(flavour, Value::List(vec![value.clone()])), Err(Refused::NotPortable(what)));
        }
    }
}

#[test]
fn keys_are_sorted_as_the_peer_wants_them() {
    let pairs = |keys: &[&str]| Value::Struct(keys.iter().map(|key| ((*key).into(), Value::integer(1))).collect());
    for flavour in ALL {
        assert_eq!(written(flavour, pairs(&["b", "a"])).as_deref(), Ok("{1\"a1+1\"b1+}"));
    }
    let mixed = pairs(&["aa", "b"]);
    assert_eq!(written(Flavour::Goblins, mixed.clone()).as_deref(), Ok("{1\"b1+2\"aa1+}"));
    assert_eq!(written(Flavour::Endo, mixed.clone()).as_deref(), Ok("{2\"aa1+1\"b1+}"));
    assert_eq!(written(Flavour::Unknown, mixed), Err(Refused::NotPortable("a struct whose keys have no order that all peers read")));
    assert_eq!(written(Flavour::Goblins, pairs(&["a", "a"])), Err(Refused::NotPortable("a struct with a key twice")));
}

#[test]
fn a_negative_zero_is_a_zero_to_who_may_be_endo() {
    let bytes = |flavour| written(flavour, Value::Float(-0.0)).expect("a float");
    // As printed: the sign bit is no letter either way, so compare with the float that is one.
    let positive = written(Flavour::Peerd, Value::Float(0.0)).expect("a float");
    assert_eq!((bytes(Flavour::Endo), bytes(Flavour::Unknown)), (positive.clone(), positive));
    let (mut script, conn) = Script::ready(Flavour::Goblins, Limits::default());
    script.fetched(conn, Object(7));
    script.says(conn, b"<10'op:deliver<11'desc:export1+>[]f<18'desc:import-object1+>>");
    let (_, _, answer) = script.delivered.pop().expect("delivered");
    script.peer.settle(answer.expect("asked for"), Outcome::Fulfilled(Value::Float(-0.0))).expect("once");
    let Some(Output::Send { bytes, .. }) = script.peer.take() else { panic!("an answer") };
    assert!(bytes.windows(9).any(|window| window == b"D\x80\0\0\0\0\0\0\0"));
}

#[test]
fn an_answer_that_the_peer_can_not_read_is_told_as_a_break() {
    let (mut script, conn) = Script::ready(Flavour::Goblins, Limits::default());
    script.fetched(conn, Object(7));
    script.says(conn, b"<10'op:deliver<11'desc:export1+>[]f<18'desc:import-object1+>>");
    let (_, _, answer) = script.delivered.pop().expect("delivered");
    script.peer.settle(answer.expect("asked for"), Outcome::Fulfilled(Value::Null)).expect("once");
    assert_eq!(script.heard(conn).messages, ["<10'op:deliver<11'desc:export1+>[5'break38\"a value that the other side can't read]ff>"]);
}

#[test]
fn our_own_question_goes_to_goblins_as_a_promise_and_to_endo_as_itself() {
    for (flavour, wire) in [
        (Flavour::Goblins, "<19'desc:import-promise2+>"),
        (Flavour::Unknown, "<19'desc:import-promise2+>"),
        (Flavour::Endo, "<11'desc:answer1+>"),
        (Flavour::Peerd, "<11'desc:answer1+>"),
    ] {
        let (mut script, conn) = Script::ready(flavour, Limits::default());
        let promise = script.peer.fetch(conn, b"x").expect("a session");
        script.heard(conn);
        script.peer.send(Ref::Promise(promise), vec![Value::Ref(Ref::Promise(promise))]).expect("a call");
        assert_eq!(script.heard(conn).messages, [format!("<10'op:deliver<11'desc:answer1+>[{wire}]ff>")], "{flavour:?}");
    }
}

#[test]
fn their_own_answer_is_read_where_an_argument_stands() {
    let (mut script, conn) = Script::ready(Flavour::Endo, Limits::default());
    script.fetched(conn, Object(7));
    script.says(conn, b"<10'op:deliver<11'desc:export1+>[]4+f>");
    let (_, _, answer) = script.delivered.pop().expect("delivered");
    script.says(conn, b"<10'op:deliver<11'desc:export1+>[<11'desc:answer4+>]ff>");
    let Value::Ref(Ref::Promise(promise)) = script.delivered.pop().expect("delivered").1[0] else { panic!("a promise") };
    script.peer.listen(promise).expect("held");
    script.peer.settle(answer.expect("asked for"), Outcome::Fulfilled(Value::integer(1))).expect("once");
    script.heard(conn);
    assert_eq!(script.settled, [(promise, Outcome::Fulfilled(Value::integer(1)))]);
}

#[test]
fn a_listener_that_wants_parts_hears_of_the_next_promise_and_another_only_of_the_end() {
    let (mut script, conn) = Script::ready(Flavour::Goblins, Limits::default());
    script.fetched(conn, Object(7));
    script.says(conn, b"<10'op:deliver<11'desc:export1+>[]4+f>");
    let (_, _, answer) = script.delivered.pop().expect("delivered");
    assert!(script.says(conn, b"<9'op:listen<11'desc:answer4+><18'desc:import-object1+>t>").messages.is_empty());
    assert!(script.says(conn, b"<9'op:listen<11'desc:answer4+><18'desc:import-object2+>f>").messages.is_empty());
    assert!(script.says(conn, b"<9'op:listen<11'desc:answer4+><18'desc:import-object3+>>").messages.is_empty());
    let (next, resolver) = script.peer.promise();
    script.peer.settle(answer.expect("asked for"), Outcome::Fulfilled(Value::Ref(Ref::Promise(next)))).expect("once");
    assert_eq!(script.heard(conn).messages, ["<10'op:deliver<11'desc:export1+>[7'fulfill<19'desc:import-promise2+>]ff>"]);
    script.peer.settle(resolver, Outcome::Fulfilled(Value::integer(1))).expect("once");
    assert_eq!(script.heard(conn).messages, [2, 3].map(|at| format!("<10'op:deliver<11'desc:export{at}+>[7'fulfill1+]ff>")));
    // Listening on what has ended is answered at once, on an object with the object.
    assert_eq!(
        script.says(conn, b"<9'op:listen<11'desc:answer4+><18'desc:import-object5+>f>").messages,
        ["<10'op:deliver<11'desc:export5+>[7'fulfill1+]ff>"]
    );
    assert_eq!(
        script.says(conn, b"<9'op:listen<11'desc:export1+><18'desc:import-object6+>f>").messages,
        ["<10'op:deliver<11'desc:export6+>[7'fulfill<18'desc:import-object1+>]ff>"]
    );
}
