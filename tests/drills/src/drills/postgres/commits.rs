//! A proxy before PostgreSQL that loses or delays the answers to commits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use test_database::{Fate, Proxy, Request};
use tokio::time::Instant;

use crate::drills::Drill;
use crate::error::DrillError;
use crate::options::Options;
use crate::scene::Scene;
use crate::stage::Stage;
use crate::summary::Summary;

pub(crate) const UNKNOWN: Drill = Drill {
    name: "commit_unknown",
    about: "connections are cut at commits, before or after PostgreSQL hears of them",
    run: |options| Box::pin(play(options, Fault::Unknown)),
};

pub(crate) const SLOW: Drill = Drill {
    name: "slow_fsync",
    about: "every commit takes 50 to 500 ms longer, as on a disk that is about to die",
    run: |options| Box::pin(play(options, Fault::Slow)),
};

/// What happens to commits.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Unknown,
    Slow,
}

/// One house's time under the fault; a longer drill plays in several, one after the other.
const TRIAL: Duration = Duration::from_secs(4);
/// Time without the fault, so that buyers learn how their last requests ended.
const CALM: Duration = Duration::from_millis(700);
/// Of all commits, how many are cut.
const CUT_SHARE: f64 = 0.03;
/// How much longer a slow commit takes.
const DELAY_MS: std::ops::RangeInclusive<u64> = 50..=500;

async fn play(options: Options, fault: Fault) -> Result<Summary, DrillError> {
    let lasts = options.seconds(8, 30);
    let mut stage = Stage::build().await?;
    let armed = Arc::new(AtomicBool::new(false));
    let proxy = fault.proxy(&stage, Arc::clone(&armed), options.seed());
    let proxy = proxy.await?;
    stage.reach_database_at(&proxy.url());
    let mut scene = Scene::open_on(fault.name(), &options, stage).await?;
    let end = Instant::now() + lasts;
    while Instant::now() < end && scene.summary.is_clean() {
        let trial = scene.begin(TRIAL).await?;
        armed.store(true, Ordering::SeqCst);
        let from = trial.now_us();
        tokio::time::sleep(TRIAL).await;
        let under_fault = from..trial.now_us();
        armed.store(false, Ordering::SeqCst);
        tokio::time::sleep(CALM).await;
        scene.summary.count("trials", 1);
        match fault {
            Fault::Unknown => scene.finish(trial).await?,
            Fault::Slow => {
                let least_ms = *DELAY_MS.start();
                scene.finish_slow(trial, under_fault, least_ms).await?;
            }
        }
    }
    if matches!(fault, Fault::Unknown) {
        let cuts = proxy.cuts() as u64;
        scene.summary.count("cuts", cuts);
        let demand = || "no connection was cut".to_owned();
        scene.summary.demand(cuts > 0, demand);
    }
    scene.close().await
}

impl Fault {
    const fn name(self) -> &'static str {
        match self {
            Self::Unknown => UNKNOWN.name,
            Self::Slow => SLOW.name,
        }
    }

    /// A proxy before the stage's database that strikes while it is armed.
    async fn proxy(
        self,
        stage: &Stage,
        armed: Arc<AtomicBool>,
        seed: u64,
    ) -> std::io::Result<Proxy> {
        // Connections ask side by side, so every commit has dice of its own.
        let next_seed = AtomicU64::new(seed);
        let decide = move |request: Request<'_>| {
            if request.commits && armed.load(Ordering::SeqCst) {
                let seed = next_seed.fetch_add(1, Ordering::Relaxed);
                self.fate(&mut SmallRng::seed_from_u64(seed))
            } else {
                Fate::Forward
            }
        };
        Proxy::start(stage.cluster.connect_options(), decide).await
    }

    /// What becomes of a commit.
    fn fate(self, dice: &mut SmallRng) -> Fate {
        match self {
            Self::Slow => Fate::Delay(Duration::from_millis(dice.random_range(DELAY_MS))),
            Self::Unknown if !dice.random_bool(CUT_SHARE) => Fate::Forward,
            Self::Unknown if dice.random() => Fate::CutRequest,
            Self::Unknown => Fate::CutAnswer,
        }
    }
}
