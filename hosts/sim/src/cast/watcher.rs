//! One that watches others die, and one that lives by the clock. Both say what they wait for, so that it can be checked.
use super::{Server, book, tell_book, words};
use crate::check::{ARMED, DISARMED, WATCHING};
use peerd_vat::{Crash, Cx, Event, Ref};
use serde::{Deserialize, Serialize};

pub struct Watcher;

#[derive(Serialize, Deserialize)]
pub struct Deaths {
    book: Ref,
    known: Vec<Ref>,
}

impl Server for Watcher {
    const NAME: &'static str = "watcher";
    type State = Deaths;

    fn init(_args: &[u8], refs: &[Ref], _cx: &mut Cx<'_>) -> Result<Deaths, Crash> {
        Ok(Deaths { book: book(refs)?, known: Vec::new() })
    }

    /// `meet` watches; `last` writes to all it has met.
    fn handle(deaths: &mut Deaths, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body: b"meet", refs: &[other], .. } => {
                deaths.known.push(other);
                cx.watch(other);
                // Whoever is dead already is told at once; then there is no death to wait for.
                cx.report(WATCHING, other.actor_id().map(|id| id.to_string()).unwrap_or_default());
            }
            Event::User { body, .. } if words(body).0 == "last" => {
                for other in &deaths.known {
                    cx.send(*other, body);
                }
            }
            Event::Down { reason, .. } => tell_book(cx, deaths.book, &format!("down {reason}")),
            _ => {}
        }
        Ok(())
    }
}

pub struct Ticker;

impl Server for Ticker {
    const NAME: &'static str = "ticker";
    type State = (Ref, u64);

    fn init(_args: &[u8], refs: &[Ref], _cx: &mut Cx<'_>) -> Result<(Ref, u64), Crash> {
        Ok((book(refs)?, 0))
    }

    /// `arm KEY MS`, `disarm KEY`, `ticks`. An even tick arms the next one.
    fn handle((book, ticks): &mut (Ref, u64), event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, .. } => match words(body) {
                ("arm", what) => {
                    let (key, ms) = what.split_once(' ').ok_or_else(|| Crash::new("bad_order", what))?;
                    let number = |text: &str| text.parse::<u64>().map_err(|_| Crash::new("bad_order", text));
                    arm(number(key)?, number(ms)?, cx);
                }
                ("disarm", key) => {
                    cx.cancel_timer(key.parse().map_err(|_| Crash::new("bad_order", key))?);
                    cx.report(DISARMED, key.to_owned());
                }
                ("ticks", _) => tell_book(cx, *book, &format!("ticks {ticks}")),
                _ => {}
            },
            Event::Timer { key } => {
                *ticks += 1;
                if ticks.is_multiple_of(2) {
                    arm(key, key, cx);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn arm(key: u64, ms: u64, cx: &mut Cx<'_>) {
    cx.timer(key, ms);
    cx.report(ARMED, format!("{key} {}", cx.now().after(ms).0));
}
