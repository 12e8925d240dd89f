//! What the audience of a plan looks at.

use super::document::{AreaDocument, PlanDocument};
use super::point::Point;

/// What a drawn area is called that is the stage, in the languages that plans are drawn in. Only
/// letters are compared, and neither case nor accents matter.
pub const STAGE_NAMES: [&str; 20] = [
    "stage",
    "mainstage",
    "stagearea",
    "buhne",
    "buehne",
    "scene",
    "escenario",
    "escena",
    "palco",
    "palcoscenico",
    "palcoprincipal",
    "podium",
    "scena",
    "toneel",
    "screen",
    "leinwand",
    "ecran",
    "pitch",
    "spielfeld",
    "playingfield",
];

/// The middle of the first area of the plan whose text says that it is the stage.
pub(super) fn drawn(plan: &PlanDocument) -> Option<Point> {
    let mut areas = plan.zones.iter().flat_map(|zone| {
        let areas = zone.areas.0.iter();
        areas.map(|area| (zone.position, area))
    });
    let (origin, stage) = areas.find(|(_, area)| is_stage(area))?;
    Some(origin.plus(middle(stage)))
}

fn is_stage(area: &AreaDocument) -> bool {
    let letters = area.text.0.chars().flat_map(char::to_lowercase);
    let plain: String = letters.filter_map(without_accent).collect();
    STAGE_NAMES.contains(&plain.as_str())
}

/// The letter without its accent; nothing for what is no letter.
fn without_accent(letter: char) -> Option<char> {
    let mut base = letter;
    unicode_normalization::char::decompose_canonical(letter, |part| {
        if part.is_alphabetic() {
            base = part;
        }
    });
    base.is_alphabetic().then_some(base)
}

/// The middle of a drawn shape, in its zone. Its place is the corner of a rectangle, the origin of a
/// polygon's points, and the centre of anything else; turning a shape does not move its middle.
fn middle(area: &AreaDocument) -> Point {
    let mut sum = Point::default();
    let mut count = 0.0;
    for corner in &area.polygon.points {
        sum = sum.plus(*corner);
        count += 1.0;
    }
    if count > 0.0 {
        let mean = Point {
            x: sum.x / count,
            y: sum.y / count,
        };
        return area.position.plus(mean);
    }
    let side = |of_shape: f64, older: f64| if of_shape == 0.0 { older } else { of_shape };
    area.position.plus(Point {
        x: side(area.rectangle.width, area.width) / 2.0,
        y: side(area.rectangle.height, area.height) / 2.0,
    })
}
