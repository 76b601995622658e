//! The handles that a value brought, and giving them back.
use alloc::vec;
use alloc::vec::Vec;

use crate::peer::Peer;
use crate::value::{Ref, Value};

impl Value {
    /// Every reference in it, each as often as it occurs.
    pub fn refs(&self) -> Vec<Ref> {
        let mut found = Vec::new();
        let mut values = vec![self];
        while let Some(value) = values.pop() {
            match value {
                Value::Ref(reference) => found.push(*reference),
                Value::List(items) => values.extend(items),
                Value::Struct(fields) => values.extend(fields.iter().map(|(_, value)| value)),
                Value::Tagged(_, value) => values.push(value),
                Value::Void | Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) => {}
                Value::Bytes(_) | Value::Text(_) | Value::Symbol(_) | Value::Error(_) | Value::Sturdyref(_) => {}
            }
        }
        found
    }
}

impl Peer {
    /// Releases what came with a value: whoever is done with it.
    pub fn release_all(&mut self, value: &Value) {
        value.refs().into_iter().for_each(|reference| self.release(reference));
    }
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;

    use super::*;
    use crate::value::Object;

    #[test]
    fn a_reference_is_found_wherever_it_lies_and_as_often() {
        let one = || Value::Ref(Ref::Local(Object(1)));
        let inner =
            Value::Struct(vec![("a".into(), one()), ("b".into(), Value::Tagged("t".into(), Box::new(Value::Ref(Ref::Local(Object(2))))))]);
        let mut found = Value::List(vec![one(), Value::text("x"), inner]).refs();
        found.sort();
        assert_eq!(found, [Ref::Local(Object(1)), Ref::Local(Object(1)), Ref::Local(Object(2))]);
    }
}
