//! What is read, what is refused, and that both sides of a round trip are the same.
use peerd_syrup::{Integer, Limits, Malformed, Order, Value};
use proptest::prelude::*;

fn read(bytes: &[u8]) -> Result<Value, Malformed> {
    Value::read(bytes, Limits::default())
}

#[test]
fn each_type_is_read_and_written_the_same() {
    let float = [b"D".as_slice(), &1.5_f64.to_bits().to_be_bytes()].concat();
    let whole: [&[u8]; 13] = [
        b"t",
        b"f",
        b"0+",
        b"42+",
        b"7-",
        b"3:\xff\x00a",
        b"2\"\xc3\xa9",
        b"3'abc",
        b"[1+[]t]",
        b"{1\"b1+2\"aa2+}",
        b"<4'void>",
        b"#1+2+$",
        &float,
    ];
    for bytes in whole {
        let value = read(bytes).unwrap_or_else(|why| panic!("{bytes:?}: {why:?}"));
        assert_eq!(value.encoded(Order::Encoded), bytes);
    }
}

#[test]
fn what_is_not_canonical_is_refused() {
    let nan = [b"D".as_slice(), &0x7ff8_0000_0000_0001_u64.to_be_bytes()].concat();
    let cases: [(&[u8], Malformed); 26] = [
        (b"", Malformed::Short),
        (b"4", Malformed::Short),
        (b"D123", Malformed::Short),
        (b"5:abc", Malformed::Short),
        (b"[1+", Malformed::Short),
        (b"x", Malformed::Byte),
        (b" 1+", Malformed::Byte),
        (b"(1+)", Malformed::Byte),
        (b"3;abc", Malformed::Byte),
        (b"F\x00\x00\x00\x00", Malformed::Byte),
        (b"01+", Malformed::Number),
        (b"0-", Malformed::Number),
        (b"03:abc", Malformed::Number),
        (b"12345678:", Malformed::Number),
        (&nan, Malformed::Nan),
        (b"1\"\xff", Malformed::Utf8),
        (b"3'\xed\xa0\x80", Malformed::Utf8),
        (b"]", Malformed::Bracket),
        (b"[1+}", Malformed::Bracket),
        (b"<>", Malformed::Bracket),
        (b"<[]>", Malformed::Bracket),
        (b"{1\"a}", Malformed::Bracket),
        (b"{1\"a1+1\"a2+}", Malformed::Keys),
        (b"{1\"b1+1\"a2+}", Malformed::Keys),
        (b"{[]1+}", Malformed::Keys),
        (b"1+2+", Malformed::Trailing),
    ];
    for (bytes, why) in cases {
        assert_eq!(read(bytes), Err(why), "{:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn both_known_orders_of_keys_are_read_and_no_third() {
    let encoded = b"{1\"b1+2\"aa2+}";
    let text = b"{2\"aa2+1\"b1+}";
    let both = [read(encoded).expect("the draft's"), read(text).expect("Endo's")];
    for value in both {
        assert_eq!(value.encoded(Order::Encoded), encoded);
        assert_eq!(value.encoded(Order::Text), text);
    }
    assert_eq!(read(b"{1\"b1+2\"aa2+1\"c3+}"), Err(Malformed::Keys));
}

#[test]
fn depth_nodes_and_digits_have_a_limit_and_reach_it() {
    let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
    assert!(read(&nested(64)).is_ok());
    assert_eq!(read(&nested(65)), Err(Malformed::Deep));
    assert_eq!(read(&vec![b'['; 1 << 20]), Err(Malformed::Deep));

    let many = |nodes: usize| [b"[".as_slice(), &vec![b't'; nodes - 1], b"]"].concat();
    assert!(read(&many(100_000)).is_ok());
    assert_eq!(read(&many(100_001)), Err(Malformed::Long));

    let digits = |count: usize| [vec![b'9'; count], b"+".to_vec()].concat();
    let large = read(&digits(4_096)).expect("as many as the limit");
    assert_eq!(large.encoded(Order::Encoded), digits(4_096));
    assert_eq!(read(&digits(4_097)), Err(Malformed::Number));
    assert_eq!(read(&vec![b'9'; 1 << 20]), Err(Malformed::Number));
}

#[test]
fn negative_zero_stays_what_it_is_and_every_nan_becomes_one() {
    let zero = Value::Float(-0.0).encoded(Order::Encoded);
    assert!(matches!(read(&zero), Ok(Value::Float(value)) if value == 0.0 && value.is_sign_negative()));
    let nan = Value::Float(f64::from_bits(0xfff0_0000_0000_0001)).encoded(Order::Encoded);
    assert_eq!(nan, [b"D".as_slice(), &0x7ff8_0000_0000_0000_u64.to_be_bytes()].concat());
    assert!(matches!(read(&nan), Ok(Value::Float(value)) if value.is_nan()));
}

fn values() -> impl Strategy<Value = Value> {
    let atoms = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| Value::Integer(Integer::from(number))),
        "-?[1-9][0-9]{0,40}".prop_map(|digits| Value::Integer(Integer::parse(&digits).expect("no leading zero"))),
        any::<f64>().prop_filter("NaN equals nothing", |float| !float.is_nan()).prop_map(Value::Float),
        any::<Vec<u8>>().prop_map(Value::Bytes),
        any::<String>().prop_map(Value::Text),
        any::<String>().prop_map(Value::Symbol),
    ];
    atoms.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::List),
            ("[a-z:]{1,12}", proptest::collection::vec(inner.clone(), 0..4))
                .prop_map(|(label, fields)| Value::Record(Box::new(Value::Symbol(label)), fields)),
            proptest::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| Value::Struct(map.into_iter().map(|(key, value)| (Value::Text(key), value)).collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_in_either_order(value in values()) {
        for order in [Order::Encoded, Order::Text] {
            let bytes = value.encoded(order);
            let again = read(&bytes).expect("what a writer wrote");
            prop_assert_eq!(again.encoded(order), bytes);
        }
    }

    #[test]
    fn bytes_that_are_read_are_the_only_ones_of_their_value(bytes in proptest::collection::vec(
        prop_oneof![3 => proptest::sample::select(b"tf0123+-:\"'[]{}<>#$Da".to_vec()), 1 => any::<u8>()], 0..40)) {
        if let Ok(value) = read(&bytes) {
            prop_assert!([Order::Encoded, Order::Text].into_iter().any(|order| value.encoded(order) == bytes));
        }
    }

    #[test]
    fn every_prefix_of_a_value_is_refused(value in values()) {
        let bytes = value.encoded(Order::Encoded);
        for length in 0..bytes.len() {
            prop_assert!(read(&bytes[..length]).is_err());
        }
    }
}
