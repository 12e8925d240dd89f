//! How a plan was understood, for whoever sent it.

use std::collections::BTreeMap;

use seating::seat_layout::spec::{LayoutSpec, SectionKindSpec};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::showtimes::PlannedLayout;
use crate::wire::PointBody;

/// A showtime that was created from a plan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Imported)]
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
    /// Who says so: the `request`, the `plan`, or nobody, and then it is at the `top`; `stages` if
    /// there is none because every section looks at one of its own.
    stage_from: &'static str,
    /// What the sections look at that have a stage of their own, by their codes; left out if there is
    /// no such section.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    stages: BTreeMap<String, PointBody>,
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
    /// Of this plan.
    pub(super) fn of(planned: &PlannedLayout) -> Self {
        let layout = &planned.layout;
        let best = layout.best_rows().map(|row| BestRowView {
            section: layout.section(row.section).code.clone(),
            row: row.label.to_string(),
        });
        Self {
            stage: planned.spec.stage.map(PointBody::from),
            stage_from: planned.stage.as_str(),
            stages: own_stages(&planned.spec),
            best_rows: best.collect(),
        }
    }
}

fn own_stages(spec: &LayoutSpec) -> BTreeMap<String, PointBody> {
    let sections = spec.sections.iter();
    let own = sections.filter_map(|section| match &section.kind {
        SectionKindSpec::Reserved { stage, .. } => {
            stage.map(|stage| (section.code.clone(), PointBody::from(stage)))
        }
        SectionKindSpec::GeneralAdmission { .. } => None,
    });
    own.collect()
}
