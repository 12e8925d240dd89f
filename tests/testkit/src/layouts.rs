//! Small layouts for tests, described in a line or two.
#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

use std::sync::Arc;

use seating::sale_terms::SaleTerms;
use seating::seat_layout::SeatLayout;
use seating::seat_layout::spec::{
    LayoutSpec, Money, NumbersSpec, PriceTierSpec, RowSeatsSpec, RowSpec, SectionKindSpec,
    SectionSpec,
};

use crate::rehearsal::Rehearsal;

/// A layout being described.
#[derive(Clone, Debug, Default)]
pub struct TestLayout {
    /// What has been described so far.
    pub spec: LayoutSpec,
}

impl TestLayout {
    /// A layout without anything in it.
    pub fn empty() -> Self {
        Self::default()
    }

    /// One section `S` of one price tier `T`, its rows `A`, `B`, … as long as these.
    pub fn of_rows(lengths: &[u32]) -> Self {
        let labels = ('A'..='Z').map(String::from);
        let rows: Vec<_> = labels.zip(lengths.iter().copied()).collect();
        Self::empty().tier("T", 1_000).section("S", "T", &rows)
    }

    /// Adds a price tier, in rupees.
    #[must_use]
    pub fn tier(mut self, code: &str, amount: i64) -> Self {
        self.spec.price_tiers.push(PriceTierSpec {
            code: code.to_owned(),
            name: code.to_owned(),
            price: Some(Money {
                amount,
                currency: "INR".to_owned(),
            }),
        });
        self
    }

    /// Adds a section of grid rows, each a label and a number of seats.
    #[must_use]
    pub fn section(self, code: &str, tier: &str, rows: &[(impl ToString, u32)]) -> Self {
        let grid = |label: String, count: u32| RowSpec {
            label,
            seats: RowSeatsSpec::Grid {
                numbers: NumbersSpec::Count(count),
                price_tier: tier.to_owned(),
            },
        };
        let rows = rows.iter().map(|(label, n)| grid(label.to_string(), *n));
        let rows = rows.collect();
        self.with(code, SectionKindSpec::Reserved { rows, stage: None })
    }

    /// Adds an area.
    #[must_use]
    pub fn area(self, code: &str, tier: &str, capacity: u32) -> Self {
        let price_tier = tier.to_owned();
        self.with(
            code,
            SectionKindSpec::GeneralAdmission {
                capacity,
                price_tier,
            },
        )
    }

    /// Adds any section.
    #[must_use]
    pub fn with(mut self, code: &str, kind: SectionKindSpec) -> Self {
        let code = code.to_owned();
        let name = code.clone();
        self.spec.sections.push(SectionSpec { code, name, kind });
        self
    }

    /// The layout, built.
    pub fn build(&self) -> Arc<SeatLayout> {
        Arc::new(SeatLayout::build(&self.spec).expect("the layout is as it should be"))
    }

    /// A seat map over it, opened at time 0.
    pub fn open(&self, terms: SaleTerms) -> Rehearsal {
        Rehearsal::open(self.build(), terms)
    }
}
