//! The age of a place that is kept: whatever is asked for, extended and replaced, no buyer keeps
//! one longer than the showtime says, and staff none longer than an hour.

use seating::command::{Command, Hold, Party, SaleTermsChange, Want};
use seating::entry::Decision;
use seating::rejection::Rejection;
use seating::sale_terms::SaleTerms;
use seating::timestamp::Timestamp;
use testkit::commands::{areas, buyer, hold_id, seats, staff, wish};
use testkit::rehearsal::Rehearsal;

use crate::{theatre, with};

#[test]
fn no_chain_of_replacements_outlives_the_cap() {
    for (by, cap) in [(buyer(1), 1_800), (staff(1), 3_600)] {
        let mut rehearsal = theatre();
        take(&mut rehearsal, by, 1, None, seats([0, 1])).unwrap();
        for number in 2.. {
            rehearsal.pass(100);
            let kept = if number % 2 == 0 { [1, 2] } else { [1, 0] };
            match take(&mut rehearsal, by, number, Some(number - 1), seats(kept)) {
                Ok(until) => assert!(until <= second(cap), "{until}"),
                Err(refused) => {
                    assert_eq!(refused, Rejection::HoldExpired);
                    break;
                }
            }
        }
        assert_eq!(rehearsal.now, second(cap));
    }
}

#[test]
fn an_area_is_kept_like_a_seat() {
    let mut rehearsal = theatre();
    take(&mut rehearsal, buyer(1), 1, None, areas(&[(1, 1)])).unwrap();
    rehearsal.pass(500);
    let until = take(&mut rehearsal, buyer(1), 2, Some(1), areas(&[(1, 3)]));
    assert_eq!(until, Ok(second(1_100)));
    let image = rehearsal.map.hold(hold_id(2)).unwrap();
    assert_eq!(image.began_at, second(0));
}

#[test]
fn a_swap_for_other_places_begins_again() {
    let mut rehearsal = theatre();
    take(&mut rehearsal, buyer(1), 1, None, seats([0, 1])).unwrap();
    rehearsal.pass(500);
    take(&mut rehearsal, buyer(1), 2, Some(1), seats([3, 4])).unwrap();
    assert_eq!(
        rehearsal.map.hold(hold_id(2)).unwrap().began_at,
        second(500)
    );
}

#[test]
fn the_age_is_that_of_the_oldest_place_also_after_it_was_given_up() {
    let mut rehearsal = theatre();
    take(&mut rehearsal, buyer(1), 1, None, seats([0])).unwrap();
    rehearsal.pass(300);
    take(&mut rehearsal, buyer(1), 2, Some(1), seats([0, 1])).unwrap();
    rehearsal.pass(300);
    take(&mut rehearsal, buyer(1), 3, Some(2), seats([1, 2])).unwrap();
    assert_eq!(rehearsal.map.hold(hold_id(3)).unwrap().began_at, second(0));
}

#[test]
fn extensions_and_replacements_share_one_cap() {
    let mut rehearsal = with(SaleTerms {
        hold_ttl_max_seconds: 900,
        ..SaleTerms::default()
    });
    take(&mut rehearsal, buyer(1), 1, None, seats([0])).unwrap();
    rehearsal.pass(500);
    let until = take(&mut rehearsal, buyer(1), 2, Some(1), seats([0, 1]));
    assert_eq!(until, Ok(second(900)));
    let extend = Command::Extend {
        hold: hold_id(2),
        by: buyer(1),
        seconds: 1,
    };
    let limit_seconds = 900;
    assert_eq!(
        rehearsal.ask(&extend),
        Err(Rejection::CannotExtend { limit_seconds })
    );
}

#[test]
fn a_lower_cap_takes_nothing_that_was_promised() {
    let mut rehearsal = theatre();
    take(&mut rehearsal, buyer(1), 1, None, seats([0])).unwrap();
    let lower = SaleTermsChange {
        hold_ttl_seconds: Some(60),
        hold_ttl_max_seconds: Some(60),
        ..SaleTermsChange::default()
    };
    rehearsal.ask(&Command::Reconfigure(lower)).unwrap();
    rehearsal.pass(590);
    let until = take(&mut rehearsal, buyer(1), 2, Some(1), seats([0, 1]));
    assert_eq!(until, Ok(second(600)), "what the first hold promised");
}

/// Holds for the usual time, and says until when.
fn take(
    rehearsal: &mut Rehearsal,
    by: Party,
    number: u128,
    replace: Option<u128>,
    want: Want,
) -> Result<Timestamp, Rejection> {
    let decision = rehearsal.ask(&Command::Hold(Hold {
        replace: replace.map(hold_id),
        ..wish(number, by, want)
    }))?;
    let Decision::Held(held) = &decision else {
        panic!("{decision:?}");
    };
    Ok(held.expires_at)
}

fn second(seconds: u32) -> Timestamp {
    Timestamp::default().plus_seconds(seconds)
}
