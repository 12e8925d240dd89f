//! Buyers at work on one showtime, and one who only looks.

use std::time::Duration;

use reqwest::Method;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::api::{Api, Reply};
use crate::buyer::{Buyer, answer_of};
use crate::drills::DrillError;
use crate::history::{Action, History, Operation, Outcome};

/// How the buyers behave.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// What their choices follow from.
    pub(crate) seed: u64,
    /// When the trial began.
    pub(crate) zero: Instant,
    /// How many there are.
    pub(crate) buyers: usize,
    /// The longest pause between two of a buyer's requests, in microseconds.
    pub(crate) think_us_max: u64,
    /// How long holds live.
    pub(crate) ttl_seconds: u32,
    /// Each buyer buys once in this time, so that the house lasts as long as the trial.
    pub(crate) sale_interval: Duration,
    /// The house.
    pub(crate) seats: Vec<String>,
}

/// Seats of one sale, on average.
const SEATS_PER_SALE: u32 = 2;

/// How often somebody looks at the whole map.
const LOOK_INTERVAL: Duration = Duration::from_millis(25);

impl Plan {
    /// For a house whose seats last about `expected`.
    pub(crate) fn new(seed: u64, seats: Vec<String>, buyers: usize, expected: Duration) -> Self {
        // Two thirds of the house are sold by then, so there is always something to fight for.
        let sales = u32::try_from(seats.len()).unwrap_or(u32::MAX) * 2 / 3 / SEATS_PER_SALE;
        let buyers_32 = u32::try_from(buyers).unwrap_or(u32::MAX);
        Self {
            seed,
            zero: Instant::now(),
            buyers,
            think_us_max: 4_000,
            ttl_seconds: 60,
            sale_interval: expected * buyers_32 / sales.max(1),
            seats,
        }
    }

    /// Microseconds since the trial began.
    pub(crate) fn now_us(&self) -> u64 {
        u64::try_from(self.zero.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// Buyers under way.
#[derive(Debug)]
pub(crate) struct Load {
    stop: watch::Sender<bool>,
    tasks: JoinSet<Result<History, DrillError>>,
}

impl Load {
    /// Lets the buyers begin.
    pub(crate) fn start(plan: &Plan, api: &Api) -> Self {
        let mut load = Self {
            stop: watch::Sender::new(false),
            tasks: JoinSet::new(),
        };
        load.join(plan, api, 0..plan.buyers);
        let (api, plan, stop) = (api.clone(), plan.clone(), load.stop.subscribe());
        load.tasks.spawn(watcher(api, plan, stop));
        load
    }

    /// Lets further buyers begin, perhaps at another server.
    pub(crate) fn join(&mut self, plan: &Plan, api: &Api, numbers: std::ops::Range<usize>) {
        for number in numbers {
            let buyer = Buyer::new(number, api.clone(), plan.clone());
            self.tasks.spawn(buyer.run(self.stop.subscribe()));
        }
    }

    /// Tells the buyers to finish what they are about; what all of them wrote down.
    pub(crate) async fn finish(mut self) -> Result<History, DrillError> {
        self.stop.send_replace(true);
        let mut notes = Vec::new();
        while let Some(ended) = self.tasks.join_next().await {
            let ended = ended.map_err(|error| DrillError::Unexpected(error.to_string()))?;
            notes.push(ended?);
        }
        Ok(History::merge(notes))
    }
}

/// Looks at the seat map all the time. What it sees must fit what the buyers are told.
async fn watcher(api: Api, plan: Plan, stop: watch::Receiver<bool>) -> Result<History, DrillError> {
    let mut notes = History::default();
    while !*stop.borrow() {
        if let Some(look) = look(&api, &plan).await {
            notes.operations.push(look);
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    Ok(notes)
}

/// One look at the whole map; `None` when nobody answers.
pub(crate) async fn look(api: &Api, plan: &Plan) -> Option<Operation> {
    let ask = api.ask(Method::GET, "/seats".to_owned(), None);
    let invoked_us = plan.now_us();
    let Reply::Answered(200, body) = api.send(&ask).await else {
        return None;
    };
    let answer = answer_of(&Action::Look, &body["data"])?;
    Some(Operation {
        buyer: plan.buyers,
        action: Action::Look,
        invoked_us,
        ended_us: plan.now_us(),
        attempts: 1,
        outcome: Outcome::Ok(answer),
    })
}
