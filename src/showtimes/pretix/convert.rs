//! From the file to a house, seat by seat as the file lists them, so that every place of the one is
//! a place of the other.

use std::collections::{BTreeMap, HashMap, HashSet};

use seating::limits::{PRICE_TIERS_MAX, SECTIONS_MAX};
use seating::seat_layout::LayoutFaults;
use seating::seat_layout::spec::{
    LayoutSpec, Money, Position, PriceTierSpec, RowSeatsSpec, RowSpec, SeatSpec, SectionKindSpec,
    SectionSpec,
};

use super::codes::Codes;
use super::document::{PlanDocument, RowDocument, SeatDocument, ZoneDocument};
use super::point::{Point, hundredths};
use super::terms::{PlanError, PlanTerms};
use crate::wire::faults::Faults;

/// The category of seats that have none, in the list of prices.
const NO_CATEGORY: &str = "";

/// The price tier of such seats.
const NO_CATEGORY_TIER: &str = "no category";

/// Reads one plan, remembering what must be unique and where each part came from.
pub(super) struct Reader<'a> {
    plan: &'a PlanDocument,
    terms: &'a PlanTerms,
    /// The price tier of every category, in the order in which they are listed.
    categories: BTreeMap<&'a str, Category<'a>>,
    /// Whether all of them could be read; what a seat names is else not judged.
    categories_known: bool,
    categories_used: usize,
    guids: HashMap<&'a str, Place>,
    /// Names of zones that are stages of their own.
    stages: HashSet<&'a str>,
    codes: Codes,
    /// For every section of the spec, its zone and rows in the file.
    origins: Vec<Origin>,
    faults: Faults,
}

struct Category<'a> {
    at: usize,
    price: Option<&'a Option<Money>>,
    /// Whether a seat is of this category.
    used: bool,
}

/// A seat's place in the file.
#[derive(Clone, Copy)]
struct Place {
    zone: usize,
    row: usize,
    seat: usize,
}

#[derive(Default)]
struct Origin {
    zone: usize,
    /// Rows with seats.
    rows: Vec<usize>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(plan: &'a PlanDocument, terms: &'a PlanTerms, faults: Faults) -> Self {
        let mut reader = Self {
            plan,
            terms,
            categories: BTreeMap::new(),
            categories_known: !(faults.are_in("categories") || faults.are_of_the_whole()),
            categories_used: 0,
            guids: HashMap::new(),
            stages: HashSet::new(),
            codes: Codes::default(),
            origins: Vec::new(),
            faults,
        };
        reader.add_categories();
        reader
    }

    fn add_categories(&mut self) {
        let (plan, terms) = (self.plan, self.terms);
        let named = plan.categories.iter().enumerate();
        // No seat names a category without a name: such seats have none.
        for (at, category) in named.filter(|(_, category)| category.name != NO_CATEGORY) {
            self.add_category(at, &category.name);
        }
        // Seats without a category are of one that no plan lists.
        if terms.prices.get(NO_CATEGORY).is_some() {
            self.add_category(plan.categories.len(), NO_CATEGORY);
        }
        for name in terms.prices.names() {
            if self.categories_known && !self.categories.contains_key(name) {
                let reason = format!("the plan has no category {name:?}");
                self.faults
                    .add(self.terms.prices.path("prices", name), reason);
            }
        }
    }

    fn add_category(&mut self, at: usize, name: &'a str) {
        let category = Category {
            at,
            price: self.terms.prices.get(name),
            used: false,
        };
        if self.categories.insert(name, category).is_some() {
            let reason = format!("the category {name:?} is there twice");
            self.faults.add(format!("categories[{at}].name"), reason);
        }
    }

    /// The house as the file lists it, with whatever is wrong noted.
    pub(super) fn spec(&mut self) -> LayoutSpec {
        let zones = self.plan.zones.iter().enumerate();
        let seated: Vec<_> = zones.filter(|(_, zone)| zone.has_seats()).collect();
        // Where a zone could not be read, its seats could not either.
        if seated.is_empty() && !self.faults.are_in("zones") {
            self.faults.add("zones", "the plan has no seats");
        }
        if let Some((at, _)) = seated.get(SECTIONS_MAX) {
            let reason = format!("at most {SECTIONS_MAX} zones may have seats");
            self.faults.add(format!("zones[{at}]"), reason);
        }
        let mut sections = Vec::with_capacity(seated.len().min(SECTIONS_MAX));
        for (at, zone) in seated.into_iter().take(SECTIONS_MAX) {
            if self.faults.is_full() {
                break;
            }
            sections.push(self.section(at, zone));
        }
        for name in self.terms.stages.names() {
            if !sections.is_empty() && !self.stages.contains(name) {
                let reason = format!("the plan has no zone {name:?} with seats");
                self.faults
                    .add(self.terms.stages.path("stages", name), reason);
            }
        }
        LayoutSpec {
            sections,
            price_tiers: self.tiers(),
            stage: None,
        }
    }

