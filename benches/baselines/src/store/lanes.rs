//! A fixed number of connections, each used by one request at a time.
//!
//! Not the driver's own pool, because that one asks the server after every use whether the
//! connection is still there: one more round trip per request, which no design should pay for.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};

/// The connections of a server.
#[derive(Debug)]
pub(crate) struct Lanes {
    /// Whoever comes first waits in the lock, the others for the lock, in their order.
    idle: Mutex<mpsc::Receiver<PgConnection>>,
    back: mpsc::Sender<PgConnection>,
    options: PgConnectOptions,
}

/// One connection, while it is used.
#[derive(Debug)]
pub(crate) struct Lane<'a> {
    connection: Option<PgConnection>,
    lanes: &'a Lanes,
}

/// Pause before a lost connection is opened again.
const RECONNECT_PAUSE: Duration = Duration::from_millis(100);

impl Lanes {
    /// Opens so many.
    pub(crate) async fn open(options: PgConnectOptions, count: u32) -> Result<Self, sqlx::Error> {
        let (back, idle) = mpsc::channel(count.max(1) as usize);
        for _ in 0..count.max(1) {
            let connection = options.connect().await?;
            // There is room for every connection there is.
            drop(back.try_send(connection));
        }
        let idle = Mutex::new(idle);
        Ok(Self {
            idle,
            back,
            options,
        })
    }

    /// The next connection that is free.
    pub(crate) async fn take(&self) -> Lane<'_> {
        let connection = self.idle.lock().await.recv().await;
        Lane {
            connection,
            lanes: self,
        }
    }
}

impl Lane<'_> {
    /// Has one statement carried out and gives the connection back, unless it broke.
    pub(crate) async fn run<T>(
        mut self,
        statement: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, sqlx::Error> {
        let connection = self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        let done = statement(connection).await;
        let intact = done
            .as_ref()
            .map_or_else(|error| error.as_database_error().is_some(), |_| true);
        if intact && let Some(connection) = self.connection.take() {
            drop(self.lanes.back.try_send(connection));
        }
        done
    }
}

/// A connection that broke, or whose user left in the middle of a statement, is replaced.
impl Drop for Lane<'_> {
    fn drop(&mut self) {
        let Some(lost) = self.connection.take() else {
            return;
        };
        let (options, back) = (self.lanes.options.clone(), self.lanes.back.clone());
        tokio::spawn(async move {
            drop(lost.close_hard().await);
            loop {
                match options.connect().await {
                    Ok(connection) => return drop(back.try_send(connection)),
                    Err(error) => tracing::warn!(%error, "a connection is lost"),
                }
                tokio::time::sleep(RECONNECT_PAUSE).await;
            }
        });
    }
}
