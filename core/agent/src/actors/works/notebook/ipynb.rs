//! Notebooks as files: nbformat 4.5, read leniently, written exactly; what is not understood goes through as it was.
//! <https://nbformat.readthedocs.io/en/latest/format_description.html>
use super::cell::{Cell, CellKind, CellState, joined};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde_json::{Map, Value, json};

/// Limit: cells of a notebook.
pub const CELLS_MAX: usize = 500;

/// What of a file is not in its cells: a JSON object.
pub struct File {
    pub cells: Vec<Cell>,
    pub extra: String,
    /// Of its kernel, if it says so.
    pub language: String,
}

/// `fresh` names the cells that have no name, or one that is there already.
pub fn read(text: &str, mut fresh: impl FnMut() -> String) -> Result<File, String> {
    let Value::Object(mut file) = serde_json::from_str::<Value>(text).map_err(|error| format!("it is no JSON: {error}"))? else {
        return Err("it is no notebook".into());
    };
    if file.get("nbformat").and_then(Value::as_u64) != Some(4) {
        return Err("only notebooks of format 4 can be read; Jupyter can convert older ones".into());
    }
    let Some(Value::Array(listed)) = file.remove("cells") else { return Err("it has no cells".into()) };
    if listed.len() > CELLS_MAX {
        return Err(format!("it has more than {CELLS_MAX} cells"));
    }
    let mut cells: Vec<Cell> = Vec::new();
    for cell in listed {
        let mut cell = self::cell(cell).ok_or("one of its cells can't be read")?;
        if cell.id.is_empty() || cells.iter().any(|other| other.id == cell.id) {
            cell.id = fresh();
        }
        cells.push(cell);
    }
    let metadata = &file.get("metadata").cloned().unwrap_or_default();
    let said = [&metadata["language_info"]["name"], &metadata["kernelspec"]["language"]];
    let language = said.into_iter().find_map(Value::as_str).unwrap_or_default().to_lowercase();
    Ok(File { cells, extra: Value::Object(file).to_string(), language })
}

fn cell(value: Value) -> Option<Cell> {
    let Value::Object(mut fields) = value else { return None };
    let kind = match fields.remove("cell_type")?.as_str()? {
        "code" => CellKind::Code,
        "markdown" => CellKind::Markdown,
        "raw" => CellKind::Raw,
        _ => return None,
    };
    let is_name = |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let id = fields.remove("id").and_then(|id| id.as_str().filter(is_name).map(String::from)).unwrap_or_default();
    let source = fields.remove("source").map(|text| joined(&text)).unwrap_or_default();
    let outputs = match fields.remove("outputs") {
        Some(Value::Array(outputs)) => outputs.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    };
    let count = fields.remove("execution_count").and_then(|count| count.as_u64());
    let state = if outputs.is_empty() && count.is_none() { CellState::Idle } else { CellState::Done };
    Some(Cell { id, kind, source, outputs, count, state, extra: Value::Object(fields).to_string(), ..Cell::default() })
}

pub fn write(cells: &[Cell], extra: &str) -> String {
    let mut file = object(extra);
    let mut metadata =
        file.remove("metadata").and_then(|metadata| if let Value::Object(it) = metadata { Some(it) } else { None }).unwrap_or_default();
    if !metadata.contains_key("kernelspec") {
        metadata.insert("kernelspec".into(), json!({"name": "javascript", "display_name": "JavaScript", "language": "javascript"}));
    }
    if !metadata.contains_key("language_info") {
        metadata.insert("language_info".into(), json!({"name": "javascript", "file_extension": ".js", "mimetype": "text/javascript"}));
    }
    file.insert("metadata".into(), Value::Object(metadata));
    file.insert("nbformat".into(), 4.into());
    let minor = file.get("nbformat_minor").and_then(Value::as_u64).unwrap_or(5).max(5);
    file.insert("nbformat_minor".into(), minor.into());
    file.insert("cells".into(), cells.iter().map(written).collect());
    let mut text = serde_json::to_string_pretty(&Value::Object(file)).expect("an object has string keys");
    text.push('\n');
    text
}

