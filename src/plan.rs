//! Seating plans in pretix's JSON format.
//!
//! ```text
//! {"name", "size", "categories": [{"name", "color"}],
//!  "zones": [{"name", "position", "rows": [{"row_number", "position", "seats": [
//!      {"seat_guid", "seat_number", "position", "category"}]}], "areas": […]}]}
//! ```
//!
//! A `seat_guid` becomes the seat's id, a category its price tier; the positions of zone and row
//! add to the seat's own. Areas are decoration. Files in the wild carry many more members, and
//! write numbers where others write text, so reading is lenient; what decides about a seat is not:
//! a missing or repeated guid, an unknown category or a plan without seats is refused by its place.

mod codes;
pub mod document;
mod runs;

use std::collections::{BTreeMap, HashMap, HashSet};

use seating::layout_spec::{
    COORDINATE_MAX, LayoutSpec, Money, Position, PriceTierSpec, RowSeatsSpec, RowSpec, SeatSpec,
    SectionKindSpec, SectionSpec,
};
use seating::limits::{PRICE_TIERS_MAX, SECTIONS_MAX};
use seating::seat_layout::SeatLayout;

use codes::Codes;
pub use document::PlanDocument;
use document::{Point, RowDocument, SeatDocument, ZoneDocument};

/// Why a plan is refused, with the place named as the file has it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct PlanError {
    /// The place: `zones[0].rows[3].seats[7].category`.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
}

/// What each category costs, by its name.
pub type Prices = BTreeMap<String, Money>;

/// The house of a plan.
#[derive(Debug)]
pub struct PlannedHouse {
    /// As the plan describes it.
    pub spec: LayoutSpec,
    /// As it is built from `spec`.
    pub layout: SeatLayout,
}

/// The house that a plan describes, at these prices.
///
/// A plan of the largest size takes longer than a worker of the runtime may be kept.
pub fn read(plan: &PlanDocument, prices: &Prices) -> Result<PlannedHouse, PlanError> {
    let zones = seated_zones(plan)?;
    let mut reader = Reader::new(plan, prices)?;
    let sections = zones.iter().map(|&(at, zone)| reader.section(at, zone));
    let spec = LayoutSpec {
        sections: sections.collect::<Result<_, _>>()?,
        price_tiers: reader.tiers(),
    };
    // The house's own gate knows the limits; its answer is told in the file's own places.
    match SeatLayout::build(&spec) {
        Ok(layout) => Ok(PlannedHouse { spec, layout }),
        Err(refusal) => Err(PlanError {
            path: reader.place_of(&refusal.path),
            reason: refusal.reason,
        }),
    }
}

/// The description alone of the house of a plan.
pub fn to_spec(plan: &PlanDocument, prices: &Prices) -> Result<LayoutSpec, PlanError> {
    read(plan, prices).map(|house| house.spec)
}

/// The zones that become sections, with their places in the file. That they are too many is known
/// before any of them is read.
fn seated_zones(plan: &PlanDocument) -> Result<Vec<(usize, &ZoneDocument)>, PlanError> {
    let zones = plan.zones.iter().enumerate();
    let seated: Vec<_> = zones.filter(|(_, zone)| zone.has_seats()).collect();
    if seated.is_empty() {
        return Err(error("zones", "the plan has no seats"));
    }
    if let Some((at, _)) = seated.get(SECTIONS_MAX) {
        let reason = format!("at most {SECTIONS_MAX} zones may have seats");
        return Err(error(&format!("zones[{at}]"), &reason));
    }
    Ok(seated)
}

/// Reads one plan, remembering what must be unique and where each part came from.
struct Reader<'a> {
    plan: &'a PlanDocument,
    prices: &'a Prices,
    categories: HashSet<&'a str>,
    used: HashMap<&'a str, &'a Money>,
    guids: HashMap<&'a str, String>,
    codes: Codes,
    /// For every section, row and first seat of the spec, its place in the file.
    origins: Vec<Origin>,
}

#[derive(Default)]
struct Origin {
    zone: usize,
    /// Row in the file, and how many of its seats came before.
    rows: Vec<(usize, usize)>,
}

impl<'a> Reader<'a> {
    fn new(plan: &'a PlanDocument, prices: &'a Prices) -> Result<Self, PlanError> {
        let mut categories = HashSet::with_capacity(plan.categories.len());
        for (at, category) in plan.categories.iter().enumerate() {
            if !categories.insert(category.name.as_str()) {
                let reason = format!("the category {:?} is there twice", category.name);
                return Err(error(&format!("categories[{at}].name"), &reason));
            }
        }
        let mut names = prices.keys();
        if let Some(name) = names.find(|name| !categories.contains(name.as_str())) {
            let reason = format!("the plan has no category {name:?}");
            return Err(error("prices", &reason));
        }
        Ok(Self {
            plan,
            prices,
            categories,
            used: HashMap::new(),
            guids: HashMap::new(),
            codes: Codes::default(),
            origins: Vec::new(),
        })
    }

