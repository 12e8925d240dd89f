//! The state of one showtime, and the only way to change it.
//!
//! [`SeatMap::execute`] takes a command at a point in time and answers with the entries it
//! recorded. Inside, `decide` looks and never touches, `apply` touches and never decides; replay
//! calls only `apply`, so a rebuilt owner cannot decide history again.

mod apply;
mod available;
mod bookings;
mod check;
mod decide;
mod gap_rule;
mod holds;
mod occupant;
mod occupy;
mod requests;
mod restore;

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::clock::{ClockReading, Moment, OwnTime};
use crate::command::Command;
use crate::counts::Counts;
use crate::entry::{Decision, Entry, RequestStamp};
use crate::ids::{BookingId, BuyerId, HoldId, Seq};
use crate::limits::HOLDS_PER_EXPIRY_MAX;
use crate::rejection::{PlaceStatus, Rejection};
use crate::sale_terms::SaleTerms;
use crate::seat_layout::{SeatIndex, SeatLayout, SectionIndex, SectionTierIndex};
use crate::seat_map::bookings::BookingSlots;
use crate::seat_map::holds::{HoldSlot, Holds};
use crate::seat_map::requests::{KnownRequest, Requests};
use crate::snapshot::{BookingImage, HoldImage};
use crate::timestamp::Timestamp;

pub use check::Violation;
use occupant::{Holder, Occupant};

/// Entries recorded by one command: mostly one. Shared, because the journal, the answer and the
/// remembered request are all about the same entry.
pub type Entries = SmallVec<[Arc<Entry>; 1]>;

/// All seats, holds and bookings of one showtime.
#[derive(Debug)]
pub struct SeatMap {
    layout: Arc<SeatLayout>,
    seq: Seq,
    time: OwnTime,
    terms: Option<SaleTerms>,
    seats: Box<[Occupant]>,
    /// One bit per free seat, by row.
    free: Box<[u64]>,
    /// By section tier.
    counts: Box<[Counts]>,
    holds: Holds,
    bookings: BookingSlots,
    /// Places in live holds and bookings.
    places_by_buyer: FxHashMap<BuyerId, u32>,
    requests: Requests,
    changes: SeatMapChanges,
}

/// The result of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Executed {
    /// It was recorded: the last of the entries is the answer to it.
    Recorded,
    /// The same request was answered before; this was the answer.
    Replayed(Arc<Entry>),
    /// There was nothing to do.
    Nothing,
    /// The same request, or another under its key, may have been answered by an entry that is no
    /// longer remembered. Such an entry is durable: look the key up in the journal, and if it is
    /// not there ask again with this as [`Asked::looked_up`].
    Forgotten(Seq),
}

/// A stamped request, and what its sender knows of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    pub stamp: RequestStamp,
    /// The key was looked for in the journal and not found, after this owner had answered
    /// [`Executed::Forgotten`] with this number. It means nothing to another owner.
    pub looked_up: Option<Seq>,
}

impl From<RequestStamp> for Asked {
    fn from(stamp: RequestStamp) -> Self {
        Self {
            stamp,
            looked_up: None,
        }
    }
}

/// The state contradicts the history: a defect or a damaged journal, never a caller's fault.
///
/// After it the seat map must be thrown away and rebuilt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {seq} does not fit the seat map: {what}")]
pub struct Broken {
    pub seq: Seq,
    pub what: &'static str,
}

/// A place in the order of live holds, to go on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldCursor {
    pub deadline: Timestamp,
    /// Which hold of that deadline.
    pub place: u32,
}

/// What has changed since it was last taken, for the publisher of views.
#[derive(Clone, Debug, Default)]
pub struct SeatMapChanges {
    /// Seats whose status or deadline is new; one may be a duplicate.
    pub seats: Vec<SeatIndex>,
    /// Sections whose counts are new, each once.
    pub sections: SmallVec<[SectionIndex; 4]>,
}

