//! The worker of the outbox, with fewer connections than jobs.

use std::sync::Arc;
use std::time::Duration;

use actors::clock::SystemClock;
use fullhouse::jobs::{Bell, Doing, Work, Worker};
use persistence::jobs::Jobs;
use persistence::outbox::{Job, MAIL};
use persistence::pool::{self, PoolSettings};
use test_database::TestDatabase;
use testkit::waiting::PATIENCE;
use tokio_util::sync::CancellationToken;

/// Asks the database for something, as letters do.
#[derive(Debug)]
struct Asking(Jobs);

impl Work for Asking {
    fn topic(&self) -> &'static str {
        MAIL
    }

    fn run(&self, _id: i64, _job: Job) -> Doing<'_> {
        Box::pin(async {
            for _ in 0..5 {
                self.0.waiting(MAIL).await.unwrap();
            }
            Ok(())
        })
    }
}

/// Whoever is granted a connection goes on with it, whatever the worker itself waits for.
#[tokio::test]
async fn jobs_that_need_connections_do_not_wait_for_one_another() {
    let database = TestDatabase::create().await;
    let fill = "insert into outbox (topic, payload, created_at, available_at) \
        select 'mail', jsonb_build_object('account_id', gen_random_uuid(), 'news', 'password_changed'), \
            to_timestamp(0), to_timestamp(0) from generate_series(1, 200)";
    database.sql().execute(fill).await.unwrap();
    let one = PoolSettings {
        // Whoever stands still does so until the end of the test.
        acquire_timeout: PATIENCE * 10,
        ..PoolSettings::new(1)
    };
    let jobs = Jobs::new(pool::connect_lazily(database.connect_options(), &one));
    let (bell, stop) = (Bell::default(), CancellationToken::new());
    let work = Arc::new(Asking(jobs.clone()));
    let clock = Arc::new(SystemClock::start());
    let worker = Worker::new(jobs, work, clock, bell.clone());
    let running = tokio::spawn(worker.run(stop.clone()));
    let done = async {
        while database
            .sql()
            .number("select count(*)::int from outbox")
            .await
            .unwrap()
            > 0
        {
            bell.ring();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(PATIENCE, done).await.unwrap();
    stop.cancel();
    running.await.unwrap();
}
