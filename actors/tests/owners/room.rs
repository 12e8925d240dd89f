//! Whether one more owner may be started: as many as there is memory for, and by a clock that is right.

use std::sync::Arc;
use std::time::Duration;

use actors::box_office::BoxOffice;
use actors::clock::SystemClock;
use actors::error::CallError;
use actors::options::Options;
use journal::Journal;
use journal::memory::MemoryJournal;
use seating::command::Command;
use seating::ids::{Epoch, ShowtimeId};
use seating::settings::Settings;

use crate::owners::support::{House, START, buyer, hold, hold_of, party};

const PLACES: usize = 4;

async fn small() -> House {
    let options = Options {
        owners_max: PLACES,
        ..Options::default()
    };
    House::open_with(options, Settings::default(), 1_024).await
}

/// Asks for something that changes nothing, and says whether there was an owner to ask.
async fn visit(house: &House, showtime: ShowtimeId) -> Result<(), CallError> {
    let showtime = house.box_office.showtime(showtime).await?;
    showtime.snapshot().await.map(|_| ())
}

#[tokio::test(start_paused = true)]
async fn the_least_recently_used_leaves_for_the_next() {
    let house = small().await;
    let mut showtimes = Vec::new();
    for _ in 0..20 {
        showtimes.push(house.another());
    }
    let favorite = showtimes[0];
    for showtime in &showtimes {
        visit(&house, favorite).await.unwrap();
        // Uses are told apart to the second.
        tokio::time::sleep(Duration::from_secs(2)).await;
        visit(&house, *showtime).await.unwrap();
        assert!(house.box_office.owners_count() <= PLACES);
    }
    let standing = house.journal.look(showtimes[1]).await.unwrap();
    assert_ne!(standing.epoch, Epoch(0), "each had its owner");
}

#[tokio::test(start_paused = true)]
async fn nobody_with_holds_leaves_and_the_next_is_told_to_come_back() {
    let house = small().await;
    let mut held = Vec::new();
    for _ in 0..PLACES {
        let showtime = house.box_office.showtime(house.another()).await;
        let showtime = showtime.unwrap();
        let me = buyer();
        let answer = showtime.execute(hold(me, &[0]), None).await.unwrap();
        held.push((showtime, me, hold_of(&answer)));
    }
    let refused = visit(&house, house.showtime).await.unwrap_err();
    assert!(
        matches!(refused, CallError::TooManyShowtimes { .. }),
        "{refused:?}"
    );
    assert!(house.box_office.view(house.showtime).await.is_ok());
    let (showtime, me, held) = held.remove(0);
    let release = Command::Release {
        hold: held,
        by: party(me),
    };
    showtime.execute(release, None).await.unwrap();
    visit(&house, house.showtime).await.unwrap();
    assert_eq!(house.box_office.owners_count(), PLACES);
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_for_a_cold_start_is_told_that_it_is_starting() {
    let house = House::open().await;
    house.journal.delay_claim(std::future::pending());
    let refused = visit(&house, house.showtime).await.unwrap_err();
    assert!(matches!(refused, CallError::Starting { .. }), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn by_a_clock_that_the_store_contradicts_nothing_is_begun() {
    const DAY: u32 = 86_400;
    let house = House::open().await;
    house.journal.set_time(START);
    let journal: Arc<dyn Journal> = Arc::<MemoryJournal>::clone(&house.journal);
    let wrong = Arc::new(SystemClock::starting_at(START.plus_seconds(DAY)));
    let office = BoxOffice::open(journal, wrong, house.options)
        .await
        .unwrap();
    let refused = office.showtime(house.showtime).await.unwrap_err();
    let ahead_ms = i64::from(DAY) * 1_000;
    assert_eq!(refused, CallError::WrongClock { ahead_ms });
    assert_eq!(office.clock_ahead(), (ahead_ms * 1_000, false));
    let standing = house.journal.look(house.showtime).await.unwrap();
    assert_eq!(standing.epoch, Epoch(0), "nobody has begun a reign");
    assert!(
        office.view(house.showtime).await.is_ok(),
        "looking needs no clock"
    );
}
