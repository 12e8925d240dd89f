//! Creating a showtime: everything it needs, or nothing, in one transaction.

use seating::entry::RequestStamp;
use seating::ids::{BuyerId, Epoch, ShowtimeId};
use seating::sale_terms::SaleTerms;
use seating::seat_layout::spec::LayoutSpec;
use seating::seat_layout::{SeatLayout, SectionTierIndex};
use seating::seat_map::SeatMap;
use seating::timestamp::Timestamp;
use sqlx::postgres::{PgBindIterExt, PgConnection};
use sqlx::types::Uuid;

use super::Showtimes;
use crate::audit_log::{self, By, Change, Target};
use crate::codec;
use crate::entry_kind::code;
use crate::error::{StoreError, expect_rows};
use crate::pg_types::{Timestamptz, optional};
use crate::pg_types::{bigint, int};
use crate::read_models::{gap_rule_name, status_name, terms_as_logged};

/// The version of a showtime's first layout.
const FIRST_LAYOUT: i32 = 1;

const INSERT: &str = "\
insert into showtimes (id, event_id, title, starts_at, created_at, created_by, layout_version, \
    capacity, currency, on_sale_from, on_sale_until, max_per_buyer, hold_ttl_seconds, \
    hold_ttl_max_seconds, gap_rule, status, settings_seq, request_key, request_fingerprint) \
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 1, $17, $18) \
on conflict (request_key) do nothing";

const FIND_REQUEST: &str = "select id, request_fingerprint from showtimes where request_key = $1";

const INSERT_LAYOUT: &str =
    "insert into layouts (showtime_id, version, payload) values ($1, $2, $3)";

const INSERT_OWNER: &str = "\
insert into showtime_owner (showtime_id, epoch, node, claimed_at) values ($1, 0, '', $2)";

const INSERT_OPENED: &str = "\
insert into journal (showtime_id, seq, epoch, at, kind, payload) values ($1, $2, $3, $4, $5, $6)";

const INSERT_AVAILABILITY: &str = "\
insert into showtime_availability \
    (showtime_id, section, capacity, held, pinned, booked, blocked, seq) \
select $1, (s.ordinal - 1)::smallint, s.capacity, 0, 0, 0, s.blocked, 1 \
from unnest($2::int[], $3::int[]) with ordinality as s (capacity, blocked, ordinal)";

/// A showtime that somebody wants to create.
#[derive(Clone, Debug)]
pub struct NewShowtime<'a> {
    /// Its id, made by the caller.
    pub id: ShowtimeId,
    /// The event it belongs to.
    pub event: Option<Uuid>,
    pub title: &'a str,
    pub starts_at: Timestamp,
    /// By whom; whoever is named there has created it.
    pub by: By<'a>,
    pub spec: &'a LayoutSpec,
    pub terms: &'a SaleTerms,
    /// The request, when the caller named it to repeat it safely.
    pub request: Option<RequestStamp>,
}

/// What became of a request to create a showtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    New,
    /// The same request had created this one before.
    Replayed(ShowtimeId),
    /// The request's key was used for another request.
    KeyReused,
}

impl Showtimes {
    /// Creates a showtime with its layout, its owner's row, its first entry and its availability; the
    /// layout is the one built from its `spec`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Driver`] when the database fails; the same request may be sent again.
    pub async fn create(
        &self,
        new: &NewShowtime<'_>,
        layout: &SeatLayout,
        now: Timestamp,
    ) -> Result<Created, StoreError> {
        // Boxed, so that the handlers that await it stay small.
        Box::pin(self.create_all(new, layout, now)).await
    }

    async fn create_all(
        &self,
        new: &NewShowtime<'_>,
        layout: &SeatLayout,
        now: Timestamp,
    ) -> Result<Created, StoreError> {
        let mut transaction = self.pool.begin().await?;
        if !insert(&mut transaction, new, layout, now).await? {
            return find_request(&mut transaction, new).await;
        }
        insert_layout(&mut transaction, new).await?;
        insert_owner(&mut transaction, new.id, now).await?;
        insert_opened(&mut transaction, new, now).await?;
        insert_availability(&mut transaction, new.id, layout).await?;
        log(&mut transaction, new, now).await?;
        transaction.commit().await?;
        Ok(Created::New)
    }
}

