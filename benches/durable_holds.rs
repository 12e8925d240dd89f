//! Durable holds and releases on one showtime: `BoxOffice` → owner → journal → PostgreSQL and back.
//!
//! ```text
//! cargo bench --bench durable_holds                      # all rows
//! cargo bench --bench durable_holds -- --seconds 10
//! ```
//!
//! The program starts a PostgreSQL of its own with fsync on, in a temporary folder, and measures
//! on the same machine: callers, owner, journal and database share its cores. Every row is one
//! closed loop of so many callers in flight, each holding two seats and giving them back; both
//! answers are waited for until they are durable.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark reports on stdout"
)]

#[path = "support/houses.rs"]
mod houses;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actors::box_office::{BoxOffice, Showtime};
use actors::clock::SystemClock;
use actors::options::Options;
use persistence::journal::{JournalOptions, PgJournal};
use persistence::pool::{PgPool, PoolSettings, connect};
use persistence::test_database::TestCluster;
use seating::command::{Command, Hold, Party, Role, Want};
use seating::event::Event;
use seating::ids::{BuyerId, HoldId, Seq};
use seating::journal::Journal;
use seating::places::Places;
use seating::seat_layout::SeatIndex;
use tokio::time::Instant;
use uuid::Uuid;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROWS: u32 = 500;
const SEATS_PER_ROW: u32 = 100;

fn main() {
    let seconds = std::env::args().skip_while(|arg| arg != "--seconds").nth(1);
    let seconds: u64 = seconds.and_then(|text| text.parse().ok()).unwrap_or(5);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let cluster = TestCluster::create_with(true).await;
        let pool = connect(cluster.connect_options(), &PoolSettings::new(8))
            .await
            .unwrap();
        persistence::migrate::migrate(&pool).await.unwrap();
        println!("writers  in flight  durable acks/s");
        for (writers, in_flight) in [
            (1, 1),
            (1, 16),
            (1, 64),
            (1, 256),
            (1, 512),
            (1, 1024),
            (2, 512),
        ] {
            measure(&pool, writers, in_flight, Duration::from_secs(seconds)).await;
        }
    });
}

async fn measure(pool: &PgPool, writers: usize, in_flight: u32, length: Duration) {
    let journal = Arc::new(PgJournal::start(
        pool.clone(),
        JournalOptions {
            writers,
            ..JournalOptions::default()
        },
    ));
    let showtime = houses::create(pool, ROWS, SEATS_PER_ROW).await;
    let kept: Arc<dyn Journal> = Arc::<PgJournal>::clone(&journal);
    let office = BoxOffice::open(kept, Arc::new(SystemClock), Options::default())
        .await
        .unwrap();
    let showtime = office.showtime(showtime).await.unwrap();
    let acks = Arc::new(AtomicU64::new(0));
    let end = Instant::now() + length;
    let callers: Vec<_> = (0..in_flight)
        .map(|caller| tokio::spawn(call(showtime.clone(), caller, end, Arc::clone(&acks))))
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    let acks = acks.load(Ordering::Relaxed);
    println!(
        "{writers:>7}  {in_flight:>9}  {:>14}",
        acks / length.as_secs()
    );
    office.stop(Duration::from_secs(10)).await;
    // What was counted is there: the opening entry and one entry for every answer.
    let last = journal.entries(showtime.id(), Seq(acks), 2).await.unwrap();
    let seqs: Vec<Seq> = last.iter().map(|entry| entry.seq).collect();
    assert_eq!(seqs, [Seq(acks + 1)]);
    journal.close(Duration::from_secs(10)).await.unwrap();
}

async fn call(showtime: Showtime, caller: u32, end: Instant, acks: Arc<AtomicU64>) {
    let by = Party {
        buyer: BuyerId::new(Uuid::new_v4()),
        role: Role::Buyer,
    };
    let seats = [2 * caller, 2 * caller + 1].map(SeatIndex);
    while Instant::now() < end {
        let ask = Command::Hold(Hold {
            hold: HoldId::new(Uuid::now_v7()),
            by,
            want: Want::Places(Places::of_seats(seats)),
            ttl_seconds: None,
            replace: None,
        });
        let answer = showtime.execute(ask, None).await.unwrap();
        let Event::Held(held) = &answer.entry.event else {
            return;
        };
        showtime
            .execute(
                Command::Release {
                    hold: held.hold,
                    by,
                },
                None,
            )
            .await
            .unwrap();
        acks.fetch_add(2, Ordering::Relaxed);
    }
}
