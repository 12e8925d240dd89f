//! Changing a sale: its window and bounds, and whether it runs at all.

use actors::error::CallError;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use seating::command::{Command, SaleTermsChange};
use seating::entry::Decision;
use seating::rejection::{Field, Rejection};
use seating::sale_terms::{GapRule, SaleStatus};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::request::{GapRuleBody, given};
use super::view::ShowtimeView;
use crate::accounts::Caller;
use crate::http::answer::{json_bytes, json_response};
use crate::http::extract::body::Json;
use crate::http::extract::{Asking, ShowtimePath, Staff};
use crate::http::problem::{self, Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::write::{ask, reply, stamp, wrong_kind};
use crate::wire::{Envelope, names, timestamp};

/// What to change; whatever is left out stays as it is.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::option_option,
    reason = "null removes a point in time, which leaving it out does not"
)]
pub struct ShowtimeChange {
    /// Start of sale; null for at once.
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub on_sale_from: Option<Option<DateTime<Utc>>>,
    /// End of sale; null for never.
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub on_sale_until: Option<Option<DateTime<Utc>>>,
    /// How long a hold lives when its buyer does not say.
    pub hold_ttl_seconds: Option<u32>,
    /// How long a buyer keeps a place without buying it.
    pub hold_ttl_max_seconds: Option<u32>,
    /// Places one buyer may have.
    pub max_per_buyer: Option<u32>,
    /// How strictly single seats are protected.
    pub gap_rule: Option<GapRuleBody>,
    /// Published, paused, resumed or cancelled.
    pub status: Option<StatusBody>,
}

/// Whether the showtime is sold.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SaleStatus)]
pub enum StatusBody {
    /// Prepared by staff, and not seen by the public. Nothing becomes a draft again.
    Draft,
    /// On sale within its window.
    Open,
    /// Stopped for now; holds already given keep their promise.
    Paused,
    /// The showtime does not take place; this is final.
    Cancelled,
}

impl From<StatusBody> for SaleStatus {
    fn from(body: StatusBody) -> Self {
        match body {
            StatusBody::Draft => Self::Draft,
            StatusBody::Open => Self::Open,
            StatusBody::Paused => Self::Paused,
            StatusBody::Cancelled => Self::Cancelled,
        }
    }
}

/// Where a showtime is changed.
const ROUTE: &str = "/showtimes/{id}";

/// Change a sale
///
/// Its window, its bounds, or whether it runs: a draft is published, a sale paused, resumed or
/// cancelled. Answers the showtime as it is then, also when there was nothing to do.
#[utoipa::path(
    patch, path = ROUTE,
    operation_id = "changeShowtime", tag = "staff",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = ShowtimeChange,
    responses(
        (status = 200, body = Envelope<ShowtimeView<'static>>),
        (status = 409, description = "What the showtime is now does not allow it",
         body = ProblemDocument<'static>, content_type = "application/problem+json"),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn change(
    State(app): State<App>,
    Staff(caller): Staff,
    ShowtimePath(id): ShowtimePath,
    Asking(asker): Asking,
    Json(body): Json<ShowtimeChange>,
) -> Result<Response, Problem> {
    let owner = app.owner(id).await?;
    let showtime = app.showtimes().get(id).await;
    let showtime = showtime.map_err(|error| problem::of_store(&error))?;
    let showtime = showtime.ok_or_else(|| Problem::not_found("showtime", id))?;
    let stamp = stamp(&asker, caller, ("PATCH", ROUTE, &[&id]), &body)?;
    let change = Command::Reconfigure(body.command(caller));
    match ask(&owner, (caller, &asker), change, stamp).await {
        Ok(answer) => {
            let Decision::Reconfigured(terms) = &answer.entry.decision else {
                return Err(wrong_kind(&answer));
            };
            app.catalog().has_changed();
            // The one in which the change is shown, or a later one.
            let view = owner.view();
            let body = ShowtimeView::of(&showtime, terms, &view, view.seq());
            Ok(reply(StatusCode::OK, &answer, &Envelope::of(body)))
        }
        Err(CallError::NothingToDo) => {
            // It is so by what was decided, which may not be durable yet, nor shown.
            let settled = owner.all_durable().await;
            settled.map_err(|error| problem::of_call_error(&error, Some(owner.layout())))?;
            let view = owner.view();
            let body = ShowtimeView::of(&showtime, view.terms(), &view, view.seq());
            Ok(json_response(json_bytes(&Envelope::of(body))))
        }
        Err(error) => Err(match body.refused(&error) {
            Some(problem) => problem,
            None => problem::of_call_error(&error, Some(owner.layout())),
        }),
    }
}

impl ShowtimeChange {
    /// The problem for a rule about two members of which only one was sent: that one is named, and not
    /// the other, which the sender has never seen.
    fn refused(&self, error: &CallError) -> Option<Problem> {
        let CallError::Rejected(Rejection::Invalid { field, reason }) = error else {
            return None;
        };
        let (named, message) = if *field == Field::OnSaleUntil
            && self.on_sale_until.is_none()
            && self.on_sale_from.is_some()
        {
            let message = "must be earlier than on_sale_until, which stays as it is";
            (Field::OnSaleFrom, message.to_owned())
        } else if *field == Field::HoldTtlSeconds && self.hold_ttl_seconds.is_none() {
            (Field::HoldTtlMaxSeconds, reason.clone())
        } else {
            return None;
        };
        Some(Problem::invalid(names::of_field(named), message))
    }

    fn command(&self, caller: Caller) -> SaleTermsChange {
        SaleTermsChange {
            by: caller.party().of_staff(),
            on_sale_from: self.on_sale_from.map(|at| at.map(timestamp)),
            on_sale_until: self.on_sale_until.map(|at| at.map(timestamp)),
            max_per_buyer: self.max_per_buyer,
            hold_ttl_seconds: self.hold_ttl_seconds,
            hold_ttl_max_seconds: self.hold_ttl_max_seconds,
            gap_rule: self.gap_rule.map(GapRule::from),
            status: self.status.map(SaleStatus::from),
        }
    }
}
