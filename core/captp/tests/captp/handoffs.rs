//! A reference to a third party's object, given on: all three parts, and what each refuses.
use peerd_captp::*;
use peerd_hostile::forge::{self, Forger};

use crate::script::*;
use crate::world::*;

/// Alice has something of carol's and gives it to bob.
fn three() -> (World, Ref, Ref) {
    let mut world = World::new(3);
    world.connect(0, 1);
    world.connect(0, 2);
    let echo = world.echo(2);
    let at_carol = world.give(2, echo, 0);
    let taker = world.object(1, |peer, args, answer| {
        let Value::Ref(given) = args[0] else { panic!("a reference") };
        let asked = peer.call(given, vec![Value::text("from bob")]).expect("a call");
        peer.settle(answer.expect("a call"), fulfilled(Value::Ref(Ref::Promise(asked)))).expect("asked just now");
        peer.release(Ref::Promise(asked));
        peer.release(given);
    });
    let at_bob = world.give(1, taker, 0);
    (world, at_carol, at_bob)
}

#[test]
fn what_is_given_on_is_reached_without_the_giver() {
    let (mut world, at_carol, at_bob) = three();
    let before = world.sent(0);
    let said = fulfilled(Value::List(vec![Value::text("from bob")]));
    assert_eq!(world.ask(0, at_bob, &[Value::Ref(at_carol)]), said);
    // A session of their own, that nobody asked alice for.
    assert_eq!((world.peers[1].totals().sessions, world.peers[2].totals().sessions), (2, 2));
    // The deposit to carol, the call to bob, and nothing of what bob said.
    assert_eq!(world.sent(0).0 - before.0, 2);
    world.pass(1_000);
    world.pass(1_000);
    let totals = world.peers[2].totals();
    assert_eq!((totals.gifts, totals.waiters), (0, 0));
}

#[test]
fn many_gifts_of_one_object_leave_nothing_behind() {
    let (mut world, at_carol, at_bob) = three();
    let settle = |world: &mut World| (0..4).for_each(|_| world.pass(1_000));
    world.ask(0, at_bob, &[Value::Ref(at_carol)]);
    settle(&mut world);
    let sizes = |world: &World| {
        let pairs = [(0, 1), (0, 2), (1, 2)];
        pairs.map(|(one, other)| {
            let (here, there) = world.conns(one, other);
            (world.peers[one].sizes(here), world.peers[other].sizes(there))
        })
    };
    let before = sizes(&world);
    for _ in 0..100 {
        world.ask(0, at_bob, &[Value::Ref(at_carol)]);
    }
    settle(&mut world);
    assert_eq!(sizes(&world), before);
}

#[test]
fn a_gift_that_is_the_receivers_own_goes_home() {
    let mut world = World::new(2);
    world.connect(0, 1);
    let mine = world.object(1, |_, _, _| {});
    let far = world.give(1, mine, 0);
    let taker = world.object(1, |_, _, _| {});
    let at_bob = world.give(1, taker, 0);
    world.peers[0].send(at_bob, vec![Value::Ref(far)]).expect("a call");
    world.run();
    assert_eq!(world.delivered(1).pop().expect("delivered").1, [Value::Ref(mine)]);
}

#[test]
fn a_promise_and_what_nobody_can_dial_are_forwarded_instead() {
    let mut world = World::new(3);
    world.connect(0, 1);
    world.connect(0, 2);
    let silent = world.echo(2);
    let (open, resolver) = world.peers[2].promise();
    let holder = world.object(2, move |peer, _, answer| {
        peer.settle(answer.expect("a call"), fulfilled(Value::List(vec![Value::Ref(Ref::Promise(open))]))).expect("asked just now");
    });
    let holder = world.give(2, holder, 0);
    let Outcome::Fulfilled(Value::List(found)) = world.ask(0, holder, &[]) else { panic!("a list") };
    let caller = world.object(1, |peer, args, answer| {
        let Value::Ref(given) = args[0] else { panic!("a reference") };
        let asked = peer.call(given, vec![Value::integer(1)]).expect("a call");
        peer.settle(answer.expect("a call"), fulfilled(Value::Ref(Ref::Promise(asked)))).expect("asked just now");
        peer.release(Ref::Promise(asked));
    });
    let at_bob = world.give(1, caller, 0);
    let asked = world.peers[0].call(at_bob, vec![found[0].clone()]).expect("a call");
    world.run();
    world.peers[2].settle(resolver, fulfilled(Value::Ref(silent))).expect("once");
    assert_eq!(world.outcome(0, asked), fulfilled(Value::List(vec![Value::integer(1)])));
    assert_eq!(world.peers[1].totals().sessions, 1);
    // And is broken with the session that it came from.
    world.cut(0, 2);
    let (given, _) = world.delivered(1).pop().map(|(_, args)| (args[0].clone(), ())).expect("delivered");
    let Value::Ref(given) = given else { panic!("a reference") };
    let lost = world.ask(1, given, &[]);
    assert_eq!(lost, told("disconnected"));
}

