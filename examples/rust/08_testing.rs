//! 8. Testing: probes take messages, time stands until it is advanced, and a turn can be made to fail after all its work.
use peerd::prelude::*;

#[derive(Message)]
enum Bank {
    Pay { amount: u64, to: Addr<u64> },
    Balance(Reply<u64>),
}

#[derive(Serialize, Deserialize)]
struct Account {
    balance: u64,
}

impl Actor for Account {
    const NAME: &'static str = "account";
    type Args = u64;
    type Message = Bank;

    fn init(balance: u64, _: &mut Context<'_, '_, Account>) -> Result<Account, Crash> {
        Ok(Account { balance })
    }

    fn handle(&mut self, message: Bank, cx: &mut Context<'_, '_, Account>) -> Result<(), Crash> {
        match message {
            Bank::Pay { amount, to } => {
                self.balance = self.balance.checked_sub(amount).ok_or_else(|| crash("overdrawn", "there is not so much"))?;
                cx.send(to, &amount);
            }
            Bank::Balance(reply) => cx.reply(reply, &self.balance),
        }
        Ok(())
    }
}

pub fn main() {
    let mut system = System::fallible(vec![behaviour::<Account>()]);
    let purse = system.probe::<u64>();
    let bank = system.supervise(&Supervisor::one_for_one());
    let account = system.start_child::<Account>(bank, Child::new::<Account>("account", &100)).expect("started");

    system.send(account, &Bank::Pay { amount: 30, to: purse.addr() });
    assert_eq!((purse.expect_msg(), system.ask(account, Bank::Balance)), (30, Ok(70)));

    // The payment is in the outbox of a turn that then fails: it never happened.
    system.fail_next_turn_of::<Account>();
    system.send(account, &Bank::Pay { amount: 50, to: purse.addr() });
    purse.expect_no_msg();
    assert_eq!(system.ask(account, Bank::Balance), Ok(100), "a new life, from its arguments");

    assert!(system.counters().balance(), "every message is accounted for");
    assert!(system.take_dead_letters().iter().any(|letter| letter.class.name() == "crashed"));
}
