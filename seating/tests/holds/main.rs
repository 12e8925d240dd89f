//! Holds: taking, extending, replacing, releasing and expiring them.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod aging;
mod asking;
mod blocked;
mod ending;
mod expiring;

use seating::sale_terms::SaleTerms;
use testkit::layouts::TestLayout;
use testkit::rehearsal::Rehearsal;

/// Ten seats in two rows, and an area of five.
fn theatre() -> Rehearsal {
    with(SaleTerms::default())
}

fn with(terms: SaleTerms) -> Rehearsal {
    TestLayout::empty()
        .tier("GOLD", 100)
        .section("HALL", "GOLD", &[("A", 6), ("B", 4)])
        .area("PIT", "GOLD", 5)
        .open(terms)
}
