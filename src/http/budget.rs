//! A bound, in bytes, on what answers occupy.

mod shares;

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::door::ClientAddress;
use shares::Shares;

/// An answer up to this size that goes out over HTTP/1 is bounded by the number of connections.
pub const ANSWER_BYTES_SMALL: u64 = 8 * 1_024;

/// Marks an answer whose bytes many share, and which were accounted for when they were made.
#[derive(Clone, Copy, Debug)]
pub struct Shared;

/// Memory for the bytes of answers. A part is kept for small ones, so that slow readers of seat maps
/// never delay the answer to a hold.
#[derive(Debug)]
pub struct Budget {
    large_bytes: usize,
    large: BudgetPart,
    small: BudgetPart,
}

/// Memory for answers of a kind.
#[derive(Debug)]
struct BudgetPart {
    places: Arc<Semaphore>,
    shares: Arc<Shares>,
}

/// The part for small answers, of the whole.
const SMALL_SHARE: usize = 6;

/// The share of a part that may be on its way to one address: less than what shelves and pages leave.
const ADDRESS_SHARE: usize = 8;

/// Why an answer cannot be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRoom {
    /// All memory for answers is occupied.
    Full,
    /// Its address has too many answers on their way that it does not take.
    Untaken,
}

/// Bytes that occupy a part of a budget for as long as anybody holds any of them.
struct Weighed {
    bytes: Bytes,
    _place: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Weighed {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Room for bytes that are still to be made.
#[derive(Debug)]
pub struct Room(OwnedSemaphorePermit);

impl Budget {
    /// Of so many bytes.
    pub fn new(bytes: usize) -> Arc<Self> {
        let small = bytes / SMALL_SHARE;
        Arc::new(Self {
            large_bytes: bytes - small,
            large: BudgetPart::new(bytes - small),
            small: BudgetPart::new(small),
        })
    }

    /// So many hundredths of the memory for large answers.
    pub const fn percent(&self, of_hundred: usize) -> usize {
        self.large_bytes / 100 * of_hundred
    }

    /// Bytes that are free for large answers.
    pub fn free(&self) -> usize {
        self.large.places.available_permits()
    }

    /// Room for so many bytes of large answers; `None` when there is not as much.
    pub fn room(&self, bytes: usize) -> Option<Room> {
        self.large.room(bytes)
    }

    /// The bytes of an answer to this address, accounted for.
    ///
    /// # Errors
    ///
    /// [`NoRoom::Full`] when the memory for answers is taken, [`NoRoom::Untaken`] when this address has
    /// too many answers on their way.
    pub fn weigh(&self, bytes: Bytes, address: Option<ClientAddress>) -> Result<Bytes, NoRoom> {
        let bytes = self.share(bytes, address, false)?;
        let room = self.part(&bytes).room(bytes.len());
        Ok(room.ok_or(NoRoom::Full)?.fill(bytes))
    }

    /// Sends bytes that many share, which were accounted for when they were made.
    ///
    /// # Errors
    ///
    /// [`NoRoom::Untaken`] when this address has too many answers on their way.
    pub fn send(&self, bytes: Bytes, address: Option<ClientAddress>) -> Result<Bytes, NoRoom> {
        self.share(bytes, address, true)
    }

    fn share(
        &self,
        bytes: Bytes,
        address: Option<ClientAddress>,
        are_shared: bool,
    ) -> Result<Bytes, NoRoom> {
        let Some(address) = address else {
            return Ok(bytes);
        };
        let shares = &self.part(&bytes).shares;
        shares
            .send(address, bytes, are_shared)
            .ok_or(NoRoom::Untaken)
    }

    const fn part(&self, bytes: &Bytes) -> &BudgetPart {
        if bytes.len() as u64 <= ANSWER_BYTES_SMALL {
            &self.small
        } else {
            &self.large
        }
    }
}

impl BudgetPart {
    fn new(bytes: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(bytes)),
            shares: Shares::new(bytes / ADDRESS_SHARE),
        }
    }

    fn room(&self, bytes: usize) -> Option<Room> {
        let bytes = u32::try_from(bytes).ok()?;
        let place = Arc::clone(&self.places).try_acquire_many_owned(bytes);
        place.ok().map(Room)
    }
}

impl Room {
    /// How large it is.
    pub fn bytes(&self) -> usize {
        self.0.num_permits()
    }

    /// Both rooms in one.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.merge(other.0);
        self
    }

    /// The bytes in their room, which is given back when the last of them is dropped. What is not
    /// needed of it is given back at once.
    pub fn fill(self, bytes: Bytes) -> Bytes {
        let mut place = self.0;
        let spare = place.num_permits().saturating_sub(bytes.len());
        drop(place.split(spare));
        Bytes::from_owner(Weighed {
            bytes,
            _place: place,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_occupy_their_room_until_the_last_slice_is_gone() {
        let budget = Budget::new(120);
        let room = budget.room(80).unwrap();
        assert!(budget.room(21).is_none());
        let bytes = room.fill(Bytes::from(vec![1; 60]));
        assert_eq!(budget.free(), 40);
        let slice = bytes.slice(10..20);
        drop(bytes);
        assert_eq!(budget.free(), 40);
        drop(slice);
        assert_eq!(budget.free(), 100);
        assert!(budget.weigh(Bytes::from(vec![1; 101]), None).is_err());
    }

    #[test]
    fn large_answers_leave_small_ones_their_part() {
        let small = usize::try_from(ANSWER_BYTES_SMALL).unwrap();
        let budget = Budget::new(6 * small);
        let _all = budget.room(5 * small).unwrap();
        assert!(budget.weigh(Bytes::from(vec![1; small + 1]), None).is_err());
        let one = budget.weigh(Bytes::from(vec![1; small]), None).unwrap();
        assert!(budget.weigh(Bytes::from(vec![1; 1]), None).is_err());
        drop(one);
        assert!(budget.weigh(Bytes::from(vec![1; 1]), None).is_ok());
    }
}
