//! A primary that waits for its standby: nothing is called durable that a failover may forget.

use std::sync::Arc;

use journal::laws::{self, owner::Owner};
use seating::ids::Seq;
use sqlx::postgres::PgPool;
use test_database::{TestCluster, TestStandby};

use crate::support::{create_showtime, impatient_pool, in_time, start_journal, until_true};

const A_COMMIT_WAITS: &str = "select exists (select from pg_stat_activity \
    where wait_event = 'SyncRep' and query like '%insert into journal%')";
/// As an operator may do, or the kernel when memory runs out.
const CUT_IT_OFF: &str = "select pg_terminate_backend(pid) from pg_stat_activity \
    where wait_event = 'SyncRep'";
/// What was cut off is there for everybody to see, and only its reader knows better.
const ITS_READER_WAITS: &str = "select count(*) = 2 and exists (select from pg_stat_activity \
    where wait_event = 'SyncRep' and query like '%filter%') from journal";

/// An owner whose second entry is committed, but not where its standby is, and whose writer has
/// lost the connection that it waited on.
struct Unheard {
    owner: Owner,
    primary: TestCluster,
    standby: TestStandby,
    pool: PgPool,
}

impl Unheard {
    async fn commit() -> Self {
        let primary = Box::pin(TestCluster::create()).await;
        let pool = impatient_pool(primary.connect_options());
        let showtime = create_showtime(&pool, &laws::layout_spec()).await;
        let mut standby = primary.synchronous_standby().await;
        let journal = start_journal(pool.clone());
        let mut owner = Owner::claim(journal, showtime, Seq(1)).await;
        standby.stop().await;
        owner.append_holds(1);
        until_true(&pool, A_COMMIT_WAITS).await;
        sqlx::query(CUT_IT_OFF).execute(&pool).await.unwrap();
        until_true(&pool, ITS_READER_WAITS).await;
        Self {
            owner,
            primary,
            standby,
            pool,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_failover_forgets_was_never_called_durable() {
    in_time(async {
        let mut unheard = Unheard::commit().await;
        assert_eq!(unheard.owner.notices(), []);
        unheard.primary.kill9().await;
        unheard.standby.start().await;
        unheard.standby.promote().await;
        let after = impatient_pool(unheard.standby.connect_options());
        let journal = start_journal(after);
        let next = Owner::claim(Arc::clone(&journal) as _, unheard.owner.showtime(), Seq(1)).await;
        assert_eq!(next.stored_after_opening().await, [], "forgotten");
        assert_eq!(unheard.owner.notices(), [], "and never promised");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_reaches_the_standby_in_the_end_is_announced_once() {
    in_time(async {
        let mut unheard = Unheard::commit().await;
        assert_eq!(unheard.owner.notices(), []);
        unheard.standby.start().await;
        unheard.owner.until_durable().await;
        assert_eq!(unheard.owner.watermarks(), [Seq(2)]);
        let kept: i64 = sqlx::query_scalar("select count(*) from journal")
            .fetch_one(&unheard.pool)
            .await
            .unwrap();
        assert_eq!(kept, 2);
    })
    .await;
}
