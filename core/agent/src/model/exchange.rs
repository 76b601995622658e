//! One logical call of a model from first try to last byte: tries, time limits, cancellation. It never does, it says.
use super::{
    Event, Failure, FailureKind, HttpRequest, Reply, Request,
    decoder::{self, Decoder},
    fault::{Fault, one_line},
    history,
    retry::{Advice, Next},
};
use crate::{address::Address, view::Provider};
use alloc::{collections::BTreeSet, format, string::String, vec::Vec};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Limit: how much of a refusal's body is read, and how long that may take.
const REASON_MAX: usize = 64 << 10;
const REASON_MS: u64 = 5_000;
/// How long the usage may follow an answer that is whole.
const TAIL_MS: u64 = 5_000;

/// Time as the vat and as the wall know it; the second only to read dates in `retry-after`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Monotonic.
    pub ms: u64,
    /// Since the Unix epoch; 0 when unknown.
    pub wall_ms: u64,
}

/// How long each part may take. The owner may set `idle_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// To the response's head.
    pub connect_ms: u64,
    /// The same for loopback and LAN servers, which may load a model first.
    pub connect_local_ms: u64,
    /// From the head to the first content.
    pub first_ms: u64,
    /// Between two pieces afterwards.
    pub idle_ms: u64,
    pub tries_max: u32,
    /// A server that asks for more patience than this is given up on.
    pub wait_max_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { connect_ms: 45_000, connect_local_ms: 120_000, first_ms: 120_000, idle_ms: 60_000, tries_max: 3, wait_max_ms: 120_000 }
    }
}

/// What the host or a timer tells; events of an older `fetch` are ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    Head {
        fetch: u64,
        status: u16,
        headers: Vec<(String, String)>,
    },
    Chunk {
        fetch: u64,
        bytes: Vec<u8>,
    },
    End {
        fetch: u64,
    },
    /// The connection failed or broke; `locked`, `no_key`, `bad_key` and `redirect` are the host's own words, see docs/protocol.md.
    Error {
        fetch: u64,
        text: String,
    },
    Timer,
    Cancel,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// The same bytes on every try.
    Fetch {
        fetch: u64,
        request: HttpRequest,
    },
    Abort {
        fetch: u64,
    },
    /// Wake this exchange then. It has one timer: a new one replaces it; a needless one does no harm.
    Timer {
        after_ms: u64,
    },
    Emit(Event),
    /// The last action, exactly once.
    Done(Result<Reply, Failure>),
}

/// The state between two inputs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exchange {
    limits: Limits,
    seed: u64,
    /// The provider's name for people.
    who: String,
    connect_ms: u64,
    /// The number of the try under way, or of the last one.
    fetch: u64,
    tries: u32,
    /// Gone when the answer has begun: no other try will need it.
    request: Option<HttpRequest>,
    decoder: Decoder,
    phase: Phase,
    /// When the phase has taken too long, or the wait is over. `Now.ms`.
    due: u64,
    /// The ids of calls in the request.
    ids: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    Connecting,
    /// A head that is no answer: its body says why.
    Refused {
        status: u16,
        advice: Advice,
        body: Vec<u8>,
    },
    Streaming,
    /// Before the next try.
    Waiting,
    Over,
}

impl Exchange {
    /// Encodes the request and asks for the first fetch. Fetches are numbered `fetch`, `fetch + 1`, .. (at most `tries_max`).
    /// `seed` is any random number: it spreads the waits.
    pub fn start(now: Now, request: &Request, provider: &Provider, limits: Limits, fetch: u64, seed: u64, out: &mut Vec<Action>) -> Self {
        let (http, decoder) = decoder::open(request, provider);
        let local = Address::parse(&provider.base).is_some_and(|address| address.is_local());
        let connect_ms = if local { limits.connect_local_ms } else { limits.connect_ms };
        let mut exchange = Exchange {
            limits,
            seed,
            who: provider.label.clone(),
            connect_ms,
            fetch,
            tries: 0,
            request: Some(http),
            decoder,
            phase: Phase::Waiting,
            due: now.ms,
            ids: history::ids(&request.messages),
        };
        exchange.try_once(now, out);
        exchange
    }

