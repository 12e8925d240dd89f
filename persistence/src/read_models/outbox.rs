//! Jobs that follow from entries, for the worker that does them.

use seating::entry::{BookingCancelled, Sale};
use seating::ids::BookingId;
use serde::Serialize;
use sqlx::postgres::{PgBindIterExt, PgConnection};
use sqlx::types::{Json, Uuid};

use super::Origin;
use crate::entry_kind::SoldWhen;
use crate::error::{StoreError, expect_rows};
use crate::pg_types::Timestamptz;
use crate::pg_types::bigint;

/// A booking was sold: its buyer is to be notified.
const BOOKING_CONFIRMED: &str = "booking_confirmed";
/// Money must go back.
const REFUND_REQUESTED: &str = "refund_requested";

const WRITE: &str = "\
insert into outbox (topic, showtime_id, seq, payload, created_at, available_at) \
select j.topic, j.showtime_id, j.seq, j.payload, j.at, j.at \
from unnest($1::text[], $2::uuid[], $3::bigint[], $4::jsonb[], $5::timestamptz[]) \
    as j (topic, showtime_id, seq, payload, at)";

/// One job.
pub(super) struct Job<'a> {
    topic: &'static str,
    origin: Origin<'a>,
    payload: Payload<'a>,
}

/// What the job's worker must know.
#[derive(Serialize)]
#[serde(untagged)]
enum Payload<'a> {
    Confirmed {
        booking_id: Uuid,
        buyer_id: Uuid,
        /// Whether its payment came after its deadline.
        late: bool,
    },
    Refund {
        booking_id: Uuid,
        reason: &'static str,
        /// Absent when everything captured goes back.
        #[serde(skip_serializing_if = "Option::is_none")]
        amount_minor_units: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        payment_reference: Option<&'a str>,
        /// Numbers of the tickets refunded.
        #[serde(skip_serializing_if = "<[u8]>::is_empty")]
        tickets: &'a [u8],
    },
}

impl<'a> Job<'a> {
    pub(super) fn confirmed(origin: Origin<'a>, sale: &Sale, when: SoldWhen) -> Self {
        Self {
            topic: BOOKING_CONFIRMED,
            origin,
            payload: Payload::Confirmed {
                booking_id: sale.booking.uuid(),
                buyer_id: sale.buyer.uuid(),
                late: when == SoldWhen::Late,
            },
        }
    }

    pub(super) fn orphaned(
        origin: Origin<'a>,
        booking: BookingId,
        payment_reference: Option<&'a str>,
    ) -> Self {
        Self {
            topic: REFUND_REQUESTED,
            origin,
            payload: Payload::Refund {
                booking_id: booking.uuid(),
                reason: "payment_orphaned",
                amount_minor_units: None,
                payment_reference,
                tickets: &[],
            },
        }
    }

    /// A cancellation that refunds nothing needs no job.
    pub(super) fn cancelled(origin: Origin<'a>, cancelled: &'a BookingCancelled) -> Option<Self> {
        (cancelled.refund_minor_units > 0).then(|| Self {
            topic: REFUND_REQUESTED,
            origin,
            payload: Payload::Refund {
                booking_id: cancelled.booking.uuid(),
                reason: "booking_cancelled",
                amount_minor_units: Some(cancelled.refund_minor_units),
                payment_reference: None,
                tickets: &cancelled.tickets,
            },
        })
    }
}

pub(super) async fn write(
    jobs: &[Job<'_>],
    connection: &mut PgConnection,
) -> Result<(), StoreError> {
    if jobs.is_empty() {
        return Ok(());
    }
    let written = sqlx::query(WRITE)
        .bind(jobs.iter().map(|job| job.topic).bind_iter())
        .bind(
            jobs.iter()
                .map(|job| job.origin.showtime.uuid())
                .bind_iter(),
        )
        .bind(jobs.iter().map(|job| bigint(job.origin.seq.0)).bind_iter())
        .bind(jobs.iter().map(|job| Json(&job.payload)).bind_iter())
        .bind(
            jobs.iter()
                .map(|job| Timestamptz(job.origin.at))
                .bind_iter(),
        )
        .execute(connection)
        .await?;
    expect_rows(written.rows_affected(), jobs.len())
}
