//! The same, in a Worker: the page hands over a case's text and gets its row.
use crate::judge;
use wasm_bindgen::prelude::wasm_bindgen;

/// One JSON row, with the lines for a person in `lines`.
#[wasm_bindgen]
#[must_use]
pub fn play(name: &str, text: &str) -> String {
    let row = judge(name, text, js_sys::Date::now);
    serde_json::json!({"row": row.json("conformance-chromium"), "lines": row.lines()}).to_string()
}
