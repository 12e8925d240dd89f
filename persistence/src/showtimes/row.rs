//! Rows of the catalog as the core's types.

use seating::counts::Counts;
use seating::ids::{Seq, ShowtimeId};
use seating::seat_layout::SectionIndex;
use seating::settings::{Settings, hold_ttl_max_usual};
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Uuid;

use super::{SectionAvailability, Showtime};
use crate::error::StoreError;
use crate::integer::{unsigned, unsigned_int};
use crate::read_models::{gap_rule_named, status_named};
use crate::timestamptz::Timestamptz;

/// Section, capacity, held, pinned, booked, blocked, seq.
pub(super) type Availability = (i16, i32, i32, i32, i32, i32, i64);

/// Reads the columns that every query for showtimes selects.
pub(super) fn showtime(row: &PgRow) -> Result<Showtime, StoreError> {
    let id: Uuid = row.try_get("id")?;
    let starts_at: Timestamptz = row.try_get("starts_at")?;
    let created_at: Timestamptz = row.try_get("created_at")?;
    let count = |column: &str| row.try_get(column).map(unsigned_int);
    Ok(Showtime {
        id: ShowtimeId::new(id),
        event: row.try_get("event_id")?,
        title: row.try_get("title")?,
        starts_at: starts_at.0,
        created_at: created_at.0,
        created_by: row.try_get("created_by")?,
        layout_version: count("layout_version")?,
        currency: row.try_get("currency")?,
        settings: settings(id, row)?,
        counts: Counts {
            capacity: count("capacity")?,
            held: count("held")?,
            pinned: count("pinned")?,
            booked: count("booked")?,
            blocked: count("blocked")?,
        },
    })
}

fn settings(id: Uuid, row: &PgRow) -> Result<Settings, StoreError> {
    let from: Option<Timestamptz> = row.try_get("on_sale_from")?;
    let until: Option<Timestamptz> = row.try_get("on_sale_until")?;
    let gap_rule: &str = row.try_get("gap_rule")?;
    let status: &str = row.try_get("status")?;
    let unknown = |column, value: &str| StoreError::corrupt("showtimes", column, &id, &value);
    let hold_ttl_seconds = unsigned_int(row.try_get("hold_ttl_seconds")?);
    let ttl_max: Option<i32> = row.try_get("hold_ttl_max_seconds")?;
    Ok(Settings {
        on_sale_from: from.map(|at| at.0),
        on_sale_until: until.map(|at| at.0),
        max_per_buyer: unsigned_int(row.try_get("max_per_buyer")?),
        hold_ttl_seconds,
        hold_ttl_max_seconds: ttl_max
            .map_or_else(|| hold_ttl_max_usual(hold_ttl_seconds), unsigned_int),
        gap_rule: gap_rule_named(gap_rule).ok_or_else(|| unknown("gap_rule", gap_rule))?,
        status: status_named(status).ok_or_else(|| unknown("status", status))?,
    })
}

/// A row of the availability.
pub(super) fn availability(row: Availability) -> SectionAvailability {
    let (section, capacity, held, pinned, booked, blocked, seq) = row;
    SectionAvailability {
        section: SectionIndex(section.unsigned_abs()),
        counts: Counts {
            capacity: unsigned_int(capacity),
            held: unsigned_int(held),
            pinned: unsigned_int(pinned),
            booked: unsigned_int(booked),
            blocked: unsigned_int(blocked),
        },
        seq: Seq(unsigned(seq)),
    }
}
