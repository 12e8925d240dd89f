//! The only code that changes a seat map. It trusts nothing: an entry that does not fit is
//! refused as [`Broken`], because it would corrupt the sale.

mod block;
mod booking;
mod hold;

use std::sync::Arc;

use crate::event::{Entry, Event};
use crate::ids::Seq;
use crate::places::Places;
use crate::rejection::HoldEnd;
use crate::seat_layout::CellIndex;
use crate::seat_map::{Broken, SeatMap};
use crate::timestamp::Timestamp;

/// What a step may find wrong; [`SeatMap::apply`] adds which entry it was.
pub(super) type Applied = Result<(), &'static str>;

impl SeatMap {
    /// Applies the next entry of the history. After an error the seat map must be thrown away.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), Broken> {
        self.apply_next(entry, || Arc::new(entry.clone()))
            .map_err(|what| Broken {
                seq: entry.seq,
                what,
            })
    }

    /// The same for an entry that can be remembered without a copy.
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
            matches!(entry.event, Event::Opened(_)) == (self.seq == Seq::ZERO),
            "the first entry, and no other, opens the house",
        )?;
        self.apply_event(&entry.event, entry.at)?;
        if let Some(stamp) = entry.request {
            let first = self.requests.remember(stamp.key, shared());
            ensure(first, "its request was answered before")?;
        }
        self.seq = entry.seq;
        self.time.replayed(entry.at);
        Ok(())
    }

    fn apply_event(&mut self, event: &Event, at: Timestamp) -> Applied {
        match event {
            Event::Opened(settings) | Event::Reconfigured(settings) => {
                self.settings = Some(settings.clone());
                Ok(())
            }
            Event::Held(held) => self.apply_held(held, at),
            Event::Extended { hold, expires_at } => self.apply_extended(*hold, *expires_at),
            Event::Released { hold, .. } => self.end_hold(*hold, HoldEnd::Released),
            Event::PaymentBegun(begun) => self.apply_payment_begun(begun),
            Event::Confirmed(sale) => self.apply_confirmed(sale),
            Event::ConfirmedLate(sale) => self.apply_confirmed_late(sale),
            Event::PaymentOrphaned { booking, .. } => self.apply_orphaned(*booking),
            Event::Expired { holds } => holds.iter().try_for_each(|&hold| self.apply_expired(hold)),
            Event::BookingCancelled(cancelled) => self.apply_cancelled(cancelled),
            Event::Blocked(change) => self.block(&change.seats, &change.areas),
            Event::Unblocked(change) => self.unblock(&change.seats, &change.areas),
        }
    }
}

/// The cells that places count in, seat by seat and area by area.
fn cells_of(map: &SeatMap, places: &Places) -> smallvec::SmallVec<[(CellIndex, u32); 10]> {
    let seats = places
        .seats
        .iter()
        .map(|&seat| (map.layout.cell_of(seat), 1));
    let areas = places.areas.iter();
    let areas = areas.map(|area| (map.layout.area_cell(area.section), area.quantity));
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
