//! Creating a showtime from a seating plan in pretix's JSON format.

pub mod by_name;
mod prices;

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use persistence::showtimes::NewShowtime;
use seating::entry::RequestStamp;
use seating::sale_terms::{GapRule, SaleStatus, SaleTerms};
use seating::seat_layout::spec::Money;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use super::created::created;
use super::plan_view::{ImportedView, PlanView};
use super::request::{FirstStatusBody, GapRuleBody, given};
use crate::accounts::{Asker, Caller};
use crate::fresh_ids;
use crate::http::extract::body::LargeJson;
use crate::http::extract::{Asking, Staff};
use crate::http::problem::{self, Problem, ProblemDocument};
use crate::http::state::App;
use crate::http::write::stamp;
use crate::showtimes::{self, WantedTerms, check_terms};
use crate::showtimes::{PlanError, PlanTerms, PlannedLayout, Point, read_plan};
use crate::wire::faults::{Fault, Faults};
use crate::wire::{Envelope, MoneyBody, PointBody, timestamp};
use by_name::ByName;

/// A new showtime whose layout is a seating plan.
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
    pub prices: ByName<Option<MoneyBody>>,
    /// The plan, as pretix's editor exports it.
    #[schema(value_type = Object)]
    pub plan: Box<RawValue>,
    /// What everybody looks at, in the coordinates of the plan. When it is left out: the middle of the
    /// first area whose text says that it is the stage, or before the front row, at the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<PointBody>,
    /// What those who sit in single zones look at, by the zones' names.
    #[serde(default, skip_serializing_if = "ByName::is_empty")]
    #[schema(value_type = BTreeMap<String, PointBody>)]
    pub stages: ByName<PointBody>,
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

/// Where plans are imported.
const ROUTE: &str = "/showtimes/import-plan";

/// Create a showtime from a seating plan
#[utoipa::path(
    post, path = ROUTE,
    operation_id = "importPlan", tag = "staff",
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
    Staff(caller): Staff,
    Asking(asker): Asking,
    LargeJson(body): LargeJson<ImportRequest>,
) -> Result<Response, Problem> {
    // A plan of the largest size keeps a thread for longer than a worker could be without.
    let asked_by = asker.clone();
    let work = spawn_blocking(move || Planned::of(body, &asked_by, caller));
    let planned = work.await.map_err(Problem::internal)??;
    let now = app.now();
    let new = NewShowtime {
        id: fresh_ids::showtime(now),
        event: None,
        title: &planned.body.title,
        starts_at: timestamp(planned.body.starts_at),
        by: asker.by(),
        spec: &planned.plan.spec,
        terms: &planned.terms,
        request: planned.request,
    };
    let layout = &planned.plan.layout;
    let outcome = showtimes::create_built(app.showtimes(), &new, layout, now).await;
    let plan = PlanView::of(&planned.plan);
    created(&app, caller, new.id, outcome, Some(plan))
}

/// A request with everything made of it that takes long for a large plan.
struct Planned {
    body: ImportRequest,
    terms: SaleTerms,
    plan: PlannedLayout,
    request: Option<RequestStamp>,
}

impl Planned {
    fn of(body: ImportRequest, asker: &Asker, caller: Caller) -> Result<Self, Problem> {
        let mut faults = Faults::default();
        let starts_at = timestamp(body.starts_at);
        let terms = body.sale_terms(&mut faults);
        check_terms(&body.title, starts_at, &terms, &mut faults);
        let price = |price: &Option<MoneyBody>| price.clone().map(Money::from);
        let plan_terms = PlanTerms {
            prices: body.prices.named("prices", &mut faults, price),
            stage: body.stage.map(Point::from),
            stages: body
                .stages
                .named("stages", &mut faults, |stage| Point::from(*stage)),
        };
        let plan = match read_plan(body.plan.get().as_bytes(), &plan_terms) {
            Ok(plan) if faults.is_empty() => plan,
            Ok(_) => return Err(problem::of_faults(faults.into_vec())),
            Err(error) => {
                faults.add_all(faults_of(error));
                return Err(problem::of_faults(faults.into_vec()));
            }
        };
        let request = stamp(asker, caller, ("POST", ROUTE, &[]), &body)?;
        Ok(Self {
            body,
            terms,
            plan,
            request,
        })
    }
}

impl ImportRequest {
    fn sale_terms(&self, faults: &mut Faults) -> SaleTerms {
        let wanted = WantedTerms {
            on_sale_from: self.on_sale_from.map(timestamp),
            on_sale_until: self.on_sale_until.map(|at| at.map(timestamp)),
            hold_ttl_seconds: self.hold_ttl_seconds,
            hold_ttl_max_seconds: self.hold_ttl_max_seconds,
            max_per_buyer: self.max_per_buyer,
            gap_rule: self.gap_rule.map(GapRule::from),
            status: self.status.map(SaleStatus::from),
        };
        wanted.sale_terms(timestamp(self.starts_at), faults)
    }
}

/// What is wrong with a plan and with what is said beside it, by places in the request.
fn faults_of(error: PlanError) -> Vec<Fault> {
    let faults = match error {
        PlanError::Faults(faults) => faults,
        // The request was read, so the plan in it is JSON; if it is not, its sender can do most.
        PlanError::Malformed(error) => vec![Fault {
            path: String::new(),
            reason: format!("is not JSON: {error}"),
        }],
    };
    let in_request = |fault: Fault| {
        // Zones and categories are inside the plan of this request, all else beside it.
        let inside = ["zones", "categories"]
            .iter()
            .any(|part| fault.path.starts_with(part));
        let path = match fault.path.as_str() {
            "" => "plan".to_owned(),
            path if inside => format!("plan.{path}"),
            _ => fault.path,
        };
        Fault { path, ..fault }
    };
    faults.into_iter().map(in_request).collect()
}
