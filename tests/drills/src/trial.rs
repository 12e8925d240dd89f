//! One showtime's life under a fault: buyers begin, the drill does its worst, all is checked.

mod buyer;
mod load;
mod plan;

use std::net::SocketAddr;
use std::ops::Range;
use std::time::Duration;

use reqwest::Method;
use testkit::waiting::within;
use tokio::sync::watch;

use crate::api::{Api, Reply};
use crate::check::check;
use crate::error::DrillError;
use crate::evidence::Evidence;
use crate::history::{History, Operation};
use crate::stage::Stage;
use crate::summary::Summary;
use crate::trial::load::Load;
use crate::trial::plan::Plan;

/// Rows of the house, few enough that buyers meet all the time.
const ROWS: u32 = 10;
const SEATS_PER_ROW: u32 = 12;
const BUYERS: usize = 8;

/// Buyers at work in a house of their own.
#[derive(Debug)]
pub(crate) struct Trial {
    api: Api,
    plan: Plan,
    load: Load,
    astray: Range<usize>,
}

impl Trial {
    /// Opens a house at the server and lets the buyers in. `expected` is how long they will be at
    /// work, so that they neither buy everything at once nor nothing at all.
    pub(crate) async fn begin(
        server: watch::Receiver<SocketAddr>,
        seed: u64,
        expected: Duration,
    ) -> Result<Self, DrillError> {
        let api = Api::open_house(server, ROWS, SEATS_PER_ROW).await?;
        let seats = (0..ROWS).flat_map(|row| {
            let numbers = 1..=SEATS_PER_ROW;
            numbers.map(move |number| format!("H-R{row}-{number}"))
        });
        let plan = Plan::new(seed, seats.collect(), BUYERS, expected);
        let load = Load::start(&plan, &api);
        Ok(Self {
            api,
            plan,
            load,
            astray: 0..0,
        })
    }

    /// Lets as many buyers again in, at another server, which may have been deposed; their numbers.
    /// This can be done once.
    pub(crate) fn also_at(&mut self, server: watch::Receiver<SocketAddr>) -> Range<usize> {
        let api = self.api.at(server);
        // The number after the buyers' is the onlooker's.
        let first = self.plan.buyers + 1;
        let numbers = first..first + BUYERS;
        self.load.join(&self.plan, &api, numbers.clone());
        self.astray = numbers.clone();
        numbers
    }

    /// Whether the server promises something within this time: that an owner is there, and that
    /// everything that it has decided is journaled, which it says by telling its whole state.
    pub(crate) async fn promises_within(&self, limit: Duration) -> bool {
        let ask = self.api.ask(Method::GET, "/audit".to_owned(), None);
        let promised = async || matches!(self.api.send(&ask).await, Reply::Answered(200, _));
        within(limit, promised).await
    }

    /// Microseconds since the buyers began.
    pub(crate) fn now_us(&self) -> u64 {
        self.plan.now_us()
    }

    /// Lets the buyers finish and checks everything; what they wrote down is kept if anything is
    /// wrong.
    pub(crate) async fn finish(self, stage: &Stage, drill: &str) -> Result<Summary, DrillError> {
        Ok(self.conclude(stage, drill).await?.0)
    }

    /// The same, and what buyers with these numbers asked for and were granted.
    pub(crate) async fn finish_with_late(
        self,
        stage: &Stage,
        drill: &str,
        late: Range<usize>,
    ) -> Result<(Summary, u64, u64), DrillError> {
        let (summary, history) = self.conclude(stage, drill).await?;
        let theirs = || {
            history
                .operations
                .iter()
                .filter(|it| late.contains(&it.buyer))
        };
        let granted = theirs().filter(|it| it.is_granted()).count();
        Ok((summary, theirs().count() as u64, granted as u64))
    }

    /// The same, and how many of the operations are like this.
    pub(crate) async fn finish_and_count(
        self,
        stage: &Stage,
        drill: &str,
        like_this: impl Fn(&Operation) -> bool,
    ) -> Result<(Summary, u64), DrillError> {
        let (summary, history) = self.conclude(stage, drill).await?;
        let found = history.operations.iter().filter(|it| like_this(it));
        Ok((summary, found.count() as u64))
    }

    /// The same, and everything that was written down.
    pub(crate) async fn conclude(
        self,
        stage: &Stage,
        drill: &str,
    ) -> Result<(Summary, History), DrillError> {
        let mut history = self.load.finish().await?;
        history.astray = self.astray;
        let evidence = Evidence::gather(stage, &self.api, &history).await?;
        let mut summary = check(&history, &evidence);
        if !summary.is_clean() {
            let name = format!("{drill}-{}", self.api.showtime());
            let path = history.keep(&name)?;
            summary.violate(format!("the history is in {}", path.display()));
        }
        Ok((summary, history))
    }
}
