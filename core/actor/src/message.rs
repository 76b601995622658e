//! Messages and states as bytes and refs, laid out as those of `peerd`: fixed little-endian where the type has a fixed length,
//! length-prefixed where not, refs apart.
use alloc::{boxed::Box, collections::BTreeMap, string::String, vec::Vec};

/// What can be sent, and what can be a state. `#[derive(Message)]` lays out a struct or an enum from its fields.
///
/// An `Addr` in it travels beside the bytes, never among them. A `Reply` that comes with a call is the caller's address: at most one
/// in a message.
pub trait Message: Sized {
    fn put(&self, to: &mut Writer<'_>);

    /// None: these bytes are no such message.
    fn get(from: &mut Reader<'_>) -> Option<Self>;
}

/// Takes a message piece by piece.
pub struct Writer<'a> {
    bytes: &'a mut Vec<u8>,
    /// As in the lists of `wire`.
    refs: &'a mut Vec<u32>,
}

impl<'a> Writer<'a> {
    pub fn new(bytes: &'a mut Vec<u8>, refs: &'a mut Vec<u32>) -> Writer<'a> {
        Writer { bytes, refs }
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub fn tag(&mut self, tag: u8) {
        self.bytes.push(tag);
    }

    pub fn length(&mut self, length: usize) {
        self.bytes(&(length as u32).to_le_bytes());
    }

    pub fn reference(&mut self, index: u32) {
        self.refs.push(index);
    }
}

/// A message being read.
pub struct Reader<'a> {
    bytes: &'a [u8],
    /// Of the refs that are still to be read: the first index, and how many.
    next: u32,
    left: u32,
    reply: Option<u32>,
}

impl<'a> Reader<'a> {
    #[must_use]
    pub fn new(bytes: &'a [u8], first: u32, refs: u32, reply: Option<u32>) -> Reader<'a> {
        Reader { bytes, next: first, left: refs, reply }
    }

    /// The whole message, and nothing but it.
    pub fn read<M: Message>(mut self) -> Option<M> {
        M::get(&mut self).filter(|_| self.bytes.is_empty())
    }

    pub fn tag(&mut self) -> Option<u8> {
        self.array::<1>().map(|[tag]| tag)
    }

    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.bytes.split_first_chunk::<N>()?;
        self.bytes = rest;
        Some(*first)
    }

    pub fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (first, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(first)
    }

    pub fn length(&mut self) -> Option<usize> {
        u32::get(self).map(|length| length as usize)
    }

    pub fn reference(&mut self) -> Option<u32> {
        self.left = self.left.checked_sub(1)?;
        self.next += 1;
        Some(self.next - 1)
    }

    /// The caller's index, once.
    pub fn reply(&mut self) -> Option<u32> {
        self.reply.take()
    }

    /// Of a list whose items take at least a byte or a ref each: one that claims more than is there is malformed.
    fn count(&mut self) -> Option<usize> {
        self.length().filter(|length| *length <= self.bytes.len() + self.left as usize)
    }
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl Message for $type {
            fn put(&self, to: &mut Writer<'_>) {
                to.bytes(&self.to_le_bytes());
            }

            fn get(from: &mut Reader<'_>) -> Option<$type> {
                from.array().map(<$type>::from_le_bytes)
            }
        }
    )*};
}

numbers!(u8, u16, u32, u64, u128, i8, i16, i32, i64, i128, f32, f64);

impl Message for () {
    fn put(&self, _: &mut Writer<'_>) {}

    fn get(_: &mut Reader<'_>) -> Option<()> {
        Some(())
    }
}

impl Message for bool {
    fn put(&self, to: &mut Writer<'_>) {
        to.tag(u8::from(*self));
    }

    fn get(from: &mut Reader<'_>) -> Option<bool> {
        match from.tag()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Message for char {
    fn put(&self, to: &mut Writer<'_>) {
        u32::from(*self).put(to);
    }

    fn get(from: &mut Reader<'_>) -> Option<char> {
        char::from_u32(u32::get(from)?)
    }
}

impl Message for String {
    fn put(&self, to: &mut Writer<'_>) {
        to.length(self.len());
        to.bytes(self.as_bytes());
    }

    fn get(from: &mut Reader<'_>) -> Option<String> {
        let length = from.length()?;
        core::str::from_utf8(from.bytes(length)?).ok().map(String::from)
    }
}

impl<T: Message> Message for Vec<T> {
    fn put(&self, to: &mut Writer<'_>) {
        to.length(self.len());
        for item in self {
            item.put(to);
        }
    }

    fn get(from: &mut Reader<'_>) -> Option<Vec<T>> {
        let count = from.count()?;
        (0..count).map(|_| T::get(from)).collect()
    }
}

impl<T: Message, const N: usize> Message for [T; N] {
    fn put(&self, to: &mut Writer<'_>) {
        for item in self {
            item.put(to);
        }
    }

    fn get(from: &mut Reader<'_>) -> Option<[T; N]> {
        let items: Vec<T> = (0..N).map(|_| T::get(from)).collect::<Option<_>>()?;
        items.try_into().ok()
    }
}

/// As a list of pairs, in order of the keys.
impl<K: Message + Ord, V: Message> Message for BTreeMap<K, V> {
    fn put(&self, to: &mut Writer<'_>) {
        to.length(self.len());
        for (key, value) in self {
            key.put(to);
            value.put(to);
        }
    }

    fn get(from: &mut Reader<'_>) -> Option<BTreeMap<K, V>> {
        let count = from.count()?;
        (0..count).map(|_| Some((K::get(from)?, V::get(from)?))).collect()
    }
}

impl<T: Message> Message for Option<T> {
    fn put(&self, to: &mut Writer<'_>) {
        to.tag(u8::from(self.is_some()));
        if let Some(value) = self {
            value.put(to);
        }
    }

    fn get(from: &mut Reader<'_>) -> Option<Option<T>> {
        if bool::get(from)? { T::get(from).map(Some) } else { Some(None) }
    }
}

impl<T: Message> Message for Box<T> {
    fn put(&self, to: &mut Writer<'_>) {
        (**self).put(to);
    }

    fn get(from: &mut Reader<'_>) -> Option<Box<T>> {
        T::get(from).map(Box::new)
    }
}

impl<T: Message, E: Message> Message for Result<T, E> {
    fn put(&self, to: &mut Writer<'_>) {
        to.tag(u8::from(self.is_err()));
        match self {
            Ok(value) => value.put(to),
            Err(error) => error.put(to),
        }
    }

    fn get(from: &mut Reader<'_>) -> Option<Result<T, E>> {
        if bool::get(from)? { E::get(from).map(Err) } else { T::get(from).map(Ok) }
    }
}

macro_rules! tuples {
    ($(($($name:ident)+))*) => {$(
        impl<$($name: Message),+> Message for ($($name,)+) {
            #[allow(non_snake_case, reason = "the names are those of the types")]
            fn put(&self, to: &mut Writer<'_>) {
                let ($($name,)+) = self;
                $($name.put(to);)+
            }

            fn get(from: &mut Reader<'_>) -> Option<Self> {
                Some(($($name::get(from)?,)+))
            }
        }
    )*};
}

tuples!((A)(A B)(A B C)(A B C D)(A B C D E)(A B C D E F));