impl SeatMap {
    /// A showtime that nobody has opened yet: the state before the first entry.
    pub fn new(layout: Arc<SeatLayout>) -> Self {
        let mut free = vec![0; layout.words()].into_boxed_slice();
        let mut seats = vec![Occupant::FREE; layout.seat_count()].into_boxed_slice();
        for seat in layout.seats() {
            if layout.is_for_sale(layout.section_tier_of(seat)) {
                let (word, bit) = layout.bit_of(seat);
                free[word] |= 1 << bit;
            } else {
                seats[seat.0 as usize] = Occupant::new(Holder::Blocked);
            }
        }
        let section_tiers = layout.section_tiers().iter().zip(0..);
        let counts = section_tiers.map(|(tier, index)| {
            Counts::untouched(tier.capacity, layout.is_for_sale(SectionTierIndex(index)))
        });
        Self {
            seq: Seq::ZERO,
            time: OwnTime::after(Timestamp::MIN),
            terms: None,
            seats,
            free,
            counts: counts.collect(),
            holds: Holds::default(),
            bookings: BookingSlots::default(),
            places_by_buyer: FxHashMap::default(),
            requests: Requests::default(),
            changes: SeatMapChanges::default(),
            layout,
        }
    }

    /// The first entry, stored together with the showtime; `by` is who of the staff created it.
    pub fn opening(terms: SaleTerms, by: Option<BuyerId>, at: Timestamp) -> Entry {
        Entry {
            seq: Seq::ZERO.next(),
            at,
            request: None,
            by,
            decision: Decision::Opened(terms),
        }
    }

    /// Decides a command and applies the decision, pushing every entry recorded.
    ///
    /// Holds that are due expire first, whatever the command, so an expired hold never stands in
    /// anybody's way; those entries are recorded even when the command is then rejected. [`crate::clock`]
    /// says what time it is.
    ///
    /// # Errors
    ///
    /// The inner one is the rejection: the rules said no. The outer one, [`Broken`], means that
    /// state and history contradict each other: throw the seat map away and rebuild it.
    pub fn execute(
        &mut self,
        reading: impl Into<ClockReading>,
        command: &Command,
        request: Option<Asked>,
        entries: &mut Entries,
    ) -> Result<Result<Executed, Rejection>, Broken> {
        let reading = reading.into();
        let now = self.time.now(reading);
        while let Some(expiry) = self.decide_expiry(now.own) {
            self.record(now.own, (None, None), expiry, entries)?;
            self.time.decided(reading);
        }
        if let Some(answered) = request.and_then(|asked| self.answered(asked)) {
            return Ok(answered);
        }
        let request = request.map(|asked| asked.stamp);
        match self.decide(command, now) {
            Ok(Some(decision)) => {
                self.record(now.own, (request, command.of_staff()), decision, entries)?;
                self.time.decided(reading);
                Ok(Ok(Executed::Recorded))
            }
            Ok(None) => Ok(Ok(Executed::Nothing)),
            Err(rejection) => Ok(Err(rejection)),
        }
    }

    /// The number of the last entry.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// When the last entry was decided.
    pub fn at(&self) -> Timestamp {
        self.time.at
    }

    /// What time it is in this showtime.
    pub fn now(&mut self, reading: impl Into<ClockReading>) -> Moment {
        self.time.now(reading.into())
    }

    /// By how many microseconds the showtime's own time was ahead of the wall at the last reading.
    pub fn ahead_micros(&self) -> u64 {
        self.time.ahead_micros()
    }

    /// A deadline as the wall will show it then, by the last reading. Differs from the deadline
    /// only where the showtime's own time is ahead of the wall.
    pub fn on_the_wall(&self, deadline: Timestamp) -> Timestamp {
        self.time.on_the_wall(deadline)
    }

    /// The layout.
    pub fn layout(&self) -> &Arc<SeatLayout> {
        &self.layout
    }

    /// The terms in force; `None` before the first entry.
    pub fn terms(&self) -> Option<&SaleTerms> {
        self.terms.as_ref()
    }

