//! A showtime's layout straight into bytes.

use bytes::Bytes;
use seating::ids::ShowtimeId;
use seating::seat_layout::{Row, SeatLayout, Section, SectionKind};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use super::render::{ENVELOPE_BYTES, SEAT_BYTES, write};
use crate::wire::names;
use crate::wire::{Envelope, MoneyBody, MoneyView, PointBody};

/// A layout.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Layout)]
pub struct LayoutBody<'a> {
    showtime_id: Uuid,
    layout_version: u32,
    /// What everybody looks at, in the coordinates of the seats; null if the layout has none, and
    /// then the front is where `y` is least.
    stage: Option<PointBody>,
    #[schema(value_type = Vec<LayoutSectionBody<'static>>)]
    sections: Sections<'a>,
    #[schema(value_type = Vec<LayoutTierBody<'static>>)]
    price_tiers: Tiers<'a>,
}

/// One section of a layout.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LayoutSection)]
pub struct LayoutSectionBody<'a> {
    code: &'a str,
    name: &'a str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price_tier: Option<&'a str>,
    #[schema(value_type = Vec<LayoutRowBody<'static>>)]
    rows: Rows<'a>,
    /// Of a section of seats: what its best places are the nearest to.
    #[serde(skip_serializing_if = "Option::is_none")]
    focal_point: Option<PointBody>,
}

/// One row of a layout.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LayoutRow)]
pub struct LayoutRowBody<'a> {
    row: &'a str,
    #[schema(value_type = Vec<LayoutSeatBody<'static>>)]
    seats: RowSeats<'a>,
}

/// One seat of a layout.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LayoutSeat)]
pub struct LayoutSeatBody<'a> {
    seat_id: &'a str,
    number: &'a str,
    price_tier: &'a str,
    position: PointBody,
}

/// A named price.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LayoutTier)]
pub struct LayoutTierBody<'a> {
    code: &'a str,
    name: &'a str,
    /// Of what is not for sale, null.
    #[schema(value_type = Option<MoneyBody>)]
    price: Option<MoneyView<'a>>,
}

#[derive(Debug)]
struct Sections<'a>(&'a SeatLayout);

#[derive(Debug)]
struct Rows<'a>(&'a SeatLayout, &'a Section);

#[derive(Debug)]
struct RowSeats<'a>(&'a SeatLayout, &'a Row);

#[derive(Debug)]
struct Tiers<'a>(&'a SeatLayout);

/// A layout never changes after it was created.
const LAYOUT_VERSION: u32 = 1;

/// The layout of a showtime.
pub(super) fn layout(id: ShowtimeId, layout: &SeatLayout) -> std::io::Result<Bytes> {
    let body = LayoutBody {
        showtime_id: id.uuid(),
        layout_version: LAYOUT_VERSION,
        stage: layout.stage().map(PointBody::from),
        sections: Sections(layout),
        price_tiers: Tiers(layout),
    };
    write(&Envelope::of(body), bytes_expected(layout))
}

/// Bytes that a layout takes, roughly.
pub(super) fn bytes_expected(layout: &SeatLayout) -> usize {
    layout.seat_count() * SEAT_BYTES / 2 + ENVELOPE_BYTES
}

impl Serialize for Sections<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let layout = self.0;
        serializer.collect_seq(layout.sections().iter().map(|section| {
            let (capacity, price_tier, focal_point) = match section.kind {
                SectionKind::Reserved { focal_point, .. } => {
                    (None, None, Some(PointBody::from(focal_point)))
                }
                SectionKind::GeneralAdmission { capacity, tier } => {
                    (Some(capacity), Some(layout.tier(tier).code.as_str()), None)
                }
            };
            LayoutSectionBody {
                code: &section.code,
                name: &section.name,
                kind: names::section_kind(&section.kind),
                capacity,
                price_tier,
                rows: Rows(layout, section),
                focal_point,
            }
        }))
    }
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = match &self.1.kind {
            SectionKind::Reserved { rows, .. } => usize::from(rows.start)..usize::from(rows.end),
            SectionKind::GeneralAdmission { .. } => 0..0,
        };
        let rows = self.0.rows().get(rows).unwrap_or_default();
        serializer.collect_seq(rows.iter().map(|row| LayoutRowBody {
            row: &row.label,
            seats: RowSeats(self.0, row),
        }))
    }
}

impl Serialize for RowSeats<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (layout, row) = (self.0, self.1);
        serializer.collect_seq((0..u32::from(row.seats)).map(|offset| {
            let index = row.seat(offset);
            let (seat, position) = (layout.seat(index), layout.position(index));
            LayoutSeatBody {
                seat_id: seat.id,
                number: seat.number,
                price_tier: &layout.tier(seat.tier).code,
                position: PointBody::from(position),
            }
        }))
    }
}

impl Serialize for Tiers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.tiers().iter().map(|tier| LayoutTierBody {
            code: &tier.code,
            name: &tier.name,
            price: MoneyView::of_price(tier.price.as_ref()),
        }))
    }
}
