//! Which call a fragment belongs to. Servers differ: no index, the same index for all, no id, whole calls in one chunk.
use crate::model::{
    call::{Budget, Call},
    fault::Fault,
    names::Names,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The calls of one reply, in the order they began.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Calls(Vec<Slot>);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Slot {
    index: Option<u64>,
    call: Call,
    /// Told to the panel.
    shown: bool,
}

impl Calls {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes one element of `delta.tool_calls`; a call whose name has just become known comes back to be shown.
    pub fn push(&mut self, fragment: &Value, names: &Names, budget: &mut Budget) -> Result<Option<(String, String)>, Fault> {
        let function = &fragment["function"];
        let id = fragment["id"].as_str().unwrap_or_default();
        let name = function["name"].as_str().unwrap_or_default();
        let args = match &function["arguments"] {
            Value::String(text) => text.clone(),
            object @ Value::Object(_) => object.to_string(),
            _ => String::new(),
        };
        budget.take(id.len() + name.len() + args.len())?;
        let index = fragment["index"].as_u64();
        let at = match self.find(index, id, name, &args) {
            Some(at) => at,
            None => {
                budget.part()?;
                self.0.push(Slot { index, ..Slot::default() });
                self.0.len() - 1
            }
        };
        let slot = &mut self.0[at];
        if slot.call.id.is_empty() {
            slot.call.id = id.to_string();
        }
        if slot.call.name.is_empty() && !name.is_empty() {
            slot.call.name = names.to_ours(name);
        }
        slot.call.push(&args)?;
        let show = !slot.call.name.is_empty() && !core::mem::replace(&mut slot.shown, !slot.call.name.is_empty());
        Ok(show.then(|| (slot.call.id.clone(), slot.call.name.clone())))
    }

    fn find(&self, index: Option<u64>, id: &str, name: &str, args: &str) -> Option<usize> {
        let last = |test: &dyn Fn(&Slot) -> bool| self.0.iter().rposition(test);
        if let Some(at) = last(&|slot| !id.is_empty() && slot.call.id == id) {
            return Some(at);
        }
        let at = match index {
            Some(index) => last(&|slot| slot.index == Some(index))?,
            None => self.0.len().checked_sub(1)?,
        };
        let call = &self.0[at].call;
        // Another id, or a name and arguments after arguments that are whole: the server numbers all its calls alike.
        let other_id = !id.is_empty() && !call.id.is_empty() && !name.is_empty();
        let whole = || serde_json::from_str::<Value>(&call.args).is_ok_and(|args| args.is_object());
        let another = other_id || !name.is_empty() && !call.name.is_empty() && !args.is_empty() && whole();
        (!another).then_some(at)
    }

    /// Ids that never came are made up from the reply's.
    pub fn finish(self, reply: &str) -> impl Iterator<Item = Call> {
        let reply = if reply.is_empty() { "call" } else { reply }.to_string();
        self.0.into_iter().zip(0..).map(move |(slot, n)| {
            let id = if slot.call.id.is_empty() { format!("{reply}_{n}") } else { slot.call.id };
            Call { id, ..slot.call }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(fragments: &[Value], expect: &[(&str, &str, &str)]) {
        let (mut calls, mut budget) = (Calls::default(), Budget::default());
        let mut shown = Vec::new();
        for fragment in fragments {
            shown.extend(calls.push(fragment, &Names::default(), &mut budget).expect("within limits"));
        }
        let got: Vec<Call> = calls.finish("r").collect();
        let got: Vec<_> = got.iter().map(|call| (call.id.as_str(), call.name.as_str(), call.args.as_str())).collect();
        assert_eq!(got, expect, "{fragments:?}");
        assert_eq!(shown.len(), expect.len(), "each is shown once: {shown:?}");
    }

    fn fragment(index: Option<u64>, id: &str, name: &str, args: &str) -> Value {
        let text = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
        json!({"index": index, "id": text(id), "function": {"name": text(name), "arguments": args}})
    }

    #[test]
    fn fragments_find_their_call_whatever_the_server_leaves_out() {
        let f = fragment;
        let two = [("a", "find", "{\"q\":1}"), ("b", "type", "{}")];
        check(&[f(Some(0), "a", "find", ""), f(Some(0), "", "", "{\"q\":"), f(Some(1), "b", "type", "{}"), f(Some(0), "", "", "1}")], &two);
        check(&[f(Some(0), "a", "find", "{\"q\":1}"), f(Some(0), "b", "type", "{}")], &two);
        check(&[f(None, "a", "find", "{\"q\":1}"), f(None, "b", "type", "{}")], &two);
        check(&[f(None, "a", "find", "{\"q\":"), f(None, "", "", "1}"), f(None, "b", "type", "{}")], &two);
        check(&[f(Some(0), "a", "find", "{\"q\":"), f(Some(0), "a", "find", "1}"), f(Some(1), "b", "type", "{}")], &two);
        let minted = [("r_0", "find", "{\"q\":1}"), ("r_1", "type", "{}")];
        check(&[f(Some(0), "", "find", "{\"q\":1}"), f(Some(0), "", "type", "{}")], &minted);
        check(&[f(None, "", "find", "{\"q\":1}"), f(None, "", "type", "{}")], &minted);
        check(&[f(Some(0), "", "find", "{\"q\":"), f(Some(0), "", "find", "1}"), f(Some(1), "", "type", "{}")], &minted);
        check(&[json!({"function": {"name": "find", "arguments": {"q": 1}}})], &[("r_0", "find", "{\"q\":1}")]);
        check(&[f(Some(0), "a", "find", "{}"), f(Some(0), "a", "find", "")], &[("a", "find", "{}")]);
    }
}
