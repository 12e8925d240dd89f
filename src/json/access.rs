//! Arrays and objects, item by item and member by member.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::{self, Formatter};

use serde::de::value::StrDeserializer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use smallvec::SmallVec;

use super::strict::Seed;
use super::trail::Trail;
use super::words::{GIVEN_TWICE, unknown_member};

/// The items of an array.
pub(super) struct StrictSeq<'t, A> {
    inner: A,
    next: usize,
    trail: &'t Trail,
}

impl<'t, A> StrictSeq<'t, A> {
    pub(super) const fn new(inner: A, trail: &'t Trail) -> Self {
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
pub(super) struct StrictMap<'de, 't, A> {
    inner: A,
    known: &'static [&'static str],
    given: Given<'de>,
    trail: &'t Trail,
}

impl<'t, A> StrictMap<'_, 't, A> {
    pub(super) fn new(inner: A, known: &'static [&'static str], trail: &'t Trail) -> Self {
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

/// A key, borrowed from the text where it stands there as it is.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;

        impl<'de> Visitor<'de> for Keys {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a member")
            }

            fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E: Error>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }

        deserializer.deserialize_str(Keys)
    }
}

/// Keys that are compared one by one; beyond, they are looked up.
const COMPARED_MAX: usize = 16;

/// The keys that an object has had so far.
#[derive(Default)]
struct Given<'de> {
    keys: SmallVec<[Cow<'de, str>; 8]>,
    /// All of them, once there are many.
    looked_up: HashSet<Cow<'de, str>>,
}

impl<'de> Given<'de> {
    fn has(&self, key: &str) -> bool {
        if self.looked_up.is_empty() {
            self.keys.iter().any(|given| given == key)
        } else {
            self.looked_up.contains(key)
        }
    }

    fn add(&mut self, key: Cow<'de, str>) {
        if self.keys.len() < COMPARED_MAX && self.looked_up.is_empty() {
            self.keys.push(key);
            return;
        }
        if self.looked_up.is_empty() {
            self.looked_up.extend(self.keys.drain(..));
        }
        self.looked_up.insert(key.clone());
        // Of those only the newest is asked for.
        self.keys.clear();
        self.keys.push(key);
    }

    /// The newest.
    fn last(&self) -> &str {
        self.keys.last().map_or("", |key| key)
    }
}
