//! A database, a journal over it and owners of its showtimes.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use journal::laws::{self, owner::Owner};
use persistence::audit_log::By;
use persistence::journal::{JournalOptions, PgJournal};
use persistence::pool::{self, PoolSettings};
use persistence::showtimes::{Created, NewShowtime, Showtimes};
use seating::ids::{Seq, ShowtimeId};
use seating::sale_terms::SaleTerms;
use seating::seat_layout::SeatLayout;
use seating::seat_layout::spec::LayoutSpec;
use seating::timestamp::Timestamp;
use sqlx::postgres::{PgConnectOptions, PgPool};
use test_database::TestDatabase;
use testkit::waiting::eventually;
use uuid::Uuid;

/// No step of any test takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_mins(1);

/// When every showtime of the tests was created.
pub(crate) const CREATED_AT: Timestamp = Timestamp::from_unix_seconds(1_780_000_000);

/// A database and a journal of one process over it.
pub(crate) struct Store {
    pub(crate) database: TestDatabase,
    pub(crate) journal: Arc<PgJournal>,
}

impl Store {
    pub(crate) async fn create() -> Self {
        let database = Box::pin(TestDatabase::create()).await;
        let journal = start_journal(database.pool().clone());
        Self { database, journal }
    }

    pub(crate) fn pool(&self) -> &PgPool {
        self.database.pool()
    }

    pub(crate) fn showtimes(&self) -> Showtimes {
        Showtimes::new(self.pool().clone())
    }

    /// An owner of a fresh showtime.
    pub(crate) async fn owner(&self) -> Owner {
        let showtime = create_showtime(self.pool(), &laws::layout_spec()).await;
        let journal: Arc<PgJournal> = Arc::clone(&self.journal);
        Owner::claim(journal, showtime, Seq(1)).await
    }
}

/// Options under which everything that can go wrong does so quickly.
pub(crate) fn quick_options() -> JournalOptions {
    JournalOptions {
        load_timeout: Duration::from_secs(5),
        retry_pause_min: Duration::from_millis(5),
        retry_pause_max: Duration::from_millis(100),
        ..JournalOptions::default()
    }
}

pub(crate) fn start_journal(pool: PgPool) -> Arc<PgJournal> {
    Arc::new(PgJournal::start(pool, quick_options()))
}

/// A pool that learns within a second that its server is unreachable.
pub(crate) fn impatient_pool(options: PgConnectOptions) -> PgPool {
    let settings = PoolSettings {
        acquire_timeout: Duration::from_secs(1),
        ..PoolSettings::new(5)
    };
    pool::connect_lazily(options, &settings)
}

pub(crate) async fn create_showtime(pool: &PgPool, spec: &LayoutSpec) -> ShowtimeId {
    let id = ShowtimeId::new(Uuid::new_v4());
    let layout = SeatLayout::build(spec).unwrap();
    let (showtimes, terms) = (Showtimes::new(pool.clone()), SaleTerms::default());
    let new = NewShowtime {
        id,
        event: None,
        title: "Swan Lake",
        starts_at: Timestamp::from_unix_seconds(1_900_000_000),
        by: By::default(),
        spec,
        terms: &terms,
        request: None,
    };
    let created = showtimes.create(&new, &layout, CREATED_AT);
    assert_eq!(created.await.unwrap(), Created::New);
    id
}

/// Fails a step that hangs. Boxed, because whole tests are such steps.
pub(crate) fn in_time<'a, T: 'a>(
    step: impl Future<Output = T> + 'a,
) -> Pin<Box<dyn Future<Output = T> + 'a>> {
    Box::pin(async {
        let ended = tokio::time::timeout(PATIENCE, step).await;
        ended.unwrap()
    })
}

/// Asks again and again until the database answers yes.
pub(crate) async fn until_true(pool: &PgPool, question: &'static str) {
    let ask = async || sqlx::query_scalar(question).fetch_one(pool).await.unwrap();
    eventually(question, ask).await;
}
