//! A showtime's journal, for staff.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use seating::ids::Seq;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::http::extract::params::{Params, SEQ_MAX, number};
use crate::http::extract::{ShowtimePath, Staff};
use crate::http::problem::{self, Problem, ProblemDocument};
use crate::http::state::App;
use crate::wire::Envelope;
use crate::wire::journal_entry::EntryView;

/// The journal's route.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(journal))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct JournalParams {
    /// Only entries after this one; from the first when it is left out.
    after_seq: Option<String>,
    /// Entries of an answer, at most 1000; 100 when it is left out.
    limit: Option<String>,
}

/// A part of a journal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JournalPage)]
struct JournalView<'a> {
    showtime_id: Uuid,
    #[serde(rename = "events")]
    entries: Vec<EntryView<'a>>,
    /// Ask for what is after it next; nothing at the end.
    next_after_seq: Option<u64>,
}

const LIMIT_USUAL: u64 = 100;
const LIMIT_MAX: u64 = 1_000;

/// Read the journal
#[utoipa::path(
    get, path = "/showtimes/{id}/journal",
    operation_id = "readJournal", tag = "staff",
    params(("id" = Uuid, Path), JournalParams),
    responses(
        (status = 200, body = Envelope<JournalView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
async fn journal(
    State(app): State<App>,
    _staff: Staff,
    ShowtimePath(id): ShowtimePath,
    Params(params): Params<JournalParams>,
) -> Result<Response, Problem> {
    let after = number("after_seq", params.after_seq.as_deref(), 0..=SEQ_MAX, 0)?;
    let limit = number("limit", params.limit.as_deref(), 1..=LIMIT_MAX, LIMIT_USUAL)?;
    let view = app.view(id).await?;
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    let stored = app.showtimes().journal_page(id, Seq(after), limit).await;
    let stored = stored.map_err(|error| problem::of_store(&error))?;
    let full = stored.len() == limit as usize;
    let last = stored.last().map(|stored| stored.entry.seq.0);
    let entries = stored
        .iter()
        .map(|stored| EntryView::of(view.layout(), &stored.entry));
    let page = JournalView {
        showtime_id: id.uuid(),
        entries: entries.collect(),
        next_after_seq: last.filter(|_| full),
    };
    Ok(Envelope::of(page).into_response())
}