    pub fn handle(&mut self, now: Now, input: Input, out: &mut Vec<Action>) {
        let (phase, fetch) = (&self.phase, self.fetch);
        match input {
            _ if *phase == Phase::Over => {}
            Input::Cancel => {
                self.abort(out);
                self.fail(Fault::new(FailureKind::Cancelled, "Stopped."), out);
            }
            Input::Timer if now.ms < self.due => out.push(Action::Timer { after_ms: self.due - now.ms }),
            Input::Timer => self.late(now, out),
            Input::Head { fetch: of, status, headers } if of == fetch && *phase == Phase::Connecting => {
                self.head(now, status, &headers, out)
            }
            Input::Chunk { fetch: of, bytes } if of == fetch => self.chunk(now, &bytes, out),
            Input::End { fetch: of } if of == fetch => self.end(now, out),
            Input::Error { fetch: of, text } if of == fetch => self.broken(now, &text, out),
            Input::Head { .. } | Input::Chunk { .. } | Input::End { .. } | Input::Error { .. } => {}
        }
    }

    fn try_once(&mut self, now: Now, out: &mut Vec<Action>) {
        let request = self.request.clone().expect("kept until the answer begins, and no try follows that");
        if self.tries > 0 {
            self.fetch += 1;
            self.decoder = self.decoder.fresh();
        }
        self.tries += 1;
        out.push(Action::Fetch { fetch: self.fetch, request });
        self.enter(Phase::Connecting, self.connect_ms, now, out);
    }

    fn enter(&mut self, phase: Phase, for_ms: u64, now: Now, out: &mut Vec<Action>) {
        self.phase = phase;
        self.due = now.ms.saturating_add(for_ms);
        out.push(Action::Timer { after_ms: for_ms });
    }

    fn head(&mut self, now: Now, status: u16, headers: &[(String, String)], out: &mut Vec<Action>) {
        let json = headers.iter().any(|(name, value)| name == "content-type" && value.starts_with("application/json"));
        if (200..300).contains(&status) && !json {
            self.enter(Phase::Streaming, self.limits.first_ms, now, out);
        } else {
            let advice = Advice::read(headers, now);
            self.enter(Phase::Refused { status, advice, body: Vec::new() }, REASON_MS, now, out);
        }
    }

    fn chunk(&mut self, now: Now, bytes: &[u8], out: &mut Vec<Action>) {
        match &mut self.phase {
            Phase::Streaming => {}
            Phase::Refused { body, .. } => {
                body.extend_from_slice(&bytes[..bytes.len().min(REASON_MAX - body.len())]);
                if body.len() == REASON_MAX {
                    self.abort(out);
                    self.refused(now, out);
                }
                return;
            }
            Phase::Connecting | Phase::Waiting | Phase::Over => return,
        }
        let was_whole = self.decoder.whole();
        let mut events = Vec::new();
        let read = self.decoder.push(bytes, &mut events);
        out.extend(events.into_iter().map(Action::Emit));
        match read {
            Err(fault) => {
                self.abort(out);
                self.give_up_or_retry(now, fault, Advice::default(), out);
            }
            Ok(true) => self.end(now, out),
            Ok(false) if was_whole => {}
            Ok(false) if self.decoder.whole() => self.enter(Phase::Streaming, TAIL_MS, now, out),
            Ok(false) if self.decoder.begun() => {
                self.request = None;
                // Why no timer action: the one that is set finds out that it is too early. Only the first one may be too late.
                let due = now.ms.saturating_add(self.limits.idle_ms);
                if due < self.due {
                    out.push(Action::Timer { after_ms: self.limits.idle_ms });
                }
                self.due = due;
            }
            Ok(false) => {}
        }
    }

    fn end(&mut self, now: Now, out: &mut Vec<Action>) {
        match self.phase {
            Phase::Refused { .. } => return self.refused(now, out),
            Phase::Streaming | Phase::Connecting => {}
            Phase::Waiting | Phase::Over => return,
        }
        match self.decoder.finish() {
            Ok(mut reply) => {
                history::with_fresh_ids(&mut reply.message, &self.ids);
                self.phase = Phase::Over;
                out.push(Action::Done(Ok(reply)));
            }
            Err(fault) => self.give_up_or_retry(now, fault, Advice::default(), out),
        }
    }

