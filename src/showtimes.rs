//! Showtimes beside their seats: how one is created, from what plan, and whether all of it adds up.

pub mod audit;
mod create;
pub mod demo;
pub mod pretix;
mod rules;

pub use create::{Draft, DraftError, create, create_built};
pub use rules::{SaleTerms, check_terms, is_shown, usual_settings};
