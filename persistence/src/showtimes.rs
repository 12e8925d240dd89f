//! The showtimes as the catalog knows them.

mod create;
mod row;

use seating::counts::Counts;
use seating::entry::Entry;
use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::sale_terms::SaleTerms;
use seating::seat_layout::SectionIndex;
use seating::seat_layout::spec::LayoutSpec;
use seating::timestamp::Timestamp;
use sqlx::postgres::PgPool;
use sqlx::types::Uuid;

use crate::bookings::Bookings;
use crate::codec;
use crate::error::StoreError;
use crate::pg_types::{BigInt, Int, Timestamptz, bigint};
use crate::unreadable::Unreadable;

pub use create::{Created, NewShowtime};

/// The columns in the order in which [`row::showtime`] reads them, of the showtimes that are
/// selected first: the places of no other one are added up.
macro_rules! showtimes {
    ($selected:literal) => {
        concat!(
            "select s.id, s.event_id, s.title, s.starts_at, s.created_at, s.created_by, \
                s.layout_version, s.currency, s.on_sale_from, s.on_sale_until, s.max_per_buyer, \
                s.hold_ttl_seconds, s.hold_ttl_max_seconds, s.gap_rule, s.status, s.capacity, a.held, \
                a.pinned, a.booked, \
                a.blocked \
            from (",
            $selected,
            ") s cross join lateral ( \
                select coalesce(sum(held), 0)::int as held, \
                    coalesce(sum(pinned), 0)::int as pinned, \
                    coalesce(sum(booked), 0)::int as booked, \
                    coalesce(sum(blocked), 0)::int as blocked \
                from showtime_availability where showtime_id = s.id \
            ) a order by coalesce(s.on_sale_from, s.created_at) desc, s.id desc"
        )
    };
}

const LIST: &str = showtimes!(
    "select * from showtimes where status <> 'draft' \
    order by coalesce(on_sale_from, created_at) desc, id desc limit $1 offset $2"
);
const GET: &str = showtimes!("select * from showtimes where id = $1");
const COUNT: &str = "\
select count(*) from ( \
    select from showtimes where status <> 'draft' \
    order by coalesce(on_sale_from, created_at) desc, id desc limit $1 \
) announced";
const IDS: &str = "select id from showtimes where id > $1 order by id limit $2";
const LAYOUT: &str = "\
select l.version, l.payload from showtimes s \
join layouts l on l.showtime_id = s.id and l.version = s.layout_version \
where s.id = $1";
const AVAILABILITY: &str = "\
select section, capacity, held, pinned, booked, blocked, seq from showtime_availability \
where showtime_id = $1 order by section";
const JOURNAL_PAGE: &str = "\
select seq, epoch, at, kind, payload from journal where showtime_id = $1 and seq > $2 \
order by seq limit $3";

/// The repository of showtimes.
#[derive(Clone, Debug)]
pub struct Showtimes {
    pool: PgPool,
}

/// A showtime as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Showtime {
    pub id: ShowtimeId,
    /// The event it belongs to.
    pub event: Option<Uuid>,
    pub title: String,
    pub starts_at: Timestamp,
    pub created_at: Timestamp,
    pub created_by: Option<Uuid>,
    /// The version of its layout.
    pub layout_version: u32,
    /// The currency of its prices.
    pub currency: String,
    pub terms: SaleTerms,
    /// Its places by state, as of the last batch.
    pub counts: Counts,
}

/// The places of a section as the tables count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionAvailability {
    pub section: SectionIndex,
    pub counts: Counts,
    /// The last entry counted in.
    pub seq: Seq,
}

/// An entry as it is stored, with the reign that wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    pub epoch: Epoch,
    pub entry: Entry,
}

impl Showtimes {
    /// Over this pool.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// How many have been announced, or `at_most` if there are more: then the others are not
    /// counted.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn total(&self, at_most: u32) -> Result<u64, StoreError> {
        let BigInt(total) = sqlx::query_scalar(COUNT)
            .bind(i64::from(at_most))
            .fetch_one(&self.pool)
            .await?;
        Ok(total)
    }

    /// So many of what has been announced, the newest sale first, after those of so many `before`,
    /// which are passed over in the index.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails, [`StoreError::CorruptRow`] for a row that
    /// cannot be true.
    pub async fn list(&self, before: u32, limit: u32) -> Result<Vec<Showtime>, StoreError> {
        let rows = sqlx::query(LIST)
            .bind(i64::from(limit))
            .bind(i64::from(before))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(row::showtime).collect()
    }

    /// The bookings of all showtimes.
    pub fn bookings(&self) -> Bookings {
        Bookings::new(self.pool.clone())
    }

    /// One showtime.
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list).
    pub async fn get(&self, id: ShowtimeId) -> Result<Option<Showtime>, StoreError> {
        let row = sqlx::query(GET)
            .bind(id.uuid())
            .fetch_optional(&self.pool)
            .await?;
        row.as_ref().map(row::showtime).transpose()
    }

    /// The ids after this one, in order, for walking through all of them.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails.
    pub async fn ids(
        &self,
        after: Option<ShowtimeId>,
        limit: u32,
    ) -> Result<Vec<ShowtimeId>, StoreError> {
        let ids: Vec<Uuid> = sqlx::query_scalar(IDS)
            .bind(after.map_or(Uuid::nil(), ShowtimeId::uuid))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        Ok(ids.into_iter().map(ShowtimeId::new).collect())
    }

    /// The layout of a showtime, with its version.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails, [`StoreError::CorruptRow`] when the layout
    /// cannot be decoded.
    pub async fn layout(&self, id: ShowtimeId) -> Result<Option<(u32, LayoutSpec)>, StoreError> {
        let row: Option<(Int, Vec<u8>)> = sqlx::query_as(LAYOUT)
            .bind(id.uuid())
            .fetch_optional(&self.pool)
            .await?;
        let Some((version, payload)) = row else {
            return Ok(None);
        };
        let spec = codec::decode_layout(&payload)
            .map_err(|error| StoreError::corrupt("layouts", "payload", &id, &error))?;
        Ok(Some((version.0, spec)))
    }

    /// The places of every section, in the layout's order.
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list).
    pub async fn availability(
        &self,
        id: ShowtimeId,
    ) -> Result<Vec<SectionAvailability>, StoreError> {
        let rows: Vec<row::Availability> = sqlx::query_as(AVAILABILITY)
            .bind(id.uuid())
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(row::availability).collect())
    }

    /// At most `limit` stored entries after `after`, in order.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails, [`StoreError::CorruptRow`] when an entry
    /// cannot be decoded.
    pub async fn journal_page(
        &self,
        id: ShowtimeId,
        after: Seq,
        limit: u32,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        let rows: Vec<(BigInt, BigInt, Timestamptz, i16, Vec<u8>)> = sqlx::query_as(JOURNAL_PAGE)
            .bind(id.uuid())
            .bind(bigint(after.0))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        let entries = rows.into_iter().map(|(seq, epoch, at, kind, payload)| {
            let seq = Seq(seq.0);
            let entry = codec::decode_entry(seq, at.0, &payload).map_err(|error| {
                let row = format!("{id}/{seq}");
                StoreError::corrupt("journal", "payload", &row, &Unreadable::entry(error, kind))
            })?;
            Ok(StoredEntry {
                epoch: Epoch(epoch.0),
                entry,
            })
        });
        entries.collect()
    }
}
