//! A request in the words of Chat Completions.
use crate::{
    address::Address,
    model::{Block, HttpRequest, Image, KeySlot, Message, Request, Role, ToolSpec, names::Names},
    view::Provider,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde_json::{Map, Value, json};

/// `request` must hold a history made `valid`.
pub fn encode(request: &Request, provider: &Provider, names: &Names) -> HttpRequest {
    let mut messages = Vec::new();
    if !request.system.is_empty() {
        messages.push(json!({"role": "system", "content": request.system}));
    }
    for message in &request.messages {
        match message.role {
            Role::User => user(message, &mut messages),
            Role::Assistant => messages.push(assistant(message, names)),
        }
    }
    let mut body = json!({
        "model": request.model,
        "messages": messages,
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    let host = Address::parse(&provider.base).map(|address| address.host().to_string()).unwrap_or_default();
    // OpenAI's newer models refuse the old name, most other servers don't know the new one.
    let limit = if host == "api.openai.com" { "max_completion_tokens" } else { "max_tokens" };
    body[limit] = json!(request.max_tokens);
    if host == "openrouter.ai" {
        body["usage"] = json!({"include": true});
    }
    if !request.tools.is_empty() {
        let tool = |tool: &ToolSpec| {
            let function = json!({"name": names.to_wire(&tool.name), "description": tool.description, "parameters": tool.schema});
            json!({"type": "function", "function": function})
        };
        body["tools"] = request.tools.iter().map(tool).collect();
    }
    let header = |name: &str, value: &str| (name.to_string(), value.to_string());
    let key = || KeySlot { provider: provider.id.clone(), header: "authorization".into(), prefix: "Bearer ".into() };
    HttpRequest {
        method: "POST".into(),
        url: format!("{}/chat/completions", provider.base.trim_end_matches('/')),
        headers: Vec::from([header("content-type", "application/json"), header("accept", "text/event-stream")]),
        body: body.to_string(),
        key: provider.needs_key.then(key),
    }
}

/// One tool message per result; they hold text only, so pictures follow in the user's message.
fn user(message: &Message, out: &mut Vec<Value>) {
    let mut rest: Vec<Value> = Vec::new();
    for block in &message.blocks {
        match block {
            Block::ToolResult(result) => {
                let content = match (result.text.trim(), result.images.is_empty()) {
                    ("", true) => "(nothing)",
                    ("", false) => "(a picture, below)",
                    _ => &result.text,
                };
                out.push(json!({"role": "tool", "tool_call_id": result.id, "content": content}));
                rest.extend(result.images.iter().map(picture));
            }
            Block::Text(text) => rest.push(json!({"type": "text", "text": text})),
            Block::Image(image) => rest.push(picture(image)),
            Block::ToolUse(_) | Block::Opaque { .. } => {}
        }
    }
    let texts: Option<Vec<&str>> = rest.iter().map(|part| part["text"].as_str()).collect();
    match texts {
        Some(texts) if texts.is_empty() => {}
        // Why a string: the older servers know no parts.
        Some(texts) => out.push(json!({"role": "user", "content": texts.join("\n\n")})),
        None => out.push(json!({"role": "user", "content": rest})),
    }
}

fn picture(image: &Image) -> Value {
    json!({"type": "image_url", "image_url": {"url": format!("data:{};base64,{}", image.mime, image.data)}})
}

fn assistant(message: &Message, names: &Names) -> Value {
    let mut fields = Map::new();
    fields.insert("role".into(), "assistant".into());
    let text: String = message.text();
    fields.insert("content".into(), if text.is_empty() { Value::Null } else { text.into() });
    let mut calls: Vec<Value> = Vec::new();
    for block in &message.blocks {
        match block {
            Block::ToolUse(call) => {
                let function = json!({"name": names.to_wire(&call.name), "arguments": call.input.to_string()});
                calls.push(json!({"id": call.id, "type": "function", "function": function}));
            }
            Block::Opaque { raw: Value::Object(raw), .. } => fields.extend(raw.clone()),
            Block::Opaque { .. } | Block::Text(_) | Block::Image(_) | Block::ToolResult(_) => {}
        }
    }
    if !calls.is_empty() {
        fields.insert("tool_calls".into(), Value::Array(calls));
    }
    Value::Object(fields)
}
