//! The log of the private cluster.

use sqlx::Connection;
use sqlx::postgres::PgConnection;

use crate::support::{Scratch, start};

#[tokio::test]
async fn the_log_grows_in_small_files_which_commits_hardly_wait_for() {
    let folder = Scratch::new();
    let cluster = start(folder.path()).await;
    let options = cluster.connect_options("postgres");
    let connection = PgConnection::connect_with(&options).await;
    let size: String = sqlx::query_scalar("show wal_segment_size")
        .fetch_one(&mut connection.unwrap())
        .await
        .unwrap();
    assert_eq!(size, "4MB");
    cluster.stop().await.unwrap();
}
