//! What one publishes all hear who have subscribed. To publish and to subscribe are two capabilities.
use crate::{Letter, numbers};
use alloc::{boxed::Box, collections::BTreeMap};
use peerd_otp::Server;
use peerd_vat::{Behaviour, Crash, Cx, Event, Ref, Settle, SpawnOptions, WatchId};
use serde::{Deserialize, Serialize};

pub const NAME: &str = "pubsub";

/// The entry for a vat's behaviour table.
#[must_use]
pub fn behaviour() -> Box<dyn Behaviour> {
    peerd_otp::behaviour::<Topic>()
}

/// What its owner has of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PubSub {
    /// What it is sent, bytes and refs, goes to all who have subscribed, in the order in which they did.
    pub publisher: Ref,
    /// Asked with a listener as the first ref, it answers with one: the subscription. Any message to that ends it.
    pub subscriber: Ref,
}

/// Spawned by the caller.
pub fn spawn(cx: &mut Cx<'_>) -> PubSub {
    spawn_with(cx, |options| options)
}

/// The same, labelled, kept or whatever else the options can say. A durable one forgets in a later life who listens: what it watched
/// may have ended meanwhile.
pub fn spawn_with<'o>(cx: &mut Cx<'_>, options: impl FnOnce(SpawnOptions<'o>) -> SpawnOptions<'o>) -> PubSub {
    PubSub::of(cx.spawn(options(SpawnOptions::new(NAME, &[]))))
}

impl PubSub {
    /// Of an actor over which the caller has the control right.
    #[must_use]
    pub const fn of(actor: Ref) -> PubSub {
        PubSub { publisher: actor.object(PUBLISHER), subscriber: actor.object(SUBSCRIBER) }
    }
}

const PUBLISHER: u32 = 1;
const SUBSCRIBER: u32 = 2;

#[derive(Default, Serialize, Deserialize)]
struct Topic {
    /// By the number of the subscription.
    listeners: BTreeMap<u32, (Ref, WatchId)>,
}

impl Server for Topic {
    const NAME: &'static str = NAME;
    const MINDS_RECOVERY: bool = true;
    type State = Topic;

    fn init(_: &[u8], _: &[Ref], _: &mut Cx<'_>) -> Result<Topic, Crash> {
        Ok(Topic::default())
    }

    fn recovered(topic: &mut Topic, _: &mut Cx<'_>) -> Result<(), Crash> {
        topic.listeners.clear();
        Ok(())
    }

    fn handle(topic: &mut Topic, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match (Letter::of(&event), event) {
            (Some(letter), _) => topic.serve(letter, cx),
            (_, Event::Down { watch, .. }) => topic.listeners.retain(|_, (_, known)| *known != watch),
            _ => {}
        }
        Ok(())
    }
}

impl Topic {
    fn serve(&mut self, letter: Letter<'_>, cx: &mut Cx<'_>) {
        match (cx.addressed(), letter.refs) {
            (Some(PUBLISHER), refs) => {
                self.listeners.values().for_each(|(listener, _)| cx.send_with(*listener, letter.body, refs));
                letter.answer(&[], &[], cx);
            }
            (Some(SUBSCRIBER), [listener, ..]) => {
                let number = numbers::fresh(self.listeners.keys(), cx);
                let watch = cx.watch(*listener);
                self.listeners.insert(number, (*listener, watch));
                letter.answer(&[], &[cx.object(number)], cx);
            }
            (Some(number), _) => match self.listeners.remove(&number) {
                Some((_, watch)) => {
                    cx.unwatch(watch);
                    letter.answer(&[], &[], cx);
                }
                None => letter.refuse(&Settle::Revoked, cx),
            },
            (None, _) => letter.refuse(&Settle::Revoked, cx),
        }
    }
}
