//! `kill -9` at random moments under load: nothing promised is lost, nothing is done by half.

use std::time::Duration;

use super::Drill;
use crate::error::DrillError;
use crate::options::Options;
use crate::scene::Scene;
use crate::summary::Summary;

pub(super) const DRILL: Drill = Drill {
    name: "kill9",
    about: "the server is killed at random moments under load",
    run: |options| Box::pin(play(options)),
};

/// The longest time between a start and the kill.
const LIFE_MS_MAX: u64 = 700;
/// The longest time that buyers go on at the next server.
const AFTERLIFE_MS_MAX: u64 = 300;
/// Cycles between two verifications of everything, whose cost grows with everything.
const CYCLES_PER_VERIFICATION: u32 = 50;

async fn play(options: Options) -> Result<Summary, DrillError> {
    let cycles = options.cycles(15, 50);
    let mut scene = Scene::open(DRILL.name, &options).await?;
    for cycle in 1..=cycles {
        let expected = Duration::from_millis(LIFE_MS_MAX + AFTERLIFE_MS_MAX);
        let trial = scene.begin(expected).await?;
        scene.pause(0..=LIFE_MS_MAX).await;
        scene.kill9_and_spawn().await?;
        scene.until_ready().await?;
        scene.pause(0..=AFTERLIFE_MS_MAX).await;
        scene.summary.count("cycles", 1);
        scene.finish(trial).await?;
        if !scene.summary.is_clean() {
            break;
        }
        if cycle % CYCLES_PER_VERIFICATION == 0 {
            scene.stage.judge(&mut scene.summary).await?;
        }
    }
    scene.close().await
}
