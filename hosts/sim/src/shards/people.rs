//! Who lives in a shard: its root, a namespace of counters, and a till that the shard before it pays into.
use crate::cast::{book, tell_book, words};
use peerd_otp::{Server, namespace};
use peerd_vat::{Behaviour, CallId, Crash, Cx, Durability, Event, Identity, Ref, Rights, SpawnOptions};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub(crate) fn behaviours() -> Vec<Box<dyn Behaviour>> {
    vec![peerd_otp::behaviour::<Desk>(), peerd_otp::behaviour::<Counter>(), peerd_otp::behaviour::<Till>(), namespace::behaviour()]
}

/// The root: passes on to the counter of a key what comes for it from outside.
pub(crate) struct Desk;

#[derive(Serialize, Deserialize)]
pub(crate) struct Desks {
    counters: Ref,
    till: Ref,
    /// The vat of the shard before this one, and the till of the one behind it.
    before: Option<Ref>,
    next: Option<Ref>,
    asks: BTreeMap<CallId, String>,
}

impl Server for Desk {
    const NAME: &'static str = "desk";
    type State = Desks;

    fn init(_: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Desks, Crash> {
        let spec = namespace::Spec::new(Counter::NAME).durability(Durability::Durable);
        let counters = namespace::spawn(cx, "counters", &spec, &refs[..1]);
        let till = SpawnOptions::new(Till::NAME, b"").refs(&refs[..1]).label("till").identity(Identity::Kept("till"));
        let till = cx.spawn(till.durability(Durability::Durable));
        Ok(Desks { counters, till, before: refs.get(1).copied(), next: None, asks: BTreeMap::new() })
    }

    fn handle(desk: &mut Desks, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, refs, .. } => match words(body) {
                ("add", rest) => {
                    let (key, what) = rest.split_once(' ').unwrap_or((rest, ""));
                    desk.asks.insert(namespace::get(desk.counters, key, cx), what.into());
                }
                // The vat of the shard before this one can be spoken to.
                ("introduce", _) => {
                    if let Some(before) = desk.before {
                        cx.send_with(before, b"till", &[desk.till.lending(Rights::SEND)]);
                    }
                }
                ("till", _) => desk.next = refs.first().copied(),
                _ => {}
            },
            Event::Reply { call, result } => {
                let what = desk.asks.remove(&call).unwrap_or_default();
                if let Ok(counter) = namespace::found(result) {
                    let next: Vec<Ref> = desk.next.into_iter().collect();
                    cx.send_with(counter, what.as_bytes(), &next);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Has handled these, each under its number, and paid for those that say so.
pub(crate) struct Counter;

impl Server for Counter {
    const NAME: &'static str = "counter";
    type State = Ref;

    fn init(_: &[u8], refs: &[Ref], _: &mut Cx<'_>) -> Result<Ref, Crash> {
        book(refs)
    }

    /// `NUMBER add`, or `NUMBER pay` with the next till.
    fn handle(book: &mut Ref, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body, refs, .. } = event else { return Ok(()) };
        let (number, what) = words(body);
        let till = refs.first().filter(|_| what == "pay");
        take(*book, number, if till.is_some() { b"p" } else { b"" }, cx)?;
        if let Some(till) = till {
            cx.send(*till, number.as_bytes());
        }
        Ok(())
    }
}

/// Takes what counters of the shard before pay, each payment once.
pub(crate) struct Till;

impl Server for Till {
    const NAME: &'static str = "till";
    type State = Ref;

    fn init(_: &[u8], refs: &[Ref], _: &mut Cx<'_>) -> Result<Ref, Crash> {
        book(refs)
    }

    fn handle(book: &mut Ref, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body, .. } = event else { return Ok(()) };
        take(*book, words(body).0, b"", cx)
    }
}

fn take(book: Ref, number: &str, what: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
    let verb = if cx.map().get(number.as_bytes()).is_some() { "twice" } else { "done" };
    cx.put(number.as_bytes(), what).map_err(|not| not.crash())?;
    tell_book(cx, book, &format!("{verb} {number}"));
    Ok(())
}
