//! Which way the database takes to what it is asked for.

mod accounts;
mod audit_log;

use std::time::Duration;

use journal::{Journal, laws};
use seating::ids::ShowtimeId;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgPool;

use crate::support::{Store, create_showtime, in_time};

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

/// What the journal's indexes have been used for, as far as its sessions have said so: look-ups by
/// key, and entries reached by their number.
async fn used(pool: &PgPool) -> (i64, i64) {
    let used = "\
select (select idx_scan from pg_stat_user_indexes where indexrelname = 'journal_keyed_idx'), \
    (select idx_tup_read from pg_stat_user_indexes where indexrelname = 'journal_pkey')";
    sqlx::query_as(used).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn a_key_is_looked_up_by_its_index_also_when_the_statistics_are_of_yesterday() {
    in_time(async {
        let store = Store::create().await;
        let pool = store.pool();
        let showtime = create_showtime(pool, &laws::layout_spec()).await;
        sqlx::query("analyze journal").execute(pool).await.unwrap();
        sell_much(pool, showtime).await;
        let (mut looked_up, before) = used(pool).await;
        let mut walked = 0;
        // Sessions tell at most once a second what they have done.
        while looked_up == 0 && walked == 0 {
            let found = store.journal.answered(showtime, 7).await;
            assert_eq!(found.unwrap(), None);
            tokio::time::sleep(Duration::from_millis(200)).await;
            let (by_key, by_number) = used(pool).await;
            (looked_up, walked) = (by_key, by_number - before);
        }
        assert_eq!(walked, 0, "entries were walked over");
    })
    .await;
}
