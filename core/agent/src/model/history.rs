//! Makes any list of messages one that every provider takes, whatever Stop or a crash left behind.
use super::{Block, Message, Role, ToolResult};
use alloc::{collections::BTreeSet, string::String, vec, vec::Vec};

/// What a call is answered with when nothing else answered it.
pub const NOT_EXECUTED: &str = "Not executed: the task was stopped before this call.";

/// Roles alternate and begin with the user; each call is answered exactly once, in the next message, results first;
/// a result without its call goes; empty text goes; reasoning of another provider or model goes.
/// Prefixes stay equal as the history grows, so that caches hit.
pub fn valid(messages: &[Message], provider: &str, model: &str) -> Vec<Message> {
    let mut out: Vec<Message> = Vec::new();
    for message in messages {
        let keep = |block: &&Block| match block {
            Block::Text(text) => !text.trim().is_empty(),
            Block::Opaque { provider: p, model: m, .. } => message.role == Role::Assistant && p == provider && m == model,
            Block::ToolUse(_) => message.role == Role::Assistant,
            Block::ToolResult(_) | Block::Image(_) => message.role == Role::User,
        };
        let blocks: Vec<Block> = message.blocks.iter().filter(keep).cloned().collect();
        match out.last_mut() {
            _ if blocks.is_empty() => {}
            Some(last) if last.role == message.role => last.blocks.extend(blocks),
            _ => out.push(Message { role: message.role, blocks }),
        }
    }
    if out.first().is_some_and(|first| first.role == Role::Assistant) {
        out.insert(0, Message::says(Role::User, "(The beginning of this conversation was left out.)"));
    }
    let mut at = 0;
    while at < out.len() {
        if out[at].role == Role::Assistant {
            let calls = unique_calls(&mut out[at]);
            if !calls.is_empty() && at + 1 == out.len() {
                out.push(Message { role: Role::User, blocks: vec![] });
            }
            if let Some(next) = out.get_mut(at + 1) {
                answer(next, &calls);
            }
        } else if at == 0 {
            answer(&mut out[0], &[]);
        }
        at += 1;
    }
    merge_emptied(out)
}

/// The ids called, in order. A second call with an id already used in the message can't be answered apart: it goes.
fn unique_calls(message: &mut Message) -> Vec<String> {
    let mut calls: Vec<String> = Vec::new();
    message.blocks.retain(|block| match block {
        Block::ToolUse(call) if calls.contains(&call.id) => false,
        Block::ToolUse(call) => {
            calls.push(call.id.clone());
            true
        }
        _ => true,
    });
    calls
}

fn answer(next: &mut Message, calls: &[String]) {
    let (mut results, rest): (Vec<Block>, Vec<Block>) =
        core::mem::take(&mut next.blocks).into_iter().partition(|block| matches!(block, Block::ToolResult(_)));
    let mut answered = BTreeSet::new();
    results.retain(|block| match block {
        Block::ToolResult(result) => calls.contains(&result.id) && answered.insert(result.id.clone()),
        _ => false,
    });
    for id in calls.iter().filter(|id| !answered.contains(*id)) {
        let text = NOT_EXECUTED.into();
        results.push(Block::ToolResult(ToolResult { id: id.clone(), text, images: vec![], error: true }));
    }
    next.blocks = results;
    next.blocks.extend(rest);
}

