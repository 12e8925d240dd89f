//! How many events per second the journal makes durable with a bounded number in flight and
//! nothing else in the way, and how fast an owner reads them back.
//!
//! Arguments: appends in flight, events, showtimes, every how many events one is a sale of two seats
//! instead of a hold (0: never), and whether requests have keys (1) or not (0).
//!
//! `DATABASE_URL=… cargo run --release -p persistence --example journal_throughput -- 512 200000 1 0 0`
#![expect(clippy::unwrap_used, reason = "a failed measurement says nothing")]
#![expect(clippy::cast_precision_loss, reason = "a rate need not be exact")]
#![expect(clippy::print_stdout, reason = "its output is the measurement")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use journal::backlog::Lane;
use journal::{Append, Journal, Notice, Reign};
use persistence::journal::{JournalOptions, PgJournal};
use persistence::pool::{self, PoolSettings};
use persistence::showtimes::{NewShowtime, Showtimes};
use seating::counts::Counts;
use seating::event::{Entry, Event, Held, RequestStamp, Sale};
use seating::ids::{BookingId, BuyerId, HoldId, Seq, ShowtimeId, TicketCode, TicketId};
use seating::layout_spec::{
    LayoutSpec, Money, NumbersSpec, PriceTierSpec, RowSeatsSpec, RowSpec, SectionKindSpec,
    SectionSpec,
};
use seating::places::Places;
use seating::seat_layout::{SeatIndex, SeatLayout, SectionIndex};
use seating::settings::Settings;
use seating::timestamp::Timestamp;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use uuid::Uuid;

/// Seats of the house.
const SEATS: u32 = 50_000;
/// Entries loaded at once.
const PAGE: usize = 10_000;

#[tokio::main]
async fn main() {
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .map(|number| number.parse().unwrap())
        .collect();
    let argument = |at: usize, otherwise| numbers.get(at).copied().unwrap_or(otherwise);
    let (in_flight, events) = (argument(0, 512), argument(1, 200_000));
    let (showtimes, sale_every) = (argument(2, 1), argument(3, 0));
    let keyed = argument(4, 0) > 0;
    let seats_last = sale_every == 0 || events / showtimes < SEATS as usize / 2;
    assert!(
        seats_last,
        "no seat can be sold twice: fewer events, please"
    );
    let url = std::env::var("DATABASE_URL").unwrap();
    let options = pool::parse_url(&url).unwrap();
    let pool = pool::connect(options, &PoolSettings::new(4)).await.unwrap();
    persistence::migrate::migrate(&pool).await.unwrap();
    let journal = PgJournal::start(pool.clone(), JournalOptions::default());
    let room = Arc::new(Semaphore::new(in_flight));
    let mut owners = Vec::new();
    for _ in 0..showtimes {
        let showtime = create(&Showtimes::new(pool.clone())).await;
        owners.push(Owner::claim(&journal, showtime, &room).await);
    }

    let began = Instant::now();
    for sent in 0..events {
        room.acquire().await.unwrap().forget();
        let is_sale = sale_every > 0 && sent % sale_every == 0;
        owners[sent % showtimes].append(&journal, is_sale, keyed.then(stamp));
    }
    journal.flush().await;
    let rate = events as f64 / began.elapsed().as_secs_f64();
    println!("{in_flight} in flight, {showtimes} showtimes: {rate:.0} durable events/s");

    let began = Instant::now();
    let (mut after, mut read) = (Seq::ZERO, 0);
    loop {
        let showtime = owners[0].reign.showtime;
        let page = journal.entries(showtime, after, PAGE).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.seq;
        read += page.len();
    }
    println!("{read} entries read back in {:.0?}", began.elapsed());
    journal.close(Duration::from_secs(10)).await.unwrap();
}

struct Owner {
    reign: Arc<Reign>,
    seq: Seq,
}

