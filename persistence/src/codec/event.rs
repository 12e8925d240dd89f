//! What happened, kind by kind. The order of the variants is part of the bytes: only add at the
//! end.

use seating::event::{BlockChange, BookingCancelled, Event, Held, PaymentBegun, Sale};
use seating::ids::{BookingId, BuyerId, HoldId, TicketCode, TicketId};
use seating::places::{AreaQuantity, Places};
use seating::seat_layout::SeatIndex;
use seating::settings::Settings;
use seating::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use super::places::PlacesRecord;
use super::settings::SettingsRecord;
use super::wire::{Bytes16, List, Wire};

/// Mirrors [`Event`].
#[derive(Serialize, Deserialize)]
pub(super) enum EventRecord<'a> {
    Opened(SettingsRecord),
    Held(#[serde(borrow)] HeldRecord<'a>),
    Extended {
        hold: Bytes16,
        expires_at: i64,
    },
    Released {
        hold: Bytes16,
        by_house: bool,
    },
    PaymentBegun(PaymentBegunRecord<'a>),
    Confirmed(SaleRecord<'a>),
    ConfirmedLate(SaleRecord<'a>),
    PaymentOrphaned {
        booking: Bytes16,
        payment_reference: Option<&'a str>,
    },
    Expired {
        holds: List<'a, HoldId>,
    },
    BookingCancelled(BookingCancelledRecord<'a>),
    Blocked(BlockChangeRecord<'a>),
    Unblocked(BlockChangeRecord<'a>),
    Reconfigured(SettingsRecord),
}

/// Mirrors [`Held`].
#[derive(Serialize, Deserialize)]
pub(super) struct HeldRecord<'a> {
    hold: Bytes16,
    buyer: Bytes16,
    #[serde(borrow)]
    places: PlacesRecord<'a>,
    expires_at: i64,
    replaced: Option<Bytes16>,
}

/// Mirrors [`PaymentBegun`].
#[derive(Serialize, Deserialize)]
pub(super) struct PaymentBegunRecord<'a> {
    hold: Bytes16,
    booking: Bytes16,
    buyer: Bytes16,
    #[serde(borrow)]
    places: PlacesRecord<'a>,
    pay_by: i64,
}

/// Mirrors [`Sale`].
#[derive(Serialize, Deserialize)]
pub(super) struct SaleRecord<'a> {
    booking: Bytes16,
    hold: Bytes16,
    buyer: Bytes16,
    #[serde(borrow)]
    places: PlacesRecord<'a>,
    tickets: List<'a, (TicketId, TicketCode)>,
    payment_reference: Option<&'a str>,
}

/// Mirrors [`BookingCancelled`].
#[derive(Serialize, Deserialize)]
pub(super) struct BookingCancelledRecord<'a> {
    booking: Bytes16,
    tickets: &'a [u8],
    whole: bool,
    refund_minor_units: i64,
    by_house: bool,
}

/// Mirrors [`BlockChange`].
#[derive(Serialize, Deserialize)]
pub(super) struct BlockChangeRecord<'a> {
    seats: List<'a, SeatIndex>,
    areas: List<'a, AreaQuantity>,
    reason: &'a str,
}

impl Wire for Event {
    type Record<'a> = EventRecord<'a>;

    fn record(&self) -> EventRecord<'_> {
        match self {
            Self::Opened(settings) => EventRecord::Opened(settings.record()),
            Self::Held(held) => EventRecord::Held(held.record()),
            Self::Extended { hold, expires_at } => EventRecord::Extended {
                hold: hold.record(),
                expires_at: expires_at.unix_micros(),
            },
            Self::Released { hold, by_house } => EventRecord::Released {
                hold: hold.record(),
                by_house: *by_house,
            },
            Self::PaymentBegun(begun) => EventRecord::PaymentBegun(begun.record()),
            Self::Confirmed(sale) => EventRecord::Confirmed(sale.record()),
            Self::ConfirmedLate(sale) => EventRecord::ConfirmedLate(sale.record()),
            Self::PaymentOrphaned {
                booking,
                payment_reference,
            } => EventRecord::PaymentOrphaned {
                booking: booking.uuid().into(),
                payment_reference: payment_reference.as_deref(),
            },
            Self::Expired { holds } => EventRecord::Expired {
                holds: List::of(holds),
            },
            Self::BookingCancelled(cancelled) => EventRecord::BookingCancelled(cancelled.record()),
            Self::Blocked(change) => EventRecord::Blocked(change.record()),
            Self::Unblocked(change) => EventRecord::Unblocked(change.record()),
            Self::Reconfigured(settings) => EventRecord::Reconfigured(settings.record()),
        }
    }

    fn restore(record: EventRecord<'_>) -> Self {
        match record {
            EventRecord::Opened(settings) => Self::Opened(Settings::restore(settings)),
            EventRecord::Held(held) => Self::Held(Held::restore(held)),
            EventRecord::Extended { hold, expires_at } => Self::Extended {
                hold: HoldId::restore(hold),
                expires_at: Timestamp::from_unix_micros(expires_at),
            },
            EventRecord::Released { hold, by_house } => Self::Released {
                hold: HoldId::restore(hold),
                by_house,
            },
            EventRecord::PaymentBegun(begun) => Self::PaymentBegun(PaymentBegun::restore(begun)),
            EventRecord::Confirmed(sale) => Self::Confirmed(Sale::restore(sale)),
            EventRecord::ConfirmedLate(sale) => Self::ConfirmedLate(Sale::restore(sale)),
            EventRecord::PaymentOrphaned {
                booking,
                payment_reference,
            } => Self::PaymentOrphaned {
                booking: BookingId::new(booking.into()),
                payment_reference: payment_reference.map(str::to_owned),
            },
            EventRecord::Expired { holds } => Self::Expired {
                holds: holds.into_vec(),
            },
            EventRecord::BookingCancelled(cancelled) => {
                Self::BookingCancelled(BookingCancelled::restore(cancelled))
            }
            EventRecord::Blocked(change) => Self::Blocked(BlockChange::restore(change)),
            EventRecord::Unblocked(change) => Self::Unblocked(BlockChange::restore(change)),
            EventRecord::Reconfigured(settings) => Self::Reconfigured(Settings::restore(settings)),
        }
    }
}

