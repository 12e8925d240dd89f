//! What the audit sees, also of states that no program of ours leaves behind.

use persistence::audit::{Audit, DoubleSale, Extent};
use seating::event::Event;
use seating::ids::{BookingId, Seq, ShowtimeId};
use uuid::Uuid;

use crate::read_models::sale_of;
use crate::support::{Store, in_time};

#[tokio::test]
async fn the_extent_of_a_journal_is_known() {
    in_time(async {
        let store = Store::create().await;
        let mut owner = store.owner().await;
        owner.append_holds(3);
        owner.until_durable().await;
        let audit = Audit::new(store.pool().clone());
        let extent = audit.extent(owner.showtime()).await.unwrap();
        let expected = Extent {
            entries: 4,
            first: Seq(1),
            last: Seq(4),
            epoch: owner.epoch(),
        };
        assert_eq!(extent, expected);
        assert_eq!(audit.gaps(10).await.unwrap(), []);
        let nobody = audit.extent(ShowtimeId::new(Uuid::nil())).await.unwrap();
        assert_eq!((nobody.entries, nobody.last), (0, Seq::ZERO));
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
            owner.append(Event::Confirmed(sale_of(&[4])));
        }
        owner.until_durable().await;
        let audit = Audit::new(store.pool().clone());
        let expected = DoubleSale {
            showtime: owner.showtime(),
            seat_id: "ORCH-A-5".to_owned(),
            tickets: 2,
        };
        assert_eq!(audit.double_sales(10).await.unwrap(), [expected]);
        let sold = audit.sold(owner.showtime()).await.unwrap();
        assert_eq!(sold.seats["ORCH-A-5"], 2);
    })
    .await;
}

#[tokio::test]
async fn bookings_come_in_pages() {
    in_time(async {
        let store = Store::create().await;
        let mut owner = store.owner().await;
        for seat in 0..5 {
            owner.append(Event::Confirmed(sale_of(&[seat])));
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
