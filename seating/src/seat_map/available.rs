//! Which places can be had at this moment.

use std::borrow::Cow;

use crate::counts::Counts;
use crate::places::{AreaQuantity, Places};
use crate::rejection::{Conflict, PlaceStatus, Rejection};
use crate::seat_layout::{SeatIndex, SectionIndex};
use crate::seat_map::{Holder, SeatMap};
use crate::snapshot::HoldImage;

impl SeatMap {
    /// Whether all of these places can be had, as if the replaced hold's had been given back; and
    /// which of them are blocked, where those may be had too.
    pub(super) fn check_available(
        &self,
        places: &Places,
        replaced: Option<&HoldImage>,
        include_blocked: bool,
    ) -> Result<Option<Box<Places>>, Rejection> {
        let mut blocked = Places::default();
        let mut conflicts = Vec::new();
        for &seat in &places.seats {
            match self.status_without(seat, replaced) {
                PlaceStatus::Available => {}
                PlaceStatus::Blocked if include_blocked => blocked.seats.push(seat),
                status @ (PlaceStatus::Reserved | PlaceStatus::Booked | PlaceStatus::Blocked) => {
                    conflicts.push(Conflict::Seat(seat, status));
                }
            }
        }
        let mut sold_out = places.seats.is_empty();
        for area in &places.areas {
            let available = self.free_of_area(area.section, replaced);
            let missing = area.quantity.saturating_sub(available);
            sold_out &= available == 0;
            if missing > 0 && include_blocked && missing <= self.blocked_of(area.section, replaced)
            {
                blocked.areas.push(AreaQuantity {
                    section: area.section,
                    quantity: missing,
                });
            } else if missing > 0 {
                conflicts.push(self.too_few(area.section, available));
            }
        }
        match (conflicts.is_empty(), sold_out) {
            (true, _) => {}
            (false, true) => return Err(Rejection::SoldOut { conflicts }),
            (false, false) => return Err(Rejection::PlacesUnavailable { conflicts }),
        }
        if blocked == Places::default() {
            return Ok(None);
        }
        self.check_for_sale(&blocked.seats, &blocked.areas)?;
        Ok(Some(Box::new(blocked)))
    }

    /// What has no price is blocked for good.
    pub(super) fn check_for_sale(
        &self,
        seats: &[SeatIndex],
        areas: &[AreaQuantity],
    ) -> Result<(), Rejection> {
        let priced = |section_tier| self.layout.is_for_sale(section_tier);
        let seats = seats
            .iter()
            .filter(|&&seat| !priced(self.layout.section_tier_of(seat)));
        let areas = areas
            .iter()
            .filter(|area| !priced(self.layout.section_tier_of_area(area.section)));
        let seats = seats.map(|&seat| Conflict::Seat(seat, PlaceStatus::Blocked));
        let areas = areas.map(|area| self.too_few(area.section, 0));
        let conflicts: Vec<Conflict> = seats.chain(areas).collect();
        if conflicts.is_empty() {
            Ok(())
        } else {
            Err(Rejection::NotForSale { conflicts })
        }
    }

    /// The free map as it would be with the replaced hold's seats given back.
    pub(super) fn free_without(&self, replaced: Option<&HoldImage>) -> Cow<'_, [u64]> {
        let mut free = Cow::Borrowed(&*self.free);
        for &seat in replaced.iter().flat_map(|hold| &hold.places.seats) {
            debug_assert!(matches!(
                self.seats[seat.0 as usize].holder(),
                Holder::Hold(_)
            ));
            if self.status_without(seat, replaced) == PlaceStatus::Available {
                let (word, bit) = self.layout.bit_of(seat);
                free.to_mut()[word] |= 1 << bit;
            }
        }
        free
    }

    /// What a seat is once the replaced hold has ended.
    fn status_without(&self, seat: SeatIndex, replaced: Option<&HoldImage>) -> PlaceStatus {
        let Some(hold) = replaced.filter(|hold| hold.places.seats.contains(&seat)) else {
            return self.seat(seat).0;
        };
        let blocked = hold.from_blocked.as_ref();
        if blocked.is_some_and(|blocked| blocked.seats.contains(&seat)) {
            PlaceStatus::Blocked
        } else {
            PlaceStatus::Available
        }
    }

    /// The free places of an area once the replaced hold has ended.
    pub(super) fn free_of_area(&self, area: SectionIndex, replaced: Option<&HoldImage>) -> u32 {
        let given_up = replaced.map_or(0, |hold| quantity_in(&hold.places, area));
        let available = self.area_counts(area).available();
        available + given_up - blocked_again(replaced, area)
    }

    /// The blocked places of an area once the replaced hold has ended.
    fn blocked_of(&self, area: SectionIndex, replaced: Option<&HoldImage>) -> u32 {
        self.area_counts(area).blocked + blocked_again(replaced, area)
    }

    /// The conflict of a wish for more of an area than is free.
    pub(super) fn too_few(&self, section: SectionIndex, available: u32) -> Conflict {
        Conflict::Area {
            section,
            status: if available > 0 {
                PlaceStatus::Available
            } else {
                mostly(self.area_counts(section))
            },
            available,
        }
    }

    pub(super) fn area_counts(&self, area: SectionIndex) -> Counts {
        self.counts[usize::from(self.layout.section_tier_of_area(area).0)]
    }
}

/// How much of an area is blocked again when the replaced hold ends.
fn blocked_again(replaced: Option<&HoldImage>, area: SectionIndex) -> u32 {
    let blocked = replaced.and_then(|hold| hold.from_blocked.as_ref());
    blocked.map_or(0, |blocked| quantity_in(blocked, area))
}

fn quantity_in(places: &Places, section: SectionIndex) -> u32 {
    let areas = places.areas.iter().filter(|area| area.section == section);
    areas.map(|area| area.quantity).sum()
}

/// The state that most places of a full area are in.
fn mostly(counts: Counts) -> PlaceStatus {
    let (reserved, booked, blocked) = (counts.reserved(), counts.booked, counts.blocked);
    if reserved >= booked.max(blocked) {
        PlaceStatus::Reserved
    } else if booked >= blocked {
        PlaceStatus::Booked
    } else {
        PlaceStatus::Blocked
    }
}
