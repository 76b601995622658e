//! 1. An actor is a struct; its messages are an enum; its turn is a method.
use peerd::prelude::*;

#[derive(Message)]
enum Count {
    Add(u64),
    /// A question carries the address for its answer.
    Total(Reply<u64>),
}

/// `Serialize` and `Deserialize`, because an actor at rest is bytes.
#[derive(Serialize, Deserialize)]
struct Counter {
    total: u64,
}

impl Actor for Counter {
    const NAME: &'static str = "counter";
    type Args = u64;
    type Message = Count;

    fn init(total: u64, _: &mut Context<'_, '_, Counter>) -> Result<Counter, Crash> {
        Ok(Counter { total })
    }

    fn handle(&mut self, message: Count, cx: &mut Context<'_, '_, Counter>) -> Result<(), Crash> {
        match message {
            Count::Add(more) => self.total += more,
            Count::Total(reply) => cx.reply(reply, &self.total),
        }
        Ok(())
    }
}

pub fn main() {
    let mut system = System::new(vec![behaviour::<Counter>()]);
    let counter = system.spawn::<Counter>(&40);
    system.send(counter, &Count::Add(2));
    assert_eq!(system.ask(counter, Count::Total), Ok(42));
}
