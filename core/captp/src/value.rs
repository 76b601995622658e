//! What calls carry: portable data, and references by number.
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use peerd_syrup::Integer;

use crate::location::Sturdyref;

/// A local object, by the number that its owner gave it. The machine only compares them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Object(pub u64);

/// An object of a peer. The machine makes them; the same object in the same session is the same `Far`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Far(pub(crate) u64);

/// What a call will give, or has given.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Promise(pub(crate) u64);

/// The right to settle a promise, once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Resolver(pub(crate) u64);

/// What can be called.
///
/// The machine counts how often it has handed a `Far` or a `Promise` to its user, in an [`crate::Output`] or as a result: each occurrence
/// is owed one [`crate::Peer::release`]. Using one in a call or in a settlement gives nothing back and costs nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Ref {
    Local(Object),
    Far(Far),
    Promise(Promise),
}

/// What an argument, an answer or a reason can be.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// JavaScript's `undefined`, Scheme's unspecified.
    Void,
    /// Only Endo and peerd have it.
    Null,
    Bool(bool),
    Integer(Integer),
    Float(f64),
    Bytes(Vec<u8>),
    Text(String),
    Symbol(String),
    List(Vec<Value>),
    /// Keys are unique; their order here means nothing.
    Struct(Vec<(String, Value)>),
    /// Only Endo and peerd have it.
    Tagged(String, Box<Value>),
    /// Only Endo and peerd have it: to all others a reason is a `Text`.
    Error(String),
    /// Data until it is enlivened.
    Sturdyref(Box<Sturdyref>),
    Ref(Ref),
}

impl Value {
    pub fn integer(number: i64) -> Value {
        Value::Integer(Integer::from(number))
    }

    pub fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    pub fn symbol(text: &str) -> Value {
        Value::Symbol(text.into())
    }
}
