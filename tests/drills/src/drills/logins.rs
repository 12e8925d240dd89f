//! A login storm beside a steady sale: passwords cost memory and processor time, and nobody who
//! buys may pay for those who guess.
//!
//! Holds are measured alone, beside people who come again when they are told to, and beside programs of
//! which every second one comes again at once, in phases that take turns within one run, because this
//! machine has other work, too. In the end recording buyers trade beside the storm, and all that
//! they were promised is checked.

mod storm;

use std::time::Duration;

use loadtest::program::Program;
use tokio::time::sleep;

use super::Drill;
use crate::api::Api;
use crate::crowd::{Answers, Crowd};
use crate::error::DrillError;
use crate::options::Options;
use crate::process::HoldTimes;
use crate::scene::Scene;
use crate::stage::Stage;
use crate::summary::Summary;
use crate::tell;
use storm::{Logins, Manners, Storm};

pub(super) const DRILL: Drill = Drill {
    name: "logins",
    about: "a storm of right and wrong passwords beside a steady sale",
    run: |options| Box::pin(play(options)),
};

const ROWS_AND_SEATS: (u32, u32) = (100, 100);
/// Holds per second: what a popular showtime sells, and far below what the server can do.
const HOLDS_PER_SECOND: u64 = 200;
const BUYERS: usize = 32;
/// Accounts that the storm knows.
const ACCOUNTS: usize = 300;
const ACCOUNTS_QUICK: usize = 100;
/// Connections that log in: more than passwords may wait, so that some are refused.
const CONNECTIONS: usize = 256;
/// The same for seconds, of a server where fewer passwords may wait: all are looked at before a storm
/// is over.
const CONNECTIONS_QUICK: usize = 64;
const WAITING_MAX_QUICK: &str = "24";
/// The storm is there before anything is measured beside it.
const SETTLING: Duration = Duration::from_secs(1);
/// What the holds' p99 may be beside the storm of people, in percent of what it is alone. It is shown, and
/// judges nothing: clients, server and PostgreSQL share the machine. Programs that heed nothing ask as fast
/// as the machine lets them, and are refused as fast: what holds take beside them is shown without a bar.
const P99_PERCENT_BAR: u64 = 200;

/// Holds of all phases of one kind.
#[derive(Debug)]
struct Measured {
    name: &'static str,
    times: HoldTimes,
    answers: Vec<Answers>,
}

async fn play(options: Options) -> Result<Summary, DrillError> {
    let mut stage = Stage::build().await?;
    // As behind a balancer, which says whose each login is: those of one address slow one another.
    let mut launch = stage.launch.clone();
    launch = launch.env("FULLHOUSE_TRUSTED_PROXIES", "127.0.0.1/32");
    let (mut accounts, mut connections) = (ACCOUNTS, CONNECTIONS);
    if options.quick() {
        (accounts, connections) = (ACCOUNTS_QUICK, CONNECTIONS_QUICK);
        launch = launch.env("FULLHOUSE_PASSWORDS_WAITING_MAX", WAITING_MAX_QUICK);
    }
    stage.launch = launch;
    let mut scene = Scene::open_on(DRILL.name, &options, stage).await?;
    let storm = Storm::register(scene.server.http(), accounts, options.seed()).await?;
    scene.summary.count("accounts", accounts as u64);
    let api = Api::open_showtime(
        scene.address.subscribe(),
        ROWS_AND_SEATS.0,
        ROWS_AND_SEATS.1,
    );
    let buyers = Crowd {
        server: scene.server.http(),
        showtime: api.await?.showtime(),
        layout: ROWS_AND_SEATS,
        connections: BUYERS,
        rate: Some(HOLDS_PER_SECOND),
        half_heed: false,
        length: options.seconds(3, 15),
        seed: options.seed(),
    };
    buyers.visit().await?;
    let mut logins = Logins::default();
    let cycles = options.cycles(2, 4);
    in_turns(
        &mut scene,
        (buyers, cycles),
        (&storm, connections),
        &mut logins,
    )
    .await?;
    let raging = storm.rage(connections, Manners::Half);
    let trial = scene.begin(buyers.length).await?;
    sleep(buyers.length).await;
    scene.finish(trial).await?;
    logins.add(raging.end().await?);
    logins.judge(&mut scene.summary);
    scene.close().await
}

/// Measures holds alone and beside the storm, by turns, so that whatever else the machine does meets both.
async fn in_turns(
    scene: &mut Scene,
    (buyers, cycles): (Crowd, u32),
    (storm, connections): (&Storm, usize),
    logins: &mut Logins,
) -> Result<(), DrillError> {
    let mut alone = Measured::new("alone");
    let mut people = Measured::new("beside people");
    let mut programs = Measured::new("beside programs");
    for _ in 0..cycles {
        alone.take(buyers, &scene.server).await?;
        for (measured, manners) in [(&mut people, Manners::All), (&mut programs, Manners::Half)] {
            let raging = storm.rage(connections, manners);
            sleep(SETTLING).await;
            measured.take(buyers, &scene.server).await?;
            logins.add(raging.end().await?);
        }
    }
    let summary = &mut scene.summary;
    for measured in [&alone, &people, &programs] {
        measured.judge(summary);
    }
    let alone = alone.show(summary);
    show_bar(alone, people.show(summary), summary);
    programs.show(summary);
    Ok(())
}

impl Measured {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            times: HoldTimes::default(),
            answers: Vec::new(),
        }
    }

    /// Lets the buyers in once more, and measures their holds by the server's own histogram.
    async fn take(&mut self, buyers: Crowd, server: &Program) -> Result<(), DrillError> {
        let before = HoldTimes::of(server.ops()).await?;
        self.answers.push(buyers.visit().await?);
        let after = HoldTimes::of(server.ops()).await?;
        self.times = self.times.with(&after.since(&before));
        Ok(())
    }

    /// What must hold on any machine.
    fn judge(&self, summary: &mut Summary) {
        let name = self.name;
        for answers in &self.answers {
            summary.count(format!("holds {name}"), answers.granted);
            summary.count(format!("holds refused {name}"), answers.refused);
            summary.count(format!("holds not asked for {name}"), answers.unserved);
            summary.demand(
                answers.granted > 0 && answers.strange + answers.unreached == 0,
                || format!("{name}: buyers were answered {answers:?}"),
            );
        }
    }

    /// How long holds took; their p99, in microseconds.
    fn show(&self, summary: &mut Summary) -> u64 {
        let [p50, p99] = [50, 99].map(|percent| self.times.percentile_us(percent));
        summary.count(format!("hold p50 {} in us", self.name), p50);
        summary.count(format!("hold p99 {} in us", self.name), p99);
        p99
    }
}

/// Whether the bar is met.
fn show_bar(alone: u64, beside: u64, summary: &mut Summary) {
    let percent = beside * 100 / alone.max(1);
    summary.count("hold p99 beside people in percent of alone", percent);
    let verdict = match percent.checked_sub(P99_PERCENT_BAR) {
        None | Some(0) => "met".to_owned(),
        Some(more) => format!("missed by {more} percent of it alone"),
    };
    tell(&format!(
        "logins: bar {verdict}: the holds' p99 beside people who log in is {percent} % of it alone, and may be {P99_PERCENT_BAR} %"
    ));
}
