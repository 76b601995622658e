//! The side panel and the options page. They hold no truth: they draw what the desk last said.
//!
//! ```text
//! desk ─ Update ─▶ wire ─▶ mirror (signals) ─▶ panel, options ─▶ DOM
//!   ▲                                            │
//!   └──────────── wire ◀──────── Command ────────┘
//! ```
//! One wasm module serves both pages; each page's script calls its own entry. What is not here: anything that decides.
//! `text` is pure and is tested on the host, the rest needs a page.
mod text;

mod browser;
mod mirror;
mod wire;

mod draw;
mod parts;

mod options;
mod panel;

use leptos::mount::mount_to_body;
use wasm_bindgen::prelude::wasm_bindgen;

/// The side panel, also when it is opened as a tab.
#[wasm_bindgen]
pub fn panel() {
    mount_to_body(panel::Panel);
}

#[wasm_bindgen]
pub fn options() {
    mount_to_body(options::Options);
}
