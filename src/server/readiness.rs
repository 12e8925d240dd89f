//! Whether this server should be sent requests.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actors::box_office::BoxOffice;
use persistence::journal::PgJournal;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// A question to the database, boxed so that its driver stays unnamed here.
pub type DatabaseCheck =
    Box<dyn Fn() -> Pin<Box<dyn Future<Output = Result<bool, String>> + Send>> + Send + Sync>;

/// Everything that readiness depends on.
#[derive(Clone)]
pub struct Readiness(Arc<ReadinessParts>);

struct ReadinessParts {
    database: watch::Receiver<Seen>,
    journal: Arc<PgJournal>,
    office: BoxOffice,
    draining: CancellationToken,
}

/// What the database said when it was asked.
#[derive(Clone, Debug)]
struct Seen {
    /// Whether every migration is applied; an error when the database does not answer.
    last: Result<bool, String>,
    /// How often in a row it has not answered.
    failures: u32,
}

/// One thing that readiness depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    /// Whether it is as it should be.
    pub ok: bool,
    pub detail: String,
}

/// A database that takes longer to say yes is not one to sell with.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(2);

/// How often it is asked, whoever asks for readiness how often.
const DATABASE_INTERVAL: Duration = Duration::from_millis(500);

/// A server that sells must not be taken out because of one slow answer.
const FAILURES_MAX: u32 = 3;

/// A journal whose oldest batch has waited longer is behind.
const JOURNAL_LAG_MAX: Duration = Duration::from_secs(5);

impl Readiness {
    /// Ready while the database answers, the journal keeps up, no showtime was lost to another
    /// process and nobody has asked for the end.
    pub fn new(
        database: DatabaseCheck,
        journal: Arc<PgJournal>,
        office: BoxOffice,
        draining: CancellationToken,
    ) -> Self {
        Self(Arc::new(ReadinessParts {
            database: watch_over(database),
            journal,
            office,
            draining,
        }))
    }

    /// Everything looked at now.
    pub fn checks(&self) -> Vec<Check> {
        let (database, migrations) = self.database();
        vec![
            database,
            migrations,
            self.journal(),
            self.not_deposed(),
            self.clock(),
            self.not_draining(),
        ]
    }

    fn database(&self) -> (Check, Check) {
        let Seen { last, failures } = self.0.database.borrow().clone();
        let check = |name, ok, detail: &str| Check {
            name,
            ok,
            detail: detail.to_owned(),
        };
        match last {
            Ok(true) => (
                check("database", true, "answers"),
                check("migrations", true, "all applied"),
            ),
            Ok(false) => (
                check("database", true, "answers"),
                check(
                    "migrations",
                    false,
                    "some are missing; run: fullhouse migrate",
                ),
            ),
            Err(error) => {
                let ok = failures < FAILURES_MAX;
                let detail = format!("{failures} times in a row: {error}");
                (
                    check("database", ok, &detail),
                    check("migrations", ok, "unknown without the database"),
                )
            }
        }
    }

    fn journal(&self) -> Check {
        let health = self.0.journal.health();
        let lag = health.oldest_pending.unwrap_or_default();
        let (backlog, connected) = (health.backlog, health.writers_connected);
        Check {
            name: "journal",
            ok: health.open && lag <= JOURNAL_LAG_MAX,
            detail: format!(
                "{backlog} appends waiting, the oldest for {} ms, {connected} of {} writers connected",
                lag.as_millis(),
                health.writers,
            ),
        }
    }

    /// A process that lost a showtime to another never takes it back; it has to be restarted.
    fn not_deposed(&self) -> Check {
        let lost = self.0.office.deposed_count();
        Check {
            name: "ownership",
            ok: lost == 0,
            detail: format!("{lost} showtimes taken over by another process"),
        }
    }

    /// By a clock that the database contradicts no owner is started.
    fn clock(&self) -> Check {
        let (ahead_micros, ok) = self.0.office.clock_ahead();
        Check {
            name: "clock",
            ok,
            detail: format!("{} ms ahead of the database's", ahead_micros / 1_000),
        }
    }

    fn not_draining(&self) -> Check {
        let draining = self.0.draining.is_cancelled();
        Check {
            name: "accepting",
            ok: !draining,
            detail: if draining {
                "the server is stopping"
            } else {
                "yes"
            }
            .to_owned(),
        }
    }
}

/// Asks again and again, for as long as somebody wants to know.
fn watch_over(database: DatabaseCheck) -> watch::Receiver<Seen> {
    // It has just been opened.
    let begun = Seen {
        last: Ok(true),
        failures: 0,
    };
    let (seen, watched) = watch::channel(begun);
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(DATABASE_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = seen.closed() => return,
                _ = ticks.tick() => {}
            }
            let asked = tokio::time::timeout(DATABASE_TIMEOUT, database()).await;
            let last = asked.unwrap_or_else(|_elapsed| Err("no answer in time".to_owned()));
            seen.send_modify(|seen| {
                seen.failures = if last.is_ok() { 0 } else { seen.failures + 1 };
                seen.last = last;
            });
        }
    });
    watched
}

impl fmt::Debug for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Readiness(…)")
    }
}
