//! Seats straight into bytes: streaming serde over the arrays, no tree between.

use actors::view::View;
use bytes::Bytes;
use seating::rejection::PlaceStatus;
use seating::seat_layout::{SeatIndex, SectionIndex};
use seating::timestamp::Timestamp;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use super::reading::{Filter, MapReading};
use crate::wire::{Envelope, MoneyBody, MoneyView, names};

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

impl Selection {
    /// The one section that is asked for.
    fn section(&self) -> Option<SectionIndex> {
        match self {
            Self::All(filter) | Self::Changed { filter, .. } => filter.section,
        }
    }
}

/// Bytes that one seat takes, roughly.
pub(super) const SEAT_BYTES: usize = 190;
/// Bytes that one area takes, roughly.
const AREA_BYTES: usize = 170;
/// Bytes around them.
pub(super) const ENVELOPE_BYTES: usize = 256;

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
    /// Of what is not for sale, null.
    #[schema(value_type = Option<MoneyBody>)]
    price: Option<MoneyView<'a>>,
    status: &'static str,
    seconds_remaining: Option<u64>,
}

/// One area of a map.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SeatMapArea)]
pub struct AreaBody<'a> {
    section: &'a str,
    price_tier: &'a str,
    /// Of what is not for sale, null.
    #[schema(value_type = Option<MoneyBody>)]
    price: Option<MoneyView<'a>>,
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
struct Areas<'a>(&'a View, Option<SectionIndex>);

/// The map of a view.
pub(super) fn seats(reading: &MapReading, selection: &Selection) -> std::io::Result<Bytes> {
    let (view, now) = (&*reading.view, reading.now);
    let body = MapBody {
        showtime_id: reading.id.uuid(),
        seq: view.seq().0,
        full: matches!(selection, Selection::All(_)),
        seats: Seats {
            view,
            selection,
            now,
        },
        areas: Areas(view, selection.section()),
    };
    write(&Envelope::of(body), bytes_expected(view, selection))
}

/// Bytes that a map takes, roughly.
pub(super) fn bytes_expected(view: &View, selection: &Selection) -> usize {
    let seats = match selection {
        Selection::All(filter) => places_expected(view, *filter),
        Selection::Changed { changed, .. } => changed.len(),
    };
    let areas = view.layout().sections().len();
    seats * SEAT_BYTES + areas * AREA_BYTES + ENVELOPE_BYTES
}

/// Places that pass a filter, by the counts.
fn places_expected(view: &View, filter: Filter) -> usize {
    let section_tiers = view
        .layout()
        .section_tiers()
        .iter()
        .zip(view.section_tier_counts());
    let asked = section_tiers.filter(|(section_tier, _)| {
        let is_area = view.layout().area_capacity(section_tier.section).is_some();
        !is_area
            && filter
                .section
                .is_none_or(|wanted| wanted == section_tier.section)
    });
    let places = asked.map(|(_, counts)| match filter.status {
        None => counts.capacity,
        Some(PlaceStatus::Available) => counts.available(),
        Some(PlaceStatus::Reserved) => counts.reserved(),
        Some(PlaceStatus::Booked) => counts.booked,
        Some(PlaceStatus::Blocked) => counts.blocked,
    });
    places.map(|places| places as usize).sum()
}

/// Writes a body of about this many bytes.
pub(super) fn write(body: &impl Serialize, bytes_expected: usize) -> std::io::Result<Bytes> {
    let mut buffer = Vec::with_capacity(bytes_expected);
    serde_json::to_writer(&mut buffer, body)?;
    // What is kept is what is accounted for.
    buffer.shrink_to_fit();
    Ok(buffer.into())
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
            price: MoneyView::of_price(tier.price.as_ref()),
            status: names::place_status(status),
            seconds_remaining,
        })
    }
}

impl Serialize for Areas<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let layout = self.0.layout();
        let section_tiers = layout
            .section_tiers()
            .iter()
            .zip(self.0.section_tier_counts());
        serializer.collect_seq(section_tiers.filter_map(|(section_tier, counts)| {
            let section = layout.section(section_tier.section);
            layout.area_capacity(section_tier.section)?;
            if self.1.is_some_and(|wanted| wanted != section_tier.section) {
                return None;
            }
            let tier = layout.tier(section_tier.tier);
            Some(AreaBody {
                section: &section.code,
                price_tier: &tier.code,
                price: MoneyView::of_price(tier.price.as_ref()),
                total: counts.capacity,
                available: counts.available(),
                reserved: counts.reserved(),
                booked: counts.booked,
                blocked: counts.blocked,
            })
        }))
    }
}
