//! Rows of the catalog as the core's types.

use seating::counts::Counts;
use seating::ids::{Seq, ShowtimeId};
use seating::seat_layout::SectionIndex;
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Uuid;

use super::{SectionAvailability, Showtime};
use crate::error::StoreError;

use crate::pg_types::{BigInt, Int, SmallInt, Timestamptz};
use crate::read_models::read_terms;

/// Section, capacity, held, pinned, booked, blocked, seq.
pub(super) type Availability = (SmallInt, Int, Int, Int, Int, Int, BigInt);

/// Reads the columns that every query for showtimes selects.
pub(super) fn showtime(row: &PgRow) -> Result<Showtime, StoreError> {
    let id: Uuid = row.try_get("id")?;
    let starts_at: Timestamptz = row.try_get("starts_at")?;
    let created_at: Timestamptz = row.try_get("created_at")?;
    let count = |column: &str| row.try_get(column).map(|Int(count)| count);
    Ok(Showtime {
        id: ShowtimeId::new(id),
        event: row.try_get("event_id")?,
        title: row.try_get("title")?,
        starts_at: starts_at.0,
        created_at: created_at.0,
        created_by: row.try_get("created_by")?,
        layout_version: count("layout_version")?,
        currency: row.try_get("currency")?,
        terms: read_terms(id, row)?,
        counts: Counts {
            capacity: count("capacity")?,
            held: count("held")?,
            pinned: count("pinned")?,
            booked: count("booked")?,
            blocked: count("blocked")?,
        },
    })
}

/// A row of the availability.
pub(super) fn availability(row: Availability) -> SectionAvailability {
    let (section, capacity, held, pinned, booked, blocked, seq) = row;
    SectionAvailability {
        section: SectionIndex(section.0),
        counts: Counts {
            capacity: capacity.0,
            held: held.0,
            pinned: pinned.0,
            booked: booked.0,
            blocked: blocked.0,
        },
        seq: Seq(seq.0),
    }
}
