//! Giving a hold's places back.

use crate::command::Party;
use crate::entry::Decision;
use crate::ids::HoldId;
use crate::rejection::Rejection;
use crate::seat_map::SeatMap;

impl SeatMap {
    pub(super) fn decide_release(&self, id: HoldId, by: Party) -> Result<Decision, Rejection> {
        let (_, hold) = self.unpinned_hold(id, by)?;
        Ok(Decision::Released {
            hold: id,
            by_staff: hold.buyer != by.buyer,
        })
    }
}
