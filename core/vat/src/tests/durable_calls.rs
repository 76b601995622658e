//! Calls of durable actors over lives of their vat: each is settled once, and an answer that was given is not lost.
use super::disk::Disk;
use crate::{
    Behaviour, CallId, Config, Crash, Cx, Durability, Event, Identity, Input, Output, Outputs, Ref, Settle, SpawnOptions, Time, Vat, VatId,
};
use alloc::{boxed::Box, format, string::String, vec, vec::Vec};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

const VAT: VatId = VatId(1);

/// Keeps an asker that knows an answerer, another one that is volatile, and an object of the first. Hands on what the host says, `NAME body`.
struct Root;

const NAMES: [&str; 3] = ["answerer", "volatile", "asker"];

impl Behaviour for Root {
    fn name(&self) -> &'static str {
        "root"
    }

    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let mut kept: Vec<Ref> = Vec::new();
        for name in NAMES {
            let behaviour = if name == "volatile" { "answerer" } else { name };
            let object = |kept: &Vec<Ref>| kept[0].object(5);
            let refs = if name == "asker" { kept.iter().copied().chain([object(&kept)]).collect() } else { Vec::new() };
            let options = SpawnOptions::new(behaviour, b"").label(name).identity(Identity::Kept(name)).refs(&refs);
            let durability = if name == "volatile" { Durability::Volatile } else { Durability::Durable };
            kept.push(cx.spawn(options.durability(durability)));
        }
        cx.become_state(&postcard::to_allocvec(&kept).expect("refs encode"));
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        if let Event::User { body, .. } = event {
            let kept: Vec<Ref> = postcard::from_bytes(cx.state()).expect("written at init");
            let (name, body) = core::str::from_utf8(body).expect("text").split_once(' ').expect("`NAME body`");
            let at = NAMES.iter().position(|known| *known == name).expect("it is kept");
            cx.send(kept[at], body.as_bytes());
        }
        Ok(())
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Asked {
    answerers: Vec<Ref>,
    calls: Vec<(CallId, String)>,
    /// What came of them, in order.
    settled: Vec<String>,
}

/// `0 QUESTION` asks the durable answerer, `1 QUESTION` the volatile one, `2 QUESTION` the object. `cancel` calls all off.
struct Asker;

impl Behaviour for Asker {
    fn name(&self) -> &'static str {
        "asker"
    }

    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let asked = Asked { answerers: cx.refs().to_vec(), ..Asked::default() };
        cx.become_state(&postcard::to_allocvec(&asked).expect("plain data encodes"));
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let mut asked: Asked = postcard::from_bytes(cx.state()).expect("its own");
        match event {
            Event::User { body: b"cancel", .. } => asked.calls.drain(..).for_each(|(call, _)| cx.cancel_call(call)),
            Event::User { body, .. } => {
                let (which, question) = core::str::from_utf8(body).expect("text").split_once(' ').expect("`WHICH QUESTION`");
                let to = asked.answerers[which.parse::<usize>().expect("a number")];
                asked.calls.push((cx.call(to, question.as_bytes(), &[], 60_000), question.into()));
            }
            Event::Reply { call, result } => {
                let at = asked.calls.iter().position(|(known, _)| *known == call).ok_or_else(|| Crash::new("call", "settled twice"))?;
                let (_, question) = asked.calls.remove(at);
                let outcome = match result {
                    Ok(answer) => String::from_utf8(answer.body.to_vec()).expect("text"),
                    Err(settle) => format!("{settle:?}"),
                };
                asked.settled.push(format!("{question}: {outcome}"));
            }
            _ => {}
        }
        cx.become_state(&postcard::to_allocvec(&asked).expect("plain data encodes"));
        Ok(())
    }
}

/// Answers at once, or when it is `free` what begins with `hold`. `lose` leaves no answer, `refuse` is told that it is revoked. An
/// object's answer has its number.
struct Answerer;

