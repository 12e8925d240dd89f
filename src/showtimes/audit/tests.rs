//! An audit that finds nothing proves nothing unless it finds what is there.

use std::sync::Arc;

use persistence::audit::StoredBooking;
use persistence::showtimes::{SectionAvailability, StoredEntry};
use seating::command::{BlockPlaces, Command, Confirm, Hold, Party, Role, Want};
use seating::entry::Entry;
use seating::ids::{BuyerId, Epoch, Seq, ShowtimeId};
use seating::places::{AreaQuantity, Places};
use seating::sale_terms::SaleTerms;
use seating::seat_layout::{SeatIndex, SeatLayout, SectionIndex};
use seating::seat_map::{Entries, Executed, SeatMap};
use seating::snapshot::{BookingImage, Snapshot};
use seating::timestamp::Timestamp;
use uuid::Uuid;

use super::bookings::sold;
use super::tables::Tables;
use super::walk::Walk;
use crate::fresh_ids;
use crate::showtimes::demo;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

/// A showtime's history with everything that should follow from it.
struct Story {
    layout: Arc<SeatLayout>,
    journal: Vec<StoredEntry>,
    tables: Tables,
    memory: Snapshot,
}

/// Somebody buys two seats and two places, one ticket is cancelled, something is blocked and held.
fn story() -> Story {
    let layout = Arc::new(SeatLayout::build(&demo::all()[0].spec).unwrap());
    let mut map = SeatMap::new(Arc::clone(&layout));
    let opening = SeatMap::opening(SaleTerms::default(), None, NOW);
    map.apply(&opening).unwrap();
    let mut entries = Entries::from_iter([Arc::new(opening)]);
    let by = Party {
        buyer: BuyerId::new(Uuid::from_u128(7)),
        role: Role::Staff,
    };
    let seats = |from: u32| Places::of_seats([SeatIndex(from), SeatIndex(from + 1)]);
    let hold = |from: u32| Hold {
        hold: fresh_ids::hold(NOW),
        by,
        want: Want::Places(seats(from)),
        ttl_seconds: None,
        replace: None,
        include_blocked: false,
    };
    let sale = hold(0);
    let confirm = Confirm {
        hold: sale.hold,
        by,
        booking: fresh_ids::booking(NOW),
        tickets: fresh_ids::tickets(NOW),
        payment_reference: None,
    };
    let cancel = Command::CancelBooking {
        booking: confirm.booking,
        by,
        tickets: Some(vec![2]),
    };
    let block = BlockPlaces {
        by: None,
        seats: vec![SeatIndex(9)],
        areas: Vec::<AreaQuantity>::new(),
        reason: "pillar".to_owned(),
    };
    let commands = [
        Command::Hold(sale),
        Command::Confirm(confirm),
        cancel,
        Command::Block(block),
        Command::Hold(hold(20)),
    ];
    for command in &commands {
        let decided = map.execute(NOW, command, None, &mut entries);
        assert_eq!(decided.unwrap().unwrap(), Executed::Recorded);
    }
    let memory = map.snapshot().unwrap();
    Story {
        tables: tables(&map, &memory),
        journal: entries
            .into_iter()
            .map(Arc::unwrap_or_clone)
            .map(stored)
            .collect(),
        layout,
        memory,
    }
}

fn stored(entry: Entry) -> StoredEntry {
    StoredEntry {
        epoch: Epoch(1),
        entry,
    }
}

fn tables(map: &SeatMap, memory: &Snapshot) -> Tables {
    let sections = (0..map.layout().sections().len()).map(|at| {
        let section = SectionIndex(u16::try_from(at).unwrap());
        SectionAvailability {
            section,
            counts: map.section_counts(section),
            seq: map.seq(),
        }
    });
    Tables {
        before: map.seq(),
        after: map.seq(),
        availability: sections.collect(),
        sold: sold(memory, map.layout()),
        bookings: memory
            .bookings
            .iter()
            .map(|image| row(image, map.layout()))
            .collect(),
    }
}

fn row(image: &BookingImage, layout: &SeatLayout) -> StoredBooking {
    let seats = image.places.seats.iter();
    let cancelled = (1..=10).filter(|number| image.cancelled_tickets >> (number - 1) & 1 == 1);
    StoredBooking {
        id: image.id,
        hold: image.hold,
        buyer: image.buyer,
        state: image.state,
        seats: seats.map(|&seat| layout.seat_id(seat).to_owned()).collect(),
        areas: Vec::new(),
        total_minor_units: image.places.total(layout),
        refund_minor_units: 0,
        cancelled_tickets: cancelled.collect(),
        seq: Seq(4),
    }
}

/// What an audit of the story finds.
fn differences(story: &Story) -> Vec<String> {
    let id = ShowtimeId::new(Uuid::nil());
    let mut walk = Walk::new(id, Arc::clone(&story.layout), &story.tables);
    walk.expect_memory(Some(&story.memory));
    if walk.apply_page(&story.journal, Seq(u64::MAX)) {
        walk.finish();
    }
    walk.report().differences
}

/// Asserts that this change to the truth is found, and named so.
fn assert_found(name: &str, change: impl FnOnce(&mut Story)) {
    let mut story = story();
    change(&mut story);
    let found = differences(&story);
    assert!(
        found.iter().any(|it| it.starts_with(name)),
        "{name}: {found:?}"
    );
}

#[test]
fn the_truth_has_no_differences() {
    assert_eq!(differences(&story()), Vec::<String>::new());
}

#[test]
fn wrong_availability_is_found() {
    assert_found("availability", |story| {
        story.tables.availability[0].counts.booked += 1;
    });
    assert_found("availability", |story| {
        story.tables.availability.truncate(1);
    });
}

#[test]
fn wrong_tickets_are_found() {
    assert_found("tickets", |story| drop(story.tables.sold.seats.pop_first()));
    assert_found("tickets", |story| {
        let seat = story.tables.sold.seats.first_entry();
        *seat.unwrap().get_mut() = 2;
    });
    assert_found("tickets", |story| {
        story.tables.sold.areas.extend([("ORCH".to_owned(), 1)]);
    });
}

#[test]
fn wrong_bookings_are_found() {
    assert_found("bookings", |story| drop(story.tables.bookings.pop()));
    assert_found("bookings", |story| story.tables.bookings[0].seats.reverse());
    assert_found("bookings", |story| {
        story.tables.bookings[0].total_minor_units += 1;
    });
    assert_found("bookings", |story| {
        story.tables.bookings[0].cancelled_tickets.clear();
    });
    assert_found("bookings: the journal has no", |story| {
        let mut stranger = story.tables.bookings[0].clone();
        stranger.id = fresh_ids::booking(NOW);
        story.tables.bookings.push(stranger);
    });
}

#[test]
fn a_memory_ahead_of_or_beside_the_journal_is_found() {
    assert_found("memory", |story| drop(story.memory.holds.pop()));
    assert_found("memory", |story| story.memory.blocked_seats.clear());
    assert_found("memory", |story| story.memory.terms.max_per_buyer += 1);
}

#[test]
fn a_damaged_journal_is_found() {
    assert_found("journal: entry 4 follows entry 2", |story| {
        drop(story.journal.remove(2));
    });
    assert_found("journal: entry 3 of epoch 0", |story| {
        story.journal[2].epoch = Epoch(0);
    });
    assert_found("journal: entry 3 is earlier", |story| {
        story.journal[2].entry.at = Timestamp::from_unix_seconds(1);
    });
    assert_found("journal", |story| {
        let confirm = story.journal[2].entry.decision.clone();
        story.journal[3].entry.decision = confirm;
    });
}
