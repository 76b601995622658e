//! AES-256-GCM by WebCrypto: a random 96-bit nonce for each sealing, the entry's name as associated data.
use super::Secret;
use crate::js;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AesGcmParams, CryptoKey, SubtleCrypto};

/// Both in base64.
#[derive(Clone, Serialize, Deserialize)]
pub struct Sealed {
    nonce: String,
    sealed: String,
}

/// The key can be used afterwards, never read.
pub async fn import(bytes: &[u8; 32]) -> Result<CryptoKey, JsValue> {
    let raw = js_sys::Uint8Array::from(bytes.as_slice());
    let usages = js_sys::Array::of2(&"encrypt".into(), &"decrypt".into());
    let promise = subtle()?.import_key_with_str("raw", &raw, "AES-GCM", false, &usages)?;
    let key = JsFuture::from(promise).await?.unchecked_into();
    raw.fill(0, 0, 32);
    Ok(key)
}

pub async fn seal(key: &CryptoKey, name: &str, text: &str) -> Result<Sealed, JsValue> {
    let nonce = js::random_bytes::<12>();
    let clear = js_sys::Uint8Array::from(text.as_bytes());
    let promise = subtle()?.encrypt_with_object_and_buffer_source(&params(&nonce, name), key, &clear)?;
    let sealed = bytes_of(JsFuture::from(promise).await?);
    clear.fill(0, 0, clear.length());
    Ok(Sealed { nonce: to_base64(&nonce), sealed: to_base64(&sealed) })
}

/// None: another key, another name, or damaged.
pub async fn open(key: &CryptoKey, name: &str, sealed: &Sealed) -> Option<Secret> {
    let (nonce, bytes) = (from_base64(&sealed.nonce)?, from_base64(&sealed.sealed)?);
    let bytes = js_sys::Uint8Array::from(bytes.as_slice());
    let promise = subtle().ok()?.decrypt_with_object_and_buffer_source(&params(&nonce, name), key, &bytes).ok()?;
    String::from_utf8(bytes_of(JsFuture::from(promise).await.ok()?)).ok().map(Secret::from)
}

/// Overwrites bytes before they are given back to the allocator.
pub fn wipe(mut bytes: Vec<u8>) {
    bytes.fill(0);
    // The compiler must believe that somebody reads the zeros.
    std::hint::black_box(&bytes);
}

fn subtle() -> Result<SubtleCrypto, JsValue> {
    Ok(js::scope().crypto()?.subtle())
}

fn params(nonce: &[u8], name: &str) -> js_sys::Object {
    let params = AesGcmParams::new("AES-GCM", &js_sys::Uint8Array::from(nonce));
    params.set_additional_data(&js_sys::Uint8Array::from(name.as_bytes()));
    params.unchecked_into()
}

fn bytes_of(buffer: JsValue) -> Vec<u8> {
    js_sys::Uint8Array::new(&buffer).to_vec()
}

pub fn to_base64(bytes: &[u8]) -> String {
    let binary: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    js::scope().btoa(&binary).expect("every char is a byte")
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    // `atob` gives one char per byte.
    js::scope().atob(text).ok().map(|binary| binary.chars().map(|char| char as u8).collect())
}
