//! Entries that the database refuses for good stop their own reign and nobody else.

use std::sync::Arc;

use journal::laws::owner::Owner;
use journal::{Journal, Notice};
use persistence::audit::Audit;
use persistence::journal::PgJournal;
use seating::entry::{Decision, Entry};
use seating::ids::Seq;

use crate::read_models::{cancelled, confirmed, sale_of};
use crate::support::{Store, in_time, until_true};

const WRITER_WAITS: &str = "\
select exists (select from pg_stat_activity \
    where datname = current_database() and wait_event_type = 'Lock')";

#[tokio::test]
async fn a_seat_sold_twice_is_refused_and_only_its_showtime_stops() {
    in_time(async {
        let store = Store::create().await;
        let (mut owner, mut neighbor) = (store.owner().await, store.owner().await);
        let blocker = block_writer(&store, &mut neighbor).await;
        // Everything below is in the channel before the writer goes on, so it is one batch.
        owner.append_holds(1);
        owner.append(confirmed(&[7]));
        neighbor.append(confirmed(&[7]));
        owner.append(confirmed(&[8, 7]));
        let refused = owner.appended().last().unwrap().seq;
        for _ in 0..20 {
            owner.append_holds(1);
            neighbor.append_holds(1);
        }
        blocker.rollback().await.unwrap();

        neighbor.until_durable().await;
        owner.until_refused().await;
        owner.until_answered().await;
        let told = owner.notices();
        assert!(told.contains(&Notice::Durable(Seq(3))), "{told:?}");
        match told.iter().find(|it| matches!(it, Notice::Poisoned { .. })) {
            Some(Notice::Poisoned { seq, reason }) => {
                assert_eq!(*seq, refused);
                assert!(reason.contains("tickets_one_live_per_seat_idx"), "{reason}");
            }
            _ => panic!("nothing was refused: {told:?}"),
        }
        assert_eq!(owner.stored_after_opening().await, owner.appended()[..2]);
        let audit = Audit::new(store.pool().clone());
        let sold = audit.sold(owner.showtime()).await.unwrap();
        let seats: Vec<_> = sold.seats.into_keys().collect();
        assert_eq!(seats, ["ORCH-A-8"], "nothing of the refused sale is left");
        assert_eq!(neighbor.stored_after_opening().await, neighbor.appended());
    })
    .await;
}

#[tokio::test]
async fn a_seat_sold_cancelled_and_sold_again_in_one_batch_is_no_double_sale() {
    in_time(async {
        let store = Store::create().await;
        let mut owner = store.owner().await;
        let mut neighbor = store.owner().await;
        let before = sale_of(&[3]);
        owner.append(Decision::Confirmed(before.clone()));
        owner.until_durable().await;
        let blocker = block_writer(&store, &mut neighbor).await;
        owner.append(cancelled(&before, &[1]));
        for _ in 0..3 {
            let sale = sale_of(&[3, 4]);
            owner.append(Decision::Confirmed(sale.clone()));
            owner.append(cancelled(&sale, &[1]));
            owner.append(cancelled(&sale, &[2]));
        }
        owner.append(confirmed(&[3]));
        blocker.rollback().await.unwrap();
        owner.until_durable().await;
        let audit = Audit::new(store.pool().clone());
        let sold = audit.sold(owner.showtime()).await.unwrap();
        assert_eq!(sold.double_sales(), 0);
        assert_eq!(
            sold.seats.into_iter().collect::<Vec<_>>(),
            [("ORCH-A-4".to_owned(), 1)]
        );
    })
    .await;
}

#[tokio::test]
async fn a_number_that_another_wrote_is_refused() {
    in_time(async {
        let store = Store::create().await;
        let mut owner = store.owner().await;
        sqlx::query(
            "insert into journal (showtime_id, seq, epoch, at, kind, payload) \
             values ($1, 2, 1, now(), 2, 'forged')",
        )
        .bind(owner.showtime().uuid())
        .execute(store.pool())
        .await
        .unwrap();
        owner.append_holds(1);
        owner.until_refused().await;
        assert!(matches!(
            owner.last_notice(),
            Some(Notice::Poisoned { seq: Seq(2), .. })
        ));
    })
    .await;
}

#[tokio::test]
async fn a_decision_that_contradicts_its_layout_or_its_tables_is_refused() {
    let unknown_booking = cancelled(&sale_of(&[1]), &[1]);
    let unknown_seat = confirmed(&[2_000]);
    let mut short = sale_of(&[1, 2]);
    short.tickets.pop();
    for decision in [unknown_booking, unknown_seat, Decision::Confirmed(short)] {
        in_time(async {
            let store = Store::create().await;
            let mut owner = store.owner().await;
            owner.append(decision.clone());
            owner.until_refused().await;
            assert_eq!(owner.stored_after_opening().await, Vec::<Entry>::new());
            // A newer reign is not haunted by it.
            let journal: Arc<PgJournal> = Arc::clone(&store.journal);
            let mut next = Owner::claim(journal, owner.showtime(), Seq(1)).await;
            assert!(next.epoch() > owner.epoch());
            next.append_holds(1);
            next.until_durable().await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_damaged_entry_is_reported_with_its_place() {
    in_time(async {
        let store = Store::create().await;
        let mut owner = store.owner().await;
        owner.append_singly(3);
        owner.until_durable().await;
        let damage = [
            "update journal set payload = set_byte(payload, 9, 255 - get_byte(payload, 9)) \
             where showtime_id = $1 and seq = 3",
            "delete from journal where showtime_id = $1 and seq = 3",
        ];
        for statement in damage {
            sqlx::query(statement)
                .bind(owner.showtime().uuid())
                .execute(store.pool())
                .await
                .unwrap();
            let loaded = store.journal.entries(owner.showtime(), Seq(1), 100).await;
            let error = loaded.unwrap_err().to_string();
            assert!(
                error.contains("damaged") && error.contains("entry 3"),
                "{error}"
            );
        }
    })
    .await;
}

/// Makes the writer wait inside a batch of the neighbor's, so that what comes next collects.
async fn block_writer(
    store: &Store,
    neighbor: &mut Owner,
) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let mut blocker = store.pool().begin().await.unwrap();
    sqlx::query("update showtime_owner set node = node where showtime_id = $1")
        .bind(neighbor.showtime().uuid())
        .execute(&mut *blocker)
        .await
        .unwrap();
    neighbor.append_holds(1);
    until_true(store.pool(), WRITER_WAITS).await;
    blocker
}