/// A user message that held nothing but orphaned results is empty now; its neighbours become one.
fn merge_emptied(messages: Vec<Message>) -> Vec<Message> {
    let mut out: Vec<Message> = Vec::new();
    for message in messages {
        match out.last_mut() {
            _ if message.blocks.is_empty() => {}
            Some(last) if last.role == message.role => last.blocks.extend(message.blocks),
            _ => out.push(message),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ToolUse;
    use alloc::{format, string::ToString};
    use proptest::prelude::*;

    /// `u:hi` `a:call 1,hi` `u:result 1`: one message each, blocks parted by commas.
    fn script(text: &str) -> Vec<Message> {
        let block = |part: &str| match part.split_once(' ') {
            Some(("call", id)) => Block::ToolUse(ToolUse { id: id.into(), name: "find".into(), input: serde_json::json!({}), bad: None }),
            Some(("result", id)) => Block::ToolResult(ToolResult { id: id.into(), text: "done".into(), ..ToolResult::default() }),
            Some(("think", who)) => Block::Opaque { provider: who.into(), model: "m".into(), raw: serde_json::json!({"type": "thinking"}) },
            _ => Block::Text(part.into()),
        };
        let message = |line: &str| {
            let (role, blocks) = line.split_once(':').unwrap();
            let role = if role == "u" { Role::User } else { Role::Assistant };
            Message { role, blocks: blocks.split(',').map(block).collect() }
        };
        text.split_whitespace_lines().map(message).collect()
    }

    trait Lines {
        fn split_whitespace_lines(&self) -> impl Iterator<Item = &str>;
    }
    impl Lines for str {
        fn split_whitespace_lines(&self) -> impl Iterator<Item = &str> {
            self.split('|').map(str::trim).filter(|line| !line.is_empty())
        }
    }

    fn render(messages: &[Message]) -> String {
        let block = |block: &Block| match block {
            Block::Text(text) => text.clone(),
            Block::ToolUse(call) => format!("call {}", call.id),
            Block::ToolResult(result) if result.text == NOT_EXECUTED => format!("none {}", result.id),
            Block::ToolResult(result) => format!("result {}", result.id),
            Block::Opaque { provider, .. } => format!("think {provider}"),
            Block::Image(_) => "image".to_string(),
        };
        let line = |message: &Message| {
            let role = if message.role == Role::User { "u" } else { "a" };
            format!("{role}:{}", message.blocks.iter().map(block).collect::<Vec<_>>().join(","))
        };
        messages.iter().map(line).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn what_stop_leaves_behind_is_repaired() {
        let table = [
            ("u:hi | a:call 1,call 2", "u:hi | a:call 1,call 2 | u:none 1,none 2"),
            ("u:hi | a:call 1,call 2 | u:result 2,go on", "u:hi | a:call 1,call 2 | u:result 2,none 1,go on"),
            ("u:hi | a:call 1 | u:wait | u:result 1", "u:hi | a:call 1 | u:result 1,wait"),
            ("u:hi | u:there | a:yes | a:call 1 | u:result 1", "u:hi,there | a:yes,call 1 | u:result 1"),
            ("u:hi | a:ok | u:result 9 | a:more", "u:hi | a:ok,more"),
            ("u:result 1,hi", "u:hi"),
            ("a:ok | u:hi", "u:(The beginning of this conversation was left out.) | a:ok | u:hi"),
            ("u:hi | a:think p,call 1,call 1 | u:result 1,result 1", "u:hi | a:think p,call 1 | u:result 1"),
            ("u:hi | a:think q | u:again", "u:hi,again"),
            ("u:hi | a:  | u:again", "u:hi,again"),
        ];
        for (before, after) in table {
            assert_eq!(render(&valid(&script(before), "p", "m")), after, "{before}");
        }
    }

    proptest! {
        #[test]
        fn any_history_becomes_valid_and_stays_so(
            messages in prop::collection::vec(("u|a", prop::collection::vec("hi|call [123]|result [123]|think [pq]", 1..4)), 0..9)
        ) {
            let text: Vec<String> = messages.iter().map(|(role, blocks)| format!("{role}:{}", blocks.join(","))).collect();
            let once = valid(&script(&text.join("|")), "p", "m");
            for (at, message) in once.iter().enumerate() {
                prop_assert_eq!(message.role == Role::User, at % 2 == 0);
                prop_assert!(!message.blocks.is_empty());
                let calls = |message: &Message| message.blocks.iter().filter(|b| matches!(b, Block::ToolUse(_))).count();
                let results = |message: &Message| message.blocks.iter().take_while(|b| matches!(b, Block::ToolResult(_))).count();
                if calls(message) > 0 {
                    prop_assert_eq!(once.get(at + 1).map(results), Some(calls(message)));
                }
            }
            prop_assert_eq!(render(&valid(&once, "p", "m")), render(&once));
        }
    }
}
