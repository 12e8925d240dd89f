//! Selling what is held.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use seating::command::{Command, Confirm};
use seating::entry::Decision;

use super::request::ConfirmRequest;
use crate::fresh_ids;
use crate::http::bookings::BookingView;
use crate::http::extract::body::OptionalJson;
use crate::http::extract::{Asking, HoldPath, MayHold};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::write::{execute, reply, stamp, wrong_kind};
use crate::wire::Envelope;

/// Where a hold is sold.
const ROUTE: &str = "/showtimes/{id}/holds/{hold_id}/confirm";

/// Sell a hold at the box office
///
/// For staff, and for its buyer when it costs nothing.
#[utoipa::path(
    post, path = ROUTE,
    operation_id = "confirmHold", tag = "holds",
    params(("id" = uuid::Uuid, Path), ("hold_id" = uuid::Uuid, Path),
           ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<ConfirmRequest>,
    responses(
        (status = 200, body = Envelope<BookingView<'static>>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn confirm(
    State(app): State<App>,
    MayHold(caller): MayHold,
    HoldPath(id, hold): HoldPath,
    Asking(asker): Asking,
    OptionalJson(body): OptionalJson<ConfirmRequest>,
) -> Result<Response, Problem> {
    let owner = app.owner_for(id, caller).await?;
    let stamp = stamp(&asker, caller, ("POST", ROUTE, &[&id, &hold]), &body)?;
    let now = app.now();
    let confirm = Confirm {
        hold,
        by: caller.party(),
        booking: fresh_ids::booking(now),
        tickets: fresh_ids::tickets(now),
        payment_reference: body.payment_reference,
    };
    let answer = execute(&owner, (caller, &asker), Command::Confirm(confirm), stamp).await?;
    let Decision::Confirmed(sale) = &answer.entry.decision else {
        return Err(wrong_kind(&answer));
    };
    let view = BookingView::of_sale(id, owner.layout(), sale, &answer);
    Ok(reply(StatusCode::OK, &answer, &Envelope::of(view)))
}
