//! What every handler may use.

use std::sync::Arc;

use actors::box_office::{BoxOffice, Showtime};
use actors::clock::Clock;
use actors::error::CallError;
use actors::view::View;
use persistence::showtimes::Showtimes;
use seating::ids::ShowtimeId;
use seating::timestamp::Timestamp;

use crate::audit::Auditor;
use crate::auth::{Caller, Tokens};
use crate::config::HttpConfig;
use crate::http::door::rates::Rates;
use crate::http::front::Front;
use crate::http::problem::{self, Problem};
use crate::http::seat_maps::SeatMaps;

/// A cheap handle to everything that handlers use.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

/// The parts, put together by the server.
#[derive(Debug)]
pub struct Parts {
    /// The owners.
    pub office: BoxOffice,
    /// The list of showtimes and their journals, for reading.
    pub showtimes: Showtimes,
    /// Recomputes what must be true.
    pub auditor: Auditor,
    /// Verifies tokens.
    pub tokens: Tokens,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Bounds of requests.
    pub limits: Limits,
    /// Rendered seat maps.
    pub seat_maps: SeatMaps,
    /// How much one caller may ask; nothing when the limits are off.
    pub rates: Option<Arc<Rates>>,
}

/// Bounds of requests that handlers keep.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest body.
    pub body_bytes_max: usize,
    /// Largest seating plan.
    pub plan_bytes_max: usize,
}

impl From<&HttpConfig> for Limits {
    fn from(config: &HttpConfig) -> Self {
        Self {
            body_bytes_max: config.body_bytes_max as usize,
            plan_bytes_max: config.plan_bytes_max as usize,
        }
    }
}

impl App {
    /// A handle to the parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The owner of a showtime, started if it sleeps: for those who want something of it.
    pub async fn owner(&self, id: ShowtimeId) -> Result<Showtime, Problem> {
        let owner = self.0.office.showtime(id).await;
        owner.map_err(|error| not_there(id, &error))
    }

    /// The picture of a showtime, whether it sleeps or not: for those who look.
    pub async fn view(&self, id: ShowtimeId) -> Result<Arc<View>, Problem> {
        let view = self.0.office.view(id).await;
        view.map_err(|error| not_there(id, &error))
    }

    /// The list of showtimes.
    pub fn showtimes(&self) -> &Showtimes {
        &self.0.showtimes
    }

    /// Recomputes what must be true.
    pub fn auditor(&self) -> &Auditor {
        &self.0.auditor
    }

    /// Rendered seat maps.
    pub fn seat_maps(&self) -> &SeatMaps {
        &self.0.seat_maps
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
}

fn not_there(id: ShowtimeId, error: &CallError) -> Problem {
    if *error == CallError::UnknownShowtime {
        return Problem::not_found("showtime", id);
    }
    problem::of_call_error(error, None)
}

impl Front for App {
    fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    fn limits(&self) -> &Limits {
        &self.0.limits
    }

    fn charge(&self, caller: Caller) -> Result<(), Problem> {
        match &self.0.rates {
            Some(rates) => rates.subject(caller),
            None => Ok(()),
        }
    }
}
