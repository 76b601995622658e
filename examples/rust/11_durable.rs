//! 11. Actors that outlive their program: known by an id, they go on where their last answered question left them.
use peerd_native::prelude::*;
use std::{env, fs, path::Path, process};

#[derive(Message)]
enum Till {
    Pay(u64),
    Total(Reply<u64>),
}

/// What was paid, over all days.
#[derive(Serialize, Deserialize)]
struct Book {
    total: u64,
}

impl Actor for Book {
    const NAME: &'static str = "book";
    type Args = ();
    type Message = Till;

    /// Only on the first day.
    fn init((): (), _: &mut Context<'_, '_, Book>) -> Result<Book, Crash> {
        Ok(Book { total: 0 })
    }

    fn handle(&mut self, message: Till, cx: &mut Context<'_, '_, Book>) -> Result<(), Crash> {
        match message {
            Till::Pay(amount) => self.total += amount,
            // Nobody hears an answer before what it depends on is on the disk.
            Till::Total(reply) => cx.reply(reply, &self.total),
        }
        Ok(())
    }
}

/// As if the program ran once a day.
fn a_day(folder: &Path, paid: u64) -> u64 {
    let mut system = System::open(folder, vec![behaviour::<Book>()]).expect("nobody else has it open, and it is well");
    let book = system.keep::<Book>("till 1", &());
    system.send(book, &Till::Pay(paid));
    system.ask(book, Till::Total).expect("the book answers")
}

pub fn main() {
    let folder = env::temp_dir().join(format!("peerd-till-{}", process::id()));
    assert_eq!([a_day(&folder, 12), a_day(&folder, 30), a_day(&folder, 8)], [12, 42, 50]);
    fs::remove_dir_all(&folder).expect("it was made");
}
