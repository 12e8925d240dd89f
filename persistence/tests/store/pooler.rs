//! A pooler that drops what is asked for at connect: refused with its name, never sold with.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use journal::{Journal, JournalError};
use persistence::journal::{JournalOptions, PgJournal};
use persistence::pool::{self, PoolSettings};
use seating::ids::ShowtimeId;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection};
use test_database::{Fate, Proxy, TestDatabase};
use testkit::waiting::eventually_ok;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::support::in_time;

const PGBOUNCER: &str = "/usr/sbin/pgbouncer";

/// `PgBouncer` before a test's database, ended with the value.
struct Pooler {
    process: Child,
    folder: PathBuf,
    port: u16,
    database: String,
    user: String,
    /// The way from it to the server, which may listen on a private socket only.
    _way: Proxy,
}

impl Pooler {
    /// Starts one, set up as is usually advised for drivers that it does not know; none where it is
    /// not installed, except in CI, where it must be.
    async fn before(database: &TestDatabase) -> Option<Self> {
        if !PathBuf::from(PGBOUNCER).exists() {
            assert!(
                std::env::var_os("CI").is_none(),
                "PgBouncer is missing: script/bootstrap --ci"
            );
            #[expect(clippy::print_stderr, reason = "whoever runs the tests must know")]
            {
                eprintln!("skipped: PgBouncer is not installed (script/bootstrap --ci)");
            }
            return None;
        }
        let way = Proxy::start(database.connect_options(), |_| Fate::Forward).await;
        let way = way.unwrap();
        let server = way.connect_options();
        let (name, user) = (server.get_database().unwrap(), server.get_username());
        let port = free_port().await;
        let folder = std::env::temp_dir().join(format!("pooler-{}", Uuid::new_v4().simple()));
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join("pgbouncer.ini");
        let (host, server_port) = (server.get_host(), server.get_port());
        let text = format!(
            "[databases]\n{name} = host={host} port={server_port} user={user}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = session\nignore_startup_parameters = extra_float_digits,options\n"
        );
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new(PGBOUNCER);
        if rustix::process::geteuid().is_root() {
            // It refuses to be root.
            command.args(["-u", "nobody"]);
        }
        let process = command.arg("-q").arg(&file);
        let process = process.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let pooler = Self {
            process: process.unwrap(),
            folder,
            port,
            database: name.to_owned(),
            user: user.to_owned(),
            _way: way,
        };
        pooler.until_it_answers().await;
        Some(pooler)
    }

    fn connect_options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username(&self.user)
            .database(&self.database)
            .ssl_mode(PgSslMode::Disable)
    }

    async fn until_it_answers(&self) {
        let options = self.connect_options();
        let connection = eventually_ok("the pooler answers", async || options.connect().await);
        connection.await.close().await.unwrap();
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

async fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_that_drops_the_limits_is_refused_by_its_name() {
    in_time(async {
        let database = Box::pin(TestDatabase::create()).await;
        let Some(pooler) = Pooler::before(&database).await else {
            return;
        };
        let refused = pool::connect(pooler.connect_options(), &PoolSettings::new(2)).await;
        let sentence = refused.unwrap_err().to_string();
        for part in ["lock_timeout = 0 instead of 3000", "pooler in session mode"] {
            assert!(sentence.contains(part), "{sentence}");
        }
        // Nor does a pool that only comes to it later, nor the journal's own connections.
        let settings = PoolSettings {
            acquire_timeout: Duration::from_millis(500),
            ..PoolSettings::new(2)
        };
        let lazy = pool::connect_lazily(pooler.connect_options(), &settings);
        assert!(lazy.acquire().await.is_err());
        let journal = PgJournal::start(lazy, JournalOptions::default());
        let looked = journal.look(ShowtimeId::new(Uuid::nil())).await;
        assert!(
            matches!(looked, Err(JournalError::Unavailable(_))),
            "{looked:?}"
        );
        assert_eq!(journal.health().writers_connected, 0);
    })
    .await;
}
