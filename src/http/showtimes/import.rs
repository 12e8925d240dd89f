//! Creating a showtime from a seating plan in pretix's JSON format.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use seating::event::RequestStamp;
use seating::layout_spec::Money;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;
use uuid::Uuid;

use super::house::PointBody;
use super::prices;
use super::request::{FirstStatusBody, GapRuleBody, SaleTerms, given};
use super::{Wish, all_invalid, open};
use crate::composed::composed;
use crate::http::body::LargeJson;
use crate::http::extract::{House, KeyHeader};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::wire::{Envelope, MoneyBody, timestamp};
use crate::idempotency::{Asked, IdempotencyKey};
use crate::plan::{self, PlanError, PlanTerms, PlannedHouse};

/// A new showtime whose house is a seating plan.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::option_option,
    reason = "null removes a point in time, which leaving it out does not"
)]
pub struct ImportRequest {
    /// What is performed.
    pub title: String,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// What each category of the plan costs, by its name; null is not for sale, and the empty name is
    /// for seats without a category.
    #[schema(schema_with = prices::schema)]
    pub prices: BTreeMap<String, Option<MoneyBody>>,
    /// The plan, as pretix's editor exports it.
    #[schema(value_type = Object)]
    pub plan: Box<RawValue>,
    /// What everybody looks at, in the coordinates of the plan. When it is left out: the middle of the
    /// first area whose text says that it is the stage, or before the front row, at the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<PointBody>,
    /// What those who sit in single zones look at, by the zones' names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stages: BTreeMap<String, PointBody>,
    /// Start of sale; at once when it is left out.
    pub on_sale_from: Option<DateTime<Utc>>,
    /// End of sale; when the show begins if it is left out, never if it is null.
    #[serde(
        default,
        deserialize_with = "given",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub on_sale_until: Option<Option<DateTime<Utc>>>,
    /// How long a hold lives when its buyer does not say; 600 when it is left out.
    pub hold_ttl_seconds: Option<u32>,
    /// How long a buyer keeps a place without buying it; 1800, or `hold_ttl_seconds` if that is
    /// more, when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_ttl_max_seconds: Option<u32>,
    /// Places one buyer may have; 10 when it is left out.
    pub max_per_buyer: Option<u32>,
    /// How strictly single seats are protected; `off` when it is left out.
    pub gap_rule: Option<GapRuleBody>,
    /// Whether the public sees it from the start; `open` when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<FirstStatusBody>,
}

/// Create a showtime from a seating plan
#[utoipa::path(
    post, path = "/showtimes/import-plan", tag = "house",
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = ImportRequest,
    responses(
        (status = 201, body = Envelope<ImportedView>),
        (status = "default", body = ProblemDocument<'static>, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub(super) async fn import(
    State(app): State<App>,
    House(caller): House,
    KeyHeader(key): KeyHeader,
    LargeJson(body): LargeJson<ImportRequest>,
) -> Result<Response, Problem> {
    let subject = caller.subject;
    // A plan of the largest size keeps a thread for longer than a worker could be without.
    let work = spawn_blocking(move || Planned::of(body, key, subject));
    let planned = work.await.map_err(Problem::internal)??;
    let body = &planned.body;
    let terms = SaleTerms {
        on_sale_from: body.on_sale_from,
        on_sale_until: body.on_sale_until,
        hold_ttl_seconds: body.hold_ttl_seconds,
        hold_ttl_max_seconds: body.hold_ttl_max_seconds,
        max_per_buyer: body.max_per_buyer,
        gap_rule: body.gap_rule,
        status: body.status,
    };
    let starts_at = timestamp(body.starts_at);
    let wish = Wish {
        title: &body.title,
        starts_at,
        event: None,
        spec: &planned.house.spec,
        layout: Some(&planned.house.layout),
        settings: &terms.settings(starts_at)?,
        request: planned.request,
        plan: Some(PlanView::of(&planned.house)),
    };
    open(&app, caller, wish).await
}

/// A request with everything made of it that takes long for a large plan.
struct Planned {
    body: ImportRequest,
    house: PlannedHouse,
    request: Option<RequestStamp>,
}

impl Planned {
    fn of(
        body: ImportRequest,
        key: Option<IdempotencyKey>,
        subject: Uuid,
    ) -> Result<Self, Problem> {
        let prices = body.prices.iter();
        let prices = prices.map(|(name, price)| {
            let price = price.clone().map(Money::from);
            (composed(name).into_owned(), price)
        });
        let stages = body.stages.iter();
        let stages =
            stages.map(|(name, stage)| (composed(name).into_owned(), plan::Point::from(*stage)));
        let terms = PlanTerms {
            prices: prices.collect(),
            stage: body.stage.map(plan::Point::from),
            stages: stages.collect(),
        };
        let house = plan::read(body.plan.get().as_bytes(), &terms).map_err(refused)?;
        let asked = Asked {
            method: "POST",
            path: "/import-plan",
            body: &body,
        };
        let request = key.map(|key| key.stamp(subject, &asked));
        Ok(Self {
            body,
            house,
            request,
        })
    }
}

fn refused(error: PlanError) -> Problem {
    match error {
        // The request was read, so the plan in it is JSON.
        PlanError::Malformed(error) => Problem::internal(error),
        PlanError::Faults(faults) => all_invalid(faults.into_iter().map(|fault| {
            // Zones and categories are inside the plan of this request, all else beside it.
            let inside = ["zones", "categories"]
                .iter()
                .any(|part| fault.path.starts_with(part));
            let is_plan = fault.path.is_empty();
            let path = match (inside, is_plan) {
                (true, _) => format!("plan.{}", fault.path),
                (_, true) => "plan".to_owned(),
                _ => fault.path,
            };
            (path, fault.reason)
        })),
    }
}

/// A showtime that was created from a plan.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ImportedView {
    /// Its id.
    pub(super) showtime_id: Uuid,
    /// How its plan was understood.
    #[serde(flatten)]
    pub(super) plan: PlanView,
}

/// How a plan was understood.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ImportedPlan)]
pub struct PlanView {
    /// What everybody looks at; null if nobody says it, and then it is before the front row.
    stage: Option<PointBody>,
    /// Who says so: the `request`, the `plan`, or nobody, and then it is at the `top`.
    stage_from: &'static str,
    /// The row of each section that is thought to be its best.
    best_rows: Vec<BestRowView>,
}

/// The best row of a section.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = BestRow)]
struct BestRowView {
    /// The section's code.
    section: String,
    /// The row's label.
    row: String,
}

impl PlanView {
    fn of(house: &PlannedHouse) -> Self {
        let layout = &house.layout;
        let best = layout.best_rows().map(|row| BestRowView {
            section: layout.section(row.section).code.clone(),
            row: row.label.to_string(),
        });
        Self {
            stage: house.spec.stage.map(PointBody::from),
            stage_from: house.stage.as_str(),
            best_rows: best.collect(),
        }
    }
}
