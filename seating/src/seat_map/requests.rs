//! Answers to stamped requests: the newest whole, of the older ones only that they were given.
//!
//! What is remembered is bounded, so that no sum of requests fills an owner's memory. The oldest
//! answer is forgotten first, and its key goes into a filter of fixed size, which never denies a
//! key that it was given and seldom claims another. A key that the filter claims is looked up in
//! the journal by the caller, which then asks again and says how far it looked; see [`KnownRequest`].

use std::collections::VecDeque;
use std::collections::hash_map::Entry as Slot;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::entry::{Entry, RequestStamp};
use crate::ids::Seq;
use crate::limits::{FORGOTTEN_KEYS_BYTES, REQUESTS_REMEMBERED};

/// All stamped requests of a showtime. `MAX` is less only where tests want it to be.
#[derive(Debug)]
pub(crate) struct Requests<const MAX: usize = REQUESTS_REMEMBERED> {
    by_key: FxHashMap<u128, Arc<Entry>>,
    /// The oldest first.
    in_order: VecDeque<Arc<Entry>>,
    forgotten: Forgotten,
}

/// What is known of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KnownRequest {
    /// Nothing: it is to be decided.
    New,
    /// It was answered, and this was the answer.
    Answered(Arc<Entry>),
    /// Its key was used for another request.
    Reused,
    /// Its key may have been used for a request that is no longer remembered. Every forgotten entry
    /// is durable, because more newer ones are remembered than may be in progress: so the
    /// journal has it if there is one. A look-up is valid until an entry newer than the number given
    /// here is forgotten.
    MaybeForgotten,
}

impl<const MAX: usize> Default for Requests<MAX> {
    fn default() -> Self {
        Self {
            by_key: FxHashMap::default(),
            in_order: VecDeque::new(),
            forgotten: Forgotten::default(),
        }
    }
}

impl<const MAX: usize> Requests<MAX> {
    /// What is known of a request. `looked_up` says that its key was looked for in the journal and
    /// not found, after this owner had reached that entry.
    pub(crate) fn known(&self, stamp: RequestStamp, looked_up: Option<Seq>) -> KnownRequest {
        if let Some(entry) = self.by_key.get(&stamp.key) {
            return if entry.request == Some(stamp) {
                KnownRequest::Answered(Arc::clone(entry))
            } else {
                KnownRequest::Reused
            };
        }
        if !self.forgotten.claims(stamp.key) {
            return KnownRequest::New;
        }
        // An entry that used the key after the look-up is still remembered, unless even the
        // oldest remembered entry is newer than the look-up.
        let oldest = self.in_order.front().map_or(Seq::ZERO, |entry| entry.seq);
        match looked_up {
            Some(reached) if oldest <= reached => KnownRequest::New,
            Some(_) | None => KnownRequest::MaybeForgotten,
        }
    }

    /// Remembers the answer to a request, and forgets the oldest when that makes too many.
    /// `false` when the key has an answer already.
    pub(crate) fn remember(&mut self, key: u128, entry: Arc<Entry>) -> bool {
        let Slot::Vacant(slot) = self.by_key.entry(key) else {
            return false;
        };
        slot.insert(Arc::clone(&entry));
        self.in_order.push_back(entry);
        if self.in_order.len() > MAX
            && let Some(request) = self.in_order.pop_front().and_then(|entry| entry.request)
        {
            self.by_key.remove(&request.key);
            self.forgotten.add(request.key);
        }
        true
    }

    /// Takes over what an earlier owner had forgotten; `false` when it is not of the right size.
    pub(crate) fn restore_forgotten(&mut self, bytes: Vec<u8>) -> bool {
        let fits = bytes.is_empty() || bytes.len() == FORGOTTEN_KEYS_BYTES;
        self.forgotten = Forgotten(bytes);
        fits
    }

    /// The forgotten keys as they are kept; empty while nothing is forgotten.
    pub(crate) fn forgotten(&self) -> &[u8] {
        &self.forgotten.0
    }

    /// The remembered entries, the oldest first.
    pub(crate) fn remembered(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.in_order.iter()
    }

    /// How many are remembered.
    pub(crate) fn len(&self) -> usize {
        self.in_order.len()
    }
}

/// A Bloom filter of keys. They are digests, so their own bits are as good as any hash of them.
/// With the bits below and a million keys it claims one unknown key in fifty; the more it has, the
/// more it claims, which costs look-ups and nothing else.
#[derive(Debug, Default)]
struct Forgotten(Vec<u8>);

