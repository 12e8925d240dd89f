//! Everything that is wrong with a spec, each by its own place in it.

use std::collections::HashSet;

use crate::limits::{
    AREA_CAPACITY_MAX, LABEL_BYTES_MAX, PRICE_MINOR_UNITS_MAX, PRICE_TIERS_MAX, ROWS_MAX,
    SEAT_ID_BYTES_MAX, SEATS_MAX, SEATS_PER_ROW_MAX, SECTIONS_MAX,
};
use crate::seat_layout::build::rows::{numbers_in, seats_in};
use crate::seat_layout::spec::{
    COORDINATE_MAX, LayoutSpec, Position, PriceTierSpec, RowSeatsSpec, RowSpec, SectionKindSpec,
    SectionSpec,
};
use crate::seat_layout::{LayoutFault, LayoutFaults};
use crate::text;

/// Faults that are reported at once.
pub const FAULTS_MAX: usize = 100;

/// Areas together admit as many as so many of the largest.
const AREAS_OF_THE_LARGEST: u32 = 4;

impl LayoutSpec {
    /// Whether a layout can be built from this: everything that is wrong with it, up to
    /// [`FAULTS_MAX`] faults. Duplicate ids are found only while the layout is built.
    ///
    /// # Errors
    ///
    /// Every fault with its path, for the layout's author to correct.
    pub fn check(&self) -> Result<(), LayoutFaults> {
        let mut check = LayoutCheck {
            tiers: self
                .price_tiers
                .iter()
                .map(|tier| tier.code.as_str())
                .collect(),
            ..LayoutCheck::default()
        };
        check.price_tiers(&self.price_tiers);
        check.stage("stage", self.stage);
        check.sections(&self.sections);
        LayoutFaults::unless_empty(check.faults)
    }
}

#[derive(Default)]
struct LayoutCheck<'a> {
    tiers: HashSet<&'a str>,
    rows: usize,
    seats: usize,
    area_places: u32,
    faults: Vec<LayoutFault>,
}

impl<'a> LayoutCheck<'a> {
    fn ensure(
        &mut self,
        holds: bool,
        path: impl FnOnce() -> String,
        reason: impl FnOnce() -> String,
    ) {
        if !holds && !self.is_full() {
            self.faults.push(LayoutFault {
                path: path(),
                reason: reason(),
            });
        }
    }

    fn is_full(&self) -> bool {
        self.faults.len() >= FAULTS_MAX
    }

    fn text(&mut self, path: impl FnOnce() -> String, value: &str, bytes_max: usize) {
        if let Err(reason) = text::check(value, bytes_max) {
            self.ensure(false, path, || reason);
        }
    }

    fn label(&mut self, path: impl FnOnce() -> String, value: &str) {
        self.text(path, value, LABEL_BYTES_MAX);
    }

    fn name(&mut self, path: impl FnOnce() -> String, value: &str) {
        if let Err(reason) = text::check_prose(value, LABEL_BYTES_MAX) {
            self.ensure(false, path, || reason);
        }
    }

    fn price_tiers(&mut self, tiers: &'a [PriceTierSpec]) {
        let path = || "price_tiers".to_owned();
        self.ensure(!tiers.is_empty(), path, || "at least one is needed".into());
        self.ensure(tiers.len() <= PRICE_TIERS_MAX, path, || {
            format!("at most {PRICE_TIERS_MAX} are allowed, not {}", tiers.len())
        });
        let any_price = tiers.is_empty() || tiers.iter().any(|tier| tier.price.is_some());
        self.ensure(any_price, path, || {
            "at least one needs a price: nothing of this layout is for sale".into()
        });
        let mut codes = HashSet::new();
        let mut currency = None;
        for (at, tier) in tiers.iter().enumerate().take(PRICE_TIERS_MAX) {
            let path = |member: &str| format!("price_tiers[{at}].{member}");
            self.label(|| path("code"), &tier.code);
            self.name(|| path("name"), &tier.name);
            self.ensure(
                codes.insert(&tier.code),
                || path("code"),
                || format!("{:?} is a duplicate", tier.code),
            );
            let Some(price) = &tier.price else { continue };
            let in_bounds = (0..=PRICE_MINOR_UNITS_MAX).contains(&price.amount);
            self.ensure(
                in_bounds,
                || path("price.amount"),
                || format!("must be from 0 to {PRICE_MINOR_UNITS_MAX} minor units"),
            );
            let iso = price.currency.len() == 3;
            let iso = iso && price.currency.bytes().all(|b| b.is_ascii_uppercase());
            self.ensure(
                iso,
                || path("price.currency"),
                || "must be three capital letters (ISO 4217), such as \"EUR\"".into(),
            );
            let first = *currency.get_or_insert(&price.currency);
            self.ensure(
                *first == price.currency,
                || path("price.currency"),
                || format!("all tiers must be in one currency, and the first is in {first}"),
            );
        }
    }

    fn sections(&mut self, sections: &'a [SectionSpec]) {
        let path = || "sections".to_owned();
        self.ensure(!sections.is_empty(), path, || {
            "at least one is needed".into()
        });
        self.ensure(sections.len() <= SECTIONS_MAX, path, || {
            format!("at most {SECTIONS_MAX} are allowed, not {}", sections.len())
        });
        let mut codes = HashSet::new();
        for (at, section) in sections.iter().enumerate().take(SECTIONS_MAX) {
            if self.is_full() {
                return;
            }
            let unique = codes.insert(&section.code);
            self.section(&format!("sections[{at}]"), section, unique);
        }
    }

