//! The root: keeps the objects, calls them as it is told, and starts one again whose life has ended.
use super::{book::Shared, thing};
use peerd_vat::{Behaviour, Crash, Cx, Durability, Event, INFINITY_MS, Identity, Ref, SpawnOptions};

pub const NAME: &str = "owner";

pub fn behaviour(book: &Shared) -> Box<dyn Behaviour> {
    Box::new(Owner(book.clone()))
}

struct Owner(Shared);

impl Behaviour for Owner {
    fn name(&self) -> &'static str {
        NAME
    }

    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.trap_exits(true);
        let mut book = self.0.lock();
        for object in book.program.clone().objects {
            let name = object.name.to_string();
            let thing = start(&name, Identity::Kept(&name), cx);
            book.refs.insert(object.name, thing);
        }
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        if let Event::User { body: [who, order @ ..], .. } = event {
            let to = self.0.lock().refs[&char::from(*who)];
            cx.call(to, order, &[], INFINITY_MS);
        }
        if let Event::Exit { from, .. } = event {
            let ended = self.0.lock().refs.iter().find(|(_, thing)| thing.actor_id() == from.actor_id()).map(|(who, thing)| (*who, *thing));
            let (who, thing) = ended.ok_or_else(|| Crash::new("exit", "of a stranger"))?;
            start(&who.to_string(), Identity::Again(thing), cx);
        }
        Ok(())
    }
}

fn start(name: &str, identity: Identity<'_>, cx: &mut Cx<'_>) -> Ref {
    let options = SpawnOptions::new(thing::NAME, name.as_bytes()).label(name).identity(identity);
    cx.spawn(options.durability(Durability::Durable).linked())
}
