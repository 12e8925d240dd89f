//! The journal's laws, obeyed on `PostgreSQL`.

use std::sync::Arc;

use journal::laws::{self, Harness};
use journal::{Append, Journal};
use persistence::journal::PgJournal;
use seating::ids::{Epoch, Seq, ShowtimeId};
use seating::seat_layout::spec::LayoutSpec;
use sqlx::postgres::PgPool;
use test_database::{TestCluster, TestDatabase};
use tokio::sync::{Mutex, MutexGuard};

use crate::read_models::{cancelled, sale_of};
use crate::support::{create_showtime, impatient_pool, in_time, start_journal};

const FORGET_CLAIMS: &str = "update showtime_owner set epoch = $2 where showtime_id = $1";
const FORGET_ENTRIES: &str = "delete from journal where showtime_id = $1 and seq > $2";

/// Two processes over one database.
struct OnPostgres {
    pool: PgPool,
    one: Arc<PgJournal>,
    another: Arc<PgJournal>,
    /// The test's own server, when it may be taken away.
    cluster: Option<Mutex<TestCluster>>,
    /// Dropping it drops the database.
    database: Option<TestDatabase>,
}

impl OnPostgres {
    async fn shared() -> Self {
        let database = Box::pin(TestDatabase::create()).await;
        let mut harness = Self::over(database.pool().clone());
        harness.database = Some(database);
        harness
    }

    async fn own() -> Self {
        let cluster = Box::pin(TestCluster::create()).await;
        let mut harness = Self::over(impatient_pool(cluster.connect_options()));
        harness.cluster = Some(Mutex::new(cluster));
        harness
    }

    fn over(pool: PgPool) -> Self {
        Self {
            one: start_journal(pool.clone()),
            another: start_journal(pool.clone()),
            pool,
            cluster: None,
            database: None,
        }
    }

    async fn cluster(&self) -> MutexGuard<'_, TestCluster> {
        self.cluster.as_ref().unwrap().lock().await
    }
}

impl Harness for OnPostgres {
    fn journal(&self) -> Arc<dyn Journal> {
        let one: Arc<PgJournal> = Arc::clone(&self.one);
        one
    }

    fn another(&self) -> Arc<dyn Journal> {
        let another: Arc<PgJournal> = Arc::clone(&self.another);
        another
    }

    async fn fresh_showtime(&self, spec: &LayoutSpec) -> ShowtimeId {
        create_showtime(&self.pool, spec).await
    }

    /// A booking that the tables do not know cannot be cancelled.
    fn spoil(&self, append: &mut Append) {
        Arc::make_mut(&mut append.entries[0]).decision = cancelled(&sale_of(&[1]), &[1]);
    }

    async fn begin_outage(&self) {
        self.cluster().await.stop().await;
    }

    async fn end_outage(&self) {
        self.cluster().await.start().await;
    }

    async fn fail_over(&self, showtime: ShowtimeId, epoch: Epoch, seq: Seq) {
        for (statement, up_to) in [(FORGET_CLAIMS, epoch.0), (FORGET_ENTRIES, seq.0)] {
            sqlx::query(statement)
                .bind(showtime.uuid())
                .bind(i64::try_from(up_to).unwrap())
                .execute(&self.pool)
                .await
                .unwrap();
        }
    }
}

macro_rules! laws {
    ($($law:ident on $server:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $law() {
            let harness = OnPostgres::$server().await;
            in_time(laws::$law(&harness)).await;
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
    a_late_claim_takes_nothing on shared;
    reigns_share_no_number_even_if_claims_are_forgotten on shared;
    standing_reigns_are_listed on shared;
    keyed_requests_find_their_first_answer on shared;
    showtimes_with_deadlines_are_found on shared;
    a_snapshot_of_a_reign_that_is_over_is_not_kept on shared;
    a_refused_entry_silences_its_reign on shared;
    a_gap_is_refused on shared;
    appends_outlast_an_outage on own;
    snapshots_are_found_by_their_number on shared;
}