    /// The earliest deadline of any live hold.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.holds.next_deadline()
    }

    /// Holds that are neither ended nor sold.
    pub fn live_holds(&self) -> usize {
        self.holds.live_count()
    }

    /// Holds, bookings and remembered answers: what a snapshot has to write.
    pub fn records(&self) -> usize {
        self.holds.len() + self.bookings.len() + self.requests.len()
    }

    /// A hold, live or lately ended.
    pub fn hold(&self, id: HoldId) -> Option<&HoldImage> {
        self.holds.find(id).map(|(_, hold)| hold)
    }

    /// At most so many of a buyer's live holds, the last given first.
    pub fn holds_of(&self, buyer: BuyerId, limit: usize) -> Vec<HoldImage> {
        self.holds.of_buyer(buyer).take(limit).cloned().collect()
    }

    /// At most so many live holds after a place in the order of their deadlines, and the place to
    /// go on from if there are more.
    pub fn holds_after(
        &self,
        after: Option<HoldCursor>,
        limit: usize,
    ) -> (Vec<HoldImage>, Option<HoldCursor>) {
        let place = after.map(|after| (after.deadline, HoldSlot(after.place)));
        let mut later = self.holds.after(place);
        let mut last = None;
        let holds = later.by_ref().take(limit).map(|((deadline, slot), hold)| {
            let place = slot.0;
            last = Some(HoldCursor { deadline, place });
            hold.clone()
        });
        let holds: Vec<HoldImage> = holds.collect();
        let more = later.next().is_some();
        (holds, last.filter(|_| more))
    }

    /// A booking.
    pub fn booking(&self, id: BookingId) -> Option<&BookingImage> {
        self.bookings.find(id).map(|(_, booking)| booking)
    }

    /// A seat's status, and its deadline while it is reserved.
    pub fn seat(&self, seat: SeatIndex) -> (PlaceStatus, Option<Timestamp>) {
        match self.seats[seat.0 as usize].holder() {
            Holder::Nobody => (PlaceStatus::Available, None),
            Holder::Hold(slot) => (
                PlaceStatus::Reserved,
                self.holds.get(slot).map(|hold| hold.expires_at),
            ),
            Holder::Booking(_) => (PlaceStatus::Booked, None),
            Holder::Blocked => (PlaceStatus::Blocked, None),
        }
    }

    /// Places by section tier and state.
    pub fn counts(&self) -> &[Counts] {
        &self.counts
    }

    /// Places of a section by state.
    pub fn section_counts(&self, section: SectionIndex) -> Counts {
        let section_tiers = self.layout.section(section).tiers.clone();
        let mut sum = Counts::default();
        section_tiers.for_each(|index| sum += self.counts[index as usize]);
        sum
    }

    /// Places of the whole layout by state.
    pub fn total_counts(&self) -> Counts {
        let mut sum = Counts::default();
        self.counts.iter().for_each(|counts| sum += *counts);
        sum
    }

    /// Takes the sections whose counts have changed since the last call.
    pub fn take_changed_sections(&mut self) -> SmallVec<[SectionIndex; 4]> {
        std::mem::take(&mut self.changes.sections)
    }

    /// Forgets which seats have changed, keeping the memory for the next ones.
    pub fn forget_changed_seats(&mut self) {
        self.changes.seats.clear();
    }

    /// Forgets what has changed, keeping the memory for the next changes.
    pub fn clear_changes(&mut self) {
        self.changes.seats.clear();
        self.changes.sections.clear();
    }

    /// What has changed since it was last taken or cleared.
    pub fn changes(&self) -> &SeatMapChanges {
        &self.changes
    }

    /// Bytes of the arrays that grow with the number of seats, for the budget per seat.
    pub fn memory_bytes(&self) -> usize {
        size_of_val(&*self.seats)
            + size_of_val(&*self.free)
            + size_of_val(&*self.counts)
            + self.layout.memory_bytes()
    }

    fn answered(&self, asked: Asked) -> Option<Result<Executed, Rejection>> {
        match self.requests.known(asked.stamp, asked.looked_up) {
            KnownRequest::New => None,
            KnownRequest::Answered(entry) => Some(Ok(Executed::Replayed(entry))),
            KnownRequest::Reused => Some(Err(Rejection::KeyReused)),
            KnownRequest::MaybeForgotten => Some(Ok(Executed::Forgotten(self.seq))),
        }
    }

    fn decide_expiry(&self, now: Timestamp) -> Option<Decision> {
        if self.next_deadline().is_none_or(|deadline| deadline > now) {
            return None;
        }
        let due = self
            .holds
            .due(now)
            .take(HOLDS_PER_EXPIRY_MAX)
            .map(|hold| hold.id);
        let holds: Vec<HoldId> = due.collect();
        Some(Decision::Expired { holds })
    }

    fn record(
        &mut self,
        at: Timestamp,
        (request, by): (Option<RequestStamp>, Option<BuyerId>),
        decision: Decision,
        entries: &mut Entries,
    ) -> Result<(), Broken> {
        let entry = Arc::new(Entry {
            seq: self.seq.next(),
            at,
            request,
            by,
            decision,
        });
        self.apply_shared(&entry)?;
        entries.push(entry);
        Ok(())
    }

    fn available_in(&self, section_tier: SectionTierIndex) -> u32 {
        self.counts[section_tier.0 as usize].available()
    }
}
