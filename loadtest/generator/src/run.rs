//! A run: so many connections for so long.

mod buyer;
mod schedule;
mod seat_ledger;

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use tokio::time::Instant;
use uuid::Uuid;

use crate::connection::Connection;
use crate::house::HouseError;
use crate::plan::{Asks, Pace, Plan};
use crate::report::Report;
use crate::run::buyer::{Buyer, Shared};
use crate::run::schedule::Schedule;
use crate::run::seat_ledger::SeatLedger;
use crate::tally::Tally;
use crate::tokens::{self, Role};

/// A run could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The house.
    #[error(transparent)]
    House(#[from] HouseError),
    /// A token.
    #[error("no token: {0}")]
    Token(#[from] jsonwebtoken::errors::Error),
    /// The server cannot be reached.
    #[error("cannot connect: {0}")]
    Connect(#[from] std::io::Error),
    /// A buyer's task broke.
    #[error("a buyer broke off: {0}")]
    Buyer(#[from] tokio::task::JoinError),
}

/// Runs the plan to its end.
pub async fn run(plan: Plan) -> Result<Report, RunError> {
    let mut connections = Vec::with_capacity(plan.connections);
    for _ in 0..plan.connections {
        let mut connection = Connection::lasting(plan.address, plan.lasts);
        connection.open().await?;
        connections.push(connection);
    }
    // Connecting took its time; the run begins now.
    let shared = Arc::new(Shared::new(plan, Instant::now())?);
    let mut working = Vec::with_capacity(connections.len());
    for (number, connection) in (0..).zip(connections) {
        let buyer = Buyer::new(Arc::clone(&shared), connection, number)?;
        working.push(tokio::spawn(buyer.work()));
    }
    let mut tally = Tally::new();
    for buyer in working {
        tally.add(&buyer.await?);
    }
    tally.unserved += shared.schedule.as_ref().map_or(0, Schedule::left);
    let measured = Instant::now().min(shared.ends) - shared.counts_from;
    tally.double_sold = shared.seats.doubles();
    Ok(Report::of(&shared.plan, measured, &tally))
}

impl Shared {
    fn new(plan: Plan, now: Instant) -> Result<Self, RunError> {
        let base = match plan.asks {
            Asks::Holds | Asks::Swaps => format!("/api/v1/showtimes/{}/holds", plan.showtime),
            Asks::Parses => format!("/api/v1/bench/parse/{}", plan.showtime),
        };
        let counts_from = now + plan.warmup;
        let schedule = match plan.pace {
            Pace::Closed => None,
            Pace::Open(rate) => {
                let length = plan.warmup + plan.length;
                Some(Schedule::new(now, rate, length, plan.seed))
            }
        };
        Ok(Self {
            house: plan.workload.house(),
            seats: SeatLedger::new(plan.workload.house()),
            holds_path: base,
            editor: tokens::mint(Uuid::new_v4(), Role::Editor)?,
            wanted: AtomicU32::new(0),
            counts_from,
            ends: counts_from + plan.length,
            schedule,
            plan,
        })
    }
}
