//! 6. What can't be handled now is deferred, and comes back in order when the actor's tag changes.
use peerd::prelude::*;

#[derive(Message)]
enum Door {
    Knock(Reply<String>),
    Unlock,
    Lock,
}

const LOCKED: u32 = 0;
const OPEN: u32 = 1;

#[derive(Serialize, Deserialize)]
struct House {
    open: bool,
    visitors: u32,
}

impl Actor for House {
    const NAME: &'static str = "house";
    type Args = ();
    type Message = Door;

    fn init((): (), _: &mut Context<'_, '_, House>) -> Result<House, Crash> {
        Ok(House { open: false, visitors: 0 })
    }

    fn handle(&mut self, door: Door, cx: &mut Context<'_, '_, House>) -> Result<(), Crash> {
        match door {
            // The visitor waits outside; the caller waits for the reply.
            Door::Knock(_) if !self.open => cx.defer(),
            Door::Knock(reply) => {
                self.visitors += 1;
                cx.reply(reply, &format!("visitor {}", self.visitors));
            }
            Door::Unlock | Door::Lock => {
                self.open = matches!(door, Door::Unlock);
                cx.become_tag(if self.open { OPEN } else { LOCKED });
            }
        }
        Ok(())
    }
}

#[derive(Message)]
enum Visit {
    To(Addr<Door>),
    In(Result<String, Settle>),
}

#[derive(Serialize, Deserialize)]
struct Visitor {
    diary: Addr<String>,
}

impl Actor for Visitor {
    const NAME: &'static str = "visitor";
    type Args = Addr<String>;
    type Message = Visit;

    fn init(diary: Addr<String>, _: &mut Context<'_, '_, Visitor>) -> Result<Visitor, Crash> {
        Ok(Visitor { diary })
    }

    fn handle(&mut self, visit: Visit, cx: &mut Context<'_, '_, Visitor>) -> Result<(), Crash> {
        match visit {
            Visit::To(house) => cx.ask(house, Door::Knock, Visit::In),
            Visit::In(told) => cx.send(self.diary, &told.unwrap_or_else(|why| why.to_string())),
        }
        Ok(())
    }
}

pub fn main() {
    let mut system = System::new(vec![behaviour::<House>(), behaviour::<Visitor>()]);
    let diary = system.probe::<String>();
    let house = system.spawn::<House>(&());
    for _ in 0..2 {
        let visitor = system.spawn::<Visitor>(&diary.addr());
        system.send(visitor, &Visit::To(house));
    }
    diary.expect_no_msg();
    system.send(house, &Door::Unlock);
    assert_eq!(diary.expect_msg(), "visitor 1");
    assert_eq!(diary.expect_msg(), "visitor 2");
    system.send(house, &Door::Lock);
    let late = system.spawn::<Visitor>(&diary.addr());
    system.send(late, &Visit::To(house));
    system.advance(5_000);
    assert_eq!(diary.expect_msg(), "timeout");
}
