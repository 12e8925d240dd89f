//! The layer between `serde_json` and the types: every value is asked for what its type wants of it.

use std::fmt::{self, Formatter};

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, Expected, MapAccess, SeqAccess, Visitor};

use super::keys::{Given, Key};
use super::trail::Trail;
use super::words::{GIVEN_TWICE, Sent, Want, unknown_member};

/// A deserializer that takes no value for another.
pub(super) struct Strict<'t, D> {
    inner: D,
    trail: &'t Trail,
}

/// The same for whatever a seed makes.
struct Seed<'t, S> {
    seed: S,
    trail: &'t Trail,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Seed<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.seed.deserialize(Strict::new(inner, self.trail))
    }
}

impl<'t, D> Strict<'t, D> {
    pub(super) const fn new(inner: D, trail: &'t Trail) -> Self {
        Self { inner, trail }
    }

    /// JSON says itself what it is, so everything may be asked for as anything.
    fn ask<'de, V>(self, want: Want, visitor: V) -> Result<V::Value, D::Error>
    where
        D: Deserializer<'de>,
        V: Visitor<'de>,
    {
        let Self { inner, trail } = self;
        inner.deserialize_any(Asked {
            visitor,
            want,
            trail,
        })
    }
}

macro_rules! whole_numbers {
    ($($method:ident $from:expr, $to:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.ask(Want::Whole($from, $to), visitor)
        }
    )*};
}

macro_rules! plain {
    ($($method:ident $want:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.ask($want, visitor)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<'_, D> {
    type Error = D::Error;

    whole_numbers! {
        deserialize_u8 0, u8::MAX.into();
        deserialize_u16 0, u16::MAX.into();
        deserialize_u32 0, u32::MAX.into();
        deserialize_u64 0, u64::MAX;
        deserialize_i8 i8::MIN.into(), i8::MAX.unsigned_abs().into();
        deserialize_i16 i16::MIN.into(), i16::MAX.unsigned_abs().into();
        deserialize_i32 i32::MIN.into(), i32::MAX.unsigned_abs().into();
        deserialize_i64 i64::MIN, i64::MAX.unsigned_abs();
    }

    plain! {
        deserialize_any Want::Any;
        deserialize_bool Want::Truth;
        deserialize_f32 Want::Number;
        deserialize_f64 Want::Number;
        deserialize_string Want::Text;
        deserialize_bytes Want::Any;
        deserialize_byte_buf Want::Any;
        deserialize_unit Want::Nothing;
        deserialize_seq Want::Array;
        deserialize_map Want::Object(&[]);
        deserialize_identifier Want::Any;
        // Not passed over, so that no member in it is given twice unseen.
        deserialize_ignored_any Want::Any;
    }

    /// Text of some form: times and UUIDs are asked for so.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let form = (&visitor as &dyn Expected).to_string();
        self.ask(Want::Form(form), visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let Self { inner, trail } = self;
        inner.deserialize_option(Wrapper { visitor, trail })
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.ask(Want::Nothing, visitor)
    }

    /// Also asked for by `serde_json::value::RawValue`, which is given its text as it stands.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let Self { inner, trail } = self;
        inner.deserialize_newtype_struct(name, Wrapper { visitor, trail })
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _items: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.ask(Want::Array, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _items: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.ask(Want::Array, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        members: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.ask(Want::Object(members), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.ask(Want::OneOf(variants), visitor)
    }
}

/// What stands around a value and is not seen in its text.
struct Wrapper<'t, V> {
    visitor: V,
    trail: &'t Trail,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Wrapper<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(Strict::new(inner, self.trail))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor
            .visit_newtype_struct(Strict::new(inner, self.trail))
    }

    fn visit_map<A: MapAccess<'de>>(self, raw: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(raw)
    }
}

/// The items of an array.
struct StrictSeq<'t, A> {
    inner: A,
    next: usize,
    trail: &'t Trail,
}

