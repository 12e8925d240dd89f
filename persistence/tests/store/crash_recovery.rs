//! Connections, servers and processes that end at the worst moment: nothing is lost, nothing is
//! doubled, and nobody has to help.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use journal::laws::{self, owner::Owner};
use journal::{Journal, JournalClosed, Notice};
use persistence::journal::{PgJournal, Undrained};
use seating::entry::{Decision, Sale};
use seating::ids::{BookingId, BuyerId, HoldId, Seq, TicketCode, TicketId};
use seating::places::Places;
use seating::seat_layout::SeatIndex;
use sqlx::postgres::{PgConnectOptions, PgPool};
use test_database::{Fate, Proxy, Request, TestCluster, TestDatabase};
use uuid::Uuid;

use crate::support::{
    Store, create_showtime, impatient_pool, in_time, quick_options, start_journal, until_true,
};

/// A batch of holds is one statement; the id of the first hold tells it from all others.
const HOLDS: &[u8] = b"\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02";
/// A batch with a sale is a transaction of several statements.
const COMMIT: &[u8] = b"COMMIT";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_whose_request_is_cut_off_are_written_once() {
    in_time(cut_a_batch_of_holds(Fate::CutRequest)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_whose_answer_is_cut_off_are_written_once() {
    in_time(cut_a_batch_of_holds(Fate::CutAnswer)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_whose_commit_is_cut_off_is_written_once() {
    in_time(cut_a_sale(Fate::CutRequest)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_whose_committed_answer_is_cut_off_is_written_once() {
    in_time(cut_a_sale(Fate::CutAnswer)).await;
}

/// A proxy that cuts one connection, the next one that sends a mark once it is armed.
struct OneCut {
    proxy: Proxy,
    armed: Arc<AtomicBool>,
}

impl OneCut {
    async fn before(database: &TestDatabase, cut: Fate, mark: &'static [u8]) -> Self {
        let armed = Arc::new(AtomicBool::new(false));
        let due = Arc::clone(&armed);
        let decide = move |request: Request<'_>| {
            let marked = request.bytes.windows(mark.len()).any(|it| it == mark);
            if marked && due.swap(false, Ordering::SeqCst) {
                cut
            } else {
                Fate::Forward
            }
        };
        let proxy = Proxy::start(database.connect_options(), decide).await;
        let proxy = proxy.unwrap();
        Self { proxy, armed }
    }

    fn arm(&self) {
        self.armed.store(true, Ordering::SeqCst);
    }
}

async fn cut_a_batch_of_holds(cut: Fate) {
    let database = Box::pin(TestDatabase::create()).await;
    let proxy = OneCut::before(&database, cut, HOLDS).await;
    let mut owner = owner_behind(&proxy, database.pool()).await;
    proxy.arm();
    owner.append_singly(50);
    owner.until_durable().await;
    assert_eq!(proxy.proxy.cuts(), 1);
    assert_eq!(owner.stored_after_opening().await, owner.appended());
    assert!(owner.watermarks().is_sorted());
}

async fn cut_a_sale(cut: Fate) {
    let database = Box::pin(TestDatabase::create()).await;
    let proxy = OneCut::before(&database, cut, COMMIT).await;
    let mut owner = owner_behind(&proxy, database.pool()).await;
    owner.append_holds(3);
    owner.until_durable().await;
    proxy.arm();
    owner.append(Decision::Confirmed(sale(7)));
    owner.append_singly(10);
    owner.until_durable().await;
    assert_eq!(proxy.proxy.cuts(), 1);
    assert_eq!(owner.stored_after_opening().await, owner.appended());
    let sold: i64 = sqlx::query_scalar("select count(*) from tickets")
        .fetch_one(database.pool())
        .await
        .unwrap();
    let told: i64 = sqlx::query_scalar("select count(*) from outbox")
        .fetch_one(database.pool())
        .await
        .unwrap();
    assert_eq!((sold, told), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_nobody_heard_of_is_not_lost_to_a_newer_reign() {
    in_time(async {
        let database = Box::pin(TestDatabase::create()).await;
        let proxy = OneCut::before(&database, Fate::CutAnswer, HOLDS).await;
        let mut owner = owner_behind(&proxy, database.pool()).await;
        proxy.arm();
        owner.append_holds(1);
        // The old process never gets to read back; another takes over.
        while proxy.proxy.cuts() == 0 {
            tokio::task::yield_now().await;
        }
        let other: Arc<dyn Journal> = start_journal(database.pool().clone());
        let next = Owner::claim(other, owner.showtime(), Seq(2)).await;
        assert_eq!(next.stored_after_opening().await, owner.appended());
    })
    .await;
}

/// Longer than a claim waits for a lock.
const FROZEN: Duration = Duration::from_secs(5);

const SOMEBODY_IDLES: &str = "select exists (select from pg_stat_activity \
    where datname = current_database() and state = 'idle in transaction')";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_frozen_before_its_commit_is_taken_over_all_the_same() {
    in_time(async {
        let database = Box::pin(TestDatabase::create()).await;
        let proxy = OneCut::before(&database, Fate::Delay(FROZEN), COMMIT).await;
        let mut frozen = owner_behind(&proxy, database.pool()).await;
        proxy.arm();
        frozen.append(Decision::Confirmed(sale(7)));
        until_true(database.pool(), SOMEBODY_IDLES).await;
        let other: Arc<dyn Journal> = start_journal(database.pool().clone());
        let next = Owner::claim(other, frozen.showtime(), Seq(1)).await;
        frozen.until_refused().await;
        assert_eq!(frozen.last_notice(), Some(Notice::Fenced));
        assert_eq!(next.stored_after_opening().await, []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terminated_backends_lose_nothing() {
    in_time(async {
        let store = Store::create().await;
        let mut owner = store.owner().await;
        for _ in 0..30 {
            let told = owner.watermarks().last().copied().unwrap_or(Seq::ZERO);
            owner.append_singly(20);
            terminate_backends(store.pool()).await;
            owner.until_durable_beyond(told).await;
        }
        owner.until_durable().await;
        assert_eq!(owner.stored_after_opening().await, owner.appended());
        assert!(store.journal.health().writers_connected == 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_server_loses_nothing() {
    let mut cluster = Box::pin(TestCluster::create()).await;
    let pool = impatient_pool(cluster.connect_options());
    let mut owner = owner_over(&pool, start_journal(pool.clone())).await;
    for _ in 0..2 {
        in_time(drill(&mut owner, &mut cluster, Drill::Stop)).await;
    }
    assert_eq!(owner.stored_after_opening().await, owner.appended());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_nothing() {
    // Only processes die here, not the machine, so the cluster need not wait for the disk.
    let mut cluster = Box::pin(TestCluster::create()).await;
    let pool = impatient_pool(cluster.connect_options());
    let mut owner = owner_over(&pool, start_journal(pool.clone())).await;
    for _ in 0..2 {
        in_time(drill(&mut owner, &mut cluster, Drill::Kill)).await;
    }
    assert_eq!(owner.stored_after_opening().await, owner.appended());
}

#[derive(Clone, Copy)]
enum Drill {
    Stop,
    Kill,
}

/// Appends before, during and after the server's absence.
async fn drill(owner: &mut Owner, cluster: &mut TestCluster, drill: Drill) {
    owner.append_singly(200);
    match drill {
        Drill::Stop => cluster.stop().await,
        Drill::Kill => cluster.kill9().await,
    }
    owner.append_singly(200);
    cluster.start().await;
    owner.append_singly(200);
    owner.until_durable().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crashed_process_loses_only_what_it_never_announced() {
    in_time(async {
        let store = Store::create().await;
        let mut owner = store.owner().await;
        owner.append_singly(500);
        owner.until_durable_beyond(Seq::ZERO).await;
        // Without any time to drain, closing is a crash.
        let closed = store.journal.close(Duration::ZERO).await;
        let told = owner.watermarks().last().copied().unwrap();
        let next: Arc<dyn Journal> = start_journal(store.pool().clone());
        let next = Owner::claim(next, owner.showtime(), Seq(1)).await;
        let stored = next.stored_after_opening().await;
        assert!(stored.last().unwrap().seq >= told);
        assert_eq!(stored, owner.appended()[..stored.len()]);
        if stored.len() < owner.appended().len() {
            assert!(closed.is_err());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_drains_everything_and_takes_nothing_more() {
    in_time(async {
        let store = Store::create().await;
        let mut owner = store.owner().await;
        owner.append_singly(300);
        let late = owner.next_holds(1);
        store.journal.close(Duration::from_secs(30)).await.unwrap();
        assert_eq!(store.journal.append(late).unwrap_err(), JournalClosed);
        assert!(store.journal.backlog().is_empty());
        assert!(!store.journal.health().open);
        assert_eq!(owner.stored_after_opening().await, owner.appended());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_without_a_server_gives_up_at_the_deadline() {
    in_time(async {
        let mut cluster = Box::pin(TestCluster::create()).await;
        let pool = impatient_pool(cluster.connect_options());
        let journal = start_journal(pool.clone());
        let mut owner = owner_over(&pool, Arc::clone(&journal)).await;
        cluster.stop().await;
        owner.append_holds(1);
        owner.append_holds(1);
        let closed = journal.close(Duration::from_millis(200)).await;
        assert_eq!(closed, Err(Undrained { appends: 2 }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flushing_waits_for_all_writers() {
    in_time(async {
        let database = Box::pin(TestDatabase::create()).await;
        let mut options = quick_options();
        options.writers = 3;
        let journal = Arc::new(PgJournal::start(database.pool().clone(), options));
        let mut owners = Vec::new();
        for _ in 0..8 {
            owners.push(owner_over(database.pool(), Arc::clone(&journal)).await);
        }
        for _ in 0..50 {
            for owner in &mut owners {
                owner.append_holds(1);
            }
        }
        journal.flush().await;
        for owner in &owners {
            assert_eq!(owner.watermarks().last(), Some(&Seq(51)));
            assert_eq!(owner.stored_after_opening().await, owner.appended());
        }
        let health = journal.health();
        assert_eq!((health.writers, health.backlog, health.open), (3, 0, true));
        journal.record_gauges();
    })
    .await;
}

/// An owner whose journal, but nothing else, goes through the proxy.
async fn owner_behind(proxy: &OneCut, pool: &PgPool) -> Owner {
    let options: PgConnectOptions = proxy.proxy.connect_options();
    let journal = start_journal(impatient_pool(options));
    owner_over(pool, journal).await
}

async fn owner_over(pool: &PgPool, journal: Arc<PgJournal>) -> Owner {
    let showtime = create_showtime(pool, &laws::layout_spec()).await;
    Owner::claim(journal, showtime, Seq(1)).await
}

async fn terminate_backends(pool: &PgPool) {
    sqlx::query(
        "select pg_terminate_backend(pid) from pg_stat_activity \
         where datname = current_database() and pid <> pg_backend_pid()",
    )
    .fetch_all(pool)
    .await
    .unwrap();
}

fn sale(seat: u32) -> Sale {
    let id = Uuid::new_v4();
    Sale {
        booking: BookingId::new(id),
        hold: HoldId::new(id),
        buyer: BuyerId::new(id),
        places: Places::of_seats([SeatIndex(seat)]),
        tickets: vec![(TicketId::new(id), TicketCode::new(id.as_u128()))],
        payment_reference: None,
    }
}
