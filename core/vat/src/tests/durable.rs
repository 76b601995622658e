//! Durable actors over lives of their vat: what landed is there, once; what did not never happened.
use super::{
    disk::Disk,
    notes::{Lives, Note, Shy, Tally},
    puppet::Puppet,
};
use crate::{
    Activity, ActorId, Behaviour, Config, Crash, Cx, Durability, Event, Identity, Input, Output, Outputs, Poison, PortId, Reason, Ref,
    Report, Rights, Said, SpawnOptions, Time, Vat, VatId,
};
use alloc::{boxed::Box, format, string::String, vec, vec::Vec};
use proptest::prelude::*;

pub(super) const IDENTITY: peerd_journal::Identity = peerd_journal::Identity([9; 16]);
const DOOR: PortId = PortId(1);

/// Keeps who is named in its arguments, of a note, a tally and a relay to the note, and hands on what it is told: `NAME body`. A shelf and
/// a case are the same again, and keep a note; the case is durable. `once LABEL` makes a durable note that nobody
/// keeps, `shy LABEL` one that is shy.
struct Keeper(&'static str);

const ALL: &str = "note tally relay";

impl Behaviour for Keeper {
    fn name(&self) -> &'static str {
        self.0
    }

    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let door = cx.refs().first().copied();
        let mut kept: Vec<(String, Ref)> = Vec::new();
        for name in core::str::from_utf8(args).expect("text").split_terminator(' ') {
            let refs = if name == "relay" { vec![kept[0].1, door.expect("given to the root")] } else { Vec::new() };
            let args: &[u8] = if ["shelf", "case"].contains(&name) { b"note" } else { b"" };
            let options = SpawnOptions::new(name, args).label(name).identity(Identity::Kept(name)).refs(&refs);
            let durability = if name == "shelf" { Durability::Volatile } else { Durability::Durable };
            let options = if self.0 == "root" { options } else { options.linked() };
            // Crashes of these tests are not to come again.
            kept.push((name.into(), cx.spawn(options.durability(durability).poison(Poison::Skip(1)))));
        }
        cx.trap_exits(self.0 != "root");
        cx.become_state(&postcard::to_allocvec(&kept).expect("refs encode"));
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        if let Event::User { body, .. } = event {
            let kept: Vec<(String, Ref)> = postcard::from_bytes(cx.state()).expect("written at init");
            let (name, body) = core::str::from_utf8(body).expect("text").split_once(' ').expect("`NAME body`");
            if let "once" | "shy" = name {
                let behaviour = if name == "once" { "note" } else { name };
                cx.spawn(SpawnOptions::new(behaviour, b"").label(body).durability(Durability::Durable));
                return Ok(());
            }
            let (_, to) = kept.iter().find(|(known, _)| known == name).expect("it is kept");
            cx.send(*to, body.as_bytes());
        }
        if let Event::Exit { .. } = event {
            cx.spawn(SpawnOptions::new("note", b"").identity(Identity::Kept("note")).linked());
        }
        Ok(())
    }
}

/// Sends what it gets to the note and out of the door. `crash` crashes it, `pass` passes the rest to itself, `bear` to a note that it spawns.
struct Relay;

impl Behaviour for Relay {
    fn name(&self) -> &'static str {
        "relay"
    }

    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(&postcard::to_allocvec(&[cx.refs()[0], cx.refs()[1]]).expect("refs encode"));
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        if let Event::User { body, .. } = event {
            let [note, door]: [Ref; 2] = postcard::from_bytes(cx.state()).expect("written at init");
            if let Some(rest) = body.strip_prefix(b"pass ") {
                cx.send(cx.me(), rest);
                return Ok(());
            }
            if let Some(rest) = body.strip_prefix(b"bear ") {
                let born = cx.spawn(SpawnOptions::new("note", b"").label("born").durability(Durability::Durable));
                cx.send(born, rest);
                return Ok(());
            }
            cx.send(note, body);
            cx.send(door, body);
            if body == b"crash" {
                return Err(Crash::new("told", "to crash"));
            }
        }
        Ok(())
    }
}

pub(super) struct House {
    pub vat: Vat,
    pub disk: Disk,
    /// Through the door, and what was reported.
    pub left: Vec<String>,
}

