//! How sessions begin, which of two is kept, and what is left when one ends.
use peerd_captp::*;

use peerd_hostile::forge::{Forger, key_list, peer_record, signature_list};

use crate::script::{Heard, Script, abort};
use crate::world::*;

#[test]
fn a_hello_is_answered_in_each_framing() {
    for (there, here) in [
        (Framing::Raw, Framing::Raw),
        (Framing::Length, Framing::Length),
        (Framing::Raw, Framing::Either),
        (Framing::Length, Framing::Either),
        (Framing::Either, Framing::Either),
        (Framing::Message, Framing::Message),
    ] {
        let layers = vec![vec![netlayer("alice", there, Flavour::Unknown)], vec![netlayer("bob", here, Flavour::Unknown)]];
        let mut world = World::of(layers, Limits::default());
        world.connect(0, 1);
        let echo = world.echo(1);
        let far = world.give(1, echo, 0);
        assert_eq!(world.ask(0, far, &[Value::Void]), fulfilled(Value::List(vec![Value::Void])), "{there:?} {here:?}");
    }
}

#[test]
fn a_hello_that_is_not_in_order_is_refused_with_the_reason() {
    let key = Forger::new(9);
    let good = key.hello("theirs");
    let replaced = |from: &[u8], to: &[u8]| {
        let at = good.windows(from.len()).position(|window| window == from).expect("it is in a hello");
        [&good[..at], to, &good[at + from.len()..]].concat()
    };
    let location = peer_record("theirs");
    let (public, four) = (key_list(&key.public()), signature_list(&[0; 64]));
    let five_fields = [b"<16'op:start-session3\"1.016'Ed25519_SHA256_1".as_slice(), &public, &location, &four, b">"].concat();
    for (message, why) in [
        (replaced(b"3\"1.0", b"3\"1.1"), "a version that is not 1.0"),
        (replaced(b"7'Ed25519", b"5'Ed448"), "another symbol was expected"),
        (replaced(b"theirs", b"theirz"), "a location that is not signed by the session's key"),
        (key.hello("ours"), "our own location"),
        (five_fields, "a list was expected"),
        ([&good[..good.len() - 1], b"t>"].concat(), "a record with too many fields"),
        (b"<16'op:start-session3\"1.0>".to_vec(), "a list was expected"),
    ] {
        let mut script = Script::new(Flavour::Goblins, Limits::default());
        let conn = script.accept();
        assert_eq!(script.says(conn, &message), abort(why));
        assert_eq!(script.peer.totals(), Totals::default());
    }
}

#[test]
fn a_key_that_is_in_use_is_refused() {
    let mut script = Script::new(Flavour::Goblins, Limits::default());
    script.greeted(9, "one");
    let conn = script.accept();
    assert_eq!(script.says(conn, &Forger::new(9).hello("two")), abort("a key that is in use"));
}

#[test]
fn a_newcomer_to_a_location_with_a_session_is_refused() {
    let mut script = Script::new(Flavour::Goblins, Limits::default());
    let first = script.greeted(9, "theirs");
    let conn = script.accept();
    let newcomer = Forger::new(8).hello("theirs");
    assert_eq!(script.says(conn, &newcomer), abort("there is a session with this peer already"));
    // And is welcome when the old one is gone.
    script.peer.handle(Time(script.now), Input::Closed { conn: first });
    let conn = script.accept();
    assert_eq!(script.says(conn, &newcomer).closed, None);
}

#[test]
fn many_who_can_not_be_reached_have_sessions_beside_each_other() {
    let mut script = Script::new(Flavour::Goblins, Limits::default());
    let (first, second) = (script.greeted(9, "unreachable"), script.greeted(8, "unreachable"));
    script.fetched(first, Object(7));
    script.fetched(second, Object(7));
    assert_eq!(script.peer.conn_of(&location("unreachable")), None);
}

#[test]
fn a_connection_without_a_hello_ends_in_time() {
    let mut script = Script::new(Flavour::Goblins, Limits::default());
    let conn = script.accept();
    assert_eq!(script.pass(conn, 9_999), Heard::default());
    assert_eq!(script.pass(conn, 1), abort("no session within the time allowed"));
}

