//! How entries, snapshots and layouts are written down: the only place that knows the bytes.
//!
//! ```text
//!   version (1 byte) │ bincode │ CRC32C of all before it (4 bytes, little endian)
//! ```
//!
//! The core's types cannot be serialised on purpose; each has a record here that mirrors it by
//! hand, so a change of the rules cannot silently change the bytes. Golden tests keep every form
//! ever written readable. To change a form: raise its version, keep the old record for reading.
//!
//! A decoder refuses damaged bytes with an error: it never panics, and what it allocates is
//! bounded by what it was given.

mod decision;
mod entry;
mod first;
mod form;
mod frame;
mod layout;
mod places;
mod sale_terms;
mod snapshot;
mod wire;

pub use frame::CodecError;

use seating::entry::Entry;
use seating::ids::Seq;
use seating::seat_layout::spec::LayoutSpec;
use seating::snapshot::Snapshot;
use seating::timestamp::Timestamp;

use entry::PayloadRecord;
use first::First;
use form::Second;
use layout::restore_first;
use snapshot::SnapshotRecord;
use wire::Wire;

/// Largest journal payload; a block of as many places as the rules allow is a twentieth of it.
pub const ENTRY_BYTES_MAX: usize = 1 << 20;
/// Largest layout; the largest layout the rules allow, seat by seat, fits twice.
pub const LAYOUT_BYTES_MAX: usize = 128 << 20;
/// Largest snapshot, which must stay below what one `bytea` can hold.
pub const SNAPSHOT_BYTES_MAX: usize = 512 << 20;

const ENTRY_VERSION: u8 = 2;
const LAYOUT_VERSION: u8 = 2;
const SNAPSHOT_VERSION: u8 = 2;
/// Entries and snapshots older than the members that [`form`] names, and layouts without a stage;
/// they are still read.
const FIRST_VERSION: u8 = 1;

/// Appends an entry's payload to `buffer`. Number and time are columns and not part of it.
///
/// # Errors
///
/// [`CodecError::TooLarge`] beyond [`ENTRY_BYTES_MAX`].
pub fn encode_entry(entry: &Entry, buffer: &mut Vec<u8>) -> Result<(), CodecError> {
    let record = PayloadRecord::of(entry);
    frame::seal(ENTRY_VERSION, &record, ENTRY_BYTES_MAX, buffer)
}

/// Reads an entry back from its columns.
///
/// # Errors
///
/// [`CodecError::Newer`] for a form of a newer program; any other says that the bytes are damaged.
pub fn decode_entry(seq: Seq, at: Timestamp, payload: &[u8]) -> Result<Entry, CodecError> {
    let content = frame::verify(payload, ENTRY_BYTES_MAX)?;
    match content.version {
        ENTRY_VERSION => {
            let record: PayloadRecord<'_, Second> = content.read::<_, ENTRY_BYTES_MAX>()?;
            Ok(record.into_entry(seq, at))
        }
        FIRST_VERSION => {
            let record: PayloadRecord<'_, First> = content.read::<_, ENTRY_BYTES_MAX>()?;
            Ok(record.into_entry(seq, at))
        }
        unknown => Err(CodecError::Newer(unknown)),
    }
}

/// Writes a layout down.
///
/// # Errors
///
/// [`CodecError::TooLarge`] beyond [`LAYOUT_BYTES_MAX`].
pub fn encode_layout(spec: &LayoutSpec) -> Result<Vec<u8>, CodecError> {
    let mut buffer = Vec::new();
    let record = Wire::record(spec);
    frame::seal(LAYOUT_VERSION, &record, LAYOUT_BYTES_MAX, &mut buffer)?;
    Ok(buffer)
}

/// Reads a layout back.
///
/// # Errors
///
/// As [`decode_entry`].
pub fn decode_layout(payload: &[u8]) -> Result<LayoutSpec, CodecError> {
    let content = frame::verify(payload, LAYOUT_BYTES_MAX)?;
    match content.version {
        LAYOUT_VERSION => Ok(Wire::restore(content.read::<_, LAYOUT_BYTES_MAX>()?)),
        FIRST_VERSION => Ok(restore_first(content.read::<_, LAYOUT_BYTES_MAX>()?)),
        unknown => Err(CodecError::Newer(unknown)),
    }
}

/// Writes a snapshot down.
///
/// # Errors
///
/// [`CodecError::TooLarge`] beyond [`SNAPSHOT_BYTES_MAX`].
pub fn encode_snapshot(snapshot: &Snapshot) -> Result<Vec<u8>, CodecError> {
    let mut buffer = Vec::new();
    let record = SnapshotRecord::of(snapshot);
    frame::seal(SNAPSHOT_VERSION, &record, SNAPSHOT_BYTES_MAX, &mut buffer)?;
    Ok(buffer)
}

/// Reads a snapshot back.
///
/// # Errors
///
/// As [`decode_entry`].
pub fn decode_snapshot(payload: &[u8]) -> Result<Snapshot, CodecError> {
    let content = frame::verify(payload, SNAPSHOT_BYTES_MAX)?;
    match content.version {
        SNAPSHOT_VERSION => {
            let record: SnapshotRecord<'_, Second> = content.read::<_, SNAPSHOT_BYTES_MAX>()?;
            Ok(record.restore())
        }
        FIRST_VERSION => {
            let record: SnapshotRecord<'_, First> = content.read::<_, SNAPSHOT_BYTES_MAX>()?;
            Ok(record.restore())
        }
        unknown => Err(CodecError::Newer(unknown)),
    }
}
