//! 15. A queue of work: each item goes to one worker that has room for it, and to another if that one ends before it is done.
use peerd_native::prelude::*;
use std::{env, fs, process};

#[derive(Message)]
enum Desk {
    Bring(String),
    Brought(Result<(), String>),
    Hire(Reply<Addr<Job>>),
    Stamped(String),
    /// Answered when there are so many.
    AllOf(u64, Reply<Vec<String>>),
}

/// Has the queue made, and is told what was stamped.
#[derive(Serialize, Deserialize)]
struct Office {
    letters: WorkQueue<String>,
    stamped: Vec<String>,
    waits: Option<(u64, Reply<Vec<String>>)>,
}

impl Actor for Office {
    const NAME: &'static str = "office";
    type Args = ();
    type Message = Desk;

    fn init((): (), cx: &mut Context<'_, '_, Office>) -> Result<Office, Crash> {
        // Durable: a letter that was brought is on the disk until somebody has stamped it.
        let letters = cx.work_queue("letters", &Spec::new(), Durability::Durable);
        Ok(Office { letters, stamped: Vec::new(), waits: None })
    }

    fn handle(&mut self, message: Desk, cx: &mut Context<'_, '_, Office>) -> Result<(), Crash> {
        match message {
            Desk::Bring(letter) => cx.add(self.letters, &letter, |added| Desk::Brought(added.map(drop).map_err(|why| format!("{why:?}")))),
            Desk::Brought(result) => result.map_err(|why| crash("full", why))?,
            Desk::Hire(reply) => {
                let clerk = cx.spawn::<Clerk>(&(self.letters, cx.me()));
                // With the right to dismiss.
                cx.reply(reply, &clerk.lending(Rights::ALL));
            }
            Desk::Stamped(letter) => self.stamped.push(letter),
            Desk::AllOf(count, reply) => self.waits = Some((count, reply)),
        }
        if let Some((_, reply)) = self.waits.take_if(|(count, _)| *count <= self.stamped.len() as u64) {
            self.stamped.sort();
            cx.reply(reply, &self.stamped);
        }
        Ok(())
    }
}

#[derive(Message)]
enum Job {
    Letter(Work<String>),
    /// How many letters lie on its table.
    Look(Reply<u64>),
    WakeUp,
    Dismissed,
}

/// Takes two letters at a time, and does nothing with them before somebody wakes it.
#[derive(Serialize, Deserialize)]
struct Clerk {
    letters: Pulling<String>,
    office: Addr<Desk>,
    is_awake: bool,
    table: Vec<(u64, String)>,
}

impl Actor for Clerk {
    const NAME: &'static str = "clerk";
    type Args = (WorkQueue<String>, Addr<Desk>);
    type Message = Job;

    fn init((letters, office): Self::Args, cx: &mut Context<'_, '_, Clerk>) -> Result<Clerk, Crash> {
        Ok(Clerk { letters: cx.pull(letters, 2, Job::Letter), office, is_awake: false, table: Vec::new() })
    }

    fn handle(&mut self, message: Job, cx: &mut Context<'_, '_, Clerk>) -> Result<(), Crash> {
        match message {
            Job::Letter(work) => self.table.extend(cx.accept(&self.letters, work)),
            Job::Look(reply) => cx.reply(reply, &(self.table.len() as u64)),
            Job::WakeUp => self.is_awake = true,
            Job::Dismissed => cx.stop(Reason::Normal),
        }
        for (number, letter) in self.table.extract_if(.., |_| self.is_awake) {
            cx.send(self.office, &Desk::Stamped(letter));
            // Only now is it gone from the queue, and there is room for the next one.
            cx.confirm(&self.letters, number);
        }
        Ok(())
    }
}

pub fn main() {
    let folder = env::temp_dir().join(format!("peerd-office-{}", process::id()));
    let mut system = System::open(&folder, vec![behaviour::<Office>(), behaviour::<Clerk>()]).expect("nobody has it open, and it is well");
    let office = system.keep::<Office>("office", &());
    for letter in ["a bill", "a card", "a claim", "a poem"] {
        system.send(office, &Desk::Bring(letter.into()));
    }

    let sleepy = system.ask(office, Desk::Hire).expect("the office hires");
    // Letters come when they come.
    while system.ask(sleepy, Job::Look) != Ok(2) {}
    let eager = system.ask(office, Desk::Hire).expect("the office hires");
    system.send(eager, &Job::WakeUp);
    // What lies on the other table goes to the one who is left.
    system.send(sleepy, &Job::Dismissed);
    let stamped = system.ask(office, |reply| Desk::AllOf(4, reply)).expect("all four are stamped");
    assert_eq!(stamped, ["a bill", "a card", "a claim", "a poem"]);
    drop(system);
    fs::remove_dir_all(&folder).expect("it was made");
}
