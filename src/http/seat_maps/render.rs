//! Seats and layouts straight into bytes: streaming serde over the arrays, no tree between.

use actors::view::View;
use bytes::Bytes;
use seating::ids::ShowtimeId;
use seating::rejection::PlaceStatus;
use seating::seat_layout::{Row, SeatIndex, SeatLayout, Section, SectionKind};
use seating::timestamp::Timestamp;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Filter;
use crate::http::places::kind_name;
use crate::http::wire::{Envelope, MoneyBody, MoneyView};

/// Which seats of a view to write.
#[derive(Debug)]
pub(super) enum Selection {
    /// All that pass the filter.
    All(Filter),
    /// Of these, those that pass the filter.
    Changed {
        filter: Filter,
        changed: Vec<SeatIndex>,
    },
}

/// Bytes that one seat takes, roughly.
const SEAT_BYTES: usize = 190;

/// A seat map.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SeatMap)]
pub struct MapBody<'a> {
    showtime_id: Uuid,
    seq: u64,
    /// Whether these are all seats rather than those that changed.
    full: bool,
    #[schema(value_type = Vec<SeatBody<'static>>)]
    seats: Seats<'a>,
    #[schema(value_type = Vec<AreaBody<'static>>)]
    areas: Areas<'a>,
}

/// One seat of a map.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SeatMapSeat)]
pub struct SeatBody<'a> {
    seat_id: &'a str,
    section: &'a str,
    row: &'a str,
    number: &'a str,
    price_tier: &'a str,
    #[schema(value_type = MoneyBody)]
    price: MoneyView<'a>,
    status: &'static str,
    seconds_remaining: Option<u64>,
}

/// One area of a map.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SeatMapArea)]
pub struct AreaBody<'a> {
    section: &'a str,
    price_tier: &'a str,
    #[schema(value_type = MoneyBody)]
    price: MoneyView<'a>,
    total: u32,
    available: u32,
    reserved: u32,
    booked: u32,
    blocked: u32,
}

/// The seats as an array.
#[derive(Debug)]
struct Seats<'a> {
    view: &'a View,
    selection: &'a Selection,
    now: Timestamp,
}

#[derive(Debug)]
struct Areas<'a>(&'a View);

/// The map of a view, and whether it counts seconds down.
pub(super) fn seats(
    id: ShowtimeId,
    view: &View,
    selection: &Selection,
    now: Timestamp,
) -> (Bytes, bool) {
    let (full, expected) = match selection {
        Selection::All(_) => (true, view.layout().seat_count()),
        Selection::Changed { changed, .. } => (false, changed.len()),
    };
    let body = MapBody {
        showtime_id: id.uuid(),
        seq: view.seq().0,
        full,
        seats: Seats {
            view,
            selection,
            now,
        },
        areas: Areas(view),
    };
    let any_reserved = view.house_counts().reserved() > 0;
    (
        write(&Envelope::of(body), expected * SEAT_BYTES),
        any_reserved,
    )
}

fn write(body: &impl Serialize, bytes_expected: usize) -> Bytes {
    let mut buffer = Vec::with_capacity(bytes_expected + 256);
    match serde_json::to_writer(&mut buffer, body) {
        Ok(()) => buffer.into(),
        // Writing string keys and numbers into memory cannot fail.
        Err(error) => {
            tracing::error!(error = %error, "a seat map could not be written");
            Bytes::new()
        }
    }
}

impl Serialize for Seats<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.selection {
            Selection::All(filter) => {
                let seats = self.view.layout().seats();
                serializer.collect_seq(seats.filter_map(|seat| self.seat(seat, *filter)))
            }
            Selection::Changed { filter, changed } => {
                let seats = changed.iter();
                serializer.collect_seq(seats.filter_map(|&seat| self.seat(seat, *filter)))
            }
        }
    }
}

impl Seats<'_> {
    fn seat(&self, index: SeatIndex, filter: Filter) -> Option<SeatBody<'_>> {
        let layout = self.view.layout();
        let (status, deadline) = self.view.seat(index);
        if filter.status.is_some_and(|wanted| wanted != status) {
            return None;
        }
        let seat = layout.seat(index);
        if filter.section.is_some_and(|wanted| wanted != seat.section) {
            return None;
        }
        let tier = layout.tier(seat.tier);
        let reserved = status == PlaceStatus::Reserved;
        let seconds_remaining = deadline
            .filter(|_| reserved)
            .map(|deadline| deadline.seconds_after(self.now));
        Some(SeatBody {
            seat_id: seat.id,
            section: &layout.section(seat.section).code,
            row: seat.row,
            number: seat.number,
            price_tier: &tier.code,
            price: MoneyView::from(&tier.price),
            status: status.as_str(),
            seconds_remaining,
        })
    }
}

