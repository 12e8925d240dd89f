//! What each kind of decision leaves in the tables.

use std::collections::BTreeMap;

use journal::laws::owner::{self, Owner};
use persistence::audit::{Audit, StoredBooking};
use persistence::outbox::{BookingConfirmed, Job, RefundReason, RefundRequested};
use seating::counts::Counts;
use seating::entry::{BlockChange, BookingCancelled, Decision, PaymentBegun, Sale};
use seating::ids::{BookingId, BuyerId, HoldId, Seq, TicketCode, TicketId};
use seating::places::{AreaQuantity, Places};
use seating::sale_terms::{GapRule, SaleStatus, SaleTerms};
use seating::seat_layout::{SeatIndex, SectionIndex};
use seating::snapshot::BookingState;
use seating::timestamp::Timestamp;
use sqlx::types::JsonValue;
use uuid::Uuid;

use crate::support::{Store, in_time};

/// What one place costs in these tests.
const PRICE: i64 = 150_000;

pub(crate) fn sale_of(seats: &[u32]) -> Sale {
    let places = Places::of_seats(seats.iter().map(|&seat| SeatIndex(seat)));
    sale_of_places(places)
}

fn sale_of_places(places: Places) -> Sale {
    let ticket = |_| {
        let code = TicketCode::new(Uuid::new_v4().as_u128());
        (TicketId::new(Uuid::new_v4()), code)
    };
    Sale {
        booking: BookingId::new(Uuid::new_v4()),
        hold: HoldId::new(Uuid::new_v4()),
        buyer: BuyerId::new(Uuid::new_v4()),
        tickets: places.iter().map(ticket).collect(),
        places,
        payment_reference: Some("till-1".to_owned()),
    }
}

pub(crate) fn confirmed(seats: &[u32]) -> Decision {
    Decision::Confirmed(sale_of(seats))
}

/// Cancels these tickets of a sale and refunds them.
pub(crate) fn cancelled(sale: &Sale, tickets: &[u8]) -> Decision {
    Decision::BookingCancelled(BookingCancelled {
        booking: sale.booking,
        tickets: tickets.to_vec(),
        whole: tickets.len() == sale.tickets.len(),
        refund_minor_units: PRICE * i64::try_from(tickets.len()).unwrap(),
        by_staff: false,
    })
}

fn begun(sale: &Sale) -> Decision {
    Decision::PaymentBegun(PaymentBegun {
        hold: sale.hold,
        booking: sale.booking,
        buyer: sale.buyer,
        places: sale.places.clone(),
        pay_by: Timestamp::from_unix_seconds(1_800_001_000),
    })
}

fn expired(sale: &Sale) -> Decision {
    Decision::Expired {
        holds: vec![HoldId::new(Uuid::new_v4()), sale.hold],
    }
}

/// Appends one at a time, so that each is a batch, or all at once, so that they share some.
async fn keep_all(owner: &mut Owner, decisions: &[Decision], one_by_one: bool) {
    for decision in decisions {
        owner.append(decision.clone());
        if one_by_one {
            owner.until_durable().await;
        }
    }
    owner.until_durable().await;
}

async fn bookings(store: &Store, owner: &Owner) -> Vec<StoredBooking> {
    let audit = Audit::new(store.pool().clone());
    audit.bookings(owner.showtime(), None, 100).await.unwrap()
}

/// Each with the entry that it follows from.
async fn jobs(store: &Store) -> Vec<(i64, Job)> {
    let rows: Vec<(i64, String, i64, JsonValue)> =
        sqlx::query_as("select id, topic, seq, payload from outbox order by id")
            .fetch_all(store.pool())
            .await
            .unwrap();
    let job = |(id, topic, seq, payload): (_, String, _, _)| {
        (seq, Job::of_row(id, &topic, payload).unwrap())
    };
    rows.into_iter().map(job).collect()
}

fn sold_job(sale: &Sale, late: bool) -> Job {
    Job::BookingConfirmed(BookingConfirmed {
        booking_id: sale.booking.uuid(),
        buyer_id: sale.buyer.uuid(),
        late,
    })
}

/// Runs a history both ways and hands the store over for a look.
#[expect(clippy::future_not_send, reason = "a test runs where it began")]
async fn after<F: AsyncFn(&Store, &Owner)>(decisions: &[Decision], look: F) {
    for one_by_one in [true, false] {
        in_time(async {
            let store = Store::create().await;
            let mut owner = store.owner().await;
            keep_all(&mut owner, decisions, one_by_one).await;
            look(&store, &owner).await;
        })
        .await;
    }
}

