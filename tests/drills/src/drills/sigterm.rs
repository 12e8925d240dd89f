//! A rolling restart under load: the next server is up before the last one is asked to end.

use std::time::Duration;

use rand::RngExt;
use rustix::process::Signal;
use tokio::sync::watch;

use super::Drill;
use crate::error::DrillError;
use crate::options::Options;
use crate::scene::Scene;
use crate::summary::Summary;

pub(super) const DRILL: Drill = Drill {
    name: "sigterm",
    about: "rolling restarts under load, old and new server overlapping",
    run: |options| Box::pin(play(options)),
};

/// The longest time of load before and after the change.
const LOAD_MS_MAX: u64 = 500;
/// Buyers change to the new server at most this long before or after the old one is asked to end.
const SKEW_MS_MAX: u64 = 60;

async fn play(options: Options) -> Result<Summary, DrillError> {
    let cycles = options.cycles(10, 30);
    let mut scene = Scene::open(DRILL.name, &options).await?;
    for _ in 0..cycles {
        let mut trial = scene.begin(Duration::from_millis(2 * LOAD_MS_MAX)).await?;
        // Half of the buyers change only when there is nobody left to ask.
        let late = watch::Sender::new(scene.server.http());
        trial.also_at(late.subscribe());
        scene.pause(0..=LOAD_MS_MAX).await;
        roll(&mut scene).await?;
        late.send_replace(scene.server.http());
        scene.pause(0..=LOAD_MS_MAX).await;
        scene.summary.count("cycles", 1);
        scene.finish(trial).await?;
        if !scene.summary.is_clean() {
            break;
        }
    }
    scene.close().await
}

/// Starts the next server and ends the last one.
async fn roll(scene: &mut Scene) -> Result<(), DrillError> {
    let new = scene.stage.launch.start().await?;
    let address = new.http();
    let old = std::mem::replace(&mut scene.server, new);
    if scene.random.random_bool(0.5) {
        scene.address.send_replace(address);
        scene.pause(0..=SKEW_MS_MAX).await;
        old.signal(Signal::TERM)?;
    } else {
        old.signal(Signal::TERM)?;
        scene.pause(0..=SKEW_MS_MAX).await;
        scene.address.send_replace(address);
    }
    let status = old.ended().await?;
    scene.summary.demand(status.success(), || {
        format!("the old server did not keep every promise: {status}")
    });
    Ok(())
}
