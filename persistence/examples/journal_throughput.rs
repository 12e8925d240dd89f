//! How many holds per second one showtime's journal makes durable, with a bounded number in
//! flight and nothing else in the way.
//!
//! `DATABASE_URL=… cargo run --release -p persistence --example journal_throughput -- 512 200000`
#![expect(
    clippy::unwrap_used,
    reason = "a failed measurement has nothing to say"
)]
#![expect(clippy::cast_precision_loss, reason = "a rate need not be exact")]
#![expect(clippy::print_stdout, reason = "its output is the measurement")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use persistence::journal::{JournalOptions, PgJournal};
use persistence::pool::{self, PoolSettings};
use persistence::showtimes::{NewShowtime, Showtimes};
use seating::counts::Counts;
use seating::event::{Entry, Event, Held};
use seating::ids::{BuyerId, HoldId, Seq, ShowtimeId};
use seating::journal::backlog::Lane;
use seating::journal::{Append, Journal, Notice, Reign};
use seating::layout_spec::{
    LayoutSpec, Money, NumbersSpec, PriceTierSpec, RowSeatsSpec, RowSpec, SectionKindSpec,
    SectionSpec,
};
use seating::places::Places;
use seating::seat_layout::{SeatIndex, SeatLayout, SectionIndex};
use seating::settings::Settings;
use seating::timestamp::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

#[tokio::main]
async fn main() {
    let numbers: Vec<u64> = std::env::args()
        .skip(1)
        .map(|n| n.parse().unwrap())
        .collect();
    let in_flight = numbers.first().copied().unwrap_or(512);
    let events = numbers.get(1).copied().unwrap_or(200_000);
    let showtimes = numbers.get(2).copied().unwrap_or(1);
    let url = std::env::var("DATABASE_URL").unwrap();
    let options = pool::parse_url(&url).unwrap();
    let pool = pool::connect(options, &PoolSettings::new(4)).await.unwrap();
    persistence::migrate::migrate(&pool).await.unwrap();
    let journal = Arc::new(PgJournal::start(pool.clone(), JournalOptions::default()));
    let mut sales = Vec::new();
    for _ in 0..showtimes {
        let id = create(&Showtimes::new(pool.clone())).await;
        sales.push(Sale::open(&journal, id).await);
    }

    let began = Instant::now();
    let mut sent = 0;
    while sent < events {
        let room = Arc::clone(&sales[0].news);
        let durable: u64 = sales
            .iter()
            .map(|sale| sale.durable.load(Ordering::Acquire))
            .sum();
        if sent - (durable - showtimes) >= in_flight {
            room.notified().await;
            continue;
        }
        let at = usize::try_from(sent % showtimes).unwrap();
        sales[at].hold(&journal);
        sent += 1;
    }
    journal.flush().await;
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{events} events, {in_flight} in flight, {showtimes} showtimes: {:.0} events/s",
        events as f64 / seconds
    );

    let began = Instant::now();
    let mut after = Seq::ZERO;
    let mut read = 0;
    loop {
        let page = journal
            .entries(sales[0].reign.showtime, after, 10_000)
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        after = last.seq;
        read += page.len();
    }
    println!(
        "{read} entries read back in {:.0} ms",
        began.elapsed().as_secs_f64() * 1e3
    );
    journal
        .close(std::time::Duration::from_secs(10))
        .await
        .unwrap();
}

struct Sale {
    reign: Arc<Reign>,
    seq: Seq,
    durable: Arc<AtomicU64>,
    news: Arc<Notify>,
}

impl Sale {
    async fn open(journal: &PgJournal, showtime: ShowtimeId) -> Self {
        let claim = journal.claim(showtime).await.unwrap();
        let durable = Arc::new(AtomicU64::new(1));
        let news = Arc::new(Notify::new());
        let (mark, told) = (Arc::clone(&durable), Arc::clone(&news));
        let reign = Arc::new(Reign {
            showtime,
            epoch: claim.epoch,
            layout: claim.layout,
            listener: Box::new(move |notice| {
                let Notice::Durable(seq) = notice else { return };
                mark.store(seq.0, Ordering::Release);
                told.notify_one();
            }),
        });
        Self {
            reign,
            seq: Seq(1),
            durable,
            news,
        }
    }

    fn hold(&mut self, journal: &PgJournal) {
        self.seq = self.seq.next();
        let seat = u32::try_from(self.seq.0 % 40_000).unwrap();
        let held = Held {
            hold: HoldId::new(Uuid::new_v4()),
            buyer: BuyerId::new(Uuid::from_u128(u128::from(self.seq.0))),
            places: Places::of_seats([SeatIndex(seat), SeatIndex(seat + 1)]),
            expires_at: Timestamp::from_unix_seconds(1_800_000_000),
            replaced: None,
        };
        let counts = Counts {
            capacity: 50_000,
            held: 7,
            ..Counts::default()
        };
        journal
            .append(Append {
                reign: Arc::clone(&self.reign),
                entries: std::iter::once(Entry {
                    seq: self.seq,
                    at: Timestamp::from_unix_seconds(1_790_000_000),
                    request: None,
                    event: Event::Held(held),
                })
                .collect(),
                counts: std::iter::once((SectionIndex(0), counts)).collect(),
                reservation: journal.backlog().reserve(Lane::Ordinary).unwrap(),
            })
            .unwrap();
    }
}

async fn create(showtimes: &Showtimes) -> ShowtimeId {
    let rows = (0..100).map(|row| RowSpec {
        label: format!("R{row}"),
        seats: RowSeatsSpec::Grid {
            numbers: NumbersSpec::Count(500),
            price_tier: "STD".to_owned(),
        },
    });
    let spec = LayoutSpec {
        sections: vec![SectionSpec {
            code: "MAIN".to_owned(),
            name: "Main".to_owned(),
            kind: SectionKindSpec::Reserved {
                rows: rows.collect(),
            },
        }],
        price_tiers: vec![PriceTierSpec {
            code: "STD".to_owned(),
            name: "Standard".to_owned(),
            price: Money {
                amount: 10_000,
                currency: "INR".to_owned(),
            },
        }],
    };
    let id = ShowtimeId::new(Uuid::new_v4());
    let layout = SeatLayout::build(&spec).unwrap();
    let now = Timestamp::from_unix_seconds(1_780_000_000);
    showtimes
        .create(NewShowtime {
            id,
            event: None,
            title: "measurement",
            starts_at: now,
            created_at: now,
            created_by: None,
            spec: &spec,
            layout: &layout,
            settings: &Settings::default(),
            request: None,
        })
        .await
        .unwrap();
    id
}
