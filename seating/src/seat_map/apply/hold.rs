//! Holds: given, extended, expired, ended.

use super::{Applied, ensure, section_tiers_of, subtract};
use crate::entry::Held;
use crate::ids::HoldId;
use crate::rejection::HoldEnd;
use crate::seat_map::holds::HoldSlot;
use crate::seat_map::{Holder, SeatMap};
use crate::snapshot::{BookingState, HoldImage, HoldLife};
use crate::timestamp::Timestamp;

impl SeatMap {
    pub(super) fn apply_held(&mut self, held: &Held, at: Timestamp) -> Applied {
        let began_at = held.began_at.unwrap_or(at);
        ensure(began_at <= at, "the hold begins in the future")?;
        if let Some(replaced) = held.replaced {
            self.end_hold(replaced, HoldEnd::Released)?;
        }
        if let Some(blocked) = &held.from_blocked {
            let own = |seat| held.places.seats.contains(seat);
            ensure(blocked.seats.iter().all(own), "it unblocks another's seat")?;
            self.unblock(&blocked.seats, &blocked.areas)?;
        }
        let slot = self.holds.insert(HoldImage {
            id: held.hold,
            buyer: held.buyer,
            places: held.places.clone(),
            began_at,
            expires_at: held.expires_at,
            life: HoldLife::Held,
            from_blocked: held.from_blocked.clone(),
        });
        let slot = slot.ok_or("the hold exists")?;
        self.take_seats(&held.places, Holder::Hold(slot))?;
        for area in &held.places.areas {
            let section_tier = self.area_with_room(*area)?;
            self.counts[usize::from(section_tier.0)].held += area.quantity;
        }
        for &seat in &held.places.seats {
            self.counts[usize::from(self.layout.section_tier_of(seat).0)].held += 1;
        }
        self.add_places(held.buyer, held.places.count());
        Ok(())
    }

    pub(super) fn apply_extended(&mut self, id: HoldId, expires_at: Timestamp) -> Applied {
        let (slot, hold) = self.live(id)?;
        ensure(hold.life == HoldLife::Held, "the hold is pinned")?;
        let seats = hold.places.seats.clone();
        self.holds.update(slot, HoldLife::Held, expires_at);
        self.changes.seats.extend(seats);
        Ok(())
    }

    pub(super) fn apply_expired(&mut self, id: HoldId) -> Applied {
        let (_, hold) = self.live(id)?;
        if let HoldLife::Pinned(booking) = hold.life {
            self.change_booking(booking, BookingState::Pending, BookingState::Expired)?;
        }
        self.end_hold(id, HoldEnd::Expired)
    }

    /// Ends a live hold and gives its places back; confirming, which sells them, does not come
    /// here.
    pub(super) fn end_hold(&mut self, id: HoldId, how: HoldEnd) -> Applied {
        let (slot, hold) = self.live(id)?;
        let (buyer, places, life) = (hold.buyer, hold.places.clone(), hold.life);
        let blocked = hold.from_blocked.clone();
        self.holds.end(slot, how);
        for &seat in &places.seats {
            self.free_seat(seat);
        }
        for (section_tier, quantity) in section_tiers_of(self, &places) {
            self.touch(section_tier);
            let counts = &mut self.counts[usize::from(section_tier.0)];
            match life {
                HoldLife::Pinned(_) => subtract(&mut counts.pinned, quantity)?,
                HoldLife::Held | HoldLife::Ended(_) => subtract(&mut counts.held, quantity)?,
            }
        }
        if let Some(blocked) = blocked {
            self.block(&blocked.seats, &blocked.areas)?;
        }
        self.remove_places(buyer, places.count())
    }

    pub(super) fn live(&self, id: HoldId) -> Result<(HoldSlot, &HoldImage), &'static str> {
        let (slot, hold) = self.holds.find(id).ok_or("no such hold")?;
        ensure(!matches!(hold.life, HoldLife::Ended(_)), "the hold is over")?;
        Ok((slot, hold))
    }
}