    /// The zone as a section.
    fn section(
        &mut self,
        zone_at: usize,
        zone: &'a ZoneDocument,
    ) -> Result<SectionSpec, PlanError> {
        let mut rows = Vec::new();
        let mut origin = Origin {
            zone: zone_at,
            rows: Vec::new(),
        };
        for (row_at, row) in zone.rows.iter().enumerate() {
            let path = format!("zones[{zone_at}].rows[{row_at}]");
            let seats = self.seats(&path, zone, row)?;
            let label = row.label(row_at);
            let mut before = 0;
            for run in runs::split(seats) {
                origin.rows.push((row_at, before));
                before += run.len();
                rows.push(RowSpec {
                    label: label.clone(),
                    seats: RowSeatsSpec::Listed(run),
                });
            }
        }
        self.origins.push(origin);
        let name = match zone.name.trim() {
            "" => format!("Zone {}", zone_at + 1),
            name => name.to_owned(),
        };
        Ok(SectionSpec {
            code: self.codes.unique(&name),
            name,
            kind: SectionKindSpec::Reserved { rows },
        })
    }

    fn seats(
        &mut self,
        path: &str,
        zone: &ZoneDocument,
        row: &'a RowDocument,
    ) -> Result<Vec<SeatSpec>, PlanError> {
        let from = zone.position.plus(row.position);
        let seats = row.seats.iter().enumerate();
        let seats = seats.map(|(at, seat)| {
            let path = format!("{path}.seats[{at}]");
            self.claim_guid(&path, seat)?;
            self.use_category(&path, seat)?;
            Ok(SeatSpec {
                id: seat.seat_guid.clone(),
                number: seat.number(at),
                price_tier: seat.category.clone(),
                position: position(&path, from.plus(seat.position))?,
            })
        });
        seats.collect()
    }

    fn claim_guid(&mut self, path: &str, seat: &'a SeatDocument) -> Result<(), PlanError> {
        let path = format!("{path}.seat_guid");
        if seat.seat_guid.is_empty() {
            return Err(error(&path, "is missing or empty"));
        }
        if let Some(first) = self.guids.get(seat.seat_guid.as_str()) {
            let reason = format!("{:?} is there twice, first at {first}", seat.seat_guid);
            return Err(error(&path, &reason));
        }
        self.guids.insert(&seat.seat_guid, path);
        Ok(())
    }

    fn use_category(&mut self, path: &str, seat: &'a SeatDocument) -> Result<(), PlanError> {
        let name = seat.category.as_str();
        if self.used.contains_key(name) {
            return Ok(());
        }
        if !self.categories.contains(name) {
            let guid = &seat.seat_guid;
            let reason = format!("the seat {guid:?} names the unknown category {name:?}");
            return Err(error(&format!("{path}.category"), &reason));
        }
        if self.used.len() == PRICE_TIERS_MAX {
            let reason = format!("at most {PRICE_TIERS_MAX} categories may have seats");
            return Err(error(&format!("{path}.category"), &reason));
        }
        let Some(price) = self.prices.get(name) else {
            return Err(error(
                "prices",
                &format!("the category {name:?} has no price"),
            ));
        };
        self.used.insert(name, price);
        Ok(())
    }

    /// Tiers in the order of the file's categories; one that no seat names is left out.
    fn tiers(&self) -> Vec<PriceTierSpec> {
        let categories = self.plan.categories.iter();
        let tier = |name: &String| {
            let price = self.used.get(name.as_str())?;
            Some(PriceTierSpec {
                code: name.clone(),
                name: name.clone(),
                price: (*price).clone(),
            })
        };
        categories
            .filter_map(|category| tier(&category.name))
            .collect()
    }

    /// A place of the spec, `sections[1].rows[2].seats[3]…`, as the file's own place.
    fn place_of(&self, path: &str) -> String {
        let Some((section, rest)) = indexed(path, "sections") else {
            return path.replace("price_tiers", "prices");
        };
        let Some(origin) = self.origins.get(section) else {
            return path.to_owned();
        };
        let zone = format!("zones[{}]", origin.zone);
        let Some((&(row, before), rest)) =
            indexed(rest, "rows").and_then(|(row, rest)| Some((origin.rows.get(row)?, rest)))
        else {
            return format!("{zone}{}", dotted(rest));
        };
        match indexed(rest, "seats") {
            Some((seat, rest)) => {
                format!(
                    "{zone}.rows[{row}].seats[{}]{}",
                    before + seat,
                    dotted(rest)
                )
            }
            None => format!("{zone}.rows[{row}]{}", dotted(rest)),
        }
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

/// Hundredths of the plan's unit, which is a pixel in practice.
fn position(path: &str, point: Point) -> Result<Position, PlanError> {
    let coordinate = |value: f64| {
        let hundredths = (value * 100.0).round();
        // NaN and infinity fail the comparison too.
        let near = hundredths.abs() <= f64::from(COORDINATE_MAX);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "bounded by the comparison above"
        )]
        near.then_some(hundredths as i32)
    };
    match (coordinate(point.x), coordinate(point.y)) {
        (Some(x), Some(y)) => Ok(Position { x, y }),
        _ => Err(error(&format!("{path}.position"), "is out of range")),
    }
}

fn error(path: &str, reason: &str) -> PlanError {
    PlanError {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests;
