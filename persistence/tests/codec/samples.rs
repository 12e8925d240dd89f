//! One value of every form that is written down, with something in every field.

use std::sync::Arc;

use seating::entry::{
    BlockChange, BookingCancelled, Decision, Entry, PaymentBegun, RequestStamp, Sale,
};
use seating::ids::{BookingId, BuyerId, HoldId, Seq, TicketCode, TicketId};
use seating::places::{AreaQuantity, Places};
use seating::rejection::HoldEnd;
use seating::sale_terms::{GapRule, SaleStatus, SaleTerms};
use seating::seat_layout::spec::{
    LayoutSpec, Money, NumbersSpec, Position, PriceTierSpec, RowSeatsSpec, RowSpec, SeatSpec,
    SectionKindSpec, SectionSpec,
};
use seating::seat_layout::{SeatIndex, SectionIndex};
use seating::snapshot::{BookingImage, BookingState, HoldImage, HoldLife, Snapshot};
use seating::timestamp::Timestamp;
use uuid::Uuid;

use crate::decisions::decisions;

/// Under which every sample entry is stored.
pub(crate) const SEQ: Seq = Seq(7);
/// When every sample entry was decided.
pub(crate) const AT: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);

pub(crate) fn id(number: u8) -> Uuid {
    Uuid::from_bytes([number; 16])
}

pub(crate) fn later(seconds: u32) -> Timestamp {
    AT.plus_seconds(seconds)
}

pub(crate) fn places() -> Places {
    let mut places = Places::of_seats([SeatIndex(3), SeatIndex(300), SeatIndex(70_000)]);
    places.areas.push(area(2, 5));
    places
}

fn area(section: u16, quantity: u32) -> AreaQuantity {
    AreaQuantity {
        section: SectionIndex(section),
        quantity,
    }
}

/// Terms with something in every field.
pub(crate) fn terms(status: SaleStatus) -> SaleTerms {
    SaleTerms {
        on_sale_from: Some(AT),
        on_sale_until: None,
        max_per_buyer: 4,
        hold_ttl_seconds: 600,
        hold_ttl_max_seconds: 900,
        gap_rule: GapRule::Lenient,
        status,
    }
}

pub(crate) fn sale(payment_reference: Option<&str>) -> Sale {
    let ticket = |number| (TicketId::new(id(number)), TicketCode::new(u128::MAX - 7));
    Sale {
        booking: BookingId::new(id(2)),
        hold: HoldId::new(id(1)),
        buyer: BuyerId::new(id(9)),
        places: Places::of_seats([SeatIndex(3), SeatIndex(4)]),
        tickets: vec![ticket(0x21), ticket(0x22)],
        payment_reference: payment_reference.map(str::to_owned),
    }
}

pub(crate) fn begun() -> PaymentBegun {
    PaymentBegun {
        hold: HoldId::new(id(1)),
        booking: BookingId::new(id(2)),
        buyer: BuyerId::new(id(9)),
        places: Places::of_areas([area(3, 2)]),
        pay_by: later(2_700),
    }
}

pub(crate) fn cancelled() -> BookingCancelled {
    BookingCancelled {
        booking: BookingId::new(id(2)),
        tickets: vec![1, 10],
        whole: false,
        refund_minor_units: 300_000,
        by_staff: true,
    }
}

pub(crate) fn block() -> BlockChange {
    BlockChange {
        seats: vec![SeatIndex(0), SeatIndex(251)],
        areas: vec![area(1, 1_000_000)],
        reason: "säule".to_owned(),
    }
}

/// The decision in an entry, with or without a request.
pub(crate) fn entry(decision: Decision, stamped: bool) -> Entry {
    Entry {
        seq: SEQ,
        at: AT,
        request: stamped.then_some(RequestStamp {
            key: 0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10,
            fingerprint: 42,
        }),
        by: stamped.then(|| BuyerId::new(id(6))),
        decision,
    }
}

