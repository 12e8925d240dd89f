//! The drills' own trial: a server that may lose what it promised must be found out.
//!
//! With `hold_ack = memory` a hold is promised before it is journaled, so a crash within the next
//! moments loses it, which the house has chosen then. Nothing else is different from `kill9`.

use std::time::Duration;

use super::{Drill, DrillError};
use crate::options::Options;
use crate::scene::Scene;
use crate::stage::Stage;
use crate::summary::Summary;

pub(super) const DRILL: Drill = Drill {
    name: "control",
    about: "a server that promises too early is killed: the checker must find what it lost",
    run: |options| Box::pin(play(options)),
};

/// The longest time between a start and the kill.
const LIFE_MS_MAX: u64 = 400;
/// What the checker calls it.
const CALLED: &str = "a promised hold is lost";

async fn play(options: Options) -> Result<Summary, DrillError> {
    let cycles_max = options.cycles(30, 30);
    let mut stage = Stage::build().await?;
    stage.launch = stage.launch.env("FULLHOUSE_HOLD_ACK", "memory");
    let mut scene = Scene::open_on(DRILL.name, &options, stage).await?;
    let mut summary = Summary::default();
    while summary.figure("cycles") < u64::from(cycles_max) && scene.summary.is_clean() {
        let trial = scene.begin(Duration::from_millis(LIFE_MS_MAX)).await?;
        scene.pause(50..=LIFE_MS_MAX).await;
        scene.kill9_and_spawn().await?;
        scene.until_ready().await?;
        scene.finish(trial).await?;
        summary.count("cycles", 1);
    }
    let found = scene.summary.violations().iter();
    let found = found.filter(|it| it.starts_with(CALLED)).count() as u64;
    summary.count("lost promises found", found);
    summary.demand(found > 0, || {
        format!("no lost promise was found in {cycles_max} cycles")
    });
    scene.server.terminate().await?;
    Ok(summary)
}
