//! Live holds as lists: one's own, a buyer's, all of a showtime.

use actors::box_office::HoldsAsked;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use seating::ids::BuyerId;
use seating::seat_map::HoldCursor;
use seating::snapshot::HoldImage;
use seating::timestamp::Timestamp;
use serde::Deserialize;

use super::HoldView;
use crate::http::extract::params::{Params, number};
use crate::http::extract::{ShowtimePath, SignedIn};
use crate::http::problem::{self, Code, Problem, ProblemDocument};
use crate::http::state::App;
use crate::wire::CursorPage;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct HoldsParams {
    /// For staff: only this buyer's.
    buyer: Option<String>,
    /// For staff: the `next_cursor` of the page before.
    cursor: Option<String>,
    /// Holds of a page, at most 100.
    limit: Option<String>,
}

const NO_UUID: &str = "must be a UUID, such as 019b76da-a800-7000-8000-000000000001";

/// Most holds of a page, and as many as there are when nobody says.
const LIMIT_MAX: u64 = 100;

/// List live holds
///
/// One's own, the newest first. For staff all of the showtime, the earliest deadline first and
/// page by page, or one buyer's.
#[utoipa::path(
    get, path = "/showtimes/{id}/holds",
    operation_id = "listHolds", tag = "holds",
    params(("id" = uuid::Uuid, Path), HoldsParams),
    responses(
        (status = 200, body = CursorPage<HoldView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn list(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    ShowtimePath(id): ShowtimePath,
    Params(params): Params<HoldsParams>,
) -> Result<Response, Problem> {
    let limit = number("limit", params.limit.as_deref(), 1..=LIMIT_MAX, LIMIT_MAX)?;
    let asked = if caller.role.is_staff() {
        params.of_staff()?
    } else {
        params.nothing_for_staff()?;
        HoldsAsked::OfBuyer(BuyerId::new(caller.subject))
    };
    let view = app.shown(id, Some(caller)).await?;
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let page = app.office().holds(id, asked, limit as usize).await;
    let page = page.map_err(|error| problem::of_call_error(&error, Some(view.layout())))?;
    let now = app.now();
    let shown = |image: &HoldImage| HoldImage {
        expires_at: view.on_the_wall(image.expires_at),
        ..image.clone()
    };
    let images: Vec<HoldImage> = page.holds.iter().map(shown).collect();
    let of_image = |image| HoldView::of_image(id, view.layout(), image, now, page.seq);
    let views: Vec<_> = images.iter().map(of_image).collect();
    let next_cursor = page.next.map(written);
    Ok(CursorPage::of(views, limit, next_cursor).into_response())
}

impl HoldsParams {
    fn of_staff(&self) -> Result<HoldsAsked, Problem> {
        if let Some(buyer) = &self.buyer {
            let buyer = buyer.parse();
            let buyer = buyer.map_err(|_wrong| Problem::invalid_parameter("buyer", NO_UUID))?;
            return Ok(HoldsAsked::OfBuyer(buyer));
        }
        let after = self.cursor.as_deref().map(read).transpose()?;
        Ok(HoldsAsked::All { after })
    }

    fn nothing_for_staff(&self) -> Result<(), Problem> {
        if self.buyer.is_some() || self.cursor.is_some() {
            let detail = "buyer and cursor need the role EDITOR or SUPER_ADMIN";
            return Err(Problem::new(Code::Forbidden, detail));
        }
        Ok(())
    }
}

/// A cursor as clients carry it, opaque to them.
fn written(cursor: HoldCursor) -> String {
    format!("{:x}-{:x}", cursor.deadline.unix_micros(), cursor.place)
}

fn read(text: &str) -> Result<HoldCursor, Problem> {
    let parsed = text.split_once('-').and_then(|(deadline, place)| {
        Some(HoldCursor {
            deadline: Timestamp::from_unix_micros(i64::from_str_radix(deadline, 16).ok()?),
            place: u32::from_str_radix(place, 16).ok()?,
        })
    });
    // Written in one way only.
    let parsed = parsed.filter(|cursor| written(*cursor) == text);
    parsed.ok_or_else(|| {
        Problem::invalid_parameter("cursor", "must be the next_cursor of the page before")
    })
}
