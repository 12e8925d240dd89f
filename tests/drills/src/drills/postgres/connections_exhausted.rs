//! Others have all of PostgreSQL's connections while the server must reconnect, or start.

use std::time::Duration;

use test_database::TakenConnections;

use crate::drills::Drill;
use crate::error::DrillError;
use crate::options::Options;
use crate::scene::{AFTERWARDS, Scene};
use crate::summary::Summary;

pub(crate) const DRILL: Drill = Drill {
    name: "connections_exhausted",
    about: "others take all of PostgreSQL's connections while the server needs one",
    run: |options| Box::pin(play(options)),
};

/// The longest time of load before the connections are taken.
const LIFE_MS_MAX: u64 = 500;
/// How long the server has no connection, around the call timeout of two seconds.
const OUTAGE_MS: std::ops::RangeInclusive<u64> = 1_000..=2_500;
/// The server has no connection once none was found this many times in a row.
const QUIET_ROUNDS: u32 = 3;
/// The pause between two looks for connections of the server.
const ROUND: Duration = Duration::from_millis(10);

async fn play(options: Options) -> Result<Summary, DrillError> {
    let cycles = options.cycles(2, 10);
    let mut scene = Scene::open(DRILL.name, &options).await?;
    for cycle in 0..cycles {
        // Every other time a server must start in this state.
        outage(&mut scene, cycle % 2 == 1).await?;
        if !scene.summary.is_clean() {
            break;
        }
    }
    scene.close().await
}

async fn outage(scene: &mut Scene, new_server: bool) -> Result<(), DrillError> {
    let expected = Duration::from_millis(LIFE_MS_MAX) + AFTERWARDS;
    let trial = scene.begin(expected).await?;
    scene.pause(0..=LIFE_MS_MAX).await;
    let taken = take_all(scene).await?;
    let count = taken.count() as u64;
    scene.summary.count("connections taken", count);
    if new_server {
        scene.kill9_and_spawn().await?;
    }
    scene.pause(OUTAGE_MS).await;
    drop(taken);
    if new_server {
        scene.until_ready().await?;
        scene.summary.count("starts without a connection", 1);
    }
    scene.summary.count("cycles", 1);
    scene.finish_after_outage(trial).await
}

/// Takes all connections, those of the server too.
async fn take_all(scene: &Scene) -> Result<TakenConnections, DrillError> {
    let mut taken = scene.stage.cluster.sql().take_all_connections().await;
    let mut quiet = 0;
    while quiet < QUIET_ROUNDS {
        let cut = taken.terminate_servers().await?;
        quiet = if cut == 0 { quiet + 1 } else { 0 };
        tokio::time::sleep(ROUND).await;
        taken.take_more().await;
    }
    Ok(taken)
}
