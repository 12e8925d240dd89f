//! Small shapes that many bodies share: money, times and the success envelope.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use seating::seat_layout::spec::Money;
use seating::seat_layout::{CellIndex, SeatLayout};
use seating::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An amount in minor units of a currency.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Money)]
pub struct MoneyBody {
    /// Minor units: paise, cents.
    #[schema(example = 150_000)]
    pub amount: i64,
    /// Three capital letters, ISO 4217.
    #[schema(example = "INR")]
    pub currency: String,
}

impl From<MoneyBody> for Money {
    fn from(body: MoneyBody) -> Self {
        Self {
            amount: body.amount,
            currency: body.currency,
        }
    }
}

/// An amount on its way out, borrowing its currency.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MoneyView<'a> {
    /// Minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: &'a str,
}

impl<'a> MoneyView<'a> {
    /// A price that may be missing: such places are not for sale.
    pub fn of_price(price: Option<&'a Money>) -> Option<Self> {
        price.map(|price| Self {
            amount: price.amount,
            currency: &price.currency,
        })
    }

    /// What a place of this cell costs that is held or sold, so that it has a price.
    pub fn of_cell(layout: &'a SeatLayout, cell: CellIndex) -> Self {
        Self {
            amount: layout.cell_price(cell),
            currency: layout.currency(),
        }
    }
}

/// Every success: `{"success": true, "data": …}`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Envelope<T> {
    /// Always true.
    pub success: bool,
    /// The answer.
    pub data: T,
    /// Paging, of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<PageMeta>,
}

/// Where a page stands in its list.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct PageMeta {
    /// Which page, from 1.
    pub page: u32,
    /// Entries of a page.
    pub limit: u32,
    /// Entries in all.
    pub total: u64,
    /// Pages in all.
    pub total_pages: u64,
}

/// A page of a list that is read on from where the page before ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct CursorPage<T> {
    /// Always true.
    pub success: bool,
    /// The answer.
    pub data: T,
    /// Where to read on.
    pub meta: CursorMeta,
}

/// Where to read on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CursorMeta {
    /// Entries of a page.
    pub limit: u32,
    /// The `cursor` of the next page; nothing on the last one.
    pub next_cursor: Option<String>,
}

impl<T> CursorPage<T> {
    /// This much of a list.
    pub const fn of(answer: T, limit: u32, next_cursor: Option<String>) -> Self {
        Self {
            success: true,
            data: answer,
            meta: CursorMeta { limit, next_cursor },
        }
    }
}

impl<T: Serialize> IntoResponse for CursorPage<T> {
    fn into_response(self) -> Response {
        json_response(json_bytes(&self))
    }
}

impl<T> Envelope<T> {
    /// An answer that is not a list.
    pub const fn of(answer: T) -> Self {
        Self {
            success: true,
            data: answer,
            meta: None,
        }
    }

    /// A page of a list.
    pub const fn page(answer: T, meta: PageMeta) -> Self {
        Self {
            success: true,
            data: answer,
            meta: Some(meta),
        }
    }
}

impl<T: Serialize> IntoResponse for Envelope<T> {
    fn into_response(self) -> Response {
        json_response(json_bytes(&self))
    }
}

/// Serialises into a buffer that most answers fit in. Our bodies have string keys and cannot fail.
pub fn json_bytes(body: &impl Serialize) -> Bytes {
    let mut buffer = Vec::with_capacity(1_024);
    match serde_json::to_writer(&mut buffer, body) {
        Ok(()) => buffer.into(),
        Err(error) => {
            tracing::error!(error = %error, "a response body could not be written");
            Bytes::new()
        }
    }
}

/// A response of ready JSON bytes.
pub fn json_response(body: Bytes) -> Response {
    let mut response = Response::new(body.into());
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// A point in time as clients read it.
pub fn rfc3339(at: Timestamp) -> String {
    match DateTime::<Utc>::from_timestamp_micros(at.unix_micros()) {
        Some(time) => time.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        // Beyond the year 262142, which no clock of ours reaches.
        None => String::from("9999-12-31T23:59:59Z"),
    }
}

/// A point in time as a client wrote it.
pub fn timestamp(at: DateTime<Utc>) -> Timestamp {
    Timestamp::from_unix_micros(at.timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::{rfc3339, timestamp};

    #[test]
    fn times_survive_the_way_out_and_back() {
        let text = "2026-01-02T03:04:05.678901Z";
        let parsed = text.parse().unwrap();
        assert_eq!(rfc3339(timestamp(parsed)), text);
    }
}
