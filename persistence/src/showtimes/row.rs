//! Rows of the catalog as the core's types.

use seating::counts::Counts;
use seating::ids::{Seq, ShowtimeId};
use seating::sale_terms::{SaleTerms, hold_ttl_max_usual};
use seating::seat_layout::SectionIndex;
use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::types::Uuid;

use super::{SectionAvailability, Showtime};
use crate::error::StoreError;

use crate::pg_types::{BigInt, Int, SmallInt, Timestamptz};
use crate::read_models::{gap_rule_named, status_named};

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
        terms: terms(id, row)?,
        counts: Counts {
            capacity: count("capacity")?,
            held: count("held")?,
            pinned: count("pinned")?,
            booked: count("booked")?,
            blocked: count("blocked")?,
        },
    })
}

/// Reads the columns of a sale's terms.
pub(super) fn terms(id: Uuid, row: &PgRow) -> Result<SaleTerms, StoreError> {
    let from: Option<Timestamptz> = row.try_get("on_sale_from")?;
    let until: Option<Timestamptz> = row.try_get("on_sale_until")?;
    let gap_rule: &str = row.try_get("gap_rule")?;
    let status: &str = row.try_get("status")?;
    let unknown = |column, value: &str| StoreError::corrupt("showtimes", column, &id, &value);
    let Int(hold_ttl_seconds) = row.try_get("hold_ttl_seconds")?;
    let Int(max_per_buyer) = row.try_get("max_per_buyer")?;
    let ttl_max: Option<Int> = row.try_get("hold_ttl_max_seconds")?;
    Ok(SaleTerms {
        on_sale_from: from.map(|at| at.0),
        on_sale_until: until.map(|at| at.0),
        max_per_buyer,
        hold_ttl_seconds,
        hold_ttl_max_seconds: ttl_max.map_or_else(
            || hold_ttl_max_usual(hold_ttl_seconds),
            |Int(longest)| longest,
        ),
        gap_rule: gap_rule_named(gap_rule).ok_or_else(|| unknown("gap_rule", gap_rule))?,
        status: status_named(status).ok_or_else(|| unknown("status", status))?,
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
