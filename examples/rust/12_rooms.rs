//! 12. Virtual actors: one for each key, made by the first who asks for it, and always there from then on.
use peerd_native::prelude::*;
use std::{env, fs, path::Path, process};

#[derive(Message)]
enum Room {
    Say(String),
    Heard(Reply<Vec<String>>),
}

/// What was said in one room.
#[derive(Serialize, Deserialize)]
struct Walls {
    heard: Vec<String>,
}

impl Actor for Walls {
    const NAME: &'static str = "room";
    /// Its key.
    type Args = String;
    type Message = Room;

    fn init(name: String, _: &mut Context<'_, '_, Walls>) -> Result<Walls, Crash> {
        Ok(Walls { heard: vec![format!("the {name} is quiet")] })
    }

    fn handle(&mut self, message: Room, cx: &mut Context<'_, '_, Walls>) -> Result<(), Crash> {
        match message {
            Room::Say(words) => self.heard.push(words),
            Room::Heard(reply) => cx.reply(reply, &self.heard),
        }
        Ok(())
    }
}

fn an_evening(folder: &Path, name: &str, words: &str) -> Vec<String> {
    let mut house = System::open(folder, vec![behaviour::<Walls>()]).expect("nobody else has it open, and it is well");
    let rooms = house.keep_namespace::<Walls>("rooms");
    // Whoever asks for a key gets the same actor, whether it exists, rests, or has never been.
    let room = house.find(rooms, name).expect("a room takes any name");
    house.send(room, &Room::Say(words.into()));
    house.ask(room, Room::Heard).expect("the room answers")
}

pub fn main() {
    let folder = env::temp_dir().join(format!("peerd-rooms-{}", process::id()));
    assert_eq!(an_evening(&folder, "kitchen", "tea?"), ["the kitchen is quiet", "tea?"]);
    assert_eq!(an_evening(&folder, "cellar", "hello?"), ["the cellar is quiet", "hello?"]);
    assert_eq!(an_evening(&folder, "kitchen", "more tea?"), ["the kitchen is quiet", "tea?", "more tea?"]);
    fs::remove_dir_all(&folder).expect("it was made");
}
