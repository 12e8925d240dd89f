//! Creating, listing and reading showtimes.

use journal::Journal;
use journal::laws;
use persistence::audit_log::By;
use persistence::error::StoreError;
use persistence::pool::{self, PoolSettings};
use persistence::showtimes::{Created, NewShowtime, Showtimes};
use seating::counts::Counts;
use seating::entry::{Decision, RequestStamp};
use seating::ids::{BuyerId, Epoch, Seq, ShowtimeId};
use seating::sale_terms::{GapRule, SaleStatus, SaleTerms};
use seating::seat_layout::SeatLayout;
use seating::seat_layout::spec::LayoutSpec;
use seating::timestamp::Timestamp;
use sqlx::postgres::PgPool;
use uuid::Uuid;

use crate::support::{CREATED_AT, Store, in_time};

const ASKED: RequestStamp = RequestStamp {
    key: 7,
    fingerprint: u128::MAX,
};

struct Wish {
    spec: LayoutSpec,
    layout: SeatLayout,
    terms: SaleTerms,
}

impl Wish {
    fn new() -> Self {
        let spec = laws::layout_spec();
        Self {
            layout: SeatLayout::build(&spec).unwrap(),
            spec,
            terms: SaleTerms::default(),
        }
    }

    fn showtime(&self, id: u128, request: Option<RequestStamp>) -> NewShowtime<'_> {
        NewShowtime {
            id: ShowtimeId::new(Uuid::from_u128(id)),
            event: Some(Uuid::from_u128(1)),
            title: "Swan Lake",
            starts_at: Timestamp::from_unix_seconds(1_900_000_000),
            by: By {
                actor: Some(Uuid::from_u128(2)),
                ..By::default()
            },
            spec: &self.spec,
            terms: &self.terms,
            request,
        }
    }

    async fn create(
        &self,
        showtimes: &Showtimes,
        id: u128,
        request: Option<RequestStamp>,
    ) -> Result<Created, StoreError> {
        let new = self.showtime(id, request);
        showtimes.create(&new, &self.layout, CREATED_AT).await
    }
}

#[tokio::test]
async fn a_created_showtime_is_all_there() {
    in_time(async {
        let store = Store::create().await;
        let mut wish = Wish::new();
        wish.terms = SaleTerms {
            on_sale_from: Some(Timestamp::from_unix_micros(1_790_000_000_123_456)),
            on_sale_until: Some(Timestamp::from_unix_seconds(1_800_000_000)),
            max_per_buyer: 4,
            hold_ttl_seconds: 300,
            hold_ttl_max_seconds: 420,
            gap_rule: GapRule::Lenient,
            status: SaleStatus::Paused,
        };
        let showtimes = store.showtimes();
        let new = wish.showtime(5, None);
        let id = new.id;
        assert_eq!(
            showtimes
                .create(&new, &wish.layout, CREATED_AT)
                .await
                .unwrap(),
            Created::New
        );

        let stored = showtimes.get(id).await.unwrap().unwrap();
        assert_eq!(stored.title, "Swan Lake");
        assert_eq!(stored.terms, wish.terms);
        assert_eq!(stored.event, Some(Uuid::from_u128(1)));
        assert_eq!(stored.created_by, Some(Uuid::from_u128(2)));
        assert_eq!((stored.created_at, stored.layout_version), (CREATED_AT, 1));
        assert_eq!(
            stored.starts_at,
            Timestamp::from_unix_seconds(1_900_000_000)
        );
        assert_eq!(stored.currency, "INR");
        let empty = Counts {
            capacity: 120,
            ..Counts::default()
        };
        assert_eq!(stored.counts, empty);
        assert_eq!(
            showtimes.layout(id).await.unwrap(),
            Some((1, wish.spec.clone()))
        );
        let capacities = showtimes.availability(id).await.unwrap();
        let capacities: Vec<_> = capacities.iter().map(|it| it.counts.capacity).collect();
        assert_eq!(capacities, [20, 100]);

        let journal = showtimes.journal_page(id, Seq::ZERO, 10).await.unwrap();
        assert_eq!(journal.len(), 1);
        assert_eq!(journal[0].epoch, Epoch(0));
        assert_eq!(
            journal[0].entry.decision,
            Decision::Opened(wish.terms.clone())
        );
        let creator = Some(BuyerId::new(Uuid::from_u128(2)));
        assert_eq!(journal[0].entry.by, creator, "who opened it is recorded");
        assert_eq!(showtimes.journal_page(id, Seq(1), 10).await.unwrap(), []);
        assert_eq!(store.journal.look(id).await.unwrap().epoch, Epoch(0));
    })
    .await;
}

