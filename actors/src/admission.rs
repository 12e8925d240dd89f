//! A bound on what waits for one owner, because ractor's mailboxes have none.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use seating::command::Command;
use seating::journal::backlog::{Lane, Reservation};

/// Set in the count once the owner takes nothing more.
const CLOSED: usize = 1 << (usize::BITS - 1);

/// Counts the calls that wait for or run in one owner.
#[derive(Debug)]
pub(crate) struct Admission {
    in_flight: AtomicUsize,
    max: usize,
}

/// A call admitted.
#[derive(Debug)]
pub(crate) struct Permit {
    /// Travels with the event into the journal.
    pub(crate) reservation: Reservation,
    /// Stays until the call is answered.
    pub(crate) seat: InFlight,
}

/// One call in flight; dropping it makes room for another.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<Admission>);

/// Why a call is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotAdmitted {
    /// As many as allowed are in flight.
    Full,
    /// The owner has left; ask the directory again.
    Closed,
}

impl Admission {
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self {
            in_flight: AtomicUsize::new(0),
            max: max.max(8),
        })
    }

    /// Admits a call, or says at once why not. The last eighth is for urgent ones.
    pub(crate) fn enter(self: &Arc<Self>, lane: Lane) -> Result<InFlight, NotAdmitted> {
        let max = match lane {
            Lane::Ordinary => self.max - self.max / 8,
            Lane::Urgent => self.max,
        };
        let before = self.in_flight.fetch_add(1, Ordering::AcqRel);
        if before < max {
            return Ok(InFlight(Arc::clone(self)));
        }
        self.in_flight.fetch_sub(1, Ordering::AcqRel);
        Err(if before & CLOSED == 0 {
            NotAdmitted::Full
        } else {
            NotAdmitted::Closed
        })
    }

    /// Closes the door if nobody is inside, so that an owner can leave without losing a call.
    pub(crate) fn close_if_empty(&self) -> bool {
        let empty = self
            .in_flight
            .compare_exchange(0, CLOSED, Ordering::AcqRel, Ordering::Acquire);
        empty.is_ok()
    }

    /// Whether the owner behind the door has left.
    pub(crate) fn is_closed(&self) -> bool {
        self.in_flight.load(Ordering::Acquire) & CLOSED != 0
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}

/// New holds are what a flood consists of; whatever frees or sells places goes before them.
pub(crate) fn lane_of(command: &Command) -> Lane {
    match command {
        Command::Hold(_) | Command::Extend { .. } => Lane::Ordinary,
        Command::Release { .. }
        | Command::BeginPayment { .. }
        | Command::Confirm(_)
        | Command::ConfirmLate { .. }
        | Command::ExpireDue
        | Command::CancelBooking { .. }
        | Command::Block(_)
        | Command::Unblock(_)
        | Command::Reconfigure(_) => Lane::Urgent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_eighth_is_for_urgent_calls() {
        let admission = Admission::new(16);
        let ordinary: Vec<_> =
            std::iter::from_fn(|| admission.enter(Lane::Ordinary).ok()).collect();
        assert_eq!(ordinary.len(), 14);
        let urgent: Vec<_> = std::iter::from_fn(|| admission.enter(Lane::Urgent).ok()).collect();
        assert_eq!(urgent.len(), 2);
        drop((ordinary, urgent));
        assert!(admission.enter(Lane::Ordinary).is_ok());
    }

    #[test]
    fn a_closed_door_stays_closed() {
        let admission = Admission::new(16);
        let inside = admission.enter(Lane::Urgent);
        assert!(!admission.close_if_empty());
        drop(inside);
        assert!(admission.close_if_empty());
        assert_eq!(
            admission.enter(Lane::Urgent).unwrap_err(),
            NotAdmitted::Closed
        );
        assert!(admission.is_closed());
    }
}