impl Serialize for Areas<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let layout = self.0.layout();
        let cells = layout.cells().iter().zip(self.0.cell_counts());
        serializer.collect_seq(cells.filter_map(|(cell, counts)| {
            let section = layout.section(cell.section);
            layout.area_capacity(cell.section)?;
            let tier = layout.tier(cell.tier);
            Some(AreaBody {
                section: &section.code,
                price_tier: &tier.code,
                price: MoneyView::from(&tier.price),
                total: counts.capacity,
                available: counts.available(),
                reserved: counts.reserved(),
                booked: counts.booked,
                blocked: counts.blocked,
            })
        }))
    }
}

/// A house.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Layout)]
pub struct LayoutBody<'a> {
    showtime_id: Uuid,
    layout_version: u32,
    #[schema(value_type = Vec<SectionBody<'static>>)]
    sections: Sections<'a>,
    #[schema(value_type = Vec<TierBody<'static>>)]
    price_tiers: Tiers<'a>,
}

/// One section of a house.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LayoutSection)]
pub struct SectionBody<'a> {
    code: &'a str,
    name: &'a str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price_tier: Option<&'a str>,
    #[schema(value_type = Vec<RowBody<'static>>)]
    rows: Rows<'a>,
}

/// One row of a house.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LayoutRow)]
pub struct RowBody<'a> {
    row: &'a str,
    #[schema(value_type = Vec<LayoutSeatBody<'static>>)]
    seats: RowSeats<'a>,
}

/// One seat of a house.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LayoutSeat)]
pub struct LayoutSeatBody<'a> {
    seat_id: &'a str,
    number: &'a str,
    price_tier: &'a str,
    position: PointBody,
}

/// A point of a house's plan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LayoutPoint)]
pub struct PointBody {
    x: f64,
    y: f64,
}

/// A named price.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LayoutTier)]
pub struct TierBody<'a> {
    code: &'a str,
    name: &'a str,
    #[schema(value_type = MoneyBody)]
    price: MoneyView<'a>,
}

#[derive(Debug)]
struct Sections<'a>(&'a SeatLayout);

#[derive(Debug)]
struct Rows<'a>(&'a SeatLayout, &'a Section);

#[derive(Debug)]
struct RowSeats<'a>(&'a SeatLayout, &'a Row);

#[derive(Debug)]
struct Tiers<'a>(&'a SeatLayout);

/// A house never changes after it was created.
const LAYOUT_VERSION: u32 = 1;

/// The house of a showtime.
pub(super) fn layout(id: ShowtimeId, layout: &SeatLayout) -> Bytes {
    let body = LayoutBody {
        showtime_id: id.uuid(),
        layout_version: LAYOUT_VERSION,
        sections: Sections(layout),
        price_tiers: Tiers(layout),
    };
    write(&Envelope::of(body), layout.seat_count() * SEAT_BYTES / 2)
}

impl Serialize for Sections<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let layout = self.0;
        serializer.collect_seq(layout.sections().iter().map(|section| {
            let (capacity, price_tier) = match section.kind {
                SectionKind::Reserved { .. } => (None, None),
                SectionKind::GeneralAdmission { capacity, tier } => {
                    (Some(capacity), Some(layout.tier(tier).code.as_str()))
                }
            };
            SectionBody {
                code: &section.code,
                name: &section.name,
                kind: kind_name(&section.kind),
                capacity,
                price_tier,
                rows: Rows(layout, section),
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
        serializer.collect_seq(rows.iter().map(|row| RowBody {
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
                position: PointBody {
                    x: f64::from(position.x) / 100.0,
                    y: f64::from(position.y) / 100.0,
                },
            }
        }))
    }
}

impl Serialize for Tiers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.tiers().iter().map(|tier| TierBody {
            code: &tier.code,
            name: &tier.name,
            price: MoneyView::from(&tier.price),
        }))
    }
}
