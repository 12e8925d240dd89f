//! All holds of a showtime: live ones with their deadlines, and the lately ended ones.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, VecDeque};

use rustc_hash::FxHashMap;

use crate::ids::HoldId;
use crate::limits::ENDED_HOLDS_REMEMBERED;
use crate::rejection::HoldEnd;
use crate::snapshot::{HoldImage, HoldLife};
use crate::timestamp::Timestamp;

/// A hold's place in memory; valid until the hold is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HoldSlot(pub(crate) u32);

#[derive(Debug, Default)]
pub(crate) struct Holds {
    slots: Vec<Option<HoldImage>>,
    vacant: Vec<HoldSlot>,
    by_id: FxHashMap<HoldId, HoldSlot>,
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
            // Live and remembered holds are far fewer than 2^30: each live one has a place.
            HoldSlot(u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX))
        });
        id.insert(slot);
        self.deadlines.insert((hold.expires_at, slot));
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
            self.remember(slot);
        }
    }

    /// Adds a hold that had ended before, for restoring; they come in the order of their ends.
    pub(crate) fn insert_ended(&mut self, hold: HoldImage) -> Option<HoldSlot> {
        let deadline = hold.expires_at;
        let slot = self.insert(hold)?;
        self.deadlines.remove(&(deadline, slot));
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

    /// Remembered ended holds, the longest ended first.
    pub(crate) fn ended(&self) -> impl Iterator<Item = &HoldImage> {
        self.ended.iter().filter_map(|&slot| self.get(slot))
    }

    /// Whether the deadline index and the holds agree, said for every live hold once.
    pub(crate) fn deadlines_agree(&self) -> bool {
        let agree = |&(at, slot): &(Timestamp, HoldSlot)| {
            self.get(slot).is_some_and(|hold| {
                hold.expires_at == at && !matches!(hold.life, HoldLife::Ended(_))
            })
        };
        self.deadlines.iter().all(agree)
            && self.by_id.len() == self.deadlines.len() + self.ended.len()
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