#[test]
fn connections_that_come_and_go_without_a_hello_leave_nothing() {
    let mut script = Script::new(Flavour::Goblins, Limits::default());
    for _ in 0..100 {
        let conn = script.accept();
        script.peer.handle(Time(script.now), Input::Closed { conn });
    }
    assert_eq!(script.peer.totals(), Totals::default());
    assert_eq!(script.peer.wake_at(), None);
}

#[test]
fn crossed_hellos_leave_one_session_and_both_sides_call_through_it() {
    // Over many keys, so that both verdicts occur.
    for seed in 0..20 {
        let layer = |name| vec![netlayer(name, Framing::Length, Flavour::Peerd)];
        let mut world = World::of(vec![layer("alice"), layer("bob")], Limits::default());
        world.peers =
            vec![Peer::new(layer("alice"), Limits::default(), [seed; 32]), Peer::new(layer("bob"), Limits::default(), [seed + 100; 32])];
        world.latency = 50 * MS;
        let echoes = [world.echo(0), world.echo(1)];
        for (at, echo) in echoes.into_iter().enumerate() {
            world.peers[at].register(b"echo", echo);
        }
        let enliven = |world: &mut World, from: usize, to: &str| {
            world.peers[from].enliven(&Sturdyref { location: location(to), swiss: b"echo".to_vec() }).expect("a way there")
        };
        let (there, back) = (enliven(&mut world, 0, "bob"), enliven(&mut world, 1, "alice"));
        assert!(matches!(world.outcome(0, there), Outcome::Fulfilled(Value::Ref(Ref::Far(_)))), "{seed}");
        assert!(matches!(world.outcome(1, back), Outcome::Fulfilled(Value::Ref(Ref::Far(_)))), "{seed}");
        assert_eq!((world.peers[0].totals().sessions, world.peers[1].totals().sessions), (1, 1), "{seed}");
        assert_eq!((world.peers[0].totals().dials, world.peers[1].totals().dials), (0, 0), "{seed}");
    }
}

#[test]
fn a_second_want_of_a_location_uses_the_session_or_the_dial_that_there_is() {
    let mut world = World::new(2);
    let echo = world.echo(1);
    world.peers[1].register(b"echo", echo);
    let sturdyref = Sturdyref { location: location("bob"), swiss: b"echo".to_vec() };
    let all: Vec<Promise> = (0..3).map(|_| world.peers[0].enliven(&sturdyref).expect("a way there")).collect();
    for promise in all {
        assert!(matches!(world.outcome(0, promise), Outcome::Fulfilled(_)));
    }
    assert_eq!(world.ready(1), 1);
}

#[test]
fn a_dial_that_fails_breaks_what_waited_for_it() {
    let mut world = World::new(1);
    world.reachable = false;
    let sturdyref = Sturdyref { location: location("nobody"), swiss: b"x".to_vec() };
    let promise = world.peers[0].enliven(&sturdyref).expect("worth a try");
    let called = world.peers[0].call(Ref::Promise(promise), Vec::new()).expect("a call");
    let why = Outcome::Broken(Reason::Machine("no connection"));
    assert_eq!((world.outcome(0, called), world.outcome(0, promise)), (why.clone(), why));
    assert_eq!(world.peers[0].totals(), Totals::default());
}

#[test]
fn nobody_is_dialled_who_says_to_be_unreachable_or_on_a_transport_we_have_not() {
    let mut world = World::new(1);
    for location in [Location::new("tcp-testing-only", "unreachable", &[]), Location::new("carrier-pigeon", "bob", &[])] {
        let sturdyref = Sturdyref { location, swiss: b"x".to_vec() };
        assert_eq!(world.peers[0].enliven(&sturdyref), Err(Refused::Unreachable));
    }
    assert_eq!(world.peers[0].totals(), Totals::default());
}