impl<'t, A> StrictSeq<'t, A> {
    const fn new(inner: A, trail: &'t Trail) -> Self {
        Self {
            inner,
            next: 0,
            trail,
        }
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for StrictSeq<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let (at, trail) = (self.next, self.trail);
        self.next += 1;
        let item = self.inner.next_element_seed(Seed { seed, trail });
        item.map_err(|error| trail.in_item(at, error))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

/// The members of an object, each of them once.
struct StrictMap<'de, 't, A> {
    inner: A,
    known: &'static [&'static str],
    given: Given<'de>,
    trail: &'t Trail,
}

impl<'t, A> StrictMap<'_, 't, A> {
    fn new(inner: A, known: &'static [&'static str], trail: &'t Trail) -> Self {
        Self {
            inner,
            known,
            given: Given::default(),
            trail,
        }
    }

    fn unknown<E: Error>(&self, key: &str, error: E) -> E {
        let known = self.known;
        if !known.is_empty() {
            self.trail.note(|| unknown_member(known));
        }
        self.trail.in_member(key, error)
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for StrictMap<'de, '_, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let Some(Key(key)) = self.inner.next_key()? else {
            return Ok(None);
        };
        if self.given.has(&key) {
            let refused = self.trail.refuse(|| GIVEN_TWICE.to_owned());
            return Err(self.trail.in_member(&key, refused));
        }
        let known = seed.deserialize(StrDeserializer::new(&key));
        let known = known.map_err(|error| self.unknown(&key, error))?;
        self.given.add(key);
        Ok(Some(known))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let trail = self.trail;
        let value = self.inner.next_value_seed(Seed { seed, trail });
        value.map_err(|error| trail.in_member(self.given.last(), error))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

/// A visitor that is shown what its type asked for, and nothing else.
struct Asked<'t, V> {
    visitor: V,
    want: Want,
    trail: &'t Trail,
}

/// Whole numbers up to here are told apart when they are written as fractions or with exponents.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

impl<'de, V: Visitor<'de>> Asked<'_, V> {
    /// Shows the visitor a value.
    fn show<E: Error>(
        self,
        sent: Sent<'_>,
        visit: impl FnOnce(V) -> Result<V::Value, E>,
    ) -> Result<V::Value, E> {
        let Self {
            visitor,
            want,
            trail,
        } = self;
        visit(visitor).inspect_err(|error| trail.note(|| want.refusal(sent, error)))
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Asked<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<V::Value, E> {
        self.show(Sent::Truth(truth), |visitor| visitor.visit_bool(truth))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<V::Value, E> {
        self.show(Sent::Natural(number), |visitor| visitor.visit_u64(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<V::Value, E> {
        self.show(Sent::Negative(number), |visitor| visitor.visit_i64(number))
    }

    /// `2.0` and `2e0` are the number 2, whichever way a program writes its numbers.
    fn visit_f64<E: Error>(self, number: f64) -> Result<V::Value, E> {
        let whole = number.fract() == 0.0 && number.abs() <= EXACT_MAX;
        if !whole || matches!(self.want, Want::Number) {
            return self.show(Sent::Fraction(number), |visitor| visitor.visit_f64(number));
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a whole number within the bounds of i64"
        )]
        let whole = number as i64;
        match u64::try_from(whole) {
            Ok(natural) => self.visit_u64(natural),
            Err(_negative) => self.visit_i64(whole),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<V::Value, E> {
        if matches!(self.want, Want::OneOf(_)) {
            let variant = StrDeserializer::new(text);
            return self.show(Sent::Text(text), |visitor| visitor.visit_enum(variant));
        }
        self.show(Sent::Text(text), |visitor| visitor.visit_str(text))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<V::Value, E> {
        if matches!(self.want, Want::OneOf(_)) {
            return self.visit_str(text);
        }
        self.show(Sent::Text(text), |visitor| visitor.visit_borrowed_str(text))
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.show(Sent::Null, V::visit_unit)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        let trail = self.trail;
        if !matches!(self.want, Want::Any | Want::Array) {
            return Err(trail.refuse(|| self.want.refused(Sent::Array)));
        }
        self.show(Sent::Array, |visitor| {
            visitor.visit_seq(StrictSeq::new(items, trail))
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<V::Value, A::Error> {
        let trail = self.trail;
        let Some(known) = self.want.members() else {
            return Err(trail.refuse(|| self.want.refused(Sent::Object)));
        };
        self.show(Sent::Object, |visitor| {
            let read = visitor.visit_map(StrictMap::new(members, known, trail));
            read.inspect_err(|error| trail.note_missing(error))
        })
    }
}
