//! The front of the objects of one kind: makes the object of a key for the first who asks, and hands on what is asked.
use super::{KEY_MAX, NAME, Refused, Reply, Request, Spec, object};
use crate::{
    Server,
    message::{self, Caller, decode, encode},
};
use alloc::{string::String, vec::Vec};
use peerd_vat::{Crash, Cx, Durability, Event, Identity, KeptChild, Ref, SpawnOptions};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub struct Front {
    spec: Spec,
    refs: Vec<Ref>,
}

impl Server for Front {
    const NAME: &'static str = NAME;
    const MINDS_RECOVERY: bool = true;
    type State = Front;

    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Front, Crash> {
        let spec = decode(args).ok_or_else(|| Crash::new("bad_args", "keyed objects take a `Spec`"))?;
        cx.trap_exits(true);
        Ok(Front { spec, refs: refs.into() })
    }

    /// One whose end was not told before the last life ended.
    fn recovered(front: &mut Front, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let ended: Vec<String> = cx.kept_children().filter(|child| !child.is_live).map(|child| child.id.into()).collect();
        ended.iter().for_each(|key| front.begin_again(key, cx));
        Ok(())
    }

    fn handle(front: &mut Front, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, refs, reply } => front.pass_on(decode(body), refs, reply, cx),
            Event::Exit { from, .. } => {
                if let Some(key) = cx.kept_id(from) {
                    front.begin_again(&key, cx);
                }
            }
            // Nobody else has business here.
            Event::Reply { .. } | Event::Down { .. } | Event::Timer { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }
}

impl Front {
    fn pass_on(&self, asked: Option<(String, Request)>, refs: &[Ref], reply: Option<Ref>, cx: &mut Cx<'_>) {
        let refused = match asked {
            Some((key, _)) if key.is_empty() || key.len() > KEY_MAX => Refused::Key,
            Some((key, request)) => {
                let object = match cx.kept_child(&key) {
                    Some(KeptChild { actor, is_live: true, .. }) => actor,
                    Some(_) | None => self.begin(&key, cx),
                };
                let refs: Vec<Ref> = reply.into_iter().chain(refs.iter().copied()).collect();
                return message::cast(object, &object::Message::Asked { is_call: reply.is_some(), request }, &refs, cx);
            }
            None => Refused::Malformed,
        };
        match reply {
            Some(reply) => Caller(reply).answer(&Reply::Refused(refused), cx),
            None => cx.report("refused", alloc::format!("{refused:?}")),
        }
    }

    fn begin(&self, key: &str, cx: &mut Cx<'_>) -> Ref {
        let args = encode(&(&self.spec, key));
        let refs: Vec<Ref> = [cx.me()].iter().chain(&self.refs).copied().collect();
        let options = SpawnOptions::new(object::NAME, &args).refs(&refs).label(key).identity(Identity::Kept(key));
        cx.spawn(options.durability(Durability::Durable).linked())
    }

    /// Its next life, unless it is parked: then it keeps what it has.
    fn begin_again(&self, key: &str, cx: &mut Cx<'_>) {
        if cx.kept_child(key).is_some_and(|child| !child.is_live && !cx.has_parked(child.actor)) {
            self.begin(key, cx);
        }
    }
}
