//! What the operator chooses about owners.

use std::time::Duration;

/// Bounds and durations of all owners.
#[derive(Clone, Copy, Debug)]
pub struct OwnerOptions {
    /// When holds, extensions and releases are answered.
    pub hold_ack: HoldAck,
    /// Commands of one showtime that may wait or run at once; an eighth of them is kept for
    /// confirms, cancels and releases.
    pub in_flight_max: usize,
    /// How long a call waits at the door of an owner that is working on as many as it may.
    pub door_patience: Duration,
    /// How long a call waits for its answer.
    pub call_timeout: Duration,
    /// How long an owner without live holds stays in memory unused.
    pub passivate_after: Duration,
    /// Entries after which an owner writes a snapshot.
    pub snapshot_every: u64,
    /// Owners rebuilt from the journal at the same time.
    pub rehydrations_max: usize,
    /// Owners alive at once; beyond that, the least recently used one without live holds leaves.
    pub owners_max: usize,
    /// Between two looks at who reigns over the showtimes whose owners are alive here: for about so
    /// long may an owner that was deposed go on showing what it remembers.
    pub round_every: Duration,
    /// How far the process's clock may be from the store's for an owner to be started.
    pub clock_offset_max: Duration,
}

impl Default for OwnerOptions {
    fn default() -> Self {
        Self {
            hold_ack: HoldAck::Journaled,
            in_flight_max: 4_096,
            door_patience: Duration::from_millis(200),
            call_timeout: Duration::from_secs(10),
            passivate_after: Duration::from_mins(10),
            snapshot_every: 20_000,
            rehydrations_max: 4,
            owners_max: 4_096,
            round_every: Duration::from_secs(1),
            clock_offset_max: Duration::from_secs(5),
        }
    }
}

/// When a reversible promise is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldAck {
    /// After its entry is durable.
    Journaled,
    /// At once; a crash within the next few milliseconds may forget it.
    Memory,
}
