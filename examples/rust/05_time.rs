//! 5. Time is what the host says it is. A test advances it; nothing sleeps.
use peerd::prelude::*;

#[derive(Message)]
enum Egg {
    Boil { minutes: u64 },
    TakeOut,
    Ready,
}

/// Rings when the egg is done, unless it was taken out before.
#[derive(Serialize, Deserialize)]
struct Cook {
    bell: Addr<u64>,
    boiling: Option<u64>,
}

impl Actor for Cook {
    const NAME: &'static str = "cook";
    type Args = Addr<u64>;
    type Message = Egg;

    fn init(bell: Addr<u64>, _: &mut Context<'_, '_, Cook>) -> Result<Cook, Crash> {
        Ok(Cook { bell, boiling: None })
    }

    fn handle(&mut self, egg: Egg, cx: &mut Context<'_, '_, Cook>) -> Result<(), Crash> {
        match egg {
            Egg::Boil { minutes } => self.boiling = Some(cx.send_after(minutes * 60_000, Egg::Ready)),
            Egg::TakeOut => {
                if let Some(timer) = self.boiling.take() {
                    cx.cancel_timer(timer);
                }
            }
            Egg::Ready => cx.send(self.bell, &cx.now().0),
        }
        Ok(())
    }
}

pub fn main() {
    let mut system = System::new(vec![behaviour::<Cook>()]);
    let bell = system.probe::<u64>();
    let cook = system.spawn::<Cook>(&bell.addr());
    system.send(cook, &Egg::Boil { minutes: 4 });
    system.advance(239_999);
    bell.expect_no_msg();
    system.advance(1);
    assert_eq!(bell.expect_msg(), 240_000);

    system.send(cook, &Egg::Boil { minutes: 4 });
    system.send(cook, &Egg::TakeOut);
    system.advance(3_600_000);
    bell.expect_no_msg();
}
