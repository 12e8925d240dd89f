//! A bound on the calls that wait for one owner, because ractor's mailboxes have none.
//!
//! Beside the calls in flight, a bounded number may wait for a moment, first come, first served: a
//! rush that lasts no longer than that is served whole, and in a longer one those who have waited
//! are not overtaken by those who ask again at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use journal::backlog::{Lane, Reservation};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Counts the calls that wait for or run in one owner.
#[derive(Debug)]
pub(crate) struct OwnerAdmission {
    /// Places for every call.
    ordinary: Arc<Semaphore>,
    /// The last eighth, for urgent calls that find no other.
    urgent: Arc<Semaphore>,
    ordinary_max: u32,
    urgent_max: u32,
    waiting: AtomicUsize,
    closed: AtomicBool,
}

/// A call admitted.
#[derive(Debug)]
pub(crate) struct Permit {
    /// Travels with the entry into the journal.
    pub(crate) reservation: Reservation,
    /// Stays until the call is answered.
    pub(crate) seat: InFlight,
}

/// One call in flight; dropping it makes room for another.
#[derive(Debug)]
pub(crate) struct InFlight(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

/// Why a call is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotAdmitted {
    /// As many as allowed are in flight, and waiting did not help.
    Full,
    /// The owner has left; ask the directory again.
    Closed,
}

impl OwnerAdmission {
    pub(crate) fn new(max: usize) -> Arc<Self> {
        let max = u32::try_from(max)
            .unwrap_or(u32::MAX)
            .clamp(8, IN_FLIGHT_MAX);
        let urgent_max = max / 8;
        let ordinary_max = max - urgent_max;
        Arc::new(Self {
            ordinary: Arc::new(Semaphore::new(ordinary_max as usize)),
            urgent: Arc::new(Semaphore::new(urgent_max as usize)),
            ordinary_max,
            urgent_max,
            waiting: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
        })
    }

    /// Admits a call, at once or after waiting at the door for at most `patience`.
    pub(crate) async fn enter(
        &self,
        lane: Lane,
        patience: Duration,
    ) -> Result<InFlight, NotAdmitted> {
        let refused = match self.try_enter(lane) {
            Ok(seat) => return Ok(seat),
            Err(refused) => refused,
        };
        if refused == NotAdmitted::Closed || patience.is_zero() {
            return Err(refused);
        }
        let _waiting = Waiting::join(self).ok_or(NotAdmitted::Full)?;
        let door = match lane {
            Lane::Ordinary => &self.ordinary,
            Lane::Urgent => &self.urgent,
        };
        match timeout(patience, Arc::clone(door).acquire_owned()).await {
            Ok(Ok(place)) => Ok(InFlight(place)),
            Ok(Err(_closed)) => Err(NotAdmitted::Closed),
            Err(_elapsed) => Err(NotAdmitted::Full),
        }
    }

    /// Admits a call, or says at once why not. Nobody who waits is overtaken.
    pub(crate) fn try_enter(&self, lane: Lane) -> Result<InFlight, NotAdmitted> {
        let place = Arc::clone(&self.ordinary).try_acquire_owned();
        let place = match lane {
            Lane::Ordinary => place,
            Lane::Urgent => place.or_else(|_full| Arc::clone(&self.urgent).try_acquire_owned()),
        };
        place.map(InFlight).map_err(|_none| self.why_not())
    }

    /// Whether no place is free for an ordinary call, and so many wait for one.
    pub(crate) fn has_waiting(&self, line: usize) -> bool {
        self.ordinary.available_permits() == 0
            && self.waiting.load(Ordering::Relaxed) >= line.min(self.line_max())
            && !self.is_closed()
    }

    /// Whether no place is free for an ordinary call.
    pub(crate) fn is_busy(&self) -> bool {
        self.ordinary.available_permits() == 0
    }

    /// As many may wait as may be in, twice.
    const fn line_max(&self) -> usize {
        2 * self.ordinary_max as usize
    }