fn written(cell: &Cell) -> Value {
    let mut fields = object(&cell.extra);
    if !fields.contains_key("metadata") {
        fields.insert("metadata".into(), json!({}));
    }
    fields.insert("id".into(), cell.id.clone().into());
    fields.insert("source".into(), lines(&cell.source));
    let kind = match cell.kind {
        CellKind::Code => "code",
        CellKind::Markdown => "markdown",
        CellKind::Raw => "raw",
    };
    fields.insert("cell_type".into(), kind.into());
    if cell.kind == CellKind::Code {
        let outputs: Vec<Value> = cell.outputs.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
        fields.insert("outputs".into(), Value::Array(outputs));
        fields.insert("execution_count".into(), cell.count.map_or(Value::Null, Value::from));
    }
    Value::Object(fields)
}

fn object(text: &str) -> Map<String, Value> {
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// As Jupyter writes them: each line with its end.
fn lines(source: &str) -> Value {
    source.split_inclusive('\n').map(Value::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{
      "cells": [
        {"cell_type": "markdown", "id": "a-1", "metadata": {"tags": ["x"], "theirs": 7}, "source": ["Hello\n", "you"], "attachments": {"p.png": {"image/png": "AA=="}}},
        {"cell_type": "code", "metadata": {"collapsed": true}, "source": "1 + 1", "execution_count": 3,
         "outputs": [{"output_type": "execute_result", "data": {"text/plain": ["2"], "application/x-theirs": {"a": [1]}}, "metadata": {"k": "v"}, "execution_count": 3}]},
        {"cell_type": "raw", "id": "a-1", "metadata": {"format": "text/latex"}, "source": []}
      ],
      "metadata": {"kernelspec": {"name": "deno", "display_name": "Deno", "language": "typescript"}, "authors": [{"name": "Ada"}]},
      "nbformat": 4, "nbformat_minor": 2, "theirs": {"deep": [null, 1.5]}
    }"#;

    fn fresh() -> impl FnMut() -> String {
        let mut last = 0;
        move || {
            last += 1;
            format!("c{last}")
        }
    }

    #[test]
    fn what_is_not_understood_goes_through_as_it_was() {
        let file = read(FILE, fresh()).expect("it is a notebook");
        assert_eq!(file.language, "typescript");
        assert_eq!(file.cells.iter().map(|cell| cell.id.as_str()).collect::<Vec<_>>(), ["a-1", "c1", "c2"]);
        assert_eq!(file.cells[0].source, "Hello\nyou");
        assert_eq!(file.cells[1].text(), "=> 2\n");
        let written = write(&file.cells, &file.extra);
        let (mut before, after): (Value, Value) =
            (serde_json::from_str(FILE).expect("JSON"), serde_json::from_str(&written).expect("JSON"));
        // What had to change: names of cells are of 4.5, sources are lists, the language is said.
        before["nbformat_minor"] = 5.into();
        before["cells"][1]["id"] = "c1".into();
        before["cells"][2]["id"] = "c2".into();
        before["cells"][1]["source"] = json!(["1 + 1"]);
        before["metadata"]["language_info"] = after["metadata"]["language_info"].clone();
        assert_eq!(before, after);
        // And again: nothing changes any more.
        let again = read(&written, fresh()).expect("it is a notebook");
        assert_eq!(write(&again.cells, &again.extra), written);
    }

    #[test]
    fn what_is_no_notebook_is_refused() {
        for text in ["", "[]", "{}", r#"{"nbformat": 3, "worksheets": []}"#, r#"{"nbformat": 4, "cells": [{"cell_type": "x"}]}"#] {
            assert!(read(text, fresh()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_notebook_of_ours_says_what_it_is() {
        let cells = [Cell::new("c1".into(), CellKind::Code, "a\nb".into())];
        let file: Value = serde_json::from_str(&write(&cells, "")).expect("JSON");
        assert_eq!((file["nbformat"].as_u64(), file["nbformat_minor"].as_u64()), (Some(4), Some(5)));
        assert_eq!(file["metadata"]["kernelspec"]["name"], "javascript");
        assert_eq!(
            file["cells"][0],
            json!({"cell_type": "code", "id": "c1", "metadata": {}, "source": ["a\n", "b"], "outputs": [], "execution_count": null})
        );
    }
}
