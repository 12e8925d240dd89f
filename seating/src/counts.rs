//! How many places are in which state.

use std::ops::{AddAssign, Sub};

/// Places of a section tier, section or layout, by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// In all.
    pub capacity: u32,
    /// Set aside while their buyers choose.
    pub held: u32,
    /// Set aside while their buyers pay.
    pub pinned: u32,
    /// Sold.
    pub booked: u32,
    /// Off sale.
    pub blocked: u32,
}

impl Counts {
    /// Of places that nobody has asked for yet; those that are not for sale are blocked.
    pub(crate) fn untouched(capacity: u32, for_sale: bool) -> Self {
        Self {
            capacity,
            blocked: if for_sale { 0 } else { capacity },
            ..Self::default()
        }
    }

    /// What is left for sale.
    pub fn available(&self) -> u32 {
        self.capacity.saturating_sub(self.taken())
    }

    /// What the public sees as reserved.
    pub fn reserved(&self) -> u32 {
        self.held + self.pinned
    }

    /// Everything not for sale; more than the capacity means that the showtime is oversold.
    pub fn taken(&self) -> u32 {
        self.held + self.pinned + self.booked + self.blocked
    }

    /// Places given away beyond the capacity; anything but 0 is a broken invariant.
    pub fn oversold(&self) -> u32 {
        self.taken().saturating_sub(self.capacity)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.capacity += other.capacity;
        self.held += other.held;
        self.pinned += other.pinned;
        self.booked += other.booked;
        self.blocked += other.blocked;
    }
}

/// The difference to an earlier count, by state, for metrics over all showtimes.
impl Sub for Counts {
    type Output = CountsChange;

    fn sub(self, earlier: Self) -> CountsChange {
        let change = |now: u32, then: u32| i64::from(now) - i64::from(then);
        CountsChange {
            available: change(self.available(), earlier.available()),
            reserved: change(self.reserved(), earlier.reserved()),
            booked: change(self.booked, earlier.booked),
            blocked: change(self.blocked, earlier.blocked),
        }
    }
}

/// A difference of two counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CountsChange {
    /// More for sale.
    pub available: i64,
    /// More reserved.
    pub reserved: i64,
    /// More sold.
    pub booked: i64,
    /// More off sale.
    pub blocked: i64,
}
