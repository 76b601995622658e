//! 3. Let it crash: a supervisor starts a failed child again, from its arguments, under the same address.
use peerd::prelude::*;

#[derive(Message)]
enum Order {
    Tea(Reply<u32>),
    /// Something its maker did not think of.
    Coffee,
}

#[derive(Serialize, Deserialize)]
struct Kettle {
    served: u32,
}

impl Actor for Kettle {
    const NAME: &'static str = "kettle";
    type Args = ();
    type Message = Order;

    fn init((): (), _: &mut Context<'_, '_, Kettle>) -> Result<Kettle, Crash> {
        Ok(Kettle { served: 0 })
    }

    fn handle(&mut self, order: Order, cx: &mut Context<'_, '_, Kettle>) -> Result<(), Crash> {
        match order {
            Order::Tea(reply) => {
                self.served += 1;
                cx.reply(reply, &self.served);
                Ok(())
            }
            // The turn is dropped whole: what it had sent does not go out.
            Order::Coffee => Err(crash("coffee", "this is a kettle")),
        }
    }
}

pub fn main() {
    let mut system = System::new(vec![behaviour::<Kettle>()]);
    // Two restarts in five seconds; the third fault is too many.
    let kitchen = system.supervise(&Supervisor::one_for_one().intensity(2, 5_000));
    let kettle = system.start_child::<Kettle>(kitchen, Child::new::<Kettle>("kettle", &())).expect("started");
    assert_eq!(system.ask(kettle, Order::Tea), Ok(1));
    assert_eq!(system.ask(kettle, Order::Tea), Ok(2));

    system.send(kettle, &Order::Coffee);
    assert_eq!(system.ask(kettle, Order::Tea), Ok(1), "a new life, the same address");

    system.send(kettle, &Order::Coffee);
    system.advance(5_001);
    system.send(kettle, &Order::Coffee);
    assert_eq!(system.ask(kettle, Order::Tea), Ok(1), "the first fault is forgotten");

    system.send(kettle, &Order::Coffee);
    system.send(kettle, &Order::Coffee);
    assert_eq!(system.ask(kettle, Order::Tea), Err(Settle::Noproc), "the kitchen gave up");
}
