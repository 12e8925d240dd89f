//! Stage 4: an area, where everybody is together who is in it.

use crate::best_available::Search;
use crate::places::{AreaQuantity, Places};
use crate::seat_layout::{SectionIndex, SectionKind};

impl Search<'_> {
    /// The first area of the layout that has room for the whole group.
    pub(super) fn area(&self) -> Option<Places> {
        let mut areas = self.areas();
        let (section, _) = areas.find(|&(_, free)| free >= self.quantity)?;
        Some(Places {
            areas: vec![AreaQuantity {
                section,
                quantity: self.quantity,
            }],
            ..Places::default()
        })
    }

    /// The areas that the filters allow and that have free places, and how many.
    pub(super) fn areas(&self) -> impl Iterator<Item = (SectionIndex, u32)> {
        let sections = (0..).map(SectionIndex).zip(self.layout.sections());
        let areas = sections.filter(|(at, section)| {
            matches!(section.kind, SectionKind::GeneralAdmission { .. })
                && self.allows_section(*at)
                && self.allows_section_tier(self.layout.section_tier_of_area(*at))
        });
        let free = areas.map(|(at, _)| (at, (self.free_of_area)(at)));
        free.filter(|&(_, free)| free > 0)
    }
}
