//! Typed messages: values as postcard bytes, and the address of whoever waits for an answer.
use alloc::vec::Vec;
use peerd_vat::{CallId, Cx, Ref};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A message that is never sent: for the kinds that a server does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Never {}

/// Who waits for the answer to a call. Kept in the state, the call stays open; dropped, it settles `noreply`; sent on by its
/// ref, another actor answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller(pub Ref);

impl Caller {
    /// The second answer only counts as late.
    pub fn answer<T: Serialize>(self, value: &T, cx: &mut Cx<'_>) {
        cx.reply(self.0, &encode(value), &[]);
    }

    pub fn answer_with<T: Serialize>(self, value: &T, refs: &[Ref], cx: &mut Cx<'_>) {
        cx.reply(self.0, &encode(value), refs);
    }
}

/// Asks; the answer comes as `Event::Reply` and is read by `decode`.
pub fn call<T: Serialize>(to: Ref, request: &T, refs: &[Ref], deadline_ms: u64, cx: &mut Cx<'_>) -> CallId {
    cx.call(to, &encode(request), refs, deadline_ms)
}

/// Tells; nothing comes back, and nothing is waited for.
pub fn cast<T: Serialize>(to: Ref, message: &T, refs: &[Ref], cx: &mut Cx<'_>) {
    cx.send_with(to, &encode(message), refs);
}

/// # Panics
/// When the value can't be written as postcard: a map whose length is not known, or a ref in a text format.
#[must_use]
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_allocvec(value).expect("a plain value always encodes")
}

/// None: these bytes are no such value, or more than one.
#[must_use]
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let (value, rest) = postcard::take_from_bytes(bytes).ok()?;
    rest.is_empty().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_or_too_short_is_no_message() {
        let bytes = encode(&(7u8, 300u32));
        assert_eq!(decode::<(u8, u32)>(&bytes), Some((7, 300)));
        assert_eq!(decode::<(u8, u32)>(&bytes[..2]), None);
        assert_eq!(decode::<u8>(&bytes), None);
        assert_eq!(decode::<Never>(&bytes), None);
    }
}
