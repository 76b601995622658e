//! The few things every part needs of the Worker's global scope: clocks, entropy, timers, promises, the console.
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DedicatedWorkerGlobalScope, DomException, IdbRequest};

pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().dyn_into().expect("this crate runs in a dedicated Worker")
}

/// Milliseconds of the vat's clock.
pub fn now_ms() -> u64 {
    scope().performance().expect("a Worker has a clock").now() as u64
}

/// Milliseconds since the Unix epoch.
pub fn wall_ms() -> u64 {
    js_sys::Date::now() as u64
}

pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let crypto = scope().crypto().expect("a Worker has crypto");
    crypto.get_random_values_with_u8_array(&mut bytes).expect("fewer bytes than the 65,536 it may be asked for");
    bytes
}

pub fn log(text: &str) {
    web_sys::console::error_1(&JsValue::from_str(text));
}

/// What went wrong, in the browser's words.
pub fn why(error: &JsValue) -> String {
    if let Some(exception) = error.dyn_ref::<DomException>() {
        return exception.message();
    }
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => error.as_string().unwrap_or_else(|| "unknown error".into()),
    }
}

/// Sets a timer. The closure must outlive it.
pub fn after(closure: &Closure<dyn FnMut()>, ms: u64) -> i32 {
    // A longer wait than the browser's own maximum is woken early and set again.
    let ms = i32::try_from(ms).unwrap_or(i32::MAX);
    scope().set_timeout_with_callback_and_timeout_and_arguments_0(closure.as_ref().unchecked_ref(), ms).expect("a Worker has timers")
}

pub fn cancel(timer: i32) {
    scope().clear_timeout_with_handle(timer);
}

/// The result of an IndexedDB request, or what it failed with.
pub async fn settled(request: &IdbRequest) -> Result<JsValue, JsValue> {
    let promise = js_sys::Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    match JsFuture::from(promise).await {
        Ok(_) => request.result(),
        Err(_) => Err(request.error().ok().flatten().map_or(JsValue::UNDEFINED, JsValue::from)),
    }
}
