//! A seat map's state.

use seating::ids::{BookingId, BuyerId, HoldId, Seq};
use seating::places::{AreaQuantity, Places};
use seating::rejection::HoldEnd;
use seating::seat_layout::SeatIndex;
use seating::snapshot::{BookingImage, BookingState, HoldImage, HoldLife, Snapshot};
use seating::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use super::form::{Form, Second};
use super::places::PlacesRecord;
use super::sale_terms::SaleTermsRecord;
use super::wire::{Bytes16, List, Wire};

/// Mirrors [`Snapshot`].
#[derive(Serialize, Deserialize)]
#[serde(bound(
    serialize = "",
    deserialize = "F::Outcomes<'a>: Deserialize<'de>, F::Forgotten<'a>: Deserialize<'de>"
))]
pub(super) struct SnapshotRecord<'a, F: Form> {
    seq: u64,
    at: i64,
    terms: SaleTermsRecord<F>,
    holds: List<'a, HoldImage>,
    ended_holds: List<'a, HoldImage>,
    bookings: List<'a, BookingImage>,
    blocked_seats: List<'a, SeatIndex>,
    blocked_areas: List<'a, AreaQuantity>,
    outcomes: F::Outcomes<'a>,
    forgotten: F::Forgotten<'a>,
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
    #[serde(borrow)]
    life: HoldLifeRecord<'a>,
}

/// Mirrors [`HoldLife`] and, inside it, [`HoldEnd`]; of a live hold also its blocked places.
#[derive(Serialize, Deserialize)]
enum HoldLifeRecord<'a> {
    Held,
    Pinned(Bytes16),
    Confirmed,
    Released,
    Expired,
    Sold(Bytes16),
    HeldBlocked(#[serde(borrow)] PlacesRecord<'a>),
    PinnedBlocked(Bytes16, PlacesRecord<'a>),
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
    Expired,
    Orphaned,
    Confirmed,
    Cancelled,
}

impl<'a> SnapshotRecord<'a, Second> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        Self {
            seq: snapshot.seq.0,
            at: snapshot.at.unix_micros(),
            terms: SaleTermsRecord::of(&snapshot.terms),
            holds: List::of(&snapshot.holds),
            ended_holds: List::of(&snapshot.ended_holds),
            bookings: List::of(&snapshot.bookings),
            blocked_seats: List::of(&snapshot.blocked_seats),
            blocked_areas: List::of(&snapshot.blocked_areas),
            outcomes: List::of(&snapshot.outcomes),
            forgotten: &snapshot.forgotten,
        }
    }
}

impl<F: Form> SnapshotRecord<'_, F> {
    pub(super) fn restore(self) -> Snapshot {
        Snapshot {
            seq: Seq(self.seq),
            at: Timestamp::from_unix_micros(self.at),
            terms: self.terms.restore(),
            holds: self.holds.into_vec(),
            ended_holds: self.ended_holds.into_vec(),
            bookings: self.bookings.into_vec(),
            blocked_seats: self.blocked_seats.into_vec(),
            blocked_areas: self.blocked_areas.into_vec(),
            outcomes: self.outcomes.into(),
            forgotten: self.forgotten.into(),
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
                HoldLife::Held => match &self.from_blocked {
                    None => HoldLifeRecord::Held,
                    Some(blocked) => HoldLifeRecord::HeldBlocked(blocked.record()),
                },
                HoldLife::Pinned(booking) => match &self.from_blocked {
                    None => HoldLifeRecord::Pinned(booking.uuid().into()),
                    Some(blocked) => {
                        HoldLifeRecord::PinnedBlocked(booking.uuid().into(), blocked.record())
                    }
                },
                HoldLife::Ended(HoldEnd::Confirmed(None)) => HoldLifeRecord::Confirmed,
                HoldLife::Ended(HoldEnd::Confirmed(Some(booking))) => {
                    HoldLifeRecord::Sold(booking.uuid().into())
                }
                HoldLife::Ended(HoldEnd::Released) => HoldLifeRecord::Released,
                HoldLife::Ended(HoldEnd::Expired) => HoldLifeRecord::Expired,
            },
        }
    }

    fn restore(record: HoldRecord<'_>) -> Self {
        let mut from_blocked = None;
        let mut blocked = |places| from_blocked = Some(Box::new(Places::restore(places)));
        let life = match record.life {
            HoldLifeRecord::Held => HoldLife::Held,
            HoldLifeRecord::Pinned(booking) => HoldLife::Pinned(BookingId::new(booking.into())),
            HoldLifeRecord::Confirmed => HoldLife::Ended(HoldEnd::Confirmed(None)),
            HoldLifeRecord::Sold(booking) => {
                HoldLife::Ended(HoldEnd::Confirmed(Some(BookingId::new(booking.into()))))
            }
            HoldLifeRecord::Released => HoldLife::Ended(HoldEnd::Released),
            HoldLifeRecord::Expired => HoldLife::Ended(HoldEnd::Expired),
            HoldLifeRecord::HeldBlocked(places) => {
                blocked(places);
                HoldLife::Held
            }
            HoldLifeRecord::PinnedBlocked(booking, places) => {
                blocked(places);
                HoldLife::Pinned(BookingId::new(booking.into()))
            }
        };
        Self {
            id: HoldId::restore(record.id),
            buyer: BuyerId::new(record.buyer.into()),
            places: Places::restore(record.places),
            began_at: Timestamp::from_unix_micros(record.began_at),
            expires_at: Timestamp::from_unix_micros(record.expires_at),
            life,
            from_blocked,
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
                BookingState::Expired => BookingStateRecord::Expired,
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
                BookingStateRecord::Expired => BookingState::Expired,
                BookingStateRecord::Orphaned => BookingState::Orphaned,
                BookingStateRecord::Confirmed => BookingState::Confirmed,
                BookingStateRecord::Cancelled => BookingState::Cancelled,
            },
            cancelled_tickets: record.cancelled_tickets,
        }
    }
}
