//! What several commands check.

use crate::command::{Party, Role, TicketStock};
use crate::ids::{BookingId, HoldId, TicketCode, TicketId};
use crate::limits::{HOLD_TTL_SECONDS_MAX, TEXT_BYTES_MAX};
use crate::places::{AreaQuantity, Places};
use crate::rejection::{Field, HoldEnd, Rejection, invalid};
use crate::sale_terms::{SaleStatus, SaleTerms};
use crate::seat_map::SeatMap;
use crate::seat_map::holds::HoldSlot;
use crate::snapshot::{HoldImage, HoldLife};
use crate::text::check_prose;
use crate::timestamp::Timestamp;

impl SeatMap {
    /// A hold that this party may act on and that is not over.
    pub(super) fn live_hold(
        &self,
        id: HoldId,
        by: Party,
    ) -> Result<(HoldSlot, &HoldImage), Rejection> {
        let (slot, hold) = self.holds.find(id).ok_or(Rejection::HoldNotFound)?;
        if by.role == Role::Buyer && hold.buyer != by.buyer {
            // Whose hold it is, is nobody else's business.
            return Err(Rejection::HoldNotFound);
        }
        match hold.life {
            HoldLife::Held | HoldLife::Pinned(_) => Ok((slot, hold)),
            HoldLife::Ended(HoldEnd::Expired) => Err(Rejection::HoldExpired),
            HoldLife::Ended(how) => Err(Rejection::HoldEnded { how }),
        }
    }

    /// Such a hold whose payment has not begun.
    pub(super) fn unpinned_hold(
        &self,
        id: HoldId,
        by: Party,
    ) -> Result<(HoldSlot, &HoldImage), Rejection> {
        let (slot, hold) = self.live_hold(id, by)?;
        match hold.life {
            HoldLife::Held => Ok((slot, hold)),
            HoldLife::Pinned(_) | HoldLife::Ended(_) => Err(Rejection::HoldPinned),
        }
    }

    /// Whether an area exists and could ever admit so many.
    pub(super) fn valid_area(&self, area: AreaQuantity) -> Result<(), Rejection> {
        let Some(capacity) = self.layout.area_capacity(area.section) else {
            let what = "the section has numbered seats: name them under seats";
            return Err(invalid(Field::Areas, what));
        };
        if (1..=capacity).contains(&area.quantity) {
            return Ok(());
        }
        let code = &self.layout.section(area.section).code;
        let wanted = area.quantity;
        let bounds = format!(
            "the area {code:?} has {capacity} places: ask for 1 to {capacity}, not {wanted}"
        );
        Err(invalid(Field::Areas, bounds))
    }

    pub(super) fn check_new_booking(&self, id: BookingId) -> Result<(), Rejection> {
        if self.bookings.find(id).is_some() {
            return Err(Rejection::IdInUse(id.uuid()));
        }
        Ok(())
    }
}

/// The showtime takes place: needed to sell what is held. A pause does not break promises.
pub(super) fn running(terms: &SaleTerms) -> Result<(), Rejection> {
    match terms.status {
        SaleStatus::Draft | SaleStatus::Open | SaleStatus::Paused => Ok(()),
        SaleStatus::Cancelled => Err(Rejection::NotOnSale { opens_at: None }),
    }
}

/// New holds are granted: staff may do so outside the sale window, during a pause and before
/// anything is announced.
pub(super) fn on_sale(terms: &SaleTerms, by: Role, wall: Timestamp) -> Result<(), Rejection> {
    running(terms)?;
    if by == Role::Staff {
        return Ok(());
    }
    let early = terms.on_sale_from.filter(|from| wall < *from);
    let over = terms.on_sale_until.is_some_and(|until| wall >= until);
    if early.is_some() || over || terms.status != SaleStatus::Open {
        return Err(Rejection::NotOnSale { opens_at: early });
    }
    Ok(())
}

/// How long this side of the counter may keep a place without buying it.
pub(super) fn ttl_max(terms: &SaleTerms, role: Role) -> u32 {
    match role {
        Role::Buyer => terms.hold_ttl_max_seconds,
        Role::Staff => HOLD_TTL_SECONDS_MAX,
    }
}

pub(super) fn tickets_for(places: &Places, stock: &TicketStock) -> Vec<(TicketId, TicketCode)> {
    stock
        .iter()
        .copied()
        .take(places.count() as usize)
        .collect()
}

/// Free text that is printed and stored.
pub(super) fn valid_text(field: Field, text: &str) -> Result<(), Rejection> {
    if text.is_empty() {
        return Ok(());
    }
    check_prose(text, TEXT_BYTES_MAX).map_err(|reason| invalid(field, reason))
}
