//! What holds for every stream, however it is cut.
use super::{events, read};
use crate::model::{
    call::{ARGS_MAX, REPLY_MAX},
    decoder,
    sse::RECORD_MAX,
};
use crate::view::Dialect;
use alloc::{format, string::String, vec::Vec};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Any record of either dialect, sensible or not.
fn record() -> impl Strategy<Value = Value> {
    let word = "[a-zé日🦀 ]{0,5}";
    let args = prop_oneof!["[{}\":a ]{0,4}", Just(String::from("{}"))];
    let block = prop_oneof![
        word.prop_map(|text| json!({"type": "text", "text": text})),
        "[ab]".prop_map(|id| json!({"type": "tool_use", "id": id, "name": "find", "input": {}})),
        Just(json!({"type": "thinking", "thinking": ""})),
        Just(json!({"type": "new_thing"})),
    ];
    let delta = prop_oneof![
        word.prop_map(|text| json!({"type": "text_delta", "text": text})),
        args.clone().prop_map(|args| json!({"type": "input_json_delta", "partial_json": args})),
        Just(json!({"type": "new_delta"})),
    ];
    let chunk = |delta: Value| json!({"id": "c", "choices": [{"delta": delta}]});
    prop_oneof![
        Just(json!({"type": "message_start", "message": {"id": "m", "model": "x"}})),
        (0..3_u64, block).prop_map(|(index, block)| json!({"type": "content_block_start", "index": index, "content_block": block})),
        (0..3_u64, delta).prop_map(|(index, delta)| json!({"type": "content_block_delta", "index": index, "delta": delta})),
        (0..3_u64).prop_map(|index| json!({"type": "content_block_stop", "index": index})),
        "tool_use|max_tokens|new".prop_map(|reason| json!({"type": "message_delta", "delta": {"stop_reason": reason}})),
        word.prop_map(move |text| chunk(json!({"content": text, "reasoning": text}))),
        (0..3_u64, "|a|b", "|find", args).prop_map(move |(index, id, name, args)| {
            chunk(json!({"tool_calls": [{"index": index, "id": id, "function": {"name": name, "arguments": args}}]}))
        }),
        Just(json!({"type": "ping", "error": null})),
    ]
}

fn dialect() -> impl Strategy<Value = Dialect> {
    prop_oneof![Just(Dialect::Anthropic), Just(Dialect::OpenaiChat)]
}

fn terminal(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Anthropic => "message_stop",
        Dialect::OpenaiChat => "finish_reason",
    }
}

proptest! {
    #[test]
    fn where_the_bytes_are_cut_changes_nothing(
        dialect in dialect(),
        records in prop::collection::vec(record(), 0..12),
        last in prop_oneof![Just(json!({"type": "message_stop"})), Just(json!({"choices": [{"delta": {}, "finish_reason": "stop"}]}))],
        line_end in "\n|\r|\r\n",
        cuts in prop::collection::vec(any::<usize>(), 0..30),
    ) {
        let stream = events(&[records, Vec::from([last])].concat()).replace('\n', &line_end);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % (stream.len() + 1)).collect();
        cuts.sort_unstable();
        prop_assert_eq!(read(dialect, stream.as_bytes(), &cuts), read(dialect, stream.as_bytes(), &[]));
    }

    #[test]
    fn without_its_terminal_record_nothing_is_an_answer(
        dialect in dialect(), records in prop::collection::vec(record(), 0..12), noise in prop::collection::vec(any::<u8>(), 0..30),
    ) {
        let stream = [events(&records).as_bytes(), &noise].concat();
        prop_assume!(!String::from_utf8_lossy(&stream).contains(terminal(dialect)));
        let told = read(dialect, &stream, &[]);
        prop_assert!(!told.contains("reply "), "{told}");
    }

    #[test]
    fn unknown_events_and_fields_change_nothing(
        dialect in dialect(), records in prop::collection::vec(record(), 0..12), at in any::<prop::sample::Index>(),
    ) {
        let mut more = records.clone();
        for record in &mut more {
            record["field_of_tomorrow"] = json!({"error": {"x": [1]}});
        }
        let novel = json!({"type": "event_of_tomorrow", "index": 0, "choices": [], "delta": {"type": "text_delta", "text": "no"}});
        more.insert(at.index(more.len() + 1), novel);
        prop_assert_eq!(read(dialect, events(&more).as_bytes(), &[]), read(dialect, events(&records).as_bytes(), &[]));
    }
}

/// Feeds `piece` for ever: the decoder must give up before it holds much more than its caps.
fn flood(dialect: Dialect, head: &str, piece: &str) {
    let (_, mut decoder) = decoder::open(&super::request(), &super::provider(dialect));
    let mut out = Vec::new();
    decoder.push(head.as_bytes(), &mut out).expect("a good head");
    for sent in (0..).step_by(piece.len()) {
        out.clear();
        if let Err(fault) = decoder.push(piece.as_bytes(), &mut out) {
            assert_eq!(fault.kind, crate::model::FailureKind::TooLarge, "{}", fault.text);
            return;
        }
        assert!(sent <= RECORD_MAX + 4 * REPLY_MAX + ARGS_MAX, "{sent} bytes and no end");
    }
}

#[test]
fn a_flood_is_given_up_on() {
    let start = json!({"type": "message_start", "message": {}});
    let tool = json!({"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "a", "name": "find"}});
    let args = json!({"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "x".repeat(9_000)}});
    flood(Dialect::Anthropic, &events(&[start.clone(), tool]), &events(&[args]));
    let text = json!({"choices": [{"delta": {"content": "x".repeat(9_000)}}]});
    flood(Dialect::OpenaiChat, "", &events(&[text]));
    let calls = json!({"choices": [{"delta": {"tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}}]});
    flood(Dialect::OpenaiChat, "", &events(&[calls]));
    flood(Dialect::OpenaiChat, "data: ", &"x".repeat(9_000));
    let lines = "data:\n".repeat(10_000);
    flood(Dialect::OpenaiChat, "data: x\n", &format!("{lines}data: {}\n", "y".repeat(9_000)));
}
