//! A tool call while its arguments stream, and the bounds of a whole reply.
use super::{FailureKind, ToolUse, fault::Fault};
use alloc::{
    format,
    string::{String, ToString},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Limit: arguments of one call.
pub const ARGS_MAX: usize = 1 << 20;
/// Limit: everything one reply keeps.
pub const REPLY_MAX: usize = 8 << 20;
/// Limit: blocks or calls of one reply. Real ones have a few dozen; finding the one a fragment belongs to takes a search.
const PARTS_MAX: u32 = 1_024;

/// How much of a reply is kept so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Budget {
    bytes: usize,
    parts: u32,
}

impl Budget {
    pub fn take(&mut self, bytes: usize) -> Result<(), Fault> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > REPLY_MAX {
            return Err(Fault::new(FailureKind::TooLarge, "The answer is longer than peerd keeps (8 MiB)."));
        }
        Ok(())
    }

    /// One more block or call begins.
    pub fn part(&mut self) -> Result<(), Fault> {
        self.parts += 1;
        if self.parts > PARTS_MAX {
            return Err(Fault::new(FailureKind::TooLarge, "The answer has more parts than peerd keeps (1,024)."));
        }
        Ok(())
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Call {
    pub id: String,
    /// Ours, not the wire's.
    pub name: String,
    /// JSON text; empty means `{}`.
    pub args: String,
}

/// Whether the model was stopped while it may still have been writing the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Whole,
    Cut,
}

impl Call {
    pub fn push(&mut self, fragment: &str) -> Result<(), Fault> {
        self.args.push_str(fragment);
        if self.args.len() > ARGS_MAX {
            return Err(Fault::new(FailureKind::TooLarge, "The arguments of a tool call are longer than peerd takes (1 MiB)."));
        }
        Ok(())
    }

    /// Arguments that are no object come with `bad`, in words the model can act on.
    pub fn finish(self, ending: Ending) -> ToolUse {
        let empty = self.args.trim().is_empty();
        let parsed = match serde_json::from_str::<Value>(&self.args) {
            _ if self.name.is_empty() => Err("The call names no tool.".to_string()),
            _ if empty && ending == Ending::Whole => Ok(Value::Object(serde_json::Map::new())),
            _ if empty => Err("The answer was cut at its length limit inside this call. Send it again, shorter.".to_string()),
            Ok(input @ Value::Object(_)) => Ok(input),
            Ok(_) => Err("The arguments must be a JSON object. Nothing was executed; send the call again.".to_string()),
            Err(error) => Err(format!("The arguments are not valid JSON ({error}). Nothing was executed; send the call again.")),
        };
        let (input, bad) = match parsed {
            Ok(input) => (input, None),
            Err(why) => (Value::Object(serde_json::Map::new()), Some(why)),
        };
        ToolUse { id: self.id, name: self.name, input, bad }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_json_object_is_executed() {
        let call = |name: &str, args: &str| Call { id: "1".into(), name: name.into(), args: args.into() };
        let bad = |args: &str, ending| call("find", args).finish(ending).bad.is_some();
        assert!(call("", "{}").finish(Ending::Whole).bad.is_some());
        assert!(!bad("", Ending::Whole));
        assert!(!bad(" {\"a\": 1} ", Ending::Whole));
        assert!(!bad("{\"a\": 1}", Ending::Cut));
        assert!(bad("", Ending::Cut));
        for args in ["{\"a\": ", "[1]", "\"{}\"", "null", "{} {}", "nonsense"] {
            assert!(bad(args, Ending::Whole), "{args}");
        }
    }
}
