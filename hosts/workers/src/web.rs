//! The browser's names for what is used here: message ports, Web Locks, the clock.
use js_sys::{Function, Promise};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    pub type MessagePort;
    #[wasm_bindgen(method, catch, js_name = postMessage)]
    pub fn post(this: &MessagePort, message: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(method, setter, js_name = onmessage)]
    pub fn on_message(this: &MessagePort, heard: &Function);
    #[wasm_bindgen(method)]
    pub fn close(this: &MessagePort);

    pub type MessageChannel;
    #[wasm_bindgen(constructor)]
    pub fn new() -> MessageChannel;
    #[wasm_bindgen(method, getter)]
    pub fn port1(this: &MessageChannel) -> MessagePort;
    #[wasm_bindgen(method, getter)]
    pub fn port2(this: &MessageChannel) -> MessagePort;

    pub type MessageEvent;
    #[wasm_bindgen(method, getter)]
    pub fn data(this: &MessageEvent) -> JsValue;

    #[wasm_bindgen(js_namespace = crypto, js_name = randomUUID)]
    pub fn random() -> String;

    /// Milliseconds.
    #[wasm_bindgen(js_namespace = performance)]
    pub fn now() -> f64;

    #[wasm_bindgen(catch, js_namespace = ["navigator", "locks"], js_name = request)]
    pub fn lock(name: &str, holding: &Function) -> Result<Promise, JsValue>;
}
