//! What can be seen of a server from outside while something goes on: whether it answers those who
//! watch it, its memory, and its own measure of how long holds take.

use std::time::Duration;

use loadtest::program::Program;
use reqwest::Client;
use tokio::time::Instant;

use crate::error::DrillError;
use crate::process::{HoldTimes, memory_kb};

/// What was seen.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    /// The 99th percentile of granted holds, by the server's own histogram.
    pub(super) p99_us: u64,
    /// The most memory in use.
    pub(super) peak_kb: u64,
    /// What watchers were told that was not 200.
    pub(super) unanswered: Vec<String>,
}

/// Somebody who watches.
pub(super) struct Watch;

/// Between two looks.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);
/// An orchestrator gives a probe about as long.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

impl Watch {
    /// Watches a server while something goes on.
    pub(super) async fn over<T>(
        server: &Program,
        goes_on: impl Future<Output = T>,
    ) -> Result<(Watched, T), DrillError> {
        let before = HoldTimes::of(server.ops()).await?;
        // Probes come on connections of their own, as an orchestrator's do.
        let client = Client::builder().no_proxy().timeout(PROBE_TIMEOUT);
        let client = client.pool_max_idle_per_host(0).build()?;
        let mut watched = Watched {
            p99_us: 0,
            peak_kb: 0,
            unanswered: Vec::new(),
        };
        tokio::pin!(goes_on);
        let outcome = loop {
            let looked = Instant::now();
            for probe in ["livez", "readyz"] {
                let asked = client.get(format!("http://{}/{probe}", server.ops()));
                match asked.send().await {
                    Ok(answer) if answer.status() == 200 => {}
                    Ok(answer) => {
                        let (status, text) = (answer.status(), answer.text().await);
                        watched
                            .unanswered
                            .push(format!("{probe} {status} {text:?}"));
                    }
                    Err(error) => watched.unanswered.push(format!("{probe}: {error}")),
                }
            }
            watched.peak_kb = watched.peak_kb.max(memory_kb(server.pid()).await?);
            tokio::select! {
                outcome = goes_on.as_mut() => break outcome,
                () = tokio::time::sleep_until(looked + LOOK_INTERVAL) => {}
            }
        };
        let times = HoldTimes::of(server.ops()).await?;
        watched.p99_us = times.since(&before).percentile_us(99);
        Ok((watched, outcome))
    }
}
