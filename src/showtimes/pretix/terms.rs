//! What is said of a plan beside the plan, and why one is refused.

use seating::seat_layout::spec::Money;

use super::named::Named;
use super::point::Point;
use crate::wire::faults::{Fault, listed};

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
