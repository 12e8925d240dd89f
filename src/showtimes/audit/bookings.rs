//! Bookings and tickets: the tables' against the replay's.

use std::collections::BTreeMap;

use persistence::audit::{Sold, StoredBooking};
use seating::event::{Entry, Event};
use seating::ids::{BookingId, HoldId, Seq};
use seating::places::Place;
use seating::seat_layout::SeatLayout;
use seating::snapshot::{BookingImage, BookingState, Snapshot};

use super::tables::Tables;

/// When each booking last changed, as the journal tells it.
#[derive(Debug, Default)]
pub(super) struct Changes {
    last: BTreeMap<BookingId, Seq>,
    /// The bookings of pinned holds, which lapse with them.
    by_hold: BTreeMap<HoldId, BookingId>,
}

impl Changes {
    pub(super) fn note(&mut self, entry: &Entry) {
        if let Event::PaymentBegun(begun) = &entry.event {
            self.by_hold.insert(begun.hold, begun.booking);
        }
        if let Event::Expired { holds } = &entry.event {
            let expired = holds.iter().filter_map(|hold| self.by_hold.get(hold));
            self.last
                .extend(expired.map(|&booking| (booking, entry.seq)));
        }
        self.last
            .extend(entry.event.booking().map(|booking| (booking, entry.seq)));
    }

    /// Whether it had its present state before the tables were read.
    fn settled(&self, booking: BookingId, before: Seq) -> bool {
        self.last.get(&booking).is_some_and(|&seq| seq <= before)
    }
}

/// The places that a state says are sold.
pub(super) fn sold(state: &Snapshot, layout: &SeatLayout) -> Sold {
    let mut sold = Sold::default();
    let confirmed = state
        .bookings
        .iter()
        .filter(|it| it.state == BookingState::Confirmed);
    for booking in confirmed {
        for (place, number) in booking.places.iter().zip(0_u32..) {
            if booking.cancelled_tickets >> number & 1 == 1 {
                continue;
            }
            let count = match place {
                Place::Seat(seat) => sold
                    .seats
                    .entry(layout.seat_id(seat).to_owned())
                    .or_default(),
                Place::Area(section) => sold
                    .areas
                    .entry(layout.section(section).code.clone())
                    .or_default(),
            };
            *count += 1;
        }
    }
    sold
}

/// What differs between the table of bookings and the replay.
pub(super) fn compare(
    tables: &Tables,
    changes: &Changes,
    replayed: &Snapshot,
    layout: &SeatLayout,
) -> Vec<String> {
    let images: BTreeMap<BookingId, &BookingImage> = replayed
        .bookings
        .iter()
        .map(|image| (image.id, image))
        .collect();
    let stored: BTreeMap<BookingId, &StoredBooking> = tables
        .bookings
        .iter()
        .map(|booking| (booking.id, booking))
        .collect();
    let mut differences = Vec::new();
    for (id, image) in &images {
        if !changes.settled(*id, tables.before) {
            continue;
        }
        match stored.get(id) {
            None => differences.push(format!("bookings: {id} is missing from the table")),
            Some(row) => {
                let wrong = different_columns(row, image, layout);
                differences.extend(wrong.map(|it| format!("bookings: {id} has another {it}")));
            }
        }
    }
    let strangers = stored.keys().filter(|id| !images.contains_key(id));
    differences.extend(strangers.map(|id| format!("bookings: the journal has no {id}")));
    differences
}

fn different_columns(
    row: &StoredBooking,
    image: &BookingImage,
    layout: &SeatLayout,
) -> impl Iterator<Item = &'static str> + use<> {
    let seats = image.places.seats.iter().map(|&seat| layout.seat_id(seat));
    let areas = image.places.areas.iter().map(|area| {
        let code = &layout.section(area.section).code;
        (code.as_str(), area.quantity)
    });
    let row_areas = row
        .areas
        .iter()
        .map(|(code, quantity)| (code.as_str(), *quantity));
    // Of a booking that was cancelled unpaid there were never any tickets.
    let cancelled = row.cancelled_tickets.iter().fold(0_u32, |bits, number| {
        bits | 1_u32
            .checked_shl(u32::from(number.saturating_sub(1)))
            .unwrap_or_default()
    });
    let columns = [
        ("hold", row.hold == image.hold),
        ("buyer", row.buyer == image.buyer),
        ("state", row.state == image.state),
        ("seats", row.seats.iter().map(String::as_str).eq(seats)),
        ("areas", row_areas.eq(areas)),
        ("total", row.total_minor_units == image.places.total(layout)),
        (
            "set of cancelled tickets",
            cancelled == u32::from(image.cancelled_tickets),
        ),
    ];
    columns
        .into_iter()
        .filter(|(_, same)| !same)
        .map(|(name, _)| name)
}