    /// The zone as a section.
    fn section(&mut self, zone_at: usize, zone: &'a ZoneDocument) -> SectionSpec {
        let labels: HashSet<&str> = zone
            .rows
            .iter()
            .map(|row| row.row_number.as_str())
            .collect();
        let mut rows = Vec::new();
        let mut origin = Origin {
            zone: zone_at,
            rows: Vec::new(),
        };
        for (row_at, row) in zone.rows.iter().enumerate() {
            if row.seats.is_empty() {
                continue;
            }
            origin.rows.push(row_at);
            let seats = self.seats((zone_at, row_at), zone, row);
            rows.push(RowSpec {
                label: label(row, row_at, &labels),
                seats: RowSeatsSpec::Listed(seats),
            });
        }
        self.origins.push(origin);
        let name = match zone.name.trim() {
            "" => format!("Zone {}", zone_at + 1),
            name => name.to_owned(),
        };
        let stage = self.terms.stages.entry(&name);
        let stage = stage.and_then(|(zone, stage)| {
            self.stages.insert(zone);
            self.point(&self.terms.stages.path("stages", zone), *stage)
        });
        SectionSpec {
            code: self.codes.unique(&name),
            name,
            kind: SectionKindSpec::Reserved { rows, stage },
        }
    }

    fn seats(
        &mut self,
        (zone_at, row_at): (usize, usize),
        zone: &ZoneDocument,
        row: &'a RowDocument,
    ) -> Vec<SeatSpec> {
        let from = zone.position.plus(row.position);
        let mut seats = Vec::with_capacity(row.seats.len());
        for (at, seat) in row.seats.iter().enumerate() {
            let place = Place {
                zone: zone_at,
                row: row_at,
                seat: at,
            };
            self.claim_guid(place, seat);
            let position = match hundredths(from.plus(seat.position)) {
                Ok(position) => position,
                Err(reason) => {
                    self.faults.add(place.path(".position"), reason);
                    Position::default()
                }
            };
            seats.push(SeatSpec {
                id: seat.seat_guid.clone(),
                number: seat.seat_number.clone(),
                price_tier: self.use_category(place, seat).to_owned(),
                position,
            });
        }
        seats
    }

    fn claim_guid(&mut self, place: Place, seat: &'a SeatDocument) {
        if seat.seat_guid.is_empty() {
            self.faults
                .add(place.path(".seat_guid"), "is missing or empty");
        } else if let Some(first) = self.guids.insert(&seat.seat_guid, place) {
            let (guid, first) = (&seat.seat_guid, first.path(".seat_guid"));
            let reason = format!("{guid:?} is there twice, first at {first}");
            self.faults.add(place.path(".seat_guid"), reason);
        }
    }

