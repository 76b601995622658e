//! Objects of durable actors, and refs to them, over lives of their program.
use crate::files::Folder;
use peerd_native::prelude::*;

#[derive(Serialize, Deserialize)]
struct Cellar {
    newest: Option<Near<Barrel>>,
}

#[derive(Message)]
enum CellarMessage {
    Lay(u64, Reply<Ref<Barrel>>),
    /// Of the newest barrel, and of the one below, and so on.
    Litres(Reply<u64>),
}

#[derive(Serialize, Deserialize)]
struct Barrel {
    litres: u64,
    below: Option<Near<Barrel>>,
}

#[derive(Message)]
enum BarrelMessage {
    Tap(u64, Reply<u64>),
}

impl Actor for Cellar {
    const NAME: &'static str = "cellar";
    const OBJECTS: &'static [Kind<Cellar>] = &[Kind::of::<Barrel>()];
    type Args = ();
    type Message = CellarMessage;

    fn init((): (), _: &mut Context<'_, '_, Cellar>) -> Result<Cellar, Crash> {
        Ok(Cellar { newest: None })
    }

    fn handle(&mut self, message: CellarMessage, cx: &mut Context<'_, '_, Cellar>) -> Result<(), Crash> {
        match message {
            CellarMessage::Lay(litres, reply) => {
                let barrel = cx.object(Barrel { litres, below: self.newest });
                self.newest = Some(barrel);
                cx.reply(reply, &barrel.lend());
            }
            CellarMessage::Litres(reply) => {
                let (mut at, mut litres) = (self.newest, 0);
                while let Some(barrel) = at {
                    litres += cx[barrel].litres;
                    at = cx[barrel].below;
                }
                cx.reply(reply, &litres);
            }
        }
        Ok(())
    }
}

impl Object for Barrel {
    const NAME: &'static str = "barrel";
    type Home = Cellar;
    type Message = BarrelMessage;

    fn handle(me: Near<Barrel>, message: BarrelMessage, cx: &mut Context<'_, '_, Cellar>) -> Result<(), Crash> {
        match message {
            BarrelMessage::Tap(litres, reply) => {
                cx[me].litres -= litres.min(cx[me].litres);
                let left = cx[me].litres;
                cx.reply(reply, &left);
            }
        }
        Ok(())
    }
}

/// A durable actor that has a barrel in somebody else's cellar.
#[derive(Serialize, Deserialize)]
struct Guest {
    barrel: Option<Ref<Barrel>>,
    waits: Option<Waits>,
}

#[derive(Serialize, Deserialize)]
struct Waits(Reply<u64>);

#[derive(Message)]
enum GuestMessage {
    Take(Ref<Barrel>),
    Drink(u64, Reply<u64>),
    Left(Result<u64, Settle>),
}

impl Actor for Guest {
    const NAME: &'static str = "guest";
    type Args = ();
    type Message = GuestMessage;

    fn init((): (), _: &mut Context<'_, '_, Guest>) -> Result<Guest, Crash> {
        Ok(Guest { barrel: None, waits: None })
    }

    fn handle(&mut self, message: GuestMessage, cx: &mut Context<'_, '_, Guest>) -> Result<(), Crash> {
        match message {
            GuestMessage::Take(barrel) => self.barrel = Some(barrel),
            GuestMessage::Drink(litres, reply) => {
                self.waits = Some(Waits(reply));
                let barrel = self.barrel.ok_or_else(|| crash("thirst", "it has no barrel"))?;
                cx.ask(barrel, move |reply| BarrelMessage::Tap(litres, reply), GuestMessage::Left);
            }
            GuestMessage::Left(left) => {
                if let Some(Waits(reply)) = self.waits.take() {
                    cx.reply(reply, &left.unwrap_or(u64::MAX));
                }
            }
        }
        Ok(())
    }
}

#[test]
fn objects_and_refs_to_them_are_in_the_next_life_what_they_were() {
    let folder = Folder::new();
    let open = || System::open(&folder.0, vec![behaviour::<Cellar>(), behaviour::<Guest>()]).expect("nobody else has it open");
    {
        let mut system = open();
        let (cellar, guest) = (system.keep::<Cellar>("cellar", &()), system.keep::<Guest>("guest", &()));
        let first = system.ask(cellar, |reply| CellarMessage::Lay(100, reply)).expect("it lays");
        system.ask(cellar, |reply| CellarMessage::Lay(50, reply)).expect("it lays");
        system.send(guest, &GuestMessage::Take(first));
        assert_eq!(system.ask(guest, |reply| GuestMessage::Drink(1, reply)), Ok(99));
    }
    for life in 2..4 {
        let mut system = open();
        let (cellar, guest) = (system.keep::<Cellar>("cellar", &()), system.keep::<Guest>("guest", &()));
        assert_eq!(system.ask(guest, |reply| GuestMessage::Drink(1, reply)), Ok(100 - life));
        assert_eq!(system.ask(cellar, CellarMessage::Litres), Ok(150 - life));
    }
}
