//! What time it is in a showtime, by clocks that may be wrong.
//!
//! A showtime's own time dates its entries and counts its deadlines. It never runs backwards, and
//! it never stands still: where the clock on the wall is behind the last entry, because somebody's
//! clock was ahead when that entry was decided, it goes on from that entry by the time that has
//! passed since. So a hold of a minute lasts a minute whatever the wall showed before, and all that
//! remains of a wrong clock is that the showtime's own time is ahead of the wall. What is announced
//! by the calendar, the sale window, is judged by the wall itself, so that it is right again as
//! soon as the wall is.

use crate::timestamp::Timestamp;

/// What an owner reads off its clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockReading {
    /// The time of day, which may be wrong.
    pub wall: Timestamp,
    /// Microseconds since some moment of the reign, always the same one, by a clock that nobody
    /// sets.
    pub passed_micros: u64,
}

/// A reading of the wall alone: where it runs backwards, time stands still.
impl From<Timestamp> for ClockReading {
    fn from(wall: Timestamp) -> Self {
        Self {
            wall,
            passed_micros: 0,
        }
    }
}

/// How far apart the readings of the two clocks may be, because one is read after the other.
const READING_MICROS: u64 = 10_000;

/// The times by which a command is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The time of day, for the calendar.
    pub wall: Timestamp,
    /// The showtime's own time, for entries and deadlines; never before the wall.
    pub own: Timestamp,
}

impl Moment {
    /// By how many microseconds the showtime's own time is ahead of the wall; none while they
    /// differ by no more than two clocks do that are read one after the other.
    pub const fn ahead_micros(self) -> u64 {
        let ahead = self.own.micros_after(self.wall);
        if ahead <= READING_MICROS { 0 } else { ahead }
    }
}

/// A showtime's own time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnTime {
    /// When the last entry was decided.
    pub(crate) at: Timestamp,
    /// What had passed then, or when it was first asked in this reign.
    passed_micros: Option<u64>,
    ahead_micros: u64,
}

impl OwnTime {
    /// After the last entry of a history, in a new reign.
    pub(crate) const fn after(at: Timestamp) -> Self {
        Self {
            at,
            passed_micros: None,
            ahead_micros: 0,
        }
    }

    /// The next entry of a history, decided by whoever it was.
    pub(crate) const fn replayed(&mut self, at: Timestamp) {
        self.at = at;
        self.passed_micros = None;
    }

    /// What time it is.
    pub(crate) fn now(&mut self, reading: ClockReading) -> Moment {
        let since = *self.passed_micros.get_or_insert(reading.passed_micros);
        let passed = reading.passed_micros.saturating_sub(since);
        let moment = Moment {
            wall: reading.wall,
            own: reading.wall.max(self.at.plus_micros(passed)),
        };
        self.ahead_micros = moment.ahead_micros();
        moment
    }

    /// The last entry was decided here, at the moment that this reading gave.
    pub(crate) const fn decided(&mut self, reading: ClockReading) {
        self.passed_micros = Some(reading.passed_micros);
    }

    /// By how many microseconds it was ahead of the wall at the last reading.
    pub(crate) const fn ahead_micros(&self) -> u64 {
        self.ahead_micros
    }

    /// A point of the showtime's own time as the wall will show it then.
    pub(crate) const fn on_the_wall(&self, own: Timestamp) -> Timestamp {
        own.minus_micros(self.ahead_micros)
    }
}
