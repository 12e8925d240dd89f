//! Places taken off sale and put back.

use super::{Applied, ensure, subtract};
use crate::places::AreaQuantity;
use crate::seat_layout::SeatIndex;
use crate::seat_map::{Holder, SeatMap};

impl SeatMap {
    pub(super) fn block(&mut self, seats: &[SeatIndex], areas: &[AreaQuantity]) -> Applied {
        for &seat in seats {
            self.take_seat(seat, Holder::House)?;
            self.counts[usize::from(self.layout.cell_of(seat).0)].blocked += 1;
        }
        for &area in areas {
            let cell = self.free_area(area)?;
            self.counts[usize::from(cell.0)].blocked += area.quantity;
        }
        Ok(())
    }

    pub(super) fn unblock(&mut self, seats: &[SeatIndex], areas: &[AreaQuantity]) -> Applied {
        for &seat in seats {
            ensure(self.layout.has_seat(seat), "no such seat")?;
            let blocked = self.seats[seat.0 as usize].holder() == Holder::House;
            ensure(blocked, "the seat is not blocked")?;
            let cell = self.free_seat(seat);
            subtract(&mut self.counts[usize::from(cell.0)].blocked, 1)?;
        }
        for area in areas {
            ensure(
                self.layout.area_capacity(area.section).is_some(),
                "no such area",
            )?;
            let cell = self.layout.area_cell(area.section);
            self.touch(cell);
            subtract(&mut self.counts[usize::from(cell.0)].blocked, area.quantity)?;
        }
        Ok(())
    }
}
