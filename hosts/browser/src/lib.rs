//! The vat in a dedicated Worker: one event loop that owns it, its ports to the world, and the vault.
//!
//! ```text
//! worker.js ─ boot, heard ─▶ World ─ inputs ─▶ Engine (the vat)
//!                              ▲                   │ outputs
//!                              │                   ├─▶ chrome   messages to the offscreen document
//!                              │                   ├─▶ linux    the same, for the machine that it keeps
//!                              │                   ├─▶ http     fetch, with the vault's keys
//!                              │                   ├─▶ egress   fetch for code that was not written by us
//!                              │                   ├─▶ boxes    the frames it runs in; wires: the bytes in and out of them
//!                              │                   ├─▶ guests   classes of metered guests join the vat; slow: their turns that take long
//!                              └─ answers, events ─├─▶ store    IndexedDB: the vault, and what was kept before there was a journal
//!                                                  └─▶ panel    BroadcastChannel
//! ```
//! What its durable actors write lies in the origin's private files, and what leaves the vat waits until that is flushed.
//! It obeys and decides nothing. A panic is a bug: it traps, and the offscreen document replaces the Worker.
mod engine;
mod journal;
mod js;
mod past;

mod alarm;

mod boxes;
mod chrome;
mod egress;
mod guests;
mod http;
mod panel;
mod store;
mod tree;
mod vault;

mod keeper;
mod ports;
mod world;

use std::cell::OnceCell;
use std::rc::Rc;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

thread_local! {
    static WORLD: OnceCell<Rc<world::World>> = const { OnceCell::new() };
}

/// Opens the store and starts the vat. `boot` is the JSON of `peerd_agent::actors::wire::Boot`. Returns the identity of the journal
/// that is there now, 32 digits: to be kept where the files' loss does not reach.
#[wasm_bindgen]
pub async fn boot(boot: String) -> Result<String, JsValue> {
    std::panic::set_hook(Box::new(|panic| js::log(&panic.to_string())));
    let world = world::World::open(boot.into_bytes()).await?;
    let identity = world.journal();
    WORLD.with(|cell| assert!(cell.set(world).is_ok(), "booted once per Worker"));
    Ok(identity)
}

/// All that is kept, as one file. For a Worker of its own, beside the one that has booted or instead of it.
#[wasm_bindgen]
pub async fn copy(boot: String) -> Result<Vec<u8>, JsValue> {
    Ok(journal::copy(boot.as_bytes()).await?)
}

/// Puts such a file into an empty folder of the private files. Returns the identity of what is there now, 32 digits.
#[wasm_bindgen]
pub async fn restore(bytes: Vec<u8>, folder: String) -> Result<String, JsValue> {
    Ok(journal::restore(&bytes, &folder).await?)
}

/// Whose past is kept, or that of one actor: JSON of `peerd_agent::past`. For a Worker of its own, as `copy`.
#[wasm_bindgen]
pub async fn history(boot: String, actor: Option<String>) -> Result<String, JsValue> {
    Ok(match actor {
        Some(actor) => past::book(boot.as_bytes(), &actor).await?,
        None => past::list(boot.as_bytes()).await?,
    })
}

/// Makes an actor what it was at a place, and returns the place that undoes it. Instead of a Worker that has booted.
#[wasm_bindgen]
pub async fn go_back(boot: String, actor: String, place: String) -> Result<String, JsValue> {
    Ok(past::go_back(boot.as_bytes(), &actor, &place).await?)
}

/// Slices of guests' long turns have run: some may be over.
#[wasm_bindgen]
pub fn slices_ran() {
    if let Some(world) = WORLD.with(|cell| cell.get().cloned()) {
        guests::slices_ran(&world);
    }
}

/// A message from the offscreen document: an answer to a call, an event, or what a panel wants.
#[wasm_bindgen]
pub fn heard(text: &str) {
    if let Some(world) = WORLD.with(|cell| cell.get().cloned()) {
        world.heard(text);
    }
}
