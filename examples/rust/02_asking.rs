//! 2. Actors never wait. An answer comes as a message like any other, once: what was asked for, or why it did not come.
use peerd::prelude::*;

#[derive(Message)]
enum Weather {
    At { town: String, reply: Reply<i16> },
}

/// Knows two towns. Of others it says nothing: it drops the reply, and whoever asked is told `Noreply`.
#[derive(Serialize, Deserialize)]
struct Station;

impl Actor for Station {
    const NAME: &'static str = "station";
    type Args = ();
    type Message = Weather;

    fn init((): (), _: &mut Context<'_, '_, Station>) -> Result<Station, Crash> {
        Ok(Station)
    }

    fn handle(&mut self, Weather::At { town, reply }: Weather, cx: &mut Context<'_, '_, Station>) -> Result<(), Crash> {
        match town.as_str() {
            "Bruges" => cx.reply(reply, &9),
            "Ghent" => cx.reply(reply, &10),
            _ => {}
        }
        Ok(())
    }
}

#[derive(Message)]
enum Travel {
    To { town: String, station: Addr<Weather> },
    Forecast(Result<i16, Settle>),
}

#[derive(Serialize, Deserialize)]
struct Traveller {
    diary: Addr<String>,
}

impl Actor for Traveller {
    const NAME: &'static str = "traveller";
    type Args = Addr<String>;
    type Message = Travel;

    fn init(diary: Addr<String>, _: &mut Context<'_, '_, Traveller>) -> Result<Traveller, Crash> {
        Ok(Traveller { diary })
    }

    fn handle(&mut self, message: Travel, cx: &mut Context<'_, '_, Traveller>) -> Result<(), Crash> {
        match message {
            // The question is made around the reply; the answer is made into a message for this actor.
            Travel::To { town, station } => cx.ask(station, |reply| Weather::At { town, reply }, Travel::Forecast),
            Travel::Forecast(Ok(degrees)) => cx.send(self.diary, &format!("{degrees} degrees")),
            Travel::Forecast(Err(why)) => cx.send(self.diary, &format!("nobody knows: {why}")),
        }
        Ok(())
    }
}

pub fn main() {
    let mut system = System::new(vec![behaviour::<Station>(), behaviour::<Traveller>()]);
    let diary = system.probe::<String>();
    let station = system.spawn::<Station>(&());
    let traveller = system.spawn::<Traveller>(&diary.addr());
    for town in ["Bruges", "Atlantis"] {
        system.send(traveller, &Travel::To { town: town.into(), station });
    }
    assert_eq!(diary.expect_msg(), "9 degrees");
    assert_eq!(diary.expect_msg(), "nobody knows: noreply");
}
