//! The file as it is written.

use serde::de::{DeserializeSeed, Deserializer, MapAccess};
use serde_json::value::RawValue;

use super::point::Point;
use super::reading::{Decorations, Members, PlanPart, PlanReading, Seed, Text, as_written};
use crate::json;
use crate::wire::faults::Faults;

/// A whole plan.
#[derive(Debug, Default)]
pub(super) struct PlanDocument {
    /// The categories that seats name.
    pub(super) categories: Vec<CategoryDocument>,
    /// The zones, each a section of the layout.
    pub(super) zones: Vec<ZoneDocument>,
}

/// One category.
#[derive(Debug, Default)]
pub(super) struct CategoryDocument {
    /// How seats name it.
    pub(super) name: String,
}

/// One zone.
#[derive(Debug, Default)]
pub(super) struct ZoneDocument {
    pub(super) name: String,
    pub(super) position: Point,
    pub(super) rows: Vec<RowDocument>,
    /// What is drawn beside them.
    pub(super) areas: Decorations<AreaDocument>,
}

/// Something drawn, of which only the stage is looked for. Whatever is wrong with it is as good as
/// nothing: decoration never makes a plan wrong.
#[derive(Debug, Default)]
pub(super) struct AreaDocument {
    pub(super) text: Words,
    /// Where it lies in its zone.
    pub(super) position: Point,
    /// Of a polygon: its corners.
    pub(super) polygon: PolygonDocument,
    /// Of a rectangle: its size.
    pub(super) rectangle: SizeDocument,
    /// How wide it is, as older files say it.
    pub(super) width: f64,
    /// How high it is, as older files say it.
    pub(super) height: f64,
}

/// A drawn polygon.
#[derive(Debug, Default)]
pub(super) struct PolygonDocument {
    /// Its corners, from the area's place on.
    pub(super) points: Vec<Point>,
}

/// How large something is; 0 where nobody says it.
#[derive(Debug, Default)]
pub(super) struct SizeDocument {
    /// Across.
    pub(super) width: f64,
    /// Down.
    pub(super) height: f64,
}

/// What is written on something: a text, or an object with one.
#[derive(Debug, Default)]
struct TextDocument {
    text: String,
}

/// What is written on a drawn thing: a text, or an object with one.
#[derive(Debug, Default)]
pub(super) struct Words(pub(super) String);

impl PlanPart for Words {
    const WANTED: &'static str = Text::WANTED;

    fn read<'de, D: Deserializer<'de>>(
        reading: &mut PlanReading,
        from: D,
    ) -> Result<Self, D::Error> {
        let raw = as_written(from)?;
        let mut json = serde_json::Deserializer::from_str(raw);
        let text = if raw.starts_with('{') {
            let object = TextDocument::read(reading, &mut json);
            object.map(|object| object.text)
        } else {
            Text::read(reading, &mut json).map(|text| text.0)
        };
        Ok(Self(text.unwrap_or_default()))
    }
}

/// One row.
#[derive(Debug, Default)]
pub(super) struct RowDocument {
    /// Its label; empty if it has none.
    pub(super) row_number: String,
    /// Where it lies in its zone.
    pub(super) position: Point,
    pub(super) seats: Vec<SeatDocument>,
}

/// One seat.
#[derive(Debug, Default)]
pub(super) struct SeatDocument {
    pub(super) seat_guid: String,
    /// What is written on it; empty if nothing is.
    pub(super) seat_number: String,
    /// Where it stands in its row.
    pub(super) position: Point,
    /// Its category; empty if it has none.
    pub(super) category: String,
}

impl ZoneDocument {
    /// Whether anybody can sit there; a zone without seats is decoration.
    pub(super) fn has_seats(&self) -> bool {
        self.rows.iter().any(|row| !row.seats.is_empty())
    }
}

/// Reads a plan to its end, noting what is wrong with it.
///
/// # Errors
///
/// When the text is not JSON, or something follows the plan.
pub(super) fn read(text: &[u8]) -> Result<(PlanDocument, Faults), serde_json::Error> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    // What is no JSON is reported alone, wherever it stands; all else is a fault of the plan.
    let plan: &RawValue = serde_json::from_slice(text)?;
    let mut reading = PlanReading::default();
    let mut reader = serde_json::Deserializer::from_str(plan.get());
    let read = Seed::<PlanDocument>::new(&mut reading).deserialize(&mut reader);
    let plan = read.unwrap_or_else(|error| {
        // A list or an object was wanted, and a number or a text stands there that nobody can keep.
        reading.note(&json::why(&error));
        PlanDocument::default()
    });
    Ok((plan, reading.faults))
}

/// Says which members of a part are read, and how.
macro_rules! members {
    ($part:ty, $wanted:literal, $($name:ident: $how:ident),+) => {
        impl Members for $part {
            const WANTED: &'static str = $wanted;
            const NAMES: &'static [&'static str] = &[$(stringify!($name)),+];

            fn read_member<'de, A: MapAccess<'de>>(
                &mut self,
                name: &str,
                reading: &mut PlanReading,
                map: &mut A,
            ) -> Result<(), A::Error> {
                $(if name == stringify!($name) {
                    self.$name = reading.$how(map)?;
                })+
                Ok(())
            }
        }
    };
}

members!(PlanDocument, "an object with zones and categories", categories: value, zones: value);
members!(CategoryDocument, "an object with a name", name: text);
members!(ZoneDocument, "an object with rows", name: text, position: value, rows: value, areas: decoration);
members!(RowDocument, "an object with seats", row_number: text, position: value, seats: value);
members!(
    SeatDocument,
    "an object with a seat_guid and a category",
    seat_guid: text,
    seat_number: text,
    position: value,
    category: text
);
members!(Point, "an object with x and y", x: value, y: value);
members!(
    AreaDocument,
    "an object with a text",
    text: value,
    position: value,
    polygon: value,
    rectangle: value,
    width: value,
    height: value
);
members!(PolygonDocument, "an object with points", points: value);
members!(SizeDocument, "an object with width and height", width: value, height: value);
members!(TextDocument, "an object with a text", text: text);
