//! 18. Keyed calls: one at a time for each key, done once whoever asks how often, and called off down to their leaves.
use peerd_native::prelude::*;
use std::{env, fs, path::Path, process};

#[derive(Message)]
enum Bank {
    Balance,
    Put(u64),
    Pay { to: String, amount: u64 },
    /// The same, but not before so many milliseconds are over.
    PayLater { to: String, amount: u64, ms: u64 },
}

/// What is kept under one name. Nobody has an account before something was put there.
#[derive(Default, Serialize, Deserialize)]
struct Account {
    coins: u64,
}

/// A payment that has taken the coins and waits.
#[derive(Serialize, Deserialize)]
enum Payment {
    /// Until its time has come.
    Due { to: String, amount: u64 },
    /// For the other account.
    Sent { amount: u64 },
}

impl Keyed for Account {
    const NAME: &'static str = "account";
    type Request = Bank;
    type Answer = u64;
    type Run = Payment;

    fn access(request: &Bank) -> Access {
        match request {
            Bank::Balance => Access::Shared,
            Bank::Put(_) | Bank::Pay { .. } | Bank::PayLater { .. } => Access::Exclusive,
        }
    }

    fn begin(&mut self, request: Bank, hand: &mut Hand<'_, '_, '_>) -> Result<Step<Account>, Crash> {
        match request {
            Bank::Balance => {}
            Bank::Put(amount) => self.coins += amount,
            Bank::Pay { amount, .. } | Bank::PayLater { amount, .. } if amount > self.coins => {
                return Ok(Step::Failed(format!("{} has {} coins", hand.key(), self.coins)));
            }
            Bank::Pay { to, amount } => {
                self.coins -= amount;
                return Ok(send(&to, amount, hand));
            }
            Bank::PayLater { to, amount, ms } => {
                self.coins -= amount;
                hand.sleep(ms);
                return Ok(Step::Wait(Payment::Due { to, amount }));
            }
        }
        Ok(Step::Done(self.coins))
    }

    fn heard(&mut self, payment: Payment, heard: Heard<'_>, hand: &mut Hand<'_, '_, '_>) -> Result<Step<Account>, Crash> {
        match payment {
            Payment::Due { to, amount } => Ok(send(&to, amount, hand)),
            Payment::Sent { amount } => match heard.done::<Account>() {
                Ok(_) => Ok(Step::Done(self.coins)),
                Err(why) => {
                    self.coins += amount;
                    Ok(Step::Failed(format!("{why:?}")))
                }
            },
        }
    }

    /// The coins are put back.
    fn cancelled(&mut self, payment: Payment, _: &mut Hand<'_, '_, '_>) -> Result<Step<Account>, Crash> {
        let (Payment::Due { amount, .. } | Payment::Sent { amount }) = payment;
        self.coins += amount;
        Ok(Step::Failed("called off".into()))
    }
}

fn send(to: &str, amount: u64, hand: &mut Hand<'_, '_, '_>) -> Step<Account> {
    let keys = hand.keys::<Account>();
    hand.order(keys, to, Order::new(&Bank::Put(amount)));
    Step::Wait(Payment::Sent { amount })
}

fn open(folder: &Path) -> (System, Keys<Account>) {
    let mut bank = System::open(folder, vec![keyed_behaviour::<Account>()]).expect("nobody else has it open, and it is well");
    let accounts = bank.keep_keyed::<Account>("accounts");
    (bank, accounts)
}

pub fn main() {
    let folder = env::temp_dir().join(format!("peerd-bank-{}", process::id()));
    let (mut bank, accounts) = open(&folder);
    assert_eq!(bank.order(accounts, "ann", Order::new(&Bank::Put(10))), Ok(10));
    let rent = || Order::new(&Bank::Pay { to: "bob".into(), amount: 4 }).named("rent for May");
    assert_eq!(bank.order(accounts, "ann", rent()), Ok(6));
    // Asked for again, also of the next life of the program: it has been paid.
    assert_eq!(bank.order(accounts, "ann", rent()), Ok(6));
    let gift = Order::new(&Bank::PayLater { to: "bob".into(), amount: 5, ms: 86_400_000 }).named("gift");
    bank.handle().order_later(accounts, "ann", gift).wait().expect("it is written down");
    drop(bank);

    let (mut bank, accounts) = open(&folder);
    assert_eq!(bank.order(accounts, "ann", rent()), Ok(6));
    assert_eq!(bank.order(accounts, "bob", Order::new(&Bank::Balance)), Ok(4));
    // The gift has its account to itself, and waits for tomorrow; whoever only looks does not.
    assert_eq!(bank.order(accounts, "ann", Order::new(&Bank::Balance)), Ok(1));
    let gift = || Which::Named(b"gift".into());
    assert_eq!(bank.handle().cancel_order(accounts, "ann", gift()).wait(), Ok(()));
    assert_eq!(bank.handle().attach(accounts, "ann", gift()).wait(), Err(NotDone::Cancelled));
    assert_eq!(bank.order(accounts, "ann", Order::new(&Bank::Balance)), Ok(6));
    drop(bank);
    fs::remove_dir_all(&folder).expect("it was made");
}
