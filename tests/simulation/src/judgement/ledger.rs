//! A second opinion on a journal: the promises, entry by entry, with nothing but maps and lists.
//!
//! It shares no code with the seat map that it judges, and it is too simple to be fast.

use std::collections::{BTreeMap, BTreeSet};

use seating::entry::{BlockChange, BookingCancelled, Decision, Entry, Held, PaymentBegun, Sale};
use seating::ids::{BookingId, BuyerId, HoldId, Seq};
use seating::places::Places;
use seating::rejection::PlaceStatus;
use seating::seat_layout::{SeatIndex, SeatLayout, SectionIndex};
use seating::timestamp::Timestamp;

/// Seconds that the rules allow a hold to be asked for.
const HOLD_SECONDS: std::ops::RangeInclusive<i64> = 60..=3_600;
const MICROS: i64 = 1_000_000;

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    last: Option<(Seq, Timestamp)>,
    seats: BTreeMap<SeatIndex, Owner>,
    /// Places taken in each area, by whomever.
    areas: BTreeMap<SectionIndex, u32>,
    holds: BTreeMap<HoldId, Hold>,
    bookings: BTreeMap<BookingId, Booking>,
    keys: BTreeSet<u128>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
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
struct Booking {
    buyer: BuyerId,
    places: Places,
    state: State,
    cancelled: BTreeSet<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Pending,
    Expired,
    Sold,
    /// Over.
    Over,
}

