//! Patterns of capabilities, typed: what a membrane, a brand, a topic and a swap do for actors of this crate.
use peerd::{
    caps::{Sealed, Sealer, Subscriber, Swapper, Unsealer},
    prelude::*,
};

#[derive(Message)]
enum Say {
    Name(Reply<String>),
    /// Answered with another one like it.
    Another(Reply<Addr<Say>>),
    Heard(String),
    All(Reply<Vec<String>>),
}

#[derive(Serialize, Deserialize)]
struct Speaker {
    name: String,
    heard: Vec<String>,
}

impl Actor for Speaker {
    const NAME: &'static str = "speaker";
    type Args = String;
    type Message = Say;

    fn init(name: String, _: &mut Context<'_, '_, Speaker>) -> Result<Speaker, Crash> {
        Ok(Speaker { name, heard: Vec::new() })
    }

    fn handle(&mut self, message: Say, cx: &mut Context<'_, '_, Speaker>) -> Result<(), Crash> {
        match message {
            Say::Name(reply) => cx.reply(reply, &self.name),
            Say::Another(reply) => {
                let another = cx.spawn::<Speaker>(&format!("{}, too", self.name));
                cx.reply(reply, &another);
            }
            Say::Heard(word) => self.heard.push(word),
            Say::All(reply) => cx.reply(reply, &self.heard),
        }
        Ok(())
    }
}

/// Makes what the test asks for.
#[derive(Serialize, Deserialize)]
struct Maker {
    opened: Option<Result<String, Settle>>,
    sealed: Option<Sealed<String>>,
}

#[derive(Message)]
enum Make {
    Membrane(Addr<Say>, Reply<(Addr<Say>, Addr<peerd::caps::Revoking>)>),
    Revoke(Addr<peerd::caps::Revoking>),
    Swappable(Addr<Say>, Reply<(Addr<Say>, Swapper<Say>)>),
    Swap(Swapper<Say>, Addr<Say>),
    Topic(Reply<(Addr<Say>, Subscriber<Say>)>),
    Subscribe(Subscriber<Say>, Addr<Say>),
    Brand(Reply<(Sealer<String>, Unsealer<String>)>),
    Seal(Sealer<String>, String),
    Sealed(Result<Sealed<String>, Settle>),
    Box(Reply<Option<Sealed<String>>>),
    Open(Unsealer<String>, Sealed<String>),
    Opened(Result<String, Settle>),
    In(Reply<Option<Result<String, Settle>>>),
}

impl Actor for Maker {
    const NAME: &'static str = "maker";
    type Args = ();
    type Message = Make;

    fn init((): (), _: &mut Context<'_, '_, Maker>) -> Result<Maker, Crash> {
        Ok(Maker { opened: None, sealed: None })
    }

    fn handle(&mut self, message: Make, cx: &mut Context<'_, '_, Maker>) -> Result<(), Crash> {
        match message {
            Make::Membrane(around, reply) => {
                let Lent { face, revoker } = cx.membrane(around);
                cx.reply(reply, &(face, revoker));
            }
            Make::Revoke(revoker) => cx.revoke(revoker),
            Make::Swappable(to, reply) => {
                let made = cx.swappable(to);
                cx.reply(reply, &made);
            }
            Make::Swap(swapper, to) => cx.swap(swapper, to),
            Make::Topic(reply) => {
                let made = cx.topic();
                cx.reply(reply, &made);
            }
            Make::Subscribe(to, listener) => cx.subscribe(to, listener),
            Make::Brand(reply) => {
                let made = cx.brand();
                cx.reply(reply, &made);
            }
            Make::Seal(sealer, value) => cx.seal(sealer, &value, Make::Sealed),
            Make::Sealed(sealed) => self.sealed = sealed.ok(),
            Make::Box(reply) => cx.reply(reply, &self.sealed),
            Make::Open(unsealer, sealed) => cx.unseal(unsealer, sealed, Make::Opened),
            Make::Opened(opened) => self.opened = Some(opened),
            Make::In(reply) => cx.reply(reply, &self.opened),
        }
        Ok(())
    }
}

fn world() -> (System, Addr<Make>, Addr<Say>, Addr<Say>) {
    let mut behaviours = vec![behaviour::<Speaker>(), behaviour::<Maker>()];
    behaviours.extend(peerd::caps::behaviours());
    let mut system = System::new(behaviours);
    let (maker, ann, bob) = (system.spawn::<Maker>(&()), system.spawn::<Speaker>(&"Ann".into()), system.spawn::<Speaker>(&"Bob".into()));
    (system, maker, ann, bob)
}

#[test]
fn whatever_came_out_of_a_membrane_ends_with_it() {
    let (mut system, maker, ann, _) = world();
    let (face, revoker) = system.ask(maker, |reply| Make::Membrane(ann, reply)).expect("it makes");
    let another = system.ask(face, Say::Another).expect("it answers through it");
    assert_eq!(system.ask(another, Say::Name), Ok("Ann, too".into()));
    system.send(maker, &Make::Revoke(revoker));
    assert_eq!([face, another].map(|it| system.ask(it, Say::Name)), [Err(Settle::Revoked), Err(Settle::Revoked)]);
    assert_eq!(system.ask(ann, Say::Name), Ok("Ann".into()));
}

#[test]
fn a_box_opens_for_its_brand_alone() {
    let (mut system, maker, ..) = world();
    let [mine, other] = [(); 2].map(|()| system.ask(maker, Make::Brand).expect("it makes"));
    system.send(maker, &Make::Seal(mine.0, "a secret".into()));
    let sealed = system.ask(maker, Make::Box).expect("it answers").expect("it is sealed");
    system.send(maker, &Make::Open(other.1, sealed));
    assert_eq!(system.ask(maker, Make::In), Ok(Some(Err(Settle::Revoked))));
    system.send(maker, &Make::Open(mine.1, sealed));
    assert_eq!(system.ask(maker, Make::In), Ok(Some(Ok("a secret".into()))));
}

#[test]
fn listeners_hear_and_a_swapped_address_leads_elsewhere() {
    let (mut system, maker, ann, bob) = world();
    let (publish, subscribe) = system.ask(maker, Make::Topic).expect("it makes");
    system.send(maker, &Make::Subscribe(subscribe, bob));
    system.send(publish, &Say::Heard("news".into()));
    assert_eq!(system.ask(bob, Say::All), Ok(vec!["news".into()]));
    let (stand, swapper) = system.ask(maker, |reply| Make::Swappable(ann, reply)).expect("it makes");
    assert_eq!(system.ask(stand, Say::Name), Ok("Ann".into()));
    system.send(maker, &Make::Swap(swapper, bob));
    assert_eq!(system.ask(stand, Say::Name), Ok("Bob".into()));
}
