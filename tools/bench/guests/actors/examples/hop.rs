//! A member of a ring: `bench-ours`' `Hop`, word for word on the wire.
#![no_std]
extern crate alloc;
use peerd_actor::prelude::*;

#[derive(Message)]
enum Step {
    Token(u64),
    Next(Addr<Step>),
}

#[derive(Message)]
enum Play {
    #[allow(dead_code, reason = "another's to send")]
    Begin {
        tokens: u64,
        hops: u64,
    },
    Home,
}

#[derive(Message)]
struct Hop {
    home: Addr<Play>,
    next: Option<Addr<Step>>,
}

#[actor]
impl Actor for Hop {
    const NAME: &'static str = "hop";
    const STATE_MAX: usize = 256;
    const MESSAGE_MAX: usize = 256;
    type Args = (Addr<Play>, Option<Addr<Step>>);
    type Message = Step;

    fn init((home, next): Self::Args, _: &mut Context<'_, Hop>) -> Result<Hop, Crash> {
        Ok(Hop { home, next })
    }

    fn handle(&mut self, step: Step, cx: &mut Context<'_, Hop>) -> Result<(), Crash> {
        match (step, self.next) {
            (Step::Token(left @ 1..), Some(next)) => cx.send(next, &Step::Token(left - 1)),
            (Step::Token(_), _) => cx.send(self.home, &Play::Home),
            (Step::Next(next), _) => self.next = Some(next),
        }
        Ok(())
    }
}
