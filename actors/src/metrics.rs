//! What the owners report. Only numbers about all showtimes together: never one showtime's.

use std::time::Duration;

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};
use seating::command::CommandKind;

use crate::error::CallError;

/// Commands by kind and how they ended.
pub const COMMANDS: &str = "fullhouse_commands_total";
/// Time from a call to its answer, durable where the promise is.
pub const COMMAND_DURATION: &str = "fullhouse_command_duration_seconds";
/// Time a command waits for its owner.
pub const MAILBOX_WAIT: &str = "fullhouse_mailbox_wait_seconds";
/// Calls waiting for an answer.
pub const IN_FLIGHT: &str = "fullhouse_commands_in_flight";
/// Keys looked up in the journal because their owner may have forgotten them.
pub const LOOK_UPS: &str = "fullhouse_request_lookups_total";
/// Answers that came after their callers had gone.
pub const LATE_REPLIES: &str = "fullhouse_late_replies_total";
/// Owners by state.
pub const OWNERS: &str = "fullhouse_owners";
/// Owners started again after a failure.
pub const OWNER_RESTARTS: &str = "fullhouse_owner_restarts_total";
/// Owners that failed too often and rest.
pub const OWNER_GIVE_UPS: &str = "fullhouse_owner_give_ups_total";
/// Owners put to rest because nobody used them.
pub const OWNER_PASSIVATIONS: &str = "fullhouse_owner_passivations_total";
/// Owners that left to make room for others.
pub const OWNER_EVICTIONS: &str = "fullhouse_owner_evictions_total";
/// Owners started because holds were left behind.
pub const OWNERS_WOKEN: &str = "fullhouse_owners_woken_total";
/// Cold starts waiting for their turn, by what they are for.
pub const COLD_STARTS_WAITING: &str = "fullhouse_cold_starts_waiting";
/// Showtimes without an owner here that are followed for those who look.
pub const ONLOOKERS: &str = "fullhouse_onlookers";
/// How far the process's clock is ahead of the database's.
pub const CLOCK_OFFSET: &str = "fullhouse_clock_offset_seconds";
/// Time to rebuild an owner from snapshot and journal.
pub const REHYDRATION_DURATION: &str = "fullhouse_rehydration_duration_seconds";
/// Entries replayed while rebuilding owners.
pub const REHYDRATED_ENTRIES: &str = "fullhouse_rehydrated_entries_total";
/// Holds whose deadline passed.
pub const HOLDS_EXPIRED: &str = "fullhouse_holds_expired_total";
/// Places by state, over all showtimes in memory.
pub const SEATS: &str = "fullhouse_seats";
/// Places given away beyond the capacity: must stay 0.
pub const OVERSOLD: &str = "fullhouse_oversold_seats";

/// Describes every metric of this crate; once, at start.
pub fn describe() {
    describe_counter!(COMMANDS, "commands by kind and outcome");
    describe_histogram!(
        COMMAND_DURATION,
        Unit::Seconds,
        "time from a call to its answer"
    );
    describe_histogram!(
        MAILBOX_WAIT,
        Unit::Seconds,
        "time a command waits for its owner"
    );
    describe_gauge!(IN_FLIGHT, "calls waiting for an answer");
    describe_counter!(
        LOOK_UPS,
        "keys looked up in the journal, because their owner remembers not so far back"
    );
    describe_counter!(
        LATE_REPLIES,
        "answers that came after their callers had gone"
    );
    describe_gauge!(OWNERS, "owners in memory by state");
    describe_counter!(OWNER_RESTARTS, "owners started again after a failure");
    describe_counter!(OWNER_GIVE_UPS, "owners that failed too often and rest");
    describe_counter!(OWNER_PASSIVATIONS, "owners put to rest unused");
    describe_counter!(OWNER_EVICTIONS, "owners that left to make room for others");
    describe_counter!(OWNERS_WOKEN, "owners started because of holds left behind");
    describe_gauge!(COLD_STARTS_WAITING, "cold starts waiting for their turn");
    describe_gauge!(
        ONLOOKERS,
        "showtimes without an owner here, followed for readers"
    );
    describe_gauge!(
        CLOCK_OFFSET,
        Unit::Seconds,
        "how far the clock is ahead of the database's"
    );
    describe_histogram!(
        REHYDRATION_DURATION,
        Unit::Seconds,
        "time to rebuild an owner"
    );
    describe_counter!(
        REHYDRATED_ENTRIES,
        "entries replayed while rebuilding owners"
    );
    describe_counter!(HOLDS_EXPIRED, "holds whose deadline passed");
    describe_gauge!(SEATS, "places by state over all showtimes in memory");
    describe_gauge!(
        OVERSOLD,
        "places given away beyond the capacity, must stay 0"
    );
    gauge!(OVERSOLD).increment(0.0);
}

