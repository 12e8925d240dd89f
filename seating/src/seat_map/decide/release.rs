//! Giving a hold's places back.

use crate::command::Party;
use crate::event::Event;
use crate::ids::HoldId;
use crate::rejection::Rejection;
use crate::seat_map::SeatMap;

impl SeatMap {
    pub(super) fn decide_release(&self, id: HoldId, by: Party) -> Result<Event, Rejection> {
        let (_, hold) = self.unpinned_hold(id, by)?;
        Ok(Event::Released {
            hold: id,
            by_house: hold.buyer != by.buyer,
        })
    }
}
