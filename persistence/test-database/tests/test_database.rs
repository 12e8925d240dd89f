//! What tests stand on: databases of their own, and a server they may take away.

use persistence::{migrate, pool};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};
use test_database::{Sql, TestCluster, TestDatabase};

const SEAT: &str = "select number from seat";

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
    let by_url = Sql::new(pool::parse_url(&first.url()).unwrap());
    by_url.execute("select from only_here").await.unwrap();

    let options = first.connect_options();
    drop(first);
    assert!(PgConnection::connect_with(&options).await.is_err());
}

#[tokio::test]
async fn an_outage_can_be_rehearsed() {
    let mut cluster = TestCluster::create().await;
    let options = pool::parse_url(&cluster.url()).unwrap();
    let sql = Sql::new(options.clone());
    sql.execute("create table seat (number int); insert into seat values (7)")
        .await
        .unwrap();
    cluster.stop().await;
    assert!(PgConnection::connect_with(&options).await.is_err());
    cluster.start().await;
    assert_eq!(sql.number(SEAT).await.unwrap(), 7);
    // With a connection open, so that a backend outlives the killed process for a moment.
    let open = PgConnection::connect_with(&options).await.unwrap();
    cluster.kill9().await;
    cluster.start().await;
    drop(open);
    assert_eq!(sql.number(SEAT).await.unwrap(), 7);
}
