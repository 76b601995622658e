//! 17. Lending less: for a while, so often, up to a price, and taken back while somebody waits.
use peerd::prelude::*;

/// What a guest may charge to a room.
#[derive(Serialize, Deserialize)]
struct Account {
    owed: u64,
    waits: Vec<Waits>,
}

#[derive(Serialize, Deserialize)]
struct Waits(Reply<u64>);

#[derive(Message)]
enum Charge {
    Dinner(u64, Reply<u64>),
    /// Answered when it is paid.
    Pay(Reply<u64>),
}

impl Actor for Account {
    const NAME: &'static str = "account";
    type Args = ();
    type Message = Charge;

    fn init((): (), _: &mut Context<'_, '_, Account>) -> Result<Account, Crash> {
        Ok(Account { owed: 0, waits: Vec::new() })
    }

    fn handle(&mut self, message: Charge, cx: &mut Context<'_, '_, Account>) -> Result<(), Crash> {
        match message {
            Charge::Dinner(price, reply) => {
                self.owed += price;
                cx.reply(reply, &self.owed);
            }
            Charge::Pay(reply) => self.waits.push(Waits(reply)),
        }
        Ok(())
    }
}

/// All that a child of the guest may say: there is no word for paying, and a dinner costs what it is.
#[derive(Message)]
enum ChildsMenu {
    Noodles(Reply<u64>),
    Ice(u8, Reply<u64>),
}

/// The rule that makes charges of that.
#[derive(Serialize, Deserialize)]
struct Menu {
    scoops_left: u8,
}

impl Attenuator for Menu {
    const NAME: &'static str = "childs_menu";
    type Takes = ChildsMenu;
    type Gives = Charge;

    fn pass(&mut self, order: ChildsMenu) -> Result<Charge, Settle> {
        match order {
            ChildsMenu::Noodles(reply) => Ok(Charge::Dinner(7, reply)),
            ChildsMenu::Ice(scoops, reply) => {
                self.scoops_left = self.scoops_left.checked_sub(scoops).ok_or(Settle::Revoked)?;
                Ok(Charge::Dinner(2 * u64::from(scoops), reply))
            }
        }
    }
}

/// Checks guests in. It has the accounts and gives out less.
#[derive(Serialize, Deserialize)]
struct Desk {
    lent: Option<Lent<Charge>>,
}

#[derive(Message)]
enum DeskMessage {
    /// For two days and ten charges.
    CheckIn(Reply<Addr<Charge>>),
    ForAChild(Addr<Charge>, Reply<Addr<ChildsMenu>>),
    CheckOut(Reply<()>),
}

impl Actor for Desk {
    const NAME: &'static str = "desk";
    type Args = ();
    type Message = DeskMessage;

    fn init((): (), _: &mut Context<'_, '_, Desk>) -> Result<Desk, Crash> {
        Ok(Desk { lent: None })
    }

    fn handle(&mut self, message: DeskMessage, cx: &mut Context<'_, '_, Desk>) -> Result<(), Crash> {
        match message {
            DeskMessage::CheckIn(reply) => {
                let account = cx.spawn::<Account>(&());
                let lent = cx.lend(account, &Terms::default().at_most(10).expires_after(2 * DAY_MS));
                cx.reply(reply, &lent.face);
                self.lent = Some(lent);
            }
            // It needs nothing but the address: who was lent something lends on less of it, and it ends with the whole.
            DeskMessage::ForAChild(account, reply) => {
                let menu = cx.attenuate(account, Menu { scoops_left: 3 });
                cx.reply(reply, &menu);
            }
            DeskMessage::CheckOut(reply) => {
                if let Some(lent) = self.lent.take() {
                    cx.revoke(lent.revoker);
                }
                cx.reply(reply, &());
            }
        }
        Ok(())
    }
}

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// A guest who wants to pay, and leaves before that.
#[derive(Serialize, Deserialize)]
struct Guest {
    told: Option<String>,
}

#[derive(Message)]
enum GuestMessage {
    Pay(Addr<Charge>),
    Paid(Result<u64, Settle>),
    Told(Reply<Option<String>>),
}

impl Actor for Guest {
    const NAME: &'static str = "guest";
    type Args = ();
    type Message = GuestMessage;

    fn init((): (), _: &mut Context<'_, '_, Guest>) -> Result<Guest, Crash> {
        Ok(Guest { told: None })
    }

    fn handle(&mut self, message: GuestMessage, cx: &mut Context<'_, '_, Guest>) -> Result<(), Crash> {
        match message {
            GuestMessage::Pay(account) => cx.ask(account, Charge::Pay, GuestMessage::Paid),
            GuestMessage::Paid(result) => self.told = Some(format!("{result:?}")),
            GuestMessage::Told(reply) => cx.reply(reply, &self.told),
        }
        Ok(())
    }
}

pub fn main() {
    let mut behaviours = vec![behaviour::<Desk>(), behaviour::<Account>(), behaviour::<Guest>(), attenuator::<Menu>()];
    behaviours.extend(peerd::caps::behaviours());
    let mut hotel = System::new(behaviours);
    let desk = hotel.spawn::<Desk>(&());

    // The guest's address looks like the account, and is asked like it.
    let room = hotel.ask(desk, DeskMessage::CheckIn).expect("the desk answers");
    assert_eq!(hotel.ask(room, |reply| Charge::Dinner(30, reply)), Ok(30));
    let menu = hotel.ask(desk, |reply| DeskMessage::ForAChild(room, reply)).expect("the desk answers");
    assert_eq!(hotel.ask(menu, ChildsMenu::Noodles), Ok(37));
    assert_eq!(hotel.ask(menu, |reply| ChildsMenu::Ice(2, reply)), Ok(41));
    assert_eq!(hotel.ask(menu, |reply| ChildsMenu::Ice(2, reply)), Err(Settle::Revoked), "one scoop is left");

    // While somebody waits it is taken back: he is told at once, and so is whoever asks later, through whatever was made of it.
    let guest = hotel.spawn::<Guest>(&());
    hotel.send(guest, &GuestMessage::Pay(room));
    assert_eq!(hotel.ask(guest, GuestMessage::Told), Ok(None));
    assert_eq!(hotel.ask(desk, DeskMessage::CheckOut), Ok(()));
    assert_eq!(hotel.ask(guest, GuestMessage::Told), Ok(Some("Err(Revoked)".into())));
    assert_eq!(hotel.ask(menu, ChildsMenu::Noodles), Err(Settle::Revoked));

    // Another guest, who stays for three days.
    let room = hotel.ask(desk, DeskMessage::CheckIn).expect("the desk answers");
    hotel.advance(2 * DAY_MS - 1);
    assert_eq!(hotel.ask(room, |reply| Charge::Dinner(12, reply)), Ok(12));
    hotel.advance(DAY_MS);
    assert_eq!(hotel.ask(room, |reply| Charge::Dinner(12, reply)), Err(Settle::Revoked));
}