/// A layout with every kind of section and row, as version 1 could have it.
pub(crate) fn first_layout() -> LayoutSpec {
    let grid = |label: &str, numbers| RowSpec {
        label: label.to_owned(),
        seats: RowSeatsSpec::Grid {
            numbers,
            price_tier: "std".to_owned(),
        },
    };
    let listed = RowSpec {
        label: "C".to_owned(),
        seats: RowSeatsSpec::Listed(vec![SeatSpec {
            id: "c-1".to_owned(),
            number: "1".to_owned(),
            price_tier: "std".to_owned(),
            position: Position { x: -150, y: 70_000 },
        }]),
    };
    let each = NumbersSpec::Each(vec!["1".to_owned(), "1a".to_owned()]);
    LayoutSpec {
        sections: vec![
            SectionSpec {
                code: "ORCH".to_owned(),
                name: "Orchester".to_owned(),
                kind: SectionKindSpec::Reserved {
                    rows: vec![grid("A", NumbersSpec::Count(24)), grid("B", each), listed],
                    stage: None,
                },
            },
            SectionSpec {
                code: "FLOOR".to_owned(),
                name: String::new(),
                kind: SectionKindSpec::GeneralAdmission {
                    capacity: 1_000_000,
                    price_tier: "std".to_owned(),
                },
            },
        ],
        price_tiers: vec![PriceTierSpec {
            code: "std".to_owned(),
            name: "Standard".to_owned(),
            price: Some(Money {
                amount: 150_000,
                currency: "INR".to_owned(),
            }),
        }],
        stage: None,
    }
}

/// The same with stages and a tier that is not for sale.
pub(crate) fn layout() -> LayoutSpec {
    let mut spec = first_layout();
    spec.stage = Some(Position { x: 1_200, y: -300 });
    if let SectionKindSpec::Reserved { stage, .. } = &mut spec.sections[0].kind {
        *stage = Some(Position { x: 0, y: 1 });
    }
    spec.price_tiers.push(PriceTierSpec {
        code: "void".to_owned(),
        name: "Behind the pillar".to_owned(),
        price: None,
    });
    spec
}

/// A snapshot with holds and bookings in every state.
pub(crate) fn snapshot() -> Snapshot {
    let lives = [
        HoldLife::Held,
        HoldLife::Pinned(BookingId::new(id(2))),
        HoldLife::Ended(HoldEnd::Confirmed(Some(BookingId::new(id(2))))),
        HoldLife::Ended(HoldEnd::Released),
        HoldLife::Ended(HoldEnd::Expired),
    ];
    let hold = |(number, life): (u8, HoldLife)| HoldImage {
        id: HoldId::new(id(number)),
        buyer: BuyerId::new(id(9)),
        places: places(),
        began_at: AT,
        from_blocked: None,
        expires_at: later(600),
        life,
    };
    let holds: Vec<_> = (0x30..).zip(lives).map(hold).collect();
    let booking = |(number, state): (u8, BookingState)| BookingImage {
        id: BookingId::new(id(number)),
        hold: HoldId::new(id(number + 1)),
        buyer: BuyerId::new(id(9)),
        places: Places::of_areas([area(1, 1)]),
        state,
        cancelled_tickets: 0b101,
    };
    let outcomes = decisions()
        .into_iter()
        .take(4)
        .map(|sample| sample.decision);
    Snapshot {
        seq: SEQ,
        at: AT,
        terms: terms(SaleStatus::Paused),
        holds: holds[..2].to_vec(),
        ended_holds: holds[2..].to_vec(),
        bookings: (0x40..).zip(BookingState::ALL).map(booking).collect(),
        blocked_seats: vec![SeatIndex(1), SeatIndex(2)],
        blocked_areas: vec![area(2, 9)],
        outcomes: outcomes
            .map(|decision| Arc::new(entry(decision, true)))
            .collect(),
        forgotten: vec![7, 0, 255],
    }
}
