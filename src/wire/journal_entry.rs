//! Entries of the journal as people and programs read them: `journal show` and the journal's route.
//!
//! Ticket codes are left out: whoever reads a journal must not be able to walk in with it.

use seating::entry::{BlockChange, BookingCancelled, Decision, Entry, PaymentBegun, Sale};
use seating::ids::{BuyerId, HoldId};
use seating::places::{AreaQuantity, Places};
use seating::sale_terms::SaleTerms;
use seating::seat_layout::{SeatIndex, SeatLayout};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::names;
use super::time::rfc3339;

/// One decision at its place in the showtime's history.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JournalEntry)]
pub struct EntryView<'a> {
    /// Its gap-free number.
    seq: u64,
    /// When it was decided.
    at: String,
    /// Whether the request could be repeated safely.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    with_key: bool,
    /// Who at the box office asked for it, in entries of staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<Uuid>,
    /// What happened.
    #[serde(flatten)]
    decision: DecisionView<'a>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = JournalDecision)]
enum DecisionView<'a> {
    Opened(TermsView),
    Held {
        hold_id: Uuid,
        buyer_id: Uuid,
        #[serde(flatten)]
        places: PlacesView<'a>,
        expires_at: String,
        replaced_hold_id: Option<Uuid>,
        /// Since when it counts as held, if that is before the entry.
        #[serde(skip_serializing_if = "Option::is_none")]
        began_at: Option<String>,
        /// Of its places those that were blocked.
        #[serde(skip_serializing_if = "Option::is_none")]
        from_blocked: Option<PlacesView<'a>>,
    },
    Extended {
        hold_id: Uuid,
        expires_at: String,
    },
    Released {
        hold_id: Uuid,
        #[serde(rename = "by_house")]
        by_staff: bool,
    },
    PaymentBegun {
        hold_id: Uuid,
        booking_id: Uuid,
        buyer_id: Uuid,
        #[serde(flatten)]
        places: PlacesView<'a>,
        pay_by: String,
    },
    Confirmed(SaleView<'a>),
    ConfirmedLate(SaleView<'a>),
    PaymentOrphaned {
        booking_id: Uuid,
        payment_reference: Option<&'a str>,
    },
    Expired {
        hold_ids: Vec<Uuid>,
    },
    BookingCancelled {
        booking_id: Uuid,
        tickets: &'a [u8],
        whole: bool,
        refund_minor_units: i64,
        #[serde(rename = "by_house")]
        by_staff: bool,
    },
    Blocked(BlockView<'a>),
    Unblocked(BlockView<'a>),
    Reconfigured(TermsView),
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JournalPlaces)]
struct PlacesView<'a> {
    seats: Vec<&'a str>,
    areas: Vec<AreaPlaces<'a>>,
}

#[derive(Debug, Serialize, ToSchema)]
struct AreaPlaces<'a> {
    section: &'a str,
    quantity: u32,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JournalSale)]
struct SaleView<'a> {
    booking_id: Uuid,
    hold_id: Uuid,
    buyer_id: Uuid,
    #[serde(flatten)]
    places: PlacesView<'a>,
    ticket_ids: Vec<Uuid>,
    payment_reference: Option<&'a str>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JournalBlock)]
struct BlockView<'a> {
    #[serde(flatten)]
    places: PlacesView<'a>,
    reason: &'a str,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JournalTerms)]
struct TermsView {
    on_sale_from: Option<String>,
    on_sale_until: Option<String>,
    max_per_buyer: u32,
    hold_ttl_seconds: u32,
    hold_ttl_max_seconds: u32,
    gap_rule: &'static str,
    status: &'static str,
}

impl<'a> EntryView<'a> {
    /// An entry of a showtime with this layout.
    pub fn of(layout: &'a SeatLayout, entry: &'a Entry) -> Self {
        Self {
            seq: entry.seq.0,
            at: rfc3339(entry.at),
            with_key: entry.request.is_some(),
            by: entry.by.map(BuyerId::uuid),
            decision: decision(layout, &entry.decision),
        }
    }
}

