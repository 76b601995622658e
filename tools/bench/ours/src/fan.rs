//! fan-in: a hundred senders to one counter, which gives a sender a credit after each 500 messages.
use crate::Machine;
use peerd::prelude::*;

const SENDERS: u64 = 100;
const CREDIT: u64 = 500;

#[derive(Message)]
enum Count {
    Number(u64),
    /// The last of a burst: its sender wants a credit.
    Asking(Addr<Credit>),
}

#[derive(Message)]
struct Credit;

#[derive(Serialize, Deserialize)]
struct Counter {
    done: Addr<()>,
    expected: u64,
    handled: u64,
}

impl Actor for Counter {
    const NAME: &'static str = "counter";
    type Args = (Addr<()>, u64);
    type Message = Count;

    fn init((done, expected): Self::Args, _: &mut Context<'_, '_, Counter>) -> Result<Counter, Crash> {
        Ok(Counter { done, expected, handled: 0 })
    }

    fn handle(&mut self, count: Count, cx: &mut Context<'_, '_, Counter>) -> Result<(), Crash> {
        self.handled += 1;
        if let Count::Asking(sender) = count {
            cx.send(sender, &Credit);
        }
        // More than expected and this is said again: then the run fails.
        if self.handled >= self.expected {
            cx.send(self.done, &());
        }
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
struct Sender {
    counter: Addr<Count>,
    left: u64,
}

impl Actor for Sender {
    const NAME: &'static str = "sender";
    type Args = (Addr<Count>, u64);
    type Message = Credit;

    fn init((counter, left): Self::Args, _: &mut Context<'_, '_, Sender>) -> Result<Sender, Crash> {
        Ok(Sender { counter, left })
    }

    fn handle(&mut self, _: Credit, cx: &mut Context<'_, '_, Sender>) -> Result<(), Crash> {
        for n in (1..=CREDIT.min(self.left)).rev() {
            self.left -= 1;
            if n == 1 {
                let me = cx.me();
                cx.send(self.counter, &Count::Asking(me));
            } else {
                cx.send(self.counter, &Count::Number(self.left));
            }
        }
        Ok(())
    }
}

/// Gives each sender its first credit.
#[derive(Serialize, Deserialize)]
struct Main {
    senders: Vec<Addr<Credit>>,
}

impl Actor for Main {
    const NAME: &'static str = "main";
    type Args = (Addr<()>, u64);
    type Message = Credit;

    fn init((done, units): Self::Args, cx: &mut Context<'_, '_, Main>) -> Result<Main, Crash> {
        let counter = cx.spawn::<Counter>(&(done, units));
        let senders = (0..SENDERS).map(|_| cx.spawn::<Sender>(&(counter, units / SENDERS))).collect();
        Ok(Main { senders })
    }

    fn handle(&mut self, _: Credit, cx: &mut Context<'_, '_, Main>) -> Result<(), Crash> {
        for sender in &self.senders {
            cx.send(*sender, &Credit);
        }
        Ok(())
    }
}

pub fn fan_in(machine: Machine, units: u64) -> Vec<f64> {
    let mut system = System::new(vec![behaviour::<Main>(), behaviour::<Counter>(), behaviour::<Sender>()]);
    let done = system.probe();
    let main = system.spawn::<Main>(&(done.addr(), units));
    let ns = machine.timed(&mut system, &done, |system| system.send(main, &Credit));
    done.expect_no_msg();
    vec![ns / units as f64]
}
