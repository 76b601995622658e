//! The same, in a Worker: the page hands over a case's text and gets its row.
use crate::judge;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn elapsed_ms() -> f64;
}

/// One JSON row, and a line for a person.
#[wasm_bindgen]
#[must_use]
pub fn play(name: &str, text: &str) -> String {
    let row = judge(name, text, || elapsed_ms());
    serde_json::json!({"row": row.json("conformance-chromium"), "line": row.line()}).to_string()
}
