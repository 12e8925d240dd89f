//! Seating plans in pretix's JSON format.
//!
//! ```text
//! {"name", "size", "categories": [{"name", "color"}],
//!  "zones": [{"name", "position", "rows": [{"row_number", "position", "seats": [
//!      {"seat_guid", "seat_number", "position", "category"}]}], "areas": […]}]}
//! ```
//!
//! A `seat_guid` becomes the seat's id, a category its price tier; the positions of zone and row
//! add to the seat's own. Areas are decoration, but for one that is called the stage. Files in the
//! wild carry many more members, and write numbers where others write text, so reading is lenient;
//! what decides about a seat is not. All that is wrong is told at once, each by its place in the
//! file.

mod codes;
mod convert;
mod document;
mod named;
mod reading;
mod stage;
#[cfg(test)]
mod tests;

use seating::geometry::arrange::arrange;
use seating::layout_spec::{LayoutSpec, Money, Position, SectionKindSpec, SectionSpec};
use seating::seat_layout::SeatLayout;

use crate::wire::faults::{Fault, listed};
use convert::Reader;
pub use document::Point;
pub use named::{GivenTwice, Named};
pub use stage::STAGE_NAMES;

/// What each category costs, by its name; `None` is not for sale, and the empty name is for seats
/// without a category.
pub type Prices = Named<Option<Money>>;

/// What is said of a plan beside the plan.
#[derive(Clone, Debug, Default)]
pub struct PlanTerms {
    /// What each category costs.
    pub prices: Prices,
    /// What everybody looks at; as the plan draws it if it is left out.
    pub stage: Option<Point>,
    /// What single zones look at, by their names.
    pub stages: Named<Point>,
}

/// Why a plan is refused.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// It is not JSON, or not only JSON.
    #[error("the plan is not well-formed JSON: {0}")]
    Malformed(#[from] serde_json::Error),
    /// These things are wrong with it; at least one.
    #[error("{}", listed(.0))]
    Faults(Vec<Fault>),
}

/// The house of a plan.
#[derive(Debug)]
pub struct PlannedHouse {
    /// As the plan describes it, every row in the order of its seats.
    pub spec: LayoutSpec,
    /// As it is built from `spec`.
    pub layout: SeatLayout,
    /// Where the stage of `spec` comes from.
    pub stage: StageFrom,
}

/// How it is known what a house looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageFrom {
    /// Somebody said it.
    Request,
    /// The plan draws it.
    Plan,
    /// There is none: each section looks at one of its own.
    Stages,
    /// Nobody says it: it is before the front row, at the top.
    Top,
}

impl StageFrom {
    /// As the HTTP contract says it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Plan => "plan",
            Self::Stages => "stages",
            Self::Top => "top",
        }
    }
}

/// The house that a plan describes, on these terms.
///
/// A plan of the largest size takes longer than a worker of the runtime may be kept.
///
/// # Errors
///
/// When the text is not JSON, and when anything is wrong with the plan or its terms.
pub fn read(text: &[u8], terms: &PlanTerms) -> Result<PlannedHouse, PlanError> {
    let (plan, faults) = document::read(text)?;
    let drawn = stage::drawn(&plan);
    let mut reader = Reader::new(&plan, terms, faults);
    let mut spec = reader.spec();
    spec.stage = match terms.stage {
        Some(stage) => reader.point("stage", stage),
        None => drawn.and_then(|stage| hundredths(stage).ok()),
    };
    // Of a plan without seats it is said already that it has none.
    if !spec.sections.is_empty()
        && let Err(faults) = spec.check()
    {
        reader.refuse(faults);
    }
    reader.finish()?;
    let stage = stage_from(&spec, terms);
    arrange(&mut spec);
    match SeatLayout::build(&spec) {
        Ok(layout) => Ok(PlannedHouse {
            spec,
            layout,
            stage,
        }),
        // Rows are parted at their aisles, and only then may there be too many.
        Err(faults) => {
            let reason = format!("the rows of the plan have too many aisles: {faults}");
            let path = "zones".to_owned();
            Err(PlanError::Faults(vec![Fault { path, reason }]))
        }
    }
}

fn stage_from(spec: &LayoutSpec, terms: &PlanTerms) -> StageFrom {
    let has_own = |section: &SectionSpec| match &section.kind {
        SectionKindSpec::Reserved { stage, .. } => stage.is_some(),
        SectionKindSpec::GeneralAdmission { .. } => false,
    };
    match (terms.stage, spec.stage) {
        (Some(_), _) => StageFrom::Request,
        (None, Some(_)) => StageFrom::Plan,
        (None, None) if spec.sections.iter().all(has_own) => StageFrom::Stages,
        (None, None) => StageFrom::Top,
    }
}

/// Hundredths of the plan's unit, which is a pixel in practice.
///
/// # Errors
///
/// Says the bounds when the point is beyond them.
pub fn hundredths(point: Point) -> Result<Position, &'static str> {
    let coordinate = |value: f64| {
        let hundredths = (value * 100.0).round();
        // NaN and infinity fail the comparison too.
        let near = hundredths.abs() <= f64::from(seating::layout_spec::COORDINATE_MAX);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "bounded by the comparison above"
        )]
        near.then_some(hundredths as i32)
    };
    match (coordinate(point.x), coordinate(point.y)) {
        (Some(x), Some(y)) => Ok(Position { x, y }),
        _ => Err("must have x and y from -1000000 to 1000000"),
    }
}
