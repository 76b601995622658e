//! A server's state as bytes of its own, first in what the library keeps around it: so that an upgrade or an inspector can
//! take it out without knowing the rest.
use crate::message::{decode, encode};
use alloc::vec::Vec;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, de::Error};

pub fn serialize<T: Serialize, S: Serializer>(state: &Option<T>, to: S) -> Result<S::Ok, S::Error> {
    state.as_ref().map(encode).serialize(to)
}

pub fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    let bytes = Option::<Vec<u8>>::deserialize(from)?;
    bytes.map(|bytes| decode(&bytes).ok_or_else(|| D::Error::custom("these bytes are no state of this server"))).transpose()
}
