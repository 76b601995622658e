//! 16. Objects inside an actor: a bank whose purses are refs. Who has a purse has its money, and nothing else of the bank.
//!
//! The money of Miller, Morningstar and Frantz ("Capability-based Financial Instruments", 2000).
use peerd::prelude::*;

/// The actor. All that lives in it shares its turns: what one message moves is moved whole, or not at all.
#[derive(Serialize, Deserialize)]
struct Bank;

#[derive(Message)]
enum BankMessage {
    /// A new currency. Only who has the mint makes its money.
    Open(String, Reply<Ref<Mint>>),
}

/// Makes money of one currency.
#[derive(Serialize, Deserialize)]
struct Mint {
    currency: String,
    issued: u64,
}

#[derive(Message)]
enum MintMessage {
    Issue(u64, Reply<Ref<Purse>>),
    Issued(Reply<u64>),
}

/// Holds money of one mint.
#[derive(Serialize, Deserialize)]
struct Purse {
    /// In the same bank, and asked without a message.
    mint: Near<Mint>,
    balance: u64,
}

#[derive(Message)]
enum PurseMessage {
    Balance(Reply<String>),
    /// An empty purse of the same currency, to be paid with.
    Sprout(Reply<Ref<Purse>>),
    /// So much out of that purse into this one. Who sends another purse along pays with it.
    Deposit(u64, Ref<Purse>, Reply<Result<(), String>>),
}

impl Actor for Bank {
    const NAME: &'static str = "bank";
    const OBJECTS: &'static [Kind<Bank>] = &[Kind::of::<Mint>(), Kind::of::<Purse>()];
    type Args = ();
    type Message = BankMessage;

    fn init(_: (), _: &mut Context<'_, '_, Bank>) -> Result<Bank, Crash> {
        Ok(Bank)
    }

    fn handle(&mut self, message: BankMessage, cx: &mut Context<'_, '_, Bank>) -> Result<(), Crash> {
        match message {
            BankMessage::Open(currency, reply) => {
                let mint = cx.object(Mint { currency, issued: 0 });
                // Inside it is `Near`, and a plain value; to others it goes as `Ref`.
                cx.reply(reply, &mint.lend());
            }
        }
        Ok(())
    }
}

impl Object for Mint {
    const NAME: &'static str = "mint";
    type Home = Bank;
    type Message = MintMessage;

    fn handle(me: Near<Mint>, message: MintMessage, cx: &mut Context<'_, '_, Bank>) -> Result<(), Crash> {
        match message {
            MintMessage::Issue(amount, reply) => {
                cx[me].issued += amount;
                let purse = cx.object(Purse { mint: me, balance: amount });
                cx.reply(reply, &purse.lend());
            }
            MintMessage::Issued(reply) => {
                let issued = cx[me].issued;
                cx.reply(reply, &issued);
            }
        }
        Ok(())
    }
}

impl Object for Purse {
    const NAME: &'static str = "purse";
    type Home = Bank;
    type Message = PurseMessage;

    fn handle(me: Near<Purse>, message: PurseMessage, cx: &mut Context<'_, '_, Bank>) -> Result<(), Crash> {
        match message {
            PurseMessage::Balance(reply) => {
                let purse = &cx[me];
                let told = format!("{} {}", purse.balance, cx[purse.mint].currency);
                cx.reply(reply, &told);
            }
            PurseMessage::Sprout(reply) => {
                let mint = cx[me].mint;
                let empty = cx.object(Purse { mint, balance: 0 });
                cx.reply(reply, &empty.lend());
            }
            PurseMessage::Deposit(amount, from, reply) => {
                // A ref becomes a near only if it is one of this bank's purses: nobody pays with what he made himself.
                let done = cx.near(from).ok_or("no purse of this bank").and_then(|from| Purse::deposit(me, amount, from, cx));
                cx.reply(reply, &done.map_err(String::from));
            }
        }
        Ok(())
    }
}

impl Purse {
    /// Looks at everything before it changes anything: a refusal is an answer, not a crash.
    fn deposit(me: Near<Purse>, amount: u64, from: Near<Purse>, cx: &mut Context<'_, '_, Bank>) -> Result<(), &'static str> {
        if cx[me].mint != cx[from].mint {
            return Err("another currency");
        }
        cx[from].balance = cx[from].balance.checked_sub(amount).ok_or("not enough")?;
        cx[me].balance += amount;
        Ok(())
    }
}

pub fn main() {
    let mut system = System::new(vec![behaviour::<Bank>()]);
    let bank = system.spawn::<Bank>(&());
    let mint = system.ask(bank, |reply| BankMessage::Open("shells".into(), reply)).expect("the bank answers");
    let alice = system.ask(mint, |reply| MintMessage::Issue(100, reply)).expect("the mint answers");
    let bob = system.ask(mint, |reply| MintMessage::Issue(0, reply)).expect("the mint answers");

    // Alice pays Bob: an empty purse with the price in it, which he empties into his own.
    let price = system.ask(alice, PurseMessage::Sprout).expect("a purse answers");
    assert_eq!(system.ask(price, |reply| PurseMessage::Deposit(30, alice, reply)), Ok(Ok(())));
    assert_eq!(system.ask(bob, |reply| PurseMessage::Deposit(30, price, reply)), Ok(Ok(())));
    assert_eq!(system.ask(alice, PurseMessage::Balance), Ok("70 shells".into()));
    assert_eq!(system.ask(bob, PurseMessage::Balance), Ok("30 shells".into()));

    // What is refused has changed nothing.
    assert_eq!(system.ask(bob, |reply| PurseMessage::Deposit(71, alice, reply)), Ok(Err("not enough".into())));
    let other = system.ask(bank, |reply| BankMessage::Open("beads".into(), reply)).expect("the bank answers");
    let beads = system.ask(other, |reply| MintMessage::Issue(9, reply)).expect("the mint answers");
    assert_eq!(system.ask(bob, |reply| PurseMessage::Deposit(9, beads, reply)), Ok(Err("another currency".into())));

    // Another bank's purse is a purse, but not here.
    let forger = system.spawn::<Bank>(&());
    let forged = system.ask(forger, |reply| BankMessage::Open("shells".into(), reply)).expect("a bank answers");
    let forged = system.ask(forged, |reply| MintMessage::Issue(1_000, reply)).expect("a mint answers");
    assert_eq!(system.ask(bob, |reply| PurseMessage::Deposit(1_000, forged, reply)), Ok(Err("no purse of this bank".into())));

    // Nor does a purse give any right over its bank: who is lent one can't end it, stop it, or look into it.
    system.exit(bob, Reason::Kill);
    assert_eq!(system.ask(bob, PurseMessage::Balance), Ok("30 shells".into()));
    assert_eq!(system.ask(mint, MintMessage::Issued), Ok(100));
}
