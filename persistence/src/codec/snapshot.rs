//! A seat map's state.

use std::sync::Arc;

use seating::event::Entry;
use seating::ids::{BookingId, BuyerId, HoldId, Seq};
use seating::places::{AreaQuantity, Places};
use seating::rejection::HoldEnd;
use seating::seat_layout::SeatIndex;
use seating::settings::Settings;
use seating::snapshot::{BookingImage, BookingState, HoldImage, HoldLife, Snapshot};
use seating::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use super::places::PlacesRecord;
use super::settings::SettingsRecord;
use super::wire::{Bytes16, List, Wire};

/// Mirrors [`Snapshot`].
#[derive(Serialize, Deserialize)]
pub(super) struct SnapshotRecord<'a> {
    seq: u64,
    at: i64,
    settings: SettingsRecord,
    holds: List<'a, HoldImage>,
    ended_holds: List<'a, HoldImage>,
    bookings: List<'a, BookingImage>,
    blocked_seats: List<'a, SeatIndex>,
    blocked_areas: List<'a, AreaQuantity>,
    outcomes: List<'a, Arc<Entry>>,
}

/// Mirrors [`HoldImage`].
#[derive(Serialize, Deserialize)]
pub(super) struct HoldRecord<'a> {
    id: Bytes16,
    buyer: Bytes16,
    #[serde(borrow)]
    places: PlacesRecord<'a>,
    began_at: i64,
    expires_at: i64,
    life: HoldLifeRecord,
}

/// Mirrors [`HoldLife`] and, inside it, [`HoldEnd`].
#[derive(Serialize, Deserialize)]
enum HoldLifeRecord {
    Held,
    Pinned(Bytes16),
    Confirmed,
    Released,
    Expired,
}

/// Mirrors [`BookingImage`].
#[derive(Serialize, Deserialize)]
pub(super) struct BookingRecord<'a> {
    id: Bytes16,
    hold: Bytes16,
    buyer: Bytes16,
    #[serde(borrow)]
    places: PlacesRecord<'a>,
    state: BookingStateRecord,
    cancelled_tickets: u16,
}

/// Mirrors [`BookingState`].
#[derive(Serialize, Deserialize)]
enum BookingStateRecord {
    Pending,
    Lapsed,
    Orphaned,
    Confirmed,
    Cancelled,
}

impl Wire for Snapshot {
    type Record<'a> = SnapshotRecord<'a>;

    fn record(&self) -> SnapshotRecord<'_> {
        SnapshotRecord {
            seq: self.seq.0,
            at: self.at.unix_micros(),
            settings: self.settings.record(),
            holds: List::of(&self.holds),
            ended_holds: List::of(&self.ended_holds),
            bookings: List::of(&self.bookings),
            blocked_seats: List::of(&self.blocked_seats),
            blocked_areas: List::of(&self.blocked_areas),
            outcomes: List::of(&self.outcomes),
        }
    }

    fn restore(record: SnapshotRecord<'_>) -> Self {
        Self {
            seq: Seq(record.seq),
            at: Timestamp::from_unix_micros(record.at),
            settings: Settings::restore(record.settings),
            holds: record.holds.into_vec(),
            ended_holds: record.ended_holds.into_vec(),
            bookings: record.bookings.into_vec(),
            blocked_seats: record.blocked_seats.into_vec(),
            blocked_areas: record.blocked_areas.into_vec(),
            outcomes: record.outcomes.into_vec(),
        }
    }
}

impl Wire for HoldImage {
    type Record<'a> = HoldRecord<'a>;

    fn record(&self) -> HoldRecord<'_> {
        HoldRecord {
            id: self.id.record(),
            buyer: self.buyer.uuid().into(),
            places: self.places.record(),
            began_at: self.began_at.unix_micros(),
            expires_at: self.expires_at.unix_micros(),
            life: match self.life {
                HoldLife::Held => HoldLifeRecord::Held,
                HoldLife::Pinned(booking) => HoldLifeRecord::Pinned(booking.uuid().into()),
                HoldLife::Ended(HoldEnd::Confirmed) => HoldLifeRecord::Confirmed,
                HoldLife::Ended(HoldEnd::Released) => HoldLifeRecord::Released,
                HoldLife::Ended(HoldEnd::Expired) => HoldLifeRecord::Expired,
            },
        }
    }

    fn restore(record: HoldRecord<'_>) -> Self {
        Self {
            id: HoldId::restore(record.id),
            buyer: BuyerId::new(record.buyer.into()),
            places: Places::restore(record.places),
            began_at: Timestamp::from_unix_micros(record.began_at),
            expires_at: Timestamp::from_unix_micros(record.expires_at),
            life: match record.life {
                HoldLifeRecord::Held => HoldLife::Held,
                HoldLifeRecord::Pinned(booking) => HoldLife::Pinned(BookingId::new(booking.into())),
                HoldLifeRecord::Confirmed => HoldLife::Ended(HoldEnd::Confirmed),
                HoldLifeRecord::Released => HoldLife::Ended(HoldEnd::Released),
                HoldLifeRecord::Expired => HoldLife::Ended(HoldEnd::Expired),
            },
        }
    }
}

impl Wire for BookingImage {
    type Record<'a> = BookingRecord<'a>;

    fn record(&self) -> BookingRecord<'_> {
        BookingRecord {
            id: self.id.uuid().into(),
            hold: self.hold.record(),
            buyer: self.buyer.uuid().into(),
            places: self.places.record(),
            state: match self.state {
                BookingState::Pending => BookingStateRecord::Pending,
                BookingState::Lapsed => BookingStateRecord::Lapsed,
                BookingState::Orphaned => BookingStateRecord::Orphaned,
                BookingState::Confirmed => BookingStateRecord::Confirmed,
                BookingState::Cancelled => BookingStateRecord::Cancelled,
            },
            cancelled_tickets: self.cancelled_tickets,
        }
    }

    fn restore(record: BookingRecord<'_>) -> Self {
        Self {
            id: BookingId::new(record.id.into()),
            hold: HoldId::restore(record.hold),
            buyer: BuyerId::new(record.buyer.into()),
            places: Places::restore(record.places),
            state: match record.state {
                BookingStateRecord::Pending => BookingState::Pending,
                BookingStateRecord::Lapsed => BookingState::Lapsed,
                BookingStateRecord::Orphaned => BookingState::Orphaned,
                BookingStateRecord::Confirmed => BookingState::Confirmed,
                BookingStateRecord::Cancelled => BookingState::Cancelled,
            },
            cancelled_tickets: record.cancelled_tickets,
        }
    }
}
