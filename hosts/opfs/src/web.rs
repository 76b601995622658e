//! The browser's names for what is used here: the private file system, sync access handles, Web Locks, a timer.
use js_sys::{AsyncIterator, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    pub type Error;
    #[wasm_bindgen(constructor)]
    pub fn new(message: &str) -> Error;

    pub type Directory;
    #[wasm_bindgen(method, catch, js_name = getDirectoryHandle)]
    pub async fn directory(this: &Directory, name: &str, options: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getFileHandle)]
    pub async fn file(this: &Directory, name: &str, options: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = removeEntry)]
    pub async fn remove(this: &Directory, name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method)]
    pub fn keys(this: &Directory) -> AsyncIterator;

    pub type FileHandle;
    #[wasm_bindgen(method, catch, js_name = createSyncAccessHandle)]
    pub async fn open(this: &FileHandle, options: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = getFile)]
    pub async fn look(this: &FileHandle) -> Result<JsValue, JsValue>;

    /// A file as it was when it was looked at.
    pub type Seen;
    #[wasm_bindgen(method, getter)]
    pub fn size(this: &Seen) -> f64;
    #[wasm_bindgen(method, getter, js_name = lastModified)]
    pub fn written(this: &Seen) -> f64;

    pub type SyncHandle;
    #[wasm_bindgen(method, catch)]
    pub fn read(this: &SyncHandle, to: &mut [u8], at: &At) -> Result<f64, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub fn write(this: &SyncHandle, from: &[u8], at: &At) -> Result<f64, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub fn flush(this: &SyncHandle) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = getSize)]
    pub fn length(this: &SyncHandle) -> Result<f64, JsValue>;
    #[wasm_bindgen(method, catch)]
    pub fn truncate(this: &SyncHandle, length: f64) -> Result<(), JsValue>;
    #[wasm_bindgen(method)]
    pub fn close(this: &SyncHandle);

    /// Where in a file something is read or written.
    pub type At;
    #[wasm_bindgen(method, setter)]
    fn set_at(this: &At, bytes: f64);

    #[wasm_bindgen(catch, js_namespace = ["navigator", "storage"], js_name = getDirectory)]
    pub async fn root() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["navigator", "storage"], js_name = estimate)]
    pub async fn estimate() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["navigator", "locks"], js_name = request)]
    pub fn lock(name: &str, options: &JsValue, holding: &Function) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["navigator", "locks"], js_name = query)]
    pub async fn locks() -> Result<JsValue, JsValue>;

    /// Milliseconds, and parts of them.
    #[wasm_bindgen(js_namespace = performance)]
    pub fn now() -> f64;

    #[wasm_bindgen(js_name = setTimeout)]
    fn after(then: &Function, ms: u32);
}

impl At {
    /// One for each file: making an object and naming its field each time is dear beside a small read.
    pub fn new() -> At {
        Object::new().unchecked_into()
    }

    pub fn of(&self, bytes: u64) -> &At {
        self.set_at(bytes as f64);
        self
    }
}

/// Other messages of this Worker have their turn.
pub async fn pause(ms: u32) {
    // A timer never fails.
    let _ = JsFuture::from(Promise::new(&mut |resolve, _| after(&resolve, ms))).await;
}

/// An object of one field.
pub fn options(key: &str, value: impl Into<JsValue>) -> JsValue {
    let object = Object::new();
    // A plain object takes any field.
    let _ = Reflect::set(&object, &key.into(), &value.into());
    object.into()
}
