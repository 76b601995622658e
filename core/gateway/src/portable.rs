//! Values that can cross any boundary, as the body and the refs of a message: Syrup, in which `<ref N>` is the n-th ref of the table.
//!
//! A body for a remote object is a list: what it is called with. An object that has methods takes a symbol first. An answer is one value; one that is
//! an `Error` says that the call failed.
use alloc::{boxed::Box, string::String, vec, vec::Vec};
use peerd_captp::{Object, Ref as Reference, Sturdyref, Value};
use peerd_syrup::{Limits, Order, Value as Tree};

/// Limits: those of a message on the wire.
const LIMITS: Limits = Limits { depth_max: 64, nodes_max: 100_000, digits_max: 4_096 };

/// The n-th ref of the table beside a value.
#[must_use]
pub const fn nth(place: usize) -> Value {
    Value::Ref(Reference::Local(Object(place as u64)))
}

/// A call's body: a method and what it takes.
#[must_use]
pub fn invoke(method: &str, args: Vec<Value>) -> Vec<u8> {
    write(&Value::List(core::iter::once(Value::symbol(method)).chain(args).collect()))
}

/// The method and what it was given. None: it is no call of a method.
#[must_use]
pub fn invoked(body: &[u8]) -> Option<(String, Vec<Value>)> {
    let Value::List(items) = read(body)? else { return None };
    let mut items = items.into_iter();
    match items.next() {
        Some(Value::Symbol(method)) => Some((method, items.collect())),
        _ => None,
    }
}

/// References in it are places of the table, made by `nth`.
#[must_use]
pub fn write(value: &Value) -> Vec<u8> {
    tree(value).encoded(Order::Encoded)
}

/// None: the bytes are no such value.
#[must_use]
pub fn read(body: &[u8]) -> Option<Value> {
    value(Tree::read(body, LIMITS).ok()?)
}

fn record(label: &str, fields: Vec<Tree>) -> Tree {
    Tree::Record(Box::new(Tree::Symbol(label.into())), fields)
}

fn tree(value: &Value) -> Tree {
    match value {
        Value::Void => record("void", Vec::new()),
        Value::Null => record("null", Vec::new()),
        Value::Bool(is) => Tree::Bool(*is),
        Value::Integer(number) => Tree::Integer(number.clone()),
        Value::Float(number) => Tree::Float(*number),
        Value::Bytes(bytes) => Tree::Bytes(bytes.clone()),
        Value::Text(text) => Tree::Text(text.clone()),
        Value::Symbol(text) => Tree::Symbol(text.clone()),
        Value::List(items) => Tree::List(items.iter().map(tree).collect()),
        Value::Struct(fields) => Tree::Struct(fields.iter().map(|(key, value)| (Tree::Text(key.clone()), tree(value))).collect()),
        Value::Tagged(tag, content) => record("tagged", vec![Tree::Symbol(tag.clone()), tree(content)]),
        Value::Error(message) => record("error", vec![Tree::Text(message.clone())]),
        Value::Sturdyref(sturdyref) => record("sturdyref", vec![Tree::Text(sturdyref.to_uri())]),
        Value::Ref(Reference::Local(object)) => record("ref", vec![Tree::Integer((object.0 as i64).into())]),
        // These never leave the gateway.
        Value::Ref(Reference::Far(_) | Reference::Promise(_)) => record("void", Vec::new()),
    }
}

fn value(tree: Tree) -> Option<Value> {
    Some(match tree {
        Tree::Bool(is) => Value::Bool(is),
        Tree::Integer(number) => Value::Integer(number),
        Tree::Float(number) => Value::Float(number),
        Tree::Bytes(bytes) => Value::Bytes(bytes),
        Tree::Text(text) => Value::Text(text),
        Tree::Symbol(text) => Value::Symbol(text),
        Tree::List(items) => Value::List(items.into_iter().map(value).collect::<Option<_>>()?),
        Tree::Struct(fields) => Value::Struct(fields.into_iter().map(field).collect::<Option<_>>()?),
        Tree::Record(label, fields) => special(*label, fields)?,
        Tree::Set(_) => return None,
    })
}

fn field((key, item): (Tree, Tree)) -> Option<(String, Value)> {
    match key {
        Tree::Text(key) => Some((key, value(item)?)),
        _ => None,
    }
}

fn special(label: Tree, fields: Vec<Tree>) -> Option<Value> {
    let Tree::Symbol(label) = label else { return None };
    let mut fields = fields.into_iter();
    let parts = (fields.next(), fields.next(), fields.next());
    Some(match (label.as_str(), parts) {
        ("void", (None, ..)) => Value::Void,
        ("null", (None, ..)) => Value::Null,
        ("tagged", (Some(Tree::Symbol(tag)), Some(content), None)) => Value::Tagged(tag, Box::new(value(content)?)),
        ("error", (Some(Tree::Text(message)), None, _)) => Value::Error(message),
        ("sturdyref", (Some(Tree::Text(uri)), None, _)) => Value::Sturdyref(Box::new(Sturdyref::parse(&uri).ok()?)),
        ("ref", (Some(Tree::Integer(place)), None, _)) => nth(place.to_u64()? as usize),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_went() {
        let uri = "ocapn://abc.websocket/s/AAAA?url=ws%3A%2F%2F127.0.0.1";
        let values = [
            Value::Void,
            Value::Null,
            Value::Bool(true),
            Value::integer(-7),
            Value::Float(1.5),
            Value::Bytes(vec![0, 255]),
            Value::text("grün"),
            Value::Struct(vec![("a".into(), nth(3)), ("bb".into(), Value::List(vec![nth(0)]))]),
            Value::Tagged("point".into(), Box::new(Value::integer(1))),
            Value::Error("so".into()),
            Value::Sturdyref(Box::new(Sturdyref::parse(uri).expect("it is one"))),
        ];
        for value in values {
            assert_eq!(read(&write(&value)), Some(value));
        }
    }

    #[test]
    fn a_method_is_told_from_its_arguments() {
        assert_eq!(invoked(&invoke("take", vec![nth(0), Value::integer(3)])), Some(("take".into(), vec![nth(0), Value::integer(3)])));
        assert_eq!(invoked(&write(&Value::List(vec![Value::integer(3)]))), None);
        assert_eq!(invoked(b"[1+"), None);
    }

    #[test]
    fn what_is_no_value_of_ours_is_nothing() {
        for bytes in [b"<3'foo>".as_slice(), b"#1+$", b"<3'ref1->", b"{1+2+}", b"", b"1+1+", b"<4'void1+>"] {
            assert_eq!(read(bytes), None, "{}", alloc::string::String::from_utf8_lossy(bytes));
        }
    }
}
