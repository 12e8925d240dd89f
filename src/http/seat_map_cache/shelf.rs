//! What was rendered lately, within bounds of its own: whoever asks for many odd things pushes out
//! other odd things, and never what everybody reads.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use tokio::sync::{Mutex, MutexGuard, watch};

/// Renderings by key, the least recently used of which leave first.
#[derive(Debug)]
pub(super) struct Shelf<K: Eq + Hash, T> {
    slots: DashMap<K, Arc<Slot<T>>>,
    bounds: Bounds,
    /// Counts uses, so that it can be told which came last.
    uses: AtomicU64,
}

/// How much a shelf keeps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) slots_max: usize,
    pub(super) bytes_max: usize,
}

/// Something whose bytes count.
pub(super) trait Weight {
    /// How many.
    fn weight(&self) -> usize;
}

/// The latest rendering of one thing.
#[derive(Debug)]
pub(super) struct Slot<T> {
    latest: watch::Sender<Option<Arc<T>>>,
    /// The next rendering is made by whoever holds it, and the others wait for it.
    turn: Mutex<()>,
    used: AtomicU64,
}

impl<K: Eq + Hash + Copy, T: Weight + Send + Sync> Shelf<K, T> {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            slots: DashMap::new(),
            bounds,
            uses: AtomicU64::new(0),
        }
    }

    /// The slot of a key, for which others leave if need be.
    pub(super) fn slot(&self, key: K) -> Arc<Slot<T>> {
        let used = self.uses.fetch_add(1, Ordering::Relaxed);
        if let Some(slot) = self.slots.get(&key) {
            slot.used.store(used, Ordering::Relaxed);
            return Arc::clone(&slot);
        }
        if self.slots.len() >= self.bounds.slots_max || self.weight() > self.bounds.bytes_max {
            self.make_room();
        }
        let slot = self
            .slots
            .entry(key)
            .or_insert_with(|| Arc::new(Slot::new(used)));
        Arc::clone(&slot)
    }

    /// Lets a quarter of what nobody is reading go, the least recently used first, and more while
    /// the rest is still too heavy.
    pub(super) fn make_room(&self) {
        let idle = self
            .slots
            .iter()
            .filter(|slot| Arc::strong_count(slot) == 1);
        let mut idle: Vec<(u64, K, usize)> = idle
            .map(|slot| {
                (
                    slot.used.load(Ordering::Relaxed),
                    *slot.key(),
                    slot.weight(),
                )
            })
            .collect();
        idle.sort_unstable_by_key(|&(used, _, _)| used);
        let mut weight = self.weight();
        let at_least = idle.len().div_ceil(4);
        for (count, (_, key, lost)) in idle.into_iter().enumerate() {
            if count >= at_least && weight <= self.bounds.bytes_max {
                return;
            }
            self.slots
                .remove_if(&key, |_, slot| Arc::strong_count(slot) == 1);
            weight = weight.saturating_sub(lost);
        }
    }

    /// Slots in use.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    fn weight(&self) -> usize {
        self.slots.iter().map(|slot| slot.weight()).sum()
    }
}

impl<T: Weight + Send + Sync> Slot<T> {
    fn new(used: u64) -> Self {
        Self {
            latest: watch::Sender::new(None),
            turn: Mutex::new(()),
            used: AtomicU64::new(used),
        }
    }

    /// What was rendered last.
    pub(super) fn latest(&self) -> Option<Arc<T>> {
        self.latest.borrow().clone()
    }

    /// Waits for one's turn to render; somebody may have done so meanwhile.
    pub(super) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Keeps a rendering.
    pub(super) fn keep(&self, rendered: &Arc<T>) {
        self.latest.send_replace(Some(Arc::clone(rendered)));
    }

    fn weight(&self) -> usize {
        self.latest().map_or(0, |latest| latest.weight())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bytes(usize);

    impl Weight for Bytes {
        fn weight(&self) -> usize {
            self.0
        }
    }

    fn shelf(slots_max: usize, bytes_max: usize) -> Shelf<usize, Bytes> {
        Shelf::new(Bounds {
            slots_max,
            bytes_max,
        })
    }

    #[test]
    fn however_many_things_are_asked_for_the_bounds_hold() {
        let shelf = shelf(16, 1_000);
        for key in 0..10_000 {
            shelf.slot(key).keep(&Arc::new(Bytes(100)));
            assert!(shelf.len() <= 16);
            assert!(shelf.weight() <= 1_100);
        }
    }

    #[test]
    fn what_is_read_again_and_again_stays() {
        let shelf = shelf(16, 1_000_000);
        let hot = Arc::new(Bytes(1));
        shelf.slot(0).keep(&hot);
        for key in 1..10_000 {
            shelf.slot(key).keep(&Arc::new(Bytes(1)));
            assert!(
                shelf
                    .slot(0)
                    .latest()
                    .is_some_and(|kept| Arc::ptr_eq(&kept, &hot))
            );
        }
    }
}
