//! From a spec to a layout: what is built, and what is refused with its place named.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use seating::seat_layout::spec::{
    LayoutSpec, NumbersSpec, Position, RowSeatsSpec, RowSpec, SeatSpec, SectionKindSpec,
};
use seating::seat_layout::{
    LayoutFault, RowIndex, SeatIndex, SeatLayout, SectionIndex, SectionKind, TierIndex,
};
use testkit::layouts::TestLayout;

#[test]
fn grid_seats_are_named_by_section_row_and_number() {
    let layout = TestLayout::of_rows(&[2, 3]).build();
    let ids: Vec<&str> = layout.seats().map(|seat| layout.seat_id(seat)).collect();
    assert_eq!(ids, ["S-A-1", "S-A-2", "S-B-1", "S-B-2", "S-B-3"]);
    let seat = layout.seat(SeatIndex(4));
    assert_eq!((seat.id, seat.row, seat.number), ("S-B-3", "B", "3"));
    assert_eq!((seat.section, seat.tier), (SectionIndex(0), TierIndex(0)));
}

#[test]
fn every_seat_is_found_by_its_id() {
    let layout = TestLayout::of_rows(&[12, 7, 30]).build();
    for seat in layout.seats() {
        assert_eq!(layout.find_seat(layout.seat_id(seat)), Some(seat));
    }
    for unknown in ["", "S-A-0", "S-A-13", "s-a-1", "S-A-1 ", "\u{0}"] {
        assert_eq!(layout.find_seat(unknown), None);
    }
}

#[test]
fn every_section_and_tier_is_found_by_its_code() {
    let codes = ["M", "Z", "A", "É", "AA", "a"];
    let mut described = TestLayout::empty();
    for code in codes {
        described = described.tier(code, 1);
    }
    for code in codes {
        described = described.section(code, code, &[("1", 2)]);
    }
    let layout = described.build();
    for (at, code) in (0..).zip(codes) {
        assert_eq!(layout.find_section(code), Some(SectionIndex(at)));
        let tier = layout.find_tier(code).unwrap();
        assert_eq!(layout.tier(tier).code, code);
    }
    for unknown in ["", "B", "AAA", "z"] {
        assert_eq!(layout.find_section(unknown), None);
        assert_eq!(layout.find_tier(unknown), None);
    }
}

#[test]
fn ids_and_numbers_may_be_of_any_script() {
    let seats = [
        ("औ-१", "१"),
        ("座席-２", "２"),
        ("🎭", "🎭"),
        ("ａ", "not its end"),
    ];
    let seats = seats.map(|(id, number)| listed(id, number, 0, 0)).to_vec();
    let layout = of_listed(seats.clone()).build();
    for (seat, spec) in layout.seats().zip(&seats) {
        assert_eq!(layout.seat(seat).id, spec.id);
        assert_eq!(layout.seat(seat).number, spec.number);
        assert_eq!(layout.find_seat(&spec.id), Some(seat));
    }
}

#[test]
fn seat_id_is_unique_in_the_whole_layout() {
    refuses(
        &of_listed(vec![listed("a", "1", 0, 0), listed("a", "2", 1, 0)]),
        "rows[",
    );
    let described = TestLayout::empty()
        .tier("T", 1)
        .section("S", "T", &[("A-1", 1), ("A", 1)])
        .section("S-A", "T", &[("1", 1)]);
    refuses(&described, "rows[");
}

#[test]
fn parts_of_a_row_may_share_a_label_but_not_numbers() {
    let part = |numbers: &[&str]| RowSpec {
        label: "A".to_owned(),
        seats: RowSeatsSpec::Grid {
            numbers: NumbersSpec::Each(numbers.iter().map(ToString::to_string).collect()),
            price_tier: "T".to_owned(),
        },
    };
    let described = |rows| {
        TestLayout::empty()
            .tier("T", 1)
            .with("S", SectionKindSpec::Reserved { rows, stage: None })
    };
    let layout = described(vec![part(&["1", "2"]), part(&["3"])]).build();
    assert_eq!(layout.rows().len(), 2);
    let xs: Vec<i32> = layout.seats().map(|seat| layout.position(seat).x).collect();
    assert_eq!(
        xs,
        [0, 100, 300],
        "one row, with an aisle that a seat would fit into"
    );
    assert_eq!(layout.position(SeatIndex(2)).y, 0);
    assert_eq!(layout.neighbours(RowIndex(0)), [RowIndex(1)]);
    refuses(&described(vec![part(&["1", "2"]), part(&["2"])]), "rows[");
}

#[test]
fn section_codes_and_tier_codes_are_there_once() {
    let described = TestLayout::empty().tier("T", 1).area("A", "T", 1);
    refuses(&described.clone().area("A", "T", 1), "sections[1].code");
    refuses(&described.tier("T", 2), "price_tiers[1].code");
}

