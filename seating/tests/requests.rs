//! What a showtime remembers of its requests: bounded, and nothing answered is ever decided again.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::sync::Arc;

use seating::entry::RequestStamp;
use seating::limits::{ENDED_HOLDS_REMEMBERED, FORGOTTEN_KEYS_BYTES, REQUESTS_REMEMBERED};
use seating::sale_terms::SaleTerms;
use seating::seat_map::{Asked, Entries, Executed, SeatMap};
use testkit::commands::{buyer, hold, release, seats};
use testkit::layouts::TestLayout;
use testkit::rehearsal::Rehearsal;

const REQUESTS: u64 = 200_000;

#[test]
fn two_hundred_thousand_requests_are_bounded_and_the_first_is_never_taken_for_new() {
    let mut rehearsal = TestLayout::of_rows(&[2]).open(SaleTerms::default());
    for number in 0..REQUESTS / 2 {
        let pair = [
            (hold(number.into(), buyer(1), seats([0])), stamp(2 * number)),
            (release(number.into(), buyer(1)), stamp(2 * number + 1)),
        ];
        for (command, stamp) in pair {
            let answer = rehearsal.unchecked(&command, Some(stamp)).unwrap();
            assert_eq!(answer, Executed::Recorded);
            rehearsal.map.clear_changes();
        }
    }
    assert_bounded(&rehearsal.map);
    assert_first_is_forgotten_and_last_is_known(&mut rehearsal);

    // The next owner, whether it begins with a snapshot or with the whole history.
    let snapshot = rehearsal.map.snapshot().unwrap();
    let layout = Arc::clone(rehearsal.map.layout());
    let restored = SeatMap::restore(Arc::clone(&layout), snapshot.clone()).unwrap();
    let mut replayed = SeatMap::new(layout);
    for entry in &rehearsal.entries {
        replayed.apply(entry).unwrap();
        replayed.clear_changes();
    }
    for map in [restored, replayed] {
        assert!(map.snapshot().as_ref() == Some(&snapshot));
        rehearsal.map = map;
        assert_first_is_forgotten_and_last_is_known(&mut rehearsal);
    }
}

fn assert_bounded(map: &SeatMap) {
    assert!(map.records() <= REQUESTS_REMEMBERED + ENDED_HOLDS_REMEMBERED);
    let snapshot = map.snapshot().unwrap();
    assert_eq!(snapshot.outcomes.len(), REQUESTS_REMEMBERED);
    assert_eq!(snapshot.forgotten.len(), FORGOTTEN_KEYS_BYTES);
}

fn assert_first_is_forgotten_and_last_is_known(rehearsal: &mut Rehearsal) {
    let first = hold(0, buyer(1), seats([0]));
    let (seq, recorded) = (rehearsal.map.seq(), rehearsal.entries.len());
    let answer = rehearsal.unchecked(&first, Some(stamp(0)));
    assert_eq!(answer, Ok(Executed::Forgotten(seq)));
    let last = release(u128::from(REQUESTS / 2 - 1), buyer(1));
    let answer = rehearsal.unchecked(&last, Some(stamp(REQUESTS - 1)));
    let entry = rehearsal.entries.last().cloned().unwrap();
    assert_eq!(answer, Ok(Executed::Replayed(Arc::new(entry))));
    assert_eq!(rehearsal.entries.len(), recorded, "nothing was recorded");
}

/// A key that the filter claims although it was never used is decided once it has been looked up.
#[test]
fn a_key_that_is_in_no_journal_is_decided_after_the_look_up() {
    let mut rehearsal = TestLayout::of_rows(&[2]).open(SaleTerms::default());
    let forgotten = stamp(0);
    for number in 0..REQUESTS_REMEMBERED as u64 {
        let command = if number % 2 == 0 {
            hold(number.into(), buyer(1), seats([0]))
        } else {
            release(u128::from(number - 1), buyer(1))
        };
        let stamp = Some(stamp(number + 1));
        rehearsal.unchecked(&command, stamp).unwrap();
    }
    let snapshot = rehearsal.map.snapshot().unwrap();
    let layout = Arc::clone(rehearsal.map.layout());
    // A filter that claims everything, as after very many requests.
    let full = seating::snapshot::Snapshot {
        forgotten: vec![u8::MAX; FORGOTTEN_KEYS_BYTES],
        ..snapshot
    };
    let mut map = SeatMap::restore(layout, full).unwrap();
    let wanted = hold(9_999_999, buyer(1), seats([1]));
    let mut ask = |looked_up| {
        let mut entries = Entries::new();
        let stamp = forgotten;
        let asked = Asked { stamp, looked_up };
        let answer = map.execute(rehearsal.now, &wanted, Some(asked), &mut entries);
        answer.unwrap().unwrap()
    };
    let Executed::Forgotten(reached) = ask(None) else {
        unreachable!("the filter claims it");
    };
    assert_eq!(ask(Some(reached)), Executed::Recorded);
    assert!(matches!(ask(None), Executed::Replayed(_)));
}

#[test]
fn a_filter_of_another_size_is_refused() {
    let rehearsal = TestLayout::of_rows(&[2]).open(SaleTerms::default());
    let mut snapshot = rehearsal.map.snapshot().unwrap();
    snapshot.forgotten = vec![0; 7];
    let restored = SeatMap::restore(Arc::clone(rehearsal.map.layout()), snapshot);
    assert!(restored.is_err());
}

/// A digest, as the counter makes them: their bits are as good as random.
fn stamp(number: u64) -> RequestStamp {
    let half = |salt: u64| {
        let mut bits = (number ^ salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits ^= bits >> 29;
        bits = bits.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        u128::from(bits ^ bits >> 32)
    };
    RequestStamp {
        key: half(1) << 64 | half(2),
        fingerprint: u128::from(number),
    }
}
