//! The program before accounts goes on writing while a release rolls out.

use persistence::jobs::Jobs;
use persistence::revocations::Revocations;

use super::{Desk, NOW};
use crate::support::in_time;

#[tokio::test]
async fn the_program_before_writes_jobs_and_revocations_as_it_did() {
    in_time(async {
        let desk = Desk::open().await;
        let job = "insert into outbox (topic, showtime_id, seq, payload, created_at, available_at) \
            values ('refund_requested', gen_random_uuid(), 7, \
                '{\"booking_id\": \"019b0000-0000-7000-8000-000000000001\", \"reason\": \"payment_orphaned\"}', \
                now(), to_timestamp(0))";
        sqlx::query(job).execute(desk.pool()).await.unwrap();
        let jobs = Jobs::new(desk.pool().clone());
        let lease = (NOW, NOW.plus_seconds(60));
        let taken = jobs.take("refund_requested", lease, 10).await.unwrap();
        assert!(taken.len() == 1 && taken[0].job.is_ok(), "{taken:?}");

        let revocation = "insert into token_revocations (subject, not_before) \
            values (gen_random_uuid(), now()) \
            on conflict (subject) do update set not_before = excluded.not_before";
        sqlx::query(revocation).execute(desk.pool()).await.unwrap();
        let revocations = Revocations::new(desk.pool().clone());
        revocations.forget(NOW.plus_seconds(u32::MAX)).await.unwrap();
        assert_eq!(revocations.all().await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_job_of_half_an_entry_is_refused() {
    in_time(async {
        let desk = Desk::open().await;
        let half = "insert into outbox (topic, seq, payload, created_at, available_at) \
            values ('mail', 7, '{}', now(), now())";
        let refused = sqlx::query(half).execute(desk.pool()).await.unwrap_err();
        let constraint = refused.as_database_error().and_then(|it| it.constraint());
        assert_eq!(constraint, Some("outbox_entry_whole"));
    })
    .await;
}
