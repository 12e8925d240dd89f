//! What every handler may use.

use std::sync::Arc;

use actors::box_office::{BoxOffice, Showtime};
use actors::clock::Clock;
use actors::error::CallError;
use actors::view::View;
use persistence::bookings::Bookings;
use persistence::showtimes::Showtimes;
use seating::ids::ShowtimeId;
use seating::settings::SaleStatus;
use seating::timestamp::Timestamp;

use crate::accounts::{Caller, Tokens};
use crate::config::HttpConfig;
use crate::http::caching::catalog::Catalog;
use crate::http::door::rates::Rates;
use crate::http::front::Front;
use crate::http::problem::{self, Problem};
use crate::http::seat_map_cache::SeatMaps;
use crate::showtimes::audit::Auditor;

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
    /// The same as the public reads it.
    pub catalog: Catalog,
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
#[expect(
    clippy::struct_field_names,
    reason = "they are named as their settings are"
)]
pub struct Limits {
    /// Largest body that describes no house.
    pub small_body_bytes_max: usize,
    /// Largest body that describes a house or lists its places.
    pub body_bytes_max: usize,
    /// Largest seating plan.
    pub plan_bytes_max: usize,
}

impl From<&HttpConfig> for Limits {
    fn from(config: &HttpConfig) -> Self {
        Self {
            small_body_bytes_max: config.small_body_bytes_max as usize,
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

    /// Everything that can be asked of showtimes.
    pub fn office(&self) -> &BoxOffice {
        &self.0.office
    }

    /// The picture of a showtime, whether it sleeps or not: for those who look.
    pub async fn view(&self, id: ShowtimeId) -> Result<Arc<View>, Problem> {
        let view = self.0.office.view(id).await;
        view.map_err(|error| not_there(id, &error))
    }

    /// The same, if this caller may know of it: a draft is the house's own.
    pub async fn shown(
        &self,
        id: ShowtimeId,
        caller: Option<Caller>,
    ) -> Result<Arc<View>, Problem> {
        let view = self.view(id).await?;
        may_know(id, &view, caller)?;
        Ok(view)
    }

    /// The owner of a showtime that this caller may know of.
    pub async fn owner_for(&self, id: ShowtimeId, caller: Caller) -> Result<Showtime, Problem> {
        let owner = self.owner(id).await?;
        may_know(id, &owner.view(), Some(caller))?;
        Ok(owner)
    }

    /// The list of showtimes.
    pub fn showtimes(&self) -> &Showtimes {
        &self.0.showtimes
    }

    /// Bookings with their tickets.
    pub fn bookings(&self) -> Bookings {
        self.0.showtimes.bookings()
    }

    /// The list of showtimes as the public reads it.
    pub fn catalog(&self) -> &Catalog {
        &self.0.catalog
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

/// A draft is there for the house alone.
fn may_know(id: ShowtimeId, view: &View, caller: Option<Caller>) -> Result<(), Problem> {
    let of_house = caller.is_some_and(|caller| caller.role.is_house());
    if !of_house && view.settings().status == SaleStatus::Draft {
        return Err(Problem::not_found("showtime", id));
    }
    Ok(())
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