impl Owner {
    async fn claim(journal: &PgJournal, showtime: ShowtimeId, room: &Arc<Semaphore>) -> Self {
        let standing = journal.look(showtime).await.unwrap();
        let claim = journal.claim(showtime, standing.succession());
        let claim = claim.await.unwrap();
        let (told, room) = (AtomicU64::new(1), Arc::clone(room));
        let reign = Arc::new(Reign {
            showtime,
            epoch: claim.epoch,
            layout: standing.layout,
            listener: Box::new(move |notice| {
                let Notice::Durable(seq) = notice else { return };
                let durable = seq.0 - told.swap(seq.0, Ordering::Relaxed);
                room.add_permits(usize::try_from(durable).unwrap());
            }),
        });
        Self { reign, seq: Seq(1) }
    }

    fn append(&mut self, journal: &PgJournal, is_sale: bool, request: Option<RequestStamp>) {
        self.seq = self.seq.next();
        let first = u32::try_from(self.seq.0 * 2).unwrap() % (SEATS - 1);
        let places = Places::of_seats([SeatIndex(first), SeatIndex(first + 1)]);
        let event = if is_sale { sold(places) } else { held(places) };
        let counts = Counts {
            capacity: SEATS,
            held: 7,
            ..Counts::default()
        };
        let entry = Entry {
            seq: self.seq,
            at: Timestamp::from_unix_seconds(1_790_000_000),
            request,
            by: None,
            event,
        };
        let append = Append {
            reign: Arc::clone(&self.reign),
            entries: std::iter::once(Arc::new(entry)).collect(),
            counts: std::iter::once((SectionIndex(0), counts)).collect(),
            reservation: journal.backlog().reserve(Lane::Ordinary).unwrap(),
        };
        journal.append(append).unwrap();
    }
}

/// Keys are digests, so they come in no order.
fn stamp() -> RequestStamp {
    RequestStamp {
        key: Uuid::new_v4().as_u128(),
        fingerprint: Uuid::new_v4().as_u128(),
    }
}

fn held(places: Places) -> Event {
    Event::Held(Held {
        hold: HoldId::new(Uuid::new_v4()),
        buyer: BuyerId::new(Uuid::new_v4()),
        places,
        expires_at: Timestamp::from_unix_seconds(1_800_000_000),
        replaced: None,
        began_at: None,
        from_blocked: None,
    })
}

fn sold(places: Places) -> Event {
    let ticket = |_| {
        let code = TicketCode::new(Uuid::new_v4().as_u128());
        (TicketId::new(Uuid::new_v4()), code)
    };
    Event::Confirmed(Sale {
        booking: BookingId::new(Uuid::new_v4()),
        hold: HoldId::new(Uuid::new_v4()),
        buyer: BuyerId::new(Uuid::new_v4()),
        tickets: places.iter().map(ticket).collect(),
        places,
        payment_reference: None,
    })
}

async fn create(showtimes: &Showtimes) -> ShowtimeId {
    let rows = (0..100).map(|row| RowSpec {
        label: format!("R{row}"),
        seats: RowSeatsSpec::Grid {
            numbers: NumbersSpec::Count(SEATS / 100),
            price_tier: "STD".to_owned(),
        },
    });
    let spec = LayoutSpec {
        stage: None,
        sections: vec![SectionSpec {
            code: "MAIN".to_owned(),
            name: "Main".to_owned(),
            kind: SectionKindSpec::Reserved {
                stage: None,
                rows: rows.collect(),
            },
        }],
        price_tiers: vec![PriceTierSpec {
            code: "STD".to_owned(),
            name: "Standard".to_owned(),
            price: Some(Money {
                amount: 10_000,
                currency: "INR".to_owned(),
            }),
        }],
    };
    let id = ShowtimeId::new(Uuid::new_v4());
    let layout = SeatLayout::build(&spec).unwrap();
    let now = Timestamp::from_unix_seconds(1_780_000_000);
    let created = NewShowtime {
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
    };
    showtimes.create(created).await.unwrap();
    id
}