#[tokio::test]
async fn nobody_finds_a_showtime_that_is_not_there() {
    in_time(async {
        let store = Store::create().await;
        let (showtimes, nobody) = (store.showtimes(), ShowtimeId::new(Uuid::from_u128(9)));
        assert_eq!(showtimes.get(nobody).await.unwrap(), None);
        assert_eq!(showtimes.layout(nobody).await.unwrap(), None);
        assert_eq!(showtimes.availability(nobody).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_repeated_request_finds_its_first_answer() {
    in_time(async {
        let store = Store::create().await;
        let (wish, showtimes) = (Wish::new(), store.showtimes());
        let create = |id, request| wish.create(&showtimes, id, request);
        assert_eq!(create(1, Some(ASKED)).await.unwrap(), Created::New);
        let first = ShowtimeId::new(Uuid::from_u128(1));
        assert_eq!(
            create(2, Some(ASKED)).await.unwrap(),
            Created::Replayed(first)
        );
        let other = RequestStamp {
            fingerprint: 1,
            ..ASKED
        };
        assert_eq!(create(3, Some(other)).await.unwrap(), Created::KeyReused);
        assert_eq!(showtimes.total(100).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn requests_repeated_at_once_create_one_showtime() {
    in_time(async {
        let store = Store::create().await;
        let (wish, showtimes) = (Wish::new(), store.showtimes());
        let create = |id| wish.create(&showtimes, id, Some(ASKED));
        let answers = tokio::join!(create(1), create(2), create(3), create(4));
        let answers = [answers.0, answers.1, answers.2, answers.3].map(Result::unwrap);
        let new = answers.iter().filter(|it| **it == Created::New).count();
        assert_eq!(new, 1, "{answers:?}");
        assert_eq!(showtimes.ids(None, 10).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_failed_creation_leaves_nothing() {
    in_time(async {
        let store = Store::create().await;
        let (wish, showtimes) = (Wish::new(), store.showtimes());
        wish.create(&showtimes, 1, None).await.unwrap();
        // The id is taken, and the second request's key must stay free.
        let again = wish.create(&showtimes, 1, Some(ASKED)).await;
        assert!(again.is_err());
        let new = wish.create(&showtimes, 2, Some(ASKED)).await;
        assert_eq!(new.unwrap(), Created::New);
    })
    .await;
}

#[tokio::test]
async fn the_newest_sale_is_listed_first() {
    in_time(async {
        let store = Store::create().await;
        let (mut wish, showtimes) = (Wish::new(), store.showtimes());
        for (id, on_sale) in [
            (1, None),
            (2, Some(20)),
            (3, Some(30)),
            (4, Some(-1)),
            (5, None),
        ] {
            let from = |seconds: i64| Timestamp::from_unix_seconds(1_780_000_000 + seconds);
            wish.terms.on_sale_from = on_sale.map(from);
            wish.create(&showtimes, id, None).await.unwrap();
        }
        let page = |page: u32| {
            let showtimes = &showtimes;
            async move {
                let listed = showtimes.list((page - 1) * 2, 2).await.unwrap();
                let ids = listed.iter().map(|it| it.id.uuid().as_u128());
                ids.collect::<Vec<_>>()
            }
        };
        assert_eq!(showtimes.total(100).await.unwrap(), 5);
        assert_eq!(showtimes.total(3).await.unwrap(), 3);
        assert_eq!(page(1).await, [3, 2]);
        assert_eq!(page(2).await, [5, 1]);
        assert_eq!(page(3).await, [4]);
        assert_eq!(page(4).await, []);
        let ids = showtimes
            .ids(Some(ShowtimeId::new(Uuid::from_u128(2))), 2)
            .await;
        let ids: Vec<_> = ids.unwrap().iter().map(|id| id.uuid().as_u128()).collect();
        assert_eq!(ids, [3, 4]);
    })
    .await;
}

#[tokio::test]
async fn a_word_that_no_program_wrote_names_its_column() {
    in_time(async {
        let store = Store::create().await;
        let (wish, showtimes) = (Wish::new(), store.showtimes());
        let new = wish.showtime(1, None);
        let id = new.id;
        showtimes
            .create(&new, &wish.layout, CREATED_AT)
            .await
            .unwrap();
        sqlx::query("update layouts set payload = payload || 'x'")
            .execute(store.pool())
            .await
            .unwrap();
        let error = showtimes.layout(id).await.unwrap_err().to_string();
        assert!(
            error.contains("layouts.payload") && error.contains(&id.to_string()),
            "{error}"
        );
        let look = store.journal.look(id).await.unwrap_err().to_string();
        assert!(look.contains("damaged"), "{look}");
    })
    .await;
}

/// Scans of the places' table so far, each of which adds up one showtime.
const ADDED_UP: &str = "\
select coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0)::bigint from pg_stat_user_tables \
where relname = 'showtime_availability'";

#[tokio::test]
async fn a_page_adds_up_its_own_showtimes_and_no_others() {
    in_time(async {
        let store = Store::create().await;
        // One connection, so that what it has counted is all there is.
        let one = PoolSettings::new(1);
        let only = pool::connect(store.database.connect_options(), &one).await;
        let only = only.unwrap();
        let (wish, showtimes) = (Wish::new(), Showtimes::new(only.clone()));
        for id in 1..=30 {
            wish.create(&showtimes, id, None).await.unwrap();
        }
        // In the middle, the last, and beyond it.
        for (page, limit, listed) in [(2, 10, 10), (8, 4, 2), (31, 1, 0)] {
            let before = added_up(&only).await;
            let found = showtimes.list((page - 1) * limit, limit).await.unwrap();
            assert_eq!(found.len(), listed);
            let scans = added_up(&only).await - before;
            assert!(
                scans <= i64::try_from(listed).unwrap(),
                "page {page}: {scans} scans"
            );
        }
    })
    .await;
}

/// What the pool's only connection has counted is told at once.
async fn added_up(only: &PgPool) -> i64 {
    sqlx::query("select pg_stat_force_next_flush()")
        .execute(only)
        .await
        .unwrap();
    sqlx::query_scalar(ADDED_UP).fetch_one(only).await.unwrap()
}
