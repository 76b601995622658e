//! The actor: what it is asked by actors, by its host, and through the refs that it gave.
use crate::{
    exchange::{CLOCK, Exchange},
    wire::{FromHost, Settings},
};
use alloc::{boxed::Box, string::String, vec::Vec};
use peerd_otp::message::{Caller, decode, encode};
use peerd_vat::{Behaviour, Crash, Cx, Event, Ref, Shelf, SpawnOptions, StateId};
use serde::{Deserialize, Serialize};

pub const NAME: &str = "gateway";

/// Objects of the gateway that are no peer's.
const CLERK: u32 = 1;
const HOST: u32 = 2;

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour() -> Box<dyn Behaviour> {
    Box::new(Gateway { exchanges: Shelf::default() })
}

/// What its owner has of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faces {
    /// For whoever may name actors to the world and look objects up: takes `Request`s.
    pub clerk: Ref,
    /// For who moves the bytes: takes `FromHost`s.
    pub host: Ref,
}

/// Spawned by the caller and linked to it. `port`: where its host hears `ToHost`s. With a `registry`, what is offered lastingly is known there.
pub fn spawn(cx: &mut Cx<'_>, label: &str, settings: &Settings, port: Ref, registry: Option<Ref>) -> Faces {
    let refs: Vec<Ref> = core::iter::once(port).chain(registry).collect();
    let actor = cx.spawn(SpawnOptions::new(NAME, &encode(settings)).refs(&refs).label(label).linked());
    Faces { clerk: actor.object(CLERK), host: actor.object(HOST) }
}

/// What a clerk is asked, all by calls. Answered by a `Reply`, an encoded one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// The first ref of the message can be fetched by whoever knows the number that is answered, `Offered`. `lasts`: in all lives of the
    /// vat, if the actor is durable.
    Offer { lasts: bool },
    /// A number is good no more. Who has fetched has it still.
    Withdraw([u8; 32]),
    /// The object that this `ocapn:` URI names: `Found`, with its ref.
    Enliven(String),
    /// The one that a number names at the other end of a connection of the host's.
    Fetch { conn: u64, swiss: Vec<u8> },
    /// Calls the first ref, one that came through the gateway, and answers `Found` at once with a ref to what it will give: calls of that
    /// go to the other side without waiting. The body is a portable list, its refs are the table from the second on.
    Ask(Vec<u8>),
    /// Answered `Standing`.
    Look,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    Offered {
        swiss: [u8; 32],
    },
    Withdrawn,
    Found,
    /// How many of peers' objects are had here, how many actors of this vat peers have or can fetch, and how many calls are under way.
    Standing {
        had: u32,
        given: u32,
        waiting: u32,
    },
    /// For people.
    Failed(String),
}

struct Gateway {
    exchanges: Shelf<Exchange>,
}

impl Behaviour for Gateway {
    fn name(&self) -> &'static str {
        NAME
    }

    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let settings: Settings = decode(args).ok_or_else(|| Crash::new("bad_args", "not the settings of a gateway"))?;
        let (port, registry) = match *cx.refs() {
            [port] => (port, None),
            [port, registry] => (port, Some(registry)),
            _ => return Err(Crash::new("bad_args", "a gateway has a port, and a registry or none")),
        };
        let exchange = Exchange::new(&settings, port, registry, cx);
        cx.keep_at(self.exchanges.put(exchange));
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let exchange = self.exchanges.get_mut(cx.state_id().expect("init committed a state"));
        exchange.begin(cx);
        match event {
            Event::User { body, refs, reply } => match cx.addressed() {
                Some(HOST) => match decode::<FromHost>(body) {
                    Some(said) => exchange.hear(said, cx),
                    None => return Err(Crash::new("bad_host", "not what a host says")),
                },
                Some(CLERK) => {
                    if let Some(reply) = reply {
                        exchange.serve(decode(body), refs, Caller(reply), cx);
                    }
                }
                Some(number) => exchange.call_far(number, body, refs, reply, cx),
                None => {}
            },
            Event::Reply { call, result } => exchange.answered(call, result, cx),
            Event::Timer { key: CLOCK } => {}
            Event::Down { .. } | Event::Exit { .. } | Event::Timer { .. } | Event::Alarm { .. } => {}
        }
        exchange.end(cx);
        Ok(())
    }

    /// Of what it holds nothing is bytes: connections end with it.
    fn can_rest(&self, _: StateId) -> bool {
        false
    }

    fn encode_held(&self, id: StateId, to: &mut Vec<u8>) -> Result<(), Crash> {
        peerd_vat::append(&self.exchanges.get(id).held(), to)
    }

    fn forget(&mut self, id: StateId) {
        self.exchanges.take(id);
    }
}
