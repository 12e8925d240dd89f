//! Whether one more owner may be started: as many as there is memory for, and by a clock that is
//! right.

use std::sync::Arc;
use std::time::Duration;

use actors::box_office::BoxOffice;
use actors::clock::SystemClock;
use actors::error::CallError;
use actors::options::OwnerOptions;
use journal::Journal;
use journal::memory::MemoryJournal;
use seating::command::Command;
use seating::ids::{Epoch, ShowtimeId};
use seating::sale_terms::SaleTerms;

use crate::owners::support::{START, TestOffice, buyer, hold, hold_of, party};

const PLACES: usize = 4;

async fn small() -> TestOffice {
    let options = OwnerOptions {
        owners_max: PLACES,
        ..OwnerOptions::default()
    };
    TestOffice::open_with(options, SaleTerms::default(), 1_024).await
}

/// Asks for something that changes nothing, and says whether there was an owner to ask.
async fn visit(office: &TestOffice, showtime: ShowtimeId) -> Result<(), CallError> {
    let showtime = office.box_office.showtime(showtime).await?;
    showtime.snapshot().await.map(|_| ())
}

#[tokio::test(start_paused = true)]
async fn the_least_recently_used_leaves_for_the_next() {
    let office = small().await;
    let mut showtimes = Vec::new();
    for _ in 0..20 {
        showtimes.push(office.another());
    }
    let favorite = showtimes[0];
    for showtime in &showtimes {
        visit(&office, favorite).await.unwrap();
        // Uses are told apart to the second.
        tokio::time::sleep(Duration::from_secs(2)).await;
        visit(&office, *showtime).await.unwrap();
        assert!(office.box_office.owners_count() <= PLACES);
    }
    let standing = office.journal.look(showtimes[1]).await.unwrap();
    assert_ne!(standing.epoch, Epoch(0), "each had its owner");
}

#[tokio::test(start_paused = true)]
async fn nobody_with_holds_leaves_and_the_next_is_told_to_come_back() {
    let office = small().await;
    let mut held = Vec::new();
    for _ in 0..PLACES {
        let showtime = office.box_office.showtime(office.another()).await;
        let showtime = showtime.unwrap();
        let me = buyer();
        let answer = showtime.execute(hold(me, &[0]), None).await.unwrap();
        held.push((showtime, me, hold_of(&answer)));
    }
    let refused = visit(&office, office.showtime).await.unwrap_err();
    assert!(
        matches!(refused, CallError::TooManyShowtimes { .. }),
        "{refused:?}"
    );
    assert!(office.box_office.view(office.showtime).await.is_ok());
    let (showtime, me, held) = held.remove(0);
    let release = Command::Release {
        hold: held,
        by: party(me),
    };
    showtime.execute(release, None).await.unwrap();
    visit(&office, office.showtime).await.unwrap();
    assert_eq!(office.box_office.owners_count(), PLACES);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_waits_too_long_for_a_cold_start_gets_starting() {
    let office = TestOffice::open().await;
    office.journal.delay_claim(std::future::pending());
    let refused = visit(&office, office.showtime).await.unwrap_err();
    assert!(matches!(refused, CallError::Starting { .. }), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn by_a_clock_that_the_store_contradicts_nothing_is_begun() {
    const DAY: u32 = 86_400;
    let office = TestOffice::open().await;
    office.journal.set_time(START);
    let journal: Arc<dyn Journal> = Arc::<MemoryJournal>::clone(&office.journal);
    let wrong = Arc::new(SystemClock::starting_at(START.plus_seconds(DAY)));
    let box_office = BoxOffice::open(journal, wrong, office.options)
        .await
        .unwrap();
    let refused = box_office.showtime(office.showtime).await.unwrap_err();
    let ahead_ms = i64::from(DAY) * 1_000;
    assert_eq!(refused, CallError::WrongClock { ahead_ms });
    assert_eq!(box_office.clock_ahead(), (ahead_ms * 1_000, false));
    let standing = office.journal.look(office.showtime).await.unwrap();
    assert_eq!(standing.epoch, Epoch(0), "nobody has begun a reign");
    assert!(
        box_office.view(office.showtime).await.is_ok(),
        "looking needs no clock"
    );
}
