//! What most drills have in common: a stage, one server that clients follow, random pauses, and
//! the verdict in the end.

use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

use loadtest::program::Program;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use rustix::process::Signal;
use serde_json::json;
use testkit::waiting::within;
use tokio::sync::watch;

use crate::api::{Api, Reply};
use crate::error::DrillError;
use crate::history::Operation;
use crate::options::Options;
use crate::stage::Stage;
use crate::summary::Summary;
use crate::trial::Trial;

/// Several times the longest pause between two tries of the journal and a call's timeout.
const RESUMED_WITHIN: Duration = Duration::from_secs(15);
/// How long buyers go on after an outage.
pub(crate) const AFTERWARDS: Duration = Duration::from_millis(1_500);

/// A stage with a server on it, and what was found so far.
#[derive(Debug)]
pub(crate) struct Scene {
    /// Which drill this is.
    pub(crate) name: &'static str,
    /// PostgreSQL, and how servers are started.
    pub(crate) stage: Stage,
    /// The server that clients follow.
    pub(crate) server: Program,
    /// Where they find it.
    pub(crate) address: watch::Sender<SocketAddr>,
    /// Where and when the fault strikes.
    pub(crate) random: SmallRng,
    /// What was found.
    pub(crate) summary: Summary,
}

impl Scene {
    /// With PostgreSQL and a server of its own.
    pub(crate) async fn open(name: &'static str, options: &Options) -> Result<Self, DrillError> {
        Self::open_on(name, options, Stage::build().await?).await
    }

    /// With a server on this stage.
    pub(crate) async fn open_on(
        name: &'static str,
        options: &Options,
        stage: Stage,
    ) -> Result<Self, DrillError> {
        let server = stage.launch.start().await?;
        Ok(Self {
            name,
            address: watch::Sender::new(server.http()),
            server,
            stage,
            random: SmallRng::seed_from_u64(options.seed()),
            summary: Summary::default(),
        })
    }

    /// Lets buyers in for about this long.
    pub(crate) async fn begin(&mut self, expected: Duration) -> Result<Trial, DrillError> {
        let seed = self.random.random();
        Trial::begin(self.address.subscribe(), seed, expected).await
    }

    /// Waits for a random time.
    pub(crate) async fn pause(&mut self, millis: std::ops::RangeInclusive<u64>) {
        let millis = self.random.random_range(millis);
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }

    /// Kills the server and spawns the next one, which nobody waits for.
    pub(crate) async fn kill9_and_spawn(&mut self) -> Result<(), DrillError> {
        self.server.signal(Signal::KILL)?;
        let next = self.stage.launch.spawn()?;
        let killed = std::mem::replace(&mut self.server, next);
        killed.ended().await?;
        Ok(())
    }

    /// Waits until the server is ready, and sends the clients there.
    pub(crate) async fn until_ready(&mut self) -> Result<(), DrillError> {
        self.server.until_ready().await?;
        self.address.send_replace(self.server.http());
        Ok(())
    }

    /// Ends a trial and checks it.
    pub(crate) async fn finish(&mut self, trial: Trial) -> Result<(), DrillError> {
        let found = trial.finish(&self.stage, self.name).await?;
        self.summary.add(found);
        Ok(())
    }

    /// Waits until the server gives promises again after an outage that has just ended, lets the
    /// buyers go on for a while, ends the trial and checks it.
    pub(crate) async fn finish_after_outage(&mut self, trial: Trial) -> Result<(), DrillError> {
        let over_us = trial.now_us();
        let resumed = trial.promises_within(RESUMED_WITHIN).await;
        let took_ms = (trial.now_us() - over_us) / 1_000;
        self.summary.most("slowest to resume, ms", took_ms);
        self.summary.demand(resumed, || {
            format!("nothing was promised for {RESUMED_WITHIN:?} after the outage")
        });
        tokio::time::sleep(AFTERWARDS).await;
        let afterwards = |it: &Operation| it.invoked_us >= over_us && it.is_granted();
        let finished = trial.finish_and_count(&self.stage, self.name, afterwards);
        let (found, granted) = finished.await?;
        self.summary.count("acknowledged afterwards", granted);
        self.summary.add(found);
        // The buyers' own house may be full of holds that nobody was told of.
        let sells = self.sells_elsewhere().await;
        self.summary.demand(sells, || {
            format!("no hold in a new house for {RESUMED_WITHIN:?} after the outage")
        });
        Ok(())
    }

    /// Whether a new house can be opened and a seat of it held.
    async fn sells_elsewhere(&self) -> bool {
        within(RESUMED_WITHIN, async || self.sells_one().await).await
    }

    async fn sells_one(&self) -> bool {
        let Ok(house) = Api::open_house(self.address.subscribe(), 1, 10).await else {
            return false;
        };
        let wish = json!({"best_available": {"quantity": 1}});
        let ask = house.ask(Method::POST, "/holds".to_owned(), Some(wish));
        matches!(house.send(&ask).await, Reply::Answered(201, _))
    }

    /// The same, when every commit that began in this time took so long at least: a promise that
    /// came earlier did not wait for its commit.
    pub(crate) async fn finish_slow(
        &mut self,
        trial: Trial,
        under_fault: Range<u64>,
        least_ms: u64,
    ) -> Result<(), DrillError> {
        let under_fault = |it: &&Operation| {
            it.is_granted()
                && it.attempts == 1
                && under_fault.contains(&it.invoked_us)
                && under_fault.contains(&it.ended_us)
        };
        let (found, history) = trial.conclude(&self.stage, self.name).await?;
        self.summary.add(found);
        let promised: Vec<_> = history.operations.iter().filter(under_fault).collect();
        let early = |it: &&&Operation| it.ended_us - it.invoked_us < least_ms * 1_000;
        let early = promised.iter().filter(early).count();
        self.summary
            .count("acknowledged under the fault", promised.len() as u64);
        self.summary.demand(!promised.is_empty(), || {
            "nothing was promised under the fault, so nothing was proved".to_owned()
        });
        self.summary.demand(early == 0, || {
            format!("{early} promises came before their commit can have ended")
        });
        Ok(())
    }

    /// Verifies everything once more and ends the server.
    pub(crate) async fn close(mut self) -> Result<Summary, DrillError> {
        let promised = self.summary.figure("acknowledged");
        self.summary
            .demand(promised > 0, || "nothing was acknowledged".to_owned());
        self.stage.judge(&mut self.summary).await?;
        self.server.terminate().await?;
        Ok(self.summary)
    }
}
