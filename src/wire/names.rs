//! Words for what the rules know as values, each in one place.

use actors::box_office::{Answer, Durability};
use seating::sale_terms::GapRule;
use seating::seat_layout::SectionKind;

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
