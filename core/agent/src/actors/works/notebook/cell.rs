//! A notebook's cells, and what came of running them: outputs are in the form of nbformat 4.5, whoever made them.
use super::picture;
use crate::model::Image;
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Limit: bytes of what a run of one cell says and shows.
pub const OUTPUT_MAX: usize = 1 << 20;
/// Limit: things shown by one run; a stream is one.
pub const OUTPUTS_MAX: usize = 500;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellKind {
    #[default]
    Code,
    Markdown,
    Raw,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellState {
    #[default]
    Idle,
    Queued,
    Running,
    Done,
    /// It threw.
    Failed,
    /// It was ended from outside, with the kernel's state.
    Killed,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Cell {
    pub id: String,
    pub kind: CellKind,
    pub source: String,
    /// Each the JSON of one nbformat output.
    pub outputs: Vec<String>,
    pub count: Option<u64>,
    pub state: CellState,
    /// Why it was killed.
    pub note: String,
    /// How long its last run took.
    pub ms: u64,
    /// Of the agent's call that made or ran it last: asked again, it is answered and not done again.
    pub effect: String,
    /// JSON object: what its file had that is not ours.
    pub extra: String,
}

impl Cell {
    pub fn new(id: String, kind: CellKind, source: String) -> Cell {
        Cell { id, kind, source, ..Cell::default() }
    }

    pub fn is_under_way(&self) -> bool {
        matches!(self.state, CellState::Queued | CellState::Running)
    }

    pub fn weight(&self) -> usize {
        self.source.len() + self.extra.len() + self.shown()
    }

    /// Bytes of its outputs.
    pub fn shown(&self) -> usize {
        self.outputs.iter().map(String::len).sum()
    }

    /// For the page.
    pub fn value(&self) -> Value {
        json!({
            "id": self.id, "kind": self.kind, "source": self.source, "outputs": self.values(), "count": self.count, "state": self.state, "note": self.note,
            "ms": self.ms, "agent": !self.effect.is_empty(),
        })
    }

    fn values(&self) -> Vec<Value> {
        self.outputs.iter().filter_map(|text| serde_json::from_str(text).ok()).collect()
    }

    /// `room`: bytes of all its outputs, at most. False: that was too much.
    #[must_use]
    pub fn shows(&mut self, output: &Value, room: usize) -> bool {
        self.takes(output.to_string(), room)
    }

    fn takes(&mut self, text: String, room: usize) -> bool {
        if self.outputs.len() >= OUTPUTS_MAX || self.shown() + text.len() > OUTPUT_MAX.min(room) {
            return false;
        }
        self.outputs.push(text);
        true
    }

    /// What is said on a stream, joined to what was said on it just before, which is not read again: a guest may say a little very often.
    #[must_use]
    pub fn says(&mut self, stream: &str, text: &str, room: usize) -> bool {
        const END: &str = "\"}";
        let begin = format!("{{\"name\":\"{stream}\",\"output_type\":\"stream\",\"text\":\"");
        let text = Value::from(text).to_string();
        let text = &text[1..text.len() - 1];
        let shown = self.shown();
        match self.outputs.last_mut() {
            // What else is shown begins otherwise.
            Some(last) if last.starts_with(&begin) => {
                let fits = shown + text.len() <= OUTPUT_MAX.min(room);
                if fits {
                    last.truncate(last.len() - END.len());
                    last.push_str(text);
                    last.push_str(END);
                }
                fits
            }
            _ => self.takes(format!("{begin}{text}{END}"), room),
        }
    }

    /// All of its outputs as text, for who reads: pictures and charts by their words.
    pub fn text(&self) -> String {
        let mut all = String::new();
        for output in self.values() {
            match output["output_type"].as_str() {
                Some("stream") => all.push_str(&joined(&output["text"])),
                Some("error") => {
                    let line = format!("{}: {}", words(&output["ename"]), words(&output["evalue"]));
                    all.push_str(&line);
                    let trace = output["traceback"].as_array().into_iter().flatten().filter_map(Value::as_str);
                    for line in trace.filter(|text| *text != line) {
                        all.push('\n');
                        all.push_str(line);
                    }
                }
                kind => {
                    if kind == Some("execute_result") {
                        all.push_str("=> ");
                    }
                    let data = output["data"].as_object().cloned().unwrap_or_default();
                    match data.get("text/plain") {
                        Some(text) => all.push_str(&joined(text)),
                        None => all.push_str(&format!("[{}]", data.keys().cloned().collect::<Vec<_>>().join(", "))),
                    }
                }
            }
            if !all.ends_with('\n') {
                all.push('\n');
            }
        }
        all
    }

    /// Pictures among its outputs, and how many there are beside them that nobody can look at.
    pub fn pictures(&self) -> (Vec<Image>, usize) {
        let (good, bad): (Vec<_>, Vec<_>) = self.values().iter().filter_map(picture::of).partition(Result::is_ok);
        let image = |(mime, data): (&str, String)| Image { mime: mime.into(), data };
        (good.into_iter().flatten().map(image).collect(), bad.len())
    }
}

/// Text of a notebook's file, which is one string or several lines.
pub fn joined(text: &Value) -> String {
    match text {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

fn words(value: &Value) -> String {
    value.as_str().unwrap_or_default().into()
}

/// What a guest may show: a bundle of representations by type. None: there is nothing in it.
pub fn bundle(text: &str) -> Option<Map<String, Value>> {
    const TEXTS: [&str; 6] = ["text/plain", "text/markdown", "text/html", "image/png", "image/jpeg", "image/svg+xml"];
    const DATA: [&str; 3] = ["application/json", TABLE, CHART];
    let Value::Object(said) = serde_json::from_str::<Value>(text).ok()? else { return None };
    let fits = |key: &str, value: &Value| (TEXTS.contains(&key) && value.is_string()) || DATA.contains(&key);
    let kept: Map<String, Value> = said.into_iter().filter(|(key, value)| fits(key, value)).collect();
    (!kept.is_empty()).then_some(kept)
}

/// Tabular Data Resource, as other notebooks read it.
const TABLE: &str = "application/vnd.dataresource+json";
/// Ours: what a chart is drawn from.
const CHART: &str = "application/vnd.peerd.chart.v1+json";

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: usize = usize::MAX;

    #[test]
    fn what_is_said_on_a_stream_is_one_output_until_something_else_comes() {
        let mut cell = Cell::default();
        for (stream, text) in [("stdout", "a\"\n"), ("stdout", "\u{1}ü"), ("stderr", "x"), ("stdout", "</page>\\")] {
            assert!(cell.says(stream, text, ROOM));
        }
        assert!(cell.shows(&json!({"output_type": "display_data", "data": {"text/plain": "y"}}), ROOM) && cell.says("stdout", "z", ROOM));
        let stream = |name: &str, text: &str| json!({"output_type": "stream", "name": name, "text": text});
        let shown = json!({"output_type": "display_data", "data": {"text/plain": "y"}});
        let outputs = ["a\"\n\u{1}ü", "x", "</page>\\"].map(|text| stream(if text == "x" { "stderr" } else { "stdout" }, text));
        assert_eq!(cell.values(), [&outputs[..], &[shown, stream("stdout", "z")]].concat());
    }

    #[test]
    fn what_is_said_costs_what_is_added_and_is_counted_as_it_is_kept() {
        let mut cell = Cell::default();
        assert!(cell.says("stdout", &"x".repeat(600 << 10), ROOM));
        // Each reading of the whole takes a millisecond or so: this would take minutes.
        assert!((0..200_000).all(|_| cell.says("stdout", "y", ROOM)));
        assert!(!cell.says("stdout", &"\u{1}".repeat(100 << 10), ROOM), "it is kept as six bytes each");
        assert!(cell.says("stdout", "", cell.shown()) && !cell.says("stdout", "y", cell.shown()));
    }
}
