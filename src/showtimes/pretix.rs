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
mod point;
mod reading;
mod stage;
mod terms;
#[cfg(test)]
mod tests;

use seating::geometry::arrange::arrange;
use seating::seat_layout::SeatLayout;
use seating::seat_layout::spec::{LayoutSpec, SectionKindSpec, SectionSpec};

use crate::wire::faults::Fault;
use convert::Reader;
pub use named::{GivenTwice, Named};
pub use point::{Point, hundredths};
pub use stage::STAGE_NAMES;
pub use terms::{PlanError, PlanTerms, Prices};

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
pub fn read_plan(text: &[u8], terms: &PlanTerms) -> Result<PlannedHouse, PlanError> {
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