    fn section(&mut self, path: &str, section: &'a SectionSpec, unique: bool) {
        self.label(|| format!("{path}.code"), &section.code);
        self.name(|| format!("{path}.name"), &section.name);
        self.ensure(
            unique,
            || format!("{path}.code"),
            || format!("{:?} is a duplicate", section.code),
        );
        match &section.kind {
            SectionKindSpec::Reserved { rows, stage } => {
                self.stage(&format!("{path}.stage"), *stage);
                self.rows(path, &section.code, rows);
            }
            SectionKindSpec::GeneralAdmission {
                capacity,
                price_tier,
            } => self.area(path, *capacity, price_tier),
        }
    }

    fn area(&mut self, path: &str, capacity: u32, tier: &str) {
        let path_of = || format!("{path}.capacity");
        self.ensure((1..=AREA_CAPACITY_MAX).contains(&capacity), path_of, || {
            format!("must be from 1 to {AREA_CAPACITY_MAX}, not {capacity}")
        });
        let most = AREAS_OF_THE_LARGEST * AREA_CAPACITY_MAX;
        self.area_places = self.area_places.saturating_add(capacity);
        self.ensure(self.area_places <= most, path_of, || {
            format!("the areas together may admit at most {most}")
        });
        self.tier(|| format!("{path}.price_tier"), tier);
    }

    fn tier(&mut self, path: impl FnOnce() -> String, code: &str) {
        self.ensure(self.tiers.contains(code), path, || {
            format!("there is no price tier {code:?}")
        });
    }

    fn stage(&mut self, path: &str, stage: Option<Position>) {
        let on_plan = stage.is_none_or(is_on_plan);
        self.ensure(on_plan, || path.to_owned(), out_of_range);
    }

    fn rows(&mut self, path: &str, code: &str, rows: &'a [RowSpec]) {
        let path_of = || format!("{path}.rows");
        self.ensure(!rows.is_empty(), path_of, || {
            "at least one is needed".into()
        });
        self.rows += rows.len();
        self.ensure(self.rows <= ROWS_MAX, path_of, || {
            format!("the layout may have at most {ROWS_MAX} rows, each part of one counted")
        });
        for (at, row) in rows.iter().enumerate().take(ROWS_MAX) {
            if self.is_full() {
                return;
            }
            self.row(&format!("{path}.rows[{at}]"), code, row);
        }
    }

    fn row(&mut self, path: &str, code: &str, row: &'a RowSpec) {
        self.label(|| format!("{path}.row"), &row.label);
        let seats = seats_in(row);
        let path_of = || format!("{path}.seats");
        let in_bounds = (1..=SEATS_PER_ROW_MAX).contains(&seats);
        self.ensure(in_bounds, path_of, || {
            format!("a row has from 1 to {SEATS_PER_ROW_MAX} seats, not {seats}")
        });
        let fitted = self.seats <= SEATS_MAX;
        self.seats = self.seats.saturating_add(seats);
        // Reported once, where it becomes too many.
        self.ensure(!fitted || self.seats <= SEATS_MAX, path_of, || {
            format!("the layout may have at most {SEATS_MAX} seats")
        });
        if let RowSeatsSpec::Grid { price_tier, .. } = &row.seats {
            self.tier(|| format!("{path}.price_tier"), price_tier);
        }
        if in_bounds {
            self.seats_of(path, code, row);
        }
    }

    fn seats_of(&mut self, path: &str, code: &str, row: &'a RowSpec) {
        match &row.seats {
            RowSeatsSpec::Grid { numbers, .. } => {
                let prefix = code.len() + row.label.len() + "--".len();
                // Of a count the last number is the longest, and all of them have one place.
                let skipped = row.is_counted().then(|| seats_in(row) - 1);
                for (at, number) in numbers_in(numbers).enumerate().skip(skipped.unwrap_or(0)) {
                    let path = || row.place_of_seat(path, at);
                    self.label(path, &number);
                    self.ensure(prefix + number.len() <= SEAT_ID_BYTES_MAX, path, || {
                        format!(
                            "its id, SECTION-ROW-NUMBER, has more than {SEAT_ID_BYTES_MAX} bytes"
                        )
                    });
                }
            }
            RowSeatsSpec::Listed(seats) => {
                for (at, seat) in seats.iter().enumerate() {
                    let path = |member: &str| format!("{path}.seats[{at}].{member}");
                    self.text(|| path("id"), &seat.id, SEAT_ID_BYTES_MAX);
                    // A plan may say nothing of what is written on a seat.
                    if !seat.number.is_empty() {
                        self.label(|| path("number"), &seat.number);
                    }
                    self.tier(|| path("price_tier"), &seat.price_tier);
                    let on_plan = is_on_plan(seat.position);
                    self.ensure(on_plan, || path("position"), out_of_range);
                }
            }
        }
    }
}

fn is_on_plan(position: Position) -> bool {
    let near = |c: i32| (-COORDINATE_MAX..=COORDINATE_MAX).contains(&c);
    near(position.x) && near(position.y)
}

fn out_of_range() -> String {
    let most = COORDINATE_MAX / 100;
    format!("must have x and y from -{most} to {most}")
}