/// Bits that a key sets.
const BITS_PER_KEY: u32 = 5;
/// Bits of a key that name one bit of the filter.
const BITS_OF_INDEX: u32 = (FORGOTTEN_KEYS_BYTES * 8).ilog2();

const _: () = assert!(FORGOTTEN_KEYS_BYTES.is_power_of_two());
const _: () = assert!(BITS_PER_KEY * BITS_OF_INDEX <= u128::BITS);

impl Forgotten {
    fn add(&mut self, key: u128) {
        if self.0.is_empty() {
            self.0 = vec![0; FORGOTTEN_KEYS_BYTES];
        }
        for (at, bit) in places(key) {
            self.0[at] |= bit;
        }
    }

    fn claims(&self, key: u128) -> bool {
        !self.0.is_empty() && places(key).all(|(at, bit)| self.0[at] & bit != 0)
    }
}

/// The bytes and bits of a key.
fn places(key: u128) -> impl Iterator<Item = (usize, u8)> {
    (0..BITS_PER_KEY).map(move |number| {
        let index = key >> (number * BITS_OF_INDEX) & ((1 << BITS_OF_INDEX) - 1);
        // Cut to fewer bits than a usize has anywhere.
        let index = usize::try_from(index).unwrap_or_default();
        (index / 8, 1 << (index % 8))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Decision;
    use crate::timestamp::Timestamp;

    /// Digests as far apart as real ones.
    fn stamp(number: u64) -> RequestStamp {
        let mix = |salt: u64| {
            let mut bits = (number ^ salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            bits ^= bits >> 29;
            bits = bits.wrapping_mul(0xbf58_476d_1ce4_e5b9);
            u128::from(bits ^ bits >> 32)
        };
        RequestStamp {
            key: mix(1) << 64 | mix(2),
            fingerprint: u128::from(number),
        }
    }

    fn entry(number: u64) -> Arc<Entry> {
        Arc::new(Entry {
            seq: Seq(number),
            at: Timestamp::default(),
            request: Some(stamp(number)),
            by: None,
            decision: Decision::Expired { holds: Vec::new() },
        })
    }

    fn after<const MAX: usize>(count: u64) -> Requests<MAX> {
        let mut requests = Requests::default();
        for number in 1..=count {
            assert!(requests.remember(stamp(number).key, entry(number)));
        }
        requests
    }

    #[test]
    fn no_key_that_was_answered_is_ever_new() {
        let requests = after::<8>(10_000);
        for number in 1..=10_000 {
            let wanted = if number > 9_992 {
                KnownRequest::Answered(entry(number))
            } else {
                KnownRequest::MaybeForgotten
            };
            assert_eq!(requests.known(stamp(number), None), wanted, "{number}");
        }
        assert_eq!((requests.len(), requests.in_order.len()), (8, 8));
    }

    #[test]
    fn an_unknown_key_is_seldom_claimed() {
        let requests = after::<8>(100_000);
        let claimed = (200_000..300_000)
            .filter(|&number| requests.known(stamp(number), None) != KnownRequest::New)
            .count();
        assert!(claimed < 100, "{claimed} of 100,000");
    }

    #[test]
    fn nothing_is_set_aside_before_something_is_forgotten() {
        let mut requests = after::<8>(8);
        assert_eq!(requests.forgotten(), [0_u8; 0]);
        requests.remember(stamp(9).key, entry(9));
        assert_eq!(requests.forgotten().len(), FORGOTTEN_KEYS_BYTES);
    }

    #[test]
    fn a_look_up_holds_until_something_newer_is_forgotten() {
        let mut requests = after::<8>(100);
        let (forgotten, reached) = (stamp(1), Some(Seq(100)));
        assert_eq!(requests.known(forgotten, reached), KnownRequest::New);
        // Eight more, and a use of the key in between is still remembered.
        for number in 101..=107 {
            requests.remember(stamp(number).key, entry(number));
        }
        assert_eq!(requests.known(forgotten, reached), KnownRequest::New);
        requests.remember(stamp(108).key, entry(108));
        assert_eq!(
            requests.known(forgotten, reached),
            KnownRequest::MaybeForgotten
        );
        assert_eq!(requests.known(forgotten, Some(Seq(108))), KnownRequest::New);
    }

    #[test]
    fn a_reused_key_is_noticed_and_not_remembered_again() {
        let mut requests = after::<8>(8);
        let other = RequestStamp {
            fingerprint: 0,
            ..stamp(3)
        };
        assert_eq!(requests.known(other, None), KnownRequest::Reused);
        assert!(!requests.remember(stamp(3).key, entry(9)));
    }
}
