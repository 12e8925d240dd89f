//! The log of the private cluster.

use persistence::test_database::TestCluster;
use sqlx::Connection;
use sqlx::postgres::PgConnection;

#[tokio::test]
async fn the_log_grows_in_small_files_which_commits_hardly_wait_for() {
    let cluster = Box::pin(TestCluster::create()).await;
    let connection = PgConnection::connect_with(&cluster.connect_options()).await;
    let size: String = sqlx::query_scalar("show wal_segment_size")
        .fetch_one(&mut connection.unwrap())
        .await
        .unwrap();
    assert_eq!(size, "4MB");
}