#[test]
fn a_gift_whose_exporter_is_not_found_is_a_broken_promise() {
    let (mut world, at_carol, at_bob) = three();
    world.reachable = false;
    assert_eq!(world.ask(0, at_bob, &[Value::Ref(at_carol)]), told("no connection"));
}

// What follows is said by a script that is gifter and receiver at once; the machine is the exporter.

struct Parties {
    script: Script,
    gifter: Conn,
    receiver: Conn,
}

const GIFTER: u8 = 9;
const RECEIVER: u8 = 8;
/// The receiver's key in a session with the gifter, that the exporter knows nothing of.
const BETWEEN: u8 = 7;

fn sized(bytes: &[u8]) -> Vec<u8> {
    [format!("{}:", bytes.len()).as_bytes(), bytes].concat()
}

impl Parties {
    fn new(flavour: Flavour) -> Parties {
        Parties::of(Script::new(flavour, Limits::default()))
    }

    fn of(mut script: Script) -> Parties {
        let gifter = script.greeted(GIFTER, "gifter");
        let receiver = script.greeted(RECEIVER, "receiver");
        script.fetched(gifter, Object(7));
        Parties { script, gifter, receiver }
    }

    /// Of the session of a party with the machine.
    fn session(&self, conn: Conn, seed: u8) -> [u8; 32] {
        forge::session(&Forger::new(seed).public(), &self.script.peer.public_key(conn).expect("a session"))
    }

    fn give(&self, gift: &[u8], exporter: &str, receiver_key: u8, signer: u8) -> Vec<u8> {
        let (session, side) = (self.session(self.gifter, GIFTER), Forger::new(GIFTER).side());
        Forger::new(signer).give(&Forger::new(receiver_key).public(), exporter, &session, &side, &sized(gift))
    }

    fn receive(&self, give: &[u8], count: u64, signer: u8) -> Vec<u8> {
        let session = self.session(self.receiver, RECEIVER);
        Forger::new(signer).receive(&session, &Forger::new(RECEIVER).side(), count, give)
    }

    fn good(&self, gift: &[u8], count: u64) -> Vec<u8> {
        self.receive(&self.give(gift, "ours", BETWEEN, GIFTER), count, BETWEEN)
    }

    fn deposit(&mut self, gift: &[u8]) {
        let message = [b"<10'op:deliver<11'desc:export0+>[12'deposit-gift".as_slice(), &sized(gift), b"<11'desc:export1+>]ff>"].concat();
        assert_eq!(self.script.says(self.gifter, &message), Heard::default());
    }

    fn withdraw(&mut self, receive: &[u8]) -> Vec<String> {
        let message = [b"<10'op:deliver<11'desc:export0+>[13'withdraw-gift".as_slice(), receive, b"]f<18'desc:import-object1+>>"].concat();
        let heard = self.script.says(self.receiver, &message);
        assert_eq!(heard.closed, None);
        heard.messages
    }
}

fn given() -> Vec<String> {
    vec!["<10'op:deliver<11'desc:export1+>[7'fulfill<18'desc:import-object1+>]ff>".into()]
}

fn refused() -> Vec<String> {
    vec!["<10'op:deliver<11'desc:export1+>[5'break19\"the gift is refused]ff>".into()]
}

#[test]
fn a_gift_is_withdrawn_once() {
    let mut parties = Parties::new(Flavour::Goblins);
    parties.deposit(b"gift");
    let (first, second) = (parties.good(b"gift", 0), parties.good(b"gift", 1));
    assert_eq!(parties.withdraw(&first), given());
    // Nothing there any more: it waits.
    assert_eq!(parties.withdraw(&second), Vec::<String>::new());
    assert_eq!((parties.script.peer.totals().gifts, parties.script.peer.totals().waiters), (0, 1));
}

#[test]
fn a_gift_withdrawn_before_it_is_deposited_waits_for_it_and_both_go() {
    let mut parties = Parties::new(Flavour::Goblins);
    let receive = parties.good(b"gift", 0);
    assert_eq!(parties.withdraw(&receive), Vec::<String>::new());
    parties.deposit(b"gift");
    assert_eq!(parties.script.heard(parties.receiver), Heard::default());
    let sent: Vec<String> = parties
        .script
        .outputs
        .iter()
        .filter_map(
            |output| if let Output::Send { conn, bytes } = output { (*conn == parties.receiver).then(|| printed(bytes)) } else { None },
        )
        .collect();
    assert!(sent.contains(&given()[0]), "{sent:?}");
    assert_eq!((parties.script.peer.totals().gifts, parties.script.peer.totals().waiters), (0, 0));
}

