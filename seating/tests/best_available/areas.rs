//! The best of a layout that has areas.

use seating::command::{BestAvailable, Command, Hold, Want};
use seating::entry::Decision;
use seating::places::Places;
use seating::rejection::Rejection;
use seating::sale_terms::SaleTerms;
use seating::seat_layout::{SeatIndex, SectionIndex, TierIndex};
use testkit::commands::{areas, best, block_places, buyer, hold, hold_id, release, wish};
use testkit::layouts::TestLayout;
use testkit::rehearsal::Rehearsal;

use crate::{refused, take};

#[test]
fn in_a_layout_of_areas_the_best_is_the_first_with_room_for_all() {
    let mut club = club();
    assert_eq!(places(&mut club, best(3)), of_areas(&[(0, 3)]));
    club.ask(&Command::Block(block_places(&[], &[(0, 20)])))
        .unwrap();
    assert_eq!(
        places(&mut club, best(6)),
        of_areas(&[(1, 6)]),
        "5 are left on the floor"
    );
    assert_eq!(places(&mut club, best(2)), of_areas(&[(0, 2)]));
}

#[test]
fn filters_are_for_areas_too() {
    let bar = BestAvailable {
        sections: vec![SectionIndex(1)],
        ..best(2)
    };
    assert_eq!(places(&mut club(), bar), of_areas(&[(1, 2)]));
    let cheap = BestAvailable {
        tiers: vec![TierIndex(1)],
        ..best(2)
    };
    assert_eq!(places(&mut club(), cheap), of_areas(&[(1, 2)]));
}

#[test]
fn who_wants_the_best_sits_while_there_are_seats_together() {
    let mut hall = hall();
    assert_eq!(
        places(&mut hall, best(2)),
        Places::of_seats([0, 1].map(SeatIndex))
    );
    take(&mut hall, &[0, 2]);
    assert_eq!(
        places(&mut hall, best(2)),
        of_areas(&[(1, 2)]),
        "the seats left are apart"
    );
}

#[test]
fn an_area_is_left_out_once_it_is_full() {
    let mut club = club();
    club.ask(&Command::Block(block_places(&[], &[(0, 25), (1, 8)])))
        .unwrap();
    assert_eq!(
        refused(&mut club, best(1)),
        Rejection::SoldOut { conflicts: vec![] }
    );
}

#[test]
fn a_group_is_in_several_areas_only_when_it_may_be_apart() {
    let mut club = club();
    club.ask(&Command::Block(block_places(&[], &[(0, 20)])))
        .unwrap();
    assert_eq!(
        refused(&mut club, best(9)),
        Rejection::NoBlock { quantity: 9 }
    );
    let apart = BestAvailable {
        allow_split: true,
        ..best(9)
    };
    assert_eq!(places(&mut club, apart), of_areas(&[(0, 5), (1, 4)]));
}

#[test]
fn places_given_back_count_as_free() {
    let mut club = club();
    club.ask(&Command::Block(block_places(&[], &[(0, 25), (1, 4)])))
        .unwrap();
    club.ask(&hold(1, buyer(1), areas(&[(1, 4)]))).unwrap();
    let swap = Command::Hold(Hold {
        replace: Some(hold_id(1)),
        ..wish(2, buyer(1), Want::BestAvailable(best(3)))
    });
    let Decision::Held(held) = club.ask(&swap).unwrap() else {
        panic!("not held");
    };
    assert_eq!(held.places, of_areas(&[(1, 3)]));
}

fn club() -> Rehearsal {
    TestLayout::empty()
        .tier("PAID", 20_000)
        .tier("FREE", 0)
        .area("FLOOR", "PAID", 25)
        .area("BAR", "FREE", 8)
        .open(SaleTerms::default())
}

fn hall() -> Rehearsal {
    TestLayout::empty()
        .tier("T", 1)
        .section("S", "T", &[("A", 4)])
        .area("PIT", "T", 10)
        .open(SaleTerms::default())
}

fn places(rehearsal: &mut Rehearsal, wanted: BestAvailable) -> Places {
    let number = u128::try_from(rehearsal.entries.len()).unwrap();
    let decision = rehearsal.ask(&hold(number, buyer(9), Want::BestAvailable(wanted)));
    let Ok(Decision::Held(held)) = decision else {
        panic!("{decision:?}");
    };
    rehearsal.ask(&release(number, buyer(9))).unwrap();
    held.places
}

fn of_areas(quantities: &[(u16, u32)]) -> Places {
    let Want::Places(places) = areas(quantities) else {
        panic!("not places");
    };
    places
}
