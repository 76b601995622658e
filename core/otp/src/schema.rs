//! What a state is made of, as text: asked of the type itself, by letting it read a value that is made up as it asks.
//!
//! ```text
//! struct Book { total: u64, lines: Vec<String> }   ─▶   Book{total:u64,lines:[str]}
//! ```
//!
//! It is part of what an actor's code is known by. Two programs that disagree about it don't take each other's records, whatever version
//! they say they are: a state read as another type would be a wrong value, or none.
use alloc::{collections::BTreeMap, string::String};
use core::fmt;
use peerd_vat::REF_TO_NOBODY as REF;
use serde::{
    Deserialize,
    de::{
        self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
        value::U32Deserializer,
    },
};

/// Limit: how deep a type is followed into itself.
const DEPTH: u32 = 12;
/// Limit: how often it is asked, once for each variant of what has variants.
const PASSES: usize = 256;

/// Of one type. Equal for equal declarations, and stable over builds.
#[must_use]
pub fn schema<T: for<'de> Deserialize<'de>>() -> String {
    let (mut text, mut variants) = (String::new(), BTreeMap::new());
    for _ in 0..PASSES {
        let mut pass = Pass { text: String::new(), is_new: false, variants: &mut variants };
        // A type that does not take what was made up is known as far as it asked.
        let _ = T::deserialize(Probe { pass: &mut pass, depth: 0, octet: 1 });
        let Pass { text: told, is_new, .. } = pass;
        if !text.is_empty() && !is_new {
            break;
        }
        if !text.is_empty() {
            text.push('|');
        }
        text.push_str(&told);
    }
    text
}

/// One way through the type: of each enum one variant.
struct Pass<'a> {
    text: String,
    /// It has seen a variant for the first time.
    is_new: bool,
    /// How many of each enum were seen.
    variants: &'a mut BTreeMap<&'static str, u32>,
}

struct Probe<'p, 'a> {
    pass: &'p mut Pass<'a>,
    depth: u32,
    /// What a byte is here.
    octet: u8,
}

/// It does not take what was made up.
#[derive(Debug)]
struct No;

impl fmt::Display for No {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not taken")
    }
}

impl core::error::Error for No {}

impl de::Error for No {
    fn custom<T: fmt::Display>(_: T) -> No {
        No
    }
}

impl<'a> Probe<'_, 'a> {
    fn say(&mut self, words: &str) {
        self.pass.text.push_str(words);
    }

    fn inner(&mut self) -> Result<Probe<'_, 'a>, No> {
        if self.depth >= DEPTH { Err(No) } else { Ok(Probe { pass: self.pass, depth: self.depth + 1, octet: 1 }) }
    }

    /// Some parts in a row, each behind its name if it has one.
    fn row<'de, V: Visitor<'de>>(
        mut self,
        names: &'static [&'static str],
        length: usize,
        [open, close]: [&str; 2],
        visitor: V,
    ) -> Result<V::Value, No> {
        self.say(open);
        let value = visitor.visit_seq(Row { probe: self.inner()?, names, at: 0, length })?;
        self.say(close);
        Ok(value)
    }
}

/// `visit` of a plain value.
macro_rules! plain {
    ($($ask:ident $visit:ident $word:literal $value:expr;)*) => {$(
        fn $ask<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, No> {
            self.say($word);
            visitor.$visit($value)
        }
    )*};
}

impl<'de> Deserializer<'de> for Probe<'_, '_> {
    type Error = No;

    // One is in the range of nearly everything, also of what is never zero.
    plain! {
        deserialize_bool visit_bool "bool" false;
        deserialize_i8 visit_i8 "i8" 1;
        deserialize_i16 visit_i16 "i16" 1;
        deserialize_i32 visit_i32 "i32" 1;
        deserialize_i64 visit_i64 "i64" 1;
        deserialize_i128 visit_i128 "i128" 1;
        deserialize_u16 visit_u16 "u16" 1;
        deserialize_u32 visit_u32 "u32" 1;
        deserialize_u64 visit_u64 "u64" 1;
        deserialize_u128 visit_u128 "u128" 1;
        deserialize_f32 visit_f32 "f32" 1.0;
        deserialize_f64 visit_f64 "f64" 1.0;
        deserialize_char visit_char "char" 'a';
        deserialize_str visit_str "str" "";
        deserialize_string visit_str "str" "";
        deserialize_bytes visit_bytes "bytes" &[];
        deserialize_byte_buf visit_bytes "bytes" &[];
        deserialize_identifier visit_str "name" "";
    }

