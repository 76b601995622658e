//! Whatever puppets do to each other, this holds.
use super::{kit::World, puppet::AUDIT};
use crate::{Activity, ActorId, Config, Input, MessageKind, Output, Reason, Ref, Rights, What};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    format,
    string::String,
    vec::Vec,
};
use proptest::prelude::*;

const EVERYONE: &str = "root: spawn a kept; spawn b kept; spawn c; spawn d; on exit {trap}
    root: send a {keep a b c d} a+,b+,c+,d+; send b {keep a b c d} a+,b+,c+,d+; send c {keep a b c d} a+,b+,c+,d+; send d {keep a b c d} a+,b+,c+,d+";

fn who() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["a", "b", "c", "d", "parent", "me"][..])
}

/// A message that defers changes no tag: two that did both would put each other back for ever.
fn command() -> impl Strategy<Value = String> {
    let plain = prop::sample::select(
        &[
            "trap",
            "trap off",
            "unwatch",
            "cancel",
            "drop held",
            "send held late",
            "tag 0",
            "tag 1",
            "tag 2",
            "await reply",
            "timer 3 60; await reply 3",
            "await down 1",
            "timer 3 30; await 3; open reentrant",
            "call p1 {slow} 90; await reply; open call_chain",
            "stop normal",
            "stop odd",
            "stop kill",
            "crash boom",
            "timer 1 0",
            "timer 1 40",
            "timer 2 700",
            "untimer 1",
            "insert 3",
            "insert 4 last",
            "spawn e linked {ping parent}",
            "spawn e kept monitored",
            "start f linked {crash early}",
            "start f {trap}",
            "bury e",
            "forget e",
            "bury a",
            "priority fast; send parent {keep fast} fast",
            "park a",
            "demonitor",
            "unalias",
            "spawn t runs:tally",
            "spawn n kept runs:note {x}",
            "spawn e capped {on x {yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy}}",
            "park e",
            "forget b",
            "spawn a kept",
            "spawn b kept linked",
            "spawn c again monitored",
            "call p1 {hello}",
            "call p2 {quick} 20",
        ][..],
    );
    let to_one = prop::sample::select(
        &[
            "ping {}",
            "ping {}",
            "ping {}",
            "call {} {hold held}",
            "call {} {reply yes}",
            "call {} {what} 30",
            "call {} {ping parent; needs 1 {reply no}} 500",
            "call {} {send a {keep held} held; drop held}",
            "watch {}",
            "watch {}",
            "watch_identity {}",
            "link {}",
            "unlink {}",
            "exit {} odd",
            "exit {} kill",
            "exit {} normal",
            "send {} {ping c; ping d; ping c}",
            "send {} {stop odd}",
            "send {} {needs 1 {ping parent}}",
            "send {} {needs 2 {ping a}}",
            "send {} {keep held} held",
            "send held yes {}",
            "send fast {ping {}}",
            "call fast {reply yes}",
            "alias {} held demonitor",
            "alias {} held reply_demonitor; send a {keep held} held",
            "system {} suspend",
            "system {} resume",
            "system {} resume",
            "system {} status; await reply",
            "system {} get_state",
            "system {} log 5",
            "system {} passivate",
            "system t passivate; call t x; system t suspend",
            "system t upgrade tally 1 note 2 {}; system t replace 5",
            "call {} {call parent {what}; await reply; open call_chain} 200; await reply",
            "call {} {timer 4 5; await 4; open predicate}; call {} confused",
        ][..],
    );
    prop_oneof![plain.prop_map(String::from), (to_one, who()).prop_map(|(verb, who)| verb.replacen("{}", who, 1))]
}

