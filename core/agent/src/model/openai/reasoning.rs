//! OpenRouter's `reasoning_details`: fragments joined to the sequence that has to be sent back.
use serde_json::Value;

/// Adds one fragment. Fragments of one item share its index and type; their texts join, everything else is replaced.
pub fn join(items: &mut alloc::vec::Vec<Value>, fragment: &Value) {
    let Value::Object(fields) = fragment else { return };
    let same = |item: &&mut Value| item["index"] == fragment["index"] && item["type"] == fragment["type"];
    let Some(Value::Object(item)) = items.last_mut().filter(same) else {
        items.push(fragment.clone());
        return;
    };
    for (name, value) in fields {
        match (item.get_mut(name), value) {
            (Some(Value::String(text)), Value::String(more)) if matches!(name.as_str(), "text" | "summary" | "data") => text.push_str(more),
            (_, Value::Null) => {}
            _ => {
                item.insert(name.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use serde_json::json;

    #[test]
    fn fragments_become_the_items_they_were() {
        let mut items = Vec::new();
        for fragment in [
            json!({"type": "reasoning.text", "index": 0, "text": "I ", "signature": null}),
            json!({"type": "reasoning.text", "index": 0, "text": "think"}),
            json!({"type": "reasoning.text", "index": 0, "signature": "s"}),
            json!({"type": "reasoning.encrypted", "index": 1, "data": "x"}),
        ] {
            join(&mut items, &fragment);
        }
        let joined = json!([
            {"type": "reasoning.text", "index": 0, "text": "I think", "signature": "s"},
            {"type": "reasoning.encrypted", "index": 1, "data": "x"},
        ]);
        assert_eq!(Value::Array(items), joined);
    }
}
