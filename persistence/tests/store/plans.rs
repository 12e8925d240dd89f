//! Which way the database takes to what it is asked for.

use persistence::journal::PgJournal;
use persistence::pool::{self, PoolSettings};
use persistence::test_database::TestDatabase;
use seating::ids::ShowtimeId;
use seating::journal::{Journal, contract};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgPool;

use crate::support::{create_showtime, in_time, quick_options};

/// Entries of one showtime.
const SOLD: i64 = 20_000;

/// Entries with keys, as far as the index of keys looks at them.
async fn sell_much(pool: &PgPool, showtime: ShowtimeId) {
    let entries = format!(
        "insert into journal (showtime_id, seq, epoch, at, kind, payload) \
         select '{showtime}', 1 + n, 1, now(), 1, \
             '\\x010110'::bytea || substring(sha256(int8send(n)) from 1 for 16) \
         from generate_series(1, {SOLD}) n"
    );
    sqlx::query(AssertSqlSafe(entries))
        .execute(pool)
        .await
        .unwrap();
}

/// Entries that this session has reached by the journal's primary key.
async fn reached_by_number(pool: &PgPool) -> i64 {
    let now = "select pg_stat_force_next_flush()";
    sqlx::query(now).execute(pool).await.unwrap();
    let read = "select idx_tup_read from pg_stat_user_indexes where indexrelname = 'journal_pkey'";
    sqlx::query_scalar(read).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn a_key_is_looked_up_by_its_index_also_when_the_statistics_are_of_yesterday() {
    in_time(async {
        let database = TestDatabase::create().await;
        // One session, which knows what it has read itself.
        let pool = pool::connect_lazily(database.connect_options(), &PoolSettings::new(1));
        let showtime = create_showtime(&pool, &contract::house()).await;
        sqlx::query("analyze journal").execute(&pool).await.unwrap();
        sell_much(&pool, showtime).await;
        let journal = PgJournal::start(pool.clone(), quick_options());
        let before = reached_by_number(&pool).await;
        assert_eq!(journal.answered(showtime, 7).await.unwrap(), None);
        let reached = reached_by_number(&pool).await - before;
        assert!(reached < 100, "it walked over {reached} entries");
    })
    .await;
}
