//! What tests stand on: databases of their own, and a server they may take away.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use persistence::test_database::{TestCluster, TestDatabase};
use persistence::{migrate, pool};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection, Executor};

#[tokio::test]
async fn every_test_gets_a_migrated_database_of_its_own() {
    let (first, second) = tokio::join!(TestDatabase::create(), TestDatabase::create());
    assert!(migrate::is_up_to_date(first.pool()).await.unwrap());
    first
        .pool()
        .execute("create table only_here (id int)")
        .await
        .unwrap();
    assert!(
        second
            .pool()
            .execute("select from only_here")
            .await
            .is_err()
    );
    let by_url = pool::parse_url(&first.url()).unwrap();
    execute(&by_url, "select from only_here").await;

    let options = first.connect_options();
    drop(first);
    assert!(PgConnection::connect_with(&options).await.is_err());
}

#[tokio::test]
async fn connections_carry_their_limits() {
    let database = TestDatabase::create().await;
    let shown: (String, String, String, String) = sqlx::query_as(
        "select current_setting('statement_timeout'), current_setting('lock_timeout'), \
         current_setting('idle_in_transaction_session_timeout'), \
         current_setting('application_name')",
    )
    .fetch_one(database.pool())
    .await
    .unwrap();
    let expected = ["10s", "3s", "15s", "fullhouse"].map(str::to_owned);
    assert_eq!(<[String; 4]>::from(shown), expected);
}

#[tokio::test]
async fn an_outage_can_be_rehearsed() {
    let mut cluster = TestCluster::create().await;
    let options = pool::parse_url(&cluster.url()).unwrap();
    execute(
        &options,
        "create table seat (number int); insert into seat values (7)",
    )
    .await;
    cluster.stop().await;
    assert!(PgConnection::connect_with(&options).await.is_err());
    cluster.start().await;
    assert_eq!(first_seat(&options).await, 7);
    // With a connection open, so that a backend outlives the killed process for a moment.
    let open = PgConnection::connect_with(&options).await.unwrap();
    cluster.kill9().await;
    cluster.start().await;
    drop(open);
    assert_eq!(first_seat(&options).await, 7);
}

#[tokio::test]
async fn a_schema_that_is_behind_is_not_up_to_date() {
    let database = TestDatabase::create().await;
    let forget = "delete from _sqlx_migrations where version = \
                  (select max(version) from _sqlx_migrations)";
    database.pool().execute(forget).await.unwrap();
    assert!(!migrate::is_up_to_date(database.pool()).await.unwrap());
    let lose = "drop table _sqlx_migrations";
    database.pool().execute(lose).await.unwrap();
    assert!(!migrate::is_up_to_date(database.pool()).await.unwrap());
}

#[tokio::test]
async fn a_schema_that_is_ahead_is_fine() {
    let database = TestDatabase::create().await;
    let newer = "insert into _sqlx_migrations \
                 (version, description, success, checksum, execution_time) \
                 values (99991231235959, 'of a newer program', true, '', 0)";
    database.pool().execute(newer).await.unwrap();
    migrate::migrate(database.pool()).await.unwrap();
    assert!(migrate::is_up_to_date(database.pool()).await.unwrap());
}

async fn execute(options: &PgConnectOptions, statements: &str) {
    let mut connection = PgConnection::connect_with(options).await.unwrap();
    let statements = sqlx::raw_sql(sqlx::AssertSqlSafe(statements.to_owned()));
    statements.execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn first_seat(options: &PgConnectOptions) -> i32 {
    let mut connection = PgConnection::connect_with(options).await.unwrap();
    sqlx::query_scalar("select number from seat")
        .fetch_one(&mut connection)
        .await
        .unwrap()
}
