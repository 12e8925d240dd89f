//! A server is stopped, another takes its place, the first goes on: it may acknowledge nothing.

use std::time::Duration;

use loadtest::program::Program;
use rustix::process::Signal;
use testkit::waiting::within;
use tokio::sync::watch;

use super::Drill;
use crate::error::DrillError;
use crate::options::Options;
use crate::scene::Scene;
use crate::summary::Summary;

pub(super) const DRILL: Drill = Drill {
    name: "zombie",
    about: "a stopped server wakes up after another has taken over",
    run: |options| Box::pin(play(options)),
};

/// The longest time of a server's reign before it is stopped.
const REIGN_MS_MAX: u64 = 500;
/// How long a reign may take to begin: the second waits for what the stopped server has locked.
const REIGN_TIMEOUT: Duration = Duration::from_secs(20);
/// How long buyers ask both servers.
const BOTH: Duration = Duration::from_millis(500);
/// How long a deposed server may take to say that it is not ready.
const DEPOSED_TIMEOUT: Duration = Duration::from_secs(10);

async fn play(options: Options) -> Result<Summary, DrillError> {
    let cycles = options.cycles(6, 20);
    let mut scene = Scene::open(DRILL.name, &options).await?;
    for _ in 0..cycles {
        takeover(&mut scene).await?;
        if !scene.summary.is_clean() {
            break;
        }
    }
    let asked = scene.summary.figure("asked of zombies");
    let demand = || "no zombie was asked for anything".to_owned();
    scene.summary.demand(asked > 0, demand);
    scene.close().await
}

async fn takeover(scene: &mut Scene) -> Result<(), DrillError> {
    let expected = Duration::from_millis(REIGN_MS_MAX) + 2 * BOTH;
    let mut trial = scene.begin(expected).await?;
    // Only who has reigned can be deposed, and whoever merely looks begins no reign.
    let reigned = trial.promises_within(REIGN_TIMEOUT).await;
    scene.pause(50..=REIGN_MS_MAX).await;
    scene.server.signal(Signal::STOP)?;
    let new = scene.stage.launch.start().await?;
    let old = std::mem::replace(&mut scene.server, new);
    scene.until_ready().await?;
    let succeeded = trial.promises_within(REIGN_TIMEOUT).await;
    tokio::time::sleep(BOTH).await;
    let zombie = watch::Sender::new(old.http());
    let late = trial.also_at(zombie.subscribe());
    old.signal(Signal::CONT)?;
    tokio::time::sleep(BOTH).await;
    let deposed = until_unready(&old).await;
    let (found, asked, granted) = trial
        .finish_with_late(&scene.stage, scene.name, late)
        .await?;
    old.kill9().await?;
    let summary = &mut scene.summary;
    summary.count("cycles", 1);
    summary.count("asked of zombies", asked);
    summary.add(found);
    summary.demand(reigned, || "the first reign never began".to_owned());
    summary.demand(succeeded, || "the second reign never began".to_owned());
    summary.demand(deposed, || {
        "a deposed server still says that it is ready".to_owned()
    });
    summary.demand(granted == 0, || {
        format!("a deposed server acknowledged {granted} operations")
    });
    Ok(())
}

/// Whether the server says within reasonable time that it is not ready.
async fn until_unready(server: &Program) -> bool {
    let url = format!("http://{}/readyz", server.ops());
    within(DEPOSED_TIMEOUT, async || {
        let answer = reqwest::get(&url).await;
        answer.is_ok_and(|answer| answer.status().as_u16() == 503)
    })
    .await
}