#[test]
fn a_count_is_used_once_even_if_the_gift_is_yet_to_come() {
    let mut parties = Parties::new(Flavour::Endo);
    let receive = parties.good(b"gift", 5);
    assert_eq!(parties.withdraw(&receive), Vec::<String>::new());
    let broken = vec!["<10'op:deliver<11'desc:export1+>[5'break<10'desc:error19\"the gift is refused>]ff>".to_owned()];
    assert_eq!(parties.withdraw(&receive), broken);
    let other = parties.good(b"other", 5);
    assert_eq!(parties.withdraw(&other), broken);
}

#[test]
fn a_receiver_like_goblins_may_use_a_count_again_for_another_gifter() {
    for (flavour, waiters) in [(Flavour::Goblins, 2), (Flavour::Unknown, 2), (Flavour::Peerd, 1), (Flavour::Endo, 1)] {
        let mut parties = Parties::new(flavour);
        let one = parties.good(b"one", 0);
        let give = parties.give(b"two", "ours", RECEIVER, GIFTER);
        let two = parties.receive(&give, 0, RECEIVER);
        parties.withdraw(&one);
        parties.withdraw(&two);
        assert_eq!(parties.script.peer.totals().waiters, waiters, "{flavour:?}");
    }
}

#[test]
fn what_is_not_signed_by_whom_it_must_be_is_refused_and_changes_nothing() {
    let mut parties = Parties::new(Flavour::Goblins);
    parties.deposit(b"gift");
    let good = parties.give(b"gift", "ours", BETWEEN, GIFTER);
    let forged = parties.give(b"gift", "ours", BETWEEN, BETWEEN);
    let elsewhere = parties.give(b"gift", "another", BETWEEN, GIFTER);
    let receive = parties.receive(&good, 3, BETWEEN);
    let changed = |from: &[u8], to: &[u8]| {
        let at = receive.windows(from.len()).position(|window| window == from).expect("it is in there");
        [&receive[..at], to, &receive[at + from.len()..]].concat()
    };
    let cases = [
        parties.receive(&good, 3, RECEIVER),
        parties.receive(&forged, 3, BETWEEN),
        parties.receive(&elsewhere, 3, BETWEEN),
        changed(b"3+", b"4+"),
        changed(b"4:gift", b"4:gold"),
        changed(&parties.session(parties.receiver, RECEIVER), &[0; 32]),
        changed(&Forger::new(RECEIVER).side(), &[0; 32]),
        changed(&parties.session(parties.gifter, GIFTER), &parties.session(parties.receiver, RECEIVER)),
        changed(&Forger::new(GIFTER).side(), &Forger::new(RECEIVER).side()),
    ];
    for (at, case) in cases.iter().enumerate() {
        assert_eq!(parties.withdraw(case), refused(), "{at}");
        assert_eq!((parties.script.peer.totals().gifts, parties.script.peer.totals().waiters), (1, 0), "{at}");
    }
    // The count is not used up by any of them.
    assert_eq!(parties.withdraw(&receive), given());
}

#[test]
fn who_cannot_be_dialled_is_an_exporter_still_over_a_session_that_it_began() {
    let mut parties = Parties::of(Script::named("unreachable", Flavour::Goblins, Limits::default()));
    parties.deposit(b"gift");
    let give = parties.give(b"gift", "unreachable", BETWEEN, GIFTER);
    let receive = parties.receive(&give, 0, BETWEEN);
    assert_eq!(parties.withdraw(&receive), given());
}

#[test]
fn a_gift_and_who_waits_for_one_are_gone_after_a_minute() {
    let mut parties = Parties::new(Flavour::Goblins);
    parties.deposit(b"gift");
    let receive = parties.good(b"other", 0);
    parties.withdraw(&receive);
    parties.script.pass(parties.receiver, 59_999);
    assert_eq!((parties.script.peer.totals().gifts, parties.script.peer.totals().waiters), (1, 1));
    let heard = parties.script.pass(parties.receiver, 1);
    assert!(heard.messages[0].contains("5'break21\"the gift did not come"), "{heard:?}");
    assert_eq!((parties.script.peer.totals().gifts, parties.script.peer.totals().waiters), (0, 0));
}

#[test]
fn the_gifts_of_a_session_go_with_it() {
    let mut parties = Parties::new(Flavour::Goblins);
    parties.deposit(b"gift");
    let receive = parties.good(b"other", 0);
    parties.withdraw(&receive);
    parties.script.peer.handle(Time(parties.script.now), Input::Closed { conn: parties.gifter });
    let heard = parties.script.heard(parties.receiver);
    assert!(heard.messages[0].contains("5'break18\"the gifter is gone"), "{heard:?}");
    assert_eq!((parties.script.peer.totals().gifts, parties.script.peer.totals().waiters), (0, 0));
}

