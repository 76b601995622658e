//! Makes any list of messages one that every provider takes, whatever Stop or a crash left behind.
use super::{Block, Message, Role, ToolResult, names::fit};
use alloc::{collections::BTreeSet, format, string::String, vec::Vec};

/// What a call is answered with when nothing else answered it.
pub const NOT_EXECUTED: &str = "Not executed: the task was stopped before this call.";
/// What is kept of an id of 64 characters when a number has to be added.
const ID_KEPT: usize = 56;

/// Roles alternate and begin with the user; each call is answered exactly once, in the next message, results first;
/// a result without its call goes; empty text goes; reasoning of another provider or model goes; ids are unique over the
/// whole history and of allowed characters. Prefixes stay equal as the history grows, so that caches hit.
pub fn valid(messages: &[Message], provider: &str, model: &str) -> Vec<Message> {
    let keep = |message: &Message| {
        let keep = |block: &&Block| match block {
            Block::Text(text) => !text.trim().is_empty(),
            Block::Opaque { provider: p, model: m, .. } => message.role == Role::Assistant && p == provider && m == model,
            Block::ToolUse(_) => message.role == Role::Assistant,
            Block::ToolResult(_) | Block::Image(_) => message.role == Role::User,
        };
        Message { role: message.role, blocks: message.blocks.iter().filter(keep).cloned().collect() }
    };
    let mut out = merged(messages.iter().map(keep));
    let mut calls = Vec::new();
    let mut used = BTreeSet::new();
    for message in &mut out {
        match message.role {
            Role::User => answer(message, &core::mem::take(&mut calls)),
            Role::Assistant => calls = unique_calls(message, &mut used),
        }
    }
    if !calls.is_empty() {
        let mut last = Message { role: Role::User, blocks: Vec::new() };
        answer(&mut last, &calls);
        out.push(last);
    }
    // Messages of nothing but orphaned results are empty now.
    let mut out = merged(out.into_iter());
    if out.first().is_some_and(|first| first.role == Role::Assistant) {
        out.insert(0, Message::says(Role::User, "(The beginning of this conversation was left out.)"));
    }
    out
}

/// Gives calls of a new reply ids that `messages` does not use yet: some servers count from zero in each reply.
pub fn with_fresh_ids(reply: &mut Message, used: &BTreeSet<String>) {
    let mut used = used.clone();
    for block in &mut reply.blocks {
        if let Block::ToolUse(call) = block {
            call.id = fresh_id(&call.id, &used);
            used.insert(call.id.clone());
        }
    }
}

/// The ids of all calls.
pub fn ids(messages: &[Message]) -> BTreeSet<String> {
    let blocks = messages.iter().flat_map(|message| &message.blocks);
    blocks.filter_map(|block| if let Block::ToolUse(call) = block { Some(call.id.clone()) } else { None }).collect()
}

fn fresh_id(id: &str, used: &BTreeSet<String>) -> String {
    let base = fit(id);
    let numbered = (2..).map(|n| format!("{}_{n}", &base[..base.len().min(ID_KEPT)]));
    core::iter::once(base.clone()).chain(numbered).find(|id| !used.contains(id)).expect("finitely many are used")
}

fn merged(messages: impl Iterator<Item = Message>) -> Vec<Message> {
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

/// What a call was named by its maker, and what it is named on the wire.
struct Called {
    ours: String,
    wire: String,
}

/// The calls of a message, in order. A second call with an id already used in the message can't be answered apart: it goes.
fn unique_calls(message: &mut Message, used: &mut BTreeSet<String>) -> Vec<Called> {
    let mut calls: Vec<Called> = Vec::new();
    message.blocks.retain_mut(|block| match block {
        Block::ToolUse(call) if calls.iter().any(|known| known.ours == call.id) => false,
        Block::ToolUse(call) => {
            let wire = fresh_id(&call.id, used);
            used.insert(wire.clone());
            let ours = core::mem::replace(&mut call.id, wire.clone());
            calls.push(Called { ours, wire });
            true
        }
        _ => true,
    });
    calls
}

/// Puts one result per call first, in the order they came, then what no result answered, then the rest.
fn answer(message: &mut Message, calls: &[Called]) {
    let mut open: Vec<&Called> = calls.iter().collect();
    let (mut results, mut rest) = (Vec::new(), Vec::new());
    for block in core::mem::take(&mut message.blocks) {
        match block {
            Block::ToolResult(result) => {
                if let Some(at) = open.iter().position(|call| call.ours == result.id) {
                    results.push(Block::ToolResult(ToolResult { id: open.remove(at).wire.clone(), ..result }));
                }
            }
            other => rest.push(other),
        }
    }
    let missing = |call: &Called| ToolResult { id: call.wire.clone(), text: NOT_EXECUTED.into(), images: Vec::new(), error: true };
    results.extend(open.into_iter().map(|call| Block::ToolResult(missing(call))));
    results.append(&mut rest);
    message.blocks = results;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ToolUse;
    use alloc::string::ToString;
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

    #[test]
    fn a_reply_never_uses_an_id_again() {
        let history = script("u:hi | a:call call_0 | u:result call_0");
        let mut reply = script("a:call call_0,call call_0,call new").remove(0);
        with_fresh_ids(&mut reply, &ids(&history));
        assert_eq!(render(&[reply]), "a:call call_0_2,call call_0_3,call new");
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
            ("u:hi | a:call 1 | u:result 1 | a:call 1 | u:result 1", "u:hi | a:call 1 | u:result 1 | a:call 1_2 | u:result 1_2"),
            ("u:hi | a:call x.1,call x:1 | u:result x:1", "u:hi | a:call x_1,call x_1_2 | u:result x_1_2,none x_1"),
            ("u:result 1 | a:ok", "u:(The beginning of this conversation was left out.) | a:ok"),
        ];
        for (before, after) in table {
            assert_eq!(render(&valid(&script(before), "p", "m")), after, "{before}");
        }
    }

    #[test]
    fn what_was_sent_stays_the_beginning_of_what_is_sent_next() {
        let all = script("u:hi | a:call 1 | u:result 1 | a:call 1,call 2 | u:result 2,result 1 | a:done | u:more");
        let whole: Vec<String> = valid(&all, "p", "m").iter().map(|message| render(core::slice::from_ref(message))).collect();
        for sent in [1, 3, 5, 7] {
            let before: Vec<String> = valid(&all[..sent], "p", "m").iter().map(|message| render(core::slice::from_ref(message))).collect();
            assert_eq!(before, whole[..sent]);
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
            let blocks = once.iter().flat_map(|message| &message.blocks);
            prop_assert_eq!(ids(&once).len(), blocks.filter(|block| matches!(block, Block::ToolUse(_))).count());
            prop_assert_eq!(render(&valid(&once, "p", "m")), render(&once));
        }
    }
}
