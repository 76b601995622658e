//! Section by section of the fault table: what a peer does wrong, and what it gets for it.
use peerd_captp::*;
use peerd_hostile::forge::Forger;

use crate::script::*;

fn ready() -> (Script, Conn) {
    Script::ready(Flavour::Goblins, Limits::default())
}

/// Says something to a fresh session that has one object of ours, at position 1.
fn said(message: &[u8]) -> Heard {
    let (mut script, conn) = ready();
    script.fetched(conn, Object(7));
    script.says(conn, message)
}

#[test]
fn bytes_that_are_not_syrup_end_the_session() {
    assert_eq!(said(b"hello"), abort("a byte that begins no value"));
    assert_eq!(said(b"<10'op:deliver"), abort("a message that ends too early"));
    assert_eq!(said(b"<8'op:abort1\"x>t"), abort("bytes behind the message"));
}

#[test]
fn syrup_that_is_not_canonical_ends_the_session() {
    assert_eq!(said(b"<10'op:deliver<11'desc:export01+>[]ff>"), abort("a number that is not canonical or too long"));
    assert_eq!(said(b"<10'op:deliver<11'desc:export1+>[{1\"b1+1\"a2+}]ff>"), abort("keys that are repeated or not sorted"));
}

#[test]
fn a_known_label_with_other_fields_ends_the_session() {
    for (message, why) in [
        (b"<10'op:deliver<11'desc:export1+>[]f>".as_slice(), "a resolver is an import or false"),
        (b"<10'op:deliver<11'desc:export1+>[]fff>", "a record with too many fields"),
        (b"<10'op:deliver<11'desc:export1+>tff>", "arguments are a list"),
        (b"<10'op:deliver<11'desc:export1+>[]tf>", "a position or false was expected"),
        (b"<10'op:deliver<11'desc:export1+>[]ft>", "a resolver is an import or false"),
        (b"<10'op:deliver<11'desc:export1+>[]f<11'desc:export1+>>", "a resolver is an import"),
        (b"<10'op:deliver<18'desc:import-object1+>[]ff>", "an operation is to desc:export or desc:answer"),
        (b"<10'op:deliver<11'desc:export1->[]ff>", "a position that is negative or too large"),
        (b"<10'op:deliver<11'desc:export1+>[<18'desc:import-objectt>]ff>", "a position was expected"),
        (b"<9'op:listen<11'desc:export1+>f>", "op:listen has a resolver"),
        (b"<9'op:listen<11'desc:export1+><18'desc:import-object1+>1+>", "a boolean was expected"),
        (b"<13'op:gc-exports[1+][]>", "as many deltas as positions"),
        (b"<13'op:gc-exports[1+][0+]>", "a delta is one at least"),
        (b"<8'op:abort1+>", "a string was expected"),
        (b"<8'op:abort1:x>", "a string was expected"),
    ] {
        assert_eq!(said(message).closed.as_deref(), Some(why), "{}", printed(message));
    }
}

#[test]
fn an_unknown_operation_ends_the_session() {
    assert_eq!(said(b"<15'op:deliver-only<11'desc:export1+>[]>"), abort("an unknown operation"));
}

#[test]
fn an_unknown_record_breaks_that_call_and_counts_its_references() {
    let (mut script, conn) = ready();
    script.fetched(conn, Object(7));
    for value in [
        b"<7'unknown<18'desc:import-object5+>>".as_slice(),
        b"#<18'desc:import-object5+>$",
        b"{1'a<18'desc:import-object5+>}",
        b"[<11'desc:export0+><18'desc:import-object5+>]",
    ] {
        let message = [b"<10'op:deliver<11'desc:export1+>[".as_slice(), value, b"]f<18'desc:import-object6+>>"].concat();
        let heard = script.says(conn, &message);
        assert_eq!(
            heard.messages,
            ["<10'op:deliver<11'desc:export6+>[5'break30\"a value that is not known here]ff>"],
            "{}",
            printed(value)
        );
        assert_eq!(heard.closed, None);
    }
    assert!(script.delivered.is_empty());
    // Four of each, and the resolver of the fetch.
    assert_eq!(script.pass(conn, 1_000).messages, ["<13'op:gc-exports[0+5+6+][1+4+4+]>"]);
}

#[test]
fn a_position_that_is_not_in_use_ends_the_session() {
    let why = "a position that is not in use";
    for message in [
        b"<10'op:deliver<11'desc:export2+>[]ff>".as_slice(),
        b"<10'op:deliver<11'desc:answer0+>[]ff>",
        b"<10'op:deliver<11'desc:export1+>[<11'desc:export2+>]ff>",
        b"<10'op:deliver<11'desc:export1+>[<11'desc:answer2+>]ff>",
        b"<9'op:listen<11'desc:answer2+><18'desc:import-object1+>f>",
        b"<6'op:get<11'desc:answer2+>1\"a3+>",
        b"<13'op:gc-exports[2+][1+]>",
        b"<13'op:gc-answers[2+]>",
    ] {
        assert_eq!(said(message), abort(why), "{}", printed(message));
    }
}