#[test]
fn control_characters_are_refused_everywhere() {
    for bad in ["\n", "a\u{0}b", "\u{7f}", "\u{85}", "tab\t"] {
        refuses(
            &TestLayout::empty().tier(bad, 1).area("A", bad, 1),
            "price_tiers[0].code",
        );
        refuses(
            &TestLayout::empty().tier("T", 1).area(bad, "T", 1),
            "sections[0].code",
        );
        refuses(&grid(bad, 3), "sections[0].rows[0].row");
        refuses(
            &of_listed(vec![listed(bad, "1", 0, 0)]),
            "sections[0].rows[0].seats[0]",
        );
        refuses(
            &of_listed(vec![listed("a", bad, 0, 0)]),
            "sections[0].rows[0].seats[0]",
        );
    }
}

#[test]
fn empty_texts_and_lists_are_refused() {
    refuses(&TestLayout::empty(), "price_tiers");
    refuses(&TestLayout::empty().tier("T", 1), "sections");
    refuses(
        &TestLayout::empty().tier("", 1).area("A", "", 1),
        "price_tiers[0].code",
    );
    refuses(
        &TestLayout::empty().tier("T", 1).area("", "T", 1),
        "sections[0].code",
    );
    refuses(&grid("", 1), "sections[0].rows[0].row");
    refuses(&grid("A", 0), "sections[0].rows[0].seats");
    let no_rows: [(&str, u32); 0] = [];
    let no_rows = TestLayout::empty().tier("T", 1).section("S", "T", &no_rows);
    refuses(&no_rows, "sections[0].rows");
    refuses(
        &of_listed(vec![listed("", "1", 0, 0)]),
        "sections[0].rows[0].seats[0]",
    );
    of_listed(vec![listed("a", "", 0, 0)]).build();
}

#[test]
fn a_counted_row_is_the_place_of_its_seats() {
    let refusal = |rows: &[(&str, u32)]| {
        let described = TestLayout::empty().tier("T", 1).section("S", "T", rows);
        SeatLayout::build(&described.spec).unwrap_err().into_vec()
    };
    let twins = refusal(&[("A", 3), ("B", 2), ("A", 2), ("A", 1)]);
    let places: Vec<&str> = twins.iter().map(|twin| twin.path.as_str()).collect();
    assert_eq!(places, ["sections[0].rows[2]", "sections[0].rows[3]"]);
    let reason = &twins[0].reason;
    assert!(
        reason.starts_with("row \"A\" comes again, first at sections[0].rows[0], "),
        "{reason}"
    );
    let long = "x".repeat(200);
    let too_long = refusal(&[(&long, 30)]);
    let places: Vec<&str> = too_long.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(places, ["sections[0].rows[0]"]);
}

#[test]
fn unknown_tiers_are_refused() {
    refuses(
        &TestLayout::empty().tier("T", 1).area("A", "X", 1),
        "sections[0].price_tier",
    );
    let grid = TestLayout::empty()
        .tier("T", 1)
        .section("S", "X", &[("A", 1)]);
    refuses(&grid, "sections[0].rows[0].price_tier");
    let mut seat = listed("a", "1", 0, 0);
    seat.price_tier = "X".to_owned();
    refuses(
        &of_listed(vec![seat]),
        "sections[0].rows[0].seats[0].price_tier",
    );
}

#[test]
fn prices_are_of_one_currency() {
    let mut described = TestLayout::empty()
        .tier("A", 1)
        .tier("B", 1)
        .area("P", "A", 1);
    "EUR".clone_into(currency_of(&mut described, 1));
    refuses(&described, "price_tiers[1].price.currency");
    for bad in ["", "inr", "IN", "RUPEE", "I R", "₹₹₹"] {
        bad.clone_into(currency_of(&mut described, 0));
        refuses(&described, "price_tiers[0].price.currency");
    }
}

#[test]
fn positions_are_kept_and_bounded() {
    let edge = 100_000_000;
    let corners = vec![listed("a", "1", -edge, -edge), listed("b", "2", edge, edge)];
    let layout = of_listed(corners).build();
    assert_eq!(layout.position(SeatIndex(1)), Position { x: edge, y: edge });
    for beyond in [edge + 1, i32::MAX, -edge - 1, i32::MIN] {
        for (x, y) in [(beyond, 0), (0, beyond)] {
            let described = of_listed(vec![listed("a", "1", x, y)]);
            refuses(&described, "sections[0].rows[0].seats[0].position");
        }
    }
}

#[test]
fn layout_at_the_edge_of_the_plan_is_searched() {
    use seating::command::Want;
    use testkit::commands::{best, buyer, hold};
    let edge = 100_000_000;
    let seats = vec![listed("a", "1", -edge, -edge), listed("b", "2", edge, edge)];
    let mut rehearsal = of_listed(seats).open(seating::sale_terms::SaleTerms::default());
    rehearsal
        .ask(&hold(1, buyer(1), Want::BestAvailable(best(2))))
        .unwrap();
}

