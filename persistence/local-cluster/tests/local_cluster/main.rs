//! The embedded cluster: who starts it, who shares it, and that it never outlives its owner.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod log_files;
mod support;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use local_cluster::{Caretaker, ClusterError, ClusterOptions, LocalCluster};
use rustix::process::{Signal, kill_process, test_kill_process};
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use support::{
    Scratch, connect_options_of, next_server_pid, options, processes, server_pid, start,
};
use test_database::Sql;
use testkit::waiting::{eventually, eventually_ok};

/// Tells a copy of this test program to be the owner of the cluster in that folder.
const OWNER_OF: &str = "FULLHOUSE_TEST_OWNER_OF";

#[tokio::test]
async fn a_stopped_cluster_is_gone_and_keeps_its_contents() {
    let folder = Scratch::new();
    let cluster = start(folder.path()).await;
    assert!(cluster.is_owned());
    let pid = server_pid(folder.path());
    let options = cluster.database("fullhouse").await.unwrap();
    let sql = Sql::new(options.clone());
    sql.execute("create table seat (number int); insert into seat values (7)")
        .await
        .unwrap();
    cluster.stop().await.unwrap();
    assert!(test_kill_process(pid).is_err());
    assert!(PgConnection::connect_with(&options).await.is_err());

    let cluster = start(folder.path()).await;
    let sql = Sql::new(cluster.connect_options("fullhouse"));
    assert_eq!(sql.number("select number from seat").await.unwrap(), 7);
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_dropped_cluster_is_stopped_by_the_watcher() {
    let folder = Scratch::new();
    let cluster = start(folder.path()).await;
    let pid = server_pid(folder.path());
    drop(cluster);
    eventually("the server has ended", async || {
        test_kill_process(pid).is_err()
    })
    .await;
}

#[tokio::test]
async fn a_second_start_shares_the_cluster_without_owning_it() {
    let folder = Scratch::new();
    let first = start(folder.path()).await;
    let second = start(folder.path()).await;
    assert!(!second.is_owned());
    second.stop().await.unwrap();
    // Still there: it was not the second's to stop.
    first.database("fullhouse").await.unwrap();
    first.stop().await.unwrap();
}

#[tokio::test]
async fn starts_at_once_agree_on_one_owner() {
    let folder = Scratch::new();
    let starts = [
        start(folder.path()),
        start(folder.path()),
        start(folder.path()),
    ];
    let [a, b, c] = starts;
    let (a, b, c) = tokio::join!(a, b, c);
    let clusters = [a, b, c];
    assert_eq!(
        clusters.iter().filter(|cluster| cluster.is_owned()).count(),
        1
    );
    for cluster in clusters {
        cluster.stop().await.unwrap();
    }
}

/// Not a test of its own: run by others as a separate process that can be killed.
#[tokio::test]
async fn owner_in_another_process() {
    let Some(folder) = std::env::var_os(OWNER_OF) else {
        return;
    };
    let cluster = start(Path::new(&folder)).await;
    let sql = Sql::new(cluster.database("fullhouse").await.unwrap());
    sql.execute("create table if not exists seat (number int)")
        .await
        .unwrap();
    fs::write(Path::new(&folder).join("ready"), "").unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_killed_owner_leaves_no_server() {
    let folder = Scratch::new();
    let mut owner = spawn_owner(folder.path()).await;
    let pid = server_pid(folder.path());
    owner.kill().unwrap();
    assert_eq!(owner.wait().unwrap().signal(), Some(9));
    eventually("the server has ended", async || {
        test_kill_process(pid).is_err()
    })
    .await;
}

#[tokio::test]
async fn a_killed_owner_can_be_followed_at_once() {
    let folder = Scratch::new();
    for number in 0..3 {
        let mut owner = spawn_owner(folder.path()).await;
        let sql = Sql::new(connect_options_of(folder.path()));
        sql.execute(&format!("insert into seat values ({number})"))
            .await
            .unwrap();
        owner.kill().unwrap();
        owner.wait().unwrap();
    }
    let cluster = start(folder.path()).await;
    assert!(cluster.is_owned());
    let sql = Sql::new(cluster.connect_options("fullhouse"));
    let seats = sql.number("select count(*)::int from seat").await.unwrap();
    assert_eq!(seats, 3);
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_lost_owner_and_watcher_is_adopted() {
    let folder = Scratch::new();
    let mut owner = spawn_owner(folder.path()).await;
    let pid = server_pid(folder.path());
    kill_watcher(folder.path());
    owner.kill().unwrap();
    owner.wait().unwrap();
    assert!(test_kill_process(pid).is_ok());

    let cluster = start(folder.path()).await;
    assert!(cluster.is_owned());
    assert_eq!(server_pid(folder.path()), pid);
    cluster.stop().await.unwrap();
    eventually("the server has ended", async || {
        test_kill_process(pid).is_err()
    })
    .await;
}

#[tokio::test]
async fn lock_files_naming_another_program_are_stale() {
    let folder = Scratch::new();
    start(folder.path()).await.stop().await.unwrap();
    // As after a restart of a container: the id of the dead server belongs to somebody else.
    let mut other = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    let lock_file = format!("{}\n", other.id());
    fs::write(
        folder.path().join("postgres/data/postmaster.pid"),
        lock_file,
    )
    .unwrap();
    start(folder.path()).await.stop().await.unwrap();
    other.kill().unwrap();
    other.wait().unwrap();
}

#[tokio::test]
async fn a_cluster_whose_watcher_was_killed_still_stops() {
    let folder = Scratch::new();
    let cluster = start(folder.path()).await;
    let pid = server_pid(folder.path());
    kill_watcher(folder.path());
    cluster.stop().await.unwrap();
    assert!(test_kill_process(pid).is_err());
}

#[tokio::test]
async fn a_failed_start_quotes_the_log() {
    let folder = Scratch::new();
    start(folder.path()).await.stop().await.unwrap();
    let settings = folder.path().join("postgres/data/postgresql.auto.conf");
    fs::write(settings, "shared_buffers = 'plenty'\n").unwrap();
    let error = LocalCluster::start_with(options(folder.path()))
        .await
        .unwrap_err();
    let ClusterError::Startup { log_tail, .. } = &error else {
        unreachable!("{error:?}")
    };
    assert!(log_tail.contains("plenty"), "{error}");
}

#[tokio::test]
async fn a_folder_without_binaries_is_reported_with_the_remedy() {
    let folder = Scratch::new();
    let options = ClusterOptions {
        pg_bin: Some("/nonexistent".into()),
        ..options(folder.path())
    };
    let error = LocalCluster::start_with(options).await.unwrap_err();
    assert!(matches!(error, ClusterError::BinariesMissing), "{error:?}");
    assert!(error.to_string().contains("DATABASE_URL"));
}

#[tokio::test]
async fn a_closed_folder_on_the_way_is_named() {
    // Only root runs the server as somebody else, who may lack the way in.
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let folder = Scratch::new();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let error = LocalCluster::start_with(options(&closed.join("data")))
        .await
        .unwrap_err();
    let ClusterError::FolderOutOfReach { folder } = &error else {
        unreachable!("{error:?}")
    };
    assert_eq!(folder, &closed.canonicalize().unwrap());
}

#[tokio::test]
async fn a_long_path_gets_a_short_socket() {
    let folder = Scratch::new();
    let deep = folder
        .path()
        .join("a-folder-with-quite-a-long-name".repeat(4));
    // Disposable, so that the folder of the socket goes as well.
    let options = ClusterOptions {
        disposable: true,
        ..options(&deep)
    };
    let cluster = LocalCluster::start_with(options).await.unwrap();
    cluster.database("fullhouse").await.unwrap();
    let options: PgConnectOptions = cluster.url("fullhouse").parse().unwrap();
    assert!(options.get_socket().unwrap().starts_with("/tmp"));
    Sql::new(options).execute("select 1").await.unwrap();
    cluster.stop().await.unwrap();
}

#[tokio::test]
async fn a_name_that_needs_quoting_is_refused() {
    let folder = Scratch::new();
    let cluster = start(folder.path()).await;
    for name in ["", "full stop", "x\"; drop database postgres; --", "Übung"] {
        let refused = cluster.database(name).await;
        assert!(
            matches!(refused, Err(ClusterError::DatabaseName { .. })),
            "{name}"
        );
    }
    cluster.stop().await.unwrap();
}

async fn spawn_owner(folder: &Path) -> Child {
    let ready = folder.join("ready");
    if ready.exists() {
        fs::remove_file(&ready).unwrap();
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "owner_in_another_process"])
        .env(OWNER_OF, folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    eventually("the owner is ready", async || ready.exists()).await;
    child
}

#[tokio::test]
async fn a_server_that_is_killed_is_started_again() {
    let folder = Scratch::new();
    let cluster = start(folder.path()).await;
    let options = cluster.database("fullhouse").await.unwrap();
    let caretaker = Caretaker::of(cluster);
    let mut server = server_pid(folder.path());
    kill_process(server, Signal::KILL).unwrap();
    // Twice more as soon as it is there, and so most likely before it accepts connections.
    for _ in 0..2 {
        server = next_server_pid(folder.path(), server).await;
        kill_process(server, Signal::KILL).unwrap();
    }
    server = next_server_pid(folder.path(), server).await;
    eventually_ok("accepts connections again", async || {
        PgConnection::connect_with(&options).await
    })
    .await;
    assert_eq!(server_pid(folder.path()), server);
    caretaker.stop().await.unwrap();
    assert!(PgConnection::connect_with(&options).await.is_err());
}

/// Kills the watcher of the cluster in `folder`, recognised by its command line.
fn kill_watcher(folder: &Path) {
    let cluster = folder.canonicalize().unwrap().join("postgres");
    let cluster = cluster.to_str().unwrap();
    let is_watcher = |line: &str| line.contains("fullhouse-watcher") && line.contains(cluster);
    let watcher = processes().into_iter().find(|(_, line)| is_watcher(line));
    kill_process(watcher.unwrap().0, Signal::KILL).unwrap();
}