pub fn behaviours(version: u32) -> Vec<Box<dyn Behaviour>> {
    let keepers = ["root", "shelf", "case"].map(|name| Box::new(Keeper(name)) as Box<dyn Behaviour>);
    let others: [Box<dyn Behaviour>; 6] = [
        Box::new(Relay),
        Box::new(Puppet),
        Box::new(Lives { version }),
        Box::new(Shy),
        Box::new(Note { version }),
        Box::new(Tally::default()),
    ];
    keepers.into_iter().chain(others).collect()
}

impl House {
    pub fn open(disk: Disk) -> House {
        House::keeping(ALL, disk)
    }

    pub fn keeping(names: &str, disk: Disk) -> House {
        House::with(behaviours(1), names, disk)
    }

    pub fn with(behaviours: Vec<Box<dyn Behaviour>>, names: &str, disk: Disk) -> House {
        let config = Config { vat: VatId(1), ..Config::default() };
        let vat = Vat::durable(config, behaviours, IDENTITY, disk.recover(VatId(1))).expect("it comes back");
        let mut house = House { vat, disk, left: Vec::new() };
        let door = house.vat.port(DOOR);
        house.input(Input::Boot { behaviour: "root".into(), args: names.into(), refs: vec![door] });
        house.run();
        house.land();
        house
    }

    pub fn input(&mut self, input: Input) {
        let mut out = Outputs::new();
        assert_eq!(self.vat.handle(Time(0), input, &mut out), Ok(()));
        self.note(out);
    }

    fn note(&mut self, out: Outputs) {
        self.left.extend(out.into_iter().filter_map(|output| match output {
            Output::Port { body, .. } => Some(String::from_utf8(body.to_vec()).expect("text")),
            Output::Report(Report { what: Said::Note { kind, text }, .. }) => Some(format!("{kind}: {text}")),
            _ => None,
        }));
    }

    pub fn tell(&mut self, words: &str) {
        let to = self.vat.root().expect("it lives");
        self.input(Input::Message { to, body: words.into(), refs: Vec::new() });
    }

    /// At most so many turns. Whether more are due.
    pub fn turns(&mut self, fuel: u64) -> bool {
        let mut out = Outputs::new();
        let ran = self.vat.run(Time(0), fuel, &mut out);
        self.note(out);
        !ran.idle
    }

    pub fn run(&mut self) {
        while self.turns(1_000) {}
    }

    pub fn land(&mut self) {
        while let Some(flight) = self.vat.flight() {
            self.disk.0.entry(flight.file).or_default().extend_from_slice(flight.bytes);
            self.input(Input::Landed);
        }
    }

    pub fn say(&mut self, lines: &[&str]) {
        for line in lines {
            self.tell(line);
            self.run();
        }
    }

    /// The state of this actor, as a person sees it.
    pub fn state(&self, name: &str) -> String {
        let row = self.vat.rows().into_iter().find(|row| row.label == name).expect("it is known");
        let ActorId(key) = row.id;
        String::from_utf8(self.vat.shown_state(key)).expect("text")
    }

    pub fn life(&self, name: &str) -> u32 {
        self.vat.rows().into_iter().find(|row| row.label == name).expect("it is known").incarnation.0
    }

    fn kill(&mut self, label: &str) {
        self.input(Input::Exit { to: self.actor(label), reason: Reason::Kill });
    }

    pub fn actor(&self, label: &str) -> Ref {
        let row = self.vat.rows().into_iter().find(|row| row.label == label).expect("it is known");
        Ref::actor(row.id.0, 0, Rights::ALL)
    }

    /// How many durable actors the journal has.
    fn known(&self) -> usize {
        self.disk.recover(VatId(1)).image.actors.len()
    }

    /// The vat is gone; what landed is left.
    pub fn again(self) -> House {
        House::open(self.disk)
    }
}

#[test]
fn what_landed_is_there_in_the_next_life_without_an_init() {
    let mut house = House::open(Disk::default());
    house.say(&["note a", "note b", "tally x", "tally x"]);
    house.land();
    let mut house = house.again();
    assert_eq!((house.state("note"), house.life("note"), house.state("tally").len()), ("ab".into(), 2, 1));
    house.say(&["note c", "tally x"]);
    house.land();
    let house = house.again();
    assert_eq!((house.state("note"), house.life("note")), ("abc".into(), 3));
    assert_eq!(house.state("tally"), "3");
}

