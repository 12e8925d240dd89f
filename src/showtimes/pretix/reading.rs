//! Reading a file that others write, leniently and to its end: members we do not know are skipped,
//! text may be a number, and what is wrong is noted with its place instead of ending the reading.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::json;
use crate::wire::composed::composed;
use crate::wire::faults::Faults;

/// Where the reading is, and what it found.
#[derive(Debug, Default)]
pub(super) struct PlanReading {
    pub(super) faults: Faults,
    path: String,
}

impl PlanReading {
    /// Does something at a place below this one: `.name` or `[7]`. Where it cannot go on, the reading
    /// stays at that place, which is the one to name.
    fn below<T, E>(
        &mut self,
        step: fmt::Arguments<'_>,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let here = self.path.len();
        // Writing to a string does not fail.
        fmt::Write::write_fmt(&mut self.path, step).unwrap_or_default();
        let done = work(self)?;
        self.path.truncate(here);
        Ok(done)
    }

    fn wrong(&mut self, wanted: &str, found: &str) {
        self.note(&format!("must be {wanted}, not {found}"));
    }

    /// Notes a fault at the place of the reading.
    pub(super) fn note(&mut self, reason: &str) {
        let path = self.path.trim_start_matches('.').to_owned();
        self.faults.add(path, reason);
    }

    /// Notes that a value is JSON and cannot be kept all the same.
    fn unkept<T: Default>(&mut self, error: &serde_json::Error) -> T {
        self.note(&json::why(error));
        T::default()
    }

    /// Reads the value of the member that is next.
    pub(super) fn value<'de, A: MapAccess<'de>, P: PlanPart>(
        &mut self,
        map: &mut A,
    ) -> Result<P, A::Error> {
        map.next_value_seed(Seed::new(self))
    }

    /// Reads a value that never makes a plan wrong: what is wrong with it is not noted.
    #[expect(
        clippy::unused_self,
        reason = "it reads like its kin, and notes nothing"
    )]
    pub(super) fn decoration<'de, A: MapAccess<'de>, P: PlanPart>(
        &self,
        map: &mut A,
    ) -> Result<P, A::Error> {
        map.next_value().map(of_decoration)
    }

    /// The same for a text.
    pub(super) fn text<'de, A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<String, A::Error> {
        self.value::<_, Text>(map).map(|text| text.0)
    }
}

/// A part of the file.
pub(super) trait PlanPart: Default {
    /// What it is, for whoever wrote something else.
    const WANTED: &'static str;

    /// From an object.
    fn from_map<'de, A: MapAccess<'de>>(
        reading: &mut PlanReading,
        map: A,
    ) -> Result<Self, A::Error> {
        reading.wrong(Self::WANTED, "an object");
        skip_map(map)?;
        Ok(Self::default())
    }

    /// From a list.
    fn from_list<'de, A: SeqAccess<'de>>(
        reading: &mut PlanReading,
        mut list: A,
    ) -> Result<Self, A::Error> {
        reading.wrong(Self::WANTED, "a list");
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }

    /// Reads it, null being as good as nothing.
    fn read<'de, D: Deserializer<'de>>(
        reading: &mut PlanReading,
        from: D,
    ) -> Result<Self, D::Error> {
        from.deserialize_any(Seed::<Self>::new(reading))
    }
}

/// A part that is an object of which some members are read.
pub(super) trait Members: Default {
    /// What it is, for whoever wrote something else.
    const WANTED: &'static str;

    /// The members that are read; at most 32.
    const NAMES: &'static [&'static str];

    /// Reads the value of one of them.
    fn read_member<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        reading: &mut PlanReading,
        map: &mut A,
    ) -> Result<(), A::Error>;
}

impl<M: Members> PlanPart for M {
    const WANTED: &'static str = M::WANTED;

    fn from_map<'de, A: MapAccess<'de>>(
        reading: &mut PlanReading,
        mut map: A,
    ) -> Result<Self, A::Error> {
        let mut part = Self::default();
        let mut seen = 0_u32;
        while let Some(known) = map.next_key_seed(Name(M::NAMES))? {
            let Some(at) = known else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let name = M::NAMES[at];
            reading.below(format_args!(".{name}"), |reading| {
                if seen >> at & 1 == 1 {
                    reading.note("is a duplicate");
                }
                part.read_member(name, reading, &mut map)
            })?;
            seen |= 1 << at;
        }
        Ok(part)
    }
}

/// Which of these a member's name is. It is looked at as bytes, because a name that is not ours may be
/// no text: half of a character, `"\ud800"`, is as good JSON as any.
struct Name(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<usize>, D::Error> {
        from.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Option<usize>, E> {
        Ok(self.0.iter().position(|known| known.as_bytes() == name))
    }
}

fn skip_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_key_seed(Name(&[]))?.is_some() {
        map.next_value::<IgnoredAny>()?;
    }
    Ok(())
}

/// Reads one part where serde wants it.
pub(super) struct Seed<'r, P>(&'r mut PlanReading, PhantomData<P>);

impl<'r, P> Seed<'r, P> {
    pub(super) const fn new(reading: &'r mut PlanReading) -> Self {
        Self(reading, PhantomData)
    }

