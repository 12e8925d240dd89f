//! What every handler may use.

use std::sync::Arc;

use actors::box_office::{BoxOffice, ShowtimeHandle};
use actors::clock::Clock;
use actors::error::CallError;
use actors::view::View;
use axum::extract::FromRef;
use persistence::audit_log::AuditLog;
use persistence::bookings::Bookings;
use persistence::showtimes::Showtimes;
use seating::ids::ShowtimeId;
use seating::timestamp::Timestamp;

use crate::accounts::{Caller, Desk};
use crate::http::caching::catalog::Catalog;
use crate::http::extract::{Gate, OwnPages};
use crate::http::problem::{self, Problem};
use crate::http::seat_map_cache::SeatMaps;
use crate::openid::Provider;
use crate::showtimes::{self, Auditor};

/// A cheap handle to everything that handlers use.
#[derive(Clone, Debug)]
pub struct App(Arc<AppParts>);

/// The parts, put together by the server.
#[derive(Debug)]
pub struct AppParts {
    pub office: BoxOffice,
    /// The list of showtimes and their journals, for reading.
    pub showtimes: Showtimes,
    /// The list of showtimes as the public reads it.
    pub catalog: Catalog,
    /// Recomputes what must be true.
    pub auditor: Auditor,
    /// What every request passes before a handler reads it.
    pub gate: Arc<Gate>,
    pub clock: Arc<dyn Clock>,
    /// Where people register, sign in and look after their accounts.
    pub desk: Desk,
    /// Who did what.
    pub audit_log: AuditLog,
    /// Which pages may use the cookie of refresh tokens.
    pub own_pages: OwnPages,
    /// Who vouches for people; nobody where it is not set up.
    pub provider: Option<Provider>,
    pub seat_maps: SeatMaps,
}

impl App {
    /// A handle to the parts.
    pub fn new(parts: AppParts) -> Self {
        Self(Arc::new(parts))
    }

    /// The owner of a showtime, started if there is none: for those who send commands.
    ///
    /// # Errors
    ///
    /// 404 for an unknown showtime, 503 while its owner cannot start.
    pub async fn owner(&self, id: ShowtimeId) -> Result<ShowtimeHandle, Problem> {
        let owner = self.0.office.showtime(id).await;
        owner.map_err(|error| not_there(id, &error))
    }

    /// Everything that can be asked of showtimes.
    pub fn office(&self) -> &BoxOffice {
        &self.0.office
    }

    /// The view of a showtime, for those who only look. Starts no owner.
    ///
    /// # Errors
    ///
    /// 404 for an unknown showtime, 503 while its journal cannot be read.
    pub async fn view(&self, id: ShowtimeId) -> Result<Arc<View>, Problem> {
        let view = self.0.office.view(id).await;
        view.map_err(|error| not_there(id, &error))
    }

    /// The view of a showtime that this caller may know of: a draft is for staff alone.
    ///
    /// # Errors
    ///
    /// As [`Self::view`], and 404 when the caller may not know of it.
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
    ///
    /// # Errors
    ///
    /// As [`Self::owner`], and 404 when the caller may not know of it.
    pub async fn owner_for(
        &self,
        id: ShowtimeId,
        caller: Caller,
    ) -> Result<ShowtimeHandle, Problem> {
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

    /// Where people register, sign in and look after their accounts.
    pub fn desk(&self) -> &Desk {
        &self.0.desk
    }

    /// Who did what.
    pub fn audit_log(&self) -> &AuditLog {
        &self.0.audit_log
    }

    /// Which pages may use the cookie of refresh tokens.
    pub fn own_pages(&self) -> &OwnPages {
        &self.0.own_pages
    }

    /// Who vouches for people; nobody where it is not set up.
    pub fn provider(&self) -> Option<&Provider> {
        self.0.provider.as_ref()
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
}

fn may_know(id: ShowtimeId, view: &View, caller: Option<Caller>) -> Result<(), Problem> {
    let is_staff = caller.is_some_and(|caller| caller.role.is_staff());
    if showtimes::is_shown(view.terms(), is_staff) {
        Ok(())
    } else {
        Err(Problem::not_found("showtime", id))
    }
}

fn not_there(id: ShowtimeId, error: &CallError) -> Problem {
    if *error == CallError::UnknownShowtime {
        return Problem::not_found("showtime", id);
    }
    problem::of_call_error(error, None)
}

impl FromRef<App> for Arc<Gate> {
    fn from_ref(app: &App) -> Self {
        Self::clone(&app.0.gate)
    }
}
