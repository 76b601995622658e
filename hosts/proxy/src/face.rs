//! The proxy as JavaScript has it.
use crate::{Event, Proxy};
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(js_name = Proxy)]
pub struct Face(Proxy);

#[wasm_bindgen(js_class = Proxy)]
impl Face {
    #[wasm_bindgen(constructor)]
    #[expect(clippy::new_without_default, reason = "JavaScript has no defaults")]
    pub fn new() -> Face {
        Face(Proxy::new())
    }

    #[wasm_bindgen(getter)]
    pub fn certificate(&self) -> String {
        self.0.certificate().into()
    }

    pub fn opened(&mut self, conn: u32) {
        self.0.opened(conn);
    }

    pub fn heard(&mut self, conn: u32, bytes: &[u8]) {
        self.0.heard(conn, bytes);
    }

    pub fn ended(&mut self, conn: u32) {
        self.0.ended(conn);
    }

    pub fn closed(&mut self, conn: u32) {
        self.0.closed(conn);
    }

    /// `headers`: names and values in turn.
    pub fn head(&mut self, ask: u32, status: u16, headers: Vec<String>) {
        let pairs: Vec<(String, String)> = headers.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
        self.0.head(ask, status, &pairs);
    }

    pub fn piece(&mut self, ask: u32, bytes: &[u8]) {
        self.0.piece(ask, bytes);
    }

    pub fn end(&mut self, ask: u32) {
        self.0.end(ask);
    }

    pub fn fail(&mut self, ask: u32, status: u16, why: &str) {
        self.0.fail(ask, status, why);
    }

    /// `{send: conn, bytes}`, `{end: conn}`, `{ask, credentials, method, url, headers: [[name, value]], body}`, `{abort: ask}`, or undefined.
    pub fn take(&mut self) -> Option<Object> {
        let fields: Vec<(&str, JsValue)> = match self.0.take()? {
            Event::Send { conn, bytes } => [("send", conn.into()), ("bytes", Uint8Array::from(bytes.as_slice()).into())].into(),
            Event::End { conn } => [("end", conn.into())].into(),
            Event::Abort { ask } => [("abort", ask.into())].into(),
            Event::Ask { ask, credentials, method, url, headers, body } => {
                let pairs: Array = headers.iter().map(|(name, value)| Array::of2(&name.into(), &value.into())).collect();
                [
                    ("ask", ask.into()),
                    ("credentials", credentials.into()),
                    ("method", method.into()),
                    ("url", url.into()),
                    ("headers", pairs.into()),
                    ("body", Uint8Array::from(body.as_slice()).into()),
                ]
                .into()
            }
        };
        let object = Object::new();
        for (key, value) in fields {
            Reflect::set(&object, &key.into(), &value).expect("a plain object takes any field");
        }
        Some(object)
    }
}
