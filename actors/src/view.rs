//! What the public sees of a showtime: an immutable view, never ahead of the journal.
//!
//! Readers share the latest view and never queue behind holds. The owner makes the next one by
//! copying only the chunks of seats that have changed, and of the lists of chunks only those that
//! name them, so a view costs what changed, and next to nothing of the size of the layout.

use std::sync::Arc;

use seating::counts::Counts;
use seating::ids::{Epoch, Seq};
use seating::rejection::PlaceStatus;
use seating::sale_terms::SaleTerms;
use seating::seat_layout::{SeatIndex, SeatLayout};
use seating::seat_map::SeatMap;
use seating::timestamp::Timestamp;

/// Small, because buyers choose all over the layout: under a rush most changed seats have a chunk
/// to themselves.
const CHUNK_SEATS: usize = 64;
/// Chunks of one list; the largest layout has about fifty lists.
const LIST_CHUNKS: usize = 32;
const LIST_SEATS: usize = LIST_CHUNKS * CHUNK_SEATS;

/// One view of a showtime.
#[derive(Clone, Debug)]
pub struct View {
    seq: Seq,
    epoch: Epoch,
    layout: Arc<SeatLayout>,
    terms: Arc<SaleTerms>,
    counts: Arc<[Counts]>,
    lists: Vec<Arc<[Arc<Chunk>]>>,
    /// By how much the showtime's own time was ahead of the clock.
    ahead_micros: u64,
    /// `changed_since` answers only from here on: earlier changes are not known seat by seat.
    known_since: Seq,
}

#[derive(Clone, Debug)]
struct Chunk {
    states: [PackedState; CHUNK_SEATS],
    /// The entry that last changed each seat, cut to 32 bits.
    changed: [u32; CHUNK_SEATS],
    /// The entry that last changed any of them.
    newest: u32,
}

/// A seat's status in four bytes; from `RESERVED_FROM` on it is the deadline in Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PackedState(u32);

const AVAILABLE: u32 = 0;
const BOOKED: u32 = 1;
const BLOCKED: u32 = 2;
const RESERVED_FROM: u32 = 16;

impl View {
    /// The view of a seat map whose entries are all durable.
    pub(crate) fn of(map: &SeatMap, epoch: Epoch) -> Self {
        let layout = Arc::clone(map.layout());
        let changed = truncated(map.seq());
        let chunks = layout.seat_count().div_ceil(CHUNK_SEATS);
        let lists = (0..chunks).step_by(LIST_CHUNKS);
        let chunk = |at: usize| {
            let mut chunk = Chunk {
                states: [PackedState(AVAILABLE); CHUNK_SEATS],
                changed: [changed; CHUNK_SEATS],
                newest: changed,
            };
            let seats = (at * CHUNK_SEATS..layout.seat_count()).take(CHUNK_SEATS);
            for (state, seat) in chunk.states.iter_mut().zip(seats) {
                *state = PackedState::of(map, SeatIndex(u32::try_from(seat).unwrap_or(u32::MAX)));
            }
            Arc::new(chunk)
        };
        let list = |first| {
            (first..chunks.min(first + LIST_CHUNKS))
                .map(chunk)
                .collect()
        };
        Self {
            seq: map.seq(),
            epoch,
            lists: lists.map(list).collect(),
            terms: Arc::new(map.terms().cloned().unwrap_or_default()),
            counts: map.counts().into(),
            ahead_micros: map.ahead_micros(),
            known_since: map.seq(),
            layout,
        }
    }

    /// Takes over what has changed in `map` since the last update.
    pub(crate) fn update(&mut self, map: &SeatMap, changed: &[SeatIndex]) {
        self.seq = map.seq();
        self.ahead_micros = map.ahead_micros();
        let seq = truncated(self.seq);
        for &seat in changed {
            let at = seat.0 as usize;
            let list = Arc::make_mut(&mut self.lists[at / LIST_SEATS]);
            let chunk = Arc::make_mut(&mut list[at % LIST_SEATS / CHUNK_SEATS]);
            chunk.states[at % CHUNK_SEATS] = PackedState::of(map, seat);
            chunk.changed[at % CHUNK_SEATS] = seq;
            chunk.newest = seq;
        }
        if *self.counts != *map.counts() {
            self.counts = map.counts().into();
        }
        if let Some(terms) = map.terms()
            && *self.terms != *terms
        {
            self.terms = Arc::new(terms.clone());
        }
    }