#[test]
fn what_did_not_land_never_happened_and_nothing_of_it_left() {
    let mut house = House::open(Disk::default());
    house.say(&["note a"]);
    house.land();
    house.say(&["note b", "relay c"]);
    assert_eq!((house.state("note"), house.left.as_slice()), ("abc".into(), &[] as &[String]));
    let house = house.again();
    assert_eq!((house.state("note"), house.left.as_slice()), ("a".into(), &[] as &[String]));
}

#[test]
fn an_output_leaves_when_the_record_of_its_turn_has_landed() {
    let mut house = House::open(Disk::default());
    house.say(&["relay a"]);
    assert!(house.left.is_empty());
    house.land();
    assert_eq!(house.left, ["a"]);
}

#[test]
fn what_is_sent_to_a_child_in_the_turn_of_its_birth_is_there_before_it_has_had_one() {
    let mut house = House::open(Disk::default());
    house.run();
    house.tell("relay bear a");
    house.turns(2);
    house.land();
    let mut house = house.again();
    house.run();
    assert_eq!(house.state("born"), "a");
}

#[test]
fn a_message_between_durable_actors_is_handled_once_wherever_the_vat_is_cut() {
    for cut in 0..12 {
        let mut house = House::open(Disk::default());
        for line in ["relay a", "relay b", "note x", "relay c"] {
            house.tell(line);
        }
        for _ in 0..cut {
            house.turns(1);
            house.land();
        }
        let seen = house.left.len();
        let mut house = house.again();
        house.run();
        house.land();
        // What was handled is known, and of what was sent every one arrives once: the note has what the door has seen.
        let note: String = house.state("note").chars().filter(|letter| *letter != 'x').collect();
        let expected: String = "abc".chars().take(seen).collect();
        assert_eq!(note, expected, "cut after {cut}");
        assert_eq!(house.again().state("note").replace('x', ""), expected, "cut after {cut}, and again");
    }
}

proptest! {
    /// Numbers go through the relay to the note. Whatever is cut when: none arrives twice or out of order, and what has left is there.
    #[test]
    fn nothing_is_doubled_and_nothing_that_left_is_lost(script in proptest::collection::vec((0u8..5, 1u64..4), 1..40)) {
        let (mut house, mut next, mut left) = (House::open(Disk::default()), 0, Vec::new());
        for (what, much) in script {
            match what {
                0 | 1 => {
                    next += 1;
                    house.tell(&format!("relay {next},"));
                }
                2 => {
                    house.turns(much);
                }
                3 => house.land(),
                _ => {
                    left.append(&mut house.left);
                    house = house.again();
                }
            }
        }
        house.run();
        house.land();
        left.append(&mut house.left);
        let noted = house.state("note");
        let noted: Vec<&str> = noted.split_terminator(',').collect();
        let numbers: Vec<u32> = noted.iter().map(|number| number.parse().expect("a number")).collect();
        prop_assert!(numbers.is_sorted_by(|a, b| a < b), "{:?}", numbers);
        for number in &left {
            prop_assert!(noted.contains(&number.trim_end_matches(',')), "{} left and is not in {:?}", number, noted);
        }
        let again = house.again().state("note");
        prop_assert_eq!(again.split_terminator(',').count(), noted.len());
    }
}

#[test]
fn a_dropped_turn_leaves_no_record() {
    let mut house = House::open(Disk::default());
    house.say(&["relay a", "relay crash"]);
    house.land();
    assert_eq!((house.state("note"), house.left.as_slice()), ("a".into(), &["a".into()] as &[String]));
    let house = house.again();
    assert_eq!((house.state("note"), house.life("relay")), ("a".into(), 2));
}

#[test]
fn a_turn_whose_state_no_bytes_can_be_made_of_is_dropped() {
    let mut house = House::open(Disk::default());
    house.say(&["tally x", "tally x", "tally spoil"]);
    house.land();
    assert_eq!(house.vat.rows().iter().find(|row| row.label == "tally").map(|row| row.state), Some(Activity::Ended));
    let house = house.again();
    assert_eq!(house.state("tally"), "2");
}

