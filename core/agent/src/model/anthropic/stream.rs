//! Anthropic's stream of events to a reply: blocks by index, usage that overwrites, `message_stop` at the end.
use crate::model::{
    Block, Event, FailureKind, Message, Reply, Role, Stop, Usage,
    call::{Budget, Call, Ending},
    fault::Fault,
    names::Names,
    sse::Record,
    text,
};
use alloc::{format, string::String, vec::Vec};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What came so far.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stream {
    /// Whom opaque blocks belong to: the provider's id, and the model as it was asked for.
    owner: (String, String),
    names: Names,
    id: String,
    model: String,
    started: bool,
    blocks: Vec<Open>,
    usage: Usage,
    stop: Option<Stop>,
    budget: Budget,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Open {
    index: u64,
    closed: bool,
    part: Part,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Part {
    Text(String),
    Thinking {
        text: String,
        signature: String,
    },
    /// Kept and sent back as it is.
    Raw(#[serde(with = "text")] Value),
    Call {
        call: Call,
        /// As the block's start gave it; some servers send all of it there.
        #[serde(with = "text")]
        input: Value,
    },
    /// A kind of block we do not know; nothing of it is used.
    Unknown,
}

impl Stream {
    pub fn new(provider: &str, model: &str, names: Names) -> Stream {
        Stream {
            owner: (provider.into(), model.into()),
            names,
            id: String::new(),
            model: String::new(),
            started: false,
            blocks: Vec::new(),
            usage: Usage::default(),
            stop: None,
            budget: Budget::default(),
        }
    }

    /// As before the first byte.
    pub fn fresh(&self) -> Stream {
        Stream::new(&self.owner.0, &self.owner.1, self.names.clone())
    }

    /// Something of the answer itself came: from now on another try would repeat it.
    pub fn begun(&self) -> bool {
        !self.blocks.is_empty()
    }

    pub fn partial(&self) -> String {
        let texts = self.blocks.iter().filter_map(|open| if let Part::Text(text) = &open.part { Some(text.as_str()) } else { None });
        texts.collect()
    }

    /// True: that was the last one.
    pub fn record(&mut self, record: &Record, who: &str, out: &mut Vec<Event>) -> Result<bool, Fault> {
        let malformed = |what: String| Fault::new(FailureKind::Malformed, format!("{who} sent what is no event of its protocol ({what})."));
        let data: Value = serde_json::from_str(&record.data).map_err(|error| malformed(format!("{error}")))?;
        let kind = data["type"].as_str().unwrap_or(&record.event);
        match kind {
            "error" => return Err(Fault::of_event(&data["error"], who)),
            "message_start" => self.start(&data["message"], out)?,
            _ if !self.started => {}
            "content_block_start" | "content_block_delta" | "content_block_stop" => {
                let index = data["index"].as_u64().ok_or_else(|| malformed("a block without its index".into()))?;
                let known = self.blocks.iter().position(|open| open.index == index && !open.closed);
                match (kind, known) {
                    ("content_block_start", None) => self.open(index, &data["content_block"], out)?,
                    ("content_block_delta", Some(at)) => self.delta(at, &data["delta"], out)?.map_err(malformed)?,
                    ("content_block_stop", Some(at)) => self.blocks[at].closed = true,
                    _ => return Err(malformed(format!("{kind} {index} out of order"))),
                }
            }
            "message_delta" => {
                self.read_usage(&data["usage"]);
                if let Some(reason) = data["delta"]["stop_reason"].as_str() {
                    self.stop = Some(stop(reason, &data["delta"]["stop_details"]));
                }
            }
            "message_stop" => return Ok(true),
            _ => {}
        }
        Ok(false)
    }

    fn start(&mut self, message: &Value, out: &mut Vec<Event>) -> Result<(), Fault> {
        if core::mem::replace(&mut self.started, true) {
            return Ok(());
        }
        let field = |name: &str| message[name].as_str().unwrap_or_default();
        self.budget.take(field("id").len() + field("model").len())?;
        (self.id, self.model) = (field("id").into(), field("model").into());
        self.read_usage(&message["usage"]);
        out.push(Event::Start { model: self.model.clone() });
        Ok(())
    }

    fn open(&mut self, index: u64, block: &Value, out: &mut Vec<Event>) -> Result<(), Fault> {
        let field = |name: &str| String::from(block[name].as_str().unwrap_or_default());
        let part = match block["type"].as_str().unwrap_or_default() {
            "text" => Part::Text(field("text")),
            "thinking" => Part::Thinking { text: field("thinking"), signature: field("signature") },
            "redacted_thinking" => Part::Raw(block.clone()),
            "tool_use" => {
                let call = Call { id: field("id"), name: self.names.to_ours(&field("name")), args: String::new() };
                Part::Call { call, input: block["input"].clone() }
            }
            _ => Part::Unknown,
        };
        match &part {
            Part::Text(text) if !text.is_empty() => out.push(Event::Text(text.clone())),
            Part::Thinking { text, .. } if !text.is_empty() => out.push(Event::Reasoning(text.clone())),
            Part::Call { call, .. } => out.push(Event::ToolStart { id: call.id.clone(), name: call.name.clone() }),
            Part::Text(_) | Part::Thinking { .. } | Part::Raw(_) | Part::Unknown => {}
        }
        let bytes = if matches!(part, Part::Unknown) { 0 } else { format!("{block}").len() };
        self.budget.take(bytes)?;
        self.budget.part()?;
        self.blocks.push(Open { index, closed: false, part });
        Ok(())
    }

    /// The inner error: a known delta in a block it does not belong to.
    fn delta(&mut self, at: usize, delta: &Value, out: &mut Vec<Event>) -> Result<Result<(), String>, Fault> {
        let kind = delta["type"].as_str().unwrap_or_default();
        let key = match kind {
            "text_delta" => "text",
            "thinking_delta" => "thinking",
            "signature_delta" => "signature",
            "input_json_delta" => "partial_json",
            _ => return Ok(Ok(())),
        };
        let Some(piece) = delta[key].as_str() else {
            return Ok(Err(format!("{kind} without {key}")));
        };
        self.budget.take(piece.len())?;
        match (key, &mut self.blocks[at].part) {
            ("text", Part::Text(text)) => {
                text.push_str(piece);
                out.push(Event::Text(piece.into()));
            }
            ("thinking", Part::Thinking { text, .. }) => {
                text.push_str(piece);
                out.push(Event::Reasoning(piece.into()));
            }
            ("signature", Part::Thinking { signature, .. }) => *signature = piece.into(),
            ("partial_json", Part::Call { call, .. }) => call.push(piece)?,
            (_, Part::Unknown) => {}
            _ => return Ok(Err(format!("{kind} in another kind of block"))),
        }
        Ok(Ok(()))
    }

    /// Cumulative: what is named overwrites, what is absent stays.
    fn read_usage(&mut self, usage: &Value) {
        let fields = [
            ("input_tokens", &mut self.usage.input),
            ("output_tokens", &mut self.usage.output),
            ("cache_read_input_tokens", &mut self.usage.cache_read),
            ("cache_creation_input_tokens", &mut self.usage.cache_write),
        ];
        for (name, count) in fields {
            *count = usage[name].as_u64().unwrap_or(*count);
        }
    }

    /// After the last record. A block that was never closed, or no reason to stop: the end was not the end.
    pub fn finish(&mut self) -> Option<Reply> {
        let stop = self.stop.take().filter(|_| self.blocks.iter().all(|open| open.closed))?;
        let last = self.blocks.len().wrapping_sub(1);
        let mut blocks = Vec::new();
        for (at, open) in core::mem::take(&mut self.blocks).into_iter().enumerate() {
            let opaque = |raw| Block::Opaque { provider: self.owner.0.clone(), model: self.owner.1.clone(), raw };
            let ending = if at == last && stop == Stop::Length { Ending::Cut } else { Ending::Whole };
            blocks.extend(match open.part {
                Part::Text(text) => (!text.is_empty()).then_some(Block::Text(text)),
                Part::Thinking { text, signature } => Some(opaque(json!({"type": "thinking", "thinking": text, "signature": signature}))),
                Part::Raw(raw) => Some(opaque(raw)),
                Part::Call { mut call, input } => {
                    if call.args.is_empty() && input.as_object().is_some_and(|fields| !fields.is_empty()) {
                        call.args = format!("{input}");
                    }
                    Some(Block::ToolUse(call.finish(ending)))
                }
                Part::Unknown => None,
            });
        }
        let message = Message { role: Role::Assistant, blocks };
        let (id, model) = (core::mem::take(&mut self.id), core::mem::take(&mut self.model));
        Some(Reply { id, model, message, usage: self.usage, stop })
    }
}

fn stop(reason: &str, details: &Value) -> Stop {
    match reason {
        "end_turn" | "stop_sequence" => Stop::End,
        "tool_use" => Stop::ToolUse,
        "max_tokens" => Stop::Length,
        "pause_turn" => Stop::Pause,
        "refusal" => {
            let said = details["explanation"].as_str().or_else(|| details["category"].as_str());
            Stop::Refusal(said.unwrap_or("The model declined to answer.").into())
        }
        other => Stop::Other(other.into()),
    }
}
