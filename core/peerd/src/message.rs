//! Messages as bytes and refs: fixed little-endian where the type has a fixed length, length-prefixed where not.
use crate::{Addr, Reply};
use alloc::{boxed::Box, string::String, vec::Vec};
use peerd_caps::Letter;
use peerd_vat::{Paper, Ref, Writer};
use serde::de::DeserializeOwned;

/// What can be sent. `#[derive(Message)]` lays out a struct or an enum from its fields.
///
/// An `Addr` or `Ref` in it travels in the envelope's table of refs, never among the bytes. A `Reply` stands for the address
/// that the kernel gives with a call: at most one in a message.
pub trait Message: Sized {
    fn put(&self, to: &mut Writer<'_>);

    /// None: these bytes are no such message.
    fn get(from: &mut Reader<'_>) -> Option<Self>;
}

/// A message as bytes and refs, for whoever has no turn at hand.
pub fn encode<M: Message>(message: &M) -> (Vec<u8>, Vec<Ref>) {
    let mut paper = Paper::default();
    paper.write(|writer| message.put(writer));
    (paper.body().to_vec(), paper.refs().to_vec())
}

/// A message being read.
pub struct Reader<'a> {
    bytes: &'a [u8],
    refs: &'a [Ref],
    reply: Option<Ref>,
    /// Somebody else's call is passed on: its reply is written again as the passed call's own.
    is_passed: bool,
}

impl<'a> Reader<'a> {
    #[must_use]
    pub fn new(bytes: &'a [u8], refs: &'a [Ref], reply: Option<Ref>) -> Reader<'a> {
        Reader { bytes, refs, reply, is_passed: false }
    }

    /// For whoever passes a letter on as another one.
    pub(crate) fn passing(letter: Letter<'a>) -> Reader<'a> {
        Reader { is_passed: letter.reply.is_some(), ..Reader::new(letter.body, letter.refs, None) }
    }

    /// The whole message, and nothing but it.
    #[inline]
    pub fn read<M: Message>(mut self) -> Option<M> {
        match M::get(&mut self) {
            Some(message) if self.bytes.is_empty() => Some(message),
            _ => None,
        }
    }

    #[inline]
    pub fn tag(&mut self) -> Option<u8> {
        self.array::<1>().map(|[tag]| tag)
    }

    #[inline]
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

    pub fn reference(&mut self) -> Option<Ref> {
        let (first, rest) = self.refs.split_first()?;
        self.refs = rest;
        Some(*first)
    }

    /// The call's reply address, once.
    pub fn reply(&mut self) -> Option<Ref> {
        self.reply.take()
    }

    pub fn postcard<T: DeserializeOwned>(&mut self) -> Option<T> {
        let length = self.length()?;
        let (value, rest) = postcard::take_from_bytes(self.bytes(length)?).ok()?;
        rest.is_empty().then_some(value)
    }
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl Message for $type {
            #[inline]
            fn put(&self, to: &mut Writer<'_>) {
                to.bytes(&self.to_le_bytes());
            }

            #[inline]
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

    /// Each item takes at least a byte or a ref: a length that claims more than is there is malformed.
    fn get(from: &mut Reader<'_>) -> Option<Vec<T>> {
        let length = from.length()?;
        if length > from.bytes.len() + from.refs.len() {
            return None;
        }
        (0..length).map(|_| T::get(from)).collect()
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

impl Message for Ref {
    fn put(&self, to: &mut Writer<'_>) {
        to.reference(*self);
    }

    fn get(from: &mut Reader<'_>) -> Option<Ref> {
        from.reference()
    }
}

impl<M> Message for Addr<M> {
    fn put(&self, to: &mut Writer<'_>) {
        to.reference(self.as_ref());
    }

    fn get(from: &mut Reader<'_>) -> Option<Addr<M>> {
        from.reference().map(Addr::from_ref)
    }
}

/// Nothing is written for the address that comes with the call. One that was received goes among the refs: who gets it answers.
impl<T> Message for Reply<T> {
    fn put(&self, to: &mut Writer<'_>) {
        if let Some(address) = self.address() {
            to.reference(address);
        }
    }

    fn get(from: &mut Reader<'_>) -> Option<Reply<T>> {
        if core::mem::take(&mut from.is_passed) {
            return Some(Reply::mine());
        }
        from.reply().or_else(|| from.reference()).map(Reply::to)
    }
}

/// By postcard, like all kernel terms.
macro_rules! by_postcard {
    ($($type:ty),*) => {$(
        impl Message for $type {
            fn put(&self, to: &mut Writer<'_>) {
                to.postcard(self);
            }

            fn get(from: &mut Reader<'_>) -> Option<$type> {
                from.postcard()
            }
        }
    )*};
}

by_postcard!(peerd_vat::Settle, peerd_vat::Reason, peerd_vat::Crash);