/// `false` when the request's key is known already.
async fn insert(
    connection: &mut PgConnection,
    new: &NewShowtime<'_>,
    layout: &SeatLayout,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let terms = new.terms;
    let inserted = sqlx::query(INSERT)
        .bind(new.id.uuid())
        .bind(new.event)
        .bind(new.title)
        .bind(Timestamptz(new.starts_at))
        .bind(Timestamptz(now))
        .bind(new.by.actor)
        .bind(FIRST_LAYOUT)
        .bind(int(layout.capacity()))
        .bind(layout.currency())
        .bind(optional(terms.on_sale_from))
        .bind(optional(terms.on_sale_until))
        .bind(int(terms.max_per_buyer))
        .bind(int(terms.hold_ttl_seconds))
        .bind(int(terms.hold_ttl_max_seconds))
        .bind(gap_rule_name(terms.gap_rule))
        .bind(status_name(terms.status))
        .bind(
            new.request
                .map(|request| request.key.to_be_bytes().to_vec()),
        )
        .bind(
            new.request
                .map(|request| request.fingerprint.to_be_bytes().to_vec()),
        )
        .execute(connection)
        .await?;
    Ok(inserted.rows_affected() == 1)
}

async fn find_request(
    connection: &mut PgConnection,
    new: &NewShowtime<'_>,
) -> Result<Created, StoreError> {
    let key = new
        .request
        .map(|request| request.key.to_be_bytes().to_vec());
    let (id, fingerprint): (Uuid, Vec<u8>) = sqlx::query_as(FIND_REQUEST)
        .bind(key)
        .fetch_one(connection)
        .await?;
    let asked = new.request.map(|request| request.fingerprint.to_be_bytes());
    if asked.is_some_and(|asked| asked == *fingerprint) {
        Ok(Created::Replayed(ShowtimeId::new(id)))
    } else {
        Ok(Created::KeyReused)
    }
}

async fn insert_layout(
    connection: &mut PgConnection,
    new: &NewShowtime<'_>,
) -> Result<(), StoreError> {
    let payload = codec::encode_layout(new.spec)
        .map_err(|error| StoreError::corrupt("layouts", "payload", &new.id, &error))?;
    let inserted = sqlx::query(INSERT_LAYOUT)
        .bind(new.id.uuid())
        .bind(FIRST_LAYOUT)
        .bind(payload)
        .execute(connection)
        .await?;
    expect_rows(inserted.rows_affected(), 1)
}

async fn insert_owner(
    connection: &mut PgConnection,
    id: ShowtimeId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let inserted = sqlx::query(INSERT_OWNER)
        .bind(id.uuid())
        .bind(Timestamptz(now))
        .execute(connection)
        .await?;
    expect_rows(inserted.rows_affected(), 1)
}

/// The first entry is written before there is an owner, so it belongs to no reign.
async fn insert_opened(
    connection: &mut PgConnection,
    new: &NewShowtime<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let by = new.by.actor.map(BuyerId::new);
    let opened = SeatMap::opening(new.terms.clone(), by, now);
    let mut payload = Vec::new();
    codec::encode_entry(&opened, &mut payload)
        .map_err(|error| StoreError::corrupt("journal", "payload", &new.id, &error))?;
    let inserted = sqlx::query(INSERT_OPENED)
        .bind(new.id.uuid())
        .bind(bigint(opened.seq.0))
        .bind(bigint(Epoch::default().0))
        .bind(Timestamptz(opened.at))
        .bind(code(opened.decision.kind()))
        .bind(payload)
        .execute(connection)
        .await?;
    expect_rows(inserted.rows_affected(), 1)
}

async fn insert_availability(
    connection: &mut PgConnection,
    id: ShowtimeId,
    layout: &SeatLayout,
) -> Result<(), StoreError> {
    let mut capacities = vec![0_u32; layout.sections().len()];
    let mut blocked = capacities.clone();
    for (section_tier, at) in layout.section_tiers().iter().zip(0..) {
        capacities[usize::from(section_tier.section.0)] += section_tier.capacity;
        if !layout.is_for_sale(SectionTierIndex(at)) {
            blocked[usize::from(section_tier.section.0)] += section_tier.capacity;
        }
    }
    let inserted = sqlx::query(INSERT_AVAILABILITY)
        .bind(id.uuid())
        .bind(capacities.iter().map(|&capacity| int(capacity)).bind_iter())
        .bind(blocked.iter().map(|&blocked| int(blocked)).bind_iter())
        .execute(connection)
        .await?;
    expect_rows(inserted.rows_affected(), capacities.len())
}

async fn log(
    connection: &mut PgConnection,
    new: &NewShowtime<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut after = terms_as_logged(new.terms);
    after["title"] = new.title.into();
    let change = Change {
        after: Some(after),
        ..Change::default()
    };
    let what = ("showtime.created", Target::Showtime(new.id.uuid()));
    audit_log::write(connection, new.by, what, change, now).await
}
