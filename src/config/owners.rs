//! The owners of showtimes.

use clap::{Args, ValueEnum};
use seating::limits::REQUESTS_REMEMBERED;

/// Settings of the owners.
#[derive(Clone, Debug, Args)]
pub struct OwnersConfig {
    /// When a hold is acknowledged: once it is journaled, or already from memory.
    #[arg(long, env = "FULLHOUSE_HOLD_ACK", value_enum, default_value_t = HoldAckSetting::Journaled)]
    pub hold_ack: HoldAckSetting,
    /// Commands of one showtime in progress at once; more are refused at once.
    #[arg(long = "showtime-in-flight-max", env = "FULLHOUSE_SHOWTIME_IN_FLIGHT_MAX", default_value_t = 4_096,
          value_parser = clap::value_parser!(u32).range(8..=REQUESTS_REMEMBERED as i64))]
    pub in_flight_max: u32,
    /// Longest time a command waits for its answer, in milliseconds.
    #[arg(long, env = "FULLHOUSE_CALL_TIMEOUT_MS", default_value_t = 10_000,
          value_parser = clap::value_parser!(u64).range(50..=600_000))]
    pub call_timeout_ms: u64,
    /// An owner without live holds that nobody asked for this long is put to sleep, in seconds.
    #[arg(long = "owner-idle-seconds", env = "FULLHOUSE_OWNER_IDLE_SECONDS", default_value_t = 600,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub idle_seconds: u64,
    /// Owners in memory at once; beyond that, the least recently used one without live holds leaves.
    #[arg(long, env = "FULLHOUSE_OWNERS_MAX", default_value_t = 4_096,
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub owners_max: u32,
    /// How far the clock may be from the database's for an owner to be started, in milliseconds.
    #[arg(long, env = "FULLHOUSE_CLOCK_OFFSET_MAX_MS", default_value_t = 5_000,
          value_parser = clap::value_parser!(u64).range(100..=3_600_000))]
    pub clock_offset_max_ms: u64,
}

/// When a hold is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HoldAckSetting {
    /// Once it survives a crash.
    Journaled,
    /// At once; a crash within the next moments may lose it.
    Memory,
}
