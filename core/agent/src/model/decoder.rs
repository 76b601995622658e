//! Bytes of a response to events and a reply, in either dialect, however they are cut.
use super::{
    Event, FailureKind, HttpRequest, Reply, Request, anthropic,
    fault::{Fault, one_line},
    history,
    names::Names,
    openai,
    sse::{Malformed, Sse},
};
use crate::view::{Dialect, Provider};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};

/// Both directions of one call: what to send, and what reads the answer.
pub fn open(request: &Request, provider: &Provider) -> (HttpRequest, Decoder) {
    let names = Names::of(&request.tools);
    let messages = history::valid(&request.messages, &provider.id, &request.model);
    let request = &Request { messages, ..request.clone() };
    let (http, stream) = match provider.dialect {
        Dialect::Anthropic => {
            let stream = anthropic::Stream::new(&provider.id, &request.model, names.clone());
            (anthropic::encode(request, provider, &names), Stream::Anthropic(stream))
        }
        Dialect::OpenaiChat => {
            let stream = openai::Stream::new(&provider.id, &request.model, names.clone());
            (openai::encode(request, provider, &names), Stream::Openai(stream))
        }
    };
    (http, Decoder { who: provider.label.clone(), sse: Sse::default(), stream, over: false })
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Decoder {
    /// The provider's name for people.
    who: String,
    sse: Sse,
    stream: Stream,
    over: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Stream {
    Anthropic(anthropic::Stream),
    Openai(openai::Stream),
}

impl Decoder {
    /// Events are for show; true when the terminal record was among the bytes, after which nothing counts any more.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Event>) -> Result<bool, Fault> {
        let mut records = Vec::new();
        let framed = self.sse.push(bytes, &mut records);
        for record in records {
            if self.over {
                break;
            }
            self.over = match &mut self.stream {
                Stream::Anthropic(stream) => stream.record(&record, &self.who, out)?,
                Stream::Openai(stream) => stream.record(&record, &self.who, out)?,
            };
        }
        match framed {
            Err(malformed) if !self.over => Err(self.garbage(malformed)),
            _ => Ok(self.over),
        }
    }

    fn garbage(&self, malformed: Malformed) -> Fault {
        let who = &self.who;
        match malformed {
            Malformed::Utf8 => Fault::new(FailureKind::Malformed, format!("{who} sent bytes that are no text.")),
            Malformed::NotAField(line) => {
                Fault::new(FailureKind::Malformed, format!("{who} sent no event stream but this: \"{}\".", one_line(&line)))
            }
            Malformed::TooLong => Fault::new(FailureKind::TooLarge, format!("{who} sent a record longer than peerd takes (4 MiB).")),
        }
    }

    /// Something of the answer itself came: from now on another try would repeat it.
    pub fn begun(&self) -> bool {
        match &self.stream {
            Stream::Anthropic(stream) => stream.begun(),
            Stream::Openai(stream) => stream.begun(),
        }
    }

    /// The answer is complete though the stream has not ended yet.
    pub fn whole(&self) -> bool {
        match &self.stream {
            Stream::Anthropic(_) => self.over,
            Stream::Openai(stream) => stream.whole(),
        }
    }

    /// The text so far.
    pub fn partial(&self) -> String {
        match &self.stream {
            Stream::Anthropic(stream) => stream.partial(),
            Stream::Openai(stream) => stream.partial(),
        }
    }

    /// The bytes have ended. Without the dialect's terminal record that is a cut, never an answer.
    pub fn finish(&mut self) -> Result<Reply, Fault> {
        let reply = match &mut self.stream {
            Stream::Anthropic(stream) if self.over => stream.finish(),
            Stream::Anthropic(_) => None,
            Stream::Openai(stream) => stream.finish(),
        };
        // What can't be the beginning of a field was never a stream: a proxy's page, say, without a line's end. A cut may be tried
        // again, as long as nothing of the answer came.
        let cut = || match self.sse.rest() {
            Ok(()) => Fault::new(FailureKind::Truncated, format!("{}'s answer was cut off.", self.who)).retriable(),
            Err(malformed) => self.garbage(malformed),
        };
        reply.ok_or_else(cut)
    }

    /// For another try.
    pub fn fresh(&self) -> Decoder {
        let stream = match &self.stream {
            Stream::Anthropic(stream) => Stream::Anthropic(stream.fresh()),
            Stream::Openai(stream) => Stream::Openai(stream.fresh()),
        };
        Decoder { who: self.who.to_string(), sse: Sse::default(), stream, over: false }
    }
}
