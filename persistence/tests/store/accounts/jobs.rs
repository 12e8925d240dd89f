//! Jobs: whoever takes one has it alone until the lease is over.

use std::collections::HashSet;

use persistence::jobs::{Jobs, Taken};
use persistence::outbox::{MAIL, News};
use seating::timestamp::Timestamp;

use super::{Desk, NOW, fresh_id, mail};
use crate::support::in_time;

impl Desk {
    async fn mails(&self, count: u32) -> Jobs {
        for _ in 0..count {
            let job = mail(fresh_id(), News::PasswordChanged);
            self.accounts.enqueue(job, NOW).await.unwrap();
        }
        Jobs::new(self.pool().clone())
    }
}

async fn take(jobs: &Jobs, now: Timestamp, limit: u32) -> Vec<Taken> {
    let lease = (now, now.plus_seconds(60));
    jobs.take(MAIL, lease, limit).await.unwrap()
}

#[tokio::test]
async fn a_job_is_out_of_sight_until_its_lease_is_over() {
    in_time(async {
        let desk = Desk::open().await;
        let jobs = desk.mails(1).await;
        let early = NOW.plus_seconds(0).minus_micros(1);
        assert!(take(&jobs, early, 10).await.is_empty());
        let [first] = &take(&jobs, NOW, 10).await[..] else {
            panic!("one job is due");
        };
        assert!(first.job.is_ok());
        assert_eq!(first.attempts, 1);
        assert!(take(&jobs, NOW.plus_seconds(59), 10).await.is_empty());
        // Whoever had it has died.
        let [again] = &take(&jobs, NOW.plus_seconds(60), 10).await[..] else {
            panic!("its lease is over");
        };
        assert_eq!((again.id, again.attempts), (first.id, 2));
        assert_eq!(jobs.waiting(MAIL).await.unwrap(), (1, 0));
        jobs.forget(again.id).await.unwrap();
        jobs.forget(again.id).await.unwrap();
        assert_eq!(jobs.waiting(MAIL).await.unwrap(), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn several_who_take_at_once_have_each_job_once() {
    in_time(async {
        let desk = Desk::open().await;
        let jobs = desk.mails(40).await;
        let at_once = (0..8).map(|_| take(&jobs, NOW, 3));
        let all = futures::future::join_all(at_once).await;
        assert!(
            all.iter().all(|taken| taken.len() == 3),
            "nobody waits and nobody has more"
        );
        let ids: HashSet<i64> = all.iter().flatten().map(|taken| taken.id).collect();
        assert_eq!(ids.len(), 24);
        assert_eq!(take(&jobs, NOW, 100).await.len(), 16);
    })
    .await;
}

#[tokio::test]
async fn nobody_takes_more_than_the_limit_whichever_way_the_database_takes() {
    in_time(async {
        let desk = Desk::open().await;
        let jobs = desk.mails(30).await;
        // Ways that it may take when its statistics are wrong.
        for ways in [
            "enable_hashjoin",
            "enable_hashagg",
            "enable_material",
            "enable_sort",
        ] {
            let database: String = sqlx::query_scalar("select current_database()::text")
                .fetch_one(desk.pool())
                .await
                .unwrap();
            let off = format!("alter database {database} set {ways} = off");
            sqlx::query(sqlx::AssertSqlSafe(off))
                .execute(desk.pool())
                .await
                .unwrap();
        }
        let options = desk.database.connect_options();
        let fresh = Jobs::new(crate::support::impatient_pool(options));
        assert_eq!(take(&fresh, NOW, 2).await.len(), 2);
        assert_eq!(take(&jobs, NOW, 2).await.len(), 2);
        assert_eq!(take(&fresh, NOW, 100).await.len(), 26);
    })
    .await;
}

#[tokio::test]
async fn a_job_comes_again_when_it_is_said_and_is_left_to_people_when_it_is_given_up() {
    in_time(async {
        let desk = Desk::open().await;
        let jobs = desk.mails(2).await;
        let taken = take(&jobs, NOW, 10).await;
        let (retried, given_up) = (taken[0].id, taken[1].id);
        let long = "é".repeat(2_000);
        jobs.retry(retried, NOW.plus_seconds(5), &long)
            .await
            .unwrap();
        jobs.give_up(given_up, NOW, "no such mailbox")
            .await
            .unwrap();
        assert!(take(&jobs, NOW.plus_seconds(4), 10).await.is_empty());
        let due = take(&jobs, NOW.plus_seconds(3_600), 10).await;
        let due: Vec<(i64, u32)> = due.iter().map(|it| (it.id, it.attempts)).collect();
        assert_eq!(due, [(retried, 2)]);
        assert_eq!(jobs.waiting(MAIL).await.unwrap(), (1, 1));
        let kept = "select count(*) from outbox where char_length(last_error) = 500 \
            or (last_error = 'no such mailbox' and failed_at is not null)";
        assert_eq!(desk.count(kept).await, 2);
        assert_eq!(jobs.waiting("refund_requested").await.unwrap(), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_row_that_cannot_be_read_says_so_and_stops_no_other() {
    in_time(async {
        let desk = Desk::open().await;
        let jobs = desk.mails(1).await;
        let unreadable = "insert into outbox (topic, payload, created_at, available_at) \
            values ('mail', '{\"news\": \"of_tomorrow\"}', now(), to_timestamp(0)), \
                ('mail', '7', now(), to_timestamp(1)), ('poem', '{}', now(), to_timestamp(2))";
        sqlx::query(unreadable).execute(desk.pool()).await.unwrap();
        let taken = take(&jobs, NOW, 10).await;
        let (read, unread): (Vec<_>, Vec<_>) = taken.into_iter().partition(|it| it.job.is_ok());
        assert_eq!((read.len(), unread.len()), (1, 2));
        for Taken { id, job, .. } in unread {
            let said = job.unwrap_err();
            assert!(
                said.contains(&format!("outbox.payload of row {id}")),
                "{said}"
            );
            jobs.give_up(id, NOW, &said).await.unwrap();
        }
        let lease = (NOW, NOW);
        let of_nobody = jobs.take("poem", lease, 1).await.unwrap();
        let said = of_nobody[0].job.clone().unwrap_err();
        assert!(said.contains("\"poem\" is not a topic"), "{said}");
    })
    .await;
}
