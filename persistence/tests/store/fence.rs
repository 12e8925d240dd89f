//! Reigns: what an old owner has in progress when a new one claims.

use journal::laws::owner::Owner;
use journal::{Journal, JournalError, Notice};
use seating::ids::Seq;
use sqlx::postgres::PgPool;
use sqlx::{Postgres, Transaction};

use crate::support::{Store, in_time, start_journal, until_true};

const CLAIM: &str = "update showtime_owner set epoch = epoch + 1 where showtime_id = $1";
const SHARE: &str = "select epoch from showtime_owner where showtime_id = $1 for share";
const SOMEBODY_WAITS: &str = "\
select exists (select from pg_locks l join pg_database d on d.oid = l.database \
    where not l.granted and d.datname = current_database()) \
or exists (select from pg_stat_activity \
    where datname = current_database() and wait_event_type = 'Lock')";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_meets_a_claim_is_fenced_when_the_claim_commits() {
    in_time(async {
        let store = Store::create().await;
        let (mut owner, claim) = batch_that_waits_for_a_claim(&store).await;
        claim.commit().await.unwrap();
        owner.until_refused().await;
        assert_eq!(owner.last_notice(), Some(Notice::Fenced));
        owner.append_holds(1);
        owner.until_answered().await;
        assert_eq!(owner.stored_after_opening().await, []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_meets_a_claim_goes_on_when_the_claim_fails() {
    in_time(async {
        let store = Store::create().await;
        let (owner, claim) = batch_that_waits_for_a_claim(&store).await;
        claim.rollback().await.unwrap();
        owner.until_durable().await;
        assert_eq!(owner.stored_after_opening().await, owner.appended());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fenced_showtime_does_not_hold_up_its_batch() {
    in_time(async {
        let store = Store::create().await;
        let (mut old, mut neighbor) = (store.owner().await, store.owner().await);
        let new = Owner::claim(start_journal(store.pool().clone()), old.showtime(), Seq(1)).await;
        assert!(new.epoch() > old.epoch());
        // Both wait for the same lock, so both are in one batch when it goes.
        let blocker = lock(store.pool(), SHARE_ALL, &neighbor).await;
        neighbor.append_holds(1);
        until_true(store.pool(), SOMEBODY_WAITS).await;
        for _ in 0..10 {
            old.append_holds(1);
            neighbor.append_holds(2);
        }
        blocker.rollback().await.unwrap();
        neighbor.until_durable().await;
        old.until_refused().await;
        assert_eq!(old.stored_after_opening().await, []);
        assert_eq!(neighbor.stored_after_opening().await, neighbor.appended());
    })
    .await;
}

/// Keeps writers, which lock rows, waiting, but nobody else.
const SHARE_ALL: &str = "update showtime_owner set node = node where showtime_id = $1";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_waits_for_the_batch_in_flight() {
    in_time(async {
        let store = Store::create().await;
        let owner = store.owner().await;
        let batch = lock(store.pool(), SHARE, &owner).await;
        let journal = start_journal(store.pool().clone());
        let seen = journal.look(owner.showtime()).await.unwrap();
        let claim = journal.claim(owner.showtime(), seen.succession());
        let other = async {
            until_true(store.pool(), SOMEBODY_WAITS).await;
            batch.commit().await.unwrap();
        };
        let (claim, ()) = tokio::join!(claim, other);
        assert_eq!(claim.unwrap().epoch, seen.succession().to);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_does_not_wait_for_ever() {
    in_time(async {
        let store = Store::create().await;
        let owner = store.owner().await;
        let batch = lock(store.pool(), SHARE, &owner).await;
        let seen = store.journal.look(owner.showtime()).await.unwrap();
        let claim = store.journal.claim(owner.showtime(), seen.succession());
        let claim = claim.await;
        assert!(
            matches!(claim, Err(JournalError::Unavailable(_))),
            "{claim:?}"
        );
        batch.rollback().await.unwrap();
        let standing = store.journal.look(owner.showtime()).await.unwrap();
        assert_eq!(
            standing.epoch,
            owner.epoch(),
            "the claim that gave up changed nothing"
        );
    })
    .await;
}

/// An owner whose append waits in the database for a claim that is not committed yet.
async fn batch_that_waits_for_a_claim(store: &Store) -> (Owner, Transaction<'static, Postgres>) {
    let mut owner = store.owner().await;
    let claim = lock(store.pool(), CLAIM, &owner).await;
    owner.append_holds(1);
    until_true(store.pool(), SOMEBODY_WAITS).await;
    assert_eq!(owner.notices(), []);
    (owner, claim)
}

async fn lock(
    pool: &PgPool,
    statement: &'static str,
    owner: &Owner,
) -> Transaction<'static, Postgres> {
    let mut transaction = pool.begin().await.unwrap();
    sqlx::query(statement)
        .bind(owner.showtime().uuid())
        .execute(&mut *transaction)
        .await
        .unwrap();
    transaction
}
