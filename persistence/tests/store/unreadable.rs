//! What is stored but cannot be read: a newer program's is told from damage, and a number that cannot
//! be is never bent to fit.

use journal::{Journal, JournalError};
use seating::ids::Seq;
use sqlx::Row;

use crate::support::{Store, in_time};

/// A form that no program knows yet.
const NEWER: u8 = 99;

/// The same content as a newer program would write it: another form, and sound.
fn of_a_newer_program(payload: &[u8]) -> Vec<u8> {
    let mut bytes = payload[..payload.len() - 4].to_vec();
    bytes[0] = NEWER;
    let checksum = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

async fn rewrite(store: &Store, select: &'static str, update: &'static str) {
    let pool = store.pool();
    let row = sqlx::query(select).fetch_one(pool).await.unwrap();
    let payload = of_a_newer_program(row.get::<&[u8], _>(0));
    sqlx::query(update)
        .bind(payload)
        .execute(pool)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_entry_of_a_newer_program_is_not_called_damage() {
    in_time(async {
        let store = Store::create().await;
        let mut owner = store.owner().await;
        owner.append_singly(3);
        owner.until_durable().await;
        rewrite(
            &store,
            "select payload from journal where seq = 3",
            "update journal set payload = $1 where seq = 3",
        )
        .await;
        let read = store.journal.entries(owner.showtime(), Seq(1), 100).await;
        let error = read.unwrap_err();
        assert!(
            matches!(error, JournalError::WrittenByNewer { .. }),
            "{error}"
        );
        let said = error.to_string();
        assert!(said.starts_with("entry 3 (form 99) of showtime "), "{said}");
        assert!(said.ends_with(" was written by a newer program"), "{said}");
    })
    .await;
}

/// A kind that this program does not have is at the end of the list of those it knows, so its bytes
/// make no sense to it. The number in its row says why.
#[tokio::test]
async fn an_entry_of_a_kind_of_a_newer_program_is_not_called_damage() {
    in_time(async {
        let store = Store::create().await;
        let mut owner = store.owner().await;
        owner.append_singly(3);
        owner.until_durable().await;
        let update = "update journal set payload = $1, kind = 99 where seq = 3";
        let payload = of_an_unknown_kind();
        let written = sqlx::query(update).bind(payload).execute(store.pool());
        written.await.unwrap();
        let read = store.journal.entries(owner.showtime(), Seq(1), 100).await;
        let said = read.unwrap_err().to_string();
        assert!(said.starts_with("entry 3 (kind 99) of showtime "), "{said}");
        assert!(said.ends_with(" was written by a newer program"), "{said}");
        let update = "update journal set kind = 2 where seq = 3";
        sqlx::query(update).execute(store.pool()).await.unwrap();
        let read = store.journal.entries(owner.showtime(), Seq(1), 100).await;
        let error = read.unwrap_err();
        assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
    })
    .await;
}

/// Sound, without a request and a member of staff, and of the last kind that a byte can number.
fn of_an_unknown_kind() -> Vec<u8> {
    let mut bytes = vec![2, 0, 0, 250];
    let checksum = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

#[tokio::test]
async fn a_snapshot_of_a_newer_program_is_passed_over() {
    in_time(async {
        let store = Store::create().await;
        let owner = crate::snapshots::saved(&store, &[3]).await;
        let newest = || store.journal.snapshot(owner.showtime(), None);
        assert!(newest().await.unwrap().is_some());
        rewrite(
            &store,
            "select payload from snapshot",
            "update snapshot set payload = $1",
        )
        .await;
        assert_eq!(newest().await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_number_that_cannot_be_is_damage() {
    in_time(async {
        let store = Store::create().await;
        let owner = store.owner().await;
        let list = "select conname::text from pg_constraint where conrelid = 'showtimes'::regclass and contype = 'c'";
        let checks: Vec<String> = sqlx::query_scalar(list).fetch_all(store.pool()).await.unwrap();
        for check in checks {
            let drop = format!("alter table showtimes drop constraint \"{check}\"");
            sqlx::query(sqlx::AssertSqlSafe(drop)).execute(store.pool()).await.unwrap();
        }
        sqlx::query("update showtimes set max_per_buyer = -1")
            .execute(store.pool())
            .await
            .unwrap();
        let read = store.showtimes().get(owner.showtime()).await;
        let said = read.unwrap_err().to_string();
        assert!(said.contains("\"max_per_buyer\" cannot be read"), "{said}");
        assert!(said.contains("-1 in a column"), "{said}");
    })
    .await;
}