#[test]
fn where_nobody_can_be_dialled_both_begin_and_nobody_is_taken_for_oneself() {
    let port = || Netlayer {
        location: Location::new("message-port", "unreachable", &[]),
        policy: Policy::Proven,
        framing: Framing::Length,
        auth: Auth::None,
        flavour: Flavour::Peerd,
    };
    let mut ends = [1, 2].map(|seed| Peer::new(vec![port()], Limits::default(), [seed; 32]));
    let conn = Conn(1);
    for end in &mut ends {
        end.handle(Time(1), Input::Connected { conn, netlayer: 0, role: Role::Accepted, proven: None });
    }
    let hellos = ends.each_mut().map(|end| match end.take() {
        Some(Output::Send { bytes, .. }) => bytes,
        other => panic!("a hello, not {other:?}"),
    });
    for (end, bytes) in ends.iter_mut().zip(hellos.iter().rev()) {
        end.handle(Time(2), Input::Bytes { conn, bytes });
        assert!(matches!(end.take(), Some(Output::Ready { proven: false, .. })));
    }
}

#[test]
fn a_sturdyref_of_our_own_is_found_without_a_session() {
    let mut world = World::new(1);
    let echo = world.echo(0);
    world.peers[0].register(b"echo", echo);
    let promise = world.peers[0].enliven(&Sturdyref { location: location("alice"), swiss: b"echo".to_vec() }).expect("here");
    assert_eq!(world.outcome(0, promise), fulfilled(Value::Ref(echo)));
}

#[test]
fn a_session_that_ends_settles_every_promise_that_depended_on_it() {
    let mut world = World::new(2);
    world.connect(0, 1);
    let lost = Outcome::Broken(Reason::Disconnected);
    let silent = world.object(1, |_, _, _| {});
    let far = world.give(1, silent, 0);
    let (theirs, _) = world.peers[1].promise();
    let giver = world.object(1, move |peer, _, answer| {
        peer.settle(answer.expect("a call"), fulfilled(Value::List(vec![Value::Ref(Ref::Promise(theirs))]))).expect("asked just now");
    });
    let giver = world.give(1, giver, 0);
    let Outcome::Fulfilled(Value::List(found)) = world.ask(0, giver, &[]) else { panic!("a list") };
    let Value::Ref(imported) = found[0] else { panic!("a promise") };

    let question = world.peers[0].call(far, Vec::new()).expect("a call");
    let piped = world.peers[0].call(Ref::Promise(question), Vec::new()).expect("a call");
    let of_import = world.peers[0].call(imported, Vec::new()).expect("a call");
    let part = world.peers[0].part(question, Part::Index(0)).expect("a part");
    let (follower, resolver) = world.peers[0].promise();
    world.peers[0].settle(resolver, fulfilled(Value::Ref(Ref::Promise(question)))).expect("once");
    let of_follower = world.peers[0].call(Ref::Promise(follower), Vec::new()).expect("a call");
    world.run();
    world.cut(0, 1);
    for promise in [piped, of_import, part, of_follower, follower, question] {
        assert_eq!(world.outcome(0, promise), lost, "{promise:?}");
    }
    let Ref::Promise(imported) = imported else { panic!("a promise") };
    assert_eq!(world.outcome(0, imported), lost);
    assert_eq!((world.ended(0), world.ended(1)), (1, 1));
    // What is called later is lost at once.
    assert_eq!(world.ask(0, far, &[]), lost);
    world.peers[0].release(far);
    world.peers[0].release(giver);
    assert_eq!(world.peers[0].totals(), Totals::default());
}

fn websocket(seed: u8) -> Vec<Netlayer> {
    let location = Location::new("websocket", &Location::designator_of(&Forger::new(seed).public()), &[("url", "ws://h")]);
    vec![Netlayer {
        location,
        policy: Policy::Proven,
        framing: Framing::Message,
        auth: Auth::WebSocket { seed: [seed; 32] },
        flavour: Flavour::Unknown,
    }]
}

#[test]
fn a_websocket_that_was_dialled_is_proven_and_one_that_was_accepted_is_not() {
    let mut world = World::of(vec![websocket(1), websocket(2)], Limits::default());
    world.dial(0, 1);
    world.run();
    let (alice, bob) = (world.peers[0].netlayers()[0].location.clone(), world.peers[1].netlayers()[0].location.clone());
    assert!(world.peers[0].conn_of(&bob).is_some());
    assert_eq!(world.peers[1].conn_of(&alice), None);
    // So whoever wants something of the claimed one dials, and both sessions live.
    world.dial(1, 0);
    world.run();
    assert!(world.peers[1].conn_of(&alice).is_some());
    assert_eq!((world.peers[0].totals().sessions, world.peers[1].totals().sessions), (2, 2));
}

