//! Taking and freeing places: every seat, bit, count and buyer's total changes here.

use std::collections::hash_map::Entry;

use crate::ids::BuyerId;
use crate::places::{AreaQuantity, Places};
use crate::seat_layout::{SeatIndex, SectionTierIndex};
use crate::seat_map::apply::{Applied, ensure};
use crate::seat_map::{Holder, Occupant, SeatMap};

impl SeatMap {
    pub(super) fn take_seats(&mut self, places: &Places, holder: Holder) -> Applied {
        places
            .seats
            .iter()
            .try_for_each(|&seat| self.take_seat(seat, holder))
    }

    pub(super) fn take_seat(&mut self, seat: SeatIndex, holder: Holder) -> Applied {
        ensure(self.layout.has_seat(seat), "no such seat")?;
        let occupant = &mut self.seats[seat.0 as usize];
        // The promise of the whole system, checked at the last possible place.
        ensure(*occupant == Occupant::FREE, "the seat is taken")?;
        *occupant = Occupant::new(holder);
        let (word, bit) = self.layout.bit_of(seat);
        self.free[word] &= !(1 << bit);
        self.changes.seats.push(seat);
        self.touch(self.layout.section_tier_of(seat));
        Ok(())
    }

    pub(super) fn free_seat(&mut self, seat: SeatIndex) -> SectionTierIndex {
        self.seats[seat.0 as usize] = Occupant::FREE;
        let (word, bit) = self.layout.bit_of(seat);
        self.free[word] |= 1 << bit;
        self.changes.seats.push(seat);
        let section_tier = self.layout.section_tier_of(seat);
        self.touch(section_tier);
        section_tier
    }

    pub(super) fn area_with_room(
        &mut self,
        area: AreaQuantity,
    ) -> Result<SectionTierIndex, &'static str> {
        ensure(
            self.layout.area_capacity(area.section).is_some(),
            "no such area",
        )?;
        let section_tier = self.layout.section_tier_of_area(area.section);
        ensure(
            self.available_in(section_tier) >= area.quantity,
            "the area is full",
        )?;
        self.touch(section_tier);
        Ok(section_tier)
    }

    pub(super) fn touch(&mut self, section_tier: SectionTierIndex) {
        let section = self.layout.section_tier(section_tier).section;
        if !self.changes.sections.contains(&section) {
            self.changes.sections.push(section);
        }
    }

    pub(super) fn add_places(&mut self, buyer: BuyerId, quantity: u32) {
        *self.places_by_buyer.entry(buyer).or_insert(0) += quantity;
    }

    pub(super) fn remove_places(&mut self, buyer: BuyerId, quantity: u32) -> Applied {
        let Entry::Occupied(mut has) = self.places_by_buyer.entry(buyer) else {
            return Err("the buyer has no places");
        };
        match has.get().checked_sub(quantity) {
            None => return Err("the buyer has fewer places"),
            Some(0) => drop(has.remove()),
            Some(left) => *has.get_mut() = left,
        }
        Ok(())
    }
}
