//! Version 1, which is only read.

use std::sync::Arc;

use seating::event::Entry;
use serde::{Deserialize, Serialize};

use super::entry::EntryRecord;
use super::form::{Absent, Form};

/// Entries of an older version, which are only read.
#[derive(Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub(super) struct OldEntries<'a, F: Form>(#[serde(borrow)] Vec<EntryRecord<'a, F>>);

impl<F: Form> From<OldEntries<'_, F>> for Vec<Arc<Entry>> {
    fn from(entries: OldEntries<'_, F>) -> Self {
        let restored = entries.0.into_iter().map(EntryRecord::restore);
        restored.map(Arc::new).collect()
    }
}

/// Version 1.
pub(super) enum First {}

impl Form for First {
    type By = Absent;
    type BeganAt = Absent;
    type TtlMax = Absent;
    type Outcomes<'a> = OldEntries<'a, Self>;
    type Forgotten<'a> = Absent;
}