#[test]
fn a_peer_that_has_not_the_key_it_is_dialled_by_gets_no_hello() {
    let mut impostor = websocket(3);
    impostor[0].location = websocket(2)[0].location.clone();
    let mut world = World::of(vec![websocket(1), impostor], Limits::default());
    world.dial(0, 1);
    world.run();
    assert_eq!(world.closed(0), ["a proof of another key, or of another nonce"]);
    assert_eq!((world.ready(0), world.ready(1)), (0, 0));
}

/// What WebRTC is to be: a stream whose both ends the channel has proven.
fn channel(seed: u8) -> Netlayer {
    let location = Location::new("webrtc", &Location::designator_of(&Forger::new(seed).public()), &[]);
    Netlayer { location, policy: Policy::Proven, framing: Framing::Length, auth: Auth::None, flavour: Flavour::Peerd }
}

/// The first dials the second, and to each the channel proves this designator of the other. What comes out of both at the end.
fn proven(designators: [&str; 2]) -> [Vec<Output>; 2] {
    let conn = Conn(1);
    let mut ends = [1, 2].map(|seed| Peer::new(vec![channel(seed)], Limits::default(), [seed; 32]));
    ends[0].dial(&channel(2).location).expect("there is a way");
    let Some(Output::Dial { dial, .. }) = ends[0].take() else { panic!("nobody was dialled") };
    for (end, role, proven) in [(0, Role::Dialled(dial), designators[0]), (1, Role::Accepted, designators[1])] {
        ends[end].handle(Time(1), Input::Connected { conn, netlayer: 0, role, proven: Some(proven.into()) });
    }
    let mut told = [Vec::new(), Vec::new()];
    for _ in 0..4 {
        for from in 0..2 {
            while let Some(output) = ends[from].take() {
                match output {
                    Output::Send { bytes, .. } => ends[1 - from].handle(Time(2), Input::Bytes { conn, bytes: &bytes }),
                    other => told[from].push(other),
                }
            }
        }
    }
    told
}

#[test]
fn a_channel_that_has_proven_both_ends_makes_a_proven_session() {
    let [one, other] = [1, 2].map(|seed| channel(seed).location);
    for told in proven([&other.designator, &one.designator]) {
        assert!(matches!(told.as_slice(), [Output::Ready { proven: true, .. }]), "{told:?}");
    }
}

#[test]
fn who_says_to_be_another_than_the_channel_has_proven_has_no_session() {
    let [other, third] = [2, 3].map(|seed| channel(seed).location);
    let [_, acceptor] = proven([&other.designator, &third.designator]);
    assert!(acceptor.iter().any(|output| matches!(output, Output::Close { why, .. } if why == "another location than the channel proved")));
    assert!(!acceptor.iter().any(|output| matches!(output, Output::Ready { .. })), "{acceptor:?}");
}

#[test]
fn a_probe_tells_the_flavours_apart() {
    let mut world = World::of(
        vec![vec![netlayer("alice", Framing::Length, Flavour::Unknown)], vec![netlayer("bob", Framing::Length, Flavour::Unknown)]],
        Limits::default(),
    );
    let (conn, _) = world.connect(0, 1);
    world.peers[0].probe(conn).expect("a session");
    world.run();
    assert_eq!(world.peers[0].flavour(conn), Some(Flavour::Peerd));

    for (reason, flavour) in
        [("<16'exn:fail:mystery>", Flavour::Goblins), ("<10'desc:error2\"no>", Flavour::Endo), ("2\"no", Flavour::Unknown)]
    {
        let (mut script, conn) = Script::ready(Flavour::Unknown, Limits::default());
        script.peer.probe(conn).expect("a session");
        script.says(conn, format!("<10'op:deliver<11'desc:export1+>[5'break{reason}]ff>").as_bytes());
        assert_eq!(script.peer.flavour(conn), Some(flavour));
    }
}
