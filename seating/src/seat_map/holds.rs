//! All holds of a showtime: live ones with their deadlines, and the lately ended ones.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, VecDeque};
use std::ops::Bound;

use rustc_hash::FxHashMap;

use crate::ids::{BuyerId, HoldId};
use crate::limits::ENDED_HOLDS_REMEMBERED;
use crate::rejection::HoldEnd;
use crate::snapshot::{HoldImage, HoldLife};
use crate::timestamp::Timestamp;

/// A hold's place in memory; valid until the hold is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HoldSlot(pub(crate) u32);

/// The next older and the next newer live hold of a buyer.
#[derive(Clone, Copy, Debug, Default)]
struct Beside {
    older: Option<HoldSlot>,
    newer: Option<HoldSlot>,
}

#[derive(Debug, Default)]
pub(crate) struct Holds {
    slots: Vec<Option<HoldImage>>,
    vacant: Vec<HoldSlot>,
    by_id: FxHashMap<HoldId, HoldSlot>,
    /// The newest live hold of each buyer who has any.
    newest_of: FxHashMap<BuyerId, HoldSlot>,
    /// By slot, the live holds of the same buyer beside it.
    beside: Vec<Beside>,
    /// Live holds only, the earliest deadline first.
    deadlines: BTreeSet<(Timestamp, HoldSlot)>,
    /// The longest ended first.
    ended: VecDeque<HoldSlot>,
}

impl Holds {
    pub(crate) fn find(&self, id: HoldId) -> Option<(HoldSlot, &HoldImage)> {
        let slot = *self.by_id.get(&id)?;
        self.get(slot).map(|hold| (slot, hold))
    }

    pub(crate) fn get(&self, slot: HoldSlot) -> Option<&HoldImage> {
        self.slots.get(slot.0 as usize)?.as_ref()
    }