fn decision<'a>(layout: &'a SeatLayout, decision: &'a Decision) -> DecisionView<'a> {
    match decision {
        Decision::Opened(terms) => DecisionView::Opened(terms_view(terms)),
        Decision::Held(held) => DecisionView::Held {
            hold_id: held.hold.uuid(),
            buyer_id: held.buyer.uuid(),
            places: places(layout, &held.places),
            expires_at: rfc3339(held.expires_at),
            replaced_hold_id: held.replaced.map(HoldId::uuid),
            began_at: held.began_at.map(rfc3339),
            from_blocked: (held.from_blocked.as_ref()).map(|blocked| places(layout, blocked)),
        },
        Decision::Extended { hold, expires_at } => DecisionView::Extended {
            hold_id: hold.uuid(),
            expires_at: rfc3339(*expires_at),
        },
        Decision::Released { hold, by_staff } => DecisionView::Released {
            hold_id: hold.uuid(),
            by_staff: *by_staff,
        },
        Decision::PaymentBegun(begun) => payment_begun(layout, begun),
        Decision::Confirmed(sale) => DecisionView::Confirmed(sold(layout, sale)),
        Decision::ConfirmedLate(sale) => DecisionView::ConfirmedLate(sold(layout, sale)),
        Decision::PaymentOrphaned {
            booking,
            payment_reference,
        } => DecisionView::PaymentOrphaned {
            booking_id: booking.uuid(),
            payment_reference: payment_reference.as_deref(),
        },
        Decision::Expired { holds } => DecisionView::Expired {
            hold_ids: holds.iter().map(|hold| hold.uuid()).collect(),
        },
        Decision::BookingCancelled(cancelled) => booking_cancelled(cancelled),
        Decision::Blocked(change) => DecisionView::Blocked(block(layout, change)),
        Decision::Unblocked(change) => DecisionView::Unblocked(block(layout, change)),
        Decision::Reconfigured(terms) => DecisionView::Reconfigured(terms_view(terms)),
    }
}

fn payment_begun<'a>(layout: &'a SeatLayout, begun: &PaymentBegun) -> DecisionView<'a> {
    DecisionView::PaymentBegun {
        hold_id: begun.hold.uuid(),
        booking_id: begun.booking.uuid(),
        buyer_id: begun.buyer.uuid(),
        places: places(layout, &begun.places),
        pay_by: rfc3339(begun.pay_by),
    }
}

fn booking_cancelled(cancelled: &BookingCancelled) -> DecisionView<'_> {
    DecisionView::BookingCancelled {
        booking_id: cancelled.booking.uuid(),
        tickets: &cancelled.tickets,
        whole: cancelled.whole,
        refund_minor_units: cancelled.refund_minor_units,
        by_staff: cancelled.by_staff,
    }
}

fn sold<'a>(layout: &'a SeatLayout, sale: &'a Sale) -> SaleView<'a> {
    SaleView {
        booking_id: sale.booking.uuid(),
        hold_id: sale.hold.uuid(),
        buyer_id: sale.buyer.uuid(),
        places: places(layout, &sale.places),
        ticket_ids: sale.tickets.iter().map(|(id, _code)| id.uuid()).collect(),
        payment_reference: sale.payment_reference.as_deref(),
    }
}

fn block<'a>(layout: &'a SeatLayout, change: &'a BlockChange) -> BlockView<'a> {
    BlockView {
        places: named(layout, &change.seats, &change.areas),
        reason: &change.reason,
    }
}

fn places<'a>(layout: &'a SeatLayout, places: &Places) -> PlacesView<'a> {
    named(layout, &places.seats, &places.areas)
}

fn named<'a>(
    layout: &'a SeatLayout,
    seats: &[SeatIndex],
    areas: &[AreaQuantity],
) -> PlacesView<'a> {
    let area = |area: &AreaQuantity| AreaPlaces {
        section: &layout.section(area.section).code,
        quantity: area.quantity,
    };
    PlacesView {
        seats: seats.iter().map(|&seat| layout.seat_id(seat)).collect(),
        areas: areas.iter().map(area).collect(),
    }
}

fn terms_view(terms: &SaleTerms) -> TermsView {
    TermsView {
        on_sale_from: terms.on_sale_from.map(rfc3339),
        on_sale_until: terms.on_sale_until.map(rfc3339),
        max_per_buyer: terms.max_per_buyer,
        hold_ttl_seconds: terms.hold_ttl_seconds,
        hold_ttl_max_seconds: terms.hold_ttl_max_seconds,
        gap_rule: names::gap_rule(terms.gap_rule),
        status: names::sale_status(terms.status),
    }
}
