//! The file as it is written, read leniently: members we do not know are skipped, and text may be
//! a number.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// A whole plan.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct PlanDocument {
    /// What the plan is called.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// The categories that seats name.
    #[serde(default)]
    pub categories: Vec<CategoryDocument>,
    /// The zones, each a section of the house.
    #[serde(default)]
    pub zones: Vec<ZoneDocument>,
}

/// One category.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct CategoryDocument {
    /// How seats name it.
    #[serde(deserialize_with = "text")]
    pub name: String,
}

/// One zone.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct ZoneDocument {
    /// How people name it.
    #[serde(default, deserialize_with = "text")]
    pub name: String,
    /// Where it lies.
    #[serde(default, deserialize_with = "point")]
    pub position: Point,
    /// Its rows.
    #[serde(default)]
    pub rows: Vec<RowDocument>,
}

/// One row.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct RowDocument {
    /// Its label.
    #[serde(default, deserialize_with = "text")]
    pub row_number: String,
    /// Where it lies in its zone.
    #[serde(default, deserialize_with = "point")]
    pub position: Point,
    /// Its seats.
    #[serde(default)]
    pub seats: Vec<SeatDocument>,
}

/// One seat.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct SeatDocument {
    /// Its stable id.
    #[serde(default, deserialize_with = "text")]
    pub seat_guid: String,
    /// What is written on it.
    #[serde(default, deserialize_with = "text")]
    pub seat_number: String,
    /// Where it stands in its row.
    #[serde(default, deserialize_with = "point")]
    pub position: Point,
    /// Its category.
    #[serde(default, deserialize_with = "text")]
    pub category: String,
}

/// A point of the plan.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub struct Point {
    /// Across.
    #[serde(default)]
    pub x: f64,
    /// Away from the stage.
    #[serde(default)]
    pub y: f64,
}

impl Point {
    /// Seen from another point.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            x: self.x + other.x,
            y: self.y + other.y,
        }
    }
}

impl ZoneDocument {
    /// Whether anybody can sit there; a zone without seats is decoration.
    pub fn has_seats(&self) -> bool {
        self.rows.iter().any(|row| !row.seats.is_empty())
    }
}

impl RowDocument {
    /// Its label, or its place among the zone's rows when the file gives none.
    pub fn label(&self, at: usize) -> String {
        or_number(&self.row_number, at)
    }
}

impl SeatDocument {
    /// Its number, or its place in the row when the file gives none.
    pub fn number(&self, at: usize) -> String {
        or_number(&self.seat_number, at)
    }
}

fn or_number(text: &str, at: usize) -> String {
    if text.is_empty() {
        (at + 1).to_string()
    } else {
        text.to_owned()
    }
}

/// Text, a number, or null for none.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct Text;

    impl Visitor<'_> for Text {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("text or a number")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<String, E> {
            Ok(number.to_string())
        }

        fn visit_i64<E: Error>(self, number: i64) -> Result<String, E> {
            Ok(number.to_string())
        }

        fn visit_f64<E: Error>(self, number: f64) -> Result<String, E> {
            Ok(number.to_string())
        }

        fn visit_unit<E: Error>(self) -> Result<String, E> {
            Ok(String::new())
        }
    }

    deserializer.deserialize_any(Text)
}

/// A point, or null for the origin.
fn point<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Point, D::Error> {
    Option::<Point>::deserialize(deserializer).map(Option::unwrap_or_default)
}
