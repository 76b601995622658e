//! The objects that the public OCapN suite calls. What each does is the suite's to say; the numbers are in its README.
use std::collections::BTreeMap;

use peerd_captp::{Conn, Object, Outcome, Peer, Promise, Reason, Ref, Refused, Resolver, Value};
use peerd_ocapn::{Call, Objects, Session};

const OFFERED: [(&[u8], Kind); 5] = [
    (b"JadQ0++RzsD4M+40uLxTWVaVqM10DcBJ", Kind::FactoryBuilder),
    (b"IO58l1laTyhcrgDKbEzFOO32MDd6zE5w", Kind::Echo),
    (b"VMDDd1voKWarCe2GvgLbxbVFysNzRPzx", Kind::Greeter),
    (b"IokCxYmMj04nos2JN1TDoY1bT8dXh6Lr", Kind::PromiseMaker),
    (b"gi02I1qghIwPiKGKleCQAOhpy3ZtYRpB", Kind::Enlivener),
];

enum Kind {
    /// Makes a factory.
    FactoryBuilder,
    /// Makes a car of a colour and a model.
    Factory,
    Car {
        color: String,
        model: String,
    },
    /// Gives back what it was given.
    Echo,
    /// Says hello to whom it is given.
    Greeter,
    /// Makes a promise and what settles it.
    PromiseMaker,
    Settler(Resolver),
    /// Gives the object that a sturdyref names.
    Enlivener,
}

pub struct Offered {
    objects: BTreeMap<Object, Kind>,
    next: u64,
}

impl Offered {
    /// Registers them.
    pub fn to(peer: &mut Peer) -> Offered {
        let mut offered = Offered { objects: BTreeMap::new(), next: 0 };
        for (swiss, kind) in OFFERED {
            let object = offered.make(kind);
            peer.register(swiss, object);
        }
        offered
    }

    fn make(&mut self, kind: Kind) -> Ref {
        let object = Object(self.next);
        self.next += 1;
        self.objects.insert(object, kind);
        Ref::Local(object)
    }

    /// What a call gives, or why it gives nothing. Promises that are made for it are `made`.
    fn answer(&mut self, peer: &mut Peer, to: Object, args: &[Value], made: &mut Vec<Promise>) -> Result<Value, &'static str> {
        let refused = |refused| match refused {
            Refused::NotPortable(why) | Refused::Full(why) => why,
            Refused::Unknown => "nobody is there",
            Refused::TooLong => "too long",
            Refused::Unreachable => "nobody can get there",
        };
        match (self.objects.get(&to).ok_or("no such object")?, args) {
            (Kind::FactoryBuilder, []) => Ok(self.make(Kind::Factory).into()),
            (Kind::Factory, [Value::List(car)]) => match &car[..] {
                [Value::Symbol(color), Value::Symbol(model)] => {
                    Ok(self.make(Kind::Car { color: color.clone(), model: model.clone() }).into())
                }
                _ => Err("a car has a colour and a model"),
            },
            (Kind::Car { color, model }, []) => Ok(Value::Text(format!("Vroom! I am a {color} {model} car!"))),
            (Kind::Echo, _) => Ok(Value::List(args.to_vec())),
            (Kind::Greeter, [Value::Ref(who)]) => {
                let reply = peer.call(*who, vec![Value::text("Hello")]).map_err(refused)?;
                made.push(reply);
                Ok(Value::Void)
            }
            (Kind::PromiseMaker, []) => {
                let (promise, resolver) = peer.promise();
                made.push(promise);
                Ok(Value::List(vec![Ref::Promise(promise).into(), self.make(Kind::Settler(resolver)).into()]))
            }
            (Kind::Settler(resolver), [Value::Symbol(how), what]) => {
                let outcome = match how.as_str() {
                    "fulfill" => Outcome::Fulfilled(what.clone()),
                    "break" => Outcome::Broken(Reason::Told(what.clone())),
                    _ => return Err("fulfill or break"),
                };
                peer.settle(*resolver, outcome).map_err(refused)?;
                Ok(Value::Void)
            }
            (Kind::Enlivener, [Value::Sturdyref(sturdyref)]) => {
                let promise = peer.enliven(sturdyref).map_err(refused)?;
                made.push(promise);
                Ok(Ref::Promise(promise).into())
            }
            _ => Err("it takes other arguments"),
        }
    }
}

impl Objects for Offered {
    fn deliver(&mut self, peer: &mut Peer, call: Call) {
        let mut made = Vec::new();
        let outcome = self.answer(peer, call.to, &call.args, &mut made);
        if let Some(resolver) = call.answer {
            let outcome = outcome.map_or_else(|why| Outcome::Broken(Reason::Told(Value::text(why))), Outcome::Fulfilled);
            if peer.settle(resolver, outcome).is_err() {
                let why = Reason::Told(Value::text("the answer cannot be sent"));
                // If even this cannot be told, the caller has gone.
                let _ = peer.settle(resolver, Outcome::Broken(why));
            }
        }
        // Nothing is kept: what was made is the caller's, what came goes.
        made.into_iter().for_each(|promise| peer.release(Ref::Promise(promise)));
        call.args.iter().for_each(|value| peer.release_all(value));
    }

    /// Nothing here listens.
    fn settled(&mut self, _: &mut Peer, _: Promise, _: Outcome) {}

    fn dropped(&mut self, object: Object) {
        self.objects.remove(&object);
    }

    fn session(&mut self, _: &mut Peer, _: Conn, _: Session) {}
}
