//! A request in Anthropic's words, with the places where its cache may cut.
use crate::{
    model::{Block, HttpRequest, Image, KeySlot, Message, Request, Role, ToolResult, names::Names},
    view::Provider,
};
use alloc::{format, string::ToString, vec::Vec};
use serde_json::{Value, json};

const VERSION: &str = "2023-06-01";
/// The loop keeps the last two states of a page whole and shortens older ones, so what lies this many of the user's messages
/// back does not change any more.
const STABLE_BACK: usize = 3;

/// `request` must hold a history made `valid`.
pub fn encode(request: &Request, provider: &Provider, names: &Names) -> HttpRequest {
    let mut body = json!({
        "model": request.model,
        "max_tokens": request.max_tokens,
        "stream": true,
        "messages": messages(&request.messages, names),
    });
    if !request.system.is_empty() {
        body["system"] = json!([{"type": "text", "text": request.system, "cache_control": {"type": "ephemeral"}}]);
    }
    if !request.tools.is_empty() {
        let tool = |tool: &crate::model::ToolSpec| json!({"name": names.to_wire(&tool.name), "description": tool.description, "input_schema": tool.schema});
        let mut tools: Vec<Value> = request.tools.iter().map(tool).collect();
        tools.last_mut().into_iter().for_each(mark);
        body["tools"] = Value::Array(tools);
    }
    let header = |name: &str, value: &str| (name.to_string(), value.to_string());
    HttpRequest {
        method: "POST".into(),
        url: format!("{}/v1/messages", provider.base.trim_end_matches('/')),
        headers: Vec::from([
            header("content-type", "application/json"),
            header("accept", "text/event-stream"),
            header("anthropic-version", VERSION),
            header("anthropic-dangerous-direct-browser-access", "true"),
        ]),
        body: body.to_string(),
        key: provider.needs_key.then(|| KeySlot { provider: provider.id.clone(), header: "x-api-key".into(), prefix: "".into() }),
    }
}

fn messages(messages: &[Message], names: &Names) -> Vec<Value> {
    let one = |message: &Message| {
        let role = match message.role {
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        let content: Vec<Value> = message.blocks.iter().map(|block| self::block(block, names)).collect();
        json!({"role": role, "content": content})
    };
    let mut out: Vec<Value> = messages.iter().map(one).collect();
    // Limit: four marks per request; tools and system have the other two.
    let users: Vec<usize> = (0..out.len()).rev().filter(|at| messages[*at].role == Role::User).collect();
    for at in [users.first(), users.get(STABLE_BACK)].into_iter().flatten() {
        let last = out[*at]["content"].as_array_mut().and_then(|content| content.last_mut());
        last.into_iter().for_each(mark);
    }
    out
}

fn mark(block: &mut Value) {
    block["cache_control"] = json!({"type": "ephemeral"});
}

fn block(block: &Block, names: &Names) -> Value {
    match block {
        Block::Text(text) => json!({"type": "text", "text": text}),
        Block::Image(image) => self::image(image),
        Block::ToolUse(call) => {
            json!({"type": "tool_use", "id": call.id, "name": names.to_wire(&call.name), "input": call.input})
        }
        Block::ToolResult(result) => tool_result(result),
        Block::Opaque { raw, .. } => raw.clone(),
    }
}

fn image(image: &Image) -> Value {
    json!({"type": "image", "source": {"type": "base64", "media_type": image.mime, "data": image.data}})
}

/// An error must be text and not empty.
fn tool_result(result: &ToolResult) -> Value {
    let images = if result.error { &[][..] } else { &result.images };
    let text = match result.text.trim() {
        "" if !images.is_empty() => None,
        "" => Some("(nothing)"),
        _ => Some(result.text.as_str()),
    };
    let text = text.map(|text| json!({"type": "text", "text": text}));
    let content: Vec<Value> = text.into_iter().chain(images.iter().map(image)).collect();
    let mut value = json!({"type": "tool_result", "tool_use_id": result.id, "content": content});
    if result.error {
        value["is_error"] = Value::Bool(true);
    }
    value
}
