//! A journal payload: the request it answers and what happened.

use seating::event::{Entry, Event, RequestStamp};
use seating::ids::Seq;
use seating::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::EventRecord;
use super::wire::{Bytes16, Wire};

/// Mirrors [`Entry`] without its columns.
#[derive(Serialize, Deserialize)]
pub(super) struct PayloadRecord<'a> {
    request: Option<RequestRecord>,
    #[serde(borrow)]
    event: EventRecord<'a>,
}

/// Mirrors [`Entry`] whole, for the outcomes that a snapshot remembers.
#[derive(Serialize, Deserialize)]
pub(super) struct EntryRecord<'a> {
    seq: u64,
    at: i64,
    #[serde(borrow)]
    payload: PayloadRecord<'a>,
}

#[derive(Serialize, Deserialize)]
struct RequestRecord {
    key: Bytes16,
    fingerprint: Bytes16,
}

impl<'a> PayloadRecord<'a> {
    pub(super) fn new(entry: &'a Entry) -> Self {
        Self {
            request: entry.request.map(|request| RequestRecord {
                key: request.key.into(),
                fingerprint: request.fingerprint.into(),
            }),
            event: entry.event.record(),
        }
    }

    pub(super) fn into_entry(self, seq: Seq, at: Timestamp) -> Entry {
        Entry {
            seq,
            at,
            request: self.request.map(|request| RequestStamp {
                key: request.key.into(),
                fingerprint: request.fingerprint.into(),
            }),
            event: Event::restore(self.event),
        }
    }
}

impl Wire for Entry {
    type Record<'a> = EntryRecord<'a>;

    fn record(&self) -> EntryRecord<'_> {
        EntryRecord {
            seq: self.seq.0,
            at: self.at.unix_micros(),
            payload: PayloadRecord::new(self),
        }
    }

    fn restore(record: EntryRecord<'_>) -> Self {
        let at = Timestamp::from_unix_micros(record.at);
        record.payload.into_entry(Seq(record.seq), at)
    }
}