    /// The last entry in the view.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// A deadline of the showtime as the clock will show it then; see [`seating::clock`].
    pub const fn on_the_wall(&self, deadline: Timestamp) -> Timestamp {
        deadline.minus_micros(self.ahead_micros)
    }

    pub(crate) const fn ahead_micros(&self) -> u64 {
        self.ahead_micros
    }

    /// The reign that made it.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The layout.
    pub fn layout(&self) -> &Arc<SeatLayout> {
        &self.layout
    }

    /// The terms in force.
    pub fn terms(&self) -> &SaleTerms {
        &self.terms
    }

    /// Places by section tier and state.
    pub fn section_tier_counts(&self) -> &[Counts] {
        &self.counts
    }

    /// Places of the whole layout by state.
    pub fn total_counts(&self) -> Counts {
        let mut sum = Counts::default();
        self.counts.iter().for_each(|counts| sum += *counts);
        sum
    }

    /// A seat's status and, while it is reserved, its deadline on the clock, to the second.
    pub fn seat(&self, seat: SeatIndex) -> (PlaceStatus, Option<Timestamp>) {
        let at = seat.0 as usize;
        self.chunk_of(at).states[at % CHUNK_SEATS].unpack()
    }

    /// The seats changed after `seq`, or `None` when that is too long ago to know, or when there
    /// are more than `seats_max`. Looks only into parts of the layout where something has changed.
    pub fn changed_since(&self, seq: Seq, seats_max: usize) -> Option<Vec<SeatIndex>> {
        if seq < self.known_since || seq > self.seq {
            return None;
        }
        // The distance back from this view tells old from new even when 32 bits wrap around.
        let newest = truncated(self.seq);
        let reach = newest.wrapping_sub(truncated(seq));
        let is_new = |changed: u32| newest.wrapping_sub(changed) < reach;
        let mut seats = Vec::new();
        let chunks = self.lists.iter().flat_map(|list| list.iter());
        for (chunk, first) in chunks.zip((0..self.layout.seat_count()).step_by(CHUNK_SEATS)) {
            if !is_new(chunk.newest) {
                continue;
            }
            let within = (first..self.layout.seat_count()).zip(chunk.changed);
            let new = within.filter(|(_, changed)| is_new(*changed));
            seats.extend(new.map(|(at, _)| SeatIndex(u32::try_from(at).unwrap_or(u32::MAX))));
            if seats.len() > seats_max {
                return None;
            }
        }
        Some(seats)
    }

    fn chunk_of(&self, seat: usize) -> &Chunk {
        &self.lists[seat / LIST_SEATS][seat % LIST_SEATS / CHUNK_SEATS]
    }
}

impl PackedState {
    fn of(map: &SeatMap, seat: SeatIndex) -> Self {
        Self(match map.seat(seat) {
            (PlaceStatus::Available, _) => AVAILABLE,
            (PlaceStatus::Booked, _) => BOOKED,
            (PlaceStatus::Blocked, _) => BLOCKED,
            (PlaceStatus::Reserved, deadline) => {
                // Cut to the second before: a countdown must not promise more than there is.
                let deadline = deadline.map(|deadline| map.on_the_wall(deadline));
                let seconds = deadline.map_or(0, |at| at.unix_micros().div_euclid(1_000_000));
                u32::try_from(seconds)
                    .unwrap_or(u32::MAX)
                    .max(RESERVED_FROM)
            }
        })
    }

    fn unpack(self) -> (PlaceStatus, Option<Timestamp>) {
        match self.0 {
            AVAILABLE => (PlaceStatus::Available, None),
            BOOKED => (PlaceStatus::Booked, None),
            BLOCKED => (PlaceStatus::Blocked, None),
            seconds => (
                PlaceStatus::Reserved,
                Some(Timestamp::from_unix_seconds(i64::from(seconds))),
            ),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "only distances below 2^32 are looked at"
)]
fn truncated(seq: Seq) -> u32 {
    seq.0 as u32
}
