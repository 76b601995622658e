//! What each dialect is asked, byte for byte.
use super::{provider, request, round};
use crate::model::{Block, Image, Message, Request, Role, ToolResult, decoder};
use crate::view::Dialect::{self, Anthropic, OpenaiChat};
use alloc::{format, string::String, vec, vec::Vec};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

fn told(dialect: Dialect, request: &Request) -> String {
    let (http, _) = decoder::open(request, &provider(dialect));
    let headers: String = http.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    let key = http.key.map(|key| format!("key of {} as {}: {:?}\n", key.provider, key.header, key.prefix)).unwrap_or_default();
    let body: Value = serde_json::from_str(&http.body).expect("JSON");
    let fields = body.as_object().expect("an object").iter().filter(|(name, _)| *name != "messages");
    let fields: String = fields.map(|(name, value)| format!("{name}: {value}\n")).collect();
    let messages: String = body["messages"].as_array().expect("messages").iter().map(|message| format!("  {message}\n")).collect();
    format!("{} {}\n{headers}{key}{fields}{messages}", http.method, http.url)
}

fn check(dialect: Dialect, request: &Request, expect: Expect) {
    expect.assert_eq(&told(dialect, request));
}

/// All kinds of blocks, with reasoning of this and of another provider.
fn full(of: &str, reasoning: Value) -> Request {
    let opaque = |provider: &str, raw: Value| Block::Opaque { provider: provider.into(), model: "m-1".into(), raw };
    let picture = Image { mime: "image/png".into(), data: "AAAA".into() };
    let [mut called, mut answered] = round("call:1");
    called.blocks.insert(0, opaque("elsewhere", json!({"secret": 1})));
    called.blocks.insert(1, opaque(of, reasoning));
    called.blocks.insert(2, Block::Text("Let me see.".into()));
    let Block::ToolResult(result) = &mut answered.blocks[0] else { unreachable!("a round ends with its result") };
    *result = ToolResult { images: vec![picture.clone()], ..result.clone() };
    answered.blocks.push(Block::Text("Hurry.".into()));
    let messages = vec![Message { role: Role::User, blocks: vec![Block::Text("hi".into()), Block::Image(picture)] }, called, answered];
    Request { messages, ..request() }
}

#[test]
fn anthropic_has_marks_at_tools_system_and_messages() {
    check(
        Anthropic,
        &full("anthropic", json!({"type": "thinking", "thinking": "", "signature": "s"})),
        expect![[r#"
        POST https://api.anthropic.com/v1/messages
        content-type: application/json
        accept: text/event-stream
        anthropic-version: 2023-06-01
        anthropic-dangerous-direct-browser-access: true
        key of anthropic as x-api-key: ""
        max_tokens: 1000
        model: "m-1"
        stream: true
        system: [{"cache_control":{"type":"ephemeral"},"text":"Be brief.","type":"text"}]
        tools: [{"description":"find it","input_schema":{"type":"object"},"name":"find"},{"cache_control":{"type":"ephemeral"},"description":"tab.type it","input_schema":{"type":"object"},"name":"tab_type"}]
          {"content":[{"text":"hi","type":"text"},{"source":{"data":"AAAA","media_type":"image/png","type":"base64"},"type":"image"}],"role":"user"}
          {"content":[{"signature":"s","thinking":"","type":"thinking"},{"text":"Let me see.","type":"text"},{"id":"call_1","input":{"text":"call:1"},"name":"tab_type","type":"tool_use"}],"role":"assistant"}
          {"content":[{"content":[{"text":"done","type":"text"},{"source":{"data":"AAAA","media_type":"image/png","type":"base64"},"type":"image"}],"tool_use_id":"call_1","type":"tool_result"},{"cache_control":{"type":"ephemeral"},"text":"Hurry.","type":"text"}],"role":"user"}
    "#]],
    );
}

#[test]
fn openai_has_flat_results_and_pictures_after_them() {
    check(
        OpenaiChat,
        &full("openrouter", json!({"reasoning_details": [{"type": "reasoning.text", "text": "Hm"}]})),
        expect![[r#"
            POST https://openrouter.ai/api/v1/chat/completions
            content-type: application/json
            accept: text/event-stream
            key of openrouter as authorization: "Bearer "
            max_tokens: 1000
            model: "m-1"
            stream: true
            stream_options: {"include_usage":true}
            tools: [{"function":{"description":"find it","name":"find","parameters":{"type":"object"}},"type":"function"},{"function":{"description":"tab.type it","name":"tab_type","parameters":{"type":"object"}},"type":"function"}]
            usage: {"include":true}
              {"content":"Be brief.","role":"system"}
              {"content":[{"text":"hi","type":"text"},{"image_url":{"url":"data:image/png;base64,AAAA"},"type":"image_url"}],"role":"user"}
              {"content":"Let me see.","reasoning_details":[{"text":"Hm","type":"reasoning.text"}],"role":"assistant","tool_calls":[{"function":{"arguments":"{\"text\":\"call:1\"}","name":"tab_type"},"id":"call_1","type":"function"}]}
              {"content":"done","role":"tool","tool_call_id":"call_1"}
              {"content":[{"image_url":{"url":"data:image/png;base64,AAAA"},"type":"image_url"},{"text":"Hurry.","type":"text"}],"role":"user"}
        "#]],
    );
}

#[test]
fn marks_move_but_what_lies_before_them_stays() {
    let mut request = request();
    let mut prompts = Vec::new();
    for n in 0..6 {
        request.messages.extend(round(&format!("c{n}")));
        prompts.push(told(Anthropic, &request));
    }
    let marked = |prompt: &String| -> Vec<usize> {
        let messages = prompt.lines().filter(|line| line.starts_with("  "));
        messages.enumerate().filter(|(_, line)| line.contains("cache_control")).map(|(at, _)| at).collect()
    };
    assert_eq!(prompts.iter().map(marked).collect::<Vec<_>>(), [vec![2], vec![4], vec![0, 6], vec![2, 8], vec![4, 10], vec![6, 12]]);
    let bare = |prompt: &String| {
        prompt.replace(",\"cache_control\":{\"type\":\"ephemeral\"}", "").replace("\"cache_control\":{\"type\":\"ephemeral\"},", "")
    };
    for pair in prompts.windows(2) {
        assert!(bare(&pair[1]).starts_with(&bare(&pair[0])), "{}\n{}", pair[0], pair[1]);
    }
}

#[test]
fn no_key_is_named_where_none_is_needed() {
    let mut local = provider(OpenaiChat);
    (local.needs_key, local.base) = (false, "http://127.0.0.1:11434/v1/".into());
    let (http, _) = decoder::open(&request(), &local);
    assert_eq!((http.key, http.url.as_str()), (None, "http://127.0.0.1:11434/v1/chat/completions"));
}
