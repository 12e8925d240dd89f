//! A journal payload: the request it answers, who of the staff asked, and what happened.
//!
//! The request comes first in every version: its key is looked up by where its bytes are.

use seating::entry::{Entry, RequestStamp};
use seating::ids::{BuyerId, Seq};
use seating::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use super::decision::DecisionRecord;
use super::form::{Form, Member, Second};
use super::wire::{Bytes16, Wire};

/// Mirrors [`Entry`] without its columns.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) struct PayloadRecord<'a, F: Form> {
    request: Option<RequestRecord>,
    by: F::By,
    #[serde(borrow)]
    decision: DecisionRecord<'a, F>,
}

/// Mirrors [`Entry`] whole, for the outcomes that a snapshot remembers.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) struct EntryRecord<'a, F: Form> {
    seq: u64,
    at: i64,
    #[serde(borrow)]
    payload: PayloadRecord<'a, F>,
}

#[derive(Serialize, Deserialize)]
struct RequestRecord {
    key: Bytes16,
    fingerprint: Bytes16,
}

impl<'a> PayloadRecord<'a, Second> {
    pub(super) fn of(entry: &'a Entry) -> Self {
        Self {
            request: entry.request.map(|request| RequestRecord {
                key: request.key.into(),
                fingerprint: request.fingerprint.into(),
            }),
            by: entry.by.map(|by| by.uuid().into()),
            decision: DecisionRecord::of(&entry.decision),
        }
    }
}

impl<F: Form> PayloadRecord<'_, F> {
    pub(super) fn into_entry(self, seq: Seq, at: Timestamp) -> Entry {
        Entry {
            seq,
            at,
            request: self.request.map(|request| RequestStamp {
                key: request.key.into(),
                fingerprint: request.fingerprint.into(),
            }),
            by: self.by.get().map(|by| BuyerId::new(by.into())),
            decision: self.decision.restore(),
        }
    }
}

impl<F: Form> EntryRecord<'_, F> {
    pub(super) fn restore(self) -> Entry {
        let at = Timestamp::from_unix_micros(self.at);
        self.payload.into_entry(Seq(self.seq), at)
    }
}

impl Wire for Entry {
    type Record<'a> = EntryRecord<'a, Second>;

    fn record(&self) -> EntryRecord<'_, Second> {
        EntryRecord {
            seq: self.seq.0,
            at: self.at.unix_micros(),
            payload: PayloadRecord::of(self),
        }
    }

    fn restore(record: EntryRecord<'_, Second>) -> Self {
        record.restore()
    }
}
