//! What the connections of a port may be sent together, in bytes per second.
//!
//! Copying bytes into sockets takes the processor, and a whole map has megabytes: without a bound a
//! few dozen clients who ask for it in a loop take the cores from those who buy. So whatever is
//! longer than one stretch is sent stretch by stretch, each when it is its turn, first come, first
//! served; every answer gets the same, however long it is.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Bytes sent at a time; the first ones of an answer wait for nobody.
pub(super) const STRETCH_BYTES: usize = 128 * 1_024;

/// What may be sent at once after a pause: shorter than anybody notices, longer than timers are
/// inexact.
const BURST: Duration = Duration::from_millis(10);

/// Turns to send. Times are nanoseconds since its beginning.
#[derive(Debug)]
pub(super) struct Bandwidth {
    begun: Instant,
    stretch_nanos: u64,
    /// When the last turn that was given ends.
    free_at: AtomicU64,
}

impl Bandwidth {
    /// Of so many bytes per second.
    pub(super) fn new(bytes_per_second: u64) -> Self {
        let stretch_nanos = STRETCH_BYTES as u64 * 1_000_000_000 / bytes_per_second.max(1);
        Self {
            begun: Instant::now(),
            stretch_nanos,
            free_at: AtomicU64::new(0),
        }
    }

    /// Takes a turn, and says when it comes; `None` is now.
    pub(super) fn turn(&self) -> Option<Instant> {
        let now = nanos(self.begun.elapsed());
        let earliest = now.saturating_sub(nanos(BURST));
        let ends = |free_at: u64| free_at.max(earliest) + self.stretch_nanos;
        let give = |free_at| Some(ends(free_at));
        let given = self
            .free_at
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, give);
        let ends = ends(given.unwrap_or_default());
        (ends > now).then(|| self.begun + Duration::from_nanos(ends))
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn in_every_second_so_many_bytes_are_sent_whoever_asks() {
        let bandwidth = Bandwidth::new(1 << 20);
        let begun = Instant::now();
        for _ in 0..80 {
            if let Some(turn) = bandwidth.turn() {
                tokio::time::sleep_until(turn).await;
            }
        }
        // 80 stretches are 10 MiB.
        let took = begun.elapsed();
        assert!((9_900..=10_100).contains(&took.as_millis()), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_is_not_saved_up() {
        let bandwidth = Bandwidth::new(1 << 20);
        tokio::time::advance(Duration::from_mins(10)).await;
        let turns: Vec<_> = (0..9).filter_map(|_| bandwidth.turn()).collect();
        let last = turns.last().copied().unwrap();
        assert!(last.duration_since(Instant::now()) > Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_first_is_first() {
        let bandwidth = Bandwidth::new(1 << 20);
        let turns: Vec<_> = (0..20).filter_map(|_| bandwidth.turn()).collect();
        assert!(turns.is_sorted());
    }
}
