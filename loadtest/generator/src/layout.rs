//! A layout to sell, and the names of its seats.

use std::io;
use std::net::SocketAddr;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::connection::{Connection, Request};
use crate::tokens::{self, Role};

/// One section of equal rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TestLayout {
    /// Rows, named by numbers from 1.
    pub rows: u32,
    /// Seats of each row, named by numbers from 1.
    pub seats_per_row: u32,
}

/// A showtime could not be created.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    #[error("no token: {0}")]
    Token(#[from] jsonwebtoken::errors::Error),
    #[error("no answer: {0}")]
    Connection(#[from] io::Error),
    /// Another answer than the contract says.
    #[error("the server answered {status}: {body}")]
    Refused { status: u16, body: String },
}

/// As many as the contract allows: buyers here are connections, and share what people would buy.
const PLACES_PER_BUYER: u32 = 1_000;

impl TestLayout {
    /// So many seats in rows of 100, the last of which may be left out.
    pub const fn of_seats(seats: u32) -> Self {
        Self {
            rows: seats / 100,
            seats_per_row: 100,
        }
    }

    /// How many there are.
    pub const fn seats(self) -> u32 {
        self.rows * self.seats_per_row
    }

    /// The name of a seat, counted from 0.
    pub fn seat(self, index: u32) -> String {
        let (row, number) = (index / self.seats_per_row, index % self.seats_per_row);
        format!("MAIN-{}-{}", row + 1, number + 1)
    }

    /// The place of a seat of this name.
    pub fn index_of(self, seat: &str) -> Option<u32> {
        let (row, number) = seat.strip_prefix("MAIN-")?.split_once('-')?;
        let (row, number): (u32, u32) = (row.parse().ok()?, number.parse().ok()?);
        let here = (1..=self.rows).contains(&row) && (1..=self.seats_per_row).contains(&number);
        here.then(|| (row - 1) * self.seats_per_row + number - 1)
    }

    /// Creates a showtime with this layout, on sale at once.
    pub async fn open(self, address: SocketAddr) -> Result<Uuid, LayoutError> {
        let rows: Vec<Value> = (1..=self.rows)
            .map(|row| json!({"row": row.to_string(), "seats": self.seats_per_row}))
            .collect();
        let body = json!({
            "title": "Load test",
            "starts_at": "2099-01-01T20:00:00Z",
            "sections": [{"code": "MAIN", "kind": "reserved", "price_tier": "STD", "rows": rows}],
            "price_tiers": [{"code": "STD", "price": {"amount": 150_000, "currency": "INR"}}],
            "max_per_buyer": PLACES_PER_BUYER,
        });
        let token = tokens::mint(Uuid::new_v4(), Role::Editor)?;
        let mut connection = Connection::new(address);
        let request = Request {
            method: "POST",
            path: "/api/v1/showtimes",
            token: &token,
            body: &body.to_string(),
        };
        let answer = connection.call(request).await?;
        let refused = || LayoutError::Refused {
            status: answer.status,
            body: String::from_utf8_lossy(answer.body).into_owned(),
        };
        let said: Value = serde_json::from_slice(answer.body).unwrap_or_default();
        let id = said["data"]["showtime_id"].as_str();
        id.filter(|_| answer.status == 201)
            .and_then(|text| text.parse().ok())
            .ok_or_else(refused)
    }
}
