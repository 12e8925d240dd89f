//! Every kind of command and decision: what the simulated people learn from it, and what a journal
//! that has it promises.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use seating::command::{Command, Hold as HoldWish, Want};
use seating::entry::{BlockChange, BookingCancelled, Decision, Held, PaymentBegun, Sale};
use seating::ids::{BookingId, HoldId};
use seating::places::{Place, Places};
use seating::seat_layout::SeatLayout;
use seating::timestamp::Timestamp;

use crate::judgement::ledger::{Booking, Hold, Judged, Ledger, Owner, State, give_back, must};

/// Seconds that the rules allow a hold to be asked for.
const HOLD_SECONDS: RangeInclusive<i64> = 60..=3_600;
const MICROS: i64 = 1_000_000;

/// What a command names.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Named {
    /// A hold that is there already.
    pub(crate) hold: Option<HoldId>,
    /// A hold that it makes.
    pub(crate) new_hold: Option<HoldId>,
    /// A booking that it makes.
    pub(crate) new_booking: Option<BookingId>,
}

/// What a command names.
pub(crate) fn named(command: &Command) -> Named {
    let (hold, new_hold, new_booking) = match command {
        Command::Hold(wish) => (None, Some(wish.hold), None),
        Command::Extend { hold, .. } | Command::Release { hold, .. } => (Some(*hold), None, None),
        Command::BeginPayment { hold, booking, .. } => (Some(*hold), None, Some(*booking)),
        Command::Confirm(confirm) => (Some(confirm.hold), None, Some(confirm.booking)),
        Command::SettlePayment { .. }
        | Command::ExpireDue
        | Command::CancelBooking { .. }
        | Command::Block(_)
        | Command::Unblock(_)
        | Command::Reconfigure(_) => (None, None, None),
    };
    Named {
        hold,
        new_hold,
        new_booking,
    }
}

/// Whether a decision is one that the command may lead to.
pub(crate) fn answers_to(command: &Command, decision: &Decision) -> bool {
    match (command, decision) {
        (Command::Hold(wish), Decision::Held(held)) => is_granted(wish, held),
        (Command::Extend { hold, .. }, Decision::Extended { hold: of, .. })
        | (Command::Release { hold, .. }, Decision::Released { hold: of, .. }) => hold == of,
        (Command::BeginPayment { hold, booking, .. }, Decision::PaymentBegun(begun)) => {
            *hold == begun.hold && *booking == begun.booking
        }
        (Command::Confirm(confirm), Decision::Confirmed(sale)) => {
            confirm.hold == sale.hold && confirm.booking == sale.booking
        }
        (
            Command::SettlePayment { booking, .. },
            Decision::Confirmed(sale) | Decision::ConfirmedLate(sale),
        ) => *booking == sale.booking,
        (Command::SettlePayment { booking, .. }, Decision::PaymentOrphaned { booking: of, .. }) => {
            booking == of
        }
        (Command::CancelBooking { booking, .. }, Decision::BookingCancelled(cancelled)) => {
            *booking == cancelled.booking
        }
        (Command::Block(places), Decision::Blocked(change))
        | (Command::Unblock(places), Decision::Unblocked(change)) => places.seats == change.seats,
        (Command::Reconfigure(_), Decision::Reconfigured(_))
        | (Command::ExpireDue, Decision::Expired { .. }) => true,
        // Every command by name, so that a new one is not forgotten above.
        (
            Command::Hold(_)
            | Command::Extend { .. }
            | Command::Release { .. }
            | Command::BeginPayment { .. }
            | Command::Confirm(_)
            | Command::SettlePayment { .. }
            | Command::CancelBooking { .. }
            | Command::Block(_)
            | Command::Unblock(_)
            | Command::Reconfigure(_)
            | Command::ExpireDue,
            _,
        ) => false,
    }
}

fn is_granted(wish: &HoldWish, held: &Held) -> bool {
    let places = match &wish.want {
        Want::Places(places) => *places == held.places,
        Want::BestAvailable(best) => held.places.count() == best.quantity,
    };
    let same = wish.hold == held.hold && wish.by.buyer == held.buyer;
    places && same && wish.replace == held.replaced
}

/// What a decision means for a hold.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    /// It has this deadline, until another is said.
    LivesUntil(HoldId, Timestamp),
    /// It is over.
    Over(HoldId),
}

/// What a decision that was asked for means for holds. Those that expire nobody asked for.
pub(crate) fn fates(decision: &Decision) -> Vec<Fate> {
    match decision {
        Decision::Held(held) => {
            let replaced = held.replaced.map(Fate::Over);
            let lives = Fate::LivesUntil(held.hold, held.expires_at);
            replaced.into_iter().chain([lives]).collect()
        }
        Decision::Extended { hold, expires_at } => vec![Fate::LivesUntil(*hold, *expires_at)],
        Decision::PaymentBegun(begun) => vec![Fate::LivesUntil(begun.hold, begun.pay_by)],
        Decision::Released { hold, .. } => vec![Fate::Over(*hold)],
        Decision::Confirmed(sale) => vec![Fate::Over(sale.hold)],
        Decision::Opened(_)
        | Decision::ConfirmedLate(_)
        | Decision::PaymentOrphaned { .. }
        | Decision::Expired { .. }
        | Decision::BookingCancelled(_)
        | Decision::Blocked(_)
        | Decision::Unblocked(_)
        | Decision::Reconfigured(_) => Vec::new(),
    }
}

impl Ledger {
    /// What a decision does to the books, unless it breaks a promise.
    pub(crate) fn happen(
        &mut self,
        layout: &SeatLayout,
        decision: &Decision,
        at: Timestamp,
    ) -> Judged {
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
                Place::Seat(seat) => {
                    let owner = self.seats.remove(seat);
                    must(
                        owner == Some(Owner::Booking(id)),
                        "the seat was not of this booking",
                    )?;
                }
                Place::Area(area) => give_back(&mut self.areas, *area, 1)?,
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
}
