//! A private Redis that ends with its owner.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use loadtest::program::ending_with_us;
use tokio::process::Child;
use tokio::time::Instant;
use uuid::Uuid;

use crate::locks::SeatLocks;

/// A running server with a folder of its own, which is removed with it.
#[derive(Debug)]
pub struct LocalRedis {
    server: Child,
    folder: PathBuf,
    port: u16,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum RedisStartError {
    /// It is not installed, or its folder cannot be made.
    #[error("redis-server does not start: {0} (script/bootstrap --ci installs it)")]
    Process(#[from] std::io::Error),
    /// It did not answer.
    #[error("redis-server does not answer: {0}")]
    Silent(#[from] redis::RedisError),
}

const START_TIMEOUT: Duration = Duration::from_secs(10);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

impl LocalRedis {
    /// Starts one on a free port of the loopback interface. It appends every write to a file that
    /// reaches the disk each second, which is how Redis is run when its contents matter.
    pub async fn start() -> Result<Self, RedisStartError> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let folder = std::env::temp_dir().join(format!("baselines-{}", Uuid::new_v4().simple()));
        std::fs::create_dir(&folder)?;
        let server = ending_with_us("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
            .args(["--appendonly", "yes", "--appendfsync", "everysec"])
            .args(["--save", "", "--dir"])
            .arg(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let redis = Self {
            server,
            folder,
            port,
        };
        redis.until_ready().await?;
        Ok(redis)
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its process id, while it runs.
    pub fn pid(&self) -> Option<i32> {
        self.server.id().and_then(|id| id.try_into().ok())
    }

    async fn until_ready(&self) -> Result<(), RedisStartError> {
        let deadline = Instant::now() + START_TIMEOUT;
        while let Err(error) = SeatLocks::open(&self.url()).await {
            if Instant::now() > deadline {
                return Err(error.into());
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        Ok(())
    }
}

impl Drop for LocalRedis {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, folder = %self.folder.display(), "not removed");
        }
    }
}