    /// Closes the door if nobody is inside, so that an owner can leave without losing a call.
    pub(crate) fn close_if_empty(&self) -> bool {
        let all = |door: &Arc<Semaphore>, max| Arc::clone(door).try_acquire_many_owned(max);
        let (Ok(ordinary), Ok(urgent)) = (
            all(&self.ordinary, self.ordinary_max),
            all(&self.urgent, self.urgent_max),
        ) else {
            return false;
        };
        // A call that comes while all places are ours finds none, and asks why afterwards.
        self.closed.store(true, Ordering::Release);
        self.ordinary.close();
        self.urgent.close();
        drop((ordinary, urgent));
        true
    }

    /// Whether the owner behind the door has left.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    fn why_not(&self) -> NotAdmitted {
        if self.is_closed() {
            NotAdmitted::Closed
        } else {
            NotAdmitted::Full
        }
    }
}

/// More than any showtime is asked for at once.
const IN_FLIGHT_MAX: u32 = 1 << 20;

/// One call that waits at the door.
struct Waiting<'a>(&'a OwnerAdmission);

impl<'a> Waiting<'a> {
    fn join(admission: &'a OwnerAdmission) -> Option<Self> {
        let joined = Self(admission);
        let before = admission.waiting.fetch_add(1, Ordering::Relaxed);
        (before < admission.line_max()).then_some(joined)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_millis(50);

    #[test]
    fn the_last_eighth_is_for_urgent_calls() {
        let admission = OwnerAdmission::new(16);
        let ordinary: Vec<_> =
            std::iter::from_fn(|| admission.try_enter(Lane::Ordinary).ok()).collect();
        assert_eq!(ordinary.len(), 14);
        let urgent: Vec<_> =
            std::iter::from_fn(|| admission.try_enter(Lane::Urgent).ok()).collect();
        assert_eq!(urgent.len(), 2);
        drop((ordinary, urgent));
        assert!(admission.try_enter(Lane::Ordinary).is_ok());
    }

    #[test]
    fn a_closed_door_stays_closed() {
        let admission = OwnerAdmission::new(16);
        let inside = admission.try_enter(Lane::Urgent);
        assert!(!admission.close_if_empty());
        drop(inside);
        assert!(admission.close_if_empty());
        for lane in [Lane::Ordinary, Lane::Urgent] {
            assert_eq!(admission.try_enter(lane).unwrap_err(), NotAdmitted::Closed);
        }
        assert!(admission.is_closed());
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_is_served_in_order_and_not_for_ever() {
        let admission = OwnerAdmission::new(8);
        let mut inside: Vec<_> = (0..7)
            .map(|_| admission.try_enter(Lane::Ordinary))
            .collect();
        let wait = || {
            let admission = Arc::clone(&admission);
            tokio::spawn(async move { admission.enter(Lane::Ordinary, PATIENCE).await })
        };
        let (first, second) = (wait(), wait());
        tokio::task::yield_now().await;
        drop(inside.pop());
        // A newcomer does not take the place of one that was there before.
        assert_eq!(
            admission.try_enter(Lane::Ordinary).unwrap_err(),
            NotAdmitted::Full
        );
        let first = first.await.unwrap();
        assert!(first.is_ok());
        assert_eq!(inside.len(), 6);
        assert_eq!(second.await.unwrap().unwrap_err(), NotAdmitted::Full);
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_wait_and_no_more() {
        let admission = OwnerAdmission::new(8);
        let _inside: Vec<_> = (0..7)
            .map(|_| admission.try_enter(Lane::Ordinary))
            .collect();
        assert!(!admission.has_waiting(14));
        let waiting: Vec<_> = (0..14)
            .map(|_| {
                let admission = Arc::clone(&admission);
                tokio::spawn(async move { admission.enter(Lane::Ordinary, PATIENCE).await })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(admission.has_waiting(14));
        assert!(admission.has_waiting(1_000));
        let begun = tokio::time::Instant::now();
        let refused = admission.enter(Lane::Ordinary, PATIENCE).await;
        assert_eq!(refused.unwrap_err(), NotAdmitted::Full);
        assert!(begun.elapsed().is_zero());
        // The urgent ones have places of their own.
        assert!(admission.try_enter(Lane::Urgent).is_ok());
        for waiting in waiting {
            assert!(waiting.await.unwrap().is_err());
        }
        assert!(!admission.has_waiting(1));
    }
}