    fn deserialize_u8<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, No> {
        self.say("u8");
        visitor.visit_u8(self.octet)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, No> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, No> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, No> {
        self.say("()");
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(mut self, name: &'static str, visitor: V) -> Result<V::Value, No> {
        self.say(name);
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, No> {
        self.say("?");
        if self.depth >= DEPTH {
            return visitor.visit_none();
        }
        visitor.visit_some(self.inner()?)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(mut self, name: &'static str, visitor: V) -> Result<V::Value, No> {
        self.say(name);
        self.say("(");
        let value = visitor.visit_newtype_struct(self.inner()?)?;
        self.say(")");
        Ok(value)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, No> {
        let length = usize::from(self.depth < DEPTH - 1);
        self.row(&[], length, ["[", "]"], visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, No> {
        self.say("{");
        let length = if self.depth < DEPTH - 1 { 2 } else { 0 };
        let value = visitor.visit_map(Row { probe: self.inner()?, names: &[], at: 0, length })?;
        self.say("}");
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, No> {
        self.row(&[], length, ["(", ")"], visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(mut self, name: &'static str, length: usize, visitor: V) -> Result<V::Value, No> {
        self.say(name);
        self.row(&[], length, ["(", ")"], visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, No> {
        self.say(name);
        self.row(fields, fields.len(), ["{", "}"], visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, No> {
        let seen = self.pass.variants.entry(name).or_default();
        // The next that was not seen; when all were, the first is as good as any.
        let chosen = if (*seen as usize) < variants.len() { *seen } else { 0 };
        if (*seen as usize) < variants.len() {
            *seen += 1;
            self.pass.is_new = true;
        }
        self.say(name);
        self.say("::");
        self.say(variants.get(chosen as usize).copied().unwrap_or_default());
        visitor.visit_enum(Chosen { probe: self.inner()?, variant: chosen })
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

struct Row<'p, 'a> {
    probe: Probe<'p, 'a>,
    names: &'static [&'static str],
    at: usize,
    length: usize,
}

impl Row<'_, '_> {
    fn next<'de, T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, No> {
        if self.at > 0 {
            self.probe.say(",");
        }
        if let Some(name) = self.names.get(self.at) {
            self.probe.say(name);
            self.probe.say(":");
        }
        self.at += 1;
        // Sixteen bytes may be a ref, which is none with any other bytes.
        let octet = if self.length == REF.len() { REF[self.at - 1] } else { 1 };
        seed.deserialize(Probe { pass: self.probe.pass, depth: self.probe.depth, octet })
    }
}

impl<'de> SeqAccess<'de> for Row<'_, '_> {
    type Error = No;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, No> {
        if self.at < self.length { self.next(seed).map(Some) } else { Ok(None) }
    }
}

/// Of one entry: its key, its value.
impl<'de> MapAccess<'de> for Row<'_, '_> {
    type Error = No;

    fn next_key_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, No> {
        self.next_element_seed(seed)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, No> {
        self.next(seed)
    }
}

/// A variant.
struct Chosen<'p, 'a> {
    probe: Probe<'p, 'a>,
    variant: u32,
}

impl<'de, 'p, 'a> EnumAccess<'de> for Chosen<'p, 'a> {
    type Error = No;
    type Variant = Probe<'p, 'a>;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Probe<'p, 'a>), No> {
        let index: U32Deserializer<No> = self.variant.into_deserializer();
        Ok((seed.deserialize(index)?, self.probe))
    }
}

impl<'de> VariantAccess<'de> for Probe<'_, '_> {
    type Error = No;

    fn unit_variant(self) -> Result<(), No> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, No> {
        let mut row = Row { probe: self, names: &[], at: 0, length: 1 };
        row.probe.say("(");
        let value = row.next(seed)?;
        row.probe.say(")");
        Ok(value)
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, No> {
        self.row(&[], length, ["(", ")"], visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, No> {
        self.row(fields, fields.len(), ["{", "}"], visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{boxed::Box, vec::Vec};
    use core::num::NonZero;

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its declaration is looked at")]
    struct Book {
        total: u64,
        lines: Vec<String>,
        to: Option<peerd_vat::Ref>,
        what: What,
        by: BTreeMap<u16, NonZero<u8>>,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "as above")]
    enum What {
        Nothing,
        One(bool),
        Two(i8, char),
        Named { next: Option<Box<What>> },
    }

    #[test]
    fn a_state_is_what_its_parts_are_with_every_variant() {
        let octets = ["u8"; 16].join(",");
        let book = |what: &str| alloc::format!("Book{{total:u64,lines:[str],to:?({octets}),what:What::{what},by:{{u16,u8}}}}");
        let passes = [book("Nothing"), book("One(bool)"), book("Two(i8,char)"), book("Named{next:?What::Nothing}")];
        assert_eq!(schema::<Book>(), passes.join("|"));
    }

    #[test]
    fn what_differs_in_a_name_a_type_or_an_order_is_another() {
        #[derive(Deserialize)]
        #[expect(dead_code, reason = "as above")]
        struct Point {
            x: u32,
            y: u32,
        }
        mod other {
            #[derive(serde::Deserialize)]
            #[expect(dead_code, reason = "as above")]
            pub struct Point {
                pub y: u32,
                pub x: u32,
            }
        }
        assert_ne!(schema::<Point>(), schema::<other::Point>());
        assert_ne!(schema::<(u32, u64)>(), schema::<(u64, u32)>());
        assert_ne!(schema::<Vec<u8>>(), schema::<Option<u8>>());
    }

    #[test]
    fn a_type_that_has_no_end_is_followed_for_a_while() {
        #[derive(Deserialize)]
        #[expect(dead_code, reason = "as above")]
        enum Endless {
            Again(Box<Endless>, Box<Endless>),
            Done,
        }
        assert!(schema::<Endless>().len() < 10_000);
    }
}
