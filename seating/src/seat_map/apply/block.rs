//! Places taken off sale and put back.

use super::{Applied, ensure, subtract};
use crate::places::AreaQuantity;
use crate::seat_layout::SeatIndex;
use crate::seat_map::{Holder, SeatMap};

impl SeatMap {
    pub(super) fn block(&mut self, seats: &[SeatIndex], areas: &[AreaQuantity]) -> Applied {
        for &seat in seats {
            self.take_seat(seat, Holder::Blocked)?;
            self.counts[usize::from(self.layout.section_tier_of(seat).0)].blocked += 1;
        }
        for &area in areas {
            let section_tier = self.area_with_room(area)?;
            self.counts[usize::from(section_tier.0)].blocked += area.quantity;
        }
        Ok(())
    }

    pub(super) fn unblock(&mut self, seats: &[SeatIndex], areas: &[AreaQuantity]) -> Applied {
        for &seat in seats {
            ensure(self.layout.has_seat(seat), "no such seat")?;
            let blocked = self.seats[seat.0 as usize].holder() == Holder::Blocked;
            ensure(blocked, "the seat is not blocked")?;
            let section_tier = self.free_seat(seat);
            subtract(&mut self.counts[usize::from(section_tier.0)].blocked, 1)?;
        }
        for area in areas {
            ensure(
                self.layout.area_capacity(area.section).is_some(),
                "no such area",
            )?;
            let section_tier = self.layout.section_tier_of_area(area.section);
            self.touch(section_tier);
            subtract(
                &mut self.counts[usize::from(section_tier.0)].blocked,
                area.quantity,
            )?;
        }
        Ok(())
    }
}
