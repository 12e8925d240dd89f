//! Groups of one size, one after the other, until there is no room for another.

use proptest::collection::vec;
use proptest::prelude::{any, prop_assert_eq};
use proptest::proptest;
use seating::command::Want;
use seating::rejection::PlaceStatus;
use seating::sale_terms::SaleTerms;
use seating::seat_layout::spec::{Position, RowSeatsSpec, RowSpec, SeatSpec, SectionKindSpec};
use testkit::commands::{best, buyer, hold, release, seats};
use testkit::layouts::TestLayout;
use testkit::rehearsal::Rehearsal;

proptest! {
    /// Rows that groups of one size fill to the last seat sell out to them, whatever was held
    /// and given back before.
    #[test]
    fn rows_sell_out_to_groups_that_fill_them(
        quantity in 2..5_u32,
        rows in vec(1..8_u32, 1..6),
        bend in 0..40_i32,
        stage in (-3_000..3_000_i32, -3_000..3_000_i32),
        before in vec((1..7_u32, any::<bool>()), 0..12),
    ) {
        let lengths: Vec<u32> = rows.iter().map(|groups| groups * quantity).collect();
        let mut hall = hall(&lengths, bend, stage);
        hold_and_give_back(&mut hall, &before);
        let capacity: u32 = lengths.iter().sum();
        prop_assert_eq!(hall.available(), capacity);
        let sold = sell_out(&mut hall, quantity);
        prop_assert_eq!((sold, hall.available()), (capacity / quantity, 0));
    }

    /// Where rows are no multiple of the group, no row keeps more seats empty than it must.
    #[test]
    fn couples_leave_one_seat_of_an_odd_row_and_none_of_an_even_one(
        rows in vec(2..40_u32, 1..6),
        stage in (-3_000..3_000_i32, -3_000..3_000_i32),
    ) {
        let mut hall = hall(&rows, 0, stage);
        sell_out(&mut hall, 2);
        let odd = rows.iter().filter(|length| *length % 2 == 1).count();
        prop_assert_eq!(hall.available() as usize, odd);
    }
}

#[test]
fn rows_of_seventeen_to_twenty_four_sell_all_that_couples_can_take() {
    let rows: Vec<u32> = (17..25).collect();
    let mut hall = TestLayout::of_rows(&rows).open(SaleTerms::default());
    assert_eq!(sell_out(&mut hall, 2), 80);
    assert_eq!(hall.available(), 4, "160 of 164 are sold: 97.6 %");
}

#[test]
fn the_price_of_packing_is_never_a_worse_row() {
    let mut hall = TestLayout::of_rows(&[20, 20]).open(SaleTerms::default());
    for number in 1..=10 {
        let pair = hold(number, buyer(number), Want::BestAvailable(best(2)));
        hall.ask(&pair).unwrap();
    }
    let front = (0..20).filter(|seat| is_free(&hall, *seat)).count();
    let sold_behind = 20 - (20..40).filter(|seat| is_free(&hall, *seat)).count();
    assert!(
        front > 0 && sold_behind > 0,
        "the middle of the second row is nearer than the ends"
    );
}

/// Rows of these lengths behind one another, each bent a little, before a stage anywhere.
fn hall(lengths: &[u32], bend: i32, stage: (i32, i32)) -> Rehearsal {
    let row = |(at, &length): (usize, &u32)| {
        let behind = i32::try_from(at).unwrap() * 120;
        let seat = |number: i32| SeatSpec {
            id: format!("{at}-{number}"),
            number: number.to_string(),
            price_tier: "T".to_owned(),
            position: Position {
                x: number * 100,
                y: behind + bend * number * (i32::try_from(length).unwrap() - number) / 40,
            },
        };
        RowSpec {
            label: at.to_string(),
            seats: RowSeatsSpec::Listed((0..i32::try_from(length).unwrap()).map(seat).collect()),
        }
    };
    let rows = lengths.iter().enumerate().map(row).collect();
    let (x, y) = stage;
    let stage = Some(Position { x, y });
    let described = TestLayout::empty().tier("T", 1);
    described
        .with("S", SectionKindSpec::Reserved { rows, stage })
        .open(SaleTerms::default())
}

/// Holds of some sizes, every other of seats by name, and all of them given back.
fn hold_and_give_back(hall: &mut Rehearsal, wishes: &[(u32, bool)]) {
    let mut held = Vec::new();
    for (number, &(quantity, by_name)) in (1_000..).zip(wishes) {
        let want = if by_name {
            let capacity = u32::try_from(hall.map.layout().seat_count()).unwrap();
            let free = (0..capacity).filter(|seat| is_free(hall, *seat));
            let third: Vec<u32> = free.step_by(3).take(1).collect();
            seats(third)
        } else {
            Want::BestAvailable(best(quantity))
        };
        if hall.ask(&hold(number, buyer(number), want)).is_ok() {
            held.push(number);
        }
    }
    for number in held {
        hall.ask(&release(number, buyer(number))).unwrap();
    }
}

fn is_free(hall: &Rehearsal, seat: u32) -> bool {
    hall.status(seat) == PlaceStatus::Available
}

/// How many groups found room.
fn sell_out(hall: &mut Rehearsal, quantity: u32) -> u32 {
    let mut sold = 0;
    for number in 1.. {
        let wanted = hold(number, buyer(number), Want::BestAvailable(best(quantity)));
        if hall.ask(&wanted).is_err() {
            break;
        }
        sold += 1;
    }
    sold
}
