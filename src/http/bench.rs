//! A route for measuring: what a hold costs without its owner and the journal.

use std::sync::Arc;

use actors::box_office::{Answer, Durability};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use seating::command::Want;
use seating::entry::{Decision, Entry, Held};
use seating::ids::Seq;
use seating::places::Places;

use crate::fresh_ids;
use crate::http::extract::body::Json;
use crate::http::extract::{ShowtimePath, SignedIn};
use crate::http::holds::{HoldRequest, HoldView};
use crate::http::problem::Problem;
use crate::http::state::App;
use crate::http::write::reply;
use crate::wire::Envelope;

/// The route.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/bench/parse/{id}", post(parse))
}

/// Everything that `POST …/holds` does but ask.
async fn parse(
    State(app): State<App>,
    SignedIn(caller): SignedIn,
    ShowtimePath(id): ShowtimePath,
    Json(body): Json<HoldRequest>,
) -> Result<Response, Problem> {
    let owner = app.owner(id).await?;
    let layout = owner.layout();
    let now = app.now();
    let hold = body.command(fresh_ids::hold(now), caller.party(), layout)?;
    let granted = Held {
        hold: hold.hold,
        buyer: hold.by.buyer,
        places: match hold.want {
            Want::Places(places) => places,
            Want::BestAvailable(_) => Places::default(),
        },
        expires_at: now.plus_seconds(hold.ttl_seconds.unwrap_or(600)),
        replaced: hold.replace,
        began_at: None,
        from_blocked: None,
    };
    let answer = Answer {
        entry: Arc::new(Entry {
            seq: Seq(1),
            at: now,
            request: None,
            by: None,
            decision: Decision::Held(granted.clone()),
        }),
        replayed: false,
        durability: Durability::Memory,
        ahead_micros: 0,
    };
    let view = HoldView::of_held(id, layout, &granted, &answer, now);
    Ok(reply(StatusCode::CREATED, &answer, &Envelope::of(view)))
}
