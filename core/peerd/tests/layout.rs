//! How messages lie: fixed little-endian where the type is fixed, and nothing malformed is taken.
use peerd::{Addr, Message, Reader, encode};

#[derive(Debug, PartialEq, Message)]
enum Shape {
    Dot,
    Line {
        from: (i32, i32),
        to: (i32, i32),
    },
    Named(String, Option<Box<Shape>>),
    #[allow(dead_code, reason = "its number is what matters")]
    Seen(Addr<u8>),
    Ours(#[message(postcard)] std::collections::BTreeMap<u8, String>),
}

#[derive(Debug, PartialEq, Message)]
enum Token {
    Hop(u64),
}

fn bytes<M: Message>(message: &M) -> Vec<u8> {
    encode(message).0
}

#[test]
fn one_variant_has_no_tag_and_several_have_one_byte() {
    assert_eq!(bytes(&Token::Hop(5)), 5u64.to_le_bytes());
    assert_eq!(bytes(&Shape::Dot), [0]);
    let line = Shape::Line { from: (1, -1), to: (256, 0) };
    assert_eq!(bytes(&line), [1, 1, 0, 0, 0, 255, 255, 255, 255, 0, 1, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn what_is_written_is_read_and_nothing_shorter_or_longer() {
    let nested = Shape::Named("é".into(), Some(Box::new(Shape::Dot)));
    let ours = Shape::Ours([(3, "x".into())].into());
    for shape in [Shape::Dot, nested, ours, Shape::Line { from: (1, 2), to: (3, 4) }] {
        let written = bytes(&shape);
        assert_eq!(Reader::new(&written, &[], None).read::<Shape>(), Some(shape));
        for cut in 0..written.len() {
            assert_eq!(Reader::new(&written[..cut], &[], None).read::<Shape>(), None);
        }
        let longer: Vec<u8> = written.iter().copied().chain([0]).collect();
        assert_eq!(Reader::new(&longer, &[], None).read::<Shape>(), None);
    }
}

#[test]
fn lengths_that_claim_more_than_is_there_and_unknown_tags_are_malformed() {
    assert_eq!(Reader::new(&[9], &[], None).read::<Shape>(), None);
    assert_eq!(Reader::new(&[255, 255, 255, 255], &[], None).read::<Vec<u64>>(), None);
    assert_eq!(Reader::new(&[255, 255, 255, 255, 1], &[], None).read::<Vec<()>>(), None);
    assert_eq!(Reader::new(&[3], &[], None).read::<Shape>(), None);
    assert_eq!(Reader::new(&[2], &[], None).read::<bool>(), None);
    assert_eq!(Reader::new(&[0, 216, 0, 0], &[], None).read::<char>(), None);
}
