//! Failures that pass: appends wait for their end, and nobody is told anything wrong meanwhile.

use std::sync::Arc;
use std::time::Duration;

use journal::causes::Causes;
use journal::{Append, Journal, Reign};
use seating::ids::Seq;
use sqlx::postgres::PgPool;

use crate::support::{Store, in_time, until_true};

/// A database that refuses every entry with this error, and counts how often it did: a sequence
/// is not rolled back.
const REFUSE: &str = "\
create sequence refusals; \
create function refuse() returns trigger language plpgsql as $$ begin \
    perform nextval('refusals'); \
    raise exception 'not now' using errcode = tg_argv[0]; \
end $$;";
const REFUSED_THRICE: &str = "select last_value >= 3 from refusals";
const ALLOW: &str = "drop trigger refuse on journal";

/// A trigger that refuses entries with this error. Its argument cannot be a parameter.
macro_rules! refuse_with {
    ($sqlstate:literal) => {
        concat!(
            "create trigger refuse before insert on journal for each row execute function refuse('",
            $sqlstate,
            "')"
        )
    };
}

const TROUBLES: [(&str, &str); 5] = [
    ("disk full", refuse_with!("53100")),
    ("serialization failure", refuse_with!("40001")),
    ("deadlock", refuse_with!("40P01")),
    ("shutting down", refuse_with!("57P01")),
    ("read only", refuse_with!("25006")),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_of_the_server_is_waited_out() {
    for (name, trouble) in TROUBLES {
        in_time(async {
            let store = Store::create().await;
            let mut owner = store.owner().await;
            execute(store.pool(), REFUSE).await;
            execute(store.pool(), trouble).await;
            owner.append_singly(20);
            until_true(store.pool(), REFUSED_THRICE).await;
            assert_eq!(owner.notices(), [], "{name}");
            let health = store.journal.health();
            assert!(health.oldest_pending.is_some() && health.backlog == 20);
            execute(store.pool(), ALLOW).await;
            owner.until_durable().await;
            assert_eq!(owner.stored_after_opening().await, owner.appended());
            assert_eq!(owner.watermarks().last(), Some(&Seq(21)));
        })
        .await;
    }
}

async fn execute(pool: &PgPool, statements: &'static str) {
    sqlx::raw_sql(statements).execute(pool).await.unwrap();
}

#[tokio::test]
async fn a_failure_names_its_cause_and_its_code() {
    in_time(async {
        let store = Store::create().await;
        let owner = store.owner().await;
        sqlx::query("drop table layouts")
            .execute(store.pool())
            .await
            .unwrap();
        let error = store.journal.look(owner.showtime()).await.unwrap_err();
        let causes = Causes(&error);
        assert_eq!(causes.code(), Some("42P01"));
        let told = causes.to_string();
        for part in ["unavailable", "layouts", "SQLSTATE 42P01"] {
            assert!(told.contains(part), "{told}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_that_dies_is_noticed() {
    in_time(async {
        let store = Store::create().await;
        let owner = store.owner().await;
        let mut alive = Box::pin(store.journal.failed());
        assert!(futures::poll!(&mut alive).is_pending());
        let standing = store.journal.look(owner.showtime()).await.unwrap();
        let mut neighbor = store.owner().await;
        let append = neighbor.next_holds(1);
        let reign = Reign {
            showtime: owner.showtime(),
            epoch: standing.epoch,
            layout: standing.layout,
            listener: Box::new(|_| unreachable!("a defect of the writer")),
        };
        let append = Append {
            reign: Arc::new(reign),
            ..append
        };
        store.journal.append(append).unwrap();
        alive.await;
        assert!(!store.journal.health().open);
    })
    .await;
}

#[tokio::test]
async fn a_journal_that_is_closed_has_not_failed() {
    in_time(async {
        let store = Store::create().await;
        store.journal.close(Duration::from_secs(5)).await.unwrap();
        let mut failed = Box::pin(store.journal.failed());
        assert!(futures::poll!(&mut failed).is_pending());
    })
    .await;
}

#[tokio::test]
async fn a_claim_says_on_which_machine_and_by_which_process() {
    in_time(async {
        let store = Store::create().await;
        store.owner().await;
        let node: String = sqlx::query_scalar("select node from showtime_owner")
            .fetch_one(store.pool())
            .await
            .unwrap();
        let (machine, process) = node.rsplit_once('/').unwrap();
        assert!(!machine.is_empty());
        assert_eq!(process, std::process::id().to_string());
    })
    .await;
}
