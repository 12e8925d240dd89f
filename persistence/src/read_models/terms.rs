//! The sale's terms, as columns of the showtime.

use seating::ids::ShowtimeId;
use seating::sale_terms::{GapRule, SaleStatus, SaleTerms, hold_ttl_max_usual};
use sqlx::Row;
use sqlx::postgres::{PgBindIterExt, PgConnection, PgRow};
use sqlx::types::Uuid;

use super::Origin;
use crate::error::{StoreError, expect_rows};
use crate::pg_types::{Int, Timestamptz, bigint, int, optional};

/// As a transaction sees them.
const TERMS: &str = "\
select id, on_sale_from, on_sale_until, max_per_buyer, hold_ttl_seconds, hold_ttl_max_seconds, \
    gap_rule, status \
from showtimes where id = any($1)";
const CHANGE: &str = "\
update showtimes s set \
    on_sale_from = c.on_sale_from, on_sale_until = c.on_sale_until, \
    max_per_buyer = c.max_per_buyer, hold_ttl_seconds = c.hold_ttl_seconds, \
    hold_ttl_max_seconds = c.hold_ttl_max_seconds, \
    gap_rule = c.gap_rule, status = c.status, settings_seq = c.seq \
from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::int[], \
    $6::int[], $7::int[], $8::text[], $9::text[]) \
    as c (showtime_id, seq, on_sale_from, on_sale_until, max_per_buyer, hold_ttl_seconds, \
        hold_ttl_max_seconds, gap_rule, status) \
where s.id = c.showtime_id";

/// The newest terms of each showtime in the batch.
#[derive(Default)]
pub(super) struct TermsRows<'a>(Vec<(Origin<'a>, &'a SaleTerms)>);

impl<'a> TermsRows<'a> {
    pub(super) fn change(&mut self, origin: Origin<'a>, terms: &'a SaleTerms) {
        self.0
            .retain(|(older, _)| older.showtime != origin.showtime);
        self.0.push((origin, terms));
    }

    pub(super) async fn write(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let origins = || self.0.iter().map(|(origin, _)| origin);
        let terms = || self.0.iter().map(|(_, terms)| *terms);
        let changed = sqlx::query(CHANGE)
            .bind(origins().map(|origin| origin.showtime.uuid()).bind_iter())
            .bind(origins().map(|origin| bigint(origin.seq.0)).bind_iter())
            .bind(
                terms()
                    .map(|terms| optional(terms.on_sale_from))
                    .bind_iter(),
            )
            .bind(
                terms()
                    .map(|terms| optional(terms.on_sale_until))
                    .bind_iter(),
            )
            .bind(terms().map(|terms| int(terms.max_per_buyer)).bind_iter())
            .bind(terms().map(|terms| int(terms.hold_ttl_seconds)).bind_iter())
            .bind(
                terms()
                    .map(|terms| int(terms.hold_ttl_max_seconds))
                    .bind_iter(),
            )
            .bind(
                terms()
                    .map(|terms| gap_rule_name(terms.gap_rule))
                    .bind_iter(),
            )
            .bind(terms().map(|terms| status_name(terms.status)).bind_iter())
            .execute(connection)
            .await?;
        expect_rows(changed.rows_affected(), self.0.len())
    }
}

/// The terms of some showtimes.
pub(super) async fn of_showtimes(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<(ShowtimeId, SaleTerms)>, StoreError> {
    let rows = sqlx::query(TERMS).bind(ids).fetch_all(connection).await?;
    let terms = rows.iter().map(|row| {
        let id: Uuid = row.try_get("id")?;
        Ok((ShowtimeId::new(id), read_terms(id, row)?))
    });
    terms.collect()
}

/// Reads the columns of a sale's terms.
pub(crate) fn read_terms(id: Uuid, row: &PgRow) -> Result<SaleTerms, StoreError> {
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

/// How the column names a gap rule.
pub(crate) const fn gap_rule_name(rule: GapRule) -> &'static str {
    match rule {
        GapRule::Off => "off",
        GapRule::Lenient => "lenient",
        GapRule::Strict => "strict",
    }
}

/// How the column names a status.
pub(crate) const fn status_name(status: SaleStatus) -> &'static str {
    match status {
        SaleStatus::Draft => "draft",
        SaleStatus::Open => "open",
        SaleStatus::Paused => "paused",
        SaleStatus::Cancelled => "cancelled",
    }
}

/// The gap rule of that name.
fn gap_rule_named(name: &str) -> Option<GapRule> {
    let rules = [GapRule::Off, GapRule::Lenient, GapRule::Strict];
    rules.into_iter().find(|&rule| gap_rule_name(rule) == name)
}

/// The status of that name.
fn status_named(name: &str) -> Option<SaleStatus> {
    let all = [
        SaleStatus::Draft,
        SaleStatus::Open,
        SaleStatus::Paused,
        SaleStatus::Cancelled,
    ];
    all.into_iter().find(|&status| status_name(status) == name)
}