/// Ends of calls, as the label `outcome` has them.
const OUTCOMES: [&str; 8] = [
    "granted",
    "replayed",
    "rejected",
    "overloaded",
    "unavailable",
    "restarted",
    "failed",
    "abandoned",
];
const ABANDONED: usize = OUTCOMES.len() - 1;

/// The handles of one kind of command.
#[derive(Debug)]
struct KindMetrics {
    ends: [Counter; OUTCOMES.len()],
    duration: Histogram,
}

impl KindMetrics {
    fn of(kind: CommandKind) -> Self {
        let command = kind.name();
        Self {
            ends: OUTCOMES
                .map(|outcome| counter!(COMMANDS, "command" => command, "outcome" => outcome)),
            duration: histogram!(COMMAND_DURATION, "command" => command),
        }
    }
}

/// Handles made once, so that a command costs no look-up by label.
#[derive(Debug)]
pub(crate) struct CommandMetrics {
    by_kind: Box<[KindMetrics]>,
    pub(crate) mailbox_wait: Histogram,
    pub(crate) in_flight: Gauge,
    pub(crate) late_replies: Counter,
    pub(crate) look_ups: Counter,
    pub(crate) holds_expired: Counter,
}

/// One more in a gauge for as long as this lives, however it ends.
#[derive(Debug)]
pub(crate) struct Counted(Gauge);

impl Counted {
    pub(crate) fn one(gauge: Gauge) -> Self {
        gauge.increment(1.0);
        Self(gauge)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End<'a> {
    Granted,
    Replayed,
    Failed(&'a CallError),
}

impl CommandMetrics {
    pub(crate) fn new() -> Self {
        Self {
            by_kind: CommandKind::ALL
                .iter()
                .copied()
                .map(KindMetrics::of)
                .collect(),
            mailbox_wait: histogram!(MAILBOX_WAIT),
            in_flight: gauge!(IN_FLIGHT),
            late_replies: counter!(LATE_REPLIES),
            look_ups: counter!(LOOK_UPS),
            holds_expired: counter!(HOLDS_EXPIRED),
        }
    }

    /// All kinds are there, in their own order: both come from the commands themselves.
    fn of(&self, kind: CommandKind) -> &KindMetrics {
        &self.by_kind[kind as usize]
    }

    fn ended(&self, kind: CommandKind, end: End<'_>, took: Duration) {
        let outcome = match end {
            End::Granted => 0,
            End::Replayed => 1,
            End::Failed(error) => match error {
                CallError::Rejected(_) | CallError::NothingToDo => 2,
                CallError::Overloaded { .. }
                | CallError::Starting { .. }
                | CallError::TooManyShowtimes { .. } => 3,
                CallError::JournalUnavailable { .. }
                | CallError::TimedOut
                | CallError::WrongClock { .. } => 4,
                CallError::OwnerRestarted | CallError::GaveUp { .. } => 5,
                CallError::Deposed | CallError::UnknownShowtime | CallError::ShuttingDown => 6,
            },
        };
        let of_kind = self.of(kind);
        of_kind.ends[outcome].increment(1);
        of_kind.duration.record(took);
    }
}

/// A call that waits for its answer. One whose caller goes away is counted as abandoned.
#[derive(Debug)]
pub(crate) struct CallInFlight<'a> {
    metrics: &'a CommandMetrics,
    kind: CommandKind,
    ended: bool,
}

impl<'a> CallInFlight<'a> {
    pub(crate) fn begin(metrics: &'a CommandMetrics, kind: CommandKind) -> Self {
        metrics.in_flight.increment(1.0);
        Self {
            metrics,
            kind,
            ended: false,
        }
    }

    pub(crate) fn ended(mut self, end: End<'_>, took: Duration) {
        self.ended = true;
        self.metrics.ended(self.kind, end, took);
    }
}

impl Drop for CallInFlight<'_> {
    fn drop(&mut self) {
        self.metrics.in_flight.decrement(1.0);
        if !self.ended {
            self.metrics.of(self.kind).ends[ABANDONED].increment(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn what_is_counted_is_taken_back_however_it_ends() {
        let level = Arc::new(AtomicU64::new(0));
        let gauge = || Gauge::from_arc(Arc::clone(&level));
        let now = || level.load(Ordering::Relaxed);
        let one = Counted::one(gauge());
        assert_eq!(now(), 1.0_f64.to_bits());
        let died = catch_unwind(AssertUnwindSafe(|| {
            let _another = Counted::one(gauge());
            assert_eq!(now(), 2.0_f64.to_bits());
            resume_unwind(Box::new("a start that panics"));
        }));
        assert!(died.is_err());
        assert_eq!(now(), 1.0_f64.to_bits());
        drop(one);
        assert_eq!(now(), 0.0_f64.to_bits());
    }
}
