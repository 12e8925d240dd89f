//! PostgreSQL dies or is restarted under load, and comes back.

pub(super) mod backend_terminate;
pub(super) mod commits;
pub(super) mod connections_exhausted;
pub(super) mod disk_full;

use std::time::Duration;

use super::Drill;
use crate::error::DrillError;
use crate::options::Options;
use crate::scene::{AFTERWARDS, Scene};
use crate::summary::Summary;

pub(super) const KILL9: Drill = Drill {
    name: "postgres_kill9",
    about: "PostgreSQL's main process is killed under load and started again",
    run: |options| Box::pin(play(options, Fault::Kill9)),
};

pub(super) const RESTART: Drill = Drill {
    name: "postgres_restart",
    about: "PostgreSQL is stopped in good order under load and started again",
    run: |options| Box::pin(play(options, Fault::Stop)),
};

/// How PostgreSQL ends.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Kill9,
    Stop,
}

/// The longest time of load before PostgreSQL ends.
const LIFE_MS_MAX: u64 = 500;
/// The longest time without PostgreSQL; beyond the call timeout of two seconds, so that some
/// callers are answered that nothing can be promised.
const OUTAGE_MS_MAX: u64 = 2_500;

async fn play(options: Options, fault: Fault) -> Result<Summary, DrillError> {
    let cycles = options.cycles(4, 20);
    let mut scene = Scene::open(fault.name(), &options).await?;
    for cycle in 0..cycles {
        // Every other time the memory that lived through the outage is checked, otherwise what a
        // new server makes of the tables.
        outage(&mut scene, fault, cycle % 2 == 1).await?;
        if !scene.summary.is_clean() {
            break;
        }
    }
    scene.close().await
}

async fn outage(scene: &mut Scene, fault: Fault, new_server: bool) -> Result<(), DrillError> {
    let expected = Duration::from_millis(LIFE_MS_MAX) + AFTERWARDS;
    let trial = scene.begin(expected).await?;
    scene.pause(0..=LIFE_MS_MAX).await;
    match fault {
        Fault::Kill9 => scene.stage.cluster.kill9().await,
        Fault::Stop => scene.stage.cluster.stop().await,
    }
    scene.pause(0..=OUTAGE_MS_MAX).await;
    scene.stage.cluster.start().await;
    if new_server {
        scene.kill9_and_spawn().await?;
        scene.until_ready().await?;
    }
    scene.summary.count("cycles", 1);
    scene.finish_after_outage(trial).await
}

impl Fault {
    const fn name(self) -> &'static str {
        match self {
            Self::Kill9 => KILL9.name,
            Self::Stop => RESTART.name,
        }
    }
}