    fn number(self) -> P
    where
        P: PlanPart,
    {
        self.0.wrong(P::WANTED, "a number");
        P::default()
    }
}

impl<'de, P: PlanPart> DeserializeSeed<'de> for Seed<'_, P> {
    type Value = P;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<P, D::Error> {
        P::read(self.0, from)
    }
}

impl<'de, P: PlanPart> Visitor<'de> for Seed<'_, P> {
    type Value = P;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(P::WANTED)
    }

    fn visit_unit<E>(self) -> Result<P, E> {
        Ok(P::default())
    }

    fn visit_bool<E>(self, value: bool) -> Result<P, E> {
        self.0
            .wrong(P::WANTED, if value { "true" } else { "false" });
        Ok(P::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<P, E> {
        Ok(self.number())
    }

    fn visit_u64<E>(self, _: u64) -> Result<P, E> {
        Ok(self.number())
    }

    fn visit_f64<E>(self, _: f64) -> Result<P, E> {
        Ok(self.number())
    }

    fn visit_str<E>(self, _: &str) -> Result<P, E> {
        self.0.wrong(P::WANTED, "text");
        Ok(P::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<P, A::Error> {
        P::from_list(self.0, list)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<P, A::Error> {
        P::from_map(self.0, map)
    }
}

/// A list of parts.
impl<P: PlanPart> PlanPart for Vec<P> {
    const WANTED: &'static str = "a list";

    fn from_list<'de, A: SeqAccess<'de>>(
        reading: &mut PlanReading,
        mut list: A,
    ) -> Result<Self, A::Error> {
        let mut parts = Self::new();
        loop {
            let step = format_args!("[{}]", parts.len());
            let next = reading.below(step, |reading| list.next_element_seed(Seed::new(reading)))?;
            match next {
                Some(part) => parts.push(part),
                None => return Ok(parts),
            }
        }
    }
}

/// A number that is not too large for any.
impl PlanPart for f64 {
    const WANTED: &'static str = "a number";

    fn read<'de, D: Deserializer<'de>>(
        reading: &mut PlanReading,
        from: D,
    ) -> Result<Self, D::Error> {
        let raw = as_written(from)?;
        if raw.starts_with('n') {
            return Ok(0.0);
        }
        if !is_number(raw) {
            reading.wrong(Self::WANTED, kind(raw));
            return Ok(0.0);
        }
        let number = serde_json::from_str(raw);
        Ok(number.unwrap_or_else(|error| reading.unkept(&error)))
    }
}

/// Text, or a number with the digits it was written with, in Unicode's composed form (NFC). Nothing
/// and null are empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text(pub(super) String);

impl PlanPart for Text {
    const WANTED: &'static str = "text";

    fn read<'de, D: Deserializer<'de>>(
        reading: &mut PlanReading,
        from: D,
    ) -> Result<Self, D::Error> {
        // As written, because a number has more digits than any type of numbers would keep.
        let raw = as_written(from)?;
        let text = match raw.as_bytes().first() {
            Some(b'"') => {
                let text = serde_json::from_str::<String>(raw);
                text.unwrap_or_else(|error| reading.unkept(&error))
            }
            Some(b'n') => String::new(),
            _ if is_number(raw) => raw.to_owned(),
            _ => {
                reading.wrong(Self::WANTED, kind(raw));
                String::new()
            }
        };
        Ok(Self(composed(&text).into_owned()))
    }
}

/// Decoration in a list, of which one that is wrong does not hide the others.
#[derive(Debug)]
pub(super) struct Decorations<P>(pub(super) Vec<P>);

impl<P> Default for Decorations<P> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<P: PlanPart> PlanPart for Decorations<P> {
    const WANTED: &'static str = "a list";

    fn from_list<'de, A: SeqAccess<'de>>(
        _: &mut PlanReading,
        mut list: A,
    ) -> Result<Self, A::Error> {
        let mut parts = Vec::new();
        while let Some(raw) = list.next_element()? {
            parts.push(of_decoration(raw));
        }
        Ok(Self(parts))
    }
}

/// Reads what never makes a plan wrong.
fn of_decoration<P: PlanPart>(raw: &RawValue) -> P {
    let mut json = serde_json::Deserializer::from_str(raw.get());
    let read = Seed::new(&mut PlanReading::default()).deserialize(&mut json);
    read.unwrap_or_default()
}

/// The text of the value that is next.
pub(super) fn as_written<'de, D: Deserializer<'de>>(from: D) -> Result<&'de str, D::Error> {
    <&RawValue>::deserialize(from).map(RawValue::get)
}

fn is_number(raw: &str) -> bool {
    raw.starts_with(|first: char| first == '-' || first.is_ascii_digit())
}

/// What a value is, in a word.
fn kind(raw: &str) -> &'static str {
    match raw.as_bytes().first() {
        Some(b'[') => "a list",
        Some(b'{') => "an object",
        Some(b'"') => "text",
        Some(b't') => "true",
        Some(b'f') => "false",
        Some(b'n') => "null",
        _ => "a number",
    }
}