#[test]
fn an_answer_position_that_is_in_use_ends_the_session() {
    let (mut script, conn) = ready();
    script.fetched(conn, Object(7));
    script.says(conn, b"<10'op:deliver<11'desc:export1+>[]3+f>");
    assert_eq!(script.says(conn, b"<10'op:deliver<11'desc:export1+>[]3+f>"), abort("an answer position that is in use"));
    assert_eq!(said(b"<8'op:index<11'desc:export1+>0+0+>").closed, None);
}

#[test]
fn an_answer_position_that_was_released_may_be_used_again() {
    let (mut script, conn) = ready();
    script.fetched(conn, Object(7));
    for _ in 0..3 {
        script.says(conn, b"<10'op:deliver<11'desc:export1+>[]3+f>");
        assert_eq!(script.says(conn, b"<13'op:gc-answers[3+]>"), Heard::default());
    }
    assert_eq!(script.delivered.len(), 3);
}

#[test]
fn more_released_than_was_sent_ends_the_session() {
    assert_eq!(said(b"<13'op:gc-exports[1+][2+]>"), abort("more released than was sent"));
}

#[test]
fn a_report_of_the_bootstrap_object_changes_nothing() {
    let (mut script, conn) = ready();
    for _ in 0..3 {
        assert_eq!(script.says(conn, b"<13'op:gc-exports[0+][9+]>"), Heard::default());
    }
    script.fetched(conn, Object(7));
}

#[test]
fn a_second_hello_ends_the_session() {
    assert_eq!(said(&Forger::new(9).hello("theirs")), abort("a second op:start-session"));
}

#[test]
fn an_operation_before_the_hello_ends_the_session() {
    let mut script = Script::new(Flavour::Goblins, Limits::default());
    let conn = script.accept();
    assert_eq!(script.says(conn, b"<10'op:deliver<11'desc:export0+>[]ff>"), abort("an operation before op:start-session"));
}

#[test]
fn an_abort_is_heard_in_any_state_and_closed() {
    for greeted in [true, false] {
        let mut script = Script::new(Flavour::Goblins, Limits::default());
        let conn = if greeted { script.greeted(9, "theirs") } else { script.accept() };
        let heard = script.says(conn, b"<8'op:abort3\"why>");
        assert_eq!(heard, Heard { messages: Vec::new(), closed: Some("ended by the other side".into()) });
        assert_eq!(script.peer.totals().sessions, 0);
    }
}

#[test]
fn a_reason_that_goblins_keeps_to_itself_becomes_a_text() {
    let (mut script, conn) = ready();
    let promise = script.peer.fetch(conn, b"x").expect("a session");
    script.peer.listen(promise).expect("held");
    assert_eq!(script.heard(conn).messages, ["<10'op:deliver<11'desc:export0+>[5'fetch1:x]1+<18'desc:import-object1+>>"]);
    script.says(conn, b"<10'op:deliver<11'desc:export1+>[5'break<16'exn:fail:mystery>]ff>");
    let told = Outcome::Broken(Reason::Told(Value::text("the peer does not say why")));
    assert_eq!(script.settled, [(promise, told)]);
}

#[test]
fn a_second_settlement_is_ignored() {
    let (mut script, conn) = ready();
    let promise = script.peer.fetch(conn, b"x").expect("a session");
    script.peer.listen(promise).expect("held");
    for message in [
        b"<10'op:deliver<11'desc:export1+>[7'fulfill1+]ff>".as_slice(),
        b"<10'op:deliver<11'desc:export1+>[5'break1+]ff>",
        b"<10'op:deliver<11'desc:export1+>[7'fulfill2+]ff>",
    ] {
        assert_eq!(script.says(conn, message).closed, None);
    }
    assert_eq!(script.settled, [(promise, Outcome::Fulfilled(Value::integer(1)))]);
}

#[test]
fn a_resolver_that_is_released_unused_breaks_its_promise() {
    let (mut script, conn) = ready();
    let promise = script.peer.fetch(conn, b"x").expect("a session");
    script.peer.listen(promise).expect("held");
    script.says(conn, b"<13'op:gc-exports[1+][1+]>");
    assert_eq!(script.settled, [(promise, Outcome::Broken(Reason::Machine("the other side will not say")))]);
}