#[tokio::test]
async fn holds_and_releases_change_only_the_availability() {
    let hold = HoldId::new(Uuid::new_v4());
    let decisions = [
        Decision::Extended {
            hold,
            expires_at: Timestamp::from_unix_seconds(1_800_000_900),
        },
        Decision::Released {
            hold,
            by_staff: true,
        },
        Decision::Blocked(block()),
        Decision::Unblocked(block()),
    ];
    after(&decisions, async |store, owner| {
        assert_eq!(bookings(store, owner).await, []);
        assert_eq!(jobs(store).await, []);
        let availability = store.showtimes().availability(owner.showtime()).await;
        let availability = availability.unwrap();
        let counted = Counts {
            capacity: 20,
            held: 1,
            ..Counts::default()
        };
        assert_eq!(
            (availability[0].counts, availability[0].seq),
            (counted, Seq(5))
        );
        assert_eq!(
            (availability[1].counts.capacity, availability[1].seq),
            (100, Seq(1))
        );
    })
    .await;
}

fn block() -> BlockChange {
    BlockChange {
        seats: vec![SeatIndex(4)],
        areas: Vec::new(),
        reason: "a pillar".to_owned(),
    }
}

#[tokio::test]
async fn a_begun_payment_is_a_pending_booking() {
    let mut places = Places::of_seats([SeatIndex(12), SeatIndex(3)]);
    places.areas.push(AreaQuantity {
        section: SectionIndex(1),
        quantity: 2,
    });
    let sale = sale_of_places(places);
    after(&[begun(&sale)], async |store, owner| {
        let expected = StoredBooking {
            id: sale.booking,
            hold: sale.hold,
            buyer: sale.buyer,
            state: BookingState::Pending,
            seats: vec!["ORCH-B-3".to_owned(), "ORCH-A-4".to_owned()],
            areas: vec![("FLOOR".to_owned(), 2)],
            total_minor_units: 4 * PRICE,
            refund_minor_units: 0,
            cancelled_tickets: Vec::new(),
            seq: Seq(2),
        };
        assert_eq!(bookings(store, owner).await, [expected]);
        assert_eq!(jobs(store).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_confirmed_sale_has_its_tickets_and_tells_its_buyer() {
    let mut places = Places::of_seats([SeatIndex(12), SeatIndex(3)]);
    places.areas.push(AreaQuantity {
        section: SectionIndex(1),
        quantity: 2,
    });
    let sale = sale_of_places(places);
    let paid = [begun(&sale), Decision::Confirmed(sale.clone())];
    let at_the_till = [Decision::Confirmed(sale.clone())];
    for decisions in [paid.as_slice(), &at_the_till] {
        after(decisions, async |store, owner| {
            let booking = bookings(store, owner).await.remove(0);
            assert_eq!(booking.state, BookingState::Confirmed);
            assert_eq!(booking.total_minor_units, 4 * PRICE);
            let audit = Audit::new(store.pool().clone());
            let sold = audit.sold(owner.showtime()).await.unwrap();
            let seats = BTreeMap::from([("ORCH-A-4".to_owned(), 1), ("ORCH-B-3".to_owned(), 1)]);
            assert_eq!(sold.seats, seats);
            assert_eq!(sold.areas, BTreeMap::from([("FLOOR".to_owned(), 2)]));
            let seq = 1 + i64::try_from(decisions.len()).unwrap();
            assert_eq!(jobs(store).await, [(seq, sold_job(&sale, false))]);
            let code: Uuid = sqlx::query_scalar(
                "select code from tickets where booking_id = $1 and number = 2 and \
                 row_label = 'A' and seat_number = '4' and section = 'ORCH' and \
                 price_tier = 'STD' and price_minor_units = 150000 and currency = 'INR'",
            )
            .bind(sale.booking.uuid())
            .fetch_one(store.pool())
            .await
            .unwrap();
            assert_eq!(code.as_u128(), sale.tickets[1].1.bits());
        })
        .await;
    }
}

#[tokio::test]
async fn an_expired_pin_lapses_its_booking_and_a_late_payment_may_revive_it() {
    let sale = sale_of(&[1]);
    let unpaid = [begun(&sale), expired(&sale)];
    after(&unpaid, async |store, owner| {
        assert_eq!(bookings(store, owner).await[0].state, BookingState::Expired);
    })
    .await;
    let revived = [
        begun(&sale),
        expired(&sale),
        Decision::ConfirmedLate(sale.clone()),
    ];
    after(&revived, async |store, owner| {
        assert_eq!(
            bookings(store, owner).await[0].state,
            BookingState::Confirmed
        );
        assert_eq!(jobs(store).await, [(4, sold_job(&sale, true))]);
    })
    .await;
}

#[tokio::test]
async fn an_orphaned_payment_is_refunded_whole() {
    let sale = sale_of(&[1]);
    let orphaned = Decision::PaymentOrphaned {
        booking: sale.booking,
        payment_reference: Some("pay_7".to_owned()),
    };
    after(
        &[begun(&sale), expired(&sale), orphaned],
        async |store, owner| {
            assert_eq!(
                bookings(store, owner).await[0].state,
                BookingState::Orphaned
            );
            let refund = Job::RefundRequested(RefundRequested {
                booking_id: sale.booking.uuid(),
                reason: RefundReason::PaymentOrphaned,
                amount_minor_units: None,
                payment_reference: Some("pay_7".to_owned()),
                tickets: Vec::new(),
            });
            assert_eq!(jobs(store).await, [(4, refund)]);
        },
    )
    .await;
}

#[tokio::test]
async fn a_booking_is_cancelled_ticket_by_ticket() {
    let sale = sale_of(&[1, 2, 3]);
    let rest = Decision::BookingCancelled(BookingCancelled {
        booking: sale.booking,
        tickets: vec![1, 3],
        whole: true,
        refund_minor_units: 2 * PRICE,
        by_staff: true,
    });
    let decisions = [
        Decision::Confirmed(sale.clone()),
        cancelled(&sale, &[2]),
        rest,
    ];
    after(&decisions[..2], async |store, owner| {
        let booking = bookings(store, owner).await.remove(0);
        assert_eq!(booking.state, BookingState::Confirmed);
        assert_eq!(
            (booking.refund_minor_units, booking.cancelled_tickets),
            (PRICE, vec![2])
        );
    })
    .await;
    after(&decisions, async |store, owner| {
        let booking = bookings(store, owner).await.remove(0);
        assert_eq!(booking.state, BookingState::Cancelled);
        assert_eq!(booking.refund_minor_units, 3 * PRICE);
        assert_eq!(booking.cancelled_tickets, [1, 2, 3]);
        assert_eq!(booking.seq, Seq(4));
        let refund = |amount, tickets: &[u8]| {
            Job::RefundRequested(RefundRequested {
                booking_id: sale.booking.uuid(),
                reason: RefundReason::BookingCancelled,
                amount_minor_units: Some(amount),
                payment_reference: None,
                tickets: tickets.to_vec(),
            })
        };
        let refunds = [(3, refund(PRICE, &[2])), (4, refund(2 * PRICE, &[1, 3]))];
        assert_eq!(jobs(store).await[1..], refunds);
        let audit = Audit::new(store.pool().clone());
        assert_eq!(audit.pending_jobs().await.unwrap(), 3);
        assert_eq!(
            audit.sold(owner.showtime()).await.unwrap().seats,
            BTreeMap::new()
        );
    })
    .await;
}

#[tokio::test]
async fn a_pending_booking_is_cancelled_without_a_refund() {
    let sale = sale_of(&[1]);
    let given_up = Decision::BookingCancelled(BookingCancelled {
        booking: sale.booking,
        tickets: Vec::new(),
        whole: true,
        refund_minor_units: 0,
        by_staff: false,
    });
    after(&[begun(&sale), given_up], async |store, owner| {
        assert_eq!(
            bookings(store, owner).await[0].state,
            BookingState::Cancelled
        );
        assert_eq!(jobs(store).await, []);
    })
    .await;
}

#[tokio::test]
async fn the_newest_terms_are_the_columns() {
    let terms = |max_per_buyer| SaleTerms {
        on_sale_from: Some(Timestamp::from_unix_seconds(1_800_000_000)),
        on_sale_until: Some(Timestamp::from_unix_micros(1_800_000_000_000_001)),
        max_per_buyer,
        hold_ttl_seconds: 300,
        hold_ttl_max_seconds: 2_400,
        gap_rule: GapRule::Strict,
        status: SaleStatus::Cancelled,
    };
    let decisions = [
        Decision::Reconfigured(terms(4)),
        Decision::Reconfigured(terms(6)),
    ];
    after(&decisions, async |store, owner| {
        let showtime = store.showtimes().get(owner.showtime()).await.unwrap();
        assert_eq!(showtime.unwrap().terms, terms(6));
    })
    .await;
}

#[tokio::test]
async fn the_time_of_an_entry_is_kept_to_the_microsecond() {
    after(&[confirmed(&[1])], async |store, owner| {
        let stored = owner.stored_after_opening().await;
        assert_eq!(stored, owner.appended());
        assert_eq!(stored[0].at, owner::at(Seq(2)));
        let exact: bool =
            sqlx::query_scalar("select sold_at = to_timestamp(1800000002) from tickets")
                .fetch_one(store.pool())
                .await
                .unwrap();
        assert!(exact);
    })
    .await;
}
