//! From names to indexes.

use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use crate::seat_layout::{SeatIndex, SeatLayout, SectionIndex, TierIndex};

impl SeatLayout {
    /// The seat of that id.
    pub fn find_seat(&self, id: &str) -> Option<SeatIndex> {
        let is_it = |seat: &SeatIndex| self.seat_id(*seat) == id;
        self.by_id.find(hash(id), is_it).copied()
    }

    /// The section of that code.
    pub fn find_section(&self, code: &str) -> Option<SectionIndex> {
        let code_of = |&at: &SectionIndex| self.section(at).code.as_str();
        let by_code = &self.sections_by_code;
        let found = by_code.binary_search_by(|at| code_of(at).cmp(code));
        found.ok().map(|at| by_code[at])
    }

    /// The price tier of that code.
    pub fn find_tier(&self, code: &str) -> Option<TierIndex> {
        let code_of = |&at: &TierIndex| self.tier(at).code.as_str();
        let by_code = &self.tiers_by_code;
        let found = by_code.binary_search_by(|at| code_of(at).cmp(code));
        found.ok().map(|at| by_code[at])
    }
}

pub(super) fn hash(id: &str) -> u64 {
    FxBuildHasher.hash_one(id)
}
