//! The browser's names for what is used here: message ports and Web Locks.
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

    pub type MessageEvent;
    #[wasm_bindgen(method, getter)]
    pub fn data(this: &MessageEvent) -> JsValue;

    #[wasm_bindgen(js_namespace = crypto, js_name = randomUUID)]
    pub fn random() -> String;

    #[wasm_bindgen(catch, js_namespace = ["navigator", "locks"], js_name = request)]
    pub fn lock(name: &str, holding: &Function) -> Result<Promise, JsValue>;
}
