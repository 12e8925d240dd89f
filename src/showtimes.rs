//! Showtimes beside their seats: how one is created, from what plan, and whether all of it adds up.

mod audit;
mod create;
pub mod demo;
mod pretix;
mod rules;

pub use audit::{Auditor, Report};
pub use create::{CreateError, create, create_built};
pub use pretix::{
    GivenTwice, Named, PlanError, PlanTerms, PlannedLayout, Point, Prices, STAGE_NAMES, StageFrom,
    hundredths, read_plan,
};
pub use rules::{WantedTerms, check_terms, is_shown, usual_terms};
