//! How much of a budget one address may have on its way: whoever takes many answers slowly uses up
//! their own share and not everybody's.
//!
//! The same bytes count once, however many clients of an address are taking them: a crowd behind one
//! address that looks at one map has one answer on its way.

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
    /// How many clients are taking an answer, by where in memory it is: no other is there as long as
    /// anybody takes it.
    answers: HashMap<usize, usize>,
}

/// Bytes that are on their way to an address for as long as anybody holds any of them.
struct OnTheWay {
    bytes: Bytes,
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

    /// Sends bytes to an address; `None` when too much else is on its way to it. One answer may be,
    /// however large.
    pub(super) fn send(self: &Arc<Self>, address: ClientAddress, bytes: Bytes) -> Option<Bytes> {
        let mut taker = self.takers.entry(address).or_default();
        let clients = taker.answers.get_mut(&place(&bytes));
        if let Some(clients) = clients {
            *clients += 1;
        } else {
            let all = taker.bytes + bytes.len();
            if all > self.bytes_max && !taker.answers.is_empty() {
                return None;
            }
            taker.bytes = all;
            taker.answers.insert(place(&bytes), 1);
        }
        drop(taker);
        Some(Bytes::from_owner(OnTheWay {
            bytes,
            address,
            shares: Arc::clone(self),
        }))
    }

    fn taken(&self, address: ClientAddress, bytes: &Bytes) {
        let Entry::Occupied(mut entry) = self.takers.entry(address) else {
            return;
        };
        let taker = entry.get_mut();
        if let Some(clients) = taker.answers.get_mut(&place(bytes)) {
            *clients -= 1;
            if *clients == 0 {
                taker.answers.remove(&place(bytes));
                taker.bytes -= bytes.len();
            }
        }
        if taker.answers.is_empty() {
            entry.remove();
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
        self.shares.taken(self.address, &self.bytes);
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
        let shares = Shares::new(100);
        let first = shares.send(address(1), answer(60)).unwrap();
        assert!(shares.send(address(1), answer(41)).is_none());
        let second = shares.send(address(1), answer(40)).unwrap();
        assert!(shares.send(address(2), answer(60)).is_some());
        let piece = first.slice(50..);
        drop(first);
        assert!(shares.send(address(1), answer(1)).is_none());
        drop(piece);
        assert!(shares.send(address(1), answer(60)).is_some());
        drop(second);
        assert!(shares.takers.is_empty());
    }

    #[test]
    fn one_answer_may_be_larger_than_a_share() {
        let shares = Shares::new(100);
        let large = shares.send(address(1), answer(1_000)).unwrap();
        assert_eq!(large.len(), 1_000);
        assert!(shares.send(address(1), answer(1)).is_none());
    }

    #[test]
    fn a_crowd_that_takes_the_same_bytes_has_one_answer_on_its_way() {
        let shares = Shares::new(100);
        let map = answer(80);
        let crowd: Vec<_> = (0..1_000)
            .filter_map(|_| shares.send(address(1), map.clone()))
            .collect();
        assert_eq!(crowd.len(), 1_000);
        assert!(shares.send(address(1), answer(21)).is_none());
        drop(crowd);
        assert!(shares.takers.is_empty());
    }
}
