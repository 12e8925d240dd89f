//! Bookings through their life.

use std::collections::BTreeSet;

use seating::entry::{BookingCancelled, PaymentBegun, Sale};
use seating::ids::{BookingId, HoldId};
use seating::snapshot::BookingState;
use sqlx::postgres::{PgBindIterExt, PgConnection};
use sqlx::types::Json;

use super::Origin;
use super::places_json::PlacesJson;
use crate::error::{StoreError, expect_rows};
use crate::pg_types::Timestamptz;
use crate::pg_types::bigint;

const BEGIN: &str = "\
insert into bookings (id, showtime_id, hold_id, buyer_id, state, places, total_minor_units, \
    currency, created_at, pay_by, seq) \
select b.id, b.showtime_id, b.hold_id, b.buyer_id, 'pending', b.places, b.total, b.currency, \
    b.at, b.pay_by, b.seq \
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::jsonb[], $6::bigint[], \
    $7::text[], $8::timestamptz[], $9::timestamptz[], $10::bigint[]) \
    as b (id, showtime_id, hold_id, buyer_id, places, total, currency, at, pay_by, seq)";

const EXPIRE: &str = "\
update bookings b set state = 'expired', seq = e.seq \
from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as e (showtime_id, hold_id, seq) \
where b.hold_id = e.hold_id and b.state = 'pending' and b.showtime_id = e.showtime_id";

/// A sale at the till has no pending booking before it; every other sale has.
const CONFIRM: &str = "\
insert into bookings as b (id, showtime_id, hold_id, buyer_id, state, places, \
    total_minor_units, currency, payment_reference, created_at, confirmed_at, seq) \
select s.id, s.showtime_id, s.hold_id, s.buyer_id, 'confirmed', s.places, s.total, s.currency, \
    s.payment_reference, s.at, s.at, s.seq \
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::jsonb[], $6::bigint[], \
    $7::text[], $8::text[], $9::timestamptz[], $10::bigint[]) \
    as s (id, showtime_id, hold_id, buyer_id, places, total, currency, payment_reference, at, \
        seq) \
on conflict (id) do update set state = 'confirmed', payment_reference = \
    coalesce(excluded.payment_reference, b.payment_reference), \
    confirmed_at = excluded.confirmed_at, seq = excluded.seq \
where b.showtime_id = excluded.showtime_id and b.state in ('pending', 'expired')";

const ORPHAN: &str = "\
update bookings b set state = 'orphaned', seq = o.seq, \
    payment_reference = coalesce(o.payment_reference, b.payment_reference) \
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[]) \
    as o (id, showtime_id, payment_reference, seq) \
where b.id = o.id and b.showtime_id = o.showtime_id";

/// One booking may be cancelled in parts within a batch, and an update sees each row once. One that
/// is paid after it was cancelled stays orphaned, also when both are in this batch.
const CANCEL: &str = "\
update bookings b set \
    state = case when c.whole and b.state <> 'orphaned' then 'cancelled' else b.state end, \
    cancelled_at = case when c.whole then c.at else b.cancelled_at end, \
    refund_minor_units = b.refund_minor_units + c.refund, \
    seq = c.seq \
from ( \
    select e.id, e.showtime_id, bool_or(e.whole) as whole, sum(e.refund)::bigint as refund, \
        max(e.at) as at, max(e.seq) as seq \
    from unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::bigint[], $5::timestamptz[], \
        $6::bigint[]) as e (id, showtime_id, whole, refund, at, seq) \
    group by e.id, e.showtime_id \
) c \
where b.id = c.id and b.showtime_id = c.showtime_id";

/// The batch's changes of bookings.
#[derive(Default)]
pub(super) struct BookingRows<'a> {
    begun: Vec<(Origin<'a>, &'a PaymentBegun)>,
    expired: Vec<(Origin<'a>, HoldId)>,
    confirmed: Vec<(Origin<'a>, &'a Sale)>,
    orphaned: Vec<(Origin<'a>, BookingId, Option<&'a str>)>,
    cancelled: Vec<(Origin<'a>, &'a BookingCancelled)>,
}

impl<'a> BookingRows<'a> {
    pub(super) fn begin(&mut self, origin: Origin<'a>, begun: &'a PaymentBegun) {
        self.begun.push((origin, begun));
    }

    pub(super) fn expire(&mut self, origin: Origin<'a>, holds: &[HoldId]) {
        self.expired
            .extend(holds.iter().map(|&hold| (origin, hold)));
    }

    pub(super) fn confirm(&mut self, origin: Origin<'a>, sale: &'a Sale) {
        self.confirmed.push((origin, sale));
    }

    pub(super) fn orphan(
        &mut self,
        origin: Origin<'a>,
        booking: BookingId,
        payment_reference: Option<&'a str>,
    ) {
        self.orphaned.push((origin, booking, payment_reference));
    }

    pub(super) fn cancel(&mut self, origin: Origin<'a>, cancelled: &'a BookingCancelled) {
        self.cancelled.push((origin, cancelled));
    }

    pub(super) async fn write(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        self.write_begun(connection).await?;
        self.write_expired(connection).await?;
        self.write_confirmed(connection).await?;
        self.write_orphaned(connection).await?;
        self.write_cancelled(connection).await
    }

