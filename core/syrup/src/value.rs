//! A whole value as a tree of its own, for whoever does not read tokens.
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::reader::{Limits, Malformed, Reader, Token};
use crate::{Integer, Order, Writer};

/// Any value that Syrup can write. What a record means is not known here.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    Bool(bool),
    Integer(Integer),
    Float(f64),
    Bytes(Vec<u8>),
    Text(String),
    Symbol(String),
    List(Vec<Value>),
    /// In the order read; written in the order asked for.
    Struct(Vec<(Value, Value)>),
    Record(Box<Value>, Vec<Value>),
    Set(Vec<Value>),
}

impl Value {
    /// The one value that `bytes` are.
    pub fn read(bytes: &[u8], limits: Limits) -> Result<Value, Malformed> {
        let mut reader = Reader::new(bytes, limits);
        // What is open, innermost last, with the parts that it has so far.
        let mut open: Vec<Vec<Value>> = Vec::new();
        loop {
            let value = match reader.token()? {
                Token::Bool(value) => Value::Bool(value),
                Token::Integer(value) => Value::Integer(value),
                Token::Float(value) => Value::Float(value),
                Token::Bytes(value) => Value::Bytes(value.to_owned()),
                Token::Text(value) => Value::Text(value.to_owned()),
                Token::Symbol(value) => Value::Symbol(value.to_owned()),
                Token::OpenList | Token::OpenStruct | Token::OpenRecord | Token::OpenSet => {
                    open.push(Vec::new());
                    continue;
                }
                close => closed(&close, open.pop().expect("the reader closes only what it opened")),
            };
            match open.last_mut() {
                Some(parts) => parts.push(value),
                None => return reader.finish().map(|()| value),
            }
        }
    }

    /// Appends its one encoding. Keys that are not strings stand in the encoded order, whatever is asked for.
    pub fn write(&self, to: &mut Vec<u8>, order: Order) {
        let mut writer = Writer(to);
        match self {
            Value::Bool(value) => writer.bool(*value),
            Value::Integer(value) => writer.integer(value),
            Value::Float(value) => writer.float(*value),
            Value::Bytes(value) => writer.bytes(value),
            Value::Text(value) => writer.text(value),
            Value::Symbol(value) => writer.symbol(value),
            Value::List(items) => wrapped(b'[', items, b']', to, order),
            Value::Set(items) => wrapped(b'#', items, b'$', to, order),
            Value::Struct(pairs) => {
                let mut sorted: Vec<(Vec<u8>, &Value, &Value)> =
                    pairs.iter().map(|(key, value)| (key.encoded(order), key, value)).collect();
                sorted.sort_by(|(this, key, _), (that, other, _)| match (key, other) {
                    (Value::Text(key), Value::Text(other)) => order.compare(key, other),
                    _ => this.cmp(that),
                });
                to.push(b'{');
                for (key, _, value) in sorted {
                    to.extend_from_slice(&key);
                    value.write(to, order);
                }
                to.push(b'}');
            }
            Value::Record(label, fields) => {
                to.push(b'<');
                label.write(to, order);
                fields.iter().for_each(|field| field.write(to, order));
                to.push(b'>');
            }
        }
    }

    /// Its bytes.
    pub fn encoded(&self, order: Order) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes, order);
        bytes
    }
}

fn wrapped(open: u8, items: &[Value], close: u8, to: &mut Vec<u8>, order: Order) {
    to.push(open);
    items.iter().for_each(|item| item.write(to, order));
    to.push(close);
}

fn closed(close: &Token<'_>, parts: Vec<Value>) -> Value {
    match close {
        Token::CloseList => Value::List(parts),
        Token::CloseSet => Value::Set(parts),
        Token::CloseRecord => {
            let mut parts = parts.into_iter();
            let label = parts.next().expect("the reader saw a label");
            Value::Record(Box::new(label), parts.collect())
        }
        _ => {
            let mut parts = parts.into_iter();
            let mut pairs = Vec::with_capacity(parts.len() / 2);
            while let (Some(key), Some(value)) = (parts.next(), parts.next()) {
                pairs.push((key, value));
            }
            Value::Struct(pairs)
        }
    }
}
