//! How these programs write numbers and refs down.
use peerd_vat::Ref;
use serde::{Serialize, de::DeserializeOwned};

pub fn number(body: &[u8]) -> u64 {
    u64::from_le_bytes(body.try_into().expect("eight bytes"))
}

pub fn to<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_allocvec(value).expect("plain data")
}

pub fn from<T: DeserializeOwned>(bytes: &[u8]) -> T {
    postcard::from_bytes(bytes).expect("own bytes")
}

pub fn first(bytes: &[u8]) -> Ref {
    from(&bytes[..16])
}
