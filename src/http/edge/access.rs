//! The access log: one line for a request, up to so many a second.
//!
//! A server that sells answers tens of thousands of requests a second, and a line for each would cost
//! more than some of them. So a second has room for some, whoever comes first; how many more there
//! were is said with the first line of the next.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};
use tokio::time::Instant;
use uuid::Uuid;

/// Room for lines.
#[derive(Debug)]
pub struct AccessLog {
    per_second: u64,
    since: Instant,
    /// The second counted from the start in the upper half, the requests of it in the lower.
    counted: AtomicU64,
}

/// A request that gets a line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AccessLine {
    /// Requests of an earlier second that got none.
    pub(super) left_out: u64,
}

/// A digest of a subject, so that lines of one person are found together, and the person by those alone
/// who know the id: the first 16 hex digits of its SHA-256.
pub(super) fn digest(subject: Uuid) -> String {
    let digest = Sha256::digest(subject.to_string());
    let first: [u8; 8] = digest.first_chunk().copied().unwrap_or_default();
    format!("{:016x}", u64::from_be_bytes(first))
}

impl AccessLog {
    /// With so many lines a second; none at 0.
    pub fn new(per_second: u32) -> Arc<Self> {
        Arc::new(Self {
            per_second: u64::from(per_second),
            since: Instant::now(),
            counted: AtomicU64::new(0),
        })
    }

    /// A line for one more request, if there is room.
    pub(super) fn line(&self, now: Instant) -> Option<AccessLine> {
        if self.per_second == 0 {
            return None;
        }
        let second = now.saturating_duration_since(self.since).as_secs() & 0xffff_ffff;
        let before = self.counted.load(Ordering::Relaxed);
        if before >> 32 == second {
            let count = self.counted.fetch_add(1, Ordering::Relaxed) & 0xffff_ffff;
            return (count < self.per_second).then(AccessLine::default);
        }
        // Of several who begin a second one does; the others have lines without it.
        let begun = self.counted.compare_exchange(
            before,
            second << 32 | 1,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        let counted = before & 0xffff_ffff;
        Some(AccessLine {
            left_out: begun.map_or(0, |_| counted.saturating_sub(self.per_second)),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_second_has_room_for_some_and_says_how_many_more_there_were() {
        let log = AccessLog::new(3);
        let lines = |at: u64| {
            let now = log.since + Duration::from_secs(at);
            let lines: Vec<_> = (0..10).filter_map(|_| log.line(now)).collect();
            let left_out: Vec<u64> = lines.iter().map(|line| line.left_out).collect();
            left_out
        };
        assert_eq!(lines(0), [0, 0, 0]);
        assert_eq!(lines(1), [7, 0, 0]);
        assert_eq!(lines(9), [7, 0, 0]);
        assert!(AccessLog::new(0).line(log.since).is_none());
    }

    #[test]
    fn a_subject_is_told_by_a_digest() {
        let digest = digest(Uuid::from_u128(7));
        assert_eq!(digest.len(), 16);
        assert!(!digest.contains("00000000-0000"));
    }
}
