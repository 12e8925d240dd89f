//! Which jobs follow from entries.

use seating::entry::{BookingCancelled, Sale};
use seating::ids::BookingId;
use sqlx::postgres::{PgBindIterExt, PgConnection};
use sqlx::types::Json;

use super::Origin;
use crate::entry_kind::SoldWhen;
use crate::error::{StoreError, expect_rows};
use crate::outbox::{BookingConfirmed, Job, RefundReason, RefundRequested};
use crate::pg_types::{Timestamptz, bigint};

const WRITE: &str = "\
insert into outbox (topic, showtime_id, seq, payload, created_at, available_at) \
select j.topic, j.showtime_id, j.seq, j.payload, j.at, j.at \
from unnest($1::text[], $2::uuid[], $3::bigint[], $4::jsonb[], $5::timestamptz[]) \
    as j (topic, showtime_id, seq, payload, at)";

/// The jobs of a batch, each with the entry that it follows from.
#[derive(Default)]
pub(super) struct JobRows<'a>(Vec<(Origin<'a>, Job)>);

impl<'a> JobRows<'a> {
    pub(super) fn confirmed(&mut self, origin: Origin<'a>, sale: &Sale, when: SoldWhen) {
        let job = BookingConfirmed {
            booking_id: sale.booking.uuid(),
            buyer_id: sale.buyer.uuid(),
            late: when == SoldWhen::Late,
        };
        self.0.push((origin, Job::BookingConfirmed(job)));
    }

    pub(super) fn orphaned(
        &mut self,
        origin: Origin<'a>,
        booking: BookingId,
        payment_reference: Option<&str>,
    ) {
        let job = RefundRequested {
            booking_id: booking.uuid(),
            reason: RefundReason::PaymentOrphaned,
            amount_minor_units: None,
            payment_reference: payment_reference.map(str::to_owned),
            tickets: Vec::new(),
        };
        self.0.push((origin, Job::RefundRequested(job)));
    }

    /// A cancellation that refunds nothing needs no job.
    pub(super) fn cancelled(&mut self, origin: Origin<'a>, cancelled: &BookingCancelled) {
        if cancelled.refund_minor_units == 0 {
            return;
        }
        let job = RefundRequested {
            booking_id: cancelled.booking.uuid(),
            reason: RefundReason::BookingCancelled,
            amount_minor_units: Some(cancelled.refund_minor_units),
            payment_reference: None,
            tickets: cancelled.tickets.clone(),
        };
        self.0.push((origin, Job::RefundRequested(job)));
    }

    pub(super) async fn write(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let origins = || self.0.iter().map(|(origin, _)| origin);
        let jobs = || self.0.iter().map(|(_, job)| job);
        let written = sqlx::query(WRITE)
            .bind(jobs().map(Job::topic).bind_iter())
            .bind(origins().map(|origin| origin.showtime.uuid()).bind_iter())
            .bind(origins().map(|origin| bigint(origin.seq.0)).bind_iter())
            .bind(jobs().map(Json).bind_iter())
            .bind(origins().map(|origin| Timestamptz(origin.at)).bind_iter())
            .execute(connection)
            .await?;
        expect_rows(written.rows_affected(), self.0.len())
    }
}
