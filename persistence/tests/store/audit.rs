//! What the audit sees, also of states that no program of ours leaves behind.

use persistence::audit::Audit;
use seating::entry::Decision;
use seating::ids::{BookingId, Seq, ShowtimeId};
use uuid::Uuid;

use crate::read_models::sale_of;
use crate::support::{Store, in_time};

#[tokio::test]
async fn the_end_of_a_journal_is_known_without_reading_it() {
    in_time(async {
        let store = Store::create().await;
        let mut owner = store.owner().await;
        owner.append_holds(3);
        owner.until_durable().await;
        let audit = Audit::new(store.pool().clone());
        assert_eq!(audit.last(owner.showtime()).await.unwrap(), Seq(4));
        let nobody = ShowtimeId::new(Uuid::nil());
        assert_eq!(audit.last(nobody).await.unwrap(), Seq::ZERO);
    })
    .await;
}

#[tokio::test]
async fn a_double_sale_is_found_where_the_index_is_gone() {
    in_time(async {
        let store = Store::create().await;
        let mut owner = store.owner().await;
        sqlx::query("drop index tickets_one_live_per_seat_idx")
            .execute(store.pool())
            .await
            .unwrap();
        for _ in 0..2 {
            owner.append(Decision::Confirmed(sale_of(&[4])));
        }
        owner.until_durable().await;
        let audit = Audit::new(store.pool().clone());
        let sold = audit.sold(owner.showtime()).await.unwrap();
        assert_eq!(sold.seats["ORCH-A-5"], 2);
        assert_eq!(sold.double_sales(), 1);
    })
    .await;
}

#[tokio::test]
async fn bookings_come_in_pages() {
    in_time(async {
        let store = Store::create().await;
        let mut owner = store.owner().await;
        for seat in 0..5 {
            owner.append(Decision::Confirmed(sale_of(&[seat])));
        }
        owner.until_durable().await;
        let audit = Audit::new(store.pool().clone());
        let mut all: Vec<BookingId> = Vec::new();
        loop {
            let page = audit
                .bookings(owner.showtime(), all.last().copied(), 2)
                .await;
            let page = page.unwrap();
            if page.is_empty() {
                break;
            }
            all.extend(page.iter().map(|booking| booking.id));
        }
        assert_eq!(all.len(), 5);
        assert!(all.is_sorted());
    })
    .await;
}
