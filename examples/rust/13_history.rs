//! 13. A long history: each turn writes down what it adds, however much there is already.
use peerd_native::prelude::*;
use std::{env, fs, path::Path, process};

#[derive(Message)]
enum Diary {
    Write(String),
    /// The newest so many, the last one first.
    Newest(u64, Reply<Vec<String>>),
}

/// Sorted by their keys. An actor may have several tables, each under a number of its own.
const LINES: Table<u64, String> = Table::new(0);

/// Its fields are written whole by each turn that changes them: here a number, and nothing that grows.
#[derive(Serialize, Deserialize)]
struct Book {
    next: u64,
}

impl Actor for Book {
    const NAME: &'static str = "diary";
    type Args = ();
    type Message = Diary;

    fn init((): (), _: &mut Context<'_, '_, Book>) -> Result<Book, Crash> {
        Ok(Book { next: 0 })
    }

    fn handle(&mut self, message: Diary, cx: &mut Context<'_, '_, Book>) -> Result<(), Crash> {
        match message {
            Diary::Write(line) => {
                cx.put(LINES, &self.next, &line)?;
                self.next += 1;
            }
            Diary::Newest(count, reply) => {
                let newest = cx.entries(LINES, ..).rev().take(count as usize);
                let lines = newest.map(|entry| Ok(entry?.1)).collect::<Result<Vec<_>, Crash>>()?;
                cx.reply(reply, &lines);
            }
        }
        Ok(())
    }
}

fn a_day(folder: &Path, lines: &[&str]) -> Vec<String> {
    let mut system = System::open(folder, vec![behaviour::<Book>()]).expect("nobody else has it open, and it is well");
    let diary = system.keep::<Book>("diary", &());
    lines.iter().for_each(|line| system.send(diary, &Diary::Write((*line).into())));
    system.ask(diary, |reply| Diary::Newest(3, reply)).expect("the diary answers")
}

pub fn main() {
    let folder = env::temp_dir().join(format!("peerd-diary-{}", process::id()));
    assert_eq!(a_day(&folder, &["rain", "sun"]), ["sun", "rain"]);
    assert_eq!(a_day(&folder, &["wind", "snow"]), ["snow", "wind", "sun"]);
    fs::remove_dir_all(&folder).expect("it was made");
}
