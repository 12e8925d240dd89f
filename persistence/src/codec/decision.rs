//! What happened, kind by kind. The order of the variants is part of the bytes: only add at the
//! end.

use seating::entry::{BlockChange, BookingCancelled, Decision, Held, PaymentBegun, Sale};
use seating::ids::{BookingId, BuyerId, HoldId, TicketCode, TicketId};
use seating::places::{AreaQuantity, Places};
use seating::seat_layout::SeatIndex;
use seating::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use super::form::{Form, Member, Second};
use super::places::PlacesRecord;
use super::sale_terms::SaleTermsRecord;
use super::wire::{Bytes16, List, Wire};

/// Mirrors [`Decision`].
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) enum DecisionRecord<'a, F: Form> {
    Opened(SaleTermsRecord<F>),
    Held(#[serde(borrow)] HeldRecord<'a, F>),
    Extended {
        hold: Bytes16,
        expires_at: i64,
    },
    Released {
        hold: Bytes16,
        by_staff: bool,
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
    Reconfigured(SaleTermsRecord<F>),
    /// A hold of places of which these were blocked.
    HeldBlocked(#[serde(borrow)] HeldRecord<'a, F>, PlacesRecord<'a>),
}

/// Mirrors [`Held`].
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) struct HeldRecord<'a, F: Form> {
    hold: Bytes16,
    buyer: Bytes16,
    #[serde(borrow)]
    places: PlacesRecord<'a>,
    expires_at: i64,
    replaced: Option<Bytes16>,
    began_at: F::BeganAt,
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
    by_staff: bool,
}

/// Mirrors [`BlockChange`].
#[derive(Serialize, Deserialize)]
pub(super) struct BlockChangeRecord<'a> {
    seats: List<'a, SeatIndex>,
    areas: List<'a, AreaQuantity>,
    reason: &'a str,
}

impl<'a> DecisionRecord<'a, Second> {
    pub(super) fn of(decision: &'a Decision) -> Self {
        match decision {
            Decision::Opened(terms) => Self::Opened(SaleTermsRecord::of(terms)),
            Decision::Held(held) => match &held.from_blocked {
                None => Self::Held(HeldRecord::of(held)),
                Some(blocked) => Self::HeldBlocked(HeldRecord::of(held), blocked.record()),
            },
            Decision::Extended { hold, expires_at } => Self::Extended {
                hold: hold.record(),
                expires_at: expires_at.unix_micros(),
            },
            Decision::Released { hold, by_staff } => Self::Released {
                hold: hold.record(),
                by_staff: *by_staff,
            },
            Decision::PaymentBegun(begun) => Self::PaymentBegun(begun.record()),
            Decision::Confirmed(sale) => Self::Confirmed(sale.record()),
            Decision::ConfirmedLate(sale) => Self::ConfirmedLate(sale.record()),
            Decision::PaymentOrphaned {
                booking,
                payment_reference,
            } => Self::PaymentOrphaned {
                booking: booking.uuid().into(),
                payment_reference: payment_reference.as_deref(),
            },
            Decision::Expired { holds } => Self::Expired {
                holds: List::of(holds),
            },
            Decision::BookingCancelled(cancelled) => Self::BookingCancelled(cancelled.record()),
            Decision::Blocked(change) => Self::Blocked(change.record()),
            Decision::Unblocked(change) => Self::Unblocked(change.record()),
            Decision::Reconfigured(terms) => Self::Reconfigured(SaleTermsRecord::of(terms)),
        }
    }
}

impl<F: Form> DecisionRecord<'_, F> {
    pub(super) fn restore(self) -> Decision {
        match self {
            Self::Opened(terms) => Decision::Opened(terms.restore()),
            Self::Held(held) => Decision::Held(held.restore()),
            Self::HeldBlocked(held, blocked) => Decision::Held(Held {
                from_blocked: Some(Box::new(Places::restore(blocked))),
                ..held.restore()
            }),
            Self::Extended { hold, expires_at } => Decision::Extended {
                hold: HoldId::restore(hold),
                expires_at: Timestamp::from_unix_micros(expires_at),
            },
            Self::Released { hold, by_staff } => Decision::Released {
                hold: HoldId::restore(hold),
                by_staff,
            },
            Self::PaymentBegun(begun) => Decision::PaymentBegun(PaymentBegun::restore(begun)),
            Self::Confirmed(sale) => Decision::Confirmed(Sale::restore(sale)),
            Self::ConfirmedLate(sale) => Decision::ConfirmedLate(Sale::restore(sale)),
            Self::PaymentOrphaned {
                booking,
                payment_reference,
            } => Decision::PaymentOrphaned {
                booking: BookingId::new(booking.into()),
                payment_reference: payment_reference.map(str::to_owned),
            },
            Self::Expired { holds } => Decision::Expired {
                holds: holds.into_vec(),
            },
            Self::BookingCancelled(cancelled) => {
                Decision::BookingCancelled(BookingCancelled::restore(cancelled))
            }
            Self::Blocked(change) => Decision::Blocked(BlockChange::restore(change)),
            Self::Unblocked(change) => Decision::Unblocked(BlockChange::restore(change)),
            Self::Reconfigured(terms) => Decision::Reconfigured(terms.restore()),
        }
    }
}

impl<'a> HeldRecord<'a, Second> {
    fn of(held: &'a Held) -> Self {
        Self {
            hold: held.hold.record(),
            buyer: held.buyer.uuid().into(),
            places: held.places.record(),
            expires_at: held.expires_at.unix_micros(),
            replaced: held.replaced.map(|hold| hold.record()),
            began_at: held.began_at.map(Timestamp::unix_micros),
        }
    }
}

impl<F: Form> HeldRecord<'_, F> {
    fn restore(self) -> Held {
        Held {
            hold: HoldId::restore(self.hold),
            buyer: BuyerId::new(self.buyer.into()),
            places: Places::restore(self.places),
            expires_at: Timestamp::from_unix_micros(self.expires_at),
            replaced: self.replaced.map(HoldId::restore),
            began_at: self.began_at.get().map(Timestamp::from_unix_micros),
            from_blocked: None,
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
            by_staff: self.by_staff,
        }
    }

    fn restore(record: BookingCancelledRecord<'_>) -> Self {
        Self {
            booking: BookingId::new(record.booking.into()),
            tickets: record.tickets.to_vec(),
            whole: record.whole,
            refund_minor_units: record.refund_minor_units,
            by_staff: record.by_staff,
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