#[test]
fn grid_rows_are_centred_on_the_widest() {
    let layout = TestLayout::of_rows(&[2, 4]).build();
    let xs: Vec<i32> = layout.seats().map(|seat| layout.position(seat).x).collect();
    assert_eq!(xs, [100, 200, 0, 100, 200, 300]);
    let SectionKind::Reserved { focal_point, .. } = layout.sections()[0].kind else {
        panic!("not a section of seats");
    };
    assert_eq!(focal_point, Position { x: 150, y: 0 });
}

#[test]
fn focal_point_is_the_middle_of_the_front() {
    let seats = vec![listed("a", "1", -300, 50), listed("b", "2", 500, -20)];
    let layout = of_listed(seats).build();
    let SectionKind::Reserved { focal_point, .. } = layout.sections()[0].kind else {
        panic!("not a section of seats");
    };
    assert_eq!(focal_point, Position { x: 100, y: -20 });
}

#[test]
fn tiers_mixed_in_a_row_are_counted_by_section_tier() {
    let mut seats: Vec<SeatSpec> = (0..6).map(|n| listed(&n.to_string(), "x", n, 0)).collect();
    "U".clone_into(&mut seats[2].price_tier);
    let layout = of_listed(seats).build();
    let capacities: Vec<u32> = layout
        .section_tiers()
        .iter()
        .map(|section_tier| section_tier.capacity)
        .collect();
    assert_eq!(capacities, [5, 1]);
    assert_eq!(layout.rows()[0].only_section_tier, None);
    assert_eq!(layout.price_of(layout.section_tier_of(SeatIndex(2))), 2);
}

#[test]
fn section_tiers_are_grouped_by_section() {
    let described = TestLayout::empty()
        .tier("T", 1)
        .tier("U", 2)
        .section("A", "T", &[("1", 2)])
        .area("P", "U", 9)
        .section("B", "T", &[("1", 3)]);
    let layout = described.build();
    for (section, at) in layout.sections().iter().zip(0_u16..) {
        let tiers = section.tiers.clone();
        let mut tiers = tiers.map(|tier| layout.section_tiers()[usize::from(tier)]);
        assert!(!section.tiers.is_empty());
        assert!(tiers.all(|tier| tier.section == SectionIndex(at)));
    }
    assert_eq!(layout.capacity(), 14);
    assert_eq!(layout.seat_count(), 5);
    assert_eq!(layout.area_capacity(SectionIndex(1)), Some(9));
    assert_eq!(layout.area_capacity(SectionIndex(0)), None);
    assert_eq!(layout.area_capacity(SectionIndex(3)), None);
    assert_eq!(layout.find_section("B"), Some(SectionIndex(2)));
    assert_eq!(layout.find_tier("U"), Some(TierIndex(1)));
    assert_eq!(layout.find_section("b"), None);
}

#[test]
fn every_row_starts_on_a_word_of_its_own() {
    let layout = TestLayout::of_rows(&[1, 64, 65, 1_000]).build();
    let words: Vec<u32> = layout.rows().iter().map(|row| row.first_word).collect();
    assert_eq!(words, [0, 1, 2, 4]);
    assert_eq!(layout.words(), 20);
    assert_eq!(layout.bit_of(SeatIndex(65)), (2, 0));
    assert_eq!(layout.bit_of(SeatIndex(65 + 64)), (3, 0));
    assert_eq!(layout.row_of(SeatIndex(130)), RowIndex(3));
}

fn listed(id: &str, number: &str, x: i32, y: i32) -> SeatSpec {
    SeatSpec {
        id: id.to_owned(),
        number: number.to_owned(),
        price_tier: "T".to_owned(),
        position: Position { x, y },
    }
}

fn of_listed(seats: Vec<SeatSpec>) -> TestLayout {
    let row = RowSpec {
        label: "A".to_owned(),
        seats: RowSeatsSpec::Listed(seats),
    };
    let rows = vec![row];
    let described = TestLayout::empty().tier("T", 1).tier("U", 2);
    described.with("S", SectionKindSpec::Reserved { rows, stage: None })
}

fn grid(label: &str, seats: u32) -> TestLayout {
    TestLayout::empty()
        .tier("T", 1)
        .section("S", "T", &[(label, seats)])
}

fn refuses(described: &TestLayout, path: &str) {
    let spec: &LayoutSpec = &described.spec;
    let faults = SeatLayout::build(spec).unwrap_err().into_vec();
    assert!(
        faults.iter().any(|fault| fault.path.contains(path)),
        "{faults:?}"
    );
    let unseen = |fault: &LayoutFault| fault.reason.chars().any(char::is_control);
    assert!(!faults.iter().any(unseen), "{faults:?}");
}

fn currency_of(described: &mut TestLayout, tier: usize) -> &mut String {
    &mut described.spec.price_tiers[tier]
        .price
        .as_mut()
        .unwrap()
        .currency
}
