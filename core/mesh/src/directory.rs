//! Virtual actors of all shards under one namespace: whoever holds it turns a key into the ref of the one actor of that key,
//! wherever its shard runs.
//!
//! There is one in each shard for each type. It speaks the words of a namespace: a key of its own shard it asks the namespace beside
//! it, another its like in that shard. Kept durable, it and what it gives out are good over lives and moves of its vat.
use crate::{Shard, shard_of};
use alloc::{boxed::Box, collections::BTreeMap, string::String, vec::Vec};
use peerd_otp::{
    Server,
    message::{decode, encode},
    namespace::{Failure, Reply, Request},
};
use peerd_vat::{Answer, Behaviour, CALL_MS, CallId, Crash, Cx, Event, Ref, Settle};
use serde::{Deserialize, Serialize};

pub const NAME: &str = "shards";

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour() -> Box<dyn Behaviour> {
    peerd_otp::behaviour::<Directory>()
}

/// Of one type, in one of so many shards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    pub kind: String,
    pub shards: u32,
    pub here: u32,
}

impl Spec {
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encode(self)
    }
}

/// Tells one, with a ref, who turns the keys of that shard into actors: the namespace beside it, or its like in another shard.
#[must_use]
pub fn at(shard: Shard) -> Vec<u8> {
    encode(&shard.0)
}

#[derive(Serialize, Deserialize)]
struct Directory {
    spec: Spec,
    known: BTreeMap<u32, Ref>,
    asked: BTreeMap<CallId, Ref>,
}

impl Server for Directory {
    const NAME: &'static str = NAME;
    type State = Directory;

    fn init(args: &[u8], _: &[Ref], _: &mut Cx<'_>) -> Result<Directory, Crash> {
        let spec = decode::<Spec>(args).ok_or_else(|| Crash::new("bad_args", "shards take a `Spec`"))?;
        Ok(Directory { spec, known: BTreeMap::new(), asked: BTreeMap::new() })
    }

    fn handle(directory: &mut Directory, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, reply: Some(reply), .. } => directory.serve(body, reply, cx),
            Event::User { body, refs, reply: None } => {
                let shard = decode::<u32>(body).filter(|shard| *shard < directory.spec.shards);
                directory.known.extend(shard.zip(refs.first().copied()));
            }
            Event::Reply { call, result } => directory.answered(call, result, cx),
            // Nobody else has business here.
            Event::Exit { .. } | Event::Down { .. } | Event::Timer { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }
}

impl Directory {
    fn serve(&mut self, body: &[u8], reply: Ref, cx: &mut Cx<'_>) {
        // Lists of keys and deletion are the business of each shard.
        let Some(Request::Get(key)) = decode(body) else {
            return cx.reply(reply, &encode(&Reply::Failed(Failure::Malformed)), &[]);
        };
        let shard = shard_of(&self.spec.kind, &key, self.spec.shards);
        // Not known yet: the answer is that there is none, and whoever asks again may have one.
        if let Some(to) = self.known.get(&shard.0) {
            self.asked.insert(cx.call(*to, body, &[], CALL_MS), reply);
        }
    }

    /// One that failed is dropped: its caller hears `noreply`.
    fn answered(&mut self, call: CallId, result: Result<Answer<'_>, Settle>, cx: &mut Cx<'_>) {
        if let (Some(reply), Ok(answer)) = (self.asked.remove(&call), result) {
            cx.reply(reply, answer.body, answer.refs);
        }
    }
}
