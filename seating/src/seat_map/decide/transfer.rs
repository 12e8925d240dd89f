//! Giving a hold to another buyer.

use crate::command::Party;
use crate::entry::Decision;
use crate::ids::{BuyerId, HoldId};
use crate::rejection::Rejection;
use crate::seat_map::SeatMap;

impl SeatMap {
    pub(super) fn decide_transfer(
        &self,
        id: HoldId,
        by: Party,
        to: BuyerId,
    ) -> Result<Option<Decision>, Rejection> {
        let (_, hold) = self.unpinned_hold(id, by)?;
        Ok((hold.buyer != to).then_some(Decision::Transferred { hold: id, buyer: to }))
    }
}
