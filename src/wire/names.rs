//! Words for what the rules know as values, each in one place.

use actors::box_office::{Answer, Durability};
use seating::rejection::{Field, HoldEnd, PlaceStatus};
use seating::sale_terms::{GapRule, SaleStatus};
use seating::seat_layout::SectionKind;

/// A value of a command, as requests call it.
pub const fn of_field(field: Field) -> &'static str {
    match field {
        Field::MaxPerBuyer => "max_per_buyer",
        Field::HoldTtlSeconds => "hold_ttl_seconds",
        Field::HoldTtlMaxSeconds => "hold_ttl_max_seconds",
        Field::OnSaleFrom => "on_sale_from",
        Field::OnSaleUntil => "on_sale_until",
        Field::Seats => "seats",
        Field::Areas => "areas",
        Field::BestAvailable => "best_available",
        Field::BestQuantity => "best_available.quantity",
        Field::BestSections => "best_available.sections",
        Field::BestTiers => "best_available.price_tiers",
        Field::HoldSeconds => "ttl_seconds",
        Field::ReplacedHold => "replace_hold_id",
        Field::IncludeBlocked => "include_blocked",
        Field::Seconds => "seconds",
        Field::Tickets => "tickets",
        Field::Reason => "reason",
        Field::PaymentReference => "payment_reference",
    }
}

/// What a place is to the public.
pub const fn place_status(status: PlaceStatus) -> &'static str {
    match status {
        PlaceStatus::Available => "AVAILABLE",
        PlaceStatus::Reserved => "RESERVED",
        PlaceStatus::Booked => "BOOKED",
        PlaceStatus::Blocked => "BLOCKED",
    }
}

/// Whether a showtime is announced, sold, or neither any more.
pub const fn sale_status(status: SaleStatus) -> &'static str {
    match status {
        SaleStatus::Draft => "draft",
        SaleStatus::Open => "open",
        SaleStatus::Paused => "paused",
        SaleStatus::Cancelled => "cancelled",
    }
}

/// How a hold ended.
pub const fn hold_end(end: HoldEnd) -> &'static str {
    match end {
        HoldEnd::Confirmed(_) => "confirmed",
        HoldEnd::Released => "released",
        HoldEnd::Expired => "expired",
    }
}

/// How strictly single free seats are protected.
pub const fn gap_rule(rule: GapRule) -> &'static str {
    match rule {
        GapRule::Off => "off",
        GapRule::Lenient => "lenient",
        GapRule::Strict => "strict",
    }
}

/// Whether the section has a capacity instead of seats.
pub const fn section_kind(kind: &SectionKind) -> &'static str {
    match kind {
        SectionKind::Reserved { .. } => "reserved",
        SectionKind::GeneralAdmission { .. } => "general_admission",
    }
}

/// The decision survives a crash.
pub const JOURNALED: &str = "journaled";

/// Whether an answer is `journaled` or from `memory`.
pub const fn durability(answer: &Answer) -> &'static str {
    match answer.durability {
        Durability::Journaled => JOURNALED,
        Durability::Memory => "memory",
    }
}