type Judged = Result<(), String>;

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

    fn happen(&mut self, layout: &SeatLayout, decision: &Decision, at: Timestamp) -> Judged {
        match decision {
            Decision::Opened(_) | Decision::Reconfigured(_) => Ok(()),
            Decision::Held(held) => self.held(layout, held, at),
            Decision::Extended { hold, expires_at } => self.extended(*hold, *expires_at),
            Decision::Released { hold, .. } => {
                let ended = self.end(*hold)?;
                must(ended.pinned.is_none(), "a pinned hold was released")
            }
            Decision::PaymentBegun(begun) => self.payment_begun(begun),
            Decision::Confirmed(sale) => self.confirmed(sale, at),
            Decision::ConfirmedLate(sale) => self.confirmed_late(layout, sale),
            Decision::PaymentOrphaned { booking, .. } => self.orphaned(*booking),
            Decision::Expired { holds } => {
                must(!holds.is_empty(), "nothing expired")?;
                holds.iter().try_for_each(|hold| self.expired(*hold, at))
            }
            Decision::BookingCancelled(cancelled) => self.cancelled(cancelled),
            Decision::Blocked(change) => self.blocked(layout, change),
            Decision::Unblocked(change) => self.unblocked(change),
        }
    }

    fn held(&mut self, layout: &SeatLayout, held: &Held, at: Timestamp) -> Judged {
        if let Some(replaced) = held.replaced {
            let ended = self.end(replaced)?;
            must(
                ended.buyer == held.buyer,
                "somebody else's hold was replaced",
            )?;
            must(ended.pinned.is_none(), "a pinned hold was replaced")?;
        }
        let seconds = (held.expires_at.unix_micros() - at.unix_micros()) / MICROS;
        must(
            HOLD_SECONDS.contains(&seconds),
            "a hold has a strange deadline",
        )?;
        must(held.places.count() > 0, "a hold is for nothing")?;
        self.take(layout, &held.places, Owner::Hold(held.hold))?;
        let entered = Hold {
            buyer: held.buyer,
            places: held.places.clone(),
            deadline: held.expires_at,
            pinned: None,
        };
        must(
            self.holds.insert(held.hold, entered).is_none(),
            "the hold exists",
        )
    }

    fn extended(&mut self, id: HoldId, deadline: Timestamp) -> Judged {
        let hold = self.holds.get_mut(&id).ok_or("no such hold lives")?;
        must(hold.pinned.is_none(), "a pinned hold was extended")?;
        must(deadline > hold.deadline, "an extension shortened a hold")?;
        hold.deadline = deadline;
        Ok(())
    }

    fn payment_begun(&mut self, begun: &PaymentBegun) -> Judged {
        let hold = self
            .holds
            .get_mut(&begun.hold)
            .ok_or("no such hold lives")?;
        must(hold.pinned.is_none(), "a hold was pinned twice")?;
        must(begun.pay_by >= hold.deadline, "a pin shortened a hold")?;
        must(hold.places == begun.places, "other places were pinned")?;
        must(hold.buyer == begun.buyer, "another buyer was pinned")?;
        hold.pinned = Some(begun.booking);
        hold.deadline = begun.pay_by;
        let booking = Booking {
            buyer: begun.buyer,
            places: begun.places.clone(),
            state: State::Pending,
            cancelled: BTreeSet::new(),
        };
        let known = self.bookings.insert(begun.booking, booking);
        must(known.is_none(), "the booking exists")
    }

    fn confirmed(&mut self, sale: &Sale, at: Timestamp) -> Judged {
        let hold = self.holds.remove(&sale.hold).ok_or("no such hold lives")?;
        must(at < hold.deadline, "an expired hold was confirmed")?;
        must(hold.places == sale.places, "other places were sold")?;
        must(hold.buyer == sale.buyer, "they were sold to somebody else")?;
        let tickets: BTreeSet<_> = sale.tickets.iter().map(|(id, _)| *id).collect();
        must(
            tickets.len() == sale.places.count() as usize,
            "a ticket for each place",
        )?;
        match (hold.pinned, self.bookings.get(&sale.booking)) {
            (Some(pinned), Some(booking)) => {
                must(pinned == sale.booking, "it was pinned for another booking")?;
                must(
                    booking.state == State::Pending,
                    "its booking is not pending",
                )?;
            }
            (None, None) => {}
            (Some(_), None) | (None, Some(_)) => return Err("the booking does not fit".into()),
        }
        for seat in &sale.places.seats {
            let owner = self.seats.insert(*seat, Owner::Booking(sale.booking));
            must(
                owner == Some(Owner::Hold(sale.hold)),
                "the seat was not held by this hold",
            )?;
        }
        self.sold(sale);
        Ok(())
    }

    fn confirmed_late(&mut self, layout: &SeatLayout, sale: &Sale) -> Judged {
        let booking = self.bookings.get(&sale.booking).ok_or("no such booking")?;
        must(
            booking.state == State::Expired,
            "the booking had not expired",
        )?;
        must(booking.places == sale.places, "other places were sold late")?;
        must(
            booking.buyer == sale.buyer,
            "they were sold late to somebody else",
        )?;
        self.take(layout, &sale.places, Owner::Booking(sale.booking))?;
        self.sold(sale);
        Ok(())
    }

    fn sold(&mut self, sale: &Sale) {
        let booking = Booking {
            buyer: sale.buyer,
            places: sale.places.clone(),
            state: State::Sold,
            cancelled: BTreeSet::new(),
        };
        self.bookings.insert(sale.booking, booking);
    }

    fn orphaned(&mut self, id: BookingId) -> Judged {
        let booking = self.bookings.get_mut(&id).ok_or("no such booking")?;
        must(
            booking.state != State::Sold,
            "the money of a sale goes back",
        )?;
        let pending = booking.state == State::Pending;
        booking.state = State::Over;
        if pending { self.end_pin(id) } else { Ok(()) }
    }

    fn expired(&mut self, id: HoldId, at: Timestamp) -> Judged {
        let hold = self.end(id)?;
        must(
            hold.deadline <= at,
            "a live hold was ended before its deadline",
        )?;
        if let Some(booking) = hold.pinned {
            let booking = self.bookings.get_mut(&booking).ok_or("no such booking")?;
            must(
                booking.state == State::Pending,
                "the booking is not pending",
            )?;
            booking.state = State::Expired;
        }
        Ok(())
    }

    fn cancelled(&mut self, cancelled: &BookingCancelled) -> Judged {
        let id = cancelled.booking;
        let booking = self.bookings.get_mut(&id).ok_or("no such booking")?;
        if booking.state == State::Pending {
            booking.state = State::Over;
            return self.end_pin(id);
        }
        must(booking.state == State::Sold, "there is nothing to cancel")?;
        let places: Vec<_> = booking.places.iter().collect();
        for number in &cancelled.tickets {
            must(
                booking.cancelled.insert(*number),
                "a ticket was cancelled twice",
            )?;
            let place = places.get(usize::from(*number).wrapping_sub(1));
            match place.ok_or("no such ticket")? {
                seating::places::Place::Seat(seat) => {
                    let owner = self.seats.remove(seat);
                    must(
                        owner == Some(Owner::Booking(id)),
                        "the seat was not of this booking",
                    )?;
                }
                seating::places::Place::Area(area) => give_back(&mut self.areas, *area, 1)?,
            }
        }
        let nothing_left = booking.cancelled.len() == places.len();
        must(cancelled.whole == nothing_left, "whole says otherwise")?;
        if nothing_left {
            booking.state = State::Over;
        }
        Ok(())
    }

    fn blocked(&mut self, layout: &SeatLayout, change: &BlockChange) -> Judged {
        let places = Places {
            seats: change.seats.iter().copied().collect(),
            areas: change.areas.clone(),
        };
        self.take(layout, &places, Owner::Staff)
    }

    fn unblocked(&mut self, change: &BlockChange) -> Judged {
        for seat in &change.seats {
            must(
                self.seats.remove(seat) == Some(Owner::Staff),
                "the seat was not blocked",
            )?;
        }
        let areas = &mut self.areas;
        let mut all = change.areas.iter();
        all.try_for_each(|area| give_back(areas, area.section, area.quantity))
    }

    fn take(&mut self, layout: &SeatLayout, places: &Places, owner: Owner) -> Judged {
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

    fn end_pin(&mut self, booking: BookingId) -> Judged {
        let mut holds = self.holds.iter();
        let pin = holds.find(|(_, hold)| hold.pinned == Some(booking));
        let id = *pin.ok_or("a pending booking has no hold")?.0;
        self.end(id).map(drop)
    }

    /// Ends a live hold and gives its places back.
    fn end(&mut self, id: HoldId) -> Result<Hold, String> {
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

fn give_back(areas: &mut BTreeMap<SectionIndex, u32>, area: SectionIndex, quantity: u32) -> Judged {
    let taken = areas.entry(area).or_default();
    let left = taken.checked_sub(quantity);
    *taken = left.ok_or("more was given back than was taken")?;
    Ok(())
}

fn must(holds: bool, otherwise: &str) -> Judged {
    if holds {
        Ok(())
    } else {
        Err(otherwise.to_owned())
    }
}