    fn broken(&mut self, now: Now, text: &str, out: &mut Vec<Action>) {
        let fault = match text {
            "locked" => Fault::new(FailureKind::Locked, "The keys are locked: unlock them with your passphrase."),
            "no_key" => Fault::new(FailureKind::Key, format!("There is no key for {} yet: paste one in the settings.", self.who)),
            "bad_key" => Fault::new(FailureKind::Key, format!("The key for {} can't be used: paste it again in the settings.", self.who)),
            "redirect" => Fault::of_status(302, b"", &self.who),
            _ if self.phase == Phase::Streaming && self.decoder.whole() => return self.end(now, out),
            _ if matches!(self.phase, Phase::Refused { .. }) => return self.refused(now, out),
            _ => {
                let what = if self.phase == Phase::Streaming { "broke off" } else { "can't be reached" };
                Fault::new(FailureKind::Transport, format!("{} {what} ({}).", self.who, one_line(text))).retriable()
            }
        };
        self.give_up_or_retry(now, fault, Advice::default(), out);
    }

    fn late(&mut self, now: Now, out: &mut Vec<Action>) {
        let who = &self.who;
        let text = match &self.phase {
            Phase::Waiting => return self.try_once(now, out),
            Phase::Refused { .. } => {
                self.abort(out);
                return self.refused(now, out);
            }
            Phase::Streaming if self.decoder.whole() => {
                self.abort(out);
                return self.end(now, out);
            }
            Phase::Connecting => format!("{who} did not answer within {} s.", self.connect_ms / 1_000),
            Phase::Streaming if self.decoder.begun() => {
                format!("{who} stopped sending in the middle of its answer: nothing for {} s.", self.limits.idle_ms / 1_000)
            }
            Phase::Streaming => format!("{who} sent no word of an answer within {} s.", self.limits.first_ms / 1_000),
            Phase::Over => return,
        };
        self.abort(out);
        self.fail(Fault::new(FailureKind::Stalled, text), out);
    }

    /// The reason is read as far as it came.
    fn refused(&mut self, now: Now, out: &mut Vec<Action>) {
        let Phase::Refused { status, advice, body } = core::mem::replace(&mut self.phase, Phase::Over) else {
            return;
        };
        let who = &self.who;
        let mut fault = match status {
            200..300 => match serde_json::from_slice::<Value>(&body) {
                Ok(value) if !value["error"].is_null() => Fault::of_event(&value["error"], who),
                _ => Fault::new(FailureKind::Malformed, format!("{who} sent no stream of events, though asked for one.")),
            },
            _ => Fault::of_status(status, &body, who),
        };
        let keyless = self.request.as_ref().is_some_and(|request| request.key.is_none());
        if keyless && status == 403 {
            // Local servers do so when they do not know the extension's origin; there is no key to blame.
            fault.kind = FailureKind::Request;
            fault.text = format!("{who} does not let peerd in (403). The doctor in the settings says what to set.");
        }
        self.give_up_or_retry(now, fault, advice, out);
    }

    fn give_up_or_retry(&mut self, now: Now, mut fault: Fault, advice: Advice, out: &mut Vec<Action>) {
        if self.decoder.begun() {
            return self.fail(fault, out);
        }
        match advice.next(fault.retry, fault.status, self.tries, self.seed, &self.limits) {
            Next::No => self.fail(fault, out),
            Next::TooLong(ms) => {
                fault.text = format!("{} It asks to wait {} s, which is too long.", fault.text, ms / 1_000);
                self.fail(fault, out);
            }
            Next::After(after_ms) => {
                let (next, tries_max) = (self.tries + 1, self.limits.tries_max);
                out.push(Action::Emit(Event::Retry { next, tries_max, after_ms, why: fault.text }));
                self.enter(Phase::Waiting, after_ms, now, out);
            }
        }
    }

    /// Only while a fetch is under way.
    fn abort(&mut self, out: &mut Vec<Action>) {
        match self.phase {
            Phase::Connecting | Phase::Refused { .. } | Phase::Streaming => out.push(Action::Abort { fetch: self.fetch }),
            Phase::Waiting | Phase::Over => {}
        }
    }

    fn fail(&mut self, fault: Fault, out: &mut Vec<Action>) {
        self.phase = Phase::Over;
        self.request = None;
        let Fault { kind, text, status, .. } = fault;
        out.push(Action::Done(Err(Failure { kind, text, status, partial: self.decoder.partial(), tries: self.tries })));
    }
}
