//! Streams as servers send them, told as transcripts; each is read whole and byte by byte.
mod anthropic;
mod exchange;
mod laws;
mod openai;
mod requests;

use super::{
    Block, Event, Message, Reply, Request, Role, Stop, ToolResult, ToolSpec, ToolUse,
    decoder::{self, Decoder},
};
use crate::view::{Dialect, Provider};
use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use expect_test::Expect;
use serde_json::json;

fn provider(dialect: Dialect) -> Provider {
    let (id, base) = match dialect {
        Dialect::Anthropic => ("anthropic", "https://api.anthropic.com"),
        Dialect::OpenaiChat => ("openrouter", "https://openrouter.ai/api/v1"),
    };
    Provider {
        id: id.into(),
        label: "Acme".into(),
        dialect,
        base: base.into(),
        models: vec![],
        needs_key: true,
        has_key: true,
        price_in: None,
        price_out: None,
    }
}

fn request() -> Request {
    let tool = |name: &str| ToolSpec { name: name.into(), description: format!("{name} it"), schema: json!({"type": "object"}) };
    Request {
        model: "m-1".into(),
        system: "Be brief.".into(),
        messages: vec![Message::says(Role::User, "hi")],
        tools: vec![tool("find"), tool("tab.type")],
        max_tokens: 1_000,
    }
}

/// One round of a conversation: a call, and its result.
fn round(id: &str) -> [Message; 2] {
    let call = ToolUse { id: id.into(), name: "tab.type".into(), input: json!({"text": id}), bad: None };
    let result = ToolResult { id: id.into(), text: "done".into(), ..ToolResult::default() };
    [
        Message { role: Role::Assistant, blocks: vec![Block::ToolUse(call)] },
        Message { role: Role::User, blocks: vec![Block::ToolResult(result)] },
    ]
}

/// Reads the stream in these pieces, as far as it is good; the state goes through postcard between two pieces.
fn read(dialect: Dialect, stream: &[u8], cuts: &[usize]) -> String {
    let (_, mut decoder) = decoder::open(&request(), &provider(dialect));
    let (mut out, mut from, mut told) = (Vec::new(), 0, String::new());
    let mut result = Ok(false);
    for cut in cuts.iter().copied().chain([stream.len()]) {
        result = decoder.push(&stream[from..cut], &mut out);
        from = cut;
        if result != Ok(false) {
            break;
        }
        let bytes = postcard::to_allocvec(&decoder).expect("state is plain data");
        decoder = postcard::from_bytes::<Decoder>(&bytes).expect("as written");
    }
    for event in &out {
        told.push_str(&tell(event));
    }
    match result.and_then(|_| decoder.finish()) {
        Ok(reply) => told.push_str(&tell_reply(&reply)),
        Err(fault) => {
            told.push_str(&format!("{:?}{} {}\n", fault.kind, if fault.retry { " (may be tried again)" } else { "" }, fault.text))
        }
    }
    told
}

fn tell(event: &Event) -> String {
    match event {
        Event::Start { model } => format!("start {model:?}\n"),
        Event::Text(text) => format!("text {text:?}\n"),
        Event::Reasoning(text) => format!("reasoning {text:?}\n"),
        Event::ToolStart { id, name } => format!("tool {name} {id:?}\n"),
        Event::Retry { next, tries_max, after_ms, why } => format!("retry {next} of {tries_max} in {after_ms} ms: {why}\n"),
    }
}

fn tell_reply(reply: &Reply) -> String {
    let usage = &reply.usage;
    let cost = usage.cost.map(|cost| format!(", {cost} micro-dollars")).unwrap_or_default();
    let stop = match &reply.stop {
        Stop::End => "end".to_string(),
        other => format!("{other:?}"),
    };
    let mut told = format!(
        "reply {:?} of {:?}, {stop}; in {}, out {}, cache read {} write {}, reasoning {}{cost}\n",
        reply.id, reply.model, usage.input, usage.output, usage.cache_read, usage.cache_write, usage.reasoning
    );
    for block in &reply.message.blocks {
        told.push_str(&match block {
            Block::Text(text) => format!("  {text:?}\n"),
            Block::ToolUse(ToolUse { id, name, input, bad: None }) => format!("  call {name} {id} {input}\n"),
            Block::ToolUse(ToolUse { id, name, bad: Some(bad), .. }) => format!("  bad call {name} {id}: {bad}\n"),
            Block::Opaque { provider, model, raw } => format!("  opaque of {provider} {model}: {raw}\n"),
            Block::Image(_) | Block::ToolResult(_) => "  not of an assistant\n".to_string(),
        });
    }
    told
}

fn check(dialect: Dialect, stream: &str, expect: Expect) {
    let whole = read(dialect, stream.as_bytes(), &[]);
    let each: Vec<usize> = (1..stream.len()).collect();
    assert_eq!(read(dialect, stream.as_bytes(), &each), whole, "byte by byte");
    expect.assert_eq(&whole);
}

/// Lines of data as a stream of Anthropic's: the event's name is its type.
fn events(lines: &[serde_json::Value]) -> String {
    lines.iter().map(|line| format!("event: {}\ndata: {line}\n\n", line["type"].as_str().unwrap_or_default())).collect()
}

/// Lines of data as a stream of chunks.
fn chunks(lines: &[serde_json::Value]) -> String {
    lines.iter().map(|line| format!("data: {line}\n\n")).collect()
}
