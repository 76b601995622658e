//! A JSON value kept as text, so that formats that can't describe themselves (postcard) carry it too.
use alloc::string::{String, ToString};
use serde::{Deserialize, Deserializer, Serializer, de::Error};
use serde_json::Value;

pub fn serialize<S: Serializer>(value: &Value, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&value.to_string())
}

pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Value, D::Error> {
    let text = String::deserialize(from)?;
    serde_json::from_str(&text).map_err(D::Error::custom)
}
