//! What records are made of: a core type's mirror, ids as bytes, lists written from borrows.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// Elements for which space is made before they are read; a damaged length asks for more.
const PREALLOCATED_MAX: usize = 1_024;

/// A core type with a record that can be written and read.
pub(super) trait Wire: Clone + 'static {
    /// The mirror, borrowing where it can, so that writing copies nothing.
    type Record<'a>: Serialize + Deserialize<'a>
    where
        Self: 'a;

    /// For writing.
    fn record(&self) -> Self::Record<'_>;

    /// After reading.
    fn restore(record: Self::Record<'_>) -> Self;
}

/// 16 bytes of an id or digest, written in one piece.
#[derive(Clone, Copy)]
pub(super) struct Bytes16([u8; 16]);

impl From<Uuid> for Bytes16 {
    fn from(id: Uuid) -> Self {
        Self(id.into_bytes())
    }
}

impl From<Bytes16> for Uuid {
    fn from(bytes: Bytes16) -> Self {
        Self::from_bytes(bytes.0)
    }
}

impl From<u128> for Bytes16 {
    fn from(digest: u128) -> Self {
        Self(digest.to_be_bytes())
    }
}

impl From<Bytes16> for u128 {
    fn from(bytes: Bytes16) -> Self {
        Self::from_be_bytes(bytes.0)
    }
}

impl Serialize for Bytes16 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes16 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = <&'de [u8]>::deserialize(deserializer)?;
        let sized = <[u8; 16]>::try_from(bytes);
        sized.map(Self).map_err(|_wrong_length| {
            serde::de::Error::invalid_length(bytes.len(), &"an id of 16 bytes")
        })
    }
}

/// Written and read as what it shares.
impl<T: Wire> Wire for Arc<T> {
    type Record<'a> = T::Record<'a>;

    fn record(&self) -> T::Record<'_> {
        (**self).record()
    }

    fn restore(record: T::Record<'_>) -> Self {
        Self::new(T::restore(record))
    }
}

/// A sequence, borrowed for writing and owned after reading.
pub(super) struct List<'a, T: Wire>(Cow<'a, [T]>);

impl<'a, T: Wire> List<'a, T> {
    pub(super) fn of(items: &'a [T]) -> Self {
        Self(Cow::Borrowed(items))
    }

    pub(super) fn into_vec(self) -> Vec<T> {
        self.0.into_owned()
    }
}

impl<T: Wire> From<List<'_, T>> for Vec<T> {
    fn from(list: List<'_, T>) -> Self {
        list.into_vec()
    }
}

impl<T: Wire> Serialize for List<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Wire::record))
    }
}

impl<'de, T: Wire> Deserialize<'de> for List<'_, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items: Vec<T> = deserializer.deserialize_seq(Items(PhantomData))?;
        Ok(Self(Cow::Owned(items)))
    }
}

/// Reads the elements of a list.
struct Items<T>(PhantomData<T>);

impl<'de, T: Wire> Visitor<'de> for Items<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let announced = items.size_hint().unwrap_or(0);
        let mut all = Vec::with_capacity(announced.min(PREALLOCATED_MAX));
        while let Some(record) = items.next_element::<T::Record<'de>>()? {
            all.push(T::restore(record));
        }
        Ok(all)
    }
}
