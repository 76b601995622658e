//! Behaviours that join a vat which runs already.
use super::{
    durable::{House, behaviours},
    kit::World,
    notes::{Lives, Note},
};
use crate::{Behaviour, Config, Input, behaviour::Names};
use alloc::{boxed::Box, string::String, vec::Vec};
use proptest::prelude::*;

struct Named(&'static str, u32);

impl Behaviour for Named {
    fn name(&self) -> &'static str {
        self.0
    }

    fn version(&self) -> u32 {
        self.1
    }

    fn init(&mut self, _: &[u8], _: &mut crate::Cx<'_>) -> Result<(), crate::Crash> {
        Ok(())
    }

    fn turn(&mut self, _: crate::Event<'_>, _: &mut crate::Cx<'_>) -> Result<(), crate::Crash> {
        Ok(())
    }
}

proptest! {
    #[test]
    fn an_id_stays_its_behaviours_and_a_name_leads_to_the_newest(script in proptest::collection::vec((0usize..4, 1u32..5), 0..40)) {
        let mut names = Names::default();
        let mut model: Vec<(&str, u32)> = Vec::new();
        for (name, version) in script {
            let name = ["a", "ab", "b", ""][name];
            prop_assert_eq!(names.add(&Named(name, version)), !model.contains(&(name, version)));
            if !model.contains(&(name, version)) {
                model.push((name, version));
            }
            for (id, (name, version)) in model.iter().enumerate() {
                let code = names.code(id as u16);
                prop_assert_eq!((code.name, code.version), (*name, *version));
                prop_assert_eq!(names.find_code(code), Some(id as u16));
            }
            for name in ["a", "ab", "b", "c"] {
                let newest = model.iter().enumerate().filter(|(_, known)| known.0 == name).max_by_key(|(_, known)| known.1);
                prop_assert_eq!(names.find(name), newest.map(|(id, _)| id as u16));
            }
        }
    }
}

#[test]
fn who_lives_goes_on_as_before_and_the_next_spawn_starts_what_was_added() {
    let mut world = World::new(Config::default());
    world.play("root: spawn n runs:note {a}; spawn t runs:tally");
    assert!(world.vat.add(Box::new(Note { version: 3 })).is_ok());
    assert!(world.vat.add(Box::new(Note { version: 3 })).is_err(), "of one name and version there is one");
    // Before all others by name.
    assert!(world.vat.add(Box::new(Lives { version: 1 })).is_ok());
    world.play("root: send n b; send t x; spawn m runs:note {a}; spawn l runs:lives");
    let state = |world: &World, name: &str| {
        let id = world.find(name).actor_id().expect("an actor's");
        let state = world.vat.state(id).expect("it lives");
        let row = world.vat.rows().into_iter().find(|row| row.id == id).expect("it lives");
        (String::from(row.behaviour), String::from_utf8(state).expect("text"))
    };
    assert_eq!(state(&world, "n"), ("note".into(), "aB".into()));
    assert_eq!(state(&world, "t"), ("tally".into(), "1".into()));
    assert_eq!(state(&world, "l"), ("lives".into(), "|".into()));
    world.play("root: send m b; system n upgrade note 2 note 3 {}; send n C");
    assert_eq!(state(&world, "m").1, "ab", "the third version writes as it hears");
    assert_eq!(state(&world, "n").1, "abC");
}

#[test]
fn a_durable_actor_of_code_that_was_added_is_known_by_it_in_the_next_life_of_its_vat() {
    let mut house = House::keeping("note", super::disk::Disk::default());
    assert!(house.vat.add(Box::new(Note { version: 2 })).is_ok());
    house.say(&["once late"]);
    tell(&mut house, b"b");
    house.land();
    let mut both = behaviours(1);
    both.push(Box::new(Note { version: 2 }));
    house = House::with(both, "note", house.disk);
    tell(&mut house, b"c");
    assert_eq!(house.state("late"), "BC", "the first version would have written Bc");
}

fn tell(house: &mut House, body: &[u8]) {
    let to = house.actor("late");
    house.input(Input::Message { to, body: body.into(), refs: Vec::new() });
    house.run();
}
