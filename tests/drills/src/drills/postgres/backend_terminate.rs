//! The server's connections to PostgreSQL are cut off again and again.

use std::time::Duration;

use tokio::time::Instant;

use crate::drills::Drill;
use crate::error::DrillError;
use crate::options::Options;
use crate::scene::Scene;
use crate::summary::Summary;

pub(crate) const DRILL: Drill = Drill {
    name: "backend_terminate",
    about: "PostgreSQL cuts off the server's connections again and again",
    run: |options| Box::pin(play(options)),
};

/// One house's time; a longer drill plays in several, one after the other.
const TRIAL: Duration = Duration::from_secs(4);
/// The pauses between two cuts, which leave time for a few commits.
const PAUSE_MS: std::ops::RangeInclusive<u64> = 20..=250;
/// Time without cuts, so that buyers learn how their last requests ended.
const CALM: Duration = Duration::from_millis(300);

async fn play(options: Options) -> Result<Summary, DrillError> {
    let lasts = options.seconds(8, 30);
    let mut scene = Scene::open(DRILL.name, &options).await?;
    let end = Instant::now() + lasts;
    while Instant::now() < end && scene.summary.is_clean() {
        let trial = scene.begin(TRIAL).await?;
        let trial_end = Instant::now() + TRIAL;
        while Instant::now() < trial_end {
            scene.pause(PAUSE_MS).await;
            let cut = scene.stage.cluster.sql().terminate_servers().await?;
            scene.summary.count("cuts", 1);
            scene.summary.count("connections cut", cut);
        }
        tokio::time::sleep(CALM).await;
        scene.summary.count("trials", 1);
        scene.finish(trial).await?;
    }
    let cut = scene.summary.figure("connections cut");
    let demand = || "no connection was cut".to_owned();
    scene.summary.demand(cut > 0, demand);
    scene.close().await
}
