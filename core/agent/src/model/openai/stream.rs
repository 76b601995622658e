//! Chunks of Chat Completions to a reply. It is whole when a reason to finish was given; usage may still follow.
use super::{calls::Calls, reasoning};
use crate::model::{
    Block, Event, FailureKind, Message, Reply, Role, Stop, Usage,
    call::{Budget, Ending},
    fault::Fault,
    names::Names,
    sse::Record,
    text,
};
use alloc::{format, string::String, vec::Vec};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What came so far.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stream {
    /// Whom opaque reasoning belongs to: the provider's id, and the model as it was asked for.
    owner: (String, String),
    names: Names,
    started: bool,
    begun: bool,
    id: String,
    model: String,
    said: String,
    refusal: String,
    calls: Calls,
    #[serde(with = "text")]
    reasoning: Value,
    usage: Usage,
    finish: Option<String>,
    budget: Budget,
}

impl Stream {
    pub fn new(provider: &str, model: &str, names: Names) -> Stream {
        Stream {
            owner: (provider.into(), model.into()),
            names,
            started: false,
            begun: false,
            id: String::new(),
            model: String::new(),
            said: String::new(),
            refusal: String::new(),
            calls: Calls::default(),
            reasoning: json!([]),
            usage: Usage::default(),
            finish: None,
            budget: Budget::default(),
        }
    }

    /// As before the first byte.
    pub fn fresh(&self) -> Stream {
        Stream::new(&self.owner.0, &self.owner.1, self.names.clone())
    }

    /// Something of the answer itself came: from now on another try would repeat it.
    pub fn begun(&self) -> bool {
        self.begun
    }

    /// The answer is complete, though its usage or the end of the stream may be missing.
    pub fn whole(&self) -> bool {
        self.finish.is_some()
    }

    pub fn partial(&self) -> String {
        self.said.clone()
    }

    /// True: that was the last one.
    pub fn record(&mut self, record: &Record, who: &str, out: &mut Vec<Event>) -> Result<bool, Fault> {
        if record.data.trim() == "[DONE]" {
            return Ok(true);
        }
        let chunk: Value = serde_json::from_str(&record.data)
            .map_err(|error| Fault::new(FailureKind::Malformed, format!("{who} sent what is no chunk of an answer ({error}).")))?;
        if !chunk["error"].is_null() {
            return Err(Fault::of_event(&chunk["error"], who));
        }
        if chunk["object"] == "error" {
            return Err(Fault::of_event(&chunk, who));
        }
        self.start(&chunk, out)?;
        self.read_usage(&chunk["usage"]);
        let choices = chunk["choices"].as_array().map(Vec::as_slice).unwrap_or_default();
        for choice in choices.iter().filter(|choice| choice["index"].as_u64().unwrap_or(0) == 0) {
            self.delta(&choice["delta"], out)?;
            match choice["finish_reason"].as_str() {
                Some("error") => return Err(Fault::of_event(&choice["error"], who)),
                Some(reason) => self.finish = Some(reason.into()),
                None => {}
            }
        }
        Ok(false)
    }

    fn start(&mut self, chunk: &Value, out: &mut Vec<Event>) -> Result<(), Fault> {
        let field = |name: &str| chunk[name].as_str().unwrap_or_default();
        if self.started || (field("model").is_empty() && field("id").is_empty()) {
            return Ok(());
        }
        self.started = true;
        self.budget.take(field("id").len() + field("model").len())?;
        (self.id, self.model) = (field("id").into(), field("model").into());
        out.push(Event::Start { model: self.model.clone() });
        Ok(())
    }

    fn delta(&mut self, delta: &Value, out: &mut Vec<Event>) -> Result<(), Fault> {
        // One of them, or both with the same words.
        let thought =
            [&delta["reasoning_content"], &delta["reasoning"]].into_iter().filter_map(Value::as_str).find(|text| !text.is_empty());
        if let Some(thought) = thought {
            self.begun = true;
            out.push(Event::Reasoning(thought.into()));
        }
        if let (Some(details), Value::Array(items)) = (delta["reasoning_details"].as_array(), &mut self.reasoning) {
            for fragment in details {
                self.budget.take(format!("{fragment}").len())?;
                reasoning::join(items, fragment);
                self.begun = true;
            }
        }
        let said = content(&delta["content"]);
        if !said.is_empty() {
            self.begun = true;
            self.budget.take(said.len())?;
            self.said.push_str(&said);
            out.push(Event::Text(said));
        }
        if let Some(refusal) = delta["refusal"].as_str() {
            self.budget.take(refusal.len())?;
            self.refusal.push_str(refusal);
        }
        for fragment in delta["tool_calls"].as_array().into_iter().flatten() {
            self.begun = true;
            let shown = self.calls.push(fragment, &self.names, &mut self.budget)?;
            out.extend(shown.map(|(id, name)| Event::ToolStart { id, name }));
        }
        Ok(())
    }

    /// The last one wins; some send it with every chunk.
    fn read_usage(&mut self, usage: &Value) {
        if !usage.is_object() {
            return;
        }
        let count = |value: &Value| value.as_u64().unwrap_or(0);
        let (prompt, details) = (count(&usage["prompt_tokens"]), &usage["prompt_tokens_details"]);
        let cache_read = count(&details["cached_tokens"]).max(count(&usage["prompt_cache_hit_tokens"])).min(prompt);
        let cache_write = count(&details["cache_write_tokens"]).min(prompt - cache_read);
        self.usage = Usage {
            input: prompt - cache_read - cache_write,
            output: count(&usage["completion_tokens"]),
            cache_read,
            cache_write,
            reasoning: count(&usage["completion_tokens_details"]["reasoning_tokens"]),
            // In dollars; a negative or absurd figure is none.
            cost: usage["cost"].as_f64().filter(|cost| (0.0..1e6).contains(cost)).map(|cost| (cost * 1e6 + 0.5) as u64),
        };
    }

    /// After the last record; none when no reason to finish was given.
    pub fn finish(&mut self) -> Option<Reply> {
        let reason = self.finish.take()?;
        let stop = match reason.as_str() {
            _ if !self.refusal.is_empty() => Stop::Refusal(core::mem::take(&mut self.refusal)),
            "length" => Stop::Length,
            "content_filter" => Stop::Refusal("The provider's content filter stopped the answer.".into()),
            _ if !self.calls.is_empty() => Stop::ToolUse,
            "stop" | "tool_calls" | "function_call" => Stop::End,
            other => Stop::Other(other.into()),
        };
        let mut blocks = Vec::new();
        if self.reasoning.as_array().is_some_and(|items| !items.is_empty()) {
            let raw = json!({"reasoning_details": core::mem::take(&mut self.reasoning)});
            blocks.push(Block::Opaque { provider: self.owner.0.clone(), model: self.owner.1.clone(), raw });
        }
        let said = core::mem::take(&mut self.said);
        blocks.extend((!said.is_empty()).then_some(Block::Text(said)));
        let mut calls: Vec<_> = core::mem::take(&mut self.calls).finish(&self.id).collect();
        let last = calls.pop();
        let ending = if stop == Stop::Length { Ending::Cut } else { Ending::Whole };
        blocks.extend(calls.into_iter().map(|call| Block::ToolUse(call.finish(Ending::Whole))));
        blocks.extend(last.map(|call| Block::ToolUse(call.finish(ending))));
        let (id, model) = (core::mem::take(&mut self.id), core::mem::take(&mut self.model));
        Some(Reply { id, model, message: Message { role: Role::Assistant, blocks }, usage: self.usage, stop })
    }
}

/// A string, or parts of which the texts count.
fn content(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}
