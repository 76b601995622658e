//! What the developer's API promises, over a whole system.
use peerd::prelude::*;

/// A guest orders; the kitchen may be slow, refuse, or burn down.
#[derive(Message)]
enum Order {
    Tea { sugar: u8, reply: Reply<String> },
    Keep(Reply<u64>),
    Release,
    Drop(Reply<u64>),
    Forward(Addr<Order>, Reply<u64>),
    Burn,
}

#[derive(Serialize, Deserialize)]
struct Kitchen {
    served: u64,
    kept: Vec<Reply<u64>>,
}

impl Actor for Kitchen {
    const NAME: &'static str = "kitchen";
    type Args = u64;
    type Message = Order;

    fn init(served: u64, _: &mut Context<'_, '_, Kitchen>) -> Result<Kitchen, Crash> {
        Ok(Kitchen { served, kept: Vec::new() })
    }

    fn handle(&mut self, order: Order, cx: &mut Context<'_, '_, Kitchen>) -> Result<(), Crash> {
        match order {
            Order::Tea { sugar, reply } => {
                self.served += 1;
                cx.reply(reply, &format!("tea {} with {sugar}", self.served));
            }
            Order::Keep(reply) => self.kept.push(reply),
            Order::Release => {
                for reply in self.kept.drain(..) {
                    cx.reply(reply, &self.served);
                }
            }
            Order::Drop(_) => {}
            Order::Forward(other, reply) => cx.send(other, &Order::Keep(reply)),
            Order::Burn => return Err(crash("fire", "the kitchen burns")),
        }
        Ok(())
    }
}

/// Asks a kitchen, and says what came to a probe.
#[derive(Message)]
enum Guest {
    Visit(Addr<Order>),
    Served(Result<String, Settle>),
    Later(u32),
}

#[derive(Serialize, Deserialize)]
struct Visitor {
    diary: Addr<String>,
}

impl Actor for Visitor {
    const NAME: &'static str = "visitor";
    type Args = Addr<String>;
    type Message = Guest;

    fn init(diary: Addr<String>, cx: &mut Context<'_, '_, Visitor>) -> Result<Visitor, Crash> {
        cx.send_after(50, Guest::Later(1));
        let cancelled = cx.send_after(60, Guest::Later(2));
        cx.cancel_timer(cancelled);
        Ok(Visitor { diary })
    }

    fn handle(&mut self, message: Guest, cx: &mut Context<'_, '_, Visitor>) -> Result<(), Crash> {
        match message {
            Guest::Visit(kitchen) => {
                cx.watch(kitchen);
                cx.ask(kitchen, |reply| Order::Tea { sugar: 2, reply }, Guest::Served);
            }
            Guest::Served(answer) => cx.send(self.diary, &format!("{answer:?}")),
            Guest::Later(n) => cx.send(self.diary, &format!("later {n} at {}", cx.now().0)),
        }
        Ok(())
    }

    fn signal(&mut self, signal: Signal, cx: &mut Context<'_, '_, Visitor>) -> Result<(), Crash> {
        if let Signal::Down { reason, .. } = signal {
            cx.send(self.diary, &format!("down: {reason}"));
        }
        Ok(())
    }
}

fn system() -> System {
    System::new(vec![behaviour::<Kitchen>(), behaviour::<Visitor>()])
}

#[test]
fn an_actor_asks_another_and_hears_of_its_end() {
    let mut system = system();
    let diary = system.probe::<String>();
    let kitchen = system.spawn::<Kitchen>(&6);
    let visitor = system.spawn::<Visitor>(&diary.addr());
    system.send(visitor, &Guest::Visit(kitchen));
    assert_eq!(diary.expect_msg(), "Ok(\"tea 7 with 2\")");
    system.exit(kitchen, Reason::Kill);
    assert_eq!(diary.expect_msg(), "down: killed");
    diary.expect_no_msg();
    assert!(system.counters().balance());
}

#[test]
fn a_message_to_oneself_comes_at_its_time_unless_cancelled() {
    let mut system = system();
    let diary = system.probe::<String>();
    system.spawn::<Visitor>(&diary.addr());
    system.advance(49);
    diary.expect_no_msg();
    system.advance(100);
    assert_eq!(diary.expect_msg(), "later 1 at 50");
    diary.expect_no_msg();
}

#[test]
fn a_reply_kept_in_the_state_is_answered_later_and_one_that_is_dropped_settles() {
    let mut system = system();
    let kitchen = system.spawn::<Kitchen>(&3);
    assert_eq!(system.ask(kitchen, Order::Drop), Err(Settle::Noreply));
    let other = system.spawn::<Kitchen>(&9);
    // Kept by the other kitchen until it is released, by a message that comes while this one waits.
    let asked = system.ask(kitchen, |reply| Order::Forward(other, reply));
    assert_eq!(asked, Err(Settle::Timeout));
    system.send(other, &Order::Release);
    assert!(system.take_dead_letters().iter().any(|letter| letter.class == peerd_vat::DeadClass::LateReply));
}

fn crashes(system: &mut System) -> usize {
    system.take_reports().iter().filter(|report| matches!(report.what, peerd_vat::Said::Crashed { .. })).count()
}

#[test]
fn a_supervised_actor_keeps_its_address_over_a_crash() {
    let mut system = system();
    let top = system.supervise(&Supervisor::one_for_one().intensity(1, 5_000).child(Child::new::<Kitchen>("first", &0)));
    let kitchen = system.start_child::<Kitchen>(top, Child::new::<Kitchen>("second", &40)).expect("started");
    assert_eq!(system.ask(kitchen, |reply| Order::Tea { sugar: 1, reply }), Ok("tea 41 with 1".to_owned()));
    system.send(kitchen, &Order::Burn);
    assert_eq!(system.ask(kitchen, |reply| Order::Tea { sugar: 1, reply }), Ok("tea 41 with 1".to_owned()));
    assert_eq!(crashes(&mut system), 1);
    system.send(kitchen, &Order::Burn);
    assert_eq!(system.ask(kitchen, |reply| Order::Tea { sugar: 1, reply }), Err(Settle::Noproc));
}

#[test]
fn bytes_that_are_no_message_are_reported_and_end_nobody() {
    let mut system = system();
    let kitchen = system.spawn::<Kitchen>(&1);
    system.send(Addr::<Vec<u8>>::from_ref(kitchen.as_ref()), &vec![9; 9]);
    assert_eq!(system.ask(kitchen, |reply| Order::Tea { sugar: 0, reply }), Ok("tea 2 with 0".to_owned()));
    assert_eq!(system.take_reports().len(), 1);
}
