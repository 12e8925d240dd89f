//! What time it is for an owner, and when it has to wake.

use ractor::ActorRef;
use seating::clock::ClockReading;

use crate::owner::Owner;
use crate::owner::message::OwnerMessage;

/// By how much a showtime's own time may be ahead of the clock before it is worth a line in the
/// log.
const AHEAD_WORTH_SAYING_MICROS: u64 = 5_000_000;

impl Owner {
    /// Starts the showtime's own time at the clock's, and sets the alarm.
    pub(super) fn begin(&mut self, myself: &ActorRef<OwnerMessage>) {
        let reading = self.reading();
        let moment = self.map.now(reading);
        if moment.ahead_micros() > AHEAD_WORTH_SAYING_MICROS {
            tracing::warn!(
                showtime.id = %self.reign.showtime,
                ahead_micros = moment.ahead_micros(),
                "the last entry of a showtime is ahead of the clock, deadlines count from there"
            );
        }
        self.set_alarm(myself);
    }

    pub(super) fn reading(&self) -> ClockReading {
        ClockReading {
            wall: self.clock.now(),
            passed_micros: self.clock.passed_micros(),
        }
    }

    pub(super) fn set_alarm(&mut self, myself: &ActorRef<OwnerMessage>) {
        let deadline = self.map.next_deadline();
        let wall = deadline.map(|deadline| self.map.on_the_wall(deadline));
        self.alarm.set(wall, myself);
    }
}