#[test]
fn a_second_gift_of_one_name_and_a_second_who_waits_are_refused_and_the_first_stays() {
    let mut parties = Parties::new(Flavour::Goblins);
    parties.deposit(b"gift");
    let message = b"<10'op:deliver<11'desc:export0+>[12'deposit-gift4:gift<11'desc:export1+>]f<18'desc:import-object1+>>";
    let heard = parties.script.says(parties.gifter, message);
    assert!(heard.messages[0].contains("5'break28\"there is a gift of that name"), "{heard:?}");
    let (first, second) = (parties.good(b"other", 0), parties.good(b"other", 1));
    parties.withdraw(&first);
    assert!(parties.withdraw(&second)[0].contains("5'break28\"somebody waits for this gift"));
    assert_eq!((parties.script.peer.totals().gifts, parties.script.peer.totals().waiters), (1, 1));
}

#[test]
fn a_gift_for_another_key_is_a_broken_argument() {
    let mut parties = Parties::new(Flavour::Goblins);
    let give = parties.give(b"gift", "elsewhere", BETWEEN, GIFTER);
    let message = [b"<10'op:deliver<11'desc:export1+>[".as_slice(), &give, b"]ff>"].concat();
    assert_eq!(parties.script.says(parties.gifter, &message).closed, None);
    let (_, args, _) = parties.script.delivered.pop().expect("delivered");
    let Value::Ref(Ref::Promise(promise)) = args[0] else { panic!("a promise") };
    parties.script.peer.listen(promise).expect("held");
    parties.script.heard(parties.gifter);
    assert_eq!(parties.script.settled, [(promise, Outcome::Broken(Reason::Machine("a gift for somebody else")))]);
}

#[test]
fn a_gift_that_is_our_own_is_taken_where_it_lies() {
    let mut parties = Parties::new(Flavour::Goblins);
    parties.deposit(b"gift");
    // The gifter gives us, in its own session with us, what it has deposited with us.
    let ours = parties.script.peer.public_key(parties.gifter).expect("a session");
    let gifter = Forger::new(GIFTER);
    let give = gifter.give(&ours, "ours", &parties.session(parties.gifter, GIFTER), &gifter.side(), &sized(b"gift"));
    let message = [b"<10'op:deliver<11'desc:export1+>[".as_slice(), &give, b"]ff>"].concat();
    parties.script.says(parties.gifter, &message);
    let (_, args, _) = parties.script.delivered.pop().expect("delivered");
    let Value::Ref(Ref::Promise(promise)) = args[0] else { panic!("a promise") };
    parties.script.peer.listen(promise).expect("held");
    parties.script.heard(parties.gifter);
    assert_eq!(parties.script.settled, [(promise, Outcome::Fulfilled(Value::Ref(Ref::Local(Object(7)))))]);
}

#[test]
fn a_withdrawal_that_who_may_be_goblins_refuses_is_tried_once_more_with_a_later_count() {
    for (flavour, tries) in [(Flavour::Goblins, 2), (Flavour::Unknown, 2), (Flavour::Endo, 1)] {
        let mut parties = Parties::new(flavour);
        // The machine is the receiver now, the script gifter and exporter.
        let ours = parties.script.peer.public_key(parties.gifter).expect("a session");
        let give = Forger::new(GIFTER).give(&ours, "receiver", &[1; 32], &[2; 32], b"7+");
        let message = [b"<10'op:deliver<11'desc:export1+>[".as_slice(), &give, b"]ff>"].concat();
        parties.script.peer.handle(Time(parties.script.now), Input::Bytes { conn: parties.gifter, bytes: &message });
        let first = parties.script.heard(parties.receiver).messages;
        assert!(
            first[0].starts_with("<10'op:deliver<11'desc:export0+>[13'withdraw-gift<17'desc:sig-envelope<20'desc:handoff-receive32:"),
            "{first:?}"
        );
        assert!(first[0].ends_with("]1+<18'desc:import-object1+>>"), "{first:?}");
        let mut asked = 1;
        let mut position = 1;
        loop {
            let heard =
                parties.script.says(parties.receiver, format!("<10'op:deliver<11'desc:export{position}+>[5'break2\"no]ff>").as_bytes());
            let Some(next) = heard.messages.first() else { break };
            assert!(next.contains("withdraw-gift") && *next != first[0]);
            asked += 1;
            position += 1;
        }
        assert_eq!(asked, tries, "{flavour:?}");
    }
}
