//! What the audit log says of the staff's commands: that there was one, what it changed, and in which entry of the
//! journal the rest stands.

use std::collections::HashMap;

use seating::entry::{BlockChange, Decision, Held, Sale};
use seating::ids::{BuyerId, ShowtimeId};
use seating::places::Places;
use seating::sale_terms::SaleTerms;
use serde_json::{Value, json};
use sqlx::postgres::{PgBindIterExt, PgConnection};
use sqlx::types::chrono::DateTime;
use sqlx::types::{Json, Uuid};

use super::terms::of_showtimes;
use super::{Origin, gap_rule_name, status_name};
use crate::audit_log::Source;
use crate::error::{StoreError, expect_rows};
use crate::pg_types::{Timestamptz, bigint};

const WRITE: &str = "\
insert into audit_log \
    (at, actor_id, source, action, target_kind, target_id, seq, before, after, request_id) \
select w.at, w.actor_id, $1, w.action, 'showtime', w.showtime_id, w.seq, w.before, w.after, w.request_id \
from unnest($2::timestamptz[], $3::uuid[], $4::text[], $5::uuid[], $6::bigint[], $7::jsonb[], \
    $8::jsonb[], $9::text[]) \
    as w (at, actor_id, action, showtime_id, seq, before, after, request_id)";

/// The rows of a batch.
#[derive(Default)]
pub(super) struct LogRows<'a>(Vec<Row<'a>>);

struct Row<'a> {
    origin: Origin<'a>,
    by: BuyerId,
    request_id: Option<&'a str>,
    decision: &'a Decision,
}

impl<'a> LogRows<'a> {
    pub(super) fn add(
        &mut self,
        origin: Origin<'a>,
        (by, request_id): (BuyerId, Option<&'a str>),
        decision: &'a Decision,
    ) {
        self.0.push(Row {
            origin,
            by,
            request_id,
            decision,
        });
    }

    /// Before the terms that are replaced are.
    pub(super) async fn write(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let before = self.before(connection).await?;
        let rows = || self.0.iter();
        let origins = || rows().map(|row| row.origin);
        let written = sqlx::query(WRITE)
            .bind(Source::Api.as_str())
            .bind(origins().map(|origin| Timestamptz(origin.at)).bind_iter())
            .bind(rows().map(|row| row.by.uuid()).bind_iter())
            .bind(rows().map(|row| action(row.decision)).bind_iter())
            .bind(origins().map(|origin| origin.showtime.uuid()).bind_iter())
            .bind(origins().map(|origin| bigint(origin.seq.0)).bind_iter())
            .bind(before.iter().map(|it| it.as_ref().map(Json)).bind_iter())
            .bind(rows().map(|row| Json(after(row.decision))).bind_iter())
            .bind(rows().map(|row| row.request_id).bind_iter())
            .execute(connection)
            .await?;
        expect_rows(written.rows_affected(), self.0.len())
    }

    /// Of each row that changes terms those that it replaces: the showtime's, or those of a row before it.
    async fn before(
        &self,
        connection: &mut PgConnection,
    ) -> Result<Vec<Option<Value>>, StoreError> {
        let changed = self
            .0
            .iter()
            .filter(|row| new_terms(row.decision).is_some());
        let ids: Vec<Uuid> = changed.map(|row| row.origin.showtime.uuid()).collect();
        let mut known: HashMap<ShowtimeId, Value> = HashMap::new();
        if !ids.is_empty() {
            for (id, old) in of_showtimes(connection, &ids).await? {
                known.insert(id, terms(&old));
            }
        }
        let before = self.0.iter().map(|row| {
            let new = new_terms(row.decision)?;
            known.insert(row.origin.showtime, terms(new))
        });
        Ok(before.collect())
    }
}

const fn new_terms(decision: &Decision) -> Option<&SaleTerms> {
    match decision {
        Decision::Reconfigured(terms) => Some(terms),
        Decision::Opened(_)
        | Decision::Held(_)
        | Decision::Extended { .. }
        | Decision::Released { .. }
        | Decision::PaymentBegun(_)
        | Decision::Confirmed(_)
        | Decision::ConfirmedLate(_)
        | Decision::PaymentOrphaned { .. }
        | Decision::Expired { .. }
        | Decision::BookingCancelled(_)
        | Decision::Blocked(_)
        | Decision::Unblocked(_) => None,
    }
}

/// What was done, in the journal's own words.
fn action(decision: &Decision) -> String {
    format!("showtime.{}", decision.kind().name())
}

/// What can be told in a line; the entry has the rest.
fn after(decision: &Decision) -> Value {
    match decision {
        Decision::Opened(new) | Decision::Reconfigured(new) => terms(new),
        Decision::Held(Held {
            hold,
            buyer,
            places,
            ..
        }) => json!({
            "hold_id": hold.uuid(), "buyer_id": buyer.uuid(), "places": count(places),
        }),
        Decision::Extended { hold, expires_at } => json!({
            "hold_id": hold.uuid(), "expires_at": time(*expires_at),
        }),
        Decision::Released { hold, .. } => json!({"hold_id": hold.uuid()}),
        Decision::PaymentBegun(begun) => json!({
            "hold_id": begun.hold.uuid(), "booking_id": begun.booking.uuid(),
            "buyer_id": begun.buyer.uuid(), "places": count(&begun.places),
        }),
        Decision::Confirmed(sale) | Decision::ConfirmedLate(sale) => sold(sale),
        Decision::PaymentOrphaned { booking, .. } => json!({"booking_id": booking.uuid()}),
        Decision::Expired { holds } => json!({"holds": holds.len()}),
        Decision::BookingCancelled(cancelled) => json!({
            "booking_id": cancelled.booking.uuid(), "tickets": cancelled.tickets,
            "refund_minor_units": cancelled.refund_minor_units,
        }),
        Decision::Blocked(change) | Decision::Unblocked(change) => blocked(change),
    }
}

fn sold(sale: &Sale) -> Value {
    json!({
        "booking_id": sale.booking.uuid(), "hold_id": sale.hold.uuid(),
        "buyer_id": sale.buyer.uuid(), "places": count(&sale.places),
    })
}

fn blocked(change: &BlockChange) -> Value {
    let areas = change.areas.iter().map(|area| u64::from(area.quantity));
    let places = change.seats.len() as u64 + areas.sum::<u64>();
    json!({"places": places, "reason": change.reason})
}

fn count(places: &Places) -> u64 {
    let areas = places.areas.iter().map(|area| u64::from(area.quantity));
    places.seats.len() as u64 + areas.sum::<u64>()
}

/// The terms of a sale as the log shows them.
pub(crate) fn terms(terms: &SaleTerms) -> Value {
    json!({
        "on_sale_from": terms.on_sale_from.map(time),
        "on_sale_until": terms.on_sale_until.map(time),
        "max_per_buyer": terms.max_per_buyer,
        "hold_ttl_seconds": terms.hold_ttl_seconds,
        "hold_ttl_max_seconds": terms.hold_ttl_max_seconds,
        "gap_rule": gap_rule_name(terms.gap_rule),
        "status": status_name(terms.status),
    })
}

fn time(at: seating::timestamp::Timestamp) -> Value {
    json!(DateTime::from_timestamp_micros(at.unix_micros()))
}
