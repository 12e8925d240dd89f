//! The journal's laws, obeyed on `PostgreSQL`.

use std::sync::Arc;

use persistence::journal::PgJournal;
use persistence::test_database::{TestCluster, TestDatabase};
use seating::ids::ShowtimeId;
use seating::journal::contract::{self, Harness};
use seating::journal::{Append, Journal};
use seating::layout_spec::LayoutSpec;
use sqlx::postgres::PgPool;
use tokio::sync::Mutex;

use crate::support::{create_showtime, impatient_pool, in_time, start_journal};

/// Two processes over one database.
struct OnPostgres {
    pool: PgPool,
    one: Arc<PgJournal>,
    another: Arc<PgJournal>,
    server: Server,
}

enum Server {
    /// Shared by all tests, so it must stay up.
    Shared(#[expect(dead_code, reason = "dropping it drops the database")] TestDatabase),
    /// The test's own.
    Own(Mutex<TestCluster>),
}

impl OnPostgres {
    async fn shared() -> Self {
        let database = TestDatabase::create().await;
        Self::over(database.pool().clone(), Server::Shared(database))
    }

    async fn own() -> Self {
        let cluster = TestCluster::create().await;
        let pool = impatient_pool(cluster.connect_options());
        Self::over(pool, Server::Own(Mutex::new(cluster)))
    }

    fn over(pool: PgPool, server: Server) -> Self {
        Self {
            one: start_journal(pool.clone()),
            another: start_journal(pool.clone()),
            pool,
            server,
        }
    }

    fn cluster(&self) -> &Mutex<TestCluster> {
        match &self.server {
            Server::Own(cluster) => cluster,
            Server::Shared(_) => panic!("a shared server is never taken away"),
        }
    }
}

impl Harness for OnPostgres {
    fn journal(&self) -> Arc<dyn Journal> {
        self.one.clone()
    }

    fn another(&self) -> Arc<dyn Journal> {
        self.another.clone()
    }

    async fn fresh_showtime(&self, house: &LayoutSpec) -> ShowtimeId {
        create_showtime(&self.pool, house).await
    }

    /// More held than there are: the availability's check constraint refuses it.
    fn spoil(&self, append: &mut Append) {
        for (_, counts) in &mut append.counts {
            counts.held = counts.capacity + 1;
        }
    }

    async fn begin_outage(&self) {
        self.cluster().lock().await.stop().await;
    }

    async fn end_outage(&self) {
        self.cluster().lock().await.start().await;
    }
}

macro_rules! laws {
    ($($law:ident on $server:ident;)*) => {$(
        #[tokio::test]
        async fn $law() {
            let harness = OnPostgres::$server().await;
            in_time(contract::$law(&harness)).await;
        }
    )*};
}

laws! {
    entries_keep_their_order on shared;
    an_append_is_whole on shared;
    watermark_tells_the_truth on shared;
    a_claim_ends_earlier_reigns on shared;
    a_claim_sees_all_that_is_durable on shared;
    an_unknown_showtime_has_no_reign on shared;
    a_refused_entry_silences_its_reign on shared;
    a_gap_is_refused on shared;
    appends_outlast_an_outage on own;
    snapshots_are_found_by_their_number on shared;
}
