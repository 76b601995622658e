//! What the endpoint tells its JavaScript. All of these only take note; none calls the endpoint.
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    pub type Host;

    // The pieces of values, each pushed on the host's stack.
    #[wasm_bindgen(method, js_name = pushVoid)]
    pub fn push_void(this: &Host);
    #[wasm_bindgen(method, js_name = pushNull)]
    pub fn push_null(this: &Host);
    #[wasm_bindgen(method, js_name = pushBool)]
    pub fn push_bool(this: &Host, value: bool);
    #[wasm_bindgen(method, js_name = pushFloat)]
    pub fn push_float(this: &Host, value: f64);
    #[wasm_bindgen(method, js_name = pushInteger)]
    pub fn push_integer(this: &Host, value: i64);
    /// In decimal digits: one that 64 bits can't hold.
    #[wasm_bindgen(method, js_name = pushLargeInteger)]
    pub fn push_large_integer(this: &Host, digits: &str);
    #[wasm_bindgen(method, js_name = pushBytes)]
    pub fn push_bytes(this: &Host, bytes: Vec<u8>);
    #[wasm_bindgen(method, js_name = pushText)]
    pub fn push_text(this: &Host, text: &str);
    #[wasm_bindgen(method, js_name = pushSymbol)]
    pub fn push_symbol(this: &Host, text: &str);
    #[wasm_bindgen(method, js_name = pushError)]
    pub fn push_error(this: &Host, message: &str);
    /// An URI, as text.
    #[wasm_bindgen(method, js_name = pushSturdyref)]
    pub fn push_sturdyref(this: &Host, uri: &str);
    /// One that this JavaScript has given.
    #[wasm_bindgen(method, js_name = pushObject)]
    pub fn push_object(this: &Host, object: u32);
    #[wasm_bindgen(method, js_name = pushFar)]
    pub fn push_far(this: &Host, handle: u32);
    #[wasm_bindgen(method, js_name = pushPromise)]
    pub fn push_promise(this: &Host, handle: u32);
    /// So many of what was pushed last, in order.
    #[wasm_bindgen(method, js_name = makeList)]
    pub fn make_list(this: &Host, length: u32);
    /// So many pairs of a key and a value.
    #[wasm_bindgen(method, js_name = makeStruct)]
    pub fn make_struct(this: &Host, length: u32);
    #[wasm_bindgen(method, js_name = makeTagged)]
    pub fn make_tagged(this: &Host, tag: &str);

    // What has happened.
    #[wasm_bindgen(method)]
    pub fn send(this: &Host, conn: u32, bytes: Vec<u8>);
    /// By a WebSocket, if the place has an URL.
    #[wasm_bindgen(method)]
    pub fn dial(this: &Host, dial: u32, url: Option<String>);
    #[wasm_bindgen(method)]
    pub fn close(this: &Host, conn: u32);
    /// A call of an object; its arguments are the last so many that were pushed.
    #[wasm_bindgen(method)]
    pub fn deliver(this: &Host, object: u32, length: u32, resolver: Option<u32>);
    /// With what was pushed last.
    #[wasm_bindgen(method)]
    pub fn fulfilled(this: &Host, promise: u32);
    #[wasm_bindgen(method)]
    pub fn broken(this: &Host, promise: u32);
    /// `kind`: disconnected, refused.
    #[wasm_bindgen(method, js_name = brokenBy)]
    pub fn broken_by(this: &Host, promise: u32, kind: &str, why: &str);
    #[wasm_bindgen(method)]
    pub fn dropped(this: &Host, object: u32);
}