impl Behaviour for Answerer {
    fn name(&self) -> &'static str {
        "answerer"
    }

    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(&postcard::to_allocvec(&Vec::<Ref>::new()).expect("refs encode"));
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let mut held: Vec<Ref> = postcard::from_bytes(cx.state()).expect("its own");
        match event {
            Event::User { body: b"free", .. } => held.drain(..).for_each(|reply| cx.reply(reply, b"freed", &[])),
            Event::User { body, reply: Some(reply), .. } if body.starts_with(b"hold") => held.push(reply),
            Event::User { body: b"refuse", reply: Some(reply), .. } => cx.refuse(reply, &Settle::Revoked),
            Event::User { body, reply: Some(reply), refs } if cx.addressed().is_some() => {
                assert!(refs.is_empty(), "its address is no ref of the message");
                cx.reply(reply, format!("{} {}", cx.addressed().unwrap_or(0), String::from_utf8_lossy(body)).as_bytes(), &[]);
            }
            Event::User { body, reply: Some(reply), .. } if !body.starts_with(b"lose") => cx.reply(reply, body, &[]),
            _ => return Ok(()),
        }
        cx.become_state(&postcard::to_allocvec(&held).expect("refs encode"));
        Ok(())
    }
}

struct World {
    vat: Vat,
    disk: Disk,
    now: Time,
}

impl World {
    fn open(disk: Disk) -> World {
        let behaviours: Vec<Box<dyn Behaviour>> = vec![Box::new(Root), Box::new(Asker), Box::new(Answerer)];
        let config = Config { vat: VAT, ..Config::default() };
        let vat = Vat::durable(config, behaviours, peerd_journal::Identity([3; 16]), disk.recover(VAT)).expect("it comes back");
        let mut world = World { vat, disk, now: Time(0) };
        world.input(Input::Boot { behaviour: "root".into(), args: Vec::new(), refs: Vec::new() });
        world
    }

    fn input(&mut self, input: Input) {
        let mut out = Outputs::new();
        self.vat.handle(self.now, input, &mut out).expect("nothing is full or broken");
        self.check(&out);
    }

    fn say(&mut self, words: &str) {
        let to = self.vat.root().expect("it is booted");
        self.input(Input::Message { to, body: words.into(), refs: Vec::new() });
    }

    fn turns(&mut self, fuel: u64) -> bool {
        let mut out = Outputs::new();
        let ran = self.vat.run(self.now, fuel, &mut out);
        self.check(&out);
        !ran.idle
    }

    /// An asker that is told twice of one call crashes.
    fn check(&self, out: &Outputs) {
        assert!(!out.iter().any(|output| matches!(output, Output::Report(_))), "{out:?}");
        assert!(self.vat.counters().balance());
    }

    fn land(&mut self) {
        while let Some(flight) = self.vat.flight() {
            self.disk.0.entry(flight.file).or_default().extend_from_slice(flight.bytes);
            self.input(Input::Landed);
        }
    }

    fn settle(&mut self) {
        while self.turns(100) {}
        self.land();
    }

    fn again(self) -> World {
        World::open(self.disk)
    }

    fn asked(&self) -> Asked {
        let row = self.vat.rows().into_iter().find(|row| row.label == "asker").expect("it is kept");
        let mut state = Vec::new();
        self.vat.encode_state(row.id.0, &mut state).expect("it has bytes");
        postcard::from_bytes(&state).expect("its own")
    }

    fn settled(&self) -> Vec<String> {
        self.asked().settled
    }
}

#[test]
fn an_answer_that_was_given_arrives_in_the_next_life_wherever_the_vat_is_cut() {
    for turns in 0..12 {
        let mut world = World::open(Disk::default());
        world.settle();
        world.say("asker 0 what");
        for _ in 0..turns {
            world.turns(1);
            world.land();
        }
        let was_asked = !world.asked().calls.is_empty() || !world.settled().is_empty();
        let mut world = world.again();
        world.settle();
        let expected: &[&str] = if was_asked { &["what: what"] } else { &[] };
        assert_eq!(world.settled(), expected, "cut after {turns}");
        let mut world = world.again();
        world.settle();
        assert_eq!(world.settled(), expected, "cut after {turns}, and again");
    }
}

#[test]
fn a_refusal_and_an_objects_answer_arrive_in_the_next_life_wherever_the_vat_is_cut() {
    for (asked, told) in [("0 refuse", format!("refuse: {:?}", Settle::Revoked)), ("2 what", "what: 5 what".into())] {
        for turns in 0..12 {
            let mut world = World::open(Disk::default());
            world.settle();
            world.say(&format!("asker {asked}"));
            for _ in 0..turns {
                world.turns(1);
                world.land();
            }
            let was_asked = !world.asked().calls.is_empty() || !world.settled().is_empty();
            let mut world = world.again();
            world.settle();
            let expected: &[String] = if was_asked { core::slice::from_ref(&told) } else { &[] };
            assert_eq!(world.settled(), expected, "{asked}, cut after {turns}");
        }
    }
}

