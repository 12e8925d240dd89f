//! A PostgreSQL of the bench's own, with fsync on, which ends with it.

use std::sync::Arc;

use actors::box_office::BoxOffice;
use actors::clock::{Clock, SystemClock};
use actors::options::OwnerOptions;
use journal::Journal;
use persistence::audit_log::By;
use persistence::journal::{JournalOptions, PgJournal};
use persistence::pool::{PgPool, PoolSettings, connect};
use persistence::showtimes::{NewShowtime, Showtimes};
use seating::ids::ShowtimeId;
use seating::sale_terms::SaleTerms;
use seating::seat_layout::SeatLayout;
use seating::seat_layout::spec::LayoutSpec;
use test_database::TestCluster;
use tokio::task::JoinSet;
use uuid::Uuid;

const CONNECTIONS_MAX: u32 = 8;

/// A migrated database.
pub(crate) struct Database {
    pool: PgPool,
    /// Ends when this is dropped.
    _cluster: TestCluster,
}

impl Database {
    pub(crate) async fn create() -> Self {
        let cluster = TestCluster::create_with(true).await;
        let settings = PoolSettings::new(CONNECTIONS_MAX);
        let pool = connect(cluster.connect_options(), &settings).await.unwrap();
        Self {
            pool,
            _cluster: cluster,
        }
    }

    /// A journal of its own; several may stand side by side, as those of several processes do.
    pub(crate) fn journal(&self, options: JournalOptions) -> Arc<PgJournal> {
        Arc::new(PgJournal::start(self.pool.clone(), options))
    }

    /// Creates so many showtimes of one layout.
    pub(crate) async fn showtimes(&self, count: usize, spec: LayoutSpec) -> Vec<ShowtimeId> {
        let layout = Arc::new(SeatLayout::build(&spec).unwrap());
        let spec = Arc::new(spec);
        let mut creating = JoinSet::new();
        let mut created = Vec::with_capacity(count);
        for _ in 0..count {
            if creating.len() >= CONNECTIONS_MAX as usize {
                created.extend(creating.join_next().await.transpose().unwrap());
            }
            let (layout, spec) = (Arc::clone(&layout), Arc::clone(&spec));
            creating.spawn(create(self.pool.clone(), layout, spec));
        }
        created.extend(creating.join_all().await);
        created
    }
}

/// Opens a box office over any journal.
pub(crate) async fn open_office(journal: Arc<dyn Journal>, options: OwnerOptions) -> BoxOffice {
    let clock = Arc::new(SystemClock::start());
    BoxOffice::open(journal, clock, options).await.unwrap()
}

async fn create(pool: PgPool, layout: Arc<SeatLayout>, spec: Arc<LayoutSpec>) -> ShowtimeId {
    let id = ShowtimeId::new(Uuid::now_v7());
    let now = SystemClock::start().now();
    let new = NewShowtime {
        id,
        event: None,
        title: "Benchmark",
        starts_at: now,
        by: By::default(),
        spec: &spec,
        terms: &SaleTerms::default(),
        request: None,
    };
    let showtimes = Showtimes::new(pool);
    showtimes.create(&new, &layout, now).await.unwrap();
    id
}
