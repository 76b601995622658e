//! The vocabulary between the agent's loop and the codecs: what is asked, what streams back, how it ends.
use super::text;
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One call of a model. `messages` need not be valid: `history::valid` repairs them before each encode.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub model: String,
    pub system: String,
    pub messages: Vec<Message>,
    pub tools: Vec<ToolSpec>,
    /// Of the answer.
    pub max_tokens: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    pub blocks: Vec<Block>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// The owner's words and tool results.
    User,
    Assistant,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Block {
    Text(String),
    Image(Image),
    ToolUse(ToolUse),
    ToolResult(ToolResult),
    /// Signed or encrypted reasoning: kept exactly, echoed only to the provider and model that made it.
    Opaque {
        provider: String,
        model: String,
        #[serde(with = "text")]
        raw: Value,
    },
}

/// A picture, base64 without line breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    pub mime: String,
    pub data: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolUse {
    pub id: String,
    pub name: String,
    /// Always an object.
    #[serde(with = "text")]
    pub input: Value,
    /// Set when the arguments were not a JSON object: never execute it, answer the model with this text as an error.
    pub bad: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolResult {
    /// The `ToolUse` it answers.
    pub id: String,
    pub text: String,
    pub images: Vec<Image>,
    pub error: bool,
}

/// A tool as the model is told of it. `schema` is a JSON Schema object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    pub name: String,
    pub description: String,
    #[serde(with = "text")]
    pub schema: Value,
}

/// What streams while a reply grows; for show only. The `Reply` is the truth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The provider accepted the request; the model's name is its own.
    Start {
        model: String,
    },
    Text(String),
    /// Readable reasoning or its summary.
    Reasoning(String),
    /// A tool call begins to stream; it may not be executed before the `Reply`.
    ToolStart {
        id: String,
        name: String,
    },
    /// Try `next` of `tries_max` starts in `after_ms`.
    Retry {
        next: u32,
        tries_max: u32,
        after_ms: u64,
        why: String,
    },
}

/// Tokens and money of one reply, or of many added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Read afresh, neither from nor into the cache.
    pub input: u64,
    /// Includes `reasoning`.
    pub output: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    pub reasoning: u64,
    /// The provider's own figure, in micro-dollars.
    pub cost: Option<u64>,
}

/// Why the model ended its turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stop {
    End,
    ToolUse,
    /// Cut at `max_tokens`: calls in the reply are whole, but the turn is not finished.
    Length,
    /// Send the history back unchanged and the model goes on.
    Pause,
    /// The provider or model declined, in its words.
    Refusal(String),
    Other(String),
}

/// A whole, properly terminated answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    pub id: String,
    pub model: String,
    /// Role `Assistant`; blocks in the order they came.
    pub message: Message,
    pub usage: Usage,
    pub stop: Stop,
}

impl Reply {
    /// The calls to execute, in order.
    pub fn calls(&self) -> impl Iterator<Item = &ToolUse> {
        self.message.blocks.iter().filter_map(|block| match block {
            Block::ToolUse(call) => Some(call),
            _ => None,
        })
    }

    /// The words of the answer.
    pub fn text(&self) -> String {
        self.message.text()
    }
}

impl Message {
    /// One text block.
    pub fn says(role: Role, text: impl Into<String>) -> Self {
        Message { role, blocks: alloc::vec![Block::Text(text.into())] }
    }

    /// The text blocks joined.
    pub fn text(&self) -> String {
        let texts = self.blocks.iter().filter_map(|block| match block {
            Block::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }
}

/// A logical call that did not end in a `Reply`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub kind: FailureKind,
    /// Plain words for the owner.
    pub text: String,
    pub status: Option<u16>,
    /// What had streamed before it broke; its tool calls are lost on purpose.
    pub partial: String,
    /// Tries made.
    pub tries: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FailureKind {
    /// The key is missing, wrong or may not do this.
    Key,
    /// The vault is locked.
    Locked,
    /// No credit left.
    Credit,
    /// The request itself was refused: 400, 404, 413, 422.
    Request,
    RateLimit,
    /// 5xx and 529.
    Server,
    /// No connection, or it broke before anything came.
    Transport,
    /// No answer, no first token or no further token in time.
    Stalled,
    /// The stream ended without its terminal event.
    Truncated,
    /// Not the dialect: garbage bytes, broken records.
    Malformed,
    /// A limit of ours was passed.
    TooLarge,
    Cancelled,
}

/// What the host fetches. Headers never hold the key: the host adds it as `key` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpRequest {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub key: Option<KeySlot>,
}

/// Where the host puts provider's key: `header: prefix + key`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySlot {
    pub provider: String,
    pub header: String,
    pub prefix: String,
}
