//! The versions of the bytes: what a newer one has that an older one has not.
//!
//! A record is the same in every version but for the members named here. One that a version does
//! not have is [`Absent`] there and takes no bytes, so one record reads them all and only the
//! newest is ever written.

use std::sync::Arc;

use seating::entry::Entry;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::wire::{Bytes16, List};

/// One version of entries and snapshots.
pub(super) trait Form: 'static {
    /// Who at the box office asked for an entry.
    type By: Member<Bytes16>;
    /// Since when a hold counts as held, if that is before its entry.
    type BeganAt: Member<i64>;
    /// How long a buyer keeps a place.
    type TtlMax: Member<u32>;
    /// The remembered entries of a snapshot, which are of the same version.
    type Outcomes<'a>: Serialize + Deserialize<'a> + Into<Vec<Arc<Entry>>>;
    /// The filter of requests that a snapshot no longer remembers.
    type Forgotten<'a>: Serialize + Deserialize<'a> + Into<Vec<u8>>;
}

/// A member that a version may lack.
pub(super) trait Member<T>: Serialize + DeserializeOwned {
    /// What the bytes say, if they say anything.
    fn get(self) -> Option<T>;
}

/// No bytes.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Absent;

impl From<Absent> for Vec<u8> {
    fn from(_: Absent) -> Self {
        Self::new()
    }
}

impl<T> Member<T> for Absent {
    fn get(self) -> Option<T> {
        None
    }
}

impl<T: Serialize + DeserializeOwned> Member<T> for Option<T> {
    fn get(self) -> Self {
        self
    }
}

impl Member<Self> for u32 {
    fn get(self) -> Option<Self> {
        Some(self)
    }
}

/// Version 2, which is written.
pub(super) enum Second {}

impl Form for Second {
    type By = Option<Bytes16>;
    type BeganAt = Option<i64>;
    type TtlMax = u32;
    type Outcomes<'a> = List<'a, Arc<Entry>>;
    type Forgotten<'a> = &'a [u8];
}
