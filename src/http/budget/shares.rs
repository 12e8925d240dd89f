//! How much of a budget one address may have on its way: whoever takes many answers slowly uses up
//! their own share and not everybody's.
//!
//! Shared bytes count once, however many clients of an address are taking them: a crowd behind one
//! address that looks at one seat map has one answer on its way.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

use crate::http::door::ClientAddress;

/// What is on its way, by address. An address that has nothing on its way takes no memory.
#[derive(Debug)]
pub(super) struct Shares {
    bytes_max: usize,
    takers: DashMap<ClientAddress, Taker>,
}

/// What is on its way to one address.
#[derive(Debug, Default)]
struct Taker {
    bytes: usize,
    /// Answers that nobody shares.
    own: usize,
    /// How many clients are taking a shared one, by its address in memory, which no other answer has
    /// as long as anybody takes it.
    shared: HashMap<usize, usize>,
}

/// Bytes that are on their way to an address for as long as anybody holds any of them.
struct OnTheWay {
    bytes: Bytes,
    are_shared: bool,
    address: ClientAddress,
    shares: Arc<Shares>,
}

impl Shares {
    /// Of so many bytes each.
    pub(super) fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self {
            bytes_max,
            takers: DashMap::new(),
        })
    }

    /// Accounts for bytes that are sent to an address; `None` when too much else is on its way to it.
    /// A single answer always may be, however large.
    pub(super) fn send(
        self: &Arc<Self>,
        address: ClientAddress,
        bytes: Bytes,
        are_shared: bool,
    ) -> Option<Bytes> {
        let mut taker = self.takers.entry(address).or_default();
        let admitted = taker.admits(&bytes, are_shared, self.bytes_max);
        drop(taker);
        admitted.then(|| {
            Bytes::from_owner(OnTheWay {
                bytes,
                are_shared,
                address,
                shares: Arc::clone(self),
            })
        })
    }

    fn taken(&self, address: ClientAddress, bytes: &Bytes, are_shared: bool) {
        if let Entry::Occupied(mut entry) = self.takers.entry(address) {
            entry.get_mut().has_taken(bytes, are_shared);
            if entry.get().has_nothing() {
                entry.remove();
            }
        }
    }
}

impl Taker {
    fn has_nothing(&self) -> bool {
        self.own == 0 && self.shared.is_empty()
    }

    fn admits(&mut self, bytes: &Bytes, are_shared: bool, bytes_max: usize) -> bool {
        if are_shared && let Some(clients) = self.shared.get_mut(&place(bytes)) {
            *clients += 1;
            return true;
        }
        let all = self.bytes + bytes.len();
        if all > bytes_max && !self.has_nothing() {
            return false;
        }
        self.bytes = all;
        if are_shared {
            self.shared.insert(place(bytes), 1);
        } else {
            self.own += 1;
        }
        true
    }

    fn has_taken(&mut self, bytes: &Bytes, are_shared: bool) {
        if !are_shared {
            self.own -= 1;
            self.bytes -= bytes.len();
        } else if let Some(clients) = self.shared.get_mut(&place(bytes)) {
            *clients -= 1;
            if *clients == 0 {
                self.shared.remove(&place(bytes));
                self.bytes -= bytes.len();
            }
        }
    }
}

fn place(bytes: &Bytes) -> usize {
    bytes.as_ptr().addr()
}

impl AsRef<[u8]> for OnTheWay {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for OnTheWay {
    fn drop(&mut self) {
        self.shares
            .taken(self.address, &self.bytes, self.are_shared);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> ClientAddress {
        ClientAddress::of([192, 0, 2, last].into())
    }

    fn answer(bytes: usize) -> Bytes {
        Bytes::from(vec![7; bytes])
    }

    #[test]
    fn an_address_has_its_share_and_others_have_theirs() {
        for are_shared in [false, true] {
            let shares = Shares::new(100);
            let send = |to, bytes| shares.send(address(to), answer(bytes), are_shared);
            let first = send(1, 60).unwrap();
            assert!(send(1, 41).is_none());
            let second = send(1, 40).unwrap();
            assert!(send(2, 60).is_some());
            let piece = first.slice(50..);
            drop(first);
            assert!(send(1, 1).is_none());
            drop(piece);
            assert!(send(1, 60).is_some());
            drop(second);
            assert!(shares.takers.is_empty());
        }
    }

    #[test]
    fn one_answer_may_be_larger_than_a_share() {
        let shares = Shares::new(100);
        let large = shares.send(address(1), answer(1_000), false).unwrap();
        assert_eq!(large.len(), 1_000);
        assert!(shares.send(address(1), answer(1), false).is_none());
    }

    #[test]
    fn a_crowd_that_takes_the_same_bytes_has_one_answer_on_its_way_if_they_are_shared() {
        let map = answer(80);
        for (are_shared, served) in [(true, 1_000), (false, 1)] {
            let shares = Shares::new(100);
            let crowd: Vec<_> = (0..1_000)
                .filter_map(|_| shares.send(address(1), map.clone(), are_shared))
                .collect();
            assert_eq!(crowd.len(), served);
            assert!(shares.send(address(1), answer(21), false).is_none());
            drop(crowd);
            assert!(shares.takers.is_empty());
        }
    }
}