#[test]
fn what_is_committed_is_kept_once_wherever_it_lies() {
    let mut house = House::open(Disk::default());
    house.say(&["note a", "tally x", "tally x"]);
    let id = |house: &House, label| house.vat.rows().into_iter().find(|row| row.label == label).expect("it is known").id.0;
    let (note, tally) = (id(&house, "note"), id(&house, "tally"));
    let beside = |house: &House, key| house.vat.lasting(key).expect("it is durable").state.clone();
    assert_eq!((beside(&house, note), beside(&house, tally)), (b"".into(), b"2".into()));
    house.vat.passivate(tally).expect("it can rest");
    assert_eq!((beside(&house, tally), house.state("tally")), (b"".into(), "2".into()));
    house.say(&["tally x"]);
    assert_eq!(beside(&house, tally), b"3");
    house.kill("tally");
    house.kill("note");
    assert_eq!((beside(&house, tally), house.state("tally"), house.state("note")), (b"".into(), "3".into(), "a".into()));
    house.land();
    let house = house.again();
    assert_eq!((house.state("tally"), house.state("note")), ("3".into(), "a".into()));
}

#[test]
fn a_message_whose_turn_was_dropped_is_not_tried_again_in_the_next_life() {
    let mut house = House::open(Disk::default());
    house.tell("relay pass crash");
    // The turns of root and of the relay that passes it on, and then the power fails or does not.
    for fuel in [2, 100] {
        house.turns(fuel);
        house.land();
    }
    assert_eq!(house.state("note"), "");
    let mut house = house.again();
    house.say(&["relay a"]);
    assert_eq!((house.state("note"), house.life("relay")), ("a".into(), 2));
}

#[test]
fn who_is_not_asked_for_in_one_life_waits_for_the_next() {
    let mut house = House::open(Disk::default());
    house.say(&["note a", "tally x"]);
    house.land();
    let mut house = House::keeping("tally", house.disk);
    house.say(&["tally x"]);
    house.land();
    let house = House::keeping("", house.disk);
    let mut house = House::open(house.disk);
    house.say(&["note b", "tally x"]);
    assert_eq!((house.state("note"), house.state("tally")), ("ab".into(), "3".into()));
}

#[test]
fn who_is_kept_and_told_nothing_is_there_in_the_next_life() {
    let mut house = House::open(Disk::default());
    house.say(&["note a"]);
    house.land();
    for _ in 0..3 {
        house = house.again();
    }
    assert_eq!(house.state("note"), "a");
}

#[test]
fn who_ends_after_the_root_is_kept_by_that_of_the_next_life() {
    let mut house = House::open(Disk::default());
    house.say(&["note a"]);
    let root = house.vat.root().expect("it lives");
    house.input(Input::Exit { to: root, reason: Reason::Kill });
    house.run();
    house.kill("note");
    house.run();
    house.land();
    assert_eq!(house.again().state("note"), "a");
}

#[test]
fn who_is_gone_for_good_is_forgotten_by_the_journal_too() {
    let mut house = House::open(Disk::default());
    let known = house.known();
    for label in ["one", "two", "three"] {
        house.say(&[&format!("once {label}")]);
    }
    house.land();
    assert_eq!(house.known(), known + 3);
    house.kill("one");
    house.kill("two");
    house.land();
    assert_eq!((house.known(), house.again().known()), (known + 1, known + 1));
}

#[test]
fn when_much_has_gathered_turns_wait_for_the_next_flight() {
    let mut house = House::open(Disk::default());
    let much = "x".repeat(1 << 20);
    for _ in 0..7 {
        house.tell(&format!("tally {much}"));
        house.tell(&format!("note {much}"));
    }
    while house.turns(1_000) {
        assert!(house.vat.is_full());
        house.land();
    }
    assert_eq!((house.state("tally"), house.state("note").len()), ("7".into(), 7 << 20));
}

#[test]
fn a_vat_without_a_journal_refuses_durable_actors() {
    let mut vat = Vat::new(Config::default(), behaviours(1));
    let (door, mut out) = (vat.port(DOOR), Outputs::new());
    vat.handle(Time(0), Input::Boot { behaviour: "root".into(), args: ALL.into(), refs: vec![door] }, &mut out).expect("there is a root");
    vat.run(Time(0), 100, &mut out);
    let reports = out.iter().filter(|output| matches!(output, Output::Report(_))).count();
    assert_eq!(reports, 3, "{out:?}");
}
