//! Bytes as what a hostile peer does: any byte sequence is a script, and a script breaks a promise or it does not.
//!
//! ```text
//! bytes ─ Draw ─▶ Words: messages, mostly well-formed, with small positions that are likely to exist
//!              └▶ Play: connections, the user's own calls, time ─▶ Peer ─▶ checked after each step
//! ```
//!
//! The checks: nothing panics; what is written can be read; nothing is written after a close; tables stay within their limits; and when
//! all sessions are over and the user has let go of everything, the machine holds nothing at all.

mod draw;
pub mod forge;
mod play;
mod words;

use peerd_syrup::{Limits, Order, Value};

/// A whole life of a machine.
///
/// # Errors
/// The promise that was broken.
pub fn captp(bytes: &[u8]) -> Result<(), String> {
    play::Play::new(bytes).run()
}

/// One value, if it is one.
///
/// # Errors
/// If it was read although no writer writes it so.
pub fn syrup(bytes: &[u8]) -> Result<(), String> {
    let limits = Limits { depth_max: 16, nodes_max: 200, digits_max: 64 };
    let Ok(value) = Value::read(bytes, limits) else { return Ok(()) };
    let mut written = Vec::new();
    if is_ordered(&value) {
        write(&value, &mut written);
    }
    if written == bytes { Ok(()) } else { Err(format!("read, and written as something else: {value:?}")) }
}

/// Whether the keys of each struct stand in one of the two orders. Not in the same one: what somebody else has signed travels in ours as it is.
fn is_ordered(value: &Value) -> bool {
    let sorted = |order: Order, pairs: &[(Value, Value)]| {
        pairs.windows(2).all(|two| match (&two[0].0, &two[1].0) {
            (Value::Text(one), Value::Text(other)) => order.compare(one, other).is_lt(),
            (one, other) => order == Order::Encoded && one.encoded(order) < other.encoded(order),
        })
    };
    match value {
        Value::List(items) | Value::Set(items) | Value::Record(_, items) => items.iter().all(is_ordered),
        Value::Struct(pairs) => {
            [Order::Encoded, Order::Text].into_iter().any(|order| sorted(order, pairs)) && pairs.iter().all(|(_, value)| is_ordered(value))
        }
        _ => true,
    }
}

/// With keys as they stand.
fn write(value: &Value, to: &mut Vec<u8>) {
    match value {
        Value::List(items) => wrap(b"[", items, b"]", to),
        Value::Set(items) => wrap(b"#", items, b"$", to),
        Value::Record(label, fields) => {
            to.push(b'<');
            write(label, to);
            wrap(b"", fields, b">", to);
        }
        Value::Struct(pairs) => {
            to.push(b'{');
            for (key, value) in pairs {
                write(key, to);
                write(value, to);
            }
            to.push(b'}');
        }
        leaf => leaf.write(to, Order::Encoded),
    }
}

fn wrap(open: &[u8], items: &[Value], close: &[u8], to: &mut Vec<u8>) {
    to.extend_from_slice(open);
    items.iter().for_each(|item| write(item, to));
    to.extend_from_slice(close);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structs_of_one_message_may_be_in_either_order() {
        // The first only by its text, the second only as it is encoded.
        assert_eq!(syrup(b"[{2\"aat1\"bt}{1\"bt2\"aat}]"), Ok(()));
    }

    #[test]
    fn keys_in_no_order_are_not_read() {
        assert!(Value::read(b"{1\"bt1\"at}", Limits { depth_max: 16, nodes_max: 200, digits_max: 64 }).is_err());
    }
}
