//! Points in time.

use chrono::{DateTime, SecondsFormat, Utc};
use seating::timestamp::Timestamp;

/// A point in time as clients read it.
pub fn rfc3339(at: Timestamp) -> String {
    match DateTime::<Utc>::from_timestamp_micros(at.unix_micros()) {
        Some(time) => time.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        // Beyond the year 262142, which no clock of ours reaches.
        None => String::from("9999-12-31T23:59:59Z"),
    }
}

/// A point in time as a client wrote it.
pub fn timestamp(at: DateTime<Utc>) -> Timestamp {
    Timestamp::from_unix_micros(at.timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::{rfc3339, timestamp};

    #[test]
    fn times_survive_the_way_out_and_back() {
        let text = "2026-01-02T03:04:05.678901Z";
        let parsed = text.parse().unwrap();
        assert_eq!(rfc3339(timestamp(parsed)), text);
    }
}