fn line() -> impl Strategy<Value = String> {
    let commands = prop::collection::vec(command(), 1..6).prop_map(|commands| commands.join("; "));
    let actor = prop::sample::select(&["a", "b", "c", "d", "root"][..]);
    prop_oneof![
        8 => (actor, commands).prop_map(|(actor, commands)| format!("{actor}: {commands}")),
        1 => (1u64..300).prop_map(|ms| format!("+{ms}")),
        1 => Just(String::from("root: spawn a kept; spawn b kept; spawn c again; spawn d again")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// That counters balance and no message hides is checked after every input and every run, see `World::audit`.
    #[test]
    fn worlds_keep_their_promises(lines in prop::collection::vec(line(), 1..40), bound in prop::sample::select(&[3u32, 65_536][..])) {
        let mut world = World::new(Config { mailbox_entries_max: bound, ..Config::default() });
        world.play(EVERYONE);
        for line in lines {
            if world.vat.root().is_some() {
                world.play(&line);
            }
        }
        // Beyond every deadline, also of calls that are made once an await or a suspension is over.
        for _ in 0..8 {
            for row in world.vat.rows().iter().filter(|row| row.state == Activity::Suspended) {
                world.vat.set_suspended(row.id.0, false);
            }
            world.play("+100000");
        }
        let mut witness = Witness::default();
        for output in &world.said {
            if let Output::Trace(fact) = output {
                witness.see(fact.actor, &fact.what);
            }
        }
        // Who awaits the end of somebody who lives hears of nothing else for as long.
        let closed = |life: &Life| world.vat.door(life.0.0).is_some_and(|door| door.is_closed());
        witness.close(closed);
        end_all(&mut world);
        prop_assert_eq!(world.in_use(), [0; 5], "of the dead nothing is left");
    }
}

fn end_all(world: &mut World) {
    loop {
        let Some(row) = world.vat.rows().into_iter().find(|row| !matches!(row.state, Activity::Ended | Activity::Buried)) else {
            return;
        };
        let to = Ref::actor(row.id.0, 0, Rights::ALL);
        world.input(Input::Exit { to, reason: Reason::Kill }).expect("it is not broken");
        world.run();
    }
}

type Life = (ActorId, u32);

/// Reads the facts and knows what may not be.
#[derive(Default)]
struct Witness {
    lives: BTreeMap<ActorId, u32>,
    living: BTreeSet<Life>,
    /// Who sent a ping to whom, and as which between the two.
    pings: BTreeMap<Vec<u8>, (Life, ActorId, usize)>,
    sent: BTreeMap<(Life, ActorId), usize>,
    handled: BTreeSet<Vec<u8>>,
    newest: BTreeMap<(Life, ActorId), usize>,
    /// Calls that are to settle: whose they are.
    calls: BTreeMap<String, Life>,
    /// Calls that are an address of a watch, and need not settle.
    aliases: BTreeSet<String>,
    /// Watches, and the life each waits for the end of.
    watches: BTreeMap<String, (Life, Life)>,
    /// Watches whose down is to come.
    due: BTreeMap<String, (Life, Life)>,
    told: BTreeSet<(Life, ActorId)>,
    over: BTreeSet<String>,
}

impl Witness {
    fn see(&mut self, actor: Option<ActorId>, what: &What) {
        if let What::Spawned { child, incarnation, .. } = what {
            self.lives.insert(*child, *incarnation);
            self.living.insert((*child, *incarnation));
        }
        let Some(actor) = actor else { return };
        let me = (actor, self.lives[&actor]);
        match what {
            What::Sent { to, kind: MessageKind::User, text } if text.starts_with(b"#") => {
                let to = to.actor_id().expect("pings go to actors");
                let count = self.sent.entry((me, to)).or_default();
                *count += 1;
                assert!(self.pings.insert(text.clone(), (me, to, *count)).is_none(), "each ping is unique");
            }
            What::Received { kind, text, incarnation, .. } => {
                assert_eq!(me.1, *incarnation, "a turn is of the life that lives");
                assert!(self.living.contains(&me), "the dead have no turns");
                if *kind == MessageKind::User && self.pings.contains_key(text) && self.handled.insert(text.clone()) {
                    let (from, to, number) = self.pings[text];
                    assert_eq!(to, actor);
                    let newest = self.newest.insert((from, to), number);
                    assert!(newest.is_none_or(|newest| newest < number), "between two actors order holds");
                    assert!(!self.told.contains(&(from, to)), "a down is the last word");
                }
            }
            What::Ended { .. } => {
                self.living.remove(&me);
                self.due.extend(self.watches.extract_if(.., |_, watch| watch.1 == me));
                self.due.retain(|_, watch| watch.0 != me);
                self.watches.retain(|_, watch| watch.0 != me);
                self.calls.retain(|_, whose| *whose != me);
            }
            What::Note { kind, text } if kind == AUDIT => self.audit(me, text),
            _ => {}
        }
    }

    fn audit(&mut self, me: Life, text: &str) {
        let (what, which) = text.split_once(' ').expect("what and which");
        let (key, target) = which.split_once(' ').unwrap_or((which, ""));
        match what {
            "call" => assert!(self.calls.insert(key.into(), me).is_none()),
            "cancel" => drop(self.calls.remove(key)),
            "alias" => drop(self.aliases.insert(key.into())),
            "settled" if self.aliases.remove(key) => {}
            "settled" => assert_eq!(self.calls.remove(key), Some(me), "a call settles once, unless it was cancelled"),
            "watch" => {
                let target = self.living.iter().find(|(id, _)| format!("{id}") == target);
                match target {
                    Some(target) => self.watches.insert(key.into(), (me, *target)),
                    None => self.due.insert(key.into(), (me, me)),
                };
            }
            "demonitor" => {
                self.watches.remove(key);
                self.due.remove(key);
            }
            "unwatch" => {
                self.watches.remove(key);
                self.due.remove(key);
                self.over.insert(key.into());
            }
            "down" => {
                assert!(self.over.insert(key.into()), "one down for each watch, and none after unwatch");
                assert!(!self.watches.contains_key(key), "no down of the living");
                if let Some((watcher, target)) = self.due.remove(key).filter(|watch| watch.0 != watch.1) {
                    self.told.insert((target, watcher.0));
                }
            }
            other => panic!("{other} is no audit"),
        }
    }

    fn close(&self, awaits: impl Fn(&Life) -> bool) {
        let calls: Vec<_> = self.calls.iter().filter(|(_, caller)| !awaits(caller)).collect();
        assert!(calls.is_empty(), "calls that never settled: {calls:?}");
        let downs: Vec<_> = self.due.iter().filter(|(_, (watcher, _))| !awaits(watcher)).collect();
        assert!(downs.is_empty(), "downs that never came: {downs:?}");
    }
}
