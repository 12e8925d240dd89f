//! The bound on work that is admitted but not yet durable.
//!
//! A reservation is taken before a command enters an owner's mailbox and given back when its
//! entries are durable, so mailboxes, journal and replies together hold a bounded number.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Counts reservations against a bound.
#[derive(Debug)]
pub struct Backlog {
    limit: usize,
    /// Places that only urgent work may take.
    reserve: usize,
    taken: AtomicUsize,
    drained: AtomicU64,
}

/// Which work may use the last places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// New holds: the first to be refused.
    Ordinary,
    /// Confirms, cancels, releases and the owners' own expiries.
    Urgent,
}

impl Backlog {
    /// A backlog of at most `limit` reservations, an eighth of which only urgent work may take.
    pub fn new(limit: usize) -> Arc<Self> {
        let limit = limit.max(8);
        Arc::new(Self {
            limit,
            reserve: limit / 8,
            taken: AtomicUsize::new(0),
            drained: AtomicU64::new(0),
        })
    }

    /// Takes a place, or says at once that there is none.
    pub fn reserve(self: &Arc<Self>, lane: Lane) -> Option<Reservation> {
        let limit = match lane {
            Lane::Ordinary => self.limit - self.reserve,
            Lane::Urgent => self.limit,
        };
        if self.taken.fetch_add(1, Ordering::Relaxed) >= limit {
            self.taken.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(Reservation {
            backlog: Arc::clone(self),
        })
    }

    /// The most reservations there can be.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Reservations taken now.
    pub fn len(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reservations given back since the start, from which the drain rate follows.
    pub fn drained(&self) -> u64 {
        self.drained.load(Ordering::Relaxed)
    }
}

/// One place in the backlog; dropping it gives the place back.
#[derive(Debug)]
pub struct Reservation {
    backlog: Arc<Backlog>,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.backlog.taken.fetch_sub(1, Ordering::Relaxed);
        self.backlog.drained.fetch_add(1, Ordering::Relaxed);
    }
}
