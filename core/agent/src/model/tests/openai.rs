//! Streams of Chat Completions and of the servers that resemble it.
use super::{check, chunks};
use crate::view::Dialect::OpenaiChat;
use alloc::format;
use expect_test::expect;
use serde_json::{Value, json};

fn delta(delta: Value) -> Value {
    json!({"id": "gen-1", "model": "m/x", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
}

fn end(reason: &str) -> Value {
    json!({"id": "gen-1", "model": "m/x", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

fn call(index: u64, id: &str, name: &str, args: &str) -> Value {
    delta(json!({"tool_calls": [{"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": args}}]}))
}

fn more(index: u64, args: &str) -> Value {
    delta(json!({"tool_calls": [{"index": index, "function": {"arguments": args}}]}))
}

const DONE: &str = "data: [DONE]\n\n";

#[test]
fn a_usual_answer_with_comments_reasoning_calls_and_cost() {
    let usage = json!({"id": "gen-1", "choices": [], "usage": {
        "prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120, "cost": 0.001234,
        "prompt_tokens_details": {"cached_tokens": 64}, "completion_tokens_details": {"reasoning_tokens": 7},
    }});
    let lines = [
        delta(json!({"role": "assistant", "content": ""})),
        delta(json!({"content": null, "reasoning": "Hm", "reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "Hm"}]})),
        delta(json!({"reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "m", "signature": "s"}]})),
        delta(json!({"content": "Grüße 🦀"})),
        call(0, "call_a", "find", ""),
        call(1, "call_b", "tab_type", ""),
        more(0, "{\"query\": "),
        more(1, "{}"),
        more(0, "\"x\"}"),
        end("tool_calls"),
        usage,
    ];
    check(
        OpenaiChat,
        &format!(": OPENROUTER PROCESSING\n\n{}{DONE}", chunks(&lines)),
        expect![[r#"
        start "m/x"
        reasoning "Hm"
        text "Grüße 🦀"
        tool find "call_a"
        tool tab.type "call_b"
        reply "gen-1" of "m/x", ToolUse; in 36, out 20, cache read 64 write 0, reasoning 7, 1234 micro-dollars
          opaque of openrouter m-1: {"reasoning_details":[{"index":0,"signature":"s","text":"Hmm","type":"reasoning.text"}]}
          "Grüße 🦀"
          call find call_a {"query":"x"}
          call tab.type call_b {}
    "#]],
    );
}

#[test]
fn stop_with_calls_no_usage_and_no_done_is_still_an_answer() {
    let whole = json!({"choices": [{"delta": {"tool_calls": [{"function": {"name": "find", "arguments": {"query": "x"}}}]}, "finish_reason": "stop"}]});
    check(
        OpenaiChat,
        &chunks(&[whole]),
        expect![[r#"
        tool find ""
        reply "" of "", ToolUse; in 0, out 0, cache read 0 write 0, reasoning 0
          call find call_0 {"query":"x"}
    "#]],
    );
}

#[test]
fn reasoning_content_parts_and_usage_on_every_chunk() {
    let usage = json!({"prompt_tokens": 5, "completion_tokens": 1, "prompt_cache_hit_tokens": 2});
    let mut first = delta(json!({"reasoning_content": "think"}));
    first["usage"] = usage.clone();
    let mut last = end("stop");
    last["usage"] = json!({"prompt_tokens": 5, "completion_tokens": 3});
    check(
        OpenaiChat,
        &chunks(&[first, delta(json!({"content": [{"type": "text", "text": "yes"}]})), last]),
        expect![[r#"
        start "m/x"
        reasoning "think"
        text "yes"
        reply "gen-1" of "m/x", end; in 5, out 3, cache read 0 write 0, reasoning 0
          "yes"
    "#]],
    );
}

#[test]
fn without_a_reason_to_finish_it_is_cut_and_its_calls_are_lost() {
    let lines = chunks(&[delta(json!({"content": "Let me"})), call(0, "a", "find", "{}")]);
    check(
        OpenaiChat,
        &lines,
        expect![[r#"
            start "m/x"
            text "Let me"
            tool find "a"
            Truncated (may be tried again) Acme's answer was cut off.
        "#]],
    );
    check(
        OpenaiChat,
        &format!("{lines}{DONE}"),
        expect![[r#"
            start "m/x"
            text "Let me"
            tool find "a"
            Truncated (may be tried again) Acme's answer was cut off.
        "#]],
    );
}

#[test]
fn an_error_object_as_a_line_of_data_is_an_error() {
    let of_router = json!({"id": "gen-1", "error": {"code": 502, "message": "Provider\n returned error"}, "choices": [{"delta": {}, "finish_reason": "error"}]});
    check(
        OpenaiChat,
        &chunks(&[delta(json!({"content": "I"})), of_router]),
        expect![[r#"
        start "m/x"
        text "I"
        Server (may be tried again) Acme broke off. It said: "Provider returned error".
    "#]],
    );
    check(
        OpenaiChat,
        &chunks(&[json!({"error": {"code": 402, "message": "Insufficient credits"}})]),
        expect![[r#"
        Credit There is no credit left at Acme. It said: "Insufficient credits".
    "#]],
    );
    check(
        OpenaiChat,
        &chunks(&[json!({"error": "model is gone"})]),
        expect![[r#"
        Server (may be tried again) Acme broke off. It said: "model is gone".
    "#]],
    );
    check(
        OpenaiChat,
        &chunks(&[json!({"object": "error", "message": "too long", "code": 400})]),
        expect![[r#"
        Request Acme refused the request. It said: "too long".
    "#]],
    );
}

#[test]
fn a_cut_call_and_a_filter() {
    check(
        OpenaiChat,
        &chunks(&[call(0, "a", "find", "{\"q"), end("length")]),
        expect![[r#"
        start "m/x"
        tool find "a"
        reply "gen-1" of "m/x", Length; in 0, out 0, cache read 0 write 0, reasoning 0
          bad call find a: The arguments are not valid JSON (EOF while parsing a string at line 1 column 3). Nothing was executed; send the call again.
    "#]],
    );
    check(
        OpenaiChat,
        &chunks(&[end("content_filter")]),
        expect![[r#"
        start "m/x"
        reply "gen-1" of "m/x", Refusal("The provider's content filter stopped the answer."); in 0, out 0, cache read 0 write 0, reasoning 0
    "#]],
    );
    check(
        OpenaiChat,
        &chunks(&[delta(json!({"refusal": "I can't."})), end("stop")]),
        expect![[r#"
        start "m/x"
        reply "gen-1" of "m/x", Refusal("I can't."); in 0, out 0, cache read 0 write 0, reasoning 0
    "#]],
    );
}

#[test]
fn garbage_is_malformed() {
    check(
        OpenaiChat,
        "data: {\"choices\": [}\n\n",
        expect![[r#"
        Malformed Acme sent what is no chunk of an answer (expected value at line 1 column 14).
    "#]],
    );
    check(
        OpenaiChat,
        "{\"detail\": \"Not Found\"}\n",
        expect![[r#"
        Malformed Acme sent no event stream but this: "{"detail": "Not Found"}".
    "#]],
    );
}