    /// The price tier of a seat.
    fn use_category(&mut self, place: Place, seat: &'a SeatDocument) -> &'a str {
        let name = seat.category.as_str();
        let path = || place.path(".category");
        match self.categories.get_mut(name) {
            Some(category) if category.used => {}
            Some(category) => {
                category.used = true;
                self.categories_used += 1;
                if self.categories_used == PRICE_TIERS_MAX + 1 {
                    let reason = format!("at most {PRICE_TIERS_MAX} categories may have seats");
                    self.faults.add(path(), reason);
                }
                if category.price.is_none() {
                    let reason = format!(
                        "the category {name:?} has no price; null says that it is not for sale"
                    );
                    self.faults
                        .add(self.terms.prices.path("prices", name), reason);
                }
            }
            None if !self.categories_known => {}
            None if name == NO_CATEGORY => {
                let reason = "the seat has no category; a price for \"\" is for such seats, and null \
                              says that they are not for sale";
                self.faults.add(path(), reason);
            }
            None => {
                let reason = format!("the plan has no category {name:?}");
                self.faults.add(path(), reason);
            }
        }
        tier_code(name)
    }

    /// A tier for every category in use, in the order of the file.
    fn tiers(&self) -> Vec<PriceTierSpec> {
        let used = self.categories.iter().filter(|(_, category)| category.used);
        let mut used: Vec<_> = used.collect();
        used.sort_by_key(|(_, category)| category.at);
        let tier = |(name, category): (&&str, &Category<'_>)| PriceTierSpec {
            code: tier_code(name).to_owned(),
            name: tier_code(name).to_owned(),
            price: category.price.cloned().flatten(),
        };
        used.into_iter().map(tier).collect()
    }

    /// A point of the terms.
    pub(super) fn point(&mut self, path: &str, point: Point) -> Option<Position> {
        match hundredths(point) {
            Ok(position) => Some(position),
            Err(reason) => {
                self.faults.add(path.to_owned(), reason);
                None
            }
        }
    }

    /// Notes what the house's own gate has against it.
    pub(super) fn refuse(&mut self, faults: LayoutFaults) {
        for fault in faults.into_vec() {
            // Whatever is wrong with the category of a seat, or of all, was told where it stands.
            let is_told = fault.path.ends_with(".price_tier");
            if is_told || (fault.path == "price_tiers" && self.categories_used == 0) {
                continue;
            }
            let path = self.place_of(&fault.path);
            self.faults.add(path, fault.reason);
        }
    }

    /// The faults, if there are any.
    pub(super) fn finish(&mut self) -> Result<(), PlanError> {
        let faults = std::mem::take(&mut self.faults);
        if faults.is_empty() {
            Ok(())
        } else {
            Err(PlanError::Faults(faults.into_vec()))
        }
    }

    /// A place of the spec, `sections[1].rows[2].seats[3].id`, as the file's own place.
    fn place_of(&self, path: &str) -> String {
        let Some((section, rest)) = indexed(path, "sections") else {
            return self.price_of(path);
        };
        let Some(origin) = self.origins.get(section) else {
            return "zones".to_owned();
        };
        let zone = format!("zones[{}]", origin.zone);
        let row = indexed(rest, "rows").and_then(|(row, rest)| Some((origin.rows.get(row)?, rest)));
        let Some((row, rest)) = row else {
            return format!(
                "{zone}{}",
                dotted(if rest == "code" { "name" } else { rest })
            );
        };
        let rest = match rest {
            "row" => "row_number".to_owned(),
            rest => rest
                .replace(".id", ".seat_guid")
                .replace(".number", ".seat_number"),
        };
        format!("{zone}.rows[{row}]{}", dotted(&rest))
    }

    /// A place among the tiers as a place among the prices, by the category's name.
    fn price_of(&self, path: &str) -> String {
        let Some((tier, rest)) = indexed(path, "price_tiers") else {
            return path.replace("price_tiers", "prices");
        };
        let tiers = self.tiers();
        let code = tiers.get(tier).map(|tier| tier.code.as_str());
        let name = code
            .filter(|code| *code != NO_CATEGORY_TIER)
            .unwrap_or(NO_CATEGORY);
        let rest = rest.strip_prefix("price").unwrap_or("");
        format!("{}{rest}", self.terms.prices.path("prices", name))
    }
}

impl Place {
    fn path(self, member: &str) -> String {
        let Self { zone, row, seat } = self;
        format!("zones[{zone}].rows[{row}].seats[{seat}]{member}")
    }
}

fn tier_code(category: &str) -> &str {
    match category {
        NO_CATEGORY => NO_CATEGORY_TIER,
        category => category,
    }
}

/// A row's label, or a number that no other row of its zone has.
fn label(row: &RowDocument, at: usize, labels: &HashSet<&str>) -> String {
    if !row.row_number.is_empty() {
        return row.row_number.clone();
    }
    let number = (at + 1).to_string();
    if labels.contains(number.as_str()) {
        format!("{number} (no. {number})")
    } else {
        number
    }
}

/// `rows[4].seats` is index 4 of `rows` and the rest `seats`.
fn indexed<'a>(path: &'a str, name: &str) -> Option<(usize, &'a str)> {
    let (index, rest) = path
        .strip_prefix(name)?
        .strip_prefix('[')?
        .split_once(']')?;
    Some((index.parse().ok()?, rest.strip_prefix('.').unwrap_or(rest)))
}

fn dotted(rest: &str) -> String {
    if rest.is_empty() {
        String::new()
    } else {
        format!(".{rest}")
    }
}
