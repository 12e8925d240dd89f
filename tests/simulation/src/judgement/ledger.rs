//! A second opinion on a journal: the promises, entry by entry, with nothing but maps and lists.
//!
//! It shares no code with the seat map that it judges, and it is too simple to be fast. What each kind of
//! decision has to keep is in `kinds.rs`.

use std::collections::{BTreeMap, BTreeSet};

use seating::entry::{Decision, Entry};
use seating::ids::{BookingId, BuyerId, HoldId, Seq};
use seating::places::Places;
use seating::rejection::PlaceStatus;
use seating::seat_layout::{SeatIndex, SeatLayout, SectionIndex};
use seating::timestamp::Timestamp;

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    last: Option<(Seq, Timestamp)>,
    pub(crate) seats: BTreeMap<SeatIndex, Owner>,
    /// Places taken in each area, by whomever.
    pub(crate) areas: BTreeMap<SectionIndex, u32>,
    pub(crate) holds: BTreeMap<HoldId, Hold>,
    pub(crate) bookings: BTreeMap<BookingId, Booking>,
    keys: BTreeSet<u128>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Hold(HoldId),
    Booking(BookingId),
    Staff,
}

/// A live hold; what is over is not here.
#[derive(Clone, Debug)]
pub(crate) struct Hold {
    pub(crate) buyer: BuyerId,
    pub(crate) places: Places,
    pub(crate) deadline: Timestamp,
    pub(crate) pinned: Option<BookingId>,
}

#[derive(Debug)]
pub(crate) struct Booking {
    pub(crate) buyer: BuyerId,
    pub(crate) places: Places,
    pub(crate) state: State,
    pub(crate) cancelled: BTreeSet<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    Expired,
    Sold,
    /// Over.
    Over,
}

pub(crate) type Judged = Result<(), String>;

impl Ledger {
    /// Enters the next entry, or says which promise it breaks.
    pub(crate) fn enter(&mut self, layout: &SeatLayout, entry: &Entry) -> Judged {
        self.judge(layout, entry)
            .map_err(|what| format!("entry {}: {what}: {entry:?}", entry.seq))
    }

    /// A live hold.
    pub(crate) fn live(&self, hold: HoldId) -> Option<&Hold> {
        self.holds.get(&hold)
    }

    /// How many holds live.
    pub(crate) fn live_count(&self) -> usize {
        self.holds.len()
    }

    /// The latest deadline of any live hold.
    pub(crate) fn last_deadline(&self) -> Option<Timestamp> {
        self.holds.values().map(|hold| hold.deadline).max()
    }

    /// What a seat is to the public.
    pub(crate) fn status(&self, seat: SeatIndex) -> PlaceStatus {
        match self.seats.get(&seat) {
            None => PlaceStatus::Available,
            Some(Owner::Hold(_)) => PlaceStatus::Reserved,
            Some(Owner::Booking(_)) => PlaceStatus::Booked,
            Some(Owner::Staff) => PlaceStatus::Blocked,
        }
    }

    fn judge(&mut self, layout: &SeatLayout, entry: &Entry) -> Judged {
        let (seq, at) = self.last.unwrap_or((Seq::ZERO, entry.at));
        must(entry.seq.0 == seq.0 + 1, "the journal has a gap")?;
        must(entry.at >= at, "time runs backwards")?;
        let opens = matches!(entry.decision, Decision::Opened(_));
        must(
            opens == (seq == Seq::ZERO),
            "a showtime is opened once, first",
        )?;
        if let Some(stamp) = entry.request {
            must(
                self.keys.insert(stamp.key),
                "one request was recorded twice",
            )?;
        }
        if !matches!(entry.decision, Decision::Expired { .. }) {
            let overdue = self
                .holds
                .iter()
                .find(|(_, hold)| hold.deadline <= entry.at);
            must(overdue.is_none(), "a hold is overdue and has not expired")?;
        }
        self.happen(layout, &entry.decision, entry.at)?;
        self.last = Some((entry.seq, entry.at));
        Ok(())
    }

    pub(crate) fn take(&mut self, layout: &SeatLayout, places: &Places, owner: Owner) -> Judged {
        for seat in &places.seats {
            must(layout.has_seat(*seat), "there is no such seat")?;
            if let Some(other) = self.seats.insert(*seat, owner) {
                return Err(format!("seat {} belongs to {other:?}", seat.0));
            }
        }
        for area in &places.areas {
            let capacity = layout.area_capacity(area.section).ok_or("no such area")?;
            let taken = self.areas.entry(area.section).or_default();
            *taken += area.quantity;
            must(*taken <= capacity, "an area is oversold")?;
        }
        Ok(())
    }

    pub(crate) fn end_pin(&mut self, booking: BookingId) -> Judged {
        let mut holds = self.holds.iter();
        let pin = holds.find(|(_, hold)| hold.pinned == Some(booking));
        let id = *pin.ok_or("a pending booking has no hold")?.0;
        self.end(id).map(drop)
    }

    /// Ends a live hold and gives its places back.
    pub(crate) fn end(&mut self, id: HoldId) -> Result<Hold, String> {
        let hold = self.holds.remove(&id).ok_or("no such hold lives")?;
        for seat in &hold.places.seats {
            let owner = self.seats.remove(seat);
            must(
                owner == Some(Owner::Hold(id)),
                "the seat was not held by this hold",
            )?;
        }
        for area in &hold.places.areas {
            give_back(&mut self.areas, area.section, area.quantity)?;
        }
        Ok(hold)
    }
}

pub(crate) fn give_back(
    areas: &mut BTreeMap<SectionIndex, u32>,
    area: SectionIndex,
    quantity: u32,
) -> Judged {
    let taken = areas.entry(area).or_default();
    let left = taken.checked_sub(quantity);
    *taken = left.ok_or("more was given back than was taken")?;
    Ok(())
}

pub(crate) fn must(holds: bool, otherwise: &str) -> Judged {
    if holds {
        Ok(())
    } else {
        Err(otherwise.to_owned())
    }
}
