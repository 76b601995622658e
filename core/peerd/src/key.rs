//! Keys of a table as bytes whose order is that of the keys.
use alloc::{string::String, vec::Vec};

/// What a table can be sorted by. Of two keys the lesser has the lesser bytes, and no key's bytes begin with another's.
pub trait Key: Sized {
    fn put(&self, to: &mut Vec<u8>);

    /// None: these bytes begin with no such key.
    fn take(from: &mut &[u8]) -> Option<Self>;
}

macro_rules! unsigned {
    ($($type:ty),*) => {$(
        impl Key for $type {
            fn put(&self, to: &mut Vec<u8>) {
                to.extend_from_slice(&self.to_be_bytes());
            }

            fn take(from: &mut &[u8]) -> Option<$type> {
                let (first, rest) = from.split_first_chunk()?;
                *from = rest;
                Some(<$type>::from_be_bytes(*first))
            }
        }
    )*};
}

macro_rules! signed {
    ($($type:ty),*) => {$(
        /// With the sign turned around, so that what is negative comes first.
        impl Key for $type {
            fn put(&self, to: &mut Vec<u8>) {
                to.extend_from_slice(&(*self ^ <$type>::MIN).to_be_bytes());
            }

            fn take(from: &mut &[u8]) -> Option<$type> {
                let (first, rest) = from.split_first_chunk()?;
                *from = rest;
                Some(<$type>::from_be_bytes(*first) ^ <$type>::MIN)
            }
        }
    )*};
}

unsigned!(u8, u16, u32, u64, u128);
signed!(i8, i16, i32, i64, i128);

impl Key for () {
    fn put(&self, _: &mut Vec<u8>) {}

    fn take(_: &mut &[u8]) -> Option<()> {
        Some(())
    }
}

impl Key for bool {
    fn put(&self, to: &mut Vec<u8>) {
        u8::from(*self).put(to);
    }

    fn take(from: &mut &[u8]) -> Option<bool> {
        match u8::take(from)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

/// A zero within is followed by this, the zero at the end by another: so the end comes before whatever could go on.
const WITHIN: u8 = 0xFF;

impl Key for Vec<u8> {
    fn put(&self, to: &mut Vec<u8>) {
        put_bytes(self, to);
    }

    fn take(from: &mut &[u8]) -> Option<Vec<u8>> {
        let mut key = Vec::new();
        loop {
            let zero = from.iter().position(|byte| *byte == 0)?;
            key.extend_from_slice(&from[..zero]);
            let mark = *from.get(zero + 1)?;
            *from = &from[zero + 2..];
            match mark {
                0 => return Some(key),
                WITHIN => key.push(0),
                _ => return None,
            }
        }
    }
}

impl Key for String {
    fn put(&self, to: &mut Vec<u8>) {
        put_bytes(self.as_bytes(), to);
    }

    fn take(from: &mut &[u8]) -> Option<String> {
        String::from_utf8(Vec::take(from)?).ok()
    }
}

fn put_bytes(key: &[u8], to: &mut Vec<u8>) {
    for &byte in key {
        to.push(byte);
        if byte == 0 {
            to.push(WITHIN);
        }
    }
    to.extend_from_slice(&[0, 0]);
}

/// By the first, and among equals by the next.
impl<A: Key, B: Key> Key for (A, B) {
    fn put(&self, to: &mut Vec<u8>) {
        self.0.put(to);
        self.1.put(to);
    }

    fn take(from: &mut &[u8]) -> Option<(A, B)> {
        Some((A::take(from)?, B::take(from)?))
    }
}

impl<A: Key, B: Key, C: Key> Key for (A, B, C) {
    fn put(&self, to: &mut Vec<u8>) {
        self.0.put(to);
        self.1.put(to);
        self.2.put(to);
    }

    fn take(from: &mut &[u8]) -> Option<(A, B, C)> {
        Some((A::take(from)?, B::take(from)?, C::take(from)?))
    }
}