#[test]
fn who_holds_a_reply_ref_may_answer_in_a_later_life() {
    let mut world = World::open(Disk::default());
    world.say("asker 0 hold");
    world.settle();
    let mut world = world.again();
    world.settle();
    assert_eq!((world.settled().len(), world.asked().calls.len()), (0, 1));
    let mut world = world.again();
    world.say("answerer free");
    world.settle();
    let mut world = world.again();
    world.settle();
    assert_eq!(world.settled(), ["hold: freed"]);
}

#[test]
fn what_nobody_can_answer_any_more_is_noconnection_in_the_next_life_once() {
    let mut world = World::open(Disk::default());
    world.say("asker 1 hold");
    world.settle();
    let mut world = world.again();
    world.settle();
    assert_eq!(world.settled(), [format!("hold: {:?}", Settle::Noconnection)]);
    let mut world = world.again();
    world.settle();
    assert_eq!((world.settled().len(), world.asked().calls.len()), (1, 0));
}

#[test]
fn a_call_that_came_back_ends_by_its_deadline_and_one_that_was_called_off_has_no_answer() {
    let mut world = World::open(Disk::default());
    world.say("asker 0 hold");
    world.settle();
    let mut world = world.again();
    world.settle();
    world.now = Time(60_001);
    world.settle();
    assert_eq!(world.settled(), [format!("hold: {:?}", Settle::Timeout)]);
    world.say("asker 0 hold again");
    world.settle();
    world.say("asker cancel");
    world.say("answerer free");
    world.settle();
    let mut world = world.again();
    world.settle();
    assert_eq!((world.settled().len(), world.asked().calls.len()), (1, 0));
}

#[test]
fn keys_of_calls_of_one_life_of_the_vat_are_none_of_another() {
    let mut world = World::open(Disk::default());
    world.say("asker 0 hold");
    world.settle();
    let (first, _) = world.asked().calls[0];
    world.say("answerer free");
    world.settle();
    let mut world = world.again();
    world.say("asker 0 hold");
    world.settle();
    let (second, _) = world.asked().calls[0];
    let mut world = world.again();
    world.say("asker 0 hold");
    world.settle();
    let calls: Vec<CallId> = world.asked().calls.iter().map(|(call, _)| *call).collect();
    assert_eq!((calls.len(), calls[0]), (2, second));
    assert!(first != second && first != calls[1]);
}

proptest! {
    /// Whatever is cut when: each call that was made has one settlement, and a durable answerer's is its answer.
    #[test]
    fn each_call_has_one_settlement(script in proptest::collection::vec((0u8..10, 1u64..4), 1..60)) {
        let (mut world, mut next) = (World::open(Disk::default()), 0);
        for (what, much) in script {
            match what {
                0..=4 => {
                    next += 1;
                    let which = ["asker 0", "asker 0 hold", "asker 1 ask", "asker 0 lose", "answerer free"][usize::from(what)];
                    world.say(&if what == 4 { which.into() } else { format!("{which} {next}") });
                }
                5 | 6 => drop(world.turns(much)),
                7 | 8 => world.land(),
                _ => world = world.again(),
            }
        }
        world.settle();
        world.say("answerer free");
        world.settle();
        // The calls that its state has are all settled.
        let asked = world.asked();
        prop_assert!(asked.calls.is_empty(), "{:?}", asked.calls);
        for settled in &asked.settled {
            let (question, outcome) = settled.split_once(": ").expect("`QUESTION: OUTCOME`");
            let is_known = match question.split(' ').next() {
                Some("hold") => outcome == "freed",
                Some("lose") => ["Noreply", "Noconnection"].contains(&outcome),
                // The volatile one has another key in each life, and the asker knows the first.
                Some("ask") => [question, "Noconnection", "Noproc"].contains(&outcome),
                _ => outcome == question,
            };
            prop_assert!(is_known, "{}", settled);
        }
    }
}
