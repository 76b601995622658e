//! The same, in a Worker: the page hands over a case's text and gets its row.
use crate::judge;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn elapsed_ms() -> f64;
}

/// One JSON row, null if nothing of the case can be played yet, with the lines for a person in `lines`.
#[wasm_bindgen]
#[must_use]
pub fn play(name: &str, text: &str) -> String {
    let row = judge(name, text, || elapsed_ms());
    let json = row.is_played().then(|| row.json("conformance-chromium"));
    serde_json::json!({"row": json, "lines": row.lines()}).to_string()
}
