//! Streams of the Messages dialect, written by hand.
use super::{check, events};
use crate::view::Dialect::Anthropic;
use alloc::{format, vec::Vec};
use expect_test::expect;
use serde_json::{Value, json};

fn start() -> Value {
    json!({"type": "message_start", "message": {"id": "msg_1", "model": "claude-x", "content": [], "usage": {"input_tokens": 10, "output_tokens": 1, "cache_read_input_tokens": 90, "cache_creation_input_tokens": 5}}})
}

fn open(index: u64, block: Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn delta(index: u64, kind: &str, key: &str, piece: &str) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": {"type": kind, key: piece}})
}

fn text(index: u64, piece: &str) -> Value {
    delta(index, "text_delta", "text", piece)
}

fn args(index: u64, piece: &str) -> Value {
    delta(index, "input_json_delta", "partial_json", piece)
}

fn close(index: u64) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

fn end(reason: &str) -> [Value; 2] {
    [json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 42}}), json!({"type": "message_stop"})]
}

fn tool(id: &str, name: &str) -> Value {
    json!({"type": "tool_use", "id": id, "name": name, "input": {}})
}

fn message(middle: &[Value], reason: &str) -> Vec<Value> {
    [&[start()], middle, &end(reason)].concat()
}

#[test]
fn thinking_text_and_interleaved_calls_become_blocks_in_order() {
    let middle = [
        json!({"type": "ping"}),
        open(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
        delta(0, "thinking_delta", "thinking", "Well"),
        delta(0, "signature_delta", "signature", "c2ln"),
        close(0),
        open(1, json!({"type": "redacted_thinking", "data": "eA=="})),
        close(1),
        open(2, json!({"type": "text", "text": ""})),
        text(2, "Grüße "),
        text(2, "🦀"),
        close(2),
        open(3, tool("toolu_1", "find")),
        args(3, ""),
        open(4, tool("toolu_2", "tab_type")),
        args(3, "{\"query\": \"日"),
        args(4, "{}"),
        args(3, "本\"}"),
        close(3),
        close(4),
        open(5, tool("toolu_3", "find")),
        close(5),
    ];
    check(
        Anthropic,
        &events(&message(&middle, "tool_use")),
        expect![[r#"
        start "claude-x"
        reasoning "Well"
        text "Grüße "
        text "🦀"
        tool find "toolu_1"
        tool tab.type "toolu_2"
        tool find "toolu_3"
        reply "msg_1" of "claude-x", ToolUse; in 10, out 42, cache read 90 write 5, reasoning 0
          opaque of anthropic m-1: {"signature":"c2ln","thinking":"Well","type":"thinking"}
          opaque of anthropic m-1: {"data":"eA==","type":"redacted_thinking"}
          "Grüße 🦀"
          call find toolu_1 {"query":"日本"}
          call tab.type toolu_2 {}
          call find toolu_3 {}
    "#]],
    );
}

#[test]
fn the_unknown_is_skipped() {
    let middle = [
        json!({"type": "brand_new", "index": 0}),
        open(0, json!({"type": "server_thing", "x": 1})),
        text(0, "not ours"),
        close(0),
        open(1, json!({"type": "text", "text": "", "novel": true})),
        json!({"type": "content_block_delta", "index": 1, "delta": {"type": "citations_delta", "citation": {}}}),
        text(1, "ok"),
        close(1),
    ];
    let early = [text(0, "before the start"), json!({"type": "message_stop"})];
    check(
        Anthropic,
        &events(&[&early[..], &message(&middle, "someday")[..]].concat()),
        expect![[r#"
        start "claude-x"
        text "ok"
        reply "msg_1" of "claude-x", Other("someday"); in 10, out 42, cache read 90 write 5, reasoning 0
          "ok"
    "#]],
    );
}

#[test]
fn without_message_stop_it_is_cut_and_its_calls_are_lost() {
    let middle = [open(0, tool("toolu_1", "find")), args(0, "{}"), close(0)];
    let mut lines = message(&middle, "tool_use");
    lines.pop();
    check(
        Anthropic,
        &events(&lines),
        expect![[r#"
            start "claude-x"
            tool find "toolu_1"
            Truncated (may be tried again) Acme's answer was cut off.
        "#]],
    );
    let open_block = message(&[open(0, tool("toolu_1", "find"))], "tool_use");
    check(
        Anthropic,
        &events(&open_block),
        expect![[r#"
            start "claude-x"
            tool find "toolu_1"
            Truncated (may be tried again) Acme's answer was cut off.
        "#]],
    );
}

#[test]
fn an_error_after_the_head_is_told_apart() {
    for (kind, expect) in [
        (
            "overloaded_error",
            expect![[r#"
        start "claude-x"
        Server (may be tried again) Acme broke off. It said: "so it is".
    "#]],
        ),
        (
            "invalid_request_error",
            expect![[r#"
        start "claude-x"
        Request Acme refused the request. It said: "so it is".
    "#]],
        ),
    ] {
        let error = json!({"type": "error", "error": {"type": kind, "message": "so it is"}});
        check(Anthropic, &events(&[start(), error]), expect);
    }
}

#[test]
fn bad_and_cut_arguments_never_become_an_input() {
    let middle = [open(0, tool("a", "find")), args(0, "{\"q\": "), close(0), open(1, tool("b", "find")), args(1, "[]"), close(1)];
    check(
        Anthropic,
        &events(&message(&middle, "tool_use")),
        expect![[r#"
        start "claude-x"
        tool find "a"
        tool find "b"
        reply "msg_1" of "claude-x", ToolUse; in 10, out 42, cache read 90 write 5, reasoning 0
          bad call find a: The arguments are not valid JSON (EOF while parsing a value at line 1 column 6). Nothing was executed; send the call again.
          bad call find b: The arguments must be a JSON object. Nothing was executed; send the call again.
    "#]],
    );
    let middle = [open(0, tool("a", "find")), close(0), open(1, tool("b", "find")), close(1)];
    check(
        Anthropic,
        &events(&message(&middle, "max_tokens")),
        expect![[r#"
        start "claude-x"
        tool find "a"
        tool find "b"
        reply "msg_1" of "claude-x", Length; in 10, out 42, cache read 90 write 5, reasoning 0
          call find a {}
          bad call find b: The answer was cut at its length limit inside this call. Send it again, shorter.
    "#]],
    );
}

#[test]
fn a_refusal_is_in_the_models_words() {
    let refusal = json!({"type": "message_delta", "delta": {"stop_reason": "refusal", "stop_details": {"type": "refusal", "category": "bio", "explanation": "I will not."}}});
    check(
        Anthropic,
        &events(&[start(), refusal, json!({"type": "message_stop"})]),
        expect![[r#"
        start "claude-x"
        reply "msg_1" of "claude-x", Refusal("I will not."); in 10, out 1, cache read 90 write 5, reasoning 0
    "#]],
    );
}

#[test]
fn garbage_is_malformed() {
    check(
        Anthropic,
        &format!("{}data: {{\"type\": \n\n", events(&[start()])),
        expect![[r#"
        start "claude-x"
        Malformed Acme sent what is no event of its protocol (EOF while parsing a value at line 1 column 9).
    "#]],
    );
    check(
        Anthropic,
        "<html><body>Bad gateway</body></html>\n",
        expect![[r#"
        Malformed Acme sent no event stream but this: "<html><body>Bad gateway</body></html>".
    "#]],
    );
    check(
        Anthropic,
        &events(&[start(), text(7, "from nowhere")]),
        expect![[r#"
        start "claude-x"
        Malformed Acme sent what is no event of its protocol (content_block_delta 7 out of order).
    "#]],
    );
    check(
        Anthropic,
        &events(&[start(), open(0, tool("a", "find")), text(0, "x")]),
        expect![[r#"
        start "claude-x"
        tool find "a"
        Malformed Acme sent what is no event of its protocol (text_delta in another kind of block).
    "#]],
    );
}

#[test]
fn what_follows_the_end_does_not_count() {
    let whole = message(&[open(0, json!({"type": "text", "text": "all"})), close(0)], "end_turn");
    check(
        Anthropic,
        &format!("{}<garbage>\n\n", events(&whole)),
        expect![[r#"
        start "claude-x"
        text "all"
        reply "msg_1" of "claude-x", end; in 10, out 42, cache read 90 write 5, reasoning 0
          "all"
    "#]],
    );
}