    /// Adds a live hold, unless its id is known.
    pub(crate) fn insert(&mut self, hold: HoldImage) -> Option<HoldSlot> {
        let Entry::Vacant(id) = self.by_id.entry(hold.id) else {
            return None;
        };
        let slot = self.vacant.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.beside.push(Beside::default());
            // Live and remembered holds are far fewer than 2^30: each live one has a place.
            HoldSlot(u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX))
        });
        id.insert(slot);
        self.deadlines.insert((hold.expires_at, slot));
        self.link(hold.buyer, slot);
        self.slots[slot.0 as usize] = Some(hold);
        Some(slot)
    }

    /// Moves a live hold's deadline, and pins it when `life` says so.
    pub(crate) fn update(&mut self, slot: HoldSlot, life: HoldLife, expires_at: Timestamp) {
        if let Some(hold) = &mut self.slots[slot.0 as usize] {
            self.deadlines.remove(&(hold.expires_at, slot));
            self.deadlines.insert((expires_at, slot));
            hold.expires_at = expires_at;
            hold.life = life;
        }
    }

    /// Ends a live hold and remembers it for a while.
    pub(crate) fn end(&mut self, slot: HoldSlot, how: HoldEnd) {
        if let Some(hold) = &mut self.slots[slot.0 as usize] {
            self.deadlines.remove(&(hold.expires_at, slot));
            hold.life = HoldLife::Ended(how);
            hold.from_blocked = None;
            let buyer = hold.buyer;
            self.unlink(buyer, slot);
            self.remember(slot);
        }
    }

    /// Adds a hold that had ended before, for restoring; they come in the order of their ends.
    pub(crate) fn insert_ended(&mut self, hold: HoldImage) -> Option<HoldSlot> {
        let (deadline, buyer) = (hold.expires_at, hold.buyer);
        let slot = self.insert(hold)?;
        self.deadlines.remove(&(deadline, slot));
        self.unlink(buyer, slot);
        self.remember(slot);
        Some(slot)
    }

    /// The earliest deadline of any live hold.
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|&(at, _)| at)
    }

    /// Holds whose deadline has come, the earliest first.
    pub(crate) fn due(&self, now: Timestamp) -> impl Iterator<Item = &HoldImage> {
        let due = self.deadlines.iter().take_while(move |(at, _)| *at <= now);
        due.filter_map(|&(_, slot)| self.get(slot))
    }

    /// Live and remembered ones.
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn live_count(&self) -> usize {
        self.deadlines.len()
    }

    /// Live holds with their slots, in no particular order.
    pub(crate) fn live(&self) -> impl Iterator<Item = (HoldSlot, &HoldImage)> {
        self.deadlines
            .iter()
            .filter_map(|&(_, slot)| self.get(slot).map(|hold| (slot, hold)))
    }

    /// A buyer's live holds, the last added first.
    pub(crate) fn of_buyer(&self, buyer: BuyerId) -> impl Iterator<Item = &HoldImage> {
        let newest = self.newest_of.get(&buyer).copied();
        let slots = std::iter::successors(newest, |slot| self.beside[slot.0 as usize].older);
        slots.filter_map(|slot| self.get(slot))
    }

    /// Live holds after a place in the order of their deadlines.
    pub(crate) fn after(
        &self,
        place: Option<(Timestamp, HoldSlot)>,
    ) -> impl Iterator<Item = ((Timestamp, HoldSlot), &HoldImage)> {
        let from = place.map_or(Bound::Unbounded, Bound::Excluded);
        let later = self.deadlines.range((from, Bound::Unbounded));
        later.filter_map(|&place| self.get(place.1).map(|hold| (place, hold)))
    }

    /// Remembered ended holds, the longest ended first.
    pub(crate) fn ended(&self) -> impl Iterator<Item = &HoldImage> {
        self.ended.iter().filter_map(|&slot| self.get(slot))
    }

    /// Whether the indexes by deadline and by buyer and the holds agree, said for every live hold once.
    pub(crate) fn deadlines_agree(&self) -> bool {
        let agree = |&(at, slot): &(Timestamp, HoldSlot)| {
            self.get(slot).is_some_and(|hold| {
                hold.expires_at == at && !matches!(hold.life, HoldLife::Ended(_))
            })
        };
        let of_buyers = self.newest_of.keys().map(|&buyer| {
            let own =
                |hold: &HoldImage| hold.buyer == buyer && !matches!(hold.life, HoldLife::Ended(_));
            self.of_buyer(buyer).filter(|hold| own(hold)).count()
        });
        self.deadlines.iter().all(agree)
            && self.by_id.len() == self.deadlines.len() + self.ended.len()
            && of_buyers.sum::<usize>() == self.deadlines.len()
    }

    fn link(&mut self, buyer: BuyerId, slot: HoldSlot) {
        let older = self.newest_of.insert(buyer, slot);
        if let Some(older) = older {
            self.beside[older.0 as usize].newer = Some(slot);
        }
        self.beside[slot.0 as usize] = Beside { older, newer: None };
    }

    fn unlink(&mut self, buyer: BuyerId, slot: HoldSlot) {
        let Beside { older, newer } = std::mem::take(&mut self.beside[slot.0 as usize]);
        if let Some(older) = older {
            self.beside[older.0 as usize].newer = newer;
        }
        match (newer, older) {
            (Some(newer), _) => self.beside[newer.0 as usize].older = older,
            (None, Some(older)) => drop(self.newest_of.insert(buyer, older)),
            (None, None) => drop(self.newest_of.remove(&buyer)),
        }
    }

    fn remember(&mut self, slot: HoldSlot) {
        self.ended.push_back(slot);
        if self.ended.len() <= ENDED_HOLDS_REMEMBERED {
            return;
        }
        if let Some(oldest) = self.ended.pop_front()
            && let Some(hold) = self.slots[oldest.0 as usize].take()
        {
            self.by_id.remove(&hold.id);
            self.vacant.push(oldest);
        }
    }
}
