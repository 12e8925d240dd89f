//! Buyers who leave while their transaction waits.

use std::time::Duration;

use baselines::design::Design;
use baselines::store::connect_options;
use baselines::transactions::Transactions;
use serde_json::json;
use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions, Connection};
use testkit::waiting::eventually_ok;

use crate::support::{TestServer, Way, buyer};

/// What each waits for in the middle of its transaction. Those that are left out: one steps over
/// locked rows, and the lock in Redis of a buyer who left stays until it expires.
const WAITING: [Design; 4] = [
    Design::EventRowLock,
    Design::SeatRowsForUpdate,
    Design::Serializable,
    Design::ConditionalUpdate,
];

const OTHERS: &str = "\
select count(*) from pg_stat_activity \
where datname = current_database() and application_name = 'baseline' \
    and pid <> pg_backend_pid()";

#[tokio::test(flavor = "multi_thread")]
async fn buyers_who_leave_within_a_transaction_leave_nothing_behind() {
    for design in WAITING {
        let transactions = Transactions::Application;
        let way = Way {
            design,
            transactions,
        };
        let server = TestServer::start(way).await;
        let id = server.house(2).await;
        let options = connect_options(&server.database.url(), design).unwrap();
        let mut blocker = options.connect().await.unwrap();
        let lock = "begin isolation level read committed; \
                    select from showtimes for update; select from seats for update";
        sqlx::raw_sql(lock).execute(&mut blocker).await.unwrap();
        // As many as there are connections, so that none of them is without a transaction.
        let leaving = (1..=8).map(|at| {
            let url = format!("http://{}/api/v1/showtimes/{id}/holds", server.address);
            let wish = json!({"seats": [format!("S-1-{at}")]});
            let request = server.client.post(url).bearer_auth(buyer()).json(&wish);
            request.timeout(Duration::from_mins(1)).send()
        });
        let leaving = tokio::spawn(futures::future::join_all(leaving));
        until(
            &mut blocker,
            &format!("{OTHERS} and wait_event_type = 'Lock'"),
            8,
            way,
        )
        .await;
        leaving.abort();
        let left = leaving.await;
        assert!(left.unwrap_err().is_cancelled(), "{way}");
        // The database learns only once it has the lock that nobody listens, but the design must
        // know it before: otherwise it would go on and commit.
        until_left(&server, 8).await;
        sqlx::raw_sql("rollback")
            .execute(&mut blocker)
            .await
            .unwrap();
        until(
            &mut blocker,
            &format!("{OTHERS} and state <> 'idle'"),
            0,
            way,
        )
        .await;
        until(
            &mut blocker,
            &format!("{OTHERS} and state = 'idle'"),
            8,
            way,
        )
        .await;
        blocker.close().await.unwrap();
        server.assert_sound(id, 0, 0).await;
        for at in 1..=10 {
            server.held(id, &[&format!("S-1-{at}")]).await;
        }
        server.assert_sound(id, 10, 0).await;
    }
}

/// Waits until the design has seen so many buyers leave.
async fn until_left(server: &TestServer, expected: u64) {
    let line = format!("\nbaseline_left_total {expected}\n");
    let what = format!("{}: {expected} have left", server.way);
    eventually_ok(&what, async || {
        let metrics = reqwest::get(format!("http://{}/metrics", server.ops)).await;
        let told = metrics.unwrap().text().await.unwrap();
        if told.contains(&line) {
            Ok(())
        } else {
            Err(told)
        }
    })
    .await;
}

/// Waits until so many connections are as the statement says.
async fn until(connection: &mut PgConnection, count: &str, expected: i64, way: Way) {
    let what = format!("{way}: {expected} are found: {count}");
    eventually_ok(&what, async || {
        let ask = sqlx::query_scalar(sqlx::AssertSqlSafe(count.to_owned()));
        let found: i64 = ask.fetch_one(&mut *connection).await.unwrap();
        if found == expected {
            Ok(())
        } else {
            Err(found)
        }
    })
    .await;
}
