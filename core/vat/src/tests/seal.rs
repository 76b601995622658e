//! A vat that ends in order: its lives go on in the next epoch, or nothing has changed.
use super::durable::{House, IDENTITY, behaviours};
use crate::{
    Activity, Behaviour, Config, Crash, Cx, Durability, Event, Identity, Input, NotSealed, Outputs, Poison, Ref, Refused, SpawnOptions,
    Time, Vat, VatId,
};
use alloc::{boxed::Box, format, string::String, vec, vec::Vec};

/// Starts a note and is told how that went, and then of its faults.
struct Starter;

impl Behaviour for Starter {
    fn name(&self) -> &'static str {
        "root"
    }

    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let note = SpawnOptions::new("note", b"").label("note").identity(Identity::Kept("note")).durability(Durability::Durable);
        let (note, _) = cx.start(note.poison(Poison::Skip(1)).holds_faults(7), 1_000);
        cx.become_state(&postcard::to_allocvec(&(note, String::new())).expect("a ref encodes"));
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let (note, mut heard): (Ref, String) = postcard::from_bytes(cx.state()).expect("written at init");
        match event {
            Event::User { body, .. } => cx.send(note, body),
            Event::Reply { result, .. } => heard.push_str(if result.is_ok() { "started " } else { "refused " }),
            Event::Timer { key } => heard.push_str(&format!("fault {key} ")),
            _ => {}
        }
        cx.become_state(&postcard::to_allocvec(&(note, heard)).expect("a ref encodes"));
        Ok(())
    }
}

fn with_starter() -> Vec<Box<dyn Behaviour>> {
    let mut all = behaviours(1);
    all.retain(|behaviour| behaviour.name() != "root");
    all.push(Box::new(Starter));
    all
}

fn heard(house: &House) -> String {
    let row = house.vat.rows().into_iter().find(|row| row.behaviour == "root").expect("it lives");
    let (_, heard): (Ref, String) = postcard::from_bytes(&house.vat.state(row.id).expect("it has one")).expect("as written");
    heard
}

#[test]
fn an_owner_that_began_anew_starts_what_never_ended_and_has_it_as_before() {
    let mut house = House::with(with_starter(), "", Default::default());
    house.say(&["one"]);
    let life = house.life("note");
    assert_eq!(house.vat.seal(), Ok(()));
    house.land();
    let mut house = House::with(with_starter(), "", house.disk);
    assert_eq!((house.life("note"), house.state("note"), heard(&house)), (life, "one".into(), "started ".into()));
    house.say(&["crash"]);
    assert_eq!(heard(&house), "started fault 7 ");
}

impl House {
    /// Given up in order, and opened by its next owner.
    fn moved(mut self) -> House {
        self.run();
        assert_eq!(self.vat.seal(), Ok(()));
        self.land();
        self.again()
    }
}

#[test]
fn lives_go_on_over_a_seal_and_end_with_a_crash() {
    let mut house = House::open(Default::default());
    house.say(&["note one", "once loner", "loner"].map(|line| if line == "loner" { "tally x" } else { line }));
    let lives = |house: &House| ["note", "tally", "loner"].map(|name| house.life(name));
    let before = lives(&house);
    house = house.moved();
    assert_eq!((lives(&house), house.state("note")), (before, "one".into()));
    house = house.moved();
    assert_eq!(lives(&house), before);
    house.land();
    house = house.again();
    assert_eq!(lives(&house), before.map(|life| life + 1));
}

#[test]
fn a_sealed_vat_takes_nothing_and_what_it_did_leaves_when_it_has_landed() {
    let mut house = House::open(Default::default());
    house.say(&["relay out"]);
    assert_eq!(house.left, [] as [&str; 0]);
    assert_eq!(house.vat.seal(), Ok(()));
    let to = house.vat.root().expect("it lives");
    let input = Input::Message { to, body: b"note two".to_vec(), refs: Vec::new() };
    assert_eq!(house.vat.handle(Time(0), input.clone(), &mut Outputs::new()), Err(Refused::Broken(input)));
    assert_eq!(house.vat.seal(), Err(NotSealed { actor: None, why: "it is sealed" }));
    house.land();
    assert_eq!(house.left, ["out"]);
    assert_eq!((house.vat.wake_at(), house.turns(1)), (None, false));
}

#[test]
fn while_turns_wait_it_is_not_sealed_and_goes_on() {
    let mut house = House::open(Default::default());
    house.tell("note one");
    assert_eq!(house.vat.seal(), Err(NotSealed { actor: None, why: "turns wait" }));
    house.run();
    house.land();
    assert_eq!(house.state("note"), "one");
    assert_eq!(house.moved().state("note"), "one");
}

#[test]
fn one_whose_very_code_is_not_there_begins_its_next_life_and_others_go_on() {
    let mut house = House::open(Default::default());
    house.say(&["note one", "tally x"]);
    let (note, tally) = (house.life("note"), house.life("tally"));
    assert_eq!(house.vat.seal(), Ok(()));
    house.land();
    let house = House::with(behaviours(2), "note tally relay", house.disk);
    assert_eq!((house.life("note"), house.life("tally")), (note + 1, tally));
}

#[test]
fn what_was_carried_and_is_of_another_kernel_is_a_next_life() {
    let mut house = House::open(Default::default());
    house.say(&["note one"]);
    let life = house.life("note");
    let number = crate::journal_name(house.actor("note").actor_id().expect("an actor"));
    assert_eq!(house.vat.seal(), Ok(()));
    house.land();
    let mut found = house.disk.recover(VatId(1));
    found.image.carried.insert(number, vec![255, 1, 2]);
    let vat = Vat::durable(Config { vat: VatId(1), ..Config::default() }, behaviours(1), IDENTITY, found).expect("it comes back");
    let row = vat.rows().into_iter().find(|row| row.label == "note").expect("it is known");
    // It waits for its owner to begin it, as after any crash.
    assert_eq!((row.incarnation.0, row.state), (life, Activity::Ended));
}
