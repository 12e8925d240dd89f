//! The only code that changes a seat map. It trusts nothing: an entry that does not fit is
//! refused as [`Broken`], because it would corrupt the sale.

mod block;
mod booking;
mod hold;

use std::sync::Arc;

use crate::entry::{Decision, Entry};
use crate::ids::Seq;
use crate::places::Places;
use crate::rejection::HoldEnd;
use crate::seat_layout::SectionTierIndex;
use crate::seat_map::{Broken, SeatMap};
use crate::timestamp::Timestamp;

/// What a step may find wrong; [`SeatMap::apply`] adds which entry it was.
pub(super) type Applied = Result<(), &'static str>;

impl SeatMap {
    /// Applies the next entry of the history.
    ///
    /// # Errors
    ///
    /// [`Broken`] when the entry does not follow from the state: throw the seat map away, for it
    /// may be half changed.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), Broken> {
        self.apply_next(entry, || Arc::new(entry.clone()))
            .map_err(|what| Broken {
                seq: entry.seq,
                what,
            })
    }

    /// As [`apply`](Self::apply), for a shared entry, which is remembered without a copy.
    pub(super) fn apply_shared(&mut self, entry: &Arc<Entry>) -> Result<(), Broken> {
        self.apply_next(entry, || Arc::clone(entry))
            .map_err(|what| Broken {
                seq: entry.seq,
                what,
            })
    }

    fn apply_next(&mut self, entry: &Entry, shared: impl FnOnce() -> Arc<Entry>) -> Applied {
        ensure(entry.seq == self.seq.next(), "it is not the next one")?;
        ensure(entry.at >= self.time.at, "it is older than the one before")?;
        ensure(
            matches!(entry.decision, Decision::Opened(_)) == (self.seq == Seq::ZERO),
            "the first entry, and no other, opens the showtime",
        )?;
        self.apply_decision(&entry.decision, entry.at)?;
        if let Some(stamp) = entry.request {
            let first = self.requests.remember(stamp.key, shared());
            ensure(first, "its request was answered before")?;
        }
        self.seq = entry.seq;
        self.time.replayed(entry.at);
        Ok(())
    }

    fn apply_decision(&mut self, decision: &Decision, at: Timestamp) -> Applied {
        match decision {
            Decision::Opened(terms) | Decision::Reconfigured(terms) => {
                self.terms = Some(terms.clone());
                Ok(())
            }
            Decision::Held(held) => self.apply_held(held, at),
            Decision::Extended { hold, expires_at } => self.apply_extended(*hold, *expires_at),
            Decision::Released { hold, .. } => self.end_hold(*hold, HoldEnd::Released),
            Decision::PaymentBegun(begun) => self.apply_payment_begun(begun),
            Decision::Confirmed(sale) => self.apply_confirmed(sale),
            Decision::ConfirmedLate(sale) => self.apply_confirmed_late(sale),
            Decision::PaymentOrphaned { booking, .. } => self.apply_orphaned(*booking),
            Decision::Expired { holds } => {
                holds.iter().try_for_each(|&hold| self.apply_expired(hold))
            }
            Decision::BookingCancelled(cancelled) => self.apply_cancelled(cancelled),
            Decision::Blocked(change) => self.block(&change.seats, &change.areas),
            Decision::Unblocked(change) => self.unblock(&change.seats, &change.areas),
        }
    }
}

/// The section tiers that places count in, seat by seat and area by area.
fn section_tiers_of(
    map: &SeatMap,
    places: &Places,
) -> smallvec::SmallVec<[(SectionTierIndex, u32); 10]> {
    let seats = places
        .seats
        .iter()
        .map(|&seat| (map.layout.section_tier_of(seat), 1));
    let areas = places.areas.iter();
    let areas = areas.map(|area| (map.layout.section_tier_of_area(area.section), area.quantity));
    seats.chain(areas).collect()
}

pub(super) fn ensure(holds: bool, otherwise: &'static str) -> Applied {
    if holds { Ok(()) } else { Err(otherwise) }
}

/// Takes places out of a count that must have them.
fn subtract(count: &mut u32, quantity: u32) -> Applied {
    let left = count.checked_sub(quantity);
    *count = left.ok_or("fewer places are counted than would leave")?;
    Ok(())
}
