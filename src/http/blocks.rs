//! Taking places off sale and putting them back, for staff.

use actors::box_office::{Answer, ShowtimeHandle};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use seating::command::{BlockPlaces, Command};
use seating::entry::{BlockChange, Decision};
use seating::ids::ShowtimeId;
use seating::limits::{PLACES_PER_BLOCK_MAX, SECTIONS_MAX};
use seating::places::Places;
use seating::seat_layout::SeatLayout;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::accounts::{Asker, Caller};
use crate::http::extract::AtMost;
use crate::http::extract::body::LayoutJson;
use crate::http::extract::{Asking, ShowtimePath, Staff};
use crate::http::holds::AreaRequest;
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::resolve::Resolver;
use crate::http::state::App;
use crate::http::write::{execute, reply, stamp, wrong_kind};
use crate::wire::places::{AreaView, area_views};
use crate::wire::{Envelope, names};

const BLOCK: &str = "/showtimes/{id}/block";
const UNBLOCK: &str = "/showtimes/{id}/unblock";

/// The routes of blocks.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(block))
        .routes(routes!(unblock))
}

/// Which places, and why.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BlockRequest {
    /// These seats.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 10_000)]
    seats: AtMost<String, PLACES_PER_BLOCK_MAX>,
    /// This much of these areas.
    #[serde(default)]
    #[schema(value_type = Vec<AreaRequest>, max_items = 600)]
    areas: AtMost<AreaRequest, SECTIONS_MAX>,
    /// Why, for the record.
    reason: String,
}

/// The places that were blocked or unblocked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BlockResult)]
struct BlockResultView<'a> {
    showtime_id: Uuid,
    seats: Vec<&'a str>,
    areas: Vec<AreaView<'a>>,
    reason: &'a str,
    seq: u64,
    durability: &'static str,
}

/// Take places off sale
#[utoipa::path(
    post, path = BLOCK,
    operation_id = "blockPlaces", tag = "staff",
    params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = BlockRequest,
    responses(
        (status = 200, body = Envelope<BlockResultView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
async fn block(
    State(app): State<App>,
    Staff(caller): Staff,
    ShowtimePath(id): ShowtimePath,
    Asking(asker): Asking,
    LayoutJson(body): LayoutJson<BlockRequest>,
) -> Result<Response, Problem> {
    change(Kind::Block, &app.owner(id).await?, (caller, &asker), &body).await
}

/// Put blocked places back on sale
#[utoipa::path(
    post, path = UNBLOCK,
    operation_id = "unblockPlaces", tag = "staff",
    params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = BlockRequest,
    responses(
        (status = 200, body = Envelope<BlockResultView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
async fn unblock(
    State(app): State<App>,
    Staff(caller): Staff,
    ShowtimePath(id): ShowtimePath,
    Asking(asker): Asking,
    LayoutJson(body): LayoutJson<BlockRequest>,
) -> Result<Response, Problem> {
    change(
        Kind::Unblock,
        &app.owner(id).await?,
        (caller, &asker),
        &body,
    )
    .await
}

/// Whether places are blocked or unblocked.
#[derive(Clone, Copy)]
enum Kind {
    Block,
    Unblock,
}

impl Kind {
    const fn route(self) -> &'static str {
        match self {
            Self::Block => BLOCK,
            Self::Unblock => UNBLOCK,
        }
    }

    fn command(self, places: BlockPlaces) -> Command {
        match self {
            Self::Block => Command::Block(places),
            Self::Unblock => Command::Unblock(places),
        }
    }

    /// The change in a decision of this kind.
    const fn of(self, decision: &Decision) -> Option<&BlockChange> {
        match (self, decision) {
            (Self::Block, Decision::Blocked(change))
            | (Self::Unblock, Decision::Unblocked(change)) => Some(change),
            (Self::Block | Self::Unblock, _) => None,
        }
    }
}

async fn change(
    kind: Kind,
    owner: &ShowtimeHandle,
    (caller, asker): (Caller, &Asker),
    body: &BlockRequest,
) -> Result<Response, Problem> {
    let stamp = stamp(asker, caller, ("POST", kind.route(), &[&owner.id()]), body)?;
    let places = body.places(caller, owner.layout())?;
    let answer = execute(owner, (caller, asker), kind.command(places), stamp).await?;
    let change = kind.of(&answer.entry.decision);
    let change = change.ok_or_else(|| wrong_kind(&answer))?;
    let view = BlockResultView::of(owner.id(), owner.layout(), change, &answer);
    Ok(reply(StatusCode::OK, &answer, &Envelope::of(view)))
}

impl BlockRequest {
    fn places(&self, caller: Caller, layout: &SeatLayout) -> Result<BlockPlaces, Problem> {
        let mut resolver = Resolver::new(layout);
        let seats = resolver.seats("seats", &self.seats);
        let areas = resolver.areas("areas", &self.areas);
        resolver.finish()?;
        Ok(BlockPlaces {
            by: caller.party().of_staff(),
            seats: seats.into_vec(),
            areas,
            reason: self.reason.clone(),
        })
    }
}

impl<'a> BlockResultView<'a> {
    fn of(
        id: ShowtimeId,
        layout: &'a SeatLayout,
        change: &'a BlockChange,
        answer: &Answer,
    ) -> Self {
        let areas = Places::of_areas(change.areas.iter().copied());
        Self {
            showtime_id: id.uuid(),
            seats: change
                .seats
                .iter()
                .map(|&seat| layout.seat_id(seat))
                .collect(),
            areas: area_views(layout, &areas),
            reason: &change.reason,
            seq: answer.entry.seq.0,
            durability: names::durability(answer),
        }
    }
}
