//! What chats ask of a model: one `Exchange` each, obeyed here.
use super::Provider;
use crate::{
    actors::{
        reply_json, send_json,
        wire::{Answered, Engine, ToChat},
    },
    model::{
        Event, Exchange, Failure, FailureKind, Now, Request,
        exchange::{Action, Input, Limits},
    },
    view::{ChatId, Update},
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_vat::{Crash, Cx, Ref, WatchId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How long a server may take to close a stream whose last word was said.
const LINGER_MS: u64 = 2_000;

#[derive(Serialize, Deserialize)]
pub struct Ask {
    pub timer: u64,
    pub asker: Asker,
    /// The provider's base: its origin is the only one this may talk to.
    base: String,
    /// Under way now.
    pub fetch: Option<u64>,
    pub watch: WatchId,
    /// The last line of progress.
    line: String,
    exchange: Exchange,
}

/// Who asked, and where the answer goes.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Asker {
    pub chat: ChatId,
    /// The item of the chat that grows while the model speaks.
    pub index: usize,
    pub to: Ref,
    pub reply: Ref,
}

impl Provider {
    pub(super) fn ask(&mut self, asker: Asker, engine: &Engine, request: Value, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let mut request: Request = serde_json::from_value(request).map_err(|error| Crash::new("decode", format!("request: {error}")))?;
        request.model.clone_from(&engine.model);
        self.cancel(|ask| ask.asker.chat == asker.chat, cx);
        let limits = Limits::default();
        let timer = self.next;
        self.next += u64::from(limits.tries_max);
        let (seed, mut actions) = (cx.random(), Vec::new());
        let exchange = Exchange::start(now(cx), &request, &engine.provider, limits, timer, seed, &mut actions);
        let (base, watch) = (engine.provider.base.clone(), cx.watch(asker.to));
        self.asks.push(Ask { timer, asker, base, fetch: None, watch, line: String::new(), exchange });
        self.obey(self.asks.len() - 1, actions, cx);
        Ok(())
    }

    pub(super) fn cancel(&mut self, which: impl Fn(&Ask) -> bool, cx: &mut Cx<'_>) {
        while let Some(at) = self.asks.iter().position(&which) {
            self.handle(at, Input::Cancel, cx);
        }
    }

    pub(super) fn handle(&mut self, at: usize, input: Input, cx: &mut Cx<'_>) {
        let mut actions = Vec::new();
        self.asks[at].exchange.handle(now(cx), input, &mut actions);
        self.obey(at, actions, cx);
    }

    /// `Done`, always the last action, removes the ask.
    fn obey(&mut self, at: usize, actions: Vec<Action>, cx: &mut Cx<'_>) {
        let mut text = String::new();
        for action in actions {
            match action {
                Action::Fetch { fetch, request } => {
                    if let Err(why) = self.fetch(&self.asks[at].base, fetch, &request, cx) {
                        return self.done(at, Err(refused(why)), cx);
                    }
                    self.asks[at].fetch = Some(fetch);
                }
                Action::Abort { fetch } => {
                    self.asks[at].fetch = None;
                    self.abort(fetch, cx);
                }
                Action::Timer { after_ms } => cx.timer(self.asks[at].timer, after_ms),
                Action::Emit(Event::Text(piece)) => text.push_str(&piece),
                Action::Emit(event) => self.progress(at, &event, cx),
                Action::Done(result) => {
                    self.show(at, text, cx);
                    return self.done(at, result, cx);
                }
            }
        }
        self.show(at, text, cx);
    }

    fn show(&self, at: usize, text: String, cx: &mut Cx<'_>) {
        if !text.is_empty() {
            let Asker { chat, index, .. } = self.asks[at].asker;
            send_json(cx, self.panel, &Update::Delta { chat, index, text });
        }
    }

    /// What the chat shows while it waits.
    fn progress(&mut self, at: usize, event: &Event, cx: &mut Cx<'_>) {
        let line = match event {
            Event::Start { .. } | Event::Text(_) => return,
            Event::Reasoning(_) => "the model thinks".to_string(),
            Event::ToolStart { name, .. } => format!("the model prepares {name}"),
            Event::Retry { next, tries_max, after_ms, why } => {
                format!("retry {next} of {tries_max} in {} s: {why}", after_ms.div_ceil(1_000))
            }
        };
        let ask = &mut self.asks[at];
        if ask.line != line {
            ask.line.clone_from(&line);
            send_json(cx, ask.asker.to, &ToChat::Progress { line });
        }
    }

    fn done(&mut self, at: usize, answered: Answered, cx: &mut Cx<'_>) {
        let Ask { timer, fetch, asker, watch, .. } = self.asks.remove(at);
        cx.unwatch(watch);
        match fetch {
            Some(fetch) => {
                self.lingering.push((timer, fetch));
                cx.timer(timer, LINGER_MS);
            }
            None => drop(cx.cancel_timer(timer)),
        }
        reply_json(cx, asker.reply, &answered);
    }
}

fn refused(why: &str) -> Failure {
    Failure { kind: FailureKind::Request, text: why.into(), status: None, partial: String::new(), tries: 0 }
}

/// Why no wall clock: servers that name a date name their own time too.
fn now(cx: &Cx<'_>) -> Now {
    Now { ms: cx.now().0, wall_ms: 0 }
}