    async fn write_begun(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if self.begun.is_empty() {
            return Ok(());
        }
        let rows = || self.begun.iter();
        let written = sqlx::query(BEGIN)
            .bind(rows().map(|(_, begun)| begun.booking.uuid()).bind_iter())
            .bind(rows().map(|(origin, _)| origin.showtime.uuid()).bind_iter())
            .bind(rows().map(|(_, begun)| begun.hold.uuid()).bind_iter())
            .bind(rows().map(|(_, begun)| begun.buyer.uuid()).bind_iter())
            .bind(
                rows()
                    .map(|(origin, begun)| Json(PlacesJson::of(origin.layout, &begun.places)))
                    .bind_iter(),
            )
            .bind(
                rows()
                    .map(|(origin, begun)| begun.places.total(origin.layout))
                    .bind_iter(),
            )
            .bind(
                rows()
                    .map(|(origin, _)| origin.layout.currency())
                    .bind_iter(),
            )
            .bind(rows().map(|(origin, _)| Timestamptz(origin.at)).bind_iter())
            .bind(
                rows()
                    .map(|(_, begun)| Timestamptz(begun.pay_by))
                    .bind_iter(),
            )
            .bind(rows().map(|(origin, _)| bigint(origin.seq.0)).bind_iter())
            .execute(connection)
            .await?;
        expect_rows(written.rows_affected(), self.begun.len())
    }

    /// Most expired holds never became a booking, so the number of rows says nothing.
    async fn write_expired(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if self.expired.is_empty() {
            return Ok(());
        }
        let rows = || self.expired.iter();
        sqlx::query(EXPIRE)
            .bind(rows().map(|(origin, _)| origin.showtime.uuid()).bind_iter())
            .bind(rows().map(|(_, hold)| hold.uuid()).bind_iter())
            .bind(rows().map(|(origin, _)| bigint(origin.seq.0)).bind_iter())
            .execute(connection)
            .await?;
        Ok(())
    }

    async fn write_confirmed(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if self.confirmed.is_empty() {
            return Ok(());
        }
        let rows = || self.confirmed.iter();
        let written = sqlx::query(CONFIRM)
            .bind(rows().map(|(_, sale)| sale.booking.uuid()).bind_iter())
            .bind(rows().map(|(origin, _)| origin.showtime.uuid()).bind_iter())
            .bind(rows().map(|(_, sale)| sale.hold.uuid()).bind_iter())
            .bind(rows().map(|(_, sale)| sale.buyer.uuid()).bind_iter())
            .bind(
                rows()
                    .map(|(origin, sale)| Json(PlacesJson::of(origin.layout, &sale.places)))
                    .bind_iter(),
            )
            .bind(
                rows()
                    .map(|(origin, sale)| sale.places.total(origin.layout))
                    .bind_iter(),
            )
            .bind(
                rows()
                    .map(|(origin, _)| origin.layout.currency())
                    .bind_iter(),
            )
            .bind(
                rows()
                    .map(|(_, sale)| sale.payment_reference.as_deref())
                    .bind_iter(),
            )
            .bind(rows().map(|(origin, _)| Timestamptz(origin.at)).bind_iter())
            .bind(rows().map(|(origin, _)| bigint(origin.seq.0)).bind_iter())
            .execute(connection)
            .await?;
        expect_rows(written.rows_affected(), self.confirmed.len())
    }

    async fn write_orphaned(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if self.orphaned.is_empty() {
            return Ok(());
        }
        let rows = || self.orphaned.iter();
        let written = sqlx::query(ORPHAN)
            .bind(rows().map(|(_, booking, _)| booking.uuid()).bind_iter())
            .bind(
                rows()
                    .map(|(origin, _, _)| origin.showtime.uuid())
                    .bind_iter(),
            )
            .bind(rows().map(|(_, _, reference)| *reference).bind_iter())
            .bind(
                rows()
                    .map(|(origin, _, _)| bigint(origin.seq.0))
                    .bind_iter(),
            )
            .execute(connection)
            .await?;
        expect_rows(written.rows_affected(), self.orphaned.len())
    }

    async fn write_cancelled(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if self.cancelled.is_empty() {
            return Ok(());
        }
        let rows = || self.cancelled.iter();
        let written = sqlx::query(CANCEL)
            .bind(
                rows()
                    .map(|(_, cancelled)| cancelled.booking.uuid())
                    .bind_iter(),
            )
            .bind(rows().map(|(origin, _)| origin.showtime.uuid()).bind_iter())
            .bind(rows().map(|(_, cancelled)| cancelled.whole).bind_iter())
            .bind(
                rows()
                    .map(|(_, cancelled)| cancelled.refund_minor_units)
                    .bind_iter(),
            )
            .bind(rows().map(|(origin, _)| Timestamptz(origin.at)).bind_iter())
            .bind(rows().map(|(origin, _)| bigint(origin.seq.0)).bind_iter())
            .execute(connection)
            .await?;
        let bookings: BTreeSet<_> = rows().map(|(_, cancelled)| cancelled.booking).collect();
        expect_rows(written.rows_affected(), bookings.len())
    }
}

/// The state of that name: the column uses the words that people use.
pub(crate) fn state_named(name: &str) -> Option<BookingState> {
    let mut states = BookingState::ALL.into_iter();
    states.find(|state| state.as_str() == name)
}
