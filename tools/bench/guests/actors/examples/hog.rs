//! Who never gives way: a turn that has no end.
#![no_std]
extern crate alloc;
use core::hint::black_box;
use peerd_actor::prelude::*;

#[derive(Message)]
struct Hog;

#[actor]
impl Actor for Hog {
    const NAME: &'static str = "hog";
    const STATE_MAX: usize = 64;
    const MESSAGE_MAX: usize = 128;
    type Args = ();
    type Message = ();

    fn init((): (), cx: &mut Context<'_, Hog>) -> Result<Hog, Crash> {
        let me = cx.me();
        cx.send(me, &());
        Ok(Hog)
    }

    fn handle(&mut self, (): (), _: &mut Context<'_, Hog>) -> Result<(), Crash> {
        let mut x = 88_172_645_463_325_252u64;
        loop {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            black_box(x);
        }
    }
}