impl Wire for Held {
    type Record<'a> = HeldRecord<'a>;

    fn record(&self) -> HeldRecord<'_> {
        HeldRecord {
            hold: self.hold.record(),
            buyer: self.buyer.uuid().into(),
            places: self.places.record(),
            expires_at: self.expires_at.unix_micros(),
            replaced: self.replaced.map(|hold| hold.record()),
        }
    }

    fn restore(record: HeldRecord<'_>) -> Self {
        Self {
            hold: HoldId::restore(record.hold),
            buyer: BuyerId::new(record.buyer.into()),
            places: Places::restore(record.places),
            expires_at: Timestamp::from_unix_micros(record.expires_at),
            replaced: record.replaced.map(HoldId::restore),
        }
    }
}

impl Wire for PaymentBegun {
    type Record<'a> = PaymentBegunRecord<'a>;

    fn record(&self) -> PaymentBegunRecord<'_> {
        PaymentBegunRecord {
            hold: self.hold.record(),
            booking: self.booking.uuid().into(),
            buyer: self.buyer.uuid().into(),
            places: self.places.record(),
            pay_by: self.pay_by.unix_micros(),
        }
    }

    fn restore(record: PaymentBegunRecord<'_>) -> Self {
        Self {
            hold: HoldId::restore(record.hold),
            booking: BookingId::new(record.booking.into()),
            buyer: BuyerId::new(record.buyer.into()),
            places: Places::restore(record.places),
            pay_by: Timestamp::from_unix_micros(record.pay_by),
        }
    }
}

impl Wire for Sale {
    type Record<'a> = SaleRecord<'a>;

    fn record(&self) -> SaleRecord<'_> {
        SaleRecord {
            booking: self.booking.uuid().into(),
            hold: self.hold.record(),
            buyer: self.buyer.uuid().into(),
            places: self.places.record(),
            tickets: List::of(&self.tickets),
            payment_reference: self.payment_reference.as_deref(),
        }
    }

    fn restore(record: SaleRecord<'_>) -> Self {
        Self {
            booking: BookingId::new(record.booking.into()),
            hold: HoldId::restore(record.hold),
            buyer: BuyerId::new(record.buyer.into()),
            places: Places::restore(record.places),
            tickets: record.tickets.into_vec(),
            payment_reference: record.payment_reference.map(str::to_owned),
        }
    }
}

impl Wire for BookingCancelled {
    type Record<'a> = BookingCancelledRecord<'a>;

    fn record(&self) -> BookingCancelledRecord<'_> {
        BookingCancelledRecord {
            booking: self.booking.uuid().into(),
            tickets: &self.tickets,
            whole: self.whole,
            refund_minor_units: self.refund_minor_units,
            by_house: self.by_house,
        }
    }

    fn restore(record: BookingCancelledRecord<'_>) -> Self {
        Self {
            booking: BookingId::new(record.booking.into()),
            tickets: record.tickets.to_vec(),
            whole: record.whole,
            refund_minor_units: record.refund_minor_units,
            by_house: record.by_house,
        }
    }
}

impl Wire for BlockChange {
    type Record<'a> = BlockChangeRecord<'a>;

    fn record(&self) -> BlockChangeRecord<'_> {
        BlockChangeRecord {
            seats: List::of(&self.seats),
            areas: List::of(&self.areas),
            reason: &self.reason,
        }
    }

    fn restore(record: BlockChangeRecord<'_>) -> Self {
        Self {
            seats: record.seats.into_vec(),
            areas: record.areas.into_vec(),
            reason: record.reason.to_owned(),
        }
    }
}
