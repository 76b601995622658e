//! The provider: the only actor that talks to models' servers, and only to the one a request names.
//!
//! ```text
//! chat ─ Ask ─▶ provider ─ fetch ─▶ http port         text as it streams ─▶ panel
//!      ◀─ Progress, Answered ─┘  ◀─ head, chunk, end
//! ```
//! It never sees a key: the host adds it to the request as its `KeySlot` says.
mod asks;
mod doctor;
pub(super) mod door;
#[cfg(test)]
mod tests;
mod visits;

use super::{Actor, body, json_bytes, send_json_with, wire::ToProvider};
use crate::model::{HttpRequest, exchange::Input};
use alloc::{string::String, vec::Vec};
use asks::{Ask, Asker};
use peerd_vat::{Crash, Cx, Event, Ref};
use serde::{Deserialize, Serialize};
use serde_json::json;
use visits::Visit;

#[derive(Serialize, Deserialize)]
pub struct Provider {
    http: Ref,
    panel: Ref,
    /// Numbers for fetches and timers. It begins at random: events meant for an earlier life must not fit.
    next: u64,
    asks: Vec<Ask>,
    visits: Vec<Visit>,
    /// Timer and fetch of answers that are whole while their stream is still open.
    lingering: Vec<(u64, u64)>,
}

/// What the http port tells.
#[derive(Deserialize)]
struct Told {
    fetch: u64,
    head: Option<Head>,
    chunk: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Head {
    status: u16,
    headers: Vec<(String, String)>,
}

impl Told {
    fn input(self) -> Input {
        let fetch = self.fetch;
        match self {
            Told { head: Some(Head { status, headers }), .. } => Input::Head { fetch, status, headers },
            Told { chunk: Some(text), .. } => Input::Chunk { fetch, bytes: text.into_bytes() },
            Told { error: Some(text), .. } => Input::Error { fetch, text },
            Told { .. } => Input::End { fetch },
        }
    }
}

impl Actor for Provider {
    const NAME: &'static str = "provider";

    fn init(_args: &[u8], cx: &mut Cx<'_>) -> Result<Self, Crash> {
        let &[http, panel] = cx.refs() else {
            return Err(Crash::new("bad_args", "the provider needs two ports: http, panel"));
        };
        // 48 bits: numbers travel as JSON.
        let next = cx.random() >> 16;
        Ok(Provider { http, panel, next, asks: Vec::new(), visits: Vec::new(), lingering: Vec::new() })
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body: bytes, refs, reply } => {
                if let Ok(told) = body::<Told>(bytes) {
                    self.told(told, cx);
                    return Ok(());
                }
                match (body(bytes)?, reply) {
                    (ToProvider::Ask { chat, index, engine, request }, Some(reply)) => {
                        let &[to, ..] = refs else { return Err(Crash::new("bad_args", "an Ask brings its chat's ref")) };
                        self.ask(Asker { chat, index, to, reply }, &engine, request, cx)?;
                    }
                    (ToProvider::Doctor { base }, Some(reply)) => self.visit(base, reply, cx),
                    (ToProvider::Cancel { chat }, _) => self.cancel(|ask| ask.asker.chat == chat, cx),
                    // Nobody waits for the answer.
                    (ToProvider::Ask { .. } | ToProvider::Doctor { .. }, None) => {}
                }
            }
            Event::Timer { key } => self.rang(key, cx),
            Event::Down { watch, .. } => self.cancel(|ask| ask.watch == watch, cx),
            Event::Reply { .. } | Event::Exit { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }
}

impl Provider {
    fn told(&mut self, told: Told, cx: &mut Cx<'_>) {
        let fetch = told.fetch;
        let input = told.input();
        let over = matches!(input, Input::End { .. } | Input::Error { .. });
        if let Some(at) = self.asks.iter().position(|ask| ask.fetch == Some(fetch)) {
            if over {
                self.asks[at].fetch = None;
            }
            self.handle(at, input, cx);
        } else if let Some(at) = self.visits.iter().position(|visit| visit.fetch == Some(fetch)) {
            if over {
                self.visits[at].fetch = None;
            }
            self.examine(at, input, cx);
        } else if over {
            self.lingering.retain(|(_, known)| *known != fetch);
        } else {
            // After the last word, or from an earlier life: nobody reads it.
            self.abort(fetch, cx);
        }
    }

    fn rang(&mut self, key: u64, cx: &mut Cx<'_>) {
        if let Some(at) = self.asks.iter().position(|ask| ask.timer == key) {
            self.handle(at, Input::Timer, cx);
        } else if let Some(at) = self.visits.iter().position(|visit| visit.timer == key) {
            self.examine(at, Input::Timer, cx);
        } else if let Some(at) = self.lingering.iter().position(|(timer, _)| *timer == key) {
            self.abort(self.lingering[at].1, cx);
        }
    }

    /// Fetches if `base` is a provider whose address `request` goes to; the refusal is for its owner.
    fn fetch(&self, base: &str, fetch: u64, request: &HttpRequest, cx: &mut Cx<'_>) -> Result<(), &'static str> {
        door::pass(base, &request.url)?;
        send_json_with(cx, self.http, &json!({"op": "fetch", "fetch": fetch, "request": request}), &[cx.me()]);
        Ok(())
    }

    fn abort(&mut self, fetch: u64, cx: &mut Cx<'_>) {
        self.lingering.retain(|(_, known)| *known != fetch);
        cx.send(self.http, &json_bytes(&json!({"op": "abort", "fetch": fetch})));
    }
}
