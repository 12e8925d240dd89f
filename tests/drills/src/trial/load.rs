//! Buyers at work on one showtime, and one who only looks.

use std::time::Duration;

use reqwest::Method;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::api::{Api, Reply};
use crate::error::DrillError;
use crate::history::{Action, History, Operation, Outcome};
use crate::trial::buyer::{Buyer, answer_of};
use crate::trial::plan::Plan;

/// How often somebody looks at the whole map.
const LOOK_INTERVAL: Duration = Duration::from_millis(25);

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
