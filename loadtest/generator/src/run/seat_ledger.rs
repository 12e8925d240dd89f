//! Who has which seat, as buyers were told: a second grant of a seat that nobody has begun to give
//! back is a double sale, whatever the server's own tables say.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::house::House;

#[derive(Debug)]
pub(crate) struct SeatLedger {
    house: House,
    taken: Vec<AtomicBool>,
    doubles: AtomicU64,
}

impl SeatLedger {
    pub(crate) fn new(house: House) -> Self {
        let taken = (0..house.seats()).map(|_| AtomicBool::new(false));
        Self {
            taken: taken.collect(),
            doubles: AtomicU64::new(0),
            house,
        }
    }

    /// Notes the seats of a grant, which the answer names.
    pub(crate) fn granted(&self, answer: &[u8], seats: &mut Vec<u32>) {
        let text = std::str::from_utf8(answer).unwrap_or_default();
        let named = text.split("\"seat_id\":\"").skip(1);
        let named = named.filter_map(|rest| self.house.index_of(rest.split('"').next()?));
        seats.extend(named);
        self.take(seats);
    }

    pub(crate) fn take(&self, seats: &[u32]) {
        for taken in seats.iter().filter_map(|seat| self.of(*seat)) {
            if taken.swap(true, Ordering::SeqCst) {
                self.doubles.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// From now on the server may give them to somebody else.
    pub(crate) fn give_back(&self, seats: &[u32]) {
        for taken in seats.iter().filter_map(|seat| self.of(*seat)) {
            taken.store(false, Ordering::SeqCst);
        }
    }

    pub(crate) fn doubles(&self) -> u64 {
        self.doubles.load(Ordering::Relaxed)
    }

    fn of(&self, seat: u32) -> Option<&AtomicBool> {
        self.taken.get(usize::try_from(seat).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_granted_twice_is_noticed() {
        let ledger = SeatLedger::new(House::of_seats(200));
        let answer = br#"{"data":{"seats":[{"seat_id":"MAIN-1-1"},{"seat_id":"MAIN-2-100"}]}}"#;
        let mut first = Vec::new();
        ledger.granted(answer, &mut first);
        assert_eq!((first.as_slice(), ledger.doubles()), (&[0, 199][..], 0));
        ledger.give_back(&first[..1]);
        ledger.granted(answer, &mut Vec::new());
        assert_eq!(ledger.doubles(), 1, "only one of them was given back");
    }
}
