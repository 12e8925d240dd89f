//! The tables' versions, and the limits of every connection.

use persistence::migrate;
use sqlx::Executor;
use test_database::TestDatabase;

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
