//! Rooms drawn with rulers and compasses, and the ways in which plans list them.

use seating::seat_layout::spec::{Position, RowSeatsSpec, RowSpec, SeatSpec};

/// How the rows of a section run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    Straight {
        step: i32,
    },
    /// A part of a circle, no more than half of it.
    Curved {
        step: i32,
        radius: i32,
    },
    /// As far round as it takes.
    Ring {
        step: i32,
        radius: i32,
    },
}

/// How a plan lists the seats of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Listing {
    InOrder,
    Backwards,
    /// From the middle outwards, one to the left, one to the right.
    OddAndEven,
    /// The parts between aisles as rows of one label, the last parts of all rows first.
    PartsApart,
    Shuffled(u64),
}

/// One row as it is in the room: its parts between aisles, from one end to the other.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    label: String,
    parts: Vec<Vec<SeatSpec>>,
    /// A walk along the listed order is the only one that shows how it runs.
    bends_back: bool,
}

impl Shape {
    /// The row at this place, with aisles two and a half steps wide between parts of such lengths,
    /// the room turned by so many degrees.
    pub(crate) fn row(self, at: usize, parts: &[usize], turned: i32) -> Row {
        let (step, radius) = match self {
            Self::Straight { step } => (step, None),
            Self::Curved { step, radius } | Self::Ring { step, radius } => (step, Some(radius)),
        };
        let pitch = f64::from(step) * 1.2 * f64::from(i32::try_from(at).unwrap());
        let mut along = 0.0;
        let mut number = 0;
        let mut place = |along: f64| {
            let (x, y) = match radius {
                None => (along, pitch),
                Some(radius) => {
                    let radius = f64::from(radius) + pitch;
                    let angle = along / radius;
                    (radius * angle.sin(), radius * angle.cos())
                }
            };
            let (sine, cosine) = f64::from(turned).to_radians().sin_cos();
            number += 1;
            let hundredths = |value: f64| (value * 100.0).round();
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a plan is a few thousand wide"
            )]
            let (x, y) = (
                hundredths(x * cosine - y * sine) as i32,
                hundredths(x * sine + y * cosine) as i32,
            );
            SeatSpec {
                id: format!("{at}-{number:02}"),
                number: number.to_string(),
                price_tier: "T".to_owned(),
                position: Position { x, y },
            }
        };
        let drawn = parts.iter().map(|&length| {
            let seats = (0..length).map(|_| {
                along += f64::from(step);
                place(along)
            });
            let seats: Vec<SeatSpec> = seats.collect();
            along += f64::from(step) * 1.5;
            seats
        });
        Row {
            label: at.to_string(),
            parts: drawn.collect(),
            bends_back: matches!(self, Self::Ring { .. }),
        }
    }
}

impl Row {
    /// The ids of those who sit together.
    pub(crate) fn runs(&self) -> impl Iterator<Item = Vec<String>> {
        let parts = self.parts.iter();
        parts.map(|part| part.iter().map(|seat| seat.id.clone()).collect())
    }

    fn listed(&self, listing: Listing) -> Vec<RowSpec> {
        let seats = || self.parts.concat();
        let one = |seats: Vec<SeatSpec>| vec![self.spec(seats)];
        match listing {
            Listing::InOrder => one(seats()),
            Listing::Backwards => one(seats().into_iter().rev().collect()),
            Listing::OddAndEven => one(from_the_middle(seats())),
            Listing::PartsApart => self
                .parts
                .iter()
                .map(|part| self.spec(part.clone()))
                .collect(),
            Listing::Shuffled(_) if self.bends_back => one(seats()),
            Listing::Shuffled(seed) => one(shuffled(seats(), seed)),
        }
    }

    fn spec(&self, seats: Vec<SeatSpec>) -> RowSpec {
        RowSpec {
            label: self.label.clone(),
            seats: RowSeatsSpec::Listed(seats),
        }
    }
}

/// The section as a plan lists it.
pub(crate) fn section(rows: &[Row], listing: Listing) -> Vec<RowSpec> {
    let mut listed: Vec<RowSpec> = rows.iter().flat_map(|row| row.listed(listing)).collect();
    if matches!(listing, Listing::PartsApart) {
        listed.reverse();
    }
    listed
}

/// A seat at a point of the plan's own unit.
pub(crate) fn listed(id: &str, x: i32, y: i32) -> SeatSpec {
    SeatSpec {
        id: id.to_owned(),
        number: id.to_owned(),
        price_tier: "T".to_owned(),
        position: Position {
            x: x * 100,
            y: y * 100,
        },
    }
}

fn from_the_middle(mut seats: Vec<SeatSpec>) -> Vec<SeatSpec> {
    let right = seats.split_off(seats.len() / 2);
    let mut left = seats.into_iter().rev();
    let mut listed = Vec::new();
    for seat in right {
        listed.push(seat);
        listed.extend(left.next());
    }
    listed.extend(left);
    listed
}

fn shuffled(mut seats: Vec<SeatSpec>, seed: u64) -> Vec<SeatSpec> {
    let mut state = seed | 1;
    for at in (1..seats.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(state >> 33).unwrap() % (at + 1);
        seats.swap(at, other);
    }
    seats
}
