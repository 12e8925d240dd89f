//! Snapshots: the newest two, of which damaged ones are skipped.

use journal::laws::empty_snapshot;
use journal::laws::owner::Owner;
use journal::{Journal, JournalError};
use seating::ids::Seq;
use seating::snapshot::Snapshot;

use crate::support::{Store, in_time};

fn snapshot(seq: u64) -> Snapshot {
    empty_snapshot(Seq(seq))
}

/// A showtime with snapshots at 3, 5 and 7.
async fn snapshots(store: &Store) -> Owner {
    saved(store, &[3, 5, 7]).await
}

/// A showtime of seven entries with snapshots at these.
pub(crate) async fn saved(store: &Store, seqs: &[u64]) -> Owner {
    let mut owner = store.owner().await;
    owner.append_singly(6);
    owner.until_durable().await;
    for &seq in seqs {
        let saved = store
            .journal
            .save_snapshot(owner.showtime(), owner.epoch(), snapshot(seq));
        saved.await.unwrap();
    }
    owner
}

#[tokio::test]
async fn only_the_newest_two_are_kept() {
    in_time(async {
        let store = Store::create().await;
        let owner = snapshots(&store).await;
        // Again, and an older one late: neither changes what is kept.
        for seq in [7, 4] {
            let saved = store
                .journal
                .save_snapshot(owner.showtime(), owner.epoch(), snapshot(seq));
            saved.await.unwrap();
        }
        let kept: Vec<i64> = sqlx::query_scalar("select seq from snapshot order by seq")
            .fetch_all(store.pool())
            .await
            .unwrap();
        assert_eq!(kept, [5, 7]);
    })
    .await;
}

#[tokio::test]
async fn a_damaged_snapshot_is_skipped_for_the_one_before() {
    in_time(async {
        let store = Store::create().await;
        let owner = snapshots(&store).await;
        let load = || store.journal.snapshot(owner.showtime(), None);
        assert_eq!(load().await.unwrap(), Some(snapshot(7)));
        damage(&store, 7).await;
        assert_eq!(load().await.unwrap(), Some(snapshot(5)));
        damage(&store, 5).await;
        assert_eq!(load().await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_snapshot_under_a_wrong_number_is_skipped() {
    in_time(async {
        let store = Store::create().await;
        let owner = snapshots(&store).await;
        sqlx::query("update snapshot set seq = 6 where seq = 7")
            .execute(store.pool())
            .await
            .unwrap();
        let newest = store.journal.snapshot(owner.showtime(), None).await;
        assert_eq!(newest.unwrap(), Some(snapshot(5)));
    })
    .await;
}

#[tokio::test]
async fn a_snapshot_ahead_of_the_journal_is_refused() {
    in_time(async {
        let store = Store::create().await;
        let owner = snapshots(&store).await;
        let saved = store
            .journal
            .save_snapshot(owner.showtime(), owner.epoch(), snapshot(8))
            .await;
        assert!(matches!(saved, Err(JournalError::Damaged { .. })));
        let newest = store.journal.snapshot(owner.showtime(), None).await;
        assert_eq!(newest.unwrap(), Some(snapshot(7)));
    })
    .await;
}

async fn damage(store: &Store, seq: i64) {
    sqlx::query("update snapshot set payload = substring(payload from 2) where seq = $1")
        .bind(seq)
        .execute(store.pool())
        .await
        .unwrap();
}
