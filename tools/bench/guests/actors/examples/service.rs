//! Who answers at once, whatever others do.
#![no_std]
extern crate alloc;
use peerd_actor::prelude::*;

#[derive(Message)]
struct Service {
    door: Addr<()>,
}

#[actor]
impl Actor for Service {
    const NAME: &'static str = "service";
    const STATE_MAX: usize = 64;
    const MESSAGE_MAX: usize = 128;
    type Args = Addr<()>;
    type Message = ();

    fn init(door: Addr<()>, _: &mut Context<'_, Service>) -> Result<Service, Crash> {
        Ok(Service { door })
    }

    fn handle(&mut self, (): (), cx: &mut Context<'_, Service>) -> Result<(), Crash> {
        cx.send(self.door, &());
        Ok(())
    }
}
